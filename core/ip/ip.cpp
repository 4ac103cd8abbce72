// SPDX-License-Identifier: Apache-2.0
#include "core/ip/ip.hpp"

namespace linnet::ip {

Ip::Ip(const Config& config, Arena& arena, BlockPool& pool, Random& random, ethernet::Ethernet& ethernet,
       DropCounters& drops)
    : config_(config),
      pool_(pool),
      ethernet_(ethernet),
      drops_(drops),
      interfaces_(config, arena),
      routes_(config, arena),
      path_mtu_(config, arena),
      fragments_(config, arena, pool, drops),
      identification_(random),
      limiter_(config.icmp_errors_per_second, random) {}

void Ip::add_interface(std::uint8_t interface) {
  if (interface >= interfaces_.all().size() || interface >= ethernet_.links().size()) return;
  interfaces_[interface].present = true;
  refresh();
}

bool Ip::add_address(std::uint8_t interface, const Prefix& prefix, bool probe, Instant now) {
  if (!interfaces_.valid(interface) || !prefix.address.is_v4() || prefix.length > 32) return false;
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
  refresh();
  return true;
}

bool Ip::remove_address(std::uint8_t interface, const IpAddress& address) {
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
  ++generation_;
  refresh();
  return true;
}

bool Ip::add_route(const Prefix& destination, const IpAddress& gateway, std::uint8_t interface,
                   std::uint16_t metric) {
  if (!interfaces_.valid(interface)) return false;
  // One way to write "none", so that removing finds it.
  const IpAddress hop = gateway.is_unspecified() ? IpAddress{} : gateway;
  if (!routes_.add({.destination = destination, .gateway = hop, .interface = interface, .metric = metric})) {
    return false;
  }
  ++generation_;
  return true;
}

bool Ip::remove_route(const Prefix& destination, const IpAddress& gateway, std::uint8_t interface) {
  if (!routes_.remove(destination, gateway.is_unspecified() ? IpAddress{} : gateway, interface)) return false;
  ++generation_;
  return true;
}

void Ip::set_accept_any(std::uint8_t interface, bool accept) {
  if (interfaces_.valid(interface)) interfaces_[interface].accept_any = accept;
}

/// Takes over what the link layer has news of.
void Ip::refresh() {
  ethernet_version_ = ethernet_.version();
  if (interfaces_.refresh(ethernet_)) ++generation_;
  for (const ethernet::Link& link : ethernet_.links()) {
    if (!link.up) fragments_.forget(link.interface);
  }
}

std::uint16_t Ip::path_mtu_update(const IpAddress& destination, std::uint16_t mtu, Instant now) {
  // RFC 5927 7.2: nobody gets to make us send crumbs.
  const std::uint16_t bounded = mtu < config_.minimum_path_mtu ? config_.minimum_path_mtu : mtu;
  const auto known = path(destination);
  if (known && bounded >= known->mtu) return known->mtu;  // RFC 1191 3: such a message never raises it
  if (path_mtu_.lower(destination, bounded, now)) ++generation_;
  return path_mtu_.get(destination, known ? known->mtu : bounded);
}

Instant Ip::poll(Instant now) {
  if (ethernet_.version() != ethernet_version_) refresh();
  if (path_mtu_.expire(now)) ++generation_;
  expire_fragments(now);
  return earlier(path_mtu_.next_deadline(), fragments_.next_deadline());
}

void Ip::digest(Digest& digest) const {
  interfaces_.digest(digest);
  routes_.digest(digest);
  path_mtu_.digest(digest);
  fragments_.digest(digest);
}

}  // namespace linnet::ip
