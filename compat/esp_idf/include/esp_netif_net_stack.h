/* SPDX-License-Identifier: Apache-2.0 */
/* From esp_netif's interfaces to lwIP's and back. */
#pragma once

#include <esp_netif_types.h>
#include <lwip/netif.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Its struct netif, as lwip/netif.h has it; NULL: there is none. */
void* esp_netif_get_netif_impl(esp_netif_t* netif);
esp_netif_t* esp_netif_get_handle_from_netif_impl(void* impl);

#ifdef __cplusplus
}
#endif
