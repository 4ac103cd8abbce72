/* SPDX-License-Identifier: Apache-2.0 */
/* Values that outlive the program, by namespace and key. As large as ESP-IDF's default partition of 24 KiB. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <esp_err.h>
#include <lwip/era.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ESP_ERR_NVS_BASE 0x1100
#define ESP_ERR_NVS_NOT_INITIALIZED (ESP_ERR_NVS_BASE + 0x01)
#define ESP_ERR_NVS_NOT_FOUND (ESP_ERR_NVS_BASE + 0x02)
#define ESP_ERR_NVS_TYPE_MISMATCH (ESP_ERR_NVS_BASE + 0x03)
#define ESP_ERR_NVS_READ_ONLY (ESP_ERR_NVS_BASE + 0x04)
#define ESP_ERR_NVS_NOT_ENOUGH_SPACE (ESP_ERR_NVS_BASE + 0x05)
#define ESP_ERR_NVS_INVALID_NAME (ESP_ERR_NVS_BASE + 0x06)
#define ESP_ERR_NVS_INVALID_HANDLE (ESP_ERR_NVS_BASE + 0x07)
#define ESP_ERR_NVS_REMOVE_FAILED (ESP_ERR_NVS_BASE + 0x08)
#define ESP_ERR_NVS_KEY_TOO_LONG (ESP_ERR_NVS_BASE + 0x09)
#define ESP_ERR_NVS_PAGE_FULL (ESP_ERR_NVS_BASE + 0x0a)
#define ESP_ERR_NVS_INVALID_STATE (ESP_ERR_NVS_BASE + 0x0b)
#define ESP_ERR_NVS_INVALID_LENGTH (ESP_ERR_NVS_BASE + 0x0c)
#define ESP_ERR_NVS_NO_FREE_PAGES (ESP_ERR_NVS_BASE + 0x0d)
#define ESP_ERR_NVS_VALUE_TOO_LONG (ESP_ERR_NVS_BASE + 0x0e)
#define ESP_ERR_NVS_PART_NOT_FOUND (ESP_ERR_NVS_BASE + 0x0f)
#define ESP_ERR_NVS_NEW_VERSION_FOUND (ESP_ERR_NVS_BASE + 0x10)

#define NVS_DEFAULT_PART_NAME "nvs"
#define NVS_PART_NAME_MAX_SIZE 16
#define NVS_KEY_NAME_MAX_SIZE 16 /* with the zero, as that of namespaces */
#define NVS_NS_NAME_MAX_SIZE NVS_KEY_NAME_MAX_SIZE

typedef uint32_t nvs_handle_t;
typedef nvs_handle_t nvs_handle;
typedef enum { NVS_READONLY, NVS_READWRITE } nvs_open_mode_t;
typedef nvs_open_mode_t nvs_open_mode;
typedef enum {
  NVS_TYPE_U8 = 0x01,
  NVS_TYPE_I8 = 0x11,
  NVS_TYPE_U16 = 0x02,
  NVS_TYPE_I16 = 0x12,
  NVS_TYPE_U32 = 0x04,
  NVS_TYPE_I32 = 0x14,
  NVS_TYPE_U64 = 0x08,
  NVS_TYPE_I64 = 0x18,
  NVS_TYPE_STR = 0x21,
  NVS_TYPE_BLOB = 0x42,
  NVS_TYPE_ANY = 0xff
} nvs_type_t;

/* Names of 1 to 15 characters. ESP_ERR_NVS_NOT_FOUND: NVS_READONLY, and there is none. */
esp_err_t nvs_open(const char* name, nvs_open_mode_t mode, nvs_handle_t* handle);
esp_err_t nvs_open_from_partition(const char* partition, const char* name, nvs_open_mode_t mode, nvs_handle_t* handle);
void nvs_close(nvs_handle_t handle);
/* What was set is read from then on, and written into the file here. ESP_FAIL: that did not work. */
esp_err_t nvs_commit(nvs_handle_t handle);

