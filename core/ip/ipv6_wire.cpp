// SPDX-License-Identifier: Apache-2.0
#include "core/ip/ipv6_wire.hpp"

#include "core/base/reader.hpp"
#include "core/ip/icmpv6_wire.hpp"

namespace linnet::ip {
namespace {

// RFC 8200 4.2, RFC 2711 2.1.
constexpr std::uint8_t pad1 = 0;
constexpr std::uint8_t pad_n = 1;
constexpr std::uint8_t router_alert = 5;

/// RFC 8200 4.2: the two highest bits of an option's type, for nodes that do not know it.
enum class Action : std::uint8_t { skip, discard, problem, problem_unless_group };

constexpr std::uint32_t payload_length_position = 4;
constexpr std::uint32_t next_header_position = 6;

/// One walk along one chain; steps return false when it has come to its end, good or bad.
class Walk {
 public:
  Walk(const Ipv6Header& header, Bytes packet, const ExtensionLimits& limits, bool quoted)
      : packet_(packet), limits_(limits), quoted_(quoted), group_(header.destination().is_multicast()) {
    result_.protocol = header.next_header();
    result_.protocol_position = next_header_position;
    result_.offset = Ipv6Header::size;
  }

  ExtensionHeaders run() {
    unsigned headers = 0;
    while (is_extension(result_.protocol)) {
      if (++headers > limits_.headers) {  // RFC 8504 5.3
        refuse(Drop::ipv6_extension);
        break;
      }
      if (!step()) break;
    }
    return result_;
  }

 private:
  static bool is_extension(std::uint8_t header) {
    return header == protocol::hop_by_hop || header == protocol::routing ||
           header == protocol::fragment || header == protocol::authentication ||
           header == protocol::destination_options;
  }

  bool step() {
    switch (result_.protocol) {
      case protocol::fragment:
        return fragment();
      case protocol::authentication:  // RFC 8504 13: no IPsec here, so it is a header like any unknown one
        return problem(Drop::ip_protocol, icmpv6::unrecognized_next_header, result_.protocol_position);
      case protocol::hop_by_hop:
        // RFC 8200 4: a Next Header of zero anywhere but in the IPv6 header is one that is not recognized.
        if (result_.protocol_position != next_header_position)
          return problem(Drop::ipv6_extension, icmpv6::unrecognized_next_header, result_.protocol_position);
        break;
      default:
        break;
    }
    const std::size_t length = header_length();
    if (length == 0) return cut_off();
    const Bytes header = packet_.subspan(result_.offset, length);
    const bool good = result_.protocol == protocol::routing ? routing(header) : options(header);
    if (good) advance(length);
    return good;
  }

  /// Of the extension header at hand; 0 when the packet ends inside.
  std::size_t header_length() const {
    const std::size_t left = packet_.size() - result_.offset;
    if (left < 8) return 0;
    const std::size_t length = (packet_[result_.offset + 1] + std::size_t{1}) * 8;
    return length <= left ? length : 0;
  }
  void advance(std::size_t length) {
    result_.protocol = packet_[result_.offset];
    result_.protocol_position = result_.offset;
    result_.offset += static_cast<std::uint32_t>(length);
  }

  /// RFC 8200 4.4, for types that are not known; RFC 5095 3 makes type 0 one of them.
  bool routing(Bytes header) {
    const std::uint8_t segments_left = header[3];
    if (segments_left == 0 || measuring()) return true;
    return problem(Drop::ip_source_route, icmpv6::erroneous_field, result_.offset + 2);
  }

  bool fragment() {
    if (packet_.size() - result_.offset < FragmentHeader::size) return cut_off();
    // Not more than one (RFC 8200 4.1): a packet is not reassembled twice.
    if (result_.fragment) return refuse(Drop::ipv6_extension);
    result_.fragment = FragmentHeader::parse(packet_.subspan(result_.offset));
    result_.fragment_position = result_.offset;
    result_.fragment_next_position = result_.protocol_position;
    advance(FragmentHeader::size);
    return fragment_length() && result_.fragment->offset() == 0;
  }

  /// RFC 8200 4.5, and an end to fragments that hold nothing: they would only take room.
  bool fragment_length() {
    if (quoted_ || result_.fragment->atomic()) return true;
    const auto length = static_cast<std::uint32_t>(packet_.size()) - result_.offset;
    if (length == 0) return refuse(Drop::fragment_size);
    if (result_.fragment->more() && length % 8 != 0)
      return problem(Drop::fragment_size, icmpv6::erroneous_field, payload_length_position);
    const std::uint32_t before = result_.fragment_position - static_cast<std::uint32_t>(Ipv6Header::size);
    if (before + result_.fragment->offset() + length > 65535)
      return problem(Drop::fragment_size, icmpv6::erroneous_field, result_.fragment_position + 2);
    return true;
  }

