// SPDX-License-Identifier: Apache-2.0
// IPv4 (RFC 791) and ICMP (RFC 792) on the wire: bytes to values and back.
#pragma once

#include <optional>

#include "core/base/checksum.hpp"
#include "core/base/drop.hpp"
#include "core/base/fields.hpp"
#include "core/base/reader.hpp"

namespace linnet::ip {

/// The header of an IPv4 packet whose version, header length and total length are right. Its checksum and its
/// options are checked apart, since not everybody wants them checked.
class Ipv4Header {
 public:
  static constexpr std::size_t minimum_size = 20;
  static constexpr std::size_t maximum_size = 60;
  static constexpr std::uint16_t dont_fragment = 0x4000;
  static constexpr std::uint16_t more_fragments = 0x2000;

  /// `reason` says why there is none.
  static constexpr std::optional<Ipv4Header> parse(Bytes packet, Drop& reason) {
    reason = check(packet);
    if (reason != Drop::none) return std::nullopt;
    return Ipv4Header(packet.data());
  }
  /// For the beginning of a packet that an ICMP message quotes: the rest of it is not there (RFC 792).
  static constexpr std::optional<Ipv4Header> parse_quoted(Bytes packet) {
    if (packet.size() < minimum_size || packet[0] >> 4 != 4) return std::nullopt;
    const Ipv4Header header(packet.data());
    if (header.length() < minimum_size || header.length() > packet.size()) return std::nullopt;
    if (header.total_length() < header.length()) return std::nullopt;
    return header;
  }
  constexpr std::size_t length() const { return static_cast<std::size_t>(fields_.get8<0>() & 0x0f) * 4; }
  constexpr std::uint8_t traffic_class() const { return fields_.get8<1>(); }
  constexpr std::uint16_t total_length() const { return fields_.get16<2>(); }
  constexpr std::uint16_t identification() const { return fields_.get16<4>(); }
  constexpr bool may_not_fragment() const { return (fields_.get16<6>() & dont_fragment) != 0; }
  constexpr bool more() const { return (fields_.get16<6>() & more_fragments) != 0; }
  /// Where a fragment's payload belongs, in bytes: 0 to 65,528.
  constexpr std::uint32_t fragment_offset() const {
    return static_cast<std::uint32_t>(fields_.get16<6>() & 0x1fff) * 8;
  }
  constexpr bool is_fragment() const { return (fields_.get16<6>() & (more_fragments | 0x1fff)) != 0; }
  constexpr std::uint8_t ttl() const { return fields_.get8<8>(); }
  constexpr std::uint8_t protocol() const { return fields_.get8<9>(); }
  constexpr std::uint32_t source() const { return fields_.get32<12>(); }
  constexpr std::uint32_t destination() const { return fields_.get32<16>(); }
  constexpr Bytes options() const { return {fields_.data() + minimum_size, length() - minimum_size}; }
  bool checksum_good() const { return sum({fields_.data(), length()}) == 0xffff; }

  struct Values {
    std::uint8_t traffic_class = 0;
    std::uint16_t total_length = 0;
    std::uint16_t identification = 0;
    std::uint16_t fragment = 0;  ///< flags, and the offset in units of 8 bytes
    std::uint8_t ttl = 0;
    std::uint8_t protocol = 0;
    std::uint32_t source = 0;
    std::uint32_t destination = 0;
  };
  /// Writes the 20 bytes of a header without options, checksum included.
  static constexpr void write(std::uint8_t* to, const Values& values) {
    MutableFields<minimum_size> fields(to);
    fields.set8<0>(0x45);
    fields.set8<1>(values.traffic_class);
    fields.set16<2>(values.total_length);
    fields.set16<4>(values.identification);
    fields.set16<6>(values.fragment);
    fields.set8<8>(values.ttl);
    fields.set8<9>(values.protocol);
    fields.set16<10>(static_cast<std::uint16_t>(~sum(values)));
    fields.set32<12>(values.source);
    fields.set32<16>(values.destination);
  }

