// SPDX-License-Identifier: Apache-2.0
#ifndef LINNET_ESP_CRT_BUNDLE_H
#define LINNET_ESP_CRT_BUNDLE_H

#include <esp_tls.h>

#ifdef __cplusplus
extern "C" {
#endif

/* For esp_tls_cfg_t.crt_bundle_attach: the authorities that the machine trusts (/etc/ssl/certs/ca-certificates.crt, or
 * what esp_crt_bundle_set gave). */
esp_err_t esp_crt_bundle_attach(void *conf);
void esp_crt_bundle_detach(void *conf);
esp_err_t esp_crt_bundle_set(const uint8_t *pem, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
