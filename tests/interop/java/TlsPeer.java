// SPDX-License-Identifier: Apache-2.0
// Java's SSLSocket: a client (client HOST PORT TRUSTSTORE BYTES) that compares what comes back, or a server (server PORT
// KEYSTORE) that sends back what it gets from one connection. The stores' password is "password".
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

  private static SSLContext context(String store, boolean server) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream file = new FileInputStream(store)) {
      keys.load(file, PASSWORD);
    }
    SSLContext context = SSLContext.getInstance("TLS");
    if (server) {
      KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(keys, PASSWORD);
      context.init(factory.getKeyManagers(), null, null);
    } else {
      TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(keys);
      context.init(null, factory.getTrustManagers(), null);
    }
    return context;
  }

  private static void serve(int port, String store) throws Exception {
    try (SSLServerSocket listener =
        (SSLServerSocket) context(store, true).getServerSocketFactory().createServerSocket(port)) {
      System.out.println("listening");
      try (SSLSocket socket = (SSLSocket) listener.accept()) {
        socket.getInputStream().transferTo(socket.getOutputStream());
        System.out.println(socket.getSession().getCipherSuite());
      }
    }
  }

  private static void ask(String host, int port, String store, int bytes) throws Exception {
    Socket plain = new Socket();
    plain.connect(new InetSocketAddress(host, port), 10000);
    try (SSLSocket socket =
        (SSLSocket) context(store, false).getSocketFactory().createSocket(plain, "device.example", port, true)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName("device.example")));
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
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
      System.out.println(java.util.Arrays.equals(data, back) ? "the same" : "others");
      System.out.println(socket.getSession().getCipherSuite());
    }
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("server")) serve(Integer.parseInt(arguments[1]), arguments[2]);
    else ask(arguments[1], Integer.parseInt(arguments[2]), arguments[3], Integer.parseInt(arguments[4]));
  }
}
