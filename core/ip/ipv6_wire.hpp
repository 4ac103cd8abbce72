// SPDX-License-Identifier: Apache-2.0
// IPv6 (RFC 8200) on the wire: the header, the fragment header, and the chain of extension headers.
#pragma once

#include <optional>

#include "core/base/address.hpp"
#include "core/base/drop.hpp"
#include "core/base/fields.hpp"
#include "core/ip/protocol.hpp"

namespace linnet::ip {

/// The header of an IPv6 packet whose version and payload length are right (RFC 8200 3). Neither address is
/// in the mapped form of IPv4, which may not be seen on a link and would be taken for an IPv4 address from
/// here on.
class Ipv6Header {
 public:
  static constexpr std::size_t size = 40;

  /// `reason` says why there is none.
  static constexpr std::optional<Ipv6Header> parse(Bytes packet, Drop& reason) {
    reason = check(packet);
    if (reason != Drop::none) return std::nullopt;
    return Ipv6Header(packet.data());
  }
  /// For the beginning of a packet that an ICMPv6 error quotes: the rest of it may be missing (RFC 4443 3.1).
  static constexpr std::optional<Ipv6Header> parse_quoted(Bytes packet) {
    if (packet.size() < size || packet[0] >> 4 != 6) return std::nullopt;
    const Ipv6Header header(packet.data());
    if (header.source().is_v4() || header.destination().is_v4()) return std::nullopt;
    return header;
  }
  constexpr std::uint8_t traffic_class() const {
    return static_cast<std::uint8_t>((fields_.get32<0>() >> 20) & 0xff);
  }
  constexpr std::uint32_t flow_label() const { return fields_.get32<0>() & 0xfffff; }
  constexpr std::uint16_t payload_length() const { return fields_.get16<4>(); }
  /// Header and payload: what follows in the frame is padding.
  constexpr std::size_t total_length() const { return size + payload_length(); }
  constexpr std::uint8_t next_header() const { return fields_.get8<6>(); }
  constexpr std::uint8_t hop_limit() const { return fields_.get8<7>(); }
  constexpr IpAddress source() const { return IpAddress::v6(fields_.get_bytes<8, 16>()); }
  constexpr IpAddress destination() const { return IpAddress::v6(fields_.get_bytes<24, 16>()); }

  struct Values {
    std::uint8_t traffic_class = 0;
    std::uint32_t flow_label = 0;  ///< 20 bits
    std::uint16_t payload_length = 0;
    std::uint8_t next_header = 0;
    std::uint8_t hop_limit = 0;
    IpAddress source{};
    IpAddress destination{};
  };
  static constexpr void write(std::uint8_t* to, const Values& values) {
    MutableFields<size> fields(to);
    fields.set32<0>(0x60000000u | static_cast<std::uint32_t>(values.traffic_class) << 20 |
                    (values.flow_label & 0xfffff));
    fields.set16<4>(values.payload_length);
    fields.set8<6>(values.next_header);
    fields.set8<7>(values.hop_limit);
    fields.set_bytes<8>(std::span<const std::uint8_t, 16>(values.source.bytes()));
    fields.set_bytes<24>(std::span<const std::uint8_t, 16>(values.destination.bytes()));
  }

 private:
  explicit constexpr Ipv6Header(const std::uint8_t* data) : fields_(data) {}
  static constexpr Drop check(Bytes packet) {
    if (packet.size() < size) return Drop::ip_short;
    if (packet[0] >> 4 != 6) return Drop::ip_version;
    const Ipv6Header header(packet.data());
    // RFC 2675 3: only a jumbogram has hop-by-hop options and a length of zero.
    if (header.payload_length() == 0 && header.next_header() == protocol::hop_by_hop)
      return Drop::ipv6_jumbo;
    if (header.total_length() > packet.size()) return Drop::ip_length;
    if (header.source().is_v4() || header.destination().is_v4()) return Drop::ip_martian;
    return Drop::none;
  }
  Fields<size> fields_;
};

/// RFC 8200 4.5. A copy, since it is still needed when the packet has been moved to where it is reassembled.
class FragmentHeader {
 public:
  static constexpr std::size_t size = 8;

