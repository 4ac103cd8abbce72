/* SPDX-License-Identifier: Apache-2.0 */
/* The partition behind nvs.h: a file (--nvs FILE), or memory that is gone with the program. */
#pragma once

#include <nvs.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the file; a missing one is an empty partition. ESP_ERR_NVS_INVALID_STATE: it is something else, and is left alone. */
esp_err_t nvs_flash_init(void);
/* Other names than NVS_DEFAULT_PART_NAME: ESP_ERR_NOT_FOUND. */
esp_err_t nvs_flash_init_partition(const char* partition);
/* Handles are closed; what was not committed is lost. */
esp_err_t nvs_flash_deinit(void);
esp_err_t nvs_flash_deinit_partition(const char* partition);
/* Everything goes, at once; to be initialised again. A file that is no partition is left alone. */
esp_err_t nvs_flash_erase(void);
esp_err_t nvs_flash_erase_partition(const char* partition);

#ifdef __cplusplus
}
#endif
