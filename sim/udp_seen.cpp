// SPDX-License-Identifier: Apache-2.0
#include "sim/udp_seen.hpp"

#include <algorithm>

#include "sim/frames.hpp"

namespace linnet::sim {

namespace {

constexpr std::size_t link = 14;

}  // namespace

std::optional<UdpSeen> read_udp_v4(Bytes frame) {
  if (frame.size() < link + 28 || load16(frame.data() + 12) != 0x0800) return std::nullopt;
  const Bytes packet = frame.subspan(link);
  const std::size_t header = std::size_t{packet[0] & 0x0fu} * 4;
  const std::size_t total = load16(packet.data() + 2);
  if (packet[0] >> 4 != 4 || header < 20 || packet[9] != 17 || total < header + 8 || total > packet.size())
    return std::nullopt;
  if ((load16(packet.data() + 6) & 0x3fff) != 0) return std::nullopt;  // a fragment
  if (plain_checksum(packet.first(header)) != 0) return std::nullopt;
  Bytes udp = packet.subspan(header, total - header);
  const std::size_t length = load16(udp.data() + 4);
  if (length < 8 || length > udp.size()) return std::nullopt;
  udp = udp.first(length);
  UdpSeen seen;
  std::copy_n(frame.begin(), 6, seen.to.begin());
  seen.source = load32(packet.data() + 12);
  seen.destination = load32(packet.data() + 16);
  seen.source_port = load16(udp.data());
  seen.destination_port = load16(udp.data() + 2);
  seen.payload = udp.subspan(8);
  if (load16(udp.data() + 6) == 0) return seen;
  std::uint32_t pseudo_header = 17 + static_cast<std::uint32_t>(length);
  for (std::size_t at = 12; at < 20; at += 2) pseudo_header += load16(packet.data() + at);
  return plain_checksum(udp, pseudo_header) == 0 ? std::optional(seen) : std::nullopt;
}

std::uint32_t asked_by_arp(Bytes frame) {
  if (frame.size() < link + 28 || load16(frame.data() + 12) != 0x0806) return 0;
  const std::uint8_t* arp = frame.data() + link;
  const std::uint32_t sender = load32(arp + 14), target = load32(arp + 24);
  return load16(arp + 6) != 1 || sender == 0 || sender == target ? 0 : target;
}

}  // namespace linnet::sim
