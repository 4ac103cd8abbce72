// SPDX-License-Identifier: Apache-2.0
// esp_netif, the Wi-Fi station and example_connect: views of the one network that the host has.
#include <cstring>

#include "compat/esp_idf/device.hpp"
#include "compat/lwip/calls.hpp"
#include <esp_log.h>
#include <esp_netif.h>
#include <esp_wifi.h>
#include <protocol_examples_common.h>

using namespace linnet;

struct linnet_esp_netif {};

namespace {

constexpr int most_addresses = 8;

linnet_esp_netif the_netif;
esp::DeviceInfo info;

/// The network's addresses that may be used; under the host's lock.
template <typename Visit>
void for_each_address(Stack& stack, Visit visit) {
  for (const ip::AddressView& view : stack.ip().addresses()) {
    if (view.interface == info.interface && view.usable()) visit(view.prefix);
  }
  for (const ip::Ipv6Address& own : stack.ip().neighbour_discovery().addresses().all()) {
    if (own.interface == info.interface && own.usable()) visit(Prefix{own.address, own.prefix_length});
  }
}

esp_ip6_addr_t ip6_of(const IpAddress& address) { return compat::ip_addr_of(address).u_addr.ip6; }

std::optional<IpAddress> link_local() {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return std::nullopt;
  const sockets::Host::Lock lock(*host);
  std::optional<IpAddress> found;
  for_each_address(lock.stack(), [&](const Prefix& prefix) {
    if (prefix.address.is_v6() && prefix.address.is_link_local()) found = prefix.address;
  });
  return found;
}

/// Posts what a device says when it is on the network.
void post_addresses() {
  ip_event_got_ip_t got{};
  got.esp_netif = &the_netif;
  static_cast<void>(esp_netif_get_ip_info(&the_netif, &got.ip_info));
  got.ip_changed = true;
  static_cast<void>(esp_event_post(IP_EVENT, IP_EVENT_STA_GOT_IP, &got, sizeof got, portMAX_DELAY));
  if (const auto address = link_local()) {
    ip_event_got_ip6_t got6{};
    got6.esp_netif = &the_netif;
    got6.ip6_info.ip = ip6_of(*address);
    static_cast<void>(esp_event_post(IP_EVENT, IP_EVENT_GOT_IP6, &got6, sizeof got6, portMAX_DELAY));
  }
}

}  // namespace

namespace linnet::esp {

void set_device(const DeviceInfo& device) { info = device; }
const DeviceInfo& device() { return info; }

void await_network(Duration patience_v6) {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return;
  const auto has = [host](bool v4) {
    bool found = false;
    for_each_address(host->stack(), [&](const Prefix& prefix) {
      found =
          found || (v4 ? prefix.address.is_v4() : prefix.address.is_v6() && prefix.address.is_link_local());
    });
    return found;
  };
  Instant until;
  {
    const sockets::Host::Lock lock(*host);
    until = lock.now() + patience_v6;
  }
  static_cast<void>(host->wait_until([&] { return has(true); }, Instant::never()));
  static_cast<void>(host->wait_until([&] { return has(false); }, until));
}

}  // namespace linnet::esp

extern "C" {

esp_netif_t* esp_netif_get_default_netif(void) { return &the_netif; }
esp_netif_t* esp_netif_get_handle_from_ifkey(const char*) { return &the_netif; }
esp_netif_t* esp_netif_next_unsafe(esp_netif_t* netif) { return netif == nullptr ? &the_netif : nullptr; }
esp_netif_t* esp_netif_create_default_wifi_sta(void) { return &the_netif; }
const char* esp_netif_get_ifkey(esp_netif_t*) { return "WIFI_STA_DEF"; }
const char* esp_netif_get_desc(esp_netif_t*) { return EXAMPLE_NETIF_DESC_STA; }
int esp_netif_get_netif_impl_index(esp_netif_t*) { return info.interface + 1; }

esp_err_t esp_netif_get_netif_impl_name(esp_netif_t*, char* name) {
  return lwip_if_indextoname(info.interface + 1u, name) != nullptr ? ESP_OK
                                                                   : ESP_ERR_ESP_NETIF_INVALID_PARAMS;
}

bool esp_netif_is_netif_up(esp_netif_t*) {
  esp_netif_ip_info_t own;
  return esp_netif_get_ip_info(&the_netif, &own) == ESP_OK && own.ip.addr != 0;
}

esp_err_t esp_netif_get_ip_info(esp_netif_t* netif, esp_netif_ip_info_t* own) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || own == nullptr || host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  *own = {};
  const sockets::Host::Lock lock(*host);
  for_each_address(lock.stack(), [&](const Prefix& prefix) {
    if (!prefix.address.is_v4()) return;
    own->ip.addr = lwip_htonl(prefix.address.v4_value());
    own->netmask.addr = lwip_htonl(prefix.length == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix.length));
  });
  for (const ip::Route& route : lock.stack().ip().routes()) {
    if (route.destination.length == 0 && route.gateway.is_v4())
      own->gw.addr = lwip_htonl(route.gateway.v4_value());
  }
  return ESP_OK;
}

