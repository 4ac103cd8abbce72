// SPDX-License-Identifier: Apache-2.0
// esp_netif.h: addresses of interfaces, and name servers.
#include <algorithm>

#include "compat/esp_idf/netif.hpp"

#include <esp_netif_net_stack.h>

using namespace linnet;

namespace {

constexpr int most_addresses = 8;

/// Calls `visit` for the interface's usable addresses of IPv6, under the host's lock.
template <typename Visit>
void for_each_usable(Stack& stack, const esp_netif_t& netif, Visit visit) {
  compat::for_each_ipv6(stack, netif.interface(), [&](const ip::Ipv6Address& own) {
    if (own.usable()) visit(own);
  });
}

template <typename Is>
std::optional<IpAddress> first_ipv6(const esp_netif_t& netif, Is is) {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return std::nullopt;
  const sockets::Host::Lock lock(*host);
  std::optional<IpAddress> found;
  for_each_usable(lock.stack(), netif, [&](const ip::Ipv6Address& own) {
    if (!found && is(own.address)) found = own.address;
  });
  return found;
}

template <typename Is>
int all_ipv6(const esp_netif_t* netif, esp_ip6_addr_t addresses[], Is is) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || addresses == nullptr || host == nullptr) return 0;
  const sockets::Host::Lock lock(*host);
  int count = 0;
  for_each_usable(lock.stack(), *netif, [&](const ip::Ipv6Address& own) {
    if (is(own) && count < most_addresses) addresses[count++] = esp::ip6_of(own.address);
  });
  return count;
}

esp_err_t told(const std::optional<IpAddress>& address, esp_ip6_addr_t* to) {
  if (!address || to == nullptr) return ESP_FAIL;
  *to = esp::ip6_of(*address);
  return ESP_OK;
}

/// Own addresses and groups have no zone.
IpAddress address_of(const esp_ip6_addr_t& address) {
  ip_addr_t whole{};
  whole.type = IPADDR_TYPE_V6;
  whole.u_addr.ip6 = address;
  return compat::address_of(whole).with_zone(0);
}

/// What the DHCP server has to be, or the client, before an address is set.
bool dhcp_is_stopped(esp_netif_t* netif) {
  esp_netif_dhcp_status_t status = ESP_NETIF_DHCP_STOPPED;
  if (netif->is_server()) return !netif->server.running();
  static_cast<void>(esp_netif_dhcpc_get_status(netif, &status));
  return status == ESP_NETIF_DHCP_STOPPED;
}

esp_err_t change_group(esp_netif_t* netif, const esp_ip6_addr_t* group, bool join) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || group == nullptr || host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const IpAddress address = address_of(*group);
  const sockets::Host::Lock lock(*host);
  ip::Groups& groups = lock.stack().ip().groups();
  if (join) {
    const bool joined = groups.join_own(netif->interface(), address, lock.now()) == ip::GroupError::none;
    return joined ? ESP_OK : ESP_ERR_ESP_NETIF_MLD6_FAILED;
  }
  groups.leave_own(netif->interface(), address, lock.now());
  return ESP_OK;
}

void set_name_server(esp_netif_t& netif, u8_t number, const ip_addr_t& server) {
  if (esp::is_asked_by(netif)) return dns_setserver(number, &server);
  sockets::Host* host = compat::attached_host();
  if (host == nullptr || number >= netif.name_servers.size()) return;
  const IpAddress address = compat::address_of(server);
  const sockets::Host::Lock lock(*host);
  netif.name_servers[number] = address.is_unspecified() ? IpAddress() : address;
}

ip_addr_t name_server(const esp_netif_t& netif, u8_t number) {
  if (esp::is_asked_by(netif)) return *lwip_dns_getserver(number);
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return ip_addr_any;
  const sockets::Host::Lock lock(*host);
  const IpAddress& address = netif.name_servers[number];
  return address.is_unspecified() ? ip_addr_any : compat::ip_addr_of(address);
}

}  // namespace