/* Another type replaces the value, too. */
esp_err_t nvs_set_i8(nvs_handle_t handle, const char* key, int8_t value);
esp_err_t nvs_set_u8(nvs_handle_t handle, const char* key, uint8_t value);
esp_err_t nvs_set_i16(nvs_handle_t handle, const char* key, int16_t value);
esp_err_t nvs_set_u16(nvs_handle_t handle, const char* key, uint16_t value);
esp_err_t nvs_set_i32(nvs_handle_t handle, const char* key, int32_t value);
esp_err_t nvs_set_u32(nvs_handle_t handle, const char* key, uint32_t value);
esp_err_t nvs_set_i64(nvs_handle_t handle, const char* key, int64_t value);
esp_err_t nvs_set_u64(nvs_handle_t handle, const char* key, uint64_t value);
/* At most 4000 bytes with the zero. */
esp_err_t nvs_set_str(nvs_handle_t handle, const char* key, const char* value);
esp_err_t nvs_set_blob(nvs_handle_t handle, const char* key, const void* value, size_t length);

/* On failure the value stays as it was. ESP_ERR_NVS_TYPE_MISMATCH: set as another type. */
esp_err_t nvs_get_i8(nvs_handle_t handle, const char* key, int8_t* value);
esp_err_t nvs_get_u8(nvs_handle_t handle, const char* key, uint8_t* value);
esp_err_t nvs_get_i16(nvs_handle_t handle, const char* key, int16_t* value);
esp_err_t nvs_get_u16(nvs_handle_t handle, const char* key, uint16_t* value);
esp_err_t nvs_get_i32(nvs_handle_t handle, const char* key, int32_t* value);
esp_err_t nvs_get_u32(nvs_handle_t handle, const char* key, uint32_t* value);
esp_err_t nvs_get_i64(nvs_handle_t handle, const char* key, int64_t* value);
esp_err_t nvs_get_u64(nvs_handle_t handle, const char* key, uint64_t* value);
/* `length`: the room, then what was written, that of a text with its zero. A null `value` asks for the length alone.
   ESP_ERR_NVS_INVALID_LENGTH: too little room; `length` has what is needed. */
esp_err_t nvs_get_str(nvs_handle_t handle, const char* key, char* value, size_t* length);
esp_err_t nvs_get_blob(nvs_handle_t handle, const char* key, void* value, size_t* length);
/* The type may be NULL. */
esp_err_t nvs_find_key(nvs_handle_t handle, const char* key, nvs_type_t* type);

esp_err_t nvs_erase_key(nvs_handle_t handle, const char* key);
esp_err_t nvs_erase_all(nvs_handle_t handle);

/* Of 32 bytes each. */
typedef struct {
  size_t used_entries;
  size_t free_entries;
  size_t available_entries; /* one page of 126 is kept for rewriting */
  size_t total_entries;
  size_t namespace_count;
} nvs_stats_t;
esp_err_t nvs_get_stats(const char* partition, nvs_stats_t* stats);
/* Without the one of the namespace itself. */
esp_err_t nvs_get_used_entry_count(nvs_handle_t handle, size_t* count);

/* Iterators show what was there when they were made. `name` NULL: all namespaces. */
typedef struct {
  char namespace_name[NVS_NS_NAME_MAX_SIZE];
  char key[NVS_KEY_NAME_MAX_SIZE];
  nvs_type_t type;
} nvs_entry_info_t;
typedef struct linnet_nvs_iterator* nvs_iterator_t;
/* ESP_ERR_NVS_NOT_FOUND, and a null iterator: none, or no more. */
esp_err_t linnet_nvs_entry_find(const char* partition, const char* name, nvs_type_t type, nvs_iterator_t* iterator);
esp_err_t linnet_nvs_entry_next(nvs_iterator_t* iterator);
esp_err_t nvs_entry_find_in_handle(nvs_handle_t handle, nvs_type_t type, nvs_iterator_t* iterator);
esp_err_t nvs_entry_info(nvs_iterator_t iterator, nvs_entry_info_t* info);
void nvs_release_iterator(nvs_iterator_t iterator);
#if LINNET_ESP_ERA < 5
static inline nvs_iterator_t nvs_entry_find(const char* partition, const char* name, nvs_type_t type) {
  nvs_iterator_t iterator = NULL;
  (void)linnet_nvs_entry_find(partition, name, type, &iterator);
  return iterator;
}
static inline nvs_iterator_t nvs_entry_next(nvs_iterator_t iterator) {
  (void)linnet_nvs_entry_next(&iterator);
  return iterator;
}
#else
static inline esp_err_t nvs_entry_find(const char* partition, const char* name, nvs_type_t type, nvs_iterator_t* iterator) {
  return linnet_nvs_entry_find(partition, name, type, iterator);
}
static inline esp_err_t nvs_entry_next(nvs_iterator_t* iterator) { return linnet_nvs_entry_next(iterator); }
#endif

#ifdef __cplusplus
}
#endif
