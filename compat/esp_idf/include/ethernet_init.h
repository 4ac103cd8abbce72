/* SPDX-License-Identifier: Apache-2.0 */
/* How ESP-IDF's examples find the Ethernet ports: there is one. */
#pragma once

#include <esp_eth.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The list is to be freed by ethernet_deinit_all. */
esp_err_t ethernet_init_all(esp_eth_handle_t** handles, uint8_t* count);
esp_err_t ethernet_deinit_all(esp_eth_handle_t* handles);

#ifdef __cplusplus
}
#endif
