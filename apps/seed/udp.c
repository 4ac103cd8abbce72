// SPDX-License-Identifier: Apache-2.0
// The text tells UDP in prose: a socket with protocol 0, bind and recvfrom to serve, sendto alone to ask.
#include "apps/seed/seed.h"

static struct sockaddr_in address_of(u32_t address, u16_t portNumber) {
  struct sockaddr_in result;
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = address;
  result.sin_port = htons(portNumber);
  return result;
}

int seed_udp_server(u16_t portNumber, int count, void (*ready)(void* context), void* context) {
  static char data[65536];
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in own = address_of(htonl(INADDR_ANY), portNumber);
  if (bind(fd, (struct sockaddr*)&own, sizeof(own)) < 0) {
    const int error = errno;
    close(fd);
    return error;
  }
  ready(context);
  while (count-- > 0) {
    struct sockaddr_in peer;
    socklen_t peerLength = sizeof(peer);
    int size = (int)recvfrom(fd, data, sizeof(data), 0, (struct sockaddr*)&peer, &peerLength);
    if (size < 0 || sendto(fd, data, (size_t)size, 0, (struct sockaddr*)&peer, peerLength) != size) break;
  }
  close(fd);
  return count < 0 ? 0 : errno;
}

int seed_udp_client(const char* address, u16_t portNumber, const void* data, int size, void* answer, int room) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in to = address_of(inet_addr(address), portNumber);
  struct sockaddr* destAddr = (struct sockaddr*)&to;
  socklen_t destAddrLen = sizeof(to);
  int rc = (int)sendto(fd, data, (size_t)size, 0, destAddr, destAddrLen);
  if (rc == size) rc = (int)recv(fd, answer, (size_t)room, 0);
  close(fd);
  return rc;
}
