/* SPDX-License-Identifier: Apache-2.0 */
/* What a program that was configured by nothing has. linnet_add_esp_app puts one with its settings in front of this. */
#pragma once

#ifndef CONFIG_LWIP_MAX_SOCKETS
#define CONFIG_LWIP_MAX_SOCKETS 10
#endif
