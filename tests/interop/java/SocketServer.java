// SPDX-License-Identifier: Apache-2.0
// The server that "Kolban's Book on ESP32", chapter "Java Sockets", describes: new ServerSocket(port), accept(), the
// accepted socket handed to a thread of its own, accept() again, close() at the end. Each partner gets back what it sent
// before its end of file.
package kolban;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;

public class SocketServer {
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    ServerSocket serverSocket = new ServerSocket(port);
    System.out.println("Listening");
    while (true) {
      Socket partnerSocket = serverSocket.accept();
      new Thread(() -> serve(partnerSocket)).start();
    }
  }

  private static void serve(Socket partnerSocket) {
    try {
      InputStream is = partnerSocket.getInputStream();
      OutputStream os = partnerSocket.getOutputStream();
      byte data[] = is.readAllBytes();
      os.write(data);
      partnerSocket.close();
      System.out.println("Received " + data.length + " bytes");
    } catch (Exception e) {
      e.printStackTrace();
    }
  }
}