namespace linnet::esp {

esp_netif_ip_info_t ip_info_of(const compat::Ipv4Setting& setting) {
  esp_netif_ip_info_t info{};
  if (setting.prefix.address.is_v4()) {
    info.ip.addr = lwip_htonl(setting.prefix.address.v4_value());
    info.netmask.addr = compat::mask_of(setting.prefix.length);
  }
  if (setting.gateway.is_v4()) info.gw.addr = lwip_htonl(setting.gateway.v4_value());
  return info;
}

compat::Ipv4Setting setting_of(const esp_netif_ip_info_t& info) {
  return {.prefix = {IpAddress::v4(lwip_ntohl(info.ip.addr)), compat::length_of(info.netmask.addr)},
          .gateway = IpAddress::v4(lwip_ntohl(info.gw.addr))};
}

esp_ip6_addr_t ip6_of(const IpAddress& address) { return compat::ip_addr_of(address).u_addr.ip6; }

std::optional<IpAddress> link_local(const esp_netif_t& netif) {
  return first_ipv6(netif, [](const IpAddress& address) { return address.is_link_local(); });
}

}  // namespace linnet::esp

extern "C" {

esp_err_t esp_netif_get_ip_info(esp_netif_t* netif, esp_netif_ip_info_t* own) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || own == nullptr || host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const sockets::Host::Lock lock(*host);
  // An access point that has not started has its address already, as programs see it.
  const bool waits = netif->is_server() && !netif->up;
  *own = waits ? netif->wished : esp::ip_info_of(compat::ipv4_setting(lock.stack(), netif->interface()));
  return ESP_OK;
}

esp_err_t esp_netif_set_ip_info(esp_netif_t* netif, const esp_netif_ip_info_t* info) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || info == nullptr || host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  if (!dhcp_is_stopped(netif)) return ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED;
  const sockets::Host::Lock lock(*host);
  compat::Ipv4Setting setting = esp::setting_of(*info);
  if (netif->is_server()) {
    netif->wished = *info;
    if (!netif->up) return ESP_OK;
    setting.gateway = {};  // it is the gateway
  }
  const bool done = compat::set_ipv4(lock.stack(), netif->interface(), setting, lock.now());
  return done ? ESP_OK : ESP_ERR_ESP_NETIF_NO_MEM;
}

esp_err_t esp_netif_get_old_ip_info(esp_netif_t* netif, esp_netif_ip_info_t* info) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || info == nullptr || host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const sockets::Host::Lock lock(*host);
  *info = esp::ip_info_of(netif->told);
  return ESP_OK;
}

bool esp_netif_is_netif_up(esp_netif_t* netif) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || host == nullptr) return false;
  const sockets::Host::Lock lock(*host);
  return compat::ipv4_setting(lock.stack(), netif->interface()).prefix.address.is_v4();
}

esp_err_t esp_netif_set_dns_info(esp_netif_t* netif, esp_netif_dns_type_t type, esp_netif_dns_info_t* dns) {
  const bool valid = netif != nullptr && dns != nullptr && type < ESP_NETIF_DNS_MAX;
  if (!valid || ip_addr_isany(&dns->ip)) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  if (netif->is_server()) {
    const err_t done = dhcps_dns_setserver_by_type(&netif->server, &dns->ip, static_cast<dns_type_t>(type));
    return done == ERR_OK ? ESP_OK : ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  }
  set_name_server(*netif, static_cast<u8_t>(type), dns->ip);
  return ESP_OK;
}

esp_err_t esp_netif_get_dns_info(esp_netif_t* netif, esp_netif_dns_type_t type, esp_netif_dns_info_t* dns) {
  const bool valid = netif != nullptr && dns != nullptr && type < ESP_NETIF_DNS_MAX;
  if (!valid) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  if (!netif->is_server()) {
    dns->ip = name_server(*netif, static_cast<u8_t>(type));
    return ESP_OK;
  }
  dns->ip = {};
  const auto done =
      dhcps_dns_getserver_by_type(&netif->server, &dns->ip.u_addr.ip4, static_cast<dns_type_t>(type));
  return done == ERR_OK ? ESP_OK : ESP_ERR_ESP_NETIF_INVALID_PARAMS;
}

