// SPDX-License-Identifier: Apache-2.0
// nvs.h and nvs_flash.h.
#include <cstring>
#include <mutex>

#include "compat/esp_idf/device.hpp"
#include "compat/esp_idf/nvs_store.hpp"

#include <esp_log.h>
#include <nvs_flash.h>

using namespace linnet::esp;

struct linnet_nvs_iterator {
  std::vector<nvs_entry_info_t> found;
  std::size_t at = 0;
};

namespace {

struct Handle {
  std::string space;
  bool read_only = true;
};

struct Partition {
  std::mutex mutex;
  NvsStore store;
  bool ready = false;
  nvs_handle_t last = 0;
  std::map<nvs_handle_t, Handle> handles;
};
Partition& partition = *new Partition;  // never destroyed: tasks outlive main

bool is_partition(const char* name) {
  return name != nullptr && std::strcmp(name, NVS_DEFAULT_PART_NAME) == 0;
}

bool is_space(const char* name) {
  return name != nullptr && name[0] != 0 && std::strlen(name) < NVS_NS_NAME_MAX_SIZE;
}

/// The namespace of a handle and the key, checked; under the lock. ESP_OK: `name` is whole.
esp_err_t name_of(nvs_handle_t handle, const char* key, bool writes, NvsStore::Name& name) {
  const auto own = partition.handles.find(handle);
  if (own == partition.handles.end()) return ESP_ERR_NVS_INVALID_HANDLE;
  if (writes && own->second.read_only) return ESP_ERR_NVS_READ_ONLY;
  if (key == nullptr || key[0] == 0) return ESP_ERR_NVS_INVALID_NAME;
  if (std::strlen(key) >= NVS_KEY_NAME_MAX_SIZE) return ESP_ERR_NVS_KEY_TOO_LONG;
  name = {own->second.space, key};
  return ESP_OK;
}

esp_err_t set(nvs_handle_t handle, const char* key, nvs_type_t type, const void* value, std::size_t size) {
  const std::lock_guard lock(partition.mutex);
  NvsStore::Name name;
  const esp_err_t wrong = name_of(handle, key, true, name);
  if (wrong != ESP_OK) return wrong;
  const auto* bytes = static_cast<const std::uint8_t*>(value);
  const bool done = partition.store.set(name, {type, NvsStore::Value(bytes, bytes + size)});
  return done ? ESP_OK : ESP_ERR_NVS_NOT_ENOUGH_SPACE;
}

/// The entry, of that type; under the lock.
esp_err_t find(nvs_handle_t handle, const char* key, nvs_type_t type, const NvsStore::Entry*& entry) {
  NvsStore::Name name;
  const esp_err_t wrong = name_of(handle, key, false, name);
  if (wrong != ESP_OK) return wrong;
  entry = partition.store.find(name);
  if (entry == nullptr) return ESP_ERR_NVS_NOT_FOUND;
  return type == NVS_TYPE_ANY || type == entry->type ? ESP_OK : ESP_ERR_NVS_TYPE_MISMATCH;
}

template <typename T>
esp_err_t get(nvs_handle_t handle, const char* key, nvs_type_t type, T* value) {
  if (value == nullptr) return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(partition.mutex);
  const NvsStore::Entry* entry = nullptr;
  const esp_err_t wrong = find(handle, key, type, entry);
  if (wrong == ESP_OK) std::memcpy(value, entry->value.data(), sizeof *value);
  return wrong;
}

esp_err_t get_long(nvs_handle_t handle, const char* key, nvs_type_t type, void* value, std::size_t* length) {
  if (length == nullptr) return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(partition.mutex);
  const NvsStore::Entry* entry = nullptr;
  const esp_err_t wrong = find(handle, key, type, entry);
  if (wrong != ESP_OK) return wrong;
  const bool room = value == nullptr || *length >= entry->value.size();
  *length = entry->value.size();
  if (!room) return ESP_ERR_NVS_INVALID_LENGTH;
  if (value != nullptr && !entry->value.empty()) std::memcpy(value, entry->value.data(), entry->value.size());
  return ESP_OK;
}

/// Under the lock; an empty `space`: of all.
esp_err_t begin(const std::string& space, nvs_type_t type, nvs_iterator_t* iterator) {
  auto* made = new linnet_nvs_iterator;
  for (const auto& [name, entry] : partition.store.all()) {
    if (!space.empty() && name.space != space) continue;
    if (type != NVS_TYPE_ANY && type != entry.type) continue;
    nvs_entry_info_t& info = made->found.emplace_back();
    std::snprintf(info.namespace_name, sizeof info.namespace_name, "%s", name.space.c_str());
    std::snprintf(info.key, sizeof info.key, "%s", name.key.c_str());
    info.type = entry.type;
  }
  const bool any = !made->found.empty();
  if (!any) delete made;
  *iterator = any ? made : nullptr;
  return any ? ESP_OK : ESP_ERR_NVS_NOT_FOUND;
}

void stop() {
  partition.ready = false;
  partition.handles.clear();
}

}  // namespace

