/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <apps/esp_netdb.h>
