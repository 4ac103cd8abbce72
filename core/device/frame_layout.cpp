// SPDX-License-Identifier: Apache-2.0
#include "core/device/frame_layout.hpp"

namespace linnet {
namespace {

constexpr std::size_t ethernet_header = 14;
constexpr std::size_t vlan_tag = 4;
constexpr std::size_t ipv4_header = 20;
constexpr std::size_t ipv6_header = 40;

/// The offset of the IP header behind Ethernet II and any 802.1Q tags (two: 802.1ad), or nothing.
std::optional<std::size_t> network_offset(Bytes frame, LinkType link) {
  if (link == LinkType::ip) return 0;
  std::size_t at = ethernet_header;
  for (int tags = 0; tags <= 2; ++tags) {
    if (frame.size() < at) return std::nullopt;
    const std::uint16_t type = load16(frame.data() + at - 2);
    if (type == 0x0800 || type == 0x86dd) return at;
    if (type != 0x8100 && type != 0x88a8) return std::nullopt;
    at += vlan_tag;
  }
  return std::nullopt;
}

std::optional<FrameLayout> parse_v4(Bytes frame, std::size_t network) {
  const Bytes ip = frame.subspan(network);
  if (ip.size() < ipv4_header) return std::nullopt;
  const std::size_t length = std::size_t{ip[0] & 0x0fu} * 4;
  if (length < ipv4_header || length > ip.size()) return std::nullopt;
  return FrameLayout{.network = static_cast<std::uint16_t>(network),
                     .transport = static_cast<std::uint16_t>(network + length),
                     .version = 4,
                     .protocol = ip[9],
                     .fragment = (load16(ip.data() + 6) & 0x3fff) != 0};
}

/// RFC 8200 4: the extension headers that may stand before the transport.
bool is_extension(std::uint8_t next_header) {
  return next_header == 0 || next_header == 43 || next_header == 44 || next_header == 60;
}

std::optional<FrameLayout> parse_v6(Bytes frame, std::size_t network) {
  if (frame.size() < network + ipv6_header) return std::nullopt;
  std::size_t at = network + ipv6_header;
  std::uint8_t next_header = frame[network + 6];
  bool fragment = false;
  while (is_extension(next_header)) {
    if (frame.size() < at + 8) return std::nullopt;
    const bool is_fragment = next_header == 44;
    fragment = fragment || (is_fragment && (load16(frame.data() + at + 2) & 0xfff9) != 0);
    next_header = frame[at];
    at += is_fragment ? 8 : 8 * (std::size_t{frame[at + 1]} + 1);
    if (at > frame.size() || at > 0xffff) return std::nullopt;
  }
  return FrameLayout{.network = static_cast<std::uint16_t>(network),
                     .transport = static_cast<std::uint16_t>(at),
                     .version = 6,
                     .protocol = next_header,
                     .fragment = fragment};
}

}  // namespace

std::optional<FrameLayout> FrameLayout::parse(Bytes frame, LinkType link) {
  const auto network = network_offset(frame, link);
  if (!network || *network >= frame.size()) return std::nullopt;
  const unsigned version = frame[*network] >> 4u;
  if (version == 4) return parse_v4(frame, *network);
  if (version == 6) return parse_v6(frame, *network);
  return std::nullopt;
}

}  // namespace linnet
