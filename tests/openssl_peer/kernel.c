/* SPDX-License-Identifier: Apache-2.0 */
/* openssl_kernel: programs.c with the real OpenSSL and the kernel's sockets. client ADDRESS PORT NAME AUTHORITY [DEPTH], or
 * server PORT CERTIFICATE KEY. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/openssl_peer/programs.h"

int main(int argc, char **argv) {
  const int server = argc == 5 && strcmp(argv[1], "server") == 0;
  if (!server && argc != 6 && argc != 7) return 2;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[server ? 2 : 3]))};
  if (!server) inet_pton(AF_INET, argv[2], &address.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (!server) {
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) return 2;
    return program_client(fd, argv[4], argv[5], argc == 7 ? atoi(argv[6]) : 4);
  }
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 1) != 0) return 2;
  printf("listening\n");
  fflush(stdout);
  return program_server(accept(fd, NULL, NULL), argv[3], argv[4]);
}
