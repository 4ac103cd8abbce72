// SPDX-License-Identifier: Apache-2.0
#include "compat/esp_idf/last_address.hpp"

#include <cstring>

#include "compat/esp_idf/device.hpp"
#include "compat/esp_idf/nvs_store.hpp"

namespace linnet::esp {

namespace {

// As ESP-IDF names them.
constexpr const char* space = "dhcp_state";
constexpr const char* key = "sta";

std::optional<IpAddress> usable(std::uint32_t value) {
  const IpAddress address = IpAddress::v4(value);
  return value != 0 ? std::optional(address) : std::nullopt;
}

}  // namespace

std::optional<IpAddress> remembered_address(const std::string& nvs_file) {
  NvsStore store;
  store.use_file(nvs_file);
  const NvsStore::Entry* entry = !nvs_file.empty() && store.load() ? store.find({space, key}) : nullptr;
  std::uint32_t value = 0;
  if (entry == nullptr || entry->type != NVS_TYPE_U32 || entry->value.size() != sizeof value)
    return std::nullopt;
  std::memcpy(&value, entry->value.data(), sizeof value);
  return usable(value);
}

std::optional<IpAddress> last_address() {
  nvs_handle_t handle = 0;
  if (nvs_open(space, NVS_READONLY, &handle) != ESP_OK) return std::nullopt;
  std::uint32_t value = 0;
  const esp_err_t found = nvs_get_u32(handle, key, &value);
  nvs_close(handle);
  return found == ESP_OK ? usable(value) : std::nullopt;
}

bool keep_address(const IpAddress& address) {
  if (last_address() == address) return true;
  nvs_handle_t handle = 0;
  if (nvs_open(space, NVS_READWRITE, &handle) != ESP_OK) return false;
  const bool kept = nvs_set_u32(handle, key, address.v4_value()) == ESP_OK && nvs_commit(handle) == ESP_OK;
  nvs_close(handle);
  return kept;
}

}  // namespace linnet::esp
