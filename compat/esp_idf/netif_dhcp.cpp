// SPDX-License-Identifier: Apache-2.0
// esp_netif.h: the DHCP client, which is the network's, and the server of an access point.
#include <cstring>

#include "compat/esp_idf/last_address.hpp"
#include "compat/esp_idf/netif.hpp"

using namespace linnet;

namespace {

bool stopped_by_program = false;  // under the host's lock

dhcp::Client* client() { return compat::attached_settings().dhcp; }

/// Under the host's lock.
esp_netif_dhcp_status_t client_status() {
  const bool runs = client() != nullptr && client()->status().state != dhcp::State::stopped;
  if (runs) return ESP_NETIF_DHCP_STARTED;
  return stopped_by_program ? ESP_NETIF_DHCP_STOPPED : ESP_NETIF_DHCP_INIT;
}

/// Under the host's lock.
bool start_client(Instant now) {
  return client()->start(now, esp::device().restore_address ? esp::last_address() : std::nullopt);
}

/// The host, when the interface has a DHCP client; null otherwise.
sockets::Host* host_of_client(const esp_netif_t* netif) {
  return netif != nullptr && !netif->is_server() ? compat::attached_host() : nullptr;
}

esp_err_t client_option(esp_netif_dhcp_option_mode_t mode, char* value, std::uint32_t size) {
  if (client() == nullptr) return ESP_ERR_NOT_SUPPORTED;
  if (mode == ESP_NETIF_OP_SET) {
    const std::string_view text{value, strnlen(value, size)};
    return client()->set_vendor_class(text) ? ESP_OK : ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  }
  const std::string_view text = client()->vendor_class();
  if (mode != ESP_NETIF_OP_GET || size <= text.size()) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  std::memcpy(value, text.data(), text.size());
  value[text.size()] = 0;
  return ESP_OK;
}

/// Tells what the server granted.
void lease_granted(void* context, u8_t address[4], u8_t mac[6]) {
  ip_event_ap_staipassigned_t assigned{};
  assigned.esp_netif = static_cast<esp_netif_t*>(context);
  std::memcpy(&assigned.ip.addr, address, sizeof assigned.ip.addr);
  std::memcpy(assigned.mac, mac, sizeof assigned.mac);
  static_cast<void>(
      esp_event_post(IP_EVENT, IP_EVENT_AP_STAIPASSIGNED, &assigned, sizeof assigned, portMAX_DELAY));
}

bool has_server(const esp_netif_t* netif) { return netif != nullptr && netif->is_server(); }

}  // namespace

namespace linnet::esp {

void start_client_unless_stopped() {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr || client() == nullptr) return;
  const sockets::Host::Lock lock(*host);
  if (client_status() == ESP_NETIF_DHCP_INIT) static_cast<void>(start_client(lock.now()));
}

void forget_client() { stopped_by_program = false; }

}  // namespace linnet::esp

