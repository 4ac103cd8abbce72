/* SPDX-License-Identifier: Apache-2.0 */
/* As sys/socket.h. */
#pragma once

#include <lwip/sockets.h>
