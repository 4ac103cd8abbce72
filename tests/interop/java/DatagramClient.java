// SPDX-License-Identifier: Apache-2.0
// The datagram client of "Kolban's Book on ESP32", chapter "Java Sockets": its three statements in their order.
package kolban;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;

public class DatagramClient {
  public static void main(String[] args) throws Exception {
    InetAddress ipAddress = InetAddress.getByName(args[0]);
    int port = Integer.parseInt(args[1]);
    DatagramSocket clientSocket = new DatagramSocket();
    clientSocket.connect(ipAddress, port);
    DatagramPacket data = new DatagramPacket(new byte[100], 100);
    clientSocket.send(data);
    System.out.println("Data sent!");
  }
}
