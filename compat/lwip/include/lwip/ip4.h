/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <lwip/ip4_addr.h>
#include <lwip/prot/ip4.h>
