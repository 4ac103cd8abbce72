// SPDX-License-Identifier: Apache-2.0
// Java's SSLSocket: a client (client HOST PORT TRUSTSTORE KEYSTORE BYTES PIECE HOW SUITE...) that compares what comes back, with a
// connection for each suite, or a server (server PORT TRUSTSTORE KEYSTORE,... COUNT) that sends back what it gets from COUNT
// connections, and wants a certificate of each client: the first connection sees the first store's certificate, and so on round.
// The client shows one, if asked. HOW is "whole", "half" (its stream ends before the answer is there), "idle" (it waits), or "cut"
// (it sends the first piece and waits for the whole). The stores' password is "password". A connection that fails is one line,
// "refused: " with the reasons.
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

public final class TlsPeer {
  private static final char[] PASSWORD = "password".toCharArray();

  private static KeyStore read(String store) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream file = new FileInputStream(store)) {
      keys.load(file, PASSWORD);
    }
    return keys;
  }

  private static SSLContext context(String trusted, String own) throws Exception {
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(read(trusted));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(read(own), PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  private static void refused(Throwable error) {
    StringBuilder words = new StringBuilder("refused:");
    for (; error != null; error = error.getCause()) words.append(" ").append(error.getMessage());
    System.out.println(words.toString().replace('\n', ' '));
  }

  private static void serve(int port, String trusted, String[] own, int count) throws Exception {
    SSLContext[] contexts = new SSLContext[own.length];
    for (int i = 0; i < own.length; ++i) contexts[i] = context(trusted, own[i]);
    try (ServerSocket listener = new ServerSocket(port)) {
      System.out.println("listening");
      for (int i = 0; i < count; ++i) {
        Socket plain = listener.accept();
        try (SSLSocket socket = (SSLSocket) contexts[i % own.length].getSocketFactory().createSocket(plain, null, true)) {
          socket.setUseClientMode(false);
          socket.setNeedClientAuth(true);
          SSLParameters parameters = socket.getSSLParameters();
          parameters.setApplicationProtocols(new String[] {"http/1.1"});
          socket.setSSLParameters(parameters);
          byte[] record = new byte[16384];
          for (int n = 0; (n = socket.getInputStream().read(record)) > 0;) socket.getOutputStream().write(record, 0, n);
          System.out.println(socket.getSession().getCipherSuite() + " " + socket.getSession().getPeerPrincipal()
              + " protocol " + socket.getApplicationProtocol());
        } catch (Exception error) {
          refused(error);
        }
      }
    }
  }

  private static void ask(SSLContext context, String[] a, String suite) throws Exception {
    int port = Integer.parseInt(a[2]);
    Socket plain = new Socket();
    plain.connect(new InetSocketAddress(a[1], port), 10000);
    plain.setTcpNoDelay(true);
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "device.example", port, true)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName("device.example")));
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      parameters.setCipherSuites(new String[] {suite});
      parameters.setApplicationProtocols(new String[] {"http/1.1"});
      socket.setSSLParameters(parameters);
      int bytes = Integer.parseInt(a[5]);
      int piece = Integer.parseInt(a[6]);
      byte[] data = new byte[bytes];
      for (int i = 0; i < bytes; ++i) data[i] = (byte) (i * 31 >> 3);
      OutputStream out = socket.getOutputStream();
      Thread writer = new Thread(() -> {
        try {
          int end = a[7].equals("cut") ? piece : bytes;
          for (int at = 0; at < end; at += piece) out.write(data, at, Math.min(piece, bytes - at));
          if (a[7].equals("half")) socket.shutdownOutput();
        } catch (Exception error) {
          System.out.println("not all was sent: " + error.getMessage());
        }
      });
      socket.startHandshake();
      if (a[7].equals("idle")) {
        System.out.println("established");
        socket.getInputStream().read();
      }
      writer.start();
      byte[] back = socket.getInputStream().readNBytes(bytes);
      writer.join();
      System.out.println((Arrays.equals(data, back) ? "the same by " : "others by ") + socket.getSession().getCipherSuite());
    } catch (Exception error) {
      refused(error);
    }
  }

  public static void main(String[] a) throws Exception {
    if (a[0].equals("server")) {
      serve(Integer.parseInt(a[1]), a[2], a[3].split(","), Integer.parseInt(a[4]));
    } else {
      SSLContext context = context(a[3], a[4]);
      for (int i = 8; i < a.length; ++i) ask(context, a, a[i]);
    }
  }
}
