// SPDX-License-Identifier: Apache-2.0
#include "apps/seed/seed.h"

int seed_tcp_server(u16_t portNumber, int backlog, int count, void (*serve)(int clientSock, void* context),
                    void (*ready)(void* context), void* context) {
// clang-format off
// the text:
int sock = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)
// it has no semicolon here
;
struct sockaddr_in serverAddress;
serverAddress.sin_family = AF_INET;
serverAddress.sin_addr.s_addr = htonl(INADDR_ANY);
serverAddress.sin_port = htons(portNumber);
// the end of the text's lines; the next one is the text's, with its result kept
int rc =
bind(sock, (struct sockaddr *)&serverAddress, sizeof(serverAddress));
  if (rc == 0) rc =
listen(sock, backlog)
// nor here
;
  // clang-format on
  if (sock < 0 || rc < 0) {
    const int error = errno;
    close(sock);
    return error;
  }
  ready(context);
  while (count-- > 0) {
    // clang-format off
// the text:
struct sockaddr_in clientAddress;
socklen_t clientAddressLength = sizeof(clientAddress);
int clientSock = accept(sock, (struct sockaddr *)&clientAddress, &clientAddressLength);
    // clang-format on
    if (clientSock < 0) break;
    serve(clientSock, context);
    close(clientSock);
  }
  close(sock);
  return count < 0 ? 0 : errno;
}
