// SPDX-License-Identifier: Apache-2.0
// esp_netif.h: which interfaces there are, and what they are.
#include "compat/esp_idf/netif.hpp"

#include <algorithm>
#include <cstring>
#include <list>
#include <mutex>

#include <esp_netif_net_stack.h>
#include <lwip/tcpip.h>

using namespace linnet;

namespace {

constexpr esp_netif_ip_info_t access_point_info() {
  esp_netif_ip_info_t info{};
  info.ip.addr = info.gw.addr = PP_HTONL(LWIP_MAKEU32(192, 168, 4, 1));
  info.netmask.addr = PP_HTONL(LWIP_MAKEU32(255, 255, 255, 0));
  return info;
}
constexpr esp_netif_ip_info_t access_point_default = access_point_info();

struct Netifs {
  std::mutex mutex;
  std::list<esp_netif_obj> all;
  esp_netif_t* chosen = nullptr;    // as the default one
  esp_netif_t* asked_by = nullptr;  // whose name servers are the resolver's; null: the station's
};

esp_netif_t& add(Netifs& to, const esp_netif_inherent_config_t& config) {
  esp_netif_obj& netif = to.all.emplace_back();
  netif.key = config.if_key;
  netif.description = config.if_desc != nullptr ? config.if_desc : "";
  netif.flags = config.flags;
  netif.got_ip_event = config.get_ip_event;
  if (config.lost_ip_event != 0) netif.lost_ip_event = config.lost_ip_event;
  netif.priority = config.route_prio;
  if (config.ip_info != nullptr) netif.wished = *config.ip_info;
  return netif;
}

Netifs& made_with_station() {
  Netifs& made = *new Netifs;
  add(made, linnet_netif_station);
  return made;
}

Netifs& netifs = made_with_station();  // never destroyed: tasks outlive main

esp_netif_t* find(std::string_view key) {
  const auto found = std::find_if(netifs.all.begin(), netifs.all.end(), [key](const esp_netif_obj& netif) {
    return !netif.destroyed && netif.key == key;
  });
  return found != netifs.all.end() ? &*found : nullptr;
}

esp_netif_t* create(const esp_netif_inherent_config_t& config) {
  const std::lock_guard lock(netifs.mutex);
  esp_netif_t* own = find(config.if_key);
  return own != nullptr ? own : &add(netifs, config);
}

/// The one that the program has chosen, or else the first, by priority, of those that are connected.
/// `netifs.mutex` is held.
esp_netif_t* default_netif() {
  if (netifs.chosen != nullptr) return netifs.chosen;
  esp_netif_t* best = nullptr;
  for (esp_netif_obj& netif : netifs.all) {
    if (!netif.up || netif.destroyed || netif.is_server()) continue;
    if (best == nullptr || netif.priority > best->priority) best = &netif;
  }
  return best != nullptr ? best : &netifs.all.front();
}

}  // namespace

std::uint8_t esp_netif_obj::interface() const {
  const esp::DeviceInfo& device = esp::device();
  return is_server() && device.lan_interface != 0 ? device.lan_interface : device.interface;
}

namespace linnet::esp {

esp_netif_t& station() { return netifs.all.front(); }

esp_netif_t* find_netif(std::string_view key) {
  const std::lock_guard lock(netifs.mutex);
  return find(key);
}

std::vector<esp_netif_t*> all_netifs() {
  const std::lock_guard lock(netifs.mutex);
  std::vector<esp_netif_t*> result;
  for (esp_netif_obj& netif : netifs.all) {
    if (!netif.destroyed) result.push_back(&netif);
  }
  return result;
}

bool is_asked_by(const esp_netif_t& netif) {
  const std::lock_guard lock(netifs.mutex);
  return &netif == (netifs.asked_by != nullptr ? netifs.asked_by : &netifs.all.front());
}

void follow_default_netif() {
  sockets::Host* host = compat::attached_host();
  dns::Resolver* resolver = compat::attached_resolver();
  if (host == nullptr || resolver == nullptr) return;
  const sockets::Host::Lock host_lock(*host);
  const std::lock_guard lock(netifs.mutex);
  esp_netif_t& before = netifs.asked_by != nullptr ? *netifs.asked_by : netifs.all.front();
  esp_netif_t& now = *default_netif();
  if (&now == &before || now.is_server()) return;  // what an access point has is what it offers
  netifs.asked_by = &now;
  const bool has_any = std::any_of(now.name_servers.begin(), now.name_servers.end(),
                                   [](const IpAddress& server) { return !server.is_unspecified(); });
  for (std::size_t i = 0; i < before.name_servers.size(); ++i) {
    before.name_servers[i] = resolver->server(i);
    if (has_any) resolver->set_server(i, now.name_servers[i]);
  }
  if (has_any) resolver->clear_cache();  // names may mean something else there
}

void forget_name_servers() {
  const std::lock_guard lock(netifs.mutex);
  netifs.chosen = netifs.asked_by = nullptr;
  for (esp_netif_obj& netif : netifs.all) netif.name_servers = {};
}

}  // namespace linnet::esp

