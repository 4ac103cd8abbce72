// SPDX-License-Identifier: Apache-2.0
// The extension headers that a host of ours sends (RFC 8200 4): hop-by-hop options with a router alert (RFC
// 2711), and the fragment header.
#include <algorithm>

#include "sim/frame_ipv6_parts.hpp"

namespace linnet::sim {
namespace {

constexpr std::size_t header_size = 40;

namespace option {
constexpr std::uint8_t pad1 = 0, padn = 1, router_alert = 5;
}

constexpr bool is_extension(std::uint8_t next) {
  switch (next) {
    case extension::hop_by_hop:
    case extension::routing:
    case extension::fragment:
    case 50:  // ESP
    case extension::authentication:
    case extension::destination:
    case 135:  // mobility
    case 139:  // HIP
    case 140:  // Shim6
      return true;
    default:
      return false;
  }
}

/// RFC 2711 2.1: value 0 is multicast listener discovery; the alignment is 2n+0.
void check_router_alert(FrameJudge& judge, Bytes header, std::size_t at, std::size_t size) {
  judge.require(size == 2 && at % 2 == 0, Rule::ipv6_router_alert, header, at, size,
                "two bytes at an even place");
  if (size == 2) judge.equal16(Rule::ipv6_router_alert, header, at + 2, 0);
}

/// RFC 8200 4.2: options that fit, padding of zeros. One router alert, else the header would say nothing.
void check_hop_by_hop(FrameJudge& judge, Bytes header) {
  unsigned alerts = 0;
  std::size_t padding = 0;
  for (std::size_t at = 2; at < header.size();) {
    if (header[at] == option::pad1) {
      const bool another = at + 1 < header.size() && header[at + 1] == option::pad1;
      judge.require(!another, Rule::ipv6_options, header, at, 0, "one PadN for several bytes");
      ++at;
      ++padding;
      continue;
    }
    const std::size_t left = header.size() - at;
    const std::size_t size = left < 2 ? left : header[at + 1];
    if (!judge.require(size + 2 <= left, Rule::ipv6_options, header, at, header[at], "an option that fits")) {
      return;
    }
    const bool pads = header[at] == option::padn;
    judge.require(pads || header[at] == option::router_alert, Rule::ipv6_options, header, at, header[at],
                  "padding or a router alert");
    if (pads) {
      judge.zero(Rule::ipv6_options, header, at + 2, at + 2 + size);
      padding += size + 2;
    } else if (judge.ok()) {
      check_router_alert(judge, header, at, size);
      ++alerts;
    }
    at += size + 2;
  }
  judge.require(padding < 8, Rule::ipv6_options, header, 1, padding,
                "no more padding than to a multiple of 8");
  judge.equal(Rule::ipv6_router_alert, header, 2, alerts, 1);
}

void check_fragment(FrameJudge& judge, const Ipv6Parts& ip) {
  const Bytes header = ip.fragment_header;
  const std::size_t offset = ip.fragment_offset();
  judge.equal8(Rule::ipv6_fragment_reserved, header, 1, 0);
  judge.equal(Rule::ipv6_fragment_reserved, header, 3, header[3] & 6u, 0);
  // RFC 8021: a packet in one piece has no fragment header.
  judge.require(ip.more_fragments() || offset != 0, Rule::ipv6_atomic_fragment, header, 2, 0,
                "a piece of something larger");
  judge.require(!ip.payload.empty() && (!ip.more_fragments() || ip.payload.size() % 8 == 0),
                Rule::ipv6_fragment_length, ip.header, 4, ip.payload.size(),
                "some bytes, a multiple of 8 in all but the last");
  judge.require(offset + ip.payload.size() <= 65535, Rule::ipv6_fragment_overflow, header, 2,
                offset + ip.payload.size(), "the end within 65535 bytes");
  if (offset != 0 || !judge.ok()) return;
  // RFC 7112 5: all headers, that of the upper layer included, stand in the first fragment.
  std::size_t least = 8;
  if (ip.protocol == protocol_number::tcp) {
    const std::size_t said = ip.payload.size() > 12 ? static_cast<std::size_t>(ip.payload[12] >> 4) * 4 : 0;
    least = std::max<std::size_t>(said, 20);
  }
  judge.require(ip.payload.size() >= least, Rule::ipv6_first_fragment, ip.header, 4, ip.payload.size(),
                "all headers in the first fragment");
}

}  // namespace

void check_ipv6_extensions(FrameJudge& judge, Ipv6Parts& ip) {
  Bytes names = ip.header;  // the header that says what comes next
  std::size_t at = 6;
  while (is_extension(names[at])) {
    const std::uint8_t kind = names[at];
    judge.require(kind == extension::hop_by_hop || kind == extension::fragment, Rule::ipv6_extension, names,
                  at, kind, "an extension header that hosts of ours send");
    // RFC 8200 4.1: hop-by-hop options come first, and each header once.
    const bool first = names.data() == ip.header.data();
    judge.require(kind == extension::hop_by_hop ? first : !ip.is_fragment(), Rule::ipv6_extension_order,
                  names, at, kind, "hop-by-hop options first, each header once");
    const std::size_t left = ip.payload.size();
    const std::size_t size =
        left < 8 || kind == extension::fragment ? 8 : (ip.payload[1] + std::size_t{1}) * 8;
    judge.require(size <= left, Rule::ipv6_extension_length, names, at, size, "a header that is all there");
    if (!judge.ok()) return;
    names = ip.payload.first(size);
    at = 0;
    ip.payload = ip.payload.subspan(size);
    if (kind == extension::fragment) {
      ip.fragment_header = names;
      if (ip.fragment_offset() != 0) break;  // what follows is no header
    } else {
      check_hop_by_hop(judge, names);
      ip.router_alert = true;
    }
  }
  ip.protocol = names[at];
  if (ip.is_fragment() && judge.ok()) check_fragment(judge, ip);
}

std::optional<Ipv6Parts> read_ipv6(Bytes packet) {
  if (packet.size() < header_size || packet[0] >> 4 != 6) return std::nullopt;
  const std::size_t total = header_size + load16(packet.data() + 4);
  if (total < packet.size()) packet = packet.first(total);
  Ipv6Parts ip{.packet = packet,
               .header = packet.first(header_size),
               .payload = packet.subspan(header_size),
               .source = load_ipv6(packet.data() + 8),
               .destination = load_ipv6(packet.data() + 24),
               .protocol = packet[6]};
  while (is_extension(ip.protocol) && ip.protocol != 50) {
    const std::size_t left = ip.payload.size();
    if (left < 8) return ip;
    const std::size_t length = ip.payload[1];
    const std::size_t size = ip.protocol == extension::fragment         ? 8
                             : ip.protocol == extension::authentication ? (length + 2) * 4
                                                                        : (length + 1) * 8;
    if (size > left) return ip;
    if (ip.protocol == extension::fragment) ip.fragment_header = ip.payload.first(8);
    ip.protocol = ip.payload[0];
    ip.payload = ip.payload.subspan(size);
    if (ip.is_fragment() && ip.fragment_offset() != 0) return ip;
  }
  return ip;
}

}  // namespace linnet::sim
