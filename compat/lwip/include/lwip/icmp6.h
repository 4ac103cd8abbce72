/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <lwip/ip6.h>
#include <lwip/prot/icmp6.h>