extern "C" {

#define LINNET_NETIF_FLAGS(dhcp) \
  static_cast<esp_netif_flags_t>((dhcp) | ESP_NETIF_FLAG_AUTOUP | ESP_NETIF_FLAG_EVENT_IP_MODIFIED)

const esp_netif_inherent_config_t linnet_netif_station = {.flags = LINNET_NETIF_FLAGS(ESP_NETIF_DHCP_CLIENT),
                                                          .mac = {},
                                                          .ip_info = nullptr,
                                                          .get_ip_event = IP_EVENT_STA_GOT_IP,
                                                          .lost_ip_event = IP_EVENT_STA_LOST_IP,
                                                          .if_key = "WIFI_STA_DEF",
                                                          .if_desc = "sta",
                                                          .route_prio = 100};
const esp_netif_inherent_config_t linnet_netif_access_point = {
    .flags = LINNET_NETIF_FLAGS(ESP_NETIF_DHCP_SERVER),
    .mac = {},
    .ip_info = &access_point_default,
    .get_ip_event = 0,
    .lost_ip_event = 0,
    .if_key = "WIFI_AP_DEF",
    .if_desc = "ap",
    .route_prio = 10};
const esp_netif_inherent_config_t linnet_netif_ethernet = {.flags = LINNET_NETIF_FLAGS(ESP_NETIF_DHCP_CLIENT),
                                                           .mac = {},
                                                           .ip_info = nullptr,
                                                           .get_ip_event = IP_EVENT_ETH_GOT_IP,
                                                           .lost_ip_event = IP_EVENT_ETH_LOST_IP,
                                                           .if_key = "ETH_DEF",
                                                           .if_desc = "eth",
                                                           .route_prio = 50};

#undef LINNET_NETIF_FLAGS

esp_netif_t* esp_netif_new(const esp_netif_config_t* config) {
  const bool known = config != nullptr && config->base != nullptr && config->base->if_key != nullptr;
  if (!known || (config->driver != nullptr && config->driver->handle != nullptr)) return nullptr;
  const std::lock_guard lock(netifs.mutex);
  // The station is there from the start, and becomes the program's.
  const bool is_station = std::string_view(config->base->if_key) == linnet_netif_station.if_key;
  if (is_station) return find(config->base->if_key);
  return find(config->base->if_key) == nullptr ? &add(netifs, *config->base) : nullptr;
}

void esp_netif_destroy(esp_netif_t* netif) {
  if (netif == nullptr || netif == &esp::station()) return;
  esp::take_down(*netif);
  static_cast<void>(dhcps_stop(&netif->server, nullptr));
  {
    const std::lock_guard lock(netifs.mutex);
    netif->destroyed = true;
    if (netifs.chosen == netif) netifs.chosen = nullptr;
  }
  esp::follow_default_netif();
}

esp_err_t esp_netif_attach(esp_netif_t* netif, esp_netif_iodriver_handle) {
  return netif != nullptr ? ESP_OK : ESP_ERR_ESP_NETIF_INVALID_PARAMS;
}

esp_netif_t* esp_netif_create_default_wifi_sta(void) { return &esp::station(); }
esp_netif_t* esp_netif_create_default_wifi_ap(void) { return create(linnet_netif_access_point); }
void esp_netif_destroy_default_wifi(void* netif) { esp_netif_destroy(static_cast<esp_netif_t*>(netif)); }

esp_netif_t* esp_netif_get_default_netif(void) {
  const std::lock_guard lock(netifs.mutex);
  return default_netif();
}

esp_err_t esp_netif_set_default_netif(esp_netif_t* netif) {
  {
    const std::lock_guard lock(netifs.mutex);
    netifs.chosen = netif;
  }
  esp::follow_default_netif();
  return ESP_OK;
}

esp_netif_t* esp_netif_get_handle_from_ifkey(const char* key) {
  return key != nullptr ? esp::find_netif(key) : nullptr;
}

esp_netif_t* esp_netif_next_unsafe(esp_netif_t* netif) {
  const std::vector<esp_netif_t*> all = esp::all_netifs();
  if (netif == nullptr) return all.front();
  const auto at = std::find(all.begin(), all.end(), netif);
  return at == all.end() || at + 1 == all.end() ? nullptr : at[1];
}

esp_netif_t* esp_netif_find_if(esp_netif_find_predicate_t is_wanted, void* context) {
  if (is_wanted == nullptr) return nullptr;
  const std::vector<esp_netif_t*> all = esp::all_netifs();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](esp_netif_t* netif) { return is_wanted(netif, context); });
  return found != all.end() ? *found : nullptr;
}

