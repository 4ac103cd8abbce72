// SPDX-License-Identifier: Apache-2.0
// lwip/netif.h: struct netif, filled anew at each look.
#include <algorithm>
#include <cstring>

#include "compat/lwip/calls.hpp"
#include "compat/lwip/interfaces.hpp"

#include <lwip/netif.h>

using namespace linnet;

namespace linnet::compat {

Ipv4Setting ipv4_setting(Stack& stack, std::uint8_t interface) {
  Ipv4Setting setting;
  for (const ip::AddressView& view : stack.ip().addresses()) {
    if (view.interface != interface || !view.usable()) continue;
    setting.prefix = view.prefix;
    break;
  }
  for (const ip::Route& route : stack.ip().routes()) {
    if (route.interface == interface && route.destination.length == 0 && route.gateway.is_v4())
      setting.gateway = route.gateway;
  }
  return setting;
}

bool set_ipv4(Stack& stack, std::uint8_t interface, const Ipv4Setting& setting, Instant now) {
  const Prefix everywhere{IpAddress::any_v4(), 0};
  for (;;) {
    const auto addresses = stack.ip().addresses();
    const auto own = std::find_if(addresses.begin(), addresses.end(),
                                  [&](const ip::AddressView& view) { return view.interface == interface; });
    if (own == addresses.end()) break;
    if (!stack.ip().remove_address(interface, IpAddress(own->prefix.address))) break;
  }
  const auto is_default = [&](const ip::Route& route) {
    return route.interface == interface && route.destination == everywhere;
  };
  for (;;) {
    const auto routes = stack.ip().routes();
    const auto old = std::find_if(routes.begin(), routes.end(), is_default);
    if (old == routes.end()) break;
    if (!stack.ip().remove_route(everywhere, IpAddress(old->gateway), interface)) break;
  }
  if (!setting.prefix.address.is_v4() || setting.prefix.address.is_unspecified()) return true;
  if (!stack.ip().add_address(interface, setting.prefix, false, now)) return false;
  const bool has_gateway = setting.gateway.is_v4() && !setting.gateway.is_unspecified();
  return !has_gateway || stack.ip().add_route(everywhere, setting.gateway, interface);
}

}  // namespace linnet::compat

