/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <esp_system.h>

#define MACSTR "%02x:%02x:%02x:%02x:%02x:%02x"
#define MAC2STR(a) (a)[0], (a)[1], (a)[2], (a)[3], (a)[4], (a)[5]
