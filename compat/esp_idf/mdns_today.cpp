// SPDX-License-Identifier: Apache-2.0
// mdns.h from ESP-IDF 3 on: the device's names and services.
#include <algorithm>
#include <cstring>

#include "compat/esp_idf/mdns_server.hpp"
#include "compat/esp_idf/mdns_text.hpp"
#include "compat/lwip/calls.hpp"

#include <mdns_today.h>

using namespace linnet;
using esp::is_empty;
using esp::MdnsServer;
using esp::text_of;
using esp::TxtItem;

namespace {

MdnsServer& own() { return esp::mdns_server(); }

MdnsServer::Which which_of(const char* instance, const char* type, const char* proto, const char* host) {
  return {.instance = text_of(instance),
          .type = text_of(type),
          .protocol = text_of(proto),
          .host = text_of(host)};
}

TxtItem item_of(const mdns_txt_item_t& item) {
  TxtItem own{.key = text_of(item.key), .value = std::nullopt};
  if (item.value != nullptr) own.value = item.value;
  return own;
}
TxtItem item_of(const mdns_txt_item_explicit_t& item) {
  TxtItem own{.key = text_of(item.key), .value = std::nullopt};
  if (item.value != nullptr) own.value = std::string(item.value, item.value_len);
  return own;
}
template <typename Item>
std::vector<TxtItem> items_of(const Item* txt, std::size_t count) {
  std::vector<TxtItem> items;
  for (std::size_t i = 0; i < count; ++i) items.push_back(item_of(txt[i]));
  return items;
}

std::vector<IpAddress> addresses_of(const mdns_ip_addr_t* list) {
  std::vector<IpAddress> addresses;
  for (; list != nullptr; list = list->next) addresses.push_back(compat::address_of(list->addr).with_zone(0));
  return addresses;
}

template <typename Item>
esp_err_t add(const char* instance, const char* type, const char* proto, const char* host, std::uint16_t port,
              const Item* txt, std::size_t count) {
  if (is_empty(type) || is_empty(proto) || (txt == nullptr && count != 0)) return ESP_ERR_INVALID_ARG;
  return own().add_service({.instance = text_of(instance),
                            .type = type,
                            .protocol = proto,
                            .host = text_of(host),
                            .port = port,
                            .txt = items_of(txt, count)});
}

template <typename Item>
esp_err_t set_txt(const MdnsServer::Which& which, const Item* txt, std::size_t count) {
  if (txt == nullptr && count != 0) return ESP_ERR_INVALID_ARG;
  return own().change_txt(which, [&](std::vector<TxtItem>& items) { items = items_of(txt, count); });
}

esp_err_t set_item(const MdnsServer::Which& which, const char* key, const char* value, std::size_t size) {
  if (is_empty(key)) return ESP_ERR_INVALID_ARG;
  return own().change_txt(which, [&](std::vector<TxtItem>& items) {
    TxtItem item{.key = key, .value = std::nullopt};
    if (value != nullptr) item.value = std::string(value, size);
    const auto same =
        std::find_if(items.begin(), items.end(), [&](const TxtItem& other) { return other.key == item.key; });
    if (same != items.end()) {
      *same = std::move(item);
    } else {
      items.push_back(std::move(item));
    }
  });
}

esp_err_t add_subtype(std::vector<std::string>& subtypes, const char* subtype) {
  if (is_empty(subtype) || std::find(subtypes.begin(), subtypes.end(), subtype) != subtypes.end())
    return ESP_ERR_INVALID_ARG;
  subtypes.emplace_back(subtype);
  return ESP_OK;
}

esp_err_t add_subtypes(std::vector<std::string>& subtypes, const mdns_subtype_item_t* more,
                       std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (const esp_err_t wrong = add_subtype(subtypes, more[i].subtype); wrong != ESP_OK) return wrong;
  }
  return ESP_OK;
}

std::size_t size_of(const char* text) { return text != nullptr ? std::strlen(text) : 0; }

}  // namespace

