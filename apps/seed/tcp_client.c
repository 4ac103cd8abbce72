// SPDX-License-Identifier: Apache-2.0
#include "apps/seed/seed.h"

int seed_tcp_connect(const char* address, u16_t portNumber) {
  // clang-format off
// the text:
int sock = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)
;
struct sockaddr_in serverAddress;
serverAddress.sin_family = AF_INET;
// the text's address is "192.168.1.200"
inet_pton(AF_INET, address, &serverAddress.sin_addr.s_addr);
serverAddress.sin_port = htons(portNumber);
// the text:
int rc = connect(sock, (struct sockaddr *)&serverAddress, sizeof(struct sockaddr_in));
  // clang-format on
  if (rc == 0) return sock;
  const int error = espx_last_socket_errno(sock);
  close(sock);
  errno = error;
  return -1;
}
