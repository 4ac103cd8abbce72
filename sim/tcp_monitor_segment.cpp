// SPDX-License-Identifier: Apache-2.0
#include "sim/tcp_monitor_segment.hpp"

#include <algorithm>

namespace linnet::sim {
namespace {

constexpr std::uint8_t protocol_icmp = 1, protocol_tcp = 6, protocol_icmp6 = 58;

/// RFC 1071: words of 32 bits have the same sum.
std::uint32_t sum_of(Bytes bytes, std::uint32_t sum = 0) {
  std::uint64_t wide = sum;
  std::size_t i = 0;
  for (; i + 3 < bytes.size(); i += 4) wide += load32(bytes.data() + i);
  for (; i + 1 < bytes.size(); i += 2) wide += load16(bytes.data() + i);
  if (i < bytes.size()) wide += std::uint32_t{bytes[i]} << 8;
  while (wide > 0xffff) wide = (wide & 0xffff) + (wide >> 16);
  return static_cast<std::uint32_t>(wide);
}

struct IpPayload {
  Bytes bytes;
  std::uint8_t protocol = 0;
  bool whole = false;  ///< no fragment
  bool header_right = false;
  std::uint32_t pseudo_sum = 0;
};

MonitorAddress mapped(const std::uint8_t* v4) {
  MonitorAddress address{};
  address[10] = address[11] = 0xff;
  std::copy_n(v4, 4, address.begin() + 12);
  return address;
}

std::optional<IpPayload> read_v4(Bytes ip, MonitoredSegment& segment) {
  if (ip.size() < 20) return std::nullopt;
  const std::size_t header = std::size_t{ip[0]} % 16 * 4;
  const std::size_t total = load16(ip.data() + 2);
  if (header < 20 || total < header || total > ip.size()) return std::nullopt;
  segment.source = mapped(ip.data() + 12);
  segment.destination = mapped(ip.data() + 16);
  IpPayload out;
  out.bytes = ip.subspan(header, total - header);
  out.protocol = ip[9];
  out.whole = (load16(ip.data() + 6) & 0x3fff) == 0;
  out.header_right = sum_of(ip.first(header)) == 0xffff;
  out.pseudo_sum = sum_of(ip.subspan(12, 8));
  return out;
}

std::optional<IpPayload> read_v6(Bytes ip, MonitoredSegment& segment) {
  if (ip.size() < 40) return std::nullopt;
  const std::size_t length = load16(ip.data() + 4);
  if (length + 40 > ip.size()) return std::nullopt;
  std::copy_n(ip.data() + 8, 16, segment.source.begin());
  std::copy_n(ip.data() + 24, 16, segment.destination.begin());
  IpPayload out;
  out.bytes = ip.subspan(40, length);
  out.protocol = ip[6];
  out.whole = true;
  out.header_right = true;
  out.pseudo_sum = sum_of(ip.subspan(8, 32));
  // Hop-by-hop, routing and destination options: next header and length in 8 bytes beyond the first 8.
  while (out.protocol == 0 || out.protocol == 43 || out.protocol == 60) {
    if (out.bytes.size() < 8) return std::nullopt;
    const std::size_t size = std::size_t{out.bytes[1]} * 8 + 8;
    if (size > out.bytes.size()) return std::nullopt;
    out.protocol = out.bytes[0];
    out.bytes = out.bytes.subspan(size);
  }
  return out;
}

void read_option(Bytes option, MonitoredSegment& segment) {
  const std::uint8_t* value = option.data() + 2;
  switch (option[0]) {
    case 2:
      if (option.size() == 4) segment.mss = load16(value);
      break;
    case 3:
      if (option.size() == 3) segment.window_scale = std::min<std::uint8_t>(value[0], 14);  // RFC 7323 2.3
      break;
    case 4:
      segment.sack_permitted = option.size() == 2;
      break;
    case 5:
      segment.sack_count = static_cast<std::uint8_t>(std::min<std::size_t>((option.size() - 2) / 8, 4));
      for (std::size_t i = 0; i < segment.sack_count; ++i) {
        segment.sack[i] = {load32(value + i * 8), load32(value + i * 8 + 4)};
      }
      break;
    case 8:
      if (option.size() != 10) break;
      segment.timestamps = true;
      segment.ts_value = load32(value);
      segment.ts_echo = load32(value + 4);
      break;
    case 34:
      segment.fast_open = true;
      break;
    default:
      break;
  }
}

void read_options(Bytes options, MonitoredSegment& segment) {
  while (!options.empty() && options[0] != 0) {
    if (options[0] == 1) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options[1] < 2 || options[1] > options.size()) return;
    read_option(options.first(options[1]), segment);
    options = options.subspan(options[1]);
  }
}

bool read_tcp(const IpPayload& ip, MonitoredSegment& segment) {
  const Bytes tcp = ip.bytes;
  if (tcp.size() < 20) return false;
  const std::size_t header = std::size_t{tcp[12]} / 16 * 4;
  if (header < 20 || header > tcp.size()) return false;
  segment.source_port = load16(tcp.data());
  segment.destination_port = load16(tcp.data() + 2);
  segment.seq = load32(tcp.data() + 4);
  segment.ack = load32(tcp.data() + 8);
  segment.flags = tcp[13];
  segment.window = load16(tcp.data() + 14);
  segment.payload = tcp.subspan(header);
  segment.option_bytes = static_cast<std::uint8_t>(header - 20);
  const std::uint32_t pseudo = ip.pseudo_sum + protocol_tcp + static_cast<std::uint32_t>(tcp.size());
  segment.checksum_right = ip.header_right && sum_of(tcp, pseudo) == 0xffff;
  read_options(tcp.subspan(20, header - 20), segment);
  return true;
}

/// Steps over the Ethernet header and a VLAN tag; yields the type, 0 when there is none.
std::uint16_t read_ethernet(Bytes& frame) {
  if (frame.size() < 18) return 0;
  std::uint16_t type = load16(frame.data() + 12);
  std::size_t header = 14;
  if (type == 0x8100) {
    type = load16(frame.data() + 16);
    header = 18;
  }
  frame = frame.subspan(header);
  return type;
}

FrameKind kind_of(const IpPayload& ip) {
  if (ip.protocol == protocol_icmp) return FrameKind::icmp;
  if (ip.protocol != protocol_icmp6 || ip.bytes.empty()) return FrameKind::other;
  if (ip.bytes[0] == 135) return FrameKind::resolution;  // neighbour solicitation
  return ip.bytes[0] < 128 ? FrameKind::icmp : FrameKind::other;
}

}  // namespace

MonitoredFrame read_frame(Bytes frame, bool ethernet) {
  MonitoredFrame out;
  if (frame.empty()) return out;
  std::uint16_t type = 0;
  if (ethernet) {
    type = read_ethernet(frame);
    if (type == 0x0806 && load16(frame.data() + 6) == 1) out.kind = FrameKind::resolution;
  } else {
    type = frame[0] / 16 == 4 ? 0x0800 : frame[0] / 16 == 6 ? 0x86dd : 0;
  }
  if (type != 0x0800 && type != 0x86dd) return out;
  const auto ip = type == 0x0800 ? read_v4(frame, out.segment) : read_v6(frame, out.segment);
  if (!ip || !ip->whole) return out;
  out.kind = ip->protocol == protocol_tcp ? FrameKind::tcp : kind_of(*ip);
  if (out.kind == FrameKind::tcp && !read_tcp(*ip, out.segment)) out.kind = FrameKind::other;
  return out;
}

}  // namespace linnet::sim
