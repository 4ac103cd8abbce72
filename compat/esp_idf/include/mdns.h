/* SPDX-License-Identifier: Apache-2.0 */
/* Multicast DNS. Until ESP-IDF 2 its calls take a server, and have the same names as later ones that do not. */
#pragma once

#include <lwip/era.h>

#if LINNET_ESP_ERA < 3
#include <mdns_era2.h>
#else
#include <mdns_today.h>
#endif
