/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <ping/ping_sock.h>