  static constexpr std::optional<FragmentHeader> parse(Bytes header) {
    if (header.size() < size) return std::nullopt;
    return FragmentHeader(Fields<size>(header.data()));
  }
  constexpr std::uint8_t next_header() const { return next_header_; }
  /// Where the fragment belongs, in bytes: 0 to 65,528.
  constexpr std::uint32_t offset() const { return offset_and_flags_ & 0xfff8u; }
  constexpr bool more() const { return (offset_and_flags_ & 1) != 0; }
  constexpr std::uint32_t identification() const { return identification_; }
  /// RFC 6946: the whole packet, handled apart from any other fragments.
  constexpr bool atomic() const { return (offset_and_flags_ & 0xfff9u) == 0; }

  /// `offset` must be a multiple of 8.
  static constexpr void write(std::uint8_t* to, std::uint8_t next_header, std::uint16_t offset, bool more,
                              std::uint32_t identification) {
    MutableFields<size> fields(to);
    fields.set8<0>(next_header);
    fields.set8<1>(0);
    fields.set16<2>(static_cast<std::uint16_t>((offset & 0xfff8u) | (more ? 1u : 0u)));
    fields.set32<4>(identification);
  }

 private:
  explicit constexpr FragmentHeader(Fields<size> fields)
      : next_header_(fields.get8<0>()),
        offset_and_flags_(fields.get16<2>()),
        identification_(fields.get32<4>()) {}
  std::uint8_t next_header_;
  std::uint16_t offset_and_flags_;
  std::uint32_t identification_;
};

/// RFC 8504 5.3: how much of a header chain a host puts up with.
struct ExtensionLimits {
  std::uint8_t headers = 8;  ///< extension headers of a packet
  std::uint8_t options = 8;  ///< options of one header, padding not counted
  std::uint8_t padding = 7;  ///< bytes of padding one after another: alignment needs no more
};

/// An ICMPv6 error that RFC 8200 asks for. Whether its source may be answered, and how often, others know.
struct OwedError {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t pointer = 0;  ///< from the first byte of the IPv6 header
  bool to_groups = false;     ///< RFC 4443 2.4 (e.3): owed although the packet came to many
};

/// What the headers between the IPv6 header and the upper layer say. All positions count from the first byte
/// of the IPv6 header.
struct ExtensionHeaders {
  Drop reason = Drop::none;                   ///< when there is one, only `error` has a meaning
  std::optional<OwedError> error{};           ///< not set where the destination's being a group forbids it
  std::uint8_t protocol = ip::protocol::no_next_header;  ///< of the upper layer
  std::uint32_t protocol_position = 0;        ///< of the byte that tells it (RFC 4443 3.4: unknown protocols)
  std::uint32_t offset = 0;                   ///< of the upper layer, or of a later fragment's data
  std::optional<FragmentHeader> fragment{};
  std::uint32_t fragment_position = 0;       ///< of the fragment header: how long the "per-fragment" part is
  std::uint32_t fragment_next_position = 0;  ///< of the byte that names it: rewritten by reassembly
  std::optional<std::uint16_t> router_alert{};  ///< RFC 2711 2.1

  /// A later fragment has data at `offset`, no header.
  constexpr bool at_upper_layer() const { return !fragment || fragment->offset() == 0; }
  constexpr bool needs_reassembly() const { return fragment && !fragment->atomic(); }
  /// RFC 7112 5: a first fragment holds the upper layer's header as well. A fragment for which it does not
  /// hold is dropped, and incomplete_chain() is owed.
  bool upper_layer_complete(Bytes packet) const;
  static OwedError incomplete_chain();

  /// Walks the chain of a packet that is addressed to us. In a first fragment what follows the fragment
  /// header is only measured: its options take effect once, in the reassembled packet (RFC 8200 4.5).
  static ExtensionHeaders walk(const Ipv6Header& header, Bytes packet, const ExtensionLimits& limits = {});
  /// Walks the chain of a packet of our own that an ICMPv6 error quotes: no option has an effect, nothing is
  /// owed, and a chain that is cut off is Drop::icmp_quote.
  static ExtensionHeaders walk_quoted(const Ipv6Header& header, Bytes quoted,
                                      const ExtensionLimits& limits = {});
};

}  // namespace linnet::ip
