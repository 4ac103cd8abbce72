// SPDX-License-Identifier: Apache-2.0
#include "core/ip/interfaces.hpp"

namespace linnet::ip {
unsigned common_prefix_length(const IpAddress& a, const IpAddress& b) {
  const auto& x = a.bytes();
  const auto& y = b.bytes();
  for (std::size_t i = 0; i < x.size(); i += 8) {
    const std::uint64_t difference = load64(x.data() + i) ^ load64(y.data() + i);
    if (difference != 0)
      return static_cast<unsigned>(8 * i) + static_cast<unsigned>(std::countl_zero(difference));
  }
  return 128;
}

bool Interfaces::refresh(const ethernet::Ethernet& ethernet) {
  bool changed = false;
  for (const ethernet::Link& link : ethernet.links()) {
    if (!valid(link.interface)) continue;
    Interface& i = table_[link.interface];
    changed = changed || i.up != link.up || i.mtu != link.mtu;
    i.up = link.up;
    i.mtu = link.mtu;
    i.mtu_v4 = i.mtu_limit_v4 != 0 && i.mtu_limit_v4 < i.mtu ? i.mtu_limit_v4 : i.mtu;
    if (i.mtu_v6 == 0 || i.mtu_v6 > link.mtu) i.mtu_v6 = link.mtu;
    i.loopback = link.capabilities.loopback;
    i.transmit_checksum = link.capabilities.transmit_checksum;
    i.segmentation = link.capabilities.segmentation;
    i.device_queues = link.capabilities.queues || link.capabilities.loopback;
  }
  for (AddressView& address : addresses_.first(address_count_)) {
    const auto state = ethernet.address_state(address.interface, address.prefix.address);
    changed = changed || state != address.state;
    address.state = state;
  }
  return changed;
}

bool Interfaces::add_address(std::uint8_t interface, const Prefix& prefix, ethernet::AddressState state) {
  if (address_count_ == addresses_.size()) return false;
  addresses_[address_count_++] = {.prefix = prefix, .interface = interface, .state = state};
  return true;
}

bool Interfaces::remove_address(std::uint8_t interface, const IpAddress& address) {
  for (std::size_t i = 0; i < address_count_; ++i) {
    if (addresses_[i].interface != interface || addresses_[i].prefix.address != address) continue;
    for (std::size_t j = i + 1; j < address_count_; ++j) addresses_[j - 1] = addresses_[j];
    addresses_[--address_count_] = {};
    return true;
  }
  return false;
}

std::optional<std::uint8_t> Interfaces::interface_of(const IpAddress& address) const {
  if (address.is_v4()) {
    const AddressView* own = find_v4(address.v4_value());
    return own != nullptr ? std::optional(own->interface) : std::nullopt;
  }
  for (const Ipv6Address& own : v6_.all()) {
    if (own.usable() && own.is_at(address)) return own.interface;
  }
  return std::nullopt;
}

const AddressView* Interfaces::find_v4(std::uint32_t address) const {
  for (const AddressView& own : addresses()) {
    if (own.prefix.address.v4_value() == address && own.usable()) return &own;
  }
  return nullptr;
}

bool Interfaces::has_v4(std::uint32_t address, std::uint8_t interface) const {
  for (const AddressView& own : addresses()) {
    if (own.interface == interface && own.prefix.address.v4_value() == address && own.usable()) return true;
  }
  return false;
}

bool Interfaces::is_broadcast(const IpAddress& address, std::uint8_t interface) const {
  if (!address.is_v4()) return false;
  if (address.is_limited_broadcast()) return true;
  for (const AddressView& own : addresses()) {
    // RFC 3021 2.2: a link of 31 bits has no directed broadcast address.
    if (own.interface != interface && interface != any_interface) continue;
    if (own.prefix.length > 30 || !own.usable()) continue;
    const std::uint32_t host_bits = ~mask_of_prefix_length(own.prefix.length);
    if (address.v4_value() == (own.prefix.address.v4_value() | host_bits)) return true;
  }
  return false;
}

IpAddress Interfaces::source_for(const IpAddress& destination, std::uint8_t interface) const {
  if (!destination.is_v4()) return source_for_v6(destination, interface, true);
  IpAddress best = IpAddress::any_v4();
  unsigned best_length = 0;
  for (const AddressView& own : addresses()) {
    if (own.interface != interface || !own.usable()) continue;
    const unsigned length = common_prefix_length(own.prefix.address, destination);
    if (!best.is_unspecified() && length <= best_length) continue;
    best = own.prefix.address;
    best_length = length;
  }
  return best;
}

std::optional<std::uint8_t> Interfaces::loopback() const {
  for (std::uint8_t i = 0; i < table_.size(); ++i) {
    if (table_[i].loopback && table_[i].up) return i;
  }
  return std::nullopt;
}

SourceCandidate source_candidate(const Ipv6Address& own) {
  return {.address = own.address,
          .prefix_length = own.prefix_length,
          .interface = own.interface,
          // RFC 4429 3.1: an optimistic address serves as a deprecated one.
          .deprecated = own.state != Ipv6AddressState::preferred,
          .temporary = own.origin == AddressOrigin::temporary};
}

/// RFC 6724 4: the candidates are the addresses of the interface that the packet leaves by.
IpAddress Interfaces::source_for_v6(const IpAddress& destination, std::uint8_t interface, bool optimistic) const {
  const SourceRules rules{.interface = interface};
  SourceCandidate best{};
  bool found = false;
  for (const Ipv6Address& own : v6_.all()) {
    if (own.interface != interface || !(optimistic ? own.usable() : own.settled())) continue;
    if (own.origin == AddressOrigin::translator) continue;
    const SourceCandidate candidate = source_candidate(own);
    if (found && !better_source(candidate, best, destination, rules)) continue;
    best = candidate;
    found = true;
  }
  return found ? with_zone(best.address, interface) : IpAddress{};
}

void Interfaces::digest(Digest& digest) const {
  for (const Interface& i : table_) {
    if (!i.present) continue;
    digest.add((std::uint64_t{i.mtu_v4} << 24) | (std::uint64_t{i.mtu} << 8) | (i.up ? 2u : 0u) | (i.accept_any ? 1u : 0u));
  }
  for (const AddressView& own : addresses()) {
    digest.add(own.prefix.address.bytes());
    digest.add((std::uint64_t{own.prefix.length} << 16) | (std::uint64_t{own.interface} << 8) |
               static_cast<std::uint64_t>(own.state));
  }
}

}  // namespace linnet::ip
