// SPDX-License-Identifier: Apache-2.0
// The text tells select in prose: it blocks on several sockets and wakes on the first that is ready.
#include "apps/seed/seed.h"

int seed_select(const int* sockets, int count, int seconds) {
  fd_set readable;
  struct timeval timeout = {seconds, 0};
  int highest = -1;
  FD_ZERO(&readable);
  for (int i = 0; i < count; ++i) {
    FD_SET(sockets[i], &readable);
    if (sockets[i] > highest) highest = sockets[i];
  }
  if (select(highest + 1, &readable, NULL, NULL, &timeout) < 1) return -1;
  for (int i = 0; i < count; ++i) {
    if (FD_ISSET(sockets[i], &readable)) return sockets[i];
  }
  return -1;
}
