// SPDX-License-Identifier: Apache-2.0
// Java's SSLSocket: a client (client HOST PORT TRUSTSTORE KEYSTORE BYTES SUITE...) that compares what comes back, with a
// connection for each suite, or a server (server PORT TRUSTSTORE KEYSTORE COUNT) that sends back what it gets from COUNT
// connections, and wants a certificate of each client. The client shows one, if asked. The stores' password is "password".
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
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

  private static void serve(int port, SSLContext context, int count) throws Exception {
    try (SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port)) {
      listener.setNeedClientAuth(true);
      System.out.println("listening");
      for (int i = 0; i < count; ++i) {
        try (SSLSocket socket = (SSLSocket) listener.accept()) {
          socket.getInputStream().transferTo(socket.getOutputStream());
          System.out.println(socket.getSession().getCipherSuite() + " " + socket.getSession().getPeerPrincipal());
        }
      }
    }
  }

  private static void ask(String host, int port, SSLContext context, int bytes, String suite) throws Exception {
    Socket plain = new Socket();
    plain.connect(new InetSocketAddress(host, port), 10000);
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "device.example", port, true)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName("device.example")));
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      parameters.setCipherSuites(new String[] {suite});
      socket.setSSLParameters(parameters);
      byte[] data = new byte[bytes];
      for (int i = 0; i < bytes; ++i) data[i] = (byte) (i * 31 >> 3);
      OutputStream out = socket.getOutputStream();
      Thread writer = new Thread(() -> {
        try {
          out.write(data);
          out.flush();
        } catch (Exception error) {
          error.printStackTrace();
        }
      });
      socket.startHandshake();
      writer.start();
      byte[] back = socket.getInputStream().readNBytes(bytes);
      writer.join();
      System.out.println((java.util.Arrays.equals(data, back) ? "the same by " : "others by ")
          + socket.getSession().getCipherSuite());
    }
  }

  public static void main(String[] a) throws Exception {
    if (a[0].equals("server")) {
      serve(Integer.parseInt(a[1]), context(a[2], a[3]), Integer.parseInt(a[4]));
    } else {
      SSLContext context = context(a[3], a[4]);
      for (int i = 6; i < a.length; ++i) {
        ask(a[1], Integer.parseInt(a[2]), context, Integer.parseInt(a[5]), a[i]);
      }
    }
  }
}