namespace {

constexpr std::size_t most_interfaces = 16;
std::array<netif, most_interfaces> structures;

u8_t flags_of(const ethernet::Link& link, bool speaks_v6) {
  unsigned flags = NETIF_FLAG_UP | (link.up ? NETIF_FLAG_LINK_UP : 0u);
  if (link.framed())
    flags |= NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP;
  if (speaks_v6) flags |= NETIF_FLAG_MLD6;
  return static_cast<u8_t>(flags);
}

u8_t state_of(const ip::Ipv6Address& own) {
  if (!own.usable()) return IP6_ADDR_TENTATIVE;
  return own.state == ip::Ipv6AddressState::deprecated ? IP6_ADDR_DEPRECATED : IP6_ADDR_PREFERRED;
}

netif filled(Stack& stack, const ethernet::Link& link) {
  const ip::Interface& interface = stack.ip().interfaces()[link.interface];
  netif result{};
  const compat::Ipv4Setting setting = compat::ipv4_setting(stack, link.interface);
  if (setting.prefix.address.is_v4()) {
    result.ip_addr = compat::ip_addr_of(setting.prefix.address);
    result.netmask.u_addr.ip4.addr = compat::mask_of(setting.prefix.length);
  }
  if (setting.gateway.is_v4()) result.gw = compat::ip_addr_of(setting.gateway);
  std::size_t count = 0;
  compat::for_each_ipv6(stack, link.interface, [&](const ip::Ipv6Address& own) {
    if (count == LWIP_IPV6_NUM_ADDRESSES) return;
    result.ip6_addr[count] = compat::ip_addr_of(own.address);
    result.ip6_addr_state[count++] = state_of(own);
  });
  // lwIP's first is the link-local one.
  for (std::size_t i = 1; i < count; ++i) {
    if (!ip6_addr_islinklocal(ip_2_ip6(&result.ip6_addr[i]))) continue;
    std::swap(result.ip6_addr[0], result.ip6_addr[i]);
    std::swap(result.ip6_addr_state[0], result.ip6_addr_state[i]);
    break;
  }
  result.mtu = link.mtu;
  result.mtu6 = interface.mtu_v6;
  result.hwaddr_len = link.framed() ? NETIF_MAX_HWADDR_LEN : 0;
  std::memcpy(result.hwaddr, link.mac.bytes.data(), sizeof result.hwaddr);
  result.flags = flags_of(link, interface.ipv6);
  std::memcpy(result.name, interface.loopback ? "lo" : "st", sizeof result.name);
  result.num = link.interface;
  return result;
}

/// Under the host's lock. What has not changed is not written, so that others may read it meanwhile.
netif* refresh(Stack& stack) {
  const auto links = stack.ethernet().links();
  const std::size_t count = std::min(links.size(), most_interfaces);
  for (std::size_t i = 0; i < count; ++i) {
    netif next = filled(stack, links[i]);
    next.next = i + 1 < count ? &structures[i + 1] : nullptr;
    next.state = structures[i].state;
    next.hostname = structures[i].hostname;
    if (std::memcmp(&next, &structures[i], sizeof next) != 0) std::memcpy(&structures[i], &next, sizeof next);
  }
  return count == 0 ? nullptr : structures.data();
}

void change(netif* netif, const ip4_addr_t* addr, const ip4_addr_t* netmask, const ip4_addr_t* gateway) {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr || netif == nullptr) return;
  const sockets::Host::Lock lock(*host);
  compat::Ipv4Setting setting = compat::ipv4_setting(lock.stack(), netif->num);
  if (addr != nullptr) setting.prefix.address = IpAddress::v4(lwip_ntohl(addr->addr));
  if (netmask != nullptr) setting.prefix.length = compat::length_of(netmask->addr);
  if (gateway != nullptr) setting.gateway = IpAddress::v4(lwip_ntohl(gateway->addr));
  static_cast<void>(compat::set_ipv4(lock.stack(), netif->num, setting, lock.now()));
  static_cast<void>(refresh(lock.stack()));
}

}  // namespace

extern "C" {

netif* linnet_netif_list(void) {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return nullptr;
  const sockets::Host::Lock lock(*host);
  return refresh(lock.stack());
}

netif* linnet_netif_default(void) {
  netif* const all = linnet_netif_list();
  netif* first = nullptr;
  for (netif* it = all; it != nullptr; it = it->next) {
    if (it->gw.u_addr.ip4.addr != 0) return it;
    if (first == nullptr && it->name[0] != 'l' && netif_is_link_up(it)) first = it;
  }
  return first;
}

netif* netif_get_by_index(u8_t index) {
  for (netif* it = linnet_netif_list(); it != nullptr; it = it->next) {
    if (netif_get_index(it) == index) return it;
  }
  return nullptr;
}

netif* netif_find(const char* name) { return netif_get_by_index(netif_name_to_index(name)); }

s8_t netif_get_ip6_addr_match(netif* netif, const ip6_addr_t* addr) {
  if (netif == nullptr || addr == nullptr) return -1;
  for (s8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; ++i) {
    if (netif->ip6_addr_state[i] != IP6_ADDR_INVALID && ip6_addr_cmp_zoneless(netif_ip6_addr(netif, i), addr))
      return i;
  }
  return -1;
}

void netif_set_addr(netif* netif, const ip4_addr_t* addr, const ip4_addr_t* netmask,
                    const ip4_addr_t* gateway) {
  static constexpr ip4_addr_t none{};
  change(netif, addr != nullptr ? addr : &none, netmask != nullptr ? netmask : &none,
         gateway != nullptr ? gateway : &none);
}

void netif_set_ipaddr(netif* netif, const ip4_addr_t* addr) { change(netif, addr, nullptr, nullptr); }
void netif_set_netmask(netif* netif, const ip4_addr_t* netmask) { change(netif, nullptr, netmask, nullptr); }
void netif_set_gw(netif* netif, const ip4_addr_t* gateway) { change(netif, nullptr, nullptr, gateway); }

}  // extern "C"
