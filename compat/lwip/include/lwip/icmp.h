/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <lwip/ip_addr.h>
#include <lwip/prot/icmp.h>
