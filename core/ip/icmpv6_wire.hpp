// SPDX-License-Identifier: Apache-2.0
// ICMPv6 (RFC 4443) on the wire: types and codes, the first 8 bytes of a message, its checksum.
#pragma once

#include "core/base/checksum.hpp"
#include "core/base/writer.hpp"
#include "core/ip/protocol.hpp"
#include "core/ip/wire.hpp"

namespace linnet::ip {

namespace icmpv6 {
// RFC 4443 3: errors have types below 128.
constexpr std::uint8_t destination_unreachable = 1;
constexpr std::uint8_t packet_too_big = 2;
constexpr std::uint8_t time_exceeded = 3;
constexpr std::uint8_t parameter_problem = 4;
// RFC 4443 4.
constexpr std::uint8_t echo_request = 128;
constexpr std::uint8_t echo_reply = 129;
// RFC 2710 3.1, RFC 3810 5.
constexpr std::uint8_t listener_query = 130;
constexpr std::uint8_t listener_report = 131;
constexpr std::uint8_t listener_done = 132;
constexpr std::uint8_t listener_report_v2 = 143;
// RFC 4861 4.
constexpr std::uint8_t router_solicitation = 133;
constexpr std::uint8_t router_advertisement = 134;
constexpr std::uint8_t neighbour_solicitation = 135;
constexpr std::uint8_t neighbour_advertisement = 136;
constexpr std::uint8_t redirect = 137;

// RFC 4443 3.1: codes of destination_unreachable.
constexpr std::uint8_t no_route = 0;
constexpr std::uint8_t administratively_prohibited = 1;
constexpr std::uint8_t beyond_scope = 2;
constexpr std::uint8_t address_unreachable = 3;
constexpr std::uint8_t port_unreachable = 4;
constexpr std::uint8_t source_address_failed_policy = 5;
constexpr std::uint8_t reject_route = 6;
// RFC 4443 3.3: codes of time_exceeded.
constexpr std::uint8_t hop_limit_exceeded = 0;
constexpr std::uint8_t reassembly_exceeded = 1;
// RFC 4443 3.4 and RFC 7112 5: codes of parameter_problem.
constexpr std::uint8_t erroneous_field = 0;
constexpr std::uint8_t unrecognized_next_header = 1;
constexpr std::uint8_t unrecognized_option = 2;
constexpr std::uint8_t incomplete_header_chain = 3;
}  // namespace icmpv6

/// No message that a host knows is shorter.
class Icmpv6Header : public IcmpFields {
 public:
  static constexpr std::optional<Icmpv6Header> parse(Bytes message) {
    if (message.size() < size) return std::nullopt;
    return Icmpv6Header(message.data());
  }
  /// Of packet_too_big (RFC 4443 3.2).
  constexpr std::uint32_t mtu() const { return rest(); }
  /// Of parameter_problem (RFC 4443 3.4): may lie beyond what is quoted.
  constexpr std::uint32_t pointer() const { return rest(); }
  /// RFC 4443 2.1: unknown types count as well, so that none is answered by an error (2.4 (e.1)).
  constexpr bool is_error() const { return type() < 128; }

 private:
  using IcmpFields::IcmpFields;
};

namespace icmpv6 {

/// Code 0, and the checksum left zero.
inline void write_header(Writer& writer, std::uint8_t type, std::uint32_t rest) {
  std::array<std::uint8_t, Icmpv6Header::size> header;
  Icmpv6Header::write(header.data(), type, 0, rest);
  writer.bytes(header);
}
/// RFC 4443 2.3: the sum over pseudo header (RFC 8200 8.1) and message.
inline Checksum message_checksum(const IpAddress& source, const IpAddress& destination, Bytes message) {
  Checksum checksum =
      pseudo_header_checksum(source, destination, protocol::icmpv6, static_cast<std::uint32_t>(message.size()));
  checksum.add(message);
  return checksum;
}
inline bool checksum_good(const IpAddress& source, const IpAddress& destination, Bytes message) {
  return message_checksum(source, destination, message).good();
}
/// Fills in the checksum of a message of at least 4 bytes.
inline void finish(const IpAddress& source, const IpAddress& destination, MutableBytes message) {
  store16(message.data() + 2, 0);
  store16(message.data() + 2, message_checksum(source, destination, message).finish());
}

}  // namespace icmpv6

}  // namespace linnet::ip
