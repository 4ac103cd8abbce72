/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's sockets under their POSIX name; in front of the host's on the include path of programs for our stack. */
#pragma once

#include <lwip/sockets.h>
