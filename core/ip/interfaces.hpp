// SPDX-License-Identifier: Apache-2.0
// Interfaces as IP sees them, and the own addresses on them (RFC 1122 3.3.4).
#pragma once

#include <optional>

#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
#include "core/ethernet/ethernet.hpp"
#include "core/ip/address_selection.hpp"
#include "core/ip/config.hpp"
#include "core/ip/datagram.hpp"
#include "core/ip/ipv6_addresses.hpp"

namespace linnet::ip {

struct Interface {
  bool present = false;
  bool up = false;
  bool loopback = false;          ///< nothing on it ever leaves this stack
  bool accept_any = false;  ///< DHCP has no address yet: UDP to port 68 is taken whatever its destination
  bool transmit_checksum = false; ///< the device fills transport checksums in
  bool ipv6 = false;              ///< speaks IPv6
  bool inside = false;            ///< IPv4 that leaves by others is translated (Ip::set_napt)
  bool grouped = false;           ///< Groups knows that the link is up
  bool has_link_local = false;    ///< an IPv6 address that reports can be sent from
  bool discovering = false;       ///< NeighbourDiscovery::start was called since the link came up
  std::uint8_t hop_limit = 64;    ///< of IPv6, as routers advertise it (RFC 4861 6.3.4)
  std::uint16_t mtu = 0;          ///< what the device takes
  std::uint16_t mtu_limit_v4 = 0; ///< what Ip::set_mtu_v4 wishes; 0: nothing
  std::uint16_t mtu_v4 = 0;       ///< the lesser of both
  std::uint16_t mtu_v6 = 0;       ///< as `mtu`, or less where a router says so (RFC 4861 4.6.4)
  bool device_queues = false;     ///< Capabilities::queues, or loopback
  std::uint32_t segmentation = 0; ///< largest super-segment payload that the device takes; 0: none
};

/// An own IPv4 address; those of IPv6 are in Ipv6Addresses. `prefix` holds all bits of the address, and how many of them name its network.
struct AddressView {
  Prefix prefix;
  std::uint8_t interface = 0;
  ethernet::AddressState state = ethernet::AddressState::absent;

  bool usable() const { return state == ethernet::AddressState::usable; }
};

class Interfaces {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Interface>(config.interfaces) + Arena::bytes_for<AddressView>(config.addresses);
  }
  /// `v6` must outlive it.
  Interfaces(const Config& config, Arena& arena, const Ipv6Addresses& v6)
      : v6_(v6), table_(arena.make_array<Interface>(config.interfaces)),
        addresses_(arena.make_array<AddressView>(config.addresses)) {}

  /// Takes link states, MTUs and address states over from the link layer; yields whether anything changed.
  bool refresh(const ethernet::Ethernet& ethernet);

  bool add_address(std::uint8_t interface, const Prefix& prefix, ethernet::AddressState state);
  bool remove_address(std::uint8_t interface, const IpAddress& address);

  bool valid(std::uint8_t interface) const { return interface < table_.size() && table_[interface].present; }
  Interface& operator[](std::uint8_t interface) { return table_[interface]; }
  const Interface& operator[](std::uint8_t interface) const { return table_[interface]; }
  std::span<const Interface> all() const { return table_; }
  std::span<const AddressView> addresses() const { return addresses_.first(address_count_); }

  /// The interface that has the usable own address `address`; nothing when none has. 127.0.0.0/8 counts as a whole:
  /// see `is_own`. A link-local address without a zone is looked for everywhere (RFC 4007 6).
  std::optional<std::uint8_t> interface_of(const IpAddress& address) const;
  bool is_own(const IpAddress& address) const { return address.is_loopback() || interface_of(address).has_value(); }
  /// The same for an IPv4 address in host order, on the receive path.
  const AddressView* find_v4(std::uint32_t address) const;
  /// The loopback interface, if there is one that is up.
  std::optional<std::uint8_t> loopback() const;
  /// True when it is a usable address of that very interface.
  bool has_v4(std::uint32_t address, std::uint8_t interface) const;
  /// True for 255.255.255.255 and for the directed broadcast address of each own prefix of the interface, or
  /// (any_interface) of any.
  bool is_broadcast(const IpAddress& address, std::uint8_t interface) const;
  /// The usable address of the interface that serves best for `destination`: the longest common prefix (RFC
  /// 1122 3.3.4.3), for IPv6 all of RFC 6724 5. The unspecified address when it has none.
  IpAddress source_for(const IpAddress& destination, std::uint8_t interface) const;
  /// The same for IPv6, but no optimistic address: nobody's neighbour cache may learn one (RFC 4429 3.3).
  IpAddress settled_source_for(const IpAddress& destination, std::uint8_t interface) const {
    return source_for_v6(destination, interface, false);
  }
  void digest(Digest& digest) const;

 private:
  IpAddress source_for_v6(const IpAddress& destination, std::uint8_t interface, bool optimistic) const;

  const Ipv6Addresses& v6_;
  std::span<Interface> table_;
  std::span<AddressView> addresses_;
  std::size_t address_count_ = 0;
};

/// What RFC 6724 asks about an own address.
SourceCandidate source_candidate(const Ipv6Address& own);

/// How many leading bits two addresses of one family have in common.
unsigned common_prefix_length(const IpAddress& a, const IpAddress& b);

}  // namespace linnet::ip
