/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <lwip/ip6_addr.h>
#include <lwip/prot/ip6.h>
