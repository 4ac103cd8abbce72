// SPDX-License-Identifier: Apache-2.0
#include "apps/seed/seed.h"

// clang-format off
// the text:
int espx_last_socket_errno(int socket) {
   int ret = 0;
   u32_t optlen = sizeof(ret);
   getsockopt(socket, SOL_SOCKET, SO_ERROR, &ret, &optlen);
   return ret;
}
