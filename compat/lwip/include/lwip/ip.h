/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <lwip/err.h>
#include <lwip/ip_addr.h>
#include <lwip/netif.h>