namespace linnet::esp {

void set_nvs_file(const std::string& file) {
  const std::lock_guard lock(partition.mutex);
  partition.store.use_file(file);
}

}  // namespace linnet::esp

extern "C" {

esp_err_t nvs_flash_init(void) {
  const std::lock_guard lock(partition.mutex);
  if (partition.ready) return ESP_OK;
  if (!partition.store.load()) {
    ESP_LOGE("nvs", "the file of --nvs is not one that this program wrote; it stays as it is");
    return ESP_ERR_NVS_INVALID_STATE;
  }
  partition.ready = true;
  return ESP_OK;
}

esp_err_t nvs_flash_init_partition(const char* name) {
  return is_partition(name) ? nvs_flash_init() : ESP_ERR_NOT_FOUND;
}

esp_err_t nvs_flash_deinit(void) {
  const std::lock_guard lock(partition.mutex);
  if (!partition.ready) return ESP_ERR_NVS_NOT_INITIALIZED;
  stop();
  return ESP_OK;
}

esp_err_t nvs_flash_deinit_partition(const char* name) {
  return is_partition(name) ? nvs_flash_deinit() : ESP_ERR_NVS_NOT_INITIALIZED;
}

esp_err_t nvs_flash_erase(void) {
  const std::lock_guard lock(partition.mutex);
  if (!partition.ready && !partition.store.load()) return ESP_ERR_NVS_INVALID_STATE;
  stop();
  partition.store.clear();
  return partition.store.save() ? ESP_OK : ESP_FAIL;
}

esp_err_t nvs_flash_erase_partition(const char* name) {
  return is_partition(name) ? nvs_flash_erase() : ESP_ERR_NOT_FOUND;
}

esp_err_t nvs_open(const char* name, nvs_open_mode_t mode, nvs_handle_t* handle) {
  if (handle == nullptr) return ESP_ERR_INVALID_ARG;
  if (!is_space(name)) return ESP_ERR_NVS_INVALID_NAME;
  const std::lock_guard lock(partition.mutex);
  if (!partition.ready) return ESP_ERR_NVS_NOT_INITIALIZED;
  if (mode == NVS_READONLY && !partition.store.has_space(name)) return ESP_ERR_NVS_NOT_FOUND;
  if (!partition.store.make_space(name)) return ESP_ERR_NVS_NOT_ENOUGH_SPACE;
  *handle = ++partition.last;
  partition.handles[*handle] = {.space = name, .read_only = mode == NVS_READONLY};
  return ESP_OK;
}

esp_err_t nvs_open_from_partition(const char* from, const char* name, nvs_open_mode_t mode,
                                  nvs_handle_t* handle) {
  return is_partition(from) ? nvs_open(name, mode, handle) : ESP_ERR_NVS_PART_NOT_FOUND;
}

void nvs_close(nvs_handle_t handle) {
  const std::lock_guard lock(partition.mutex);
  partition.handles.erase(handle);
}

esp_err_t nvs_commit(nvs_handle_t handle) {
  const std::lock_guard lock(partition.mutex);
  if (partition.handles.count(handle) == 0) return ESP_ERR_NVS_INVALID_HANDLE;
  return partition.store.save() ? ESP_OK : ESP_FAIL;
}

#define LINNET_NVS_INTEGER(name, type, number)                                  \
  esp_err_t nvs_set_##name(nvs_handle_t handle, const char* key, type value) {  \
    return set(handle, key, number, &value, sizeof value);                      \
  }                                                                             \
  esp_err_t nvs_get_##name(nvs_handle_t handle, const char* key, type* value) { \
    return get(handle, key, number, value);                                     \
  }
LINNET_NVS_INTEGER(i8, int8_t, NVS_TYPE_I8)
LINNET_NVS_INTEGER(u8, uint8_t, NVS_TYPE_U8)
LINNET_NVS_INTEGER(i16, int16_t, NVS_TYPE_I16)
LINNET_NVS_INTEGER(u16, uint16_t, NVS_TYPE_U16)
LINNET_NVS_INTEGER(i32, int32_t, NVS_TYPE_I32)
LINNET_NVS_INTEGER(u32, uint32_t, NVS_TYPE_U32)
LINNET_NVS_INTEGER(i64, int64_t, NVS_TYPE_I64)
LINNET_NVS_INTEGER(u64, uint64_t, NVS_TYPE_U64)
#undef LINNET_NVS_INTEGER

esp_err_t nvs_set_str(nvs_handle_t handle, const char* key, const char* value) {
  if (value == nullptr) return ESP_ERR_INVALID_ARG;
  const std::size_t size = std::strlen(value) + 1;
  return size <= 4000 ? set(handle, key, NVS_TYPE_STR, value, size) : ESP_ERR_NVS_VALUE_TOO_LONG;
}

