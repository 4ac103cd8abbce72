/* SPDX-License-Identifier: Apache-2.0 */
/* ESP-IDF's error codes. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t esp_err_t;

#define ESP_OK 0
#define ESP_FAIL -1
#define ESP_ERR_NO_MEM 0x101
#define ESP_ERR_INVALID_ARG 0x102
#define ESP_ERR_INVALID_STATE 0x103
#define ESP_ERR_INVALID_SIZE 0x104
#define ESP_ERR_NOT_FOUND 0x105
#define ESP_ERR_NOT_SUPPORTED 0x106
#define ESP_ERR_TIMEOUT 0x107
#define ESP_ERR_INVALID_RESPONSE 0x108
#define ESP_ERR_INVALID_CRC 0x109
#define ESP_ERR_INVALID_VERSION 0x10A
#define ESP_ERR_INVALID_MAC 0x10B
#define ESP_ERR_NOT_FINISHED 0x10C
#define ESP_ERR_WIFI_BASE 0x3000
#define ESP_ERR_ESP_NETIF_BASE 0x5000

/* "ESP_ERR_NO_MEM"; "UNKNOWN ERROR" for what has no name here. */
const char* esp_err_to_name(esp_err_t code);
/* Says where, and ends the program as a device would restart. */
void linnet_esp_error_check_failed(esp_err_t code, const char* file, int line, const char* function, const char* expression)
    __attribute__((noreturn));

#define ESP_ERROR_CHECK(x)                                                                       \
  do {                                                                                           \
    esp_err_t linnet_code = (x);                                                                 \
    if (linnet_code != ESP_OK)                                                                   \
      linnet_esp_error_check_failed(linnet_code, __FILE__, __LINE__, __func__, #x);              \
  } while (0)
#define ESP_ERROR_CHECK_WITHOUT_ABORT(x) (x)

#ifdef __cplusplus
}
#endif
