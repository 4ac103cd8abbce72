// SPDX-License-Identifier: Apache-2.0
// The client of "Kolban's Book on ESP32", chapter "Java Sockets", as it stands there.
package kolban;

import java.io.OutputStream;
import java.net.Socket;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.CommandLineParser;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Options;

public class SocketClient {
  private String hostname;
  private int port;

  public static void main(String[] args) {
    Options options = new Options();
    options.addOption("h", true, "hostname");
    options.addOption("p", true, "port");
    CommandLineParser parser = new DefaultParser();
    try {
      CommandLine cmd = parser.parse(options, args);
      SocketClient client = new SocketClient();
      client.hostname = cmd.getOptionValue("h");
      client.port = Integer.parseInt(cmd.getOptionValue("p"));
      client.run();
    } catch (Exception e) {
      e.printStackTrace();
    }
  }

  public void run() {
    try {
      int SIZE = 65000;
      byte data[] = new byte[SIZE];
      for (int i = 0; i < SIZE; i++) {
        data[i] = 'X';
      }
      Socket s1 = new Socket(hostname, port);
      OutputStream os = s1.getOutputStream();
      os.write(data);
      s1.close();
      System.out.println("Data sent!");
    } catch (Exception e) {
      e.printStackTrace();
    }
  }
} // End of class
// End of file
