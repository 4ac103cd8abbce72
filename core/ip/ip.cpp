// SPDX-License-Identifier: Apache-2.0
#include "core/ip/ip.hpp"

namespace linnet::ip {

Ip::Ip(const Config& config, Arena& arena, BlockPool& pool, Random& random, ethernet::Ethernet& ethernet,
       DropCounters& drops)
    : config_(config),
      pool_(pool),
      random_(random),
      ethernet_(ethernet),
      drops_(drops),
      routes_(config, arena),
      neighbour_discovery_(config, arena, random, ethernet, routes_, interfaces_),
      interfaces_(config, arena, neighbour_discovery_.addresses()),
      groups_(config, arena, random),
      followed_(arena.make_array<Followed>(config.addresses_v6)),
      path_mtu_(config, arena),
      fragments_(config, arena, pool, drops),
      identification_(random),
      limiter_(config.icmp_errors_per_second, random),
      napt_(config, arena, random),
      flow_key_(random.key()) {}

void Ip::add_interface(std::uint8_t interface) {
  if (interface >= interfaces_.all().size() || interface >= ethernet_.links().size()) return;
  interfaces_[interface].present = true;
  refresh_links();
}

bool Ip::enable_ipv6(std::uint8_t interface, Instant now) {
  if (!interfaces_.valid(interface) || interfaces_[interface].mtu < RouterDiscovery::minimum_mtu) return false;
  Interface& i = interfaces_[interface];
  i.ipv6 = links_changed_ = true;
  if (i.loopback && !add_address_v6(interface, {IpAddress::loopback_v6(), 128}, false, now)) return false;
  refresh(now);
  return true;
}

void Ip::disable_ipv6(std::uint8_t interface, Instant now) {
  if (!interfaces_.valid(interface) || !interfaces_[interface].ipv6) return;
  if (interfaces_[interface].discovering) {
    neighbour_discovery_.stop(interface);
    if (neighbour_discovery_.router()) follow_routers(interface, false, now);
  }
  interfaces_[interface].ipv6 = interfaces_[interface].discovering = false;
  for (const Ipv6Address& own : neighbour_discovery_.addresses().all()) {
    if (own.state != Ipv6AddressState::absent && own.interface == interface)
      remove_address_v6(interface, own.address);
  }
  refresh(now);
}

bool Ip::add_address(std::uint8_t interface, const Prefix& prefix, bool probe, Instant now) {
  if (!interfaces_.valid(interface)) return false;
  if (!prefix.address.is_v4()) return add_address_v6(interface, prefix, probe, now);
  if (prefix.length > 32) return false;
  remove_address(interface, prefix.address);
  if (!ethernet_.add_address(interface, prefix, probe, now)) return false;
  if (!interfaces_.add_address(interface, prefix, address_state(interface, prefix.address))) {
    ethernet_.remove_address(interface, prefix.address);
    return false;
  }
  const IpAddress network = IpAddress::v4(prefix.address.v4_value() & mask_of_prefix_length(prefix.length));
  if (prefix.length < 32 && !routes_.add({.destination = {network, prefix.length}, .interface = interface})) {
    remove_address(interface, prefix.address);
    return false;
  }
  ++generation_;
  refresh(now);
  return true;
}

bool Ip::add_address_v6(std::uint8_t interface, const Prefix& prefix, bool probe, Instant now) {
  if (!interfaces_[interface].ipv6 || prefix.length > 128) return false;
  const IpAddress address = prefix.address.with_zone(0);
  remove_address_v6(interface, address);
  const bool detect = probe && ethernet_.link(interface).framed() && !interfaces_[interface].loopback;
  if (neighbour_discovery_.addresses().add(
          {.address = address, .prefix_length = prefix.length, .interface = interface, .detect = detect}, now) ==
      nullptr) {
    return false;
  }
  const bool on_link = prefix.length < 128 && !address.is_link_local();
  if (on_link && !routes_.add({.destination = prefix.network(), .interface = interface})) {
    remove_address_v6(interface, address);
    return false;
  }
  ++generation_;
  refresh(now);
  return true;
}

bool Ip::lease_address(std::uint8_t interface, const IpAddress& address, const Lifetimes& lifetimes, Instant now) {
  if (!interfaces_.valid(interface) || !interfaces_[interface].ipv6) return false;
  Ipv6Addresses& table = neighbour_discovery_.addresses();
  if (Ipv6Address* own = table.find(interface, address)) {
    if (own->origin != AddressOrigin::dhcpv6) return false;
    table.set_lifetimes(*own, lifetimes, now);
  } else if (table.add({.address = address,
                        .prefix_length = 128,
                        .interface = interface,
                        .origin = AddressOrigin::dhcpv6,
                        .lifetimes = lifetimes,
                        .detect = ethernet_.link(interface).framed()},
                       now) == nullptr) {
    return false;
  }
  refresh(now);
  return true;
}

bool Ip::remove_address(std::uint8_t interface, const IpAddress& address) {
  if (!address.is_v4()) return remove_address_v6(interface, address.with_zone(0));
  std::optional<Prefix> prefix;
  for (const AddressView& own : addresses()) {
    if (own.interface == interface && own.prefix.address == address) prefix = own.prefix;
  }
  if (!prefix) return false;
  interfaces_.remove_address(interface, address);
  ethernet_.remove_address(interface, address);
  bool shared = false;  // another address keeps the on-link route
  for (const AddressView& own : addresses()) {
    shared = shared || (own.interface == interface && own.prefix.length == prefix->length &&
                        own.prefix.contains(address));
  }
  if (!shared) routes_.remove(*prefix, {}, interface);
  fragments_.forget(interface);
  if (napt_active_) napt_.forget(address.v4_value());
  ++generation_;
  refresh_links();
  return true;
}

bool Ip::remove_address_v6(std::uint8_t interface, const IpAddress& address) {
  Ipv6Addresses& table = neighbour_discovery_.addresses();
  const Ipv6Address* own = table.find(interface, address);
  if (own == nullptr) return false;
  const Prefix prefix{address, own->prefix_length};
  const bool configured = own->origin == AddressOrigin::configured;
  table.remove(interface, address);
  bool shared = false;
  for (const Ipv6Address& other : table.all()) {
    shared = shared || (other.state != Ipv6AddressState::absent && other.origin == AddressOrigin::configured &&
                        other.interface == interface && other.prefix_length == prefix.length &&
                        prefix.contains(other.address));
  }
  if (configured && !shared) routes_.remove(prefix.network(), {}, interface);
  fragments_.forget(interface);
  ethernet_.drop_orphans(interface, address);
  ++generation_;
  return true;
}

ethernet::AddressState Ip::address_state(std::uint8_t interface, const IpAddress& address) const {
  if (address.is_v4()) return ethernet_.address_state(interface, address);
  const Ipv6Address* own = neighbour_discovery_.addresses().find(interface, address.with_zone(0));
  if (own == nullptr) return ethernet::AddressState::absent;
  if (own->usable()) return ethernet::AddressState::usable;
  return own->state == Ipv6AddressState::tentative ? ethernet::AddressState::probing
                                                   : ethernet::AddressState::conflict;
}

bool Ip::add_route(const Prefix& destination, const IpAddress& gateway, std::uint8_t interface,
                   std::uint16_t metric) {
  if (!interfaces_.valid(interface)) return false;
  // One way to write "none", so that removing finds it.
  const IpAddress hop = gateway.is_unspecified() ? IpAddress{} : gateway.with_zone(0);
  if (!routes_.add({.destination = destination, .gateway = hop, .interface = interface, .metric = metric})) {
    return false;
  }
  ++generation_;
  return true;
}

bool Ip::remove_route(const Prefix& destination, const IpAddress& gateway, std::uint8_t interface) {
  if (!routes_.remove(destination, gateway.is_unspecified() ? IpAddress{} : gateway.with_zone(0), interface)) return false;
  ++generation_;
  return true;
}

void Ip::set_accept_any(std::uint8_t interface, bool accept) {
  if (interfaces_.valid(interface)) interfaces_[interface].accept_any = accept;
}

bool Ip::set_mtu_v4(std::uint8_t interface, std::uint16_t mtu) {
  constexpr std::uint16_t least = 68;  // RFC 791 3.1: every internet module can forward that whole
  if (!interfaces_.valid(interface) || (mtu != 0 && mtu < least)) return false;
  interfaces_[interface].mtu_limit_v4 = mtu;
  refresh_links();
  ++generation_;
  return true;
}

/// Takes over what the link layer has news of.
void Ip::refresh_links() {
  links_changed_ = true;
  ethernet_version_ = ethernet_.version();
  if (interfaces_.refresh(ethernet_)) ++generation_;
  for (const ethernet::Link& link : ethernet_.links()) {
    if (!link.up) fragments_.forget(link.interface);
  }
}

/// The same, and lets neighbour discovery follow the links.
void Ip::refresh(Instant now) {
  if (ethernet_.version() != ethernet_version_) refresh_links();
  if (std::exchange(links_changed_, false)) follow_links(now);
  take_over_discovery(now);
}

void Ip::follow_links(Instant now) {
  for (std::uint8_t i = 0; i < interfaces_.all().size(); ++i) {
    Interface& interface = interfaces_[i];
    if (interface.up != interface.grouped && !interface.loopback) {
      interface.grouped = interface.up;
      groups_.set_link(i, interface.up, now);
    }
    const bool wanted = interface.ipv6 && interface.up && !interface.loopback;
    if (wanted == interface.discovering) continue;
    interface.discovering = wanted;
    wanted ? neighbour_discovery_.start(i, now) : neighbour_discovery_.stop(i);
    if (neighbour_discovery_.router()) follow_routers(i, wanted, now);
  }
}

/// What neighbour discovery has news of: paths may lead elsewhere, or be narrower.
void Ip::take_over_discovery(Instant now) {
  const std::uint32_t version = neighbour_discovery_.version() + ethernet_.reachability_version();
  if (version == discovery_version_) return;
  discovery_version_ = version;
  ++generation_;
  follow_addresses(now);
  for (std::uint8_t i = 0; i < interfaces_.all().size(); ++i) {
    Interface& interface = interfaces_[i];
    const LinkParameters& parameters = neighbour_discovery_.discovery().parameters(i);
    interface.hop_limit = parameters.hop_limit;
    interface.mtu_v6 = parameters.mtu != 0 && parameters.mtu < interface.mtu ? parameters.mtu : interface.mtu;
  }
}

std::uint16_t Ip::path_mtu_update(const IpAddress& destination, std::uint16_t mtu, Instant now) {
  // RFC 5927 7.2: nobody gets to make us send crumbs.
  const std::uint16_t least = destination.is_v4() ? config_.minimum_path_mtu : RouterDiscovery::minimum_mtu;
  const std::uint16_t bounded = mtu < least ? least : mtu;
  const auto known = path(destination);
  if (known && bounded >= known->mtu) return known->mtu;  // RFC 1191 3: such a message never raises it
  if (path_mtu_.lower(destination, bounded, now)) ++generation_;
  return path_mtu_.get(destination, known ? known->mtu : bounded);
}

Instant Ip::poll(Instant now) {
  refresh(now);
  neighbour_discovery_.poll(now);
  take_over_discovery(now);
  if (clat_version_ != discovery_version_) follow_clat(now);
  send_group_messages(now);
  if (path_mtu_.expire(now)) ++generation_;
  expire_fragments(now);
  report_undelivered(now);
  if (napt_active_) napt_.expire(now);
  return earlier(earlier(earlier(path_mtu_.next_deadline(), fragments_.next_deadline()), napt_.next_deadline()),
                 earlier(neighbour_discovery_.next_deadline(), groups_.next_deadline()));
}

void Ip::digest(Digest& digest) const {
  interfaces_.digest(digest);
  neighbour_discovery_.digest(digest);
  groups_.digest(digest);
  routes_.digest(digest);
  path_mtu_.digest(digest);
  fragments_.digest(digest);
  napt_.digest(digest);
}

}  // namespace linnet::ip