  /// RFC 8200 4.2 of a hop-by-hop or destination options header.
  bool options(Bytes header) {
    if (measuring()) return true;
    Reader reader(header);
    reader.skip(2);
    unsigned padding = 0;
    unsigned count = 0;
    while (!reader.at_end()) {
      const std::size_t position = reader.position();
      const std::uint8_t type = reader.u8();
      const Bytes value = type == pad1 ? Bytes{} : reader.bytes(reader.u8());
      if (!reader.ok()) return refuse(Drop::ipv6_option);
      if (type == pad1 || type == pad_n) {
        // RFC 8504 5.3. What a PadN holds does not matter: RFC 8200 4.2 asks for zeros of the sender only.
        padding += static_cast<unsigned>(reader.position() - position);
        if (padding > limits_.padding) return refuse(Drop::ipv6_option);
        continue;
      }
      padding = 0;
      if (++count > limits_.options) return refuse(Drop::ipv6_option);
      if (!option(type, value, result_.offset + static_cast<std::uint32_t>(position))) return false;
    }
    return true;
  }

  bool option(std::uint8_t type, Bytes value, std::uint32_t position) {
    if (type == router_alert && result_.protocol == protocol::hop_by_hop) {
      // RFC 2711 2.1: two bytes, and once.
      if (value.size() != 2 || result_.router_alert) return refuse(Drop::ipv6_option);
      result_.router_alert = load16(value.data());
      return true;
    }
    const auto action = static_cast<Action>(type >> 6);
    if (action == Action::skip) return true;
    if (action == Action::discard) return refuse(Drop::ipv6_option);
    return problem(Drop::ipv6_option, icmpv6::unrecognized_option, position, action == Action::problem);
  }

  /// Headers that take no effect (now).
  bool measuring() const { return quoted_ || result_.needs_reassembly(); }

  /// The chain does not end inside of the packet.
  bool cut_off() {
    if (quoted_) return refuse(Drop::icmp_quote);
    if (!result_.needs_reassembly()) return refuse(Drop::ipv6_extension);
    return problem(Drop::ipv6_extension, icmpv6::incomplete_header_chain, 0);  // RFC 8200 4.5
  }
  bool problem(Drop reason, std::uint8_t code, std::uint32_t pointer, bool to_groups = false) {
    const bool owed = !quoted_ && (!group_ || to_groups);  // RFC 4443 2.4 (e.1), (e.3)
    if (owed) result_.error = OwedError{icmpv6::parameter_problem, code, pointer, to_groups};
    return refuse(reason);
  }
  bool refuse(Drop reason) {
    result_.reason = quoted_ ? Drop::icmp_quote : reason;
    return false;
  }

  Bytes packet_;
  const ExtensionLimits& limits_;
  bool quoted_;
  bool group_;
  ExtensionHeaders result_;
};

}  // namespace

ExtensionHeaders ExtensionHeaders::walk(const Ipv6Header& header, Bytes packet,
                                        const ExtensionLimits& limits) {
  return Walk(header, packet.first(header.total_length()), limits, false).run();
}

ExtensionHeaders ExtensionHeaders::walk_quoted(const Ipv6Header& header, Bytes quoted,
                                               const ExtensionLimits& limits) {
  const std::size_t length = quoted.size() < header.total_length() ? quoted.size() : header.total_length();
  return Walk(header, quoted.first(length), limits, true).run();
}

bool ExtensionHeaders::upper_layer_complete(Bytes packet) const {
  const std::size_t left = packet.size() - offset;
  switch (protocol) {
    case ip::protocol::tcp:
      return left >= 20 && left >= std::size_t{4} * (packet[offset + 12] >> 4);  // RFC 9293 3.1: Data Offset
    case ip::protocol::udp:
      return left >= 8;
    case ip::protocol::icmpv6:
      return left >= 4;  // RFC 4443 2.1
    default:
      return true;
  }
}

OwedError ExtensionHeaders::incomplete_chain() {
  return {icmpv6::parameter_problem, icmpv6::incomplete_header_chain, 0, false};
}

}  // namespace linnet::ip