extern "C" {

esp_err_t mdns_init(void) { return own().start(); }

esp_err_t mdns_hostname_set(const char* hostname) {
  return is_empty(hostname) ? ESP_ERR_INVALID_ARG : own().set_host_name(hostname);
}

esp_err_t mdns_hostname_get(char* hostname) {
  if (hostname == nullptr) return ESP_ERR_INVALID_ARG;
  const std::string name = own().host_name();
  if (!own().running() || name.size() > MDNS_NAME_MAX_LEN) return ESP_ERR_INVALID_STATE;
  std::memcpy(hostname, name.c_str(), name.size() + 1);
  return ESP_OK;
}

esp_err_t mdns_delegate_hostname_add(const char* hostname, const mdns_ip_addr_t* address_list) {
  if (is_empty(hostname) || address_list == nullptr) return ESP_ERR_INVALID_ARG;
  return own().add_host(hostname, addresses_of(address_list));
}

esp_err_t mdns_delegate_hostname_set_address(const char* hostname, const mdns_ip_addr_t* address_list) {
  if (is_empty(hostname) || address_list == nullptr) return ESP_ERR_INVALID_ARG;
  return own().set_host_addresses(hostname, addresses_of(address_list));
}

esp_err_t mdns_delegate_hostname_remove(const char* hostname) {
  return is_empty(hostname) ? ESP_ERR_INVALID_ARG : own().remove_host(hostname);
}

bool mdns_hostname_exists(const char* hostname) { return !is_empty(hostname) && own().has_host(hostname); }

esp_err_t mdns_instance_name_set(const char* instance_name) {
  return is_empty(instance_name) ? ESP_ERR_INVALID_ARG : own().set_instance(instance_name);
}

esp_err_t mdns_service_add(const char* instance_name, const char* service_type, const char* proto,
                           uint16_t port, mdns_txt_item_t txt[], size_t num_items) {
  return add(instance_name, service_type, proto, nullptr, port, txt, num_items);
}
esp_err_t mdns_service_add_for_host(const char* instance_name, const char* service_type, const char* proto,
                                    const char* hostname, uint16_t port, mdns_txt_item_t txt[],
                                    size_t num_items) {
  return add(instance_name, service_type, proto, hostname, port, txt, num_items);
}
esp_err_t mdns_service_add_with_explicit_txt_item_value_len(const char* instance_name,
                                                            const char* service_type, const char* proto,
                                                            uint16_t port, mdns_txt_item_explicit_t txt[],
                                                            size_t num_items) {
  return add(instance_name, service_type, proto, nullptr, port, txt, num_items);
}
esp_err_t mdns_service_add_for_host_with_explicit_txt_item_value_len(
    const char* instance_name, const char* service_type, const char* proto, const char* hostname,
    uint16_t port, mdns_txt_item_explicit_t txt[], size_t num_items) {
  return add(instance_name, service_type, proto, hostname, port, txt, num_items);
}

bool mdns_service_exists(const char* service_type, const char* proto, const char* hostname) {
  return own().has_service(which_of(nullptr, service_type, proto, hostname));
}
bool mdns_service_exists_with_instance(const char* instance, const char* service_type, const char* proto,
                                       const char* hostname) {
  return own().has_service(which_of(instance, service_type, proto, hostname));
}

esp_err_t mdns_service_remove(const char* service_type, const char* proto) {
  return mdns_service_remove_for_host(nullptr, service_type, proto, nullptr);
}
esp_err_t mdns_service_remove_for_host(const char* instance, const char* service_type, const char* proto,
                                       const char* hostname) {
  if (is_empty(service_type) || is_empty(proto)) return ESP_ERR_INVALID_ARG;
  return own().remove_service(which_of(instance, service_type, proto, hostname));
}
esp_err_t mdns_service_remove_all(void) { return own().remove_services(); }

esp_err_t mdns_service_instance_name_set(const char* service_type, const char* proto,
                                         const char* instance_name) {
  return mdns_service_instance_name_set_for_host(nullptr, service_type, proto, nullptr, instance_name);
}
esp_err_t mdns_service_instance_name_set_for_host(const char* instance_old, const char* service_type,
                                                  const char* proto, const char* hostname,
                                                  const char* instance_name) {
  if (is_empty(service_type) || is_empty(proto) || is_empty(instance_name)) return ESP_ERR_INVALID_ARG;
  return own().set_service_instance(which_of(instance_old, service_type, proto, hostname), instance_name);
}

esp_err_t mdns_service_port_set(const char* service_type, const char* proto, uint16_t port) {
  return mdns_service_port_set_for_host(nullptr, service_type, proto, nullptr, port);
}
esp_err_t mdns_service_port_set_for_host(const char* instance, const char* service_type, const char* proto,
                                         const char* hostname, uint16_t port) {
  return own().set_port(which_of(instance, service_type, proto, hostname), port);
}

esp_err_t mdns_service_txt_set(const char* service_type, const char* proto, mdns_txt_item_t txt[],
                               uint8_t num_items) {
  return set_txt(which_of(nullptr, service_type, proto, nullptr), txt, num_items);
}
esp_err_t mdns_service_txt_set_for_host(const char* instance, const char* service_type, const char* proto,
                                        const char* hostname, mdns_txt_item_t txt[], uint8_t num_items) {
  return set_txt(which_of(instance, service_type, proto, hostname), txt, num_items);
}
esp_err_t mdns_service_txt_set_with_explicit_txt_item_value_len(const char* service_type, const char* proto,
                                                                mdns_txt_item_explicit_t txt[],
                                                                uint8_t num_items) {
  return set_txt(which_of(nullptr, service_type, proto, nullptr), txt, num_items);
}
esp_err_t mdns_service_txt_set_for_host_with_explicit_txt_item_value_len(
    const char* instance, const char* service_type, const char* proto, const char* hostname,
    mdns_txt_item_explicit_t txt[], uint8_t num_items) {
  return set_txt(which_of(instance, service_type, proto, hostname), txt, num_items);
}

esp_err_t mdns_service_txt_item_set(const char* service_type, const char* proto, const char* key,
                                    const char* value) {
  return set_item(which_of(nullptr, service_type, proto, nullptr), key, value, size_of(value));
}
esp_err_t mdns_service_txt_item_set_with_explicit_value_len(const char* service_type, const char* proto,
                                                            const char* key, const char* value,
                                                            uint8_t value_len) {
  return set_item(which_of(nullptr, service_type, proto, nullptr), key, value, value_len);
}
esp_err_t mdns_service_txt_item_set_for_host(const char* instance, const char* service_type,
                                             const char* proto, const char* hostname, const char* key,
                                             const char* value) {
  return set_item(which_of(instance, service_type, proto, hostname), key, value, size_of(value));
}
esp_err_t mdns_service_txt_item_set_for_host_with_explicit_value_len(const char* instance,
                                                                     const char* service_type,
                                                                     const char* proto, const char* hostname,
                                                                     const char* key, const char* value,
                                                                     uint8_t value_len) {
  return set_item(which_of(instance, service_type, proto, hostname), key, value, value_len);
}
esp_err_t mdns_service_txt_item_remove(const char* service_type, const char* proto, const char* key) {
  return mdns_service_txt_item_remove_for_host(nullptr, service_type, proto, nullptr, key);
}
esp_err_t mdns_service_txt_item_remove_for_host(const char* instance, const char* service_type,
                                                const char* proto, const char* hostname, const char* key) {
  if (is_empty(key)) return ESP_ERR_INVALID_ARG;
  std::size_t removed = 0;
  const esp_err_t done =
      own().change_txt(which_of(instance, service_type, proto, hostname), [&](std::vector<TxtItem>& items) {
        removed = std::erase_if(items, [&](const TxtItem& item) { return item.key == key; });
      });
  return done == ESP_OK && removed == 0 ? ESP_ERR_NOT_FOUND : done;
}

esp_err_t mdns_service_subtype_add_for_host(const char* instance_name, const char* service_type,
                                            const char* proto, const char* hostname, const char* subtype) {
  return own().change_subtypes(
      which_of(instance_name, service_type, proto, hostname),
      [&](std::vector<std::string>& subtypes) { return add_subtype(subtypes, subtype); });
}
esp_err_t mdns_service_subtype_remove_for_host(const char* instance_name, const char* service_type,
                                               const char* proto, const char* hostname, const char* subtype) {
  if (is_empty(subtype)) return ESP_ERR_INVALID_ARG;
  return own().change_subtypes(which_of(instance_name, service_type, proto, hostname),
                               [&](std::vector<std::string>& subtypes) {
                                 return std::erase(subtypes, subtype) != 0 ? ESP_OK : ESP_ERR_NOT_FOUND;
                               });
}
esp_err_t mdns_service_subtype_add_multiple_items_for_host(const char* instance_name,
                                                           const char* service_type, const char* proto,
                                                           const char* hostname,
                                                           mdns_subtype_item_t subtype[], uint8_t num_items) {
  if (subtype == nullptr || num_items == 0) return ESP_ERR_INVALID_ARG;
  return own().change_subtypes(
      which_of(instance_name, service_type, proto, hostname),
      [&](std::vector<std::string>& subtypes) { return add_subtypes(subtypes, subtype, num_items); });
}
esp_err_t mdns_service_subtype_update_multiple_items_for_host(const char* instance_name,
                                                              const char* service_type, const char* proto,
                                                              const char* hostname,
                                                              mdns_subtype_item_t subtype[],
                                                              uint8_t num_items) {
  if (subtype == nullptr && num_items != 0) return ESP_ERR_INVALID_ARG;
  return own().change_subtypes(which_of(instance_name, service_type, proto, hostname),
                               [&](std::vector<std::string>& subtypes) {
                                 subtypes.clear();
                                 return add_subtypes(subtypes, subtype, num_items);
                               });
}

}  // extern "C"