 private:
  explicit constexpr Ipv4Header(const std::uint8_t* data) : fields_(data) {}
  static constexpr Drop check(Bytes packet) {
    if (packet.size() < minimum_size) return Drop::ip_short;
    if (packet[0] >> 4 != 4) return Drop::ip_version;
    const Ipv4Header header(packet.data());
    if (header.length() < minimum_size || header.length() > packet.size()) return Drop::ip_header_length;
    if (header.total_length() < header.length() || header.total_length() > packet.size())
      return Drop::ip_length;
    return Drop::none;
  }
  // Few words, in line: a header is summed for each packet, and from its values when there are such.
  static constexpr std::uint16_t sum(Bytes header) {
    std::uint32_t total = 0;
    for (std::size_t i = 0; i < header.size(); i += 2) total += load16(header.data() + i);
    return checksum_fold(total);
  }
  static constexpr std::uint16_t sum(const Values& v) {
    std::uint32_t total = 0x4500u + v.traffic_class + v.total_length + v.identification + v.fragment;
    total += (static_cast<std::uint32_t>(v.ttl) << 8) + v.protocol;
    total += (v.source >> 16) + (v.source & 0xffff) + (v.destination >> 16) + (v.destination & 0xffff);
    return checksum_fold(total);
  }
  Fields<minimum_size> fields_;
};

/// Walks the options (RFC 791 3.1): none when they are well formed and harmless. They are ignored otherwise.
Drop check_options(Bytes options);

namespace icmp {
constexpr std::uint8_t echo_reply = 0;
constexpr std::uint8_t destination_unreachable = 3;
constexpr std::uint8_t source_quench = 4;
constexpr std::uint8_t redirect = 5;
constexpr std::uint8_t echo = 8;
constexpr std::uint8_t time_exceeded = 11;
constexpr std::uint8_t parameter_problem = 12;

// Codes of destination_unreachable and time_exceeded that we send.
constexpr std::uint8_t net_unreachable = 0;
constexpr std::uint8_t host_unreachable = 1;
constexpr std::uint8_t protocol_unreachable = 2;
constexpr std::uint8_t port_unreachable = 3;
constexpr std::uint8_t fragmentation_needed = 4;
constexpr std::uint8_t ttl_exceeded = 0;
constexpr std::uint8_t reassembly_exceeded = 1;
}  // namespace icmp

/// The first 8 bytes of an ICMP message, of either version (RFC 792, RFC 4443 2.1); what stands in the second word depends
/// on the type.
class IcmpFields {
 public:
  static constexpr std::size_t size = 8;

  constexpr std::uint8_t type() const { return fields_.get8<0>(); }
  constexpr std::uint8_t code() const { return fields_.get8<1>(); }
  /// Of echo messages: identifier and sequence number.
  constexpr std::uint32_t rest() const { return fields_.get32<4>(); }
  /// The checksum field is left zero: it depends on what follows, and for ICMPv6 on the addresses.
  static constexpr void write(std::uint8_t* to, std::uint8_t type, std::uint8_t code, std::uint32_t rest) {
    MutableFields<size> fields(to);
    fields.set8<0>(type);
    fields.set8<1>(code);
    fields.set16<2>(0);
    fields.set32<4>(rest);
  }

 protected:
  explicit constexpr IcmpFields(const std::uint8_t* data) : fields_(data) {}
  Fields<size> fields_;
};

class IcmpHeader : public IcmpFields {
 public:
  static constexpr std::optional<IcmpHeader> parse(Bytes message) {
    if (message.size() < size) return std::nullopt;
    return IcmpHeader(message.data());
  }
  /// Of fragmentation needed: RFC 1191 4; 0 from routers that do not know it.
  constexpr std::uint16_t next_hop_mtu() const { return fields_.get16<6>(); }
  /// The types that report on other packets: RFC 1122 3.2.2.
  constexpr bool is_error() const {
    return type() == icmp::destination_unreachable || type() == icmp::source_quench ||
           type() == icmp::redirect || type() == icmp::time_exceeded || type() == icmp::parameter_problem;
  }

 private:
  using IcmpFields::IcmpFields;
};

}  // namespace linnet::ip