extern "C" {

esp_err_t esp_netif_dhcpc_start(esp_netif_t* netif) {
  sockets::Host* host = host_of_client(netif);
  if (host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const sockets::Host::Lock lock(*host);
  if (client_status() == ESP_NETIF_DHCP_STARTED) return ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED;
  if (client() == nullptr) return ESP_ERR_ESP_NETIF_DHCPC_START_FAILED;
  stopped_by_program = false;
  static_cast<void>(compat::set_ipv4(lock.stack(), netif->interface(), {}, lock.now()));
  return start_client(lock.now()) ? ESP_OK : ESP_ERR_ESP_NETIF_DHCPC_START_FAILED;
}

esp_err_t esp_netif_dhcpc_stop(esp_netif_t* netif) {
  sockets::Host* host = host_of_client(netif);
  if (host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  {
    const sockets::Host::Lock lock(*host);
    if (client_status() == ESP_NETIF_DHCP_STOPPED) return ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED;
    stopped_by_program = true;
    if (client() != nullptr) client()->stop(lock.now(), true);
  }
  // Who follows the lease lets go of it now, not after the program has set name servers of its own.
  static_cast<void>(host->poll_once());
  return ESP_OK;
}

esp_err_t esp_netif_dhcpc_get_status(esp_netif_t* netif, esp_netif_dhcp_status_t* status) {
  sockets::Host* host = host_of_client(netif);
  if (host == nullptr || status == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const sockets::Host::Lock lock(*host);
  *status = client_status();
  return ESP_OK;
}

esp_err_t esp_netif_dhcpc_option(esp_netif_t* netif, esp_netif_dhcp_option_mode_t mode,
                                 esp_netif_dhcp_option_id_t id, void* value, uint32_t size) {
  sockets::Host* host = host_of_client(netif);
  const bool known = id == ESP_NETIF_VENDOR_CLASS_IDENTIFIER && value != nullptr;
  if (host == nullptr || !known) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const sockets::Host::Lock lock(*host);
  return client_option(mode, static_cast<char*>(value), size);
}

esp_err_t esp_netif_set_hostname(esp_netif_t* netif, const char* name) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || name == nullptr || host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  if (std::strlen(name) > 63) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const sockets::Host::Lock lock(*host);
  netif->host_name = name;
  if (!netif->is_server() && client() != nullptr) static_cast<void>(client()->set_host_name(name));
  return ESP_OK;
}

esp_err_t esp_netif_get_hostname(esp_netif_t* netif, const char** name) {
  if (netif == nullptr || name == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  if (netif->host_name.empty()) netif->host_name = esp::device().host_name;
  *name = netif->host_name.c_str();
  return ESP_OK;
}

esp_err_t esp_netif_dhcps_start(esp_netif_t* netif) {
  if (!has_server(netif)) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  if (esp::device().dhcp_server_leases == 0) return ESP_ERR_NOT_SUPPORTED;
  netif->server_stopped = false;
  if (!netif->up) return ESP_OK;  // with the access point
  if (netif->server.running()) return ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED;
  esp_netif_ip_info_t own;
  static_cast<void>(esp_netif_get_ip_info(netif, &own));
  static_cast<void>(dhcps_set_new_lease_cb(&netif->server, lease_granted, netif));
  ::netif* lwip = netif_get_by_index(static_cast<u8_t>(netif->interface() + 1));
  return dhcps_start(&netif->server, lwip, own.ip) == ERR_OK ? ESP_OK : ESP_ERR_ESP_NETIF_DHCPS_START_FAILED;
}

esp_err_t esp_netif_dhcps_stop(esp_netif_t* netif) {
  if (!has_server(netif)) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  if (netif->server_stopped) return ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED;
  netif->server_stopped = true;
  static_cast<void>(dhcps_stop(&netif->server, nullptr));
  return ESP_OK;
}

esp_err_t esp_netif_dhcps_get_status(esp_netif_t* netif, esp_netif_dhcp_status_t* status) {
  if (!has_server(netif) || status == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  *status = ESP_NETIF_DHCP_INIT;
  if (netif->server_stopped) *status = ESP_NETIF_DHCP_STOPPED;
  if (netif->server.running()) *status = ESP_NETIF_DHCP_STARTED;
  return ESP_OK;
}

esp_err_t esp_netif_dhcps_option(esp_netif_t* netif, esp_netif_dhcp_option_mode_t mode,
                                 esp_netif_dhcp_option_id_t id, void* value, uint32_t size) {
  if (!has_server(netif) || value == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const auto number = static_cast<u8_t>(id);
  if (mode == ESP_NETIF_OP_SET) {
    if (netif->server.running()) return ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED;
    const err_t done = dhcps_set_option_info(&netif->server, number, value, size);
    return done == ERR_OK ? ESP_OK : ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  }
  const void* place = mode == ESP_NETIF_OP_GET && id != ESP_NETIF_CAPTIVEPORTAL_URI
                          ? dhcps_option_info(&netif->server, number, size)
                          : nullptr;
  if (place == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  std::memcpy(value, place, size);
  return ESP_OK;
}

esp_err_t esp_netif_dhcps_get_clients_by_mac(esp_netif_t* netif, int count, esp_netif_pair_mac_ip_t* pairs) {
  if (!has_server(netif) || count < 0 || pairs == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  for (int i = 0; i < count; ++i) {
    pairs[i].ip = {};
    static_cast<void>(dhcp_search_ip_on_mac(&netif->server, pairs[i].mac, &pairs[i].ip));
  }
  return ESP_OK;
}

esp_err_t esp_netif_napt_enable(esp_netif_t* netif) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const sockets::Host::Lock lock(*host);
  const bool inside = netif->interface() != esp::device().interface;
  return inside && lock.stack().ip().set_napt(netif->interface(), true) ? ESP_OK : ESP_ERR_NOT_SUPPORTED;
}

esp_err_t esp_netif_napt_disable(esp_netif_t* netif) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const sockets::Host::Lock lock(*host);
  return lock.stack().ip().set_napt(netif->interface(), false) ? ESP_OK : ESP_ERR_NOT_SUPPORTED;
}

}  // extern "C"
