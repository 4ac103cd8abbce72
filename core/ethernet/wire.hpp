// SPDX-License-Identifier: Apache-2.0
// Ethernet II, 802.1Q and ARP on the wire: bytes to values and back.
#pragma once

#include <optional>

#include "core/base/address.hpp"
#include "core/base/fields.hpp"

namespace linnet::ethernet {

namespace ethertype {
constexpr std::uint16_t ipv4 = 0x0800;
constexpr std::uint16_t arp = 0x0806;
constexpr std::uint16_t vlan = 0x8100;
constexpr std::uint16_t ipv6 = 0x86dd;
/// RFC 1122 2.3.3: a smaller value is the length of an IEEE 802.3 frame.
constexpr std::uint16_t smallest = 0x0600;
}  // namespace ethertype

/// Ethernet II (RFC 894): destination, source, type.
class EthernetHeader {
 public:
  static constexpr std::size_t size = 14;

  static constexpr std::optional<EthernetHeader> parse(Bytes frame) {
    if (frame.size() < size) return std::nullopt;
    return EthernetHeader(frame.data());
  }
  constexpr MacAddress destination() const { return MacAddress::from(fields_.get_bytes<0, 6>()); }
  constexpr MacAddress source() const { return MacAddress::from(fields_.get_bytes<6, 6>()); }
  constexpr std::uint16_t type() const { return fields_.get16<12>(); }

  /// Writes the header's 14 bytes to `to`.
  static constexpr void write(std::uint8_t* to, const MacAddress& destination, const MacAddress& source,
                              std::uint16_t type) {
    MutableFields<size> fields(to);
    fields.set_bytes<0, 6>(destination.bytes);
    fields.set_bytes<6, 6>(source.bytes);
    fields.set16<12>(type);
  }

 private:
  explicit constexpr EthernetHeader(const std::uint8_t* data) : fields_(data) {}
  Fields<size> fields_;
};

/// What follows EtherType 0x8100 (IEEE 802.1Q 9.6): priority and VLAN, then the type of what is inside.
class VlanTag {
 public:
  static constexpr std::size_t size = 4;

  static constexpr std::optional<VlanTag> parse(Bytes bytes) {
    if (bytes.size() < size) return std::nullopt;
    return VlanTag(bytes.data());
  }
  /// 0: a priority tag, the frame belongs to no VLAN.
  constexpr std::uint16_t id() const { return fields_.get16<0>() & 0x0fff; }
  constexpr std::uint16_t type() const { return fields_.get16<2>(); }

  static constexpr void write(std::uint8_t* to, std::uint16_t id, std::uint16_t type) {
    MutableFields<size> fields(to);
    fields.set16<0>(id);
    fields.set16<2>(type);
  }

 private:
  explicit constexpr VlanTag(const std::uint8_t* data) : fields_(data) {}
  Fields<size> fields_;
};

/// RFC 826 for Ethernet and IPv4, the only pair that there is.
class ArpPacket {
 public:
  static constexpr std::size_t size = 28;
  static constexpr std::uint16_t request = 1;
  static constexpr std::uint16_t reply = 2;

  /// Nothing when it is too short, of other address types or lengths, or neither request nor reply (RFC 1122
  /// has no use for reverse or inverse ARP).
  static constexpr std::optional<ArpPacket> parse(Bytes bytes) {
    if (bytes.size() < size) return std::nullopt;
    const ArpPacket packet(bytes.data());
    if (packet.fields_.get16<0>() != 1 || packet.fields_.get16<2>() != ethertype::ipv4) return std::nullopt;
    if (packet.fields_.get8<4>() != 6 || packet.fields_.get8<5>() != 4) return std::nullopt;
    if (packet.operation() != request && packet.operation() != reply) return std::nullopt;
    return packet;
  }
  constexpr std::uint16_t operation() const { return fields_.get16<6>(); }
  constexpr MacAddress sender_mac() const { return MacAddress::from(fields_.get_bytes<8, 6>()); }
  constexpr IpAddress sender() const { return IpAddress::v4(fields_.get_bytes<14, 4>()); }
  constexpr MacAddress target_mac() const { return MacAddress::from(fields_.get_bytes<18, 6>()); }
  constexpr IpAddress target() const { return IpAddress::v4(fields_.get_bytes<24, 4>()); }

  struct Values {
    std::uint16_t operation = request;
    MacAddress sender_mac{};
    IpAddress sender = IpAddress::any_v4();
    MacAddress target_mac{};
    IpAddress target = IpAddress::any_v4();
  };
  static constexpr void write(std::uint8_t* to, const Values& values) {
    MutableFields<size> fields(to);
    fields.set16<0>(1);
    fields.set16<2>(ethertype::ipv4);
    fields.set8<4>(6);
    fields.set8<5>(4);
    fields.set16<6>(values.operation);
    fields.set_bytes<8, 6>(values.sender_mac.bytes);
    fields.set_bytes<14, 4>(values.sender.v4_bytes());
    fields.set_bytes<18, 6>(values.target_mac.bytes);
    fields.set_bytes<24, 4>(values.target.v4_bytes());
  }

 private:
  explicit constexpr ArpPacket(const std::uint8_t* data) : fields_(data) {}
  Fields<size> fields_;
};

/// The link address of an IP group, or nothing when `address` names a single host.
constexpr std::optional<MacAddress> group_mac(const IpAddress& address) {
  if (address.is_limited_broadcast()) return MacAddress::broadcast();
  if (!address.is_multicast()) return std::nullopt;
  const auto& b = address.bytes();
  // RFC 1112 6.4: the low 23 bits of the group behind 01:00:5e; RFC 2464 7: the low 32 bits behind 33:33.
  if (address.is_v4()) {
    return MacAddress{{0x01, 0x00, 0x5e, static_cast<std::uint8_t>(b[13] & 0x7f), b[14], b[15]}};
  }
  return MacAddress{{0x33, 0x33, b[12], b[13], b[14], b[15]}};
}

}  // namespace linnet::ethernet