void dns_setserver_with_netif(struct netif* netif, u8_t number, const ip_addr_t* server) {
  esp_netif_t* own = esp_netif_get_handle_from_netif_impl(netif);
  const bool is_client = own != nullptr && !own->is_server();
  if (is_client) return set_name_server(*own, number, server != nullptr ? *server : ip_addr_any);
  if (netif == nullptr) dns_setserver(number, server);
}

esp_err_t esp_netif_get_ip6_linklocal(esp_netif_t* netif, esp_ip6_addr_t* addr) {
  return netif != nullptr ? told(esp::link_local(*netif), addr) : ESP_ERR_ESP_NETIF_INVALID_PARAMS;
}

esp_err_t esp_netif_get_ip6_global(esp_netif_t* netif, esp_ip6_addr_t* addr) {
  if (netif == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  return told(first_ipv6(*netif, [](const IpAddress& address) { return !address.is_link_local(); }), addr);
}

esp_err_t esp_netif_create_ip6_linklocal(esp_netif_t* netif) {
  return netif != nullptr ? ESP_OK : ESP_ERR_ESP_NETIF_INVALID_PARAMS;
}

int esp_netif_get_all_ip6(esp_netif_t* netif, esp_ip6_addr_t addresses[]) {
  return all_ipv6(netif, addresses, [](const ip::Ipv6Address&) { return true; });
}

int esp_netif_get_all_preferred_ip6(esp_netif_t* netif, esp_ip6_addr_t addresses[]) {
  return all_ipv6(netif, addresses,
                  [](const ip::Ipv6Address& own) { return own.state == ip::Ipv6AddressState::preferred; });
}

esp_err_t esp_netif_add_ip6_address(esp_netif_t* netif, esp_ip6_addr_t addr, bool preferred) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  if (!preferred) return ESP_ERR_NOT_SUPPORTED;
  const IpAddress address = address_of(addr);
  if (address.is_unspecified() || address.is_multicast()) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const sockets::Host::Lock lock(*host);
  const bool done = lock.stack().ip().add_address(netif->interface(), {address, 64}, true, lock.now());
  return done ? ESP_OK : ESP_ERR_ESP_NETIF_IP6_ADDR_FAILED;
}

esp_err_t esp_netif_remove_ip6_address(esp_netif_t* netif, const esp_ip6_addr_t* addr) {
  sockets::Host* host = compat::attached_host();
  if (netif == nullptr || addr == nullptr || host == nullptr) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const IpAddress address = address_of(*addr);
  const sockets::Host::Lock lock(*host);
  const bool done = lock.stack().ip().remove_address(netif->interface(), address);
  return done ? ESP_OK : ESP_ERR_ESP_NETIF_IP6_ADDR_FAILED;
}

esp_err_t esp_netif_join_ip6_multicast_group(esp_netif_t* netif, const esp_ip6_addr_t* group) {
  return change_group(netif, group, true);
}
esp_err_t esp_netif_leave_ip6_multicast_group(esp_netif_t* netif, const esp_ip6_addr_t* group) {
  return change_group(netif, group, false);
}

esp_ip6_addr_type_t esp_netif_ip6_get_addr_type(esp_ip6_addr_t* addr) {
  if (ip6_addr_isglobal(addr)) return ESP_IP6_ADDR_IS_GLOBAL;
  if (ip6_addr_islinklocal(addr)) return ESP_IP6_ADDR_IS_LINK_LOCAL;
  if (ip6_addr_issitelocal(addr)) return ESP_IP6_ADDR_IS_SITE_LOCAL;
  if (ip6_addr_isuniquelocal(addr)) return ESP_IP6_ADDR_IS_UNIQUE_LOCAL;
  return ip6_addr_isipv4mappedipv6(addr) ? ESP_IP6_ADDR_IS_IPV4_MAPPED_IPV6 : ESP_IP6_ADDR_IS_UNKNOWN;
}

}  // extern "C"