esp_err_t esp_netif_get_mac(esp_netif_t*, uint8_t mac[6]) {
  std::memcpy(mac, info.mac.bytes.data(), 6);
  return ESP_OK;
}

esp_err_t esp_netif_set_dns_info(esp_netif_t*, esp_netif_dns_type_t type, esp_netif_dns_info_t* dns) {
  if (dns == nullptr || type >= ESP_NETIF_DNS_MAX) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  dns_setserver(static_cast<u8_t>(type), &dns->ip);
  return ESP_OK;
}

esp_err_t esp_netif_get_dns_info(esp_netif_t*, esp_netif_dns_type_t type, esp_netif_dns_info_t* dns) {
  if (dns == nullptr || type >= ESP_NETIF_DNS_MAX) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  dns->ip = *lwip_dns_getserver(static_cast<u8_t>(type));
  return ESP_OK;
}

esp_err_t esp_netif_get_ip6_linklocal(esp_netif_t*, esp_ip6_addr_t* addr) {
  const auto address = link_local();
  if (!address || addr == nullptr) return ESP_FAIL;
  *addr = ip6_of(*address);
  return ESP_OK;
}

// The stack makes one by itself where the link takes IPv6.
esp_err_t esp_netif_create_ip6_linklocal(esp_netif_t*) { return ESP_OK; }

int esp_netif_get_all_ip6(esp_netif_t*, esp_ip6_addr_t addresses[]) {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return 0;
  const sockets::Host::Lock lock(*host);
  int count = 0;
  for_each_address(lock.stack(), [&](const Prefix& prefix) {
    if (prefix.address.is_v6() && count < most_addresses) addresses[count++] = ip6_of(prefix.address);
  });
  return count;
}

esp_ip6_addr_type_t esp_netif_ip6_get_addr_type(esp_ip6_addr_t* addr) {
  if (ip6_addr_isglobal(addr)) return ESP_IP6_ADDR_IS_GLOBAL;
  if (ip6_addr_islinklocal(addr)) return ESP_IP6_ADDR_IS_LINK_LOCAL;
  if (ip6_addr_issitelocal(addr)) return ESP_IP6_ADDR_IS_SITE_LOCAL;
  if (ip6_addr_isuniquelocal(addr)) return ESP_IP6_ADDR_IS_UNIQUE_LOCAL;
  return ip6_addr_isipv4mappedipv6(addr) ? ESP_IP6_ADDR_IS_IPV4_MAPPED_IPV6 : ESP_IP6_ADDR_IS_UNKNOWN;
}

esp_err_t example_connect(void) {
  esp::await_network(Duration::seconds(5));
  esp_netif_ip_info_t own;
  static_cast<void>(esp_netif_get_ip_info(&the_netif, &own));
  ESP_LOGI("example_common", "Connected to %s: IPv4 address " IPSTR, EXAMPLE_NETIF_DESC_STA, IP2STR(&own.ip));
  if (const auto address = link_local()) {
    ESP_LOGI("example_common", "IPv6 address %s", AddressText(address->with_zone(0)).c_str());
  }
  post_addresses();
  return ESP_OK;
}

esp_err_t example_disconnect(void) { return ESP_OK; }
esp_netif_t* get_example_netif(void) { return &the_netif; }
esp_netif_t* get_example_netif_from_desc(const char*) { return &the_netif; }

esp_err_t esp_wifi_start(void) {
  return esp_event_post(WIFI_EVENT, WIFI_EVENT_STA_START, nullptr, 0, portMAX_DELAY);
}
esp_err_t esp_wifi_stop(void) {
  return esp_event_post(WIFI_EVENT, WIFI_EVENT_STA_STOP, nullptr, 0, portMAX_DELAY);
}

esp_err_t esp_wifi_connect(void) {
  const esp_err_t posted = esp_event_post(WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, nullptr, 0, portMAX_DELAY);
  if (posted != ESP_OK) return posted;
  esp::await_network(Duration::seconds(5));
  post_addresses();
  return ESP_OK;
}

esp_err_t esp_wifi_disconnect(void) {
  return esp_event_post(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, nullptr, 0, portMAX_DELAY);
}

}  // extern "C"
