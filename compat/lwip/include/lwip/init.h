/* SPDX-License-Identifier: Apache-2.0 */
/* The version of lwIP whose interfaces these headers have. */
#pragma once

#include <lwip/opt.h>

#define LWIP_VERSION_MAJOR 2
#define LWIP_VERSION_MINOR (LINNET_ESP_ERA < 4 ? 0 : 1)
#define LWIP_VERSION_REVISION (LINNET_ESP_ERA < 4 ? 0 : 3)
#define LWIP_VERSION_STRING (LINNET_ESP_ERA < 4 ? "2.0.0" : "2.1.3")