esp_err_t nvs_set_blob(nvs_handle_t handle, const char* key, const void* value, size_t length) {
  if (value == nullptr && length != 0) return ESP_ERR_INVALID_ARG;
  return set(handle, key, NVS_TYPE_BLOB, value, length);
}

esp_err_t nvs_get_str(nvs_handle_t handle, const char* key, char* value, size_t* length) {
  return get_long(handle, key, NVS_TYPE_STR, value, length);
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char* key, void* value, size_t* length) {
  return get_long(handle, key, NVS_TYPE_BLOB, value, length);
}

esp_err_t nvs_find_key(nvs_handle_t handle, const char* key, nvs_type_t* type) {
  const std::lock_guard lock(partition.mutex);
  const NvsStore::Entry* entry = nullptr;
  const esp_err_t wrong = find(handle, key, NVS_TYPE_ANY, entry);
  if (wrong == ESP_OK && type != nullptr) *type = entry->type;
  return wrong;
}

esp_err_t nvs_erase_key(nvs_handle_t handle, const char* key) {
  const std::lock_guard lock(partition.mutex);
  NvsStore::Name name;
  const esp_err_t wrong = name_of(handle, key, true, name);
  if (wrong != ESP_OK) return wrong;
  return partition.store.erase(name) ? ESP_OK : ESP_ERR_NVS_NOT_FOUND;
}

esp_err_t nvs_erase_all(nvs_handle_t handle) {
  const std::lock_guard lock(partition.mutex);
  const auto own = partition.handles.find(handle);
  if (own == partition.handles.end()) return ESP_ERR_NVS_INVALID_HANDLE;
  if (own->second.read_only) return ESP_ERR_NVS_READ_ONLY;
  partition.store.erase_space(own->second.space);
  return ESP_OK;
}

esp_err_t nvs_get_stats(const char* name, nvs_stats_t* stats) {
  if (stats == nullptr) return ESP_ERR_INVALID_ARG;
  *stats = {};
  const std::lock_guard lock(partition.mutex);
  const bool known = name == nullptr || is_partition(name);
  if (!known || !partition.ready) return ESP_ERR_NVS_NOT_INITIALIZED;
  stats->total_entries = NvsStore::total_entries;
  stats->used_entries = partition.store.used("");
  stats->free_entries = stats->total_entries - stats->used_entries;
  stats->available_entries = stats->free_entries - NvsStore::page_entries;
  stats->namespace_count = partition.store.spaces();
  return ESP_OK;
}

esp_err_t nvs_get_used_entry_count(nvs_handle_t handle, size_t* count) {
  if (count == nullptr) return ESP_ERR_INVALID_ARG;
  *count = 0;
  const std::lock_guard lock(partition.mutex);
  const auto own = partition.handles.find(handle);
  if (own == partition.handles.end()) return ESP_ERR_NVS_INVALID_HANDLE;
  *count = partition.store.used(own->second.space);
  return ESP_OK;
}

esp_err_t linnet_nvs_entry_find(const char* from, const char* name, nvs_type_t type,
                                nvs_iterator_t* iterator) {
  if (iterator == nullptr) return ESP_ERR_INVALID_ARG;
  *iterator = nullptr;
  const std::lock_guard lock(partition.mutex);
  if (!is_partition(from) || !partition.ready) return ESP_ERR_NVS_NOT_FOUND;
  if (name != nullptr && !is_space(name)) return ESP_ERR_NVS_NOT_FOUND;
  return begin(name != nullptr ? name : "", type, iterator);
}

esp_err_t nvs_entry_find_in_handle(nvs_handle_t handle, nvs_type_t type, nvs_iterator_t* iterator) {
  if (iterator == nullptr) return ESP_ERR_INVALID_ARG;
  *iterator = nullptr;
  const std::lock_guard lock(partition.mutex);
  const auto own = partition.handles.find(handle);
  return own != partition.handles.end() ? begin(own->second.space, type, iterator)
                                        : ESP_ERR_NVS_INVALID_HANDLE;
}

esp_err_t linnet_nvs_entry_next(nvs_iterator_t* iterator) {
  if (iterator == nullptr || *iterator == nullptr) return ESP_ERR_INVALID_ARG;
  if (++(*iterator)->at < (*iterator)->found.size()) return ESP_OK;
  delete *iterator;
  *iterator = nullptr;
  return ESP_ERR_NVS_NOT_FOUND;
}

esp_err_t nvs_entry_info(nvs_iterator_t iterator, nvs_entry_info_t* info) {
  if (iterator == nullptr || info == nullptr) return ESP_ERR_INVALID_ARG;
  *info = iterator->found[iterator->at];
  return ESP_OK;
}

void nvs_release_iterator(nvs_iterator_t iterator) { delete iterator; }

}  // extern "C"