size_t esp_netif_get_nr_of_ifs(void) { return esp::all_netifs().size(); }

esp_err_t esp_netif_tcpip_exec(esp_netif_callback_fn function, void* context) {
  if (function == nullptr) return ESP_ERR_INVALID_ARG;
  LOCK_TCPIP_CORE();
  const esp_err_t result = function(context);
  UNLOCK_TCPIP_CORE();
  return result;
}

const char* esp_netif_get_ifkey(esp_netif_t* netif) {
  return netif != nullptr ? netif->key.c_str() : nullptr;
}
const char* esp_netif_get_desc(esp_netif_t* netif) {
  return netif != nullptr ? netif->description.c_str() : nullptr;
}
esp_netif_flags_t esp_netif_get_flags(esp_netif_t* netif) {
  return netif != nullptr ? netif->flags : esp_netif_flags_t{};
}
int esp_netif_get_route_prio(esp_netif_t* netif) { return netif != nullptr ? netif->priority : -1; }
int esp_netif_set_route_prio(esp_netif_t* netif, int priority) {
  if (netif == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  netif->priority = priority;
  esp::follow_default_netif();
  return ESP_OK;
}

int esp_netif_get_netif_impl_index(esp_netif_t* netif) {
  return netif != nullptr ? netif->interface() + 1 : -1;
}

esp_err_t esp_netif_get_netif_impl_name(esp_netif_t* netif, char* name) {
  const bool known = netif != nullptr && lwip_if_indextoname(netif->interface() + 1u, name) != nullptr;
  return known ? ESP_OK : ESP_ERR_ESP_NETIF_INVALID_PARAMS;
}

void* esp_netif_get_netif_impl(esp_netif_t* netif) {
  return netif != nullptr ? netif_get_by_index(static_cast<u8_t>(netif->interface() + 1)) : nullptr;
}

esp_netif_t* esp_netif_get_handle_from_netif_impl(void* impl) {
  const auto* structure = static_cast<const struct netif*>(impl);
  if (structure == nullptr) return nullptr;
  for (esp_netif_t* netif : esp::all_netifs()) {
    if (netif->interface() == structure->num) return netif;
  }
  return nullptr;
}

esp_err_t esp_netif_get_mac(esp_netif_t* netif, uint8_t mac[6]) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || mac == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  MacAddress own = esp::device().mac;
  if (host != nullptr) {
    const sockets::Host::Lock lock(*host);
    own = lock.stack().ethernet().link(netif->interface()).mac;
  }
  std::memcpy(mac, own.bytes.data(), own.bytes.size());
  return ESP_OK;
}

esp_err_t esp_netif_get_mtu(esp_netif_t* netif, uint16_t* mtu) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || mtu == nullptr || host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const sockets::Host::Lock lock(*host);
  *mtu = lock.stack().ip().interfaces()[netif->interface()].mtu_v4;
  return ESP_OK;
}

esp_err_t esp_netif_set_mtu(esp_netif_t* netif, uint16_t mtu) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const sockets::Host::Lock lock(*host);
  const bool known = mtu != 0 && mtu <= lock.stack().ethernet().link(netif->interface()).mtu &&
                     lock.stack().ip().set_mtu_v4(netif->interface(), mtu);
  return known ? ESP_OK : ESP_ERR_ESP_NETIF_INVALID_PARAMS;
}

}  // extern "C"
