// SPDX-License-Identifier: Apache-2.0
// The datagram listener of "Kolban's Book on ESP32", chapter "Java Sockets" (which names the socket clientSocket in its
// last line): it says what it got.
package kolban;

import java.net.DatagramPacket;
import java.net.DatagramSocket;

public class DatagramServer {
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    DatagramSocket serverSocket = new DatagramSocket(port);
    System.out.println("Listening");
    DatagramPacket data = new DatagramPacket(new byte[100], 100);
    serverSocket.receive(data);
    int sum = 0;
    for (int i = 0; i < data.getLength(); i++) {
      sum += data.getData()[i] & 0xff;
    }
    System.out.println("Received " + data.getLength() + " bytes, sum " + sum + ", from " +
                       data.getAddress().getHostAddress());
  }
}
