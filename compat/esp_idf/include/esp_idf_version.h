/* SPDX-License-Identifier: Apache-2.0 */
/* The version of ESP-IDF that a program was written for: its era. */
#pragma once

#include <lwip/era.h>

#define ESP_IDF_VERSION_MAJOR LINNET_ESP_ERA
#define ESP_IDF_VERSION_MINOR 0
#define ESP_IDF_VERSION_PATCH 0
#define ESP_IDF_VERSION_VAL(major, minor, patch) ((major) << 16 | (minor) << 8 | (patch))
#define ESP_IDF_VERSION ESP_IDF_VERSION_VAL(ESP_IDF_VERSION_MAJOR, ESP_IDF_VERSION_MINOR, ESP_IDF_VERSION_PATCH)
#define LINNET_TEXT_OF_(number) #number
#define LINNET_TEXT_OF(number) LINNET_TEXT_OF_(number)
#define LINNET_IDF_VERSION "v" LINNET_TEXT_OF(ESP_IDF_VERSION_MAJOR) ".0"
#define IDF_VER LINNET_IDF_VERSION
