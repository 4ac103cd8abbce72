// SPDX-License-Identifier: Apache-2.0
// From the bytes on the wire to a script's words.
#include "core/base/checksum.hpp"
#include "core/base/reader.hpp"
#include "core/ip/wire.hpp"
#include "drill/packet.hpp"

namespace linnet::drill {
namespace {

struct IpPart {
  std::uint8_t protocol = 0;
  std::uint8_t traffic_class = 0;
  std::uint8_t ttl = 0;
  std::uint32_t flow_label = 0;
  IpAddress source{};
  IpAddress destination{};
  Bytes payload{};
  std::uint32_t length = 0;  ///< of the payload, as the header says: more than there is in a quotation
  bool fragment = false;
};

std::optional<IpPart> parse_v6(Bytes packet) {
  if (packet.size() < 40) return std::nullopt;
  IpPart part{.protocol = packet[6], .ttl = packet[7]};
  const std::uint32_t first = load32(packet.data());
  part.traffic_class = static_cast<std::uint8_t>(first >> 20);
  part.flow_label = first & 0xfffff;
  part.length = load16(packet.data() + 4);
  part.source = IpAddress::v6(std::span<const std::uint8_t, 16>(packet.data() + 8, 16));
  part.destination = IpAddress::v6(std::span<const std::uint8_t, 16>(packet.data() + 24, 16));
  part.payload = packet.subspan(40);
  return part;
}

std::optional<IpPart> parse_v4(Bytes packet) {
  const auto header = ip::Ipv4Header::parse_quoted(packet);
  if (!header) return std::nullopt;
  return IpPart{.protocol = header->protocol(),
                .traffic_class = header->traffic_class(),
                .ttl = header->ttl(),
                .source = IpAddress::v4(header->source()),
                .destination = IpAddress::v4(header->destination()),
                .payload = packet.subspan(header->length()),
                .length = static_cast<std::uint32_t>(header->total_length() - header->length()),
                .fragment = header->is_fragment()};
}

std::optional<IpPart> parse_ip(Bytes packet) {
  if (packet.empty()) return std::nullopt;
  return packet[0] >> 4 == 6 ? parse_v6(packet) : parse_v4(packet);
}

TcpOption parse_option(std::uint8_t kind, Bytes body) {
  TcpOption option{.kind = static_cast<TcpOptionKind>(kind)};
  Reader reader(body);
  if (option.kind == TcpOptionKind::mss && body.size() == 2) {
    option.value = reader.u16();
  } else if (option.kind == TcpOptionKind::window_scale && body.size() == 1) {
    option.value = reader.u8();
  } else if (option.kind == TcpOptionKind::timestamp && body.size() == 8) {
    option.value = reader.u32();
    option.echo = reader.u32();
  } else if (option.kind == TcpOptionKind::sack && !body.empty() && body.size() % 8 == 0) {
    for (std::size_t i = 0; i < body.size() / 8; ++i) {
      const std::uint32_t left = reader.u32();
      option.blocks.emplace_back(left, reader.u32());
    }
  } else if (option.kind == TcpOptionKind::experimental && body.size() >= 2) {
    option.data.assign(body.begin() + 2, body.end());
  } else {
    option.data.assign(body.begin(), body.end());
  }
  return option;
}

bool parse_options(Bytes area, std::vector<TcpOption>& to) {
  while (!area.empty()) {
    const std::uint8_t kind = area[0];
    if (kind <= 1) {
      to.push_back({.kind = static_cast<TcpOptionKind>(kind)});
      area = area.subspan(1);
      continue;
    }
    if (area.size() < 2 || area[1] < 2 || area[1] > area.size()) return false;
    to.push_back(parse_option(kind, area.subspan(2, area[1] - 2u)));
    area = area.subspan(area[1]);
  }
  return true;
}

bool decode_tcp(Bytes transport, WirePacket& packet) {
  if (transport.size() < 20) return false;
  PacketSpec& spec = packet.spec;
  const std::size_t header = static_cast<std::size_t>(transport[12] >> 4) * 4;
  if (header < 20 || header > transport.size()) return false;
  packet.ends.source.port = load16(transport.data());
  packet.ends.destination.port = load16(transport.data() + 2);
  spec.seq = load32(transport.data() + 4);
  spec.ack = load32(transport.data() + 8);
  spec.flags = load16(transport.data() + 12) & 0x1ff;
  spec.window = load16(transport.data() + 14);
  spec.urgent_pointer = load16(transport.data() + 18);
  spec.payload = static_cast<std::uint32_t>(transport.size() - header);
  return parse_options(transport.subspan(20, header - 20), spec.options);
}

bool decode_udp(Bytes transport, WirePacket& packet) {
  if (transport.size() < 8 || load16(transport.data() + 4) != transport.size()) return false;
  packet.ends.source.port = load16(transport.data());
  packet.ends.destination.port = load16(transport.data() + 2);
  packet.spec.payload = static_cast<std::uint32_t>(transport.size() - 8);
  return true;
}

void decode_quoted(Bytes message, WirePacket& packet) {
  const auto part = parse_ip(message);
  if (!part || part->payload.size() < 8) return;
  const bool udp = part->protocol == 17;
  Quoted quoted{.protocol = udp ? Protocol::udp : Protocol::tcp, .raw = !udp && part->protocol != 6};
  if (udp) {
    quoted.payload = part->length - 8;
  } else if (!quoted.raw) {
    quoted.seq = load32(part->payload.data() + 4);
    const std::uint32_t header = part->payload.size() > 12 ? (part->payload[12] >> 4) * 4u : 20u;
    quoted.payload = part->length > header ? part->length - header : 0;
  } else {
    quoted.payload = part->length;
  }
  packet.spec.quoted = quoted;
  packet.quoted_ends = Addresses{{part->source, load16(part->payload.data())},
                                 {part->destination, load16(part->payload.data() + 2)}};
}

bool decode_icmp(Bytes transport, WirePacket& packet, bool v6) {
  if (transport.size() < 8) return false;
  PacketSpec& spec = packet.spec;
  spec.icmp_type = transport[0];
  spec.icmp_code = transport[1];
  const bool echo =
      v6 ? spec.icmp_type == 128 || spec.icmp_type == 129 : spec.icmp_type == 0 || spec.icmp_type == 8;
  if (echo) {
    spec.echo_id = load16(transport.data() + 4);
    spec.payload = static_cast<std::uint32_t>(transport.size() - 8);
    return true;
  }
  const bool too_big = v6 ? spec.icmp_type == 2 : spec.icmp_type == 3 && spec.icmp_code == 4;
  if (too_big) spec.mtu = v6 ? load32(transport.data() + 4) : load16(transport.data() + 6);
  decode_quoted(transport.subspan(8), packet);
  return true;
}

}  // namespace

std::optional<WirePacket> decode(Bytes bytes, std::string& problem) {
  const auto fail = [&](const char* why) {
    problem = why;
    return std::nullopt;
  };
  const auto part = parse_ip(bytes);
  if (!part) return fail("a broken IP header");
  if (part->length != part->payload.size()) return fail("an IP header with a wrong length");
  if (part->fragment) return fail("a fragment");
  const bool v6 = part->source.is_v6();
  WirePacket packet;
  packet.ends = {{part->source, 0}, {part->destination, 0}};
  packet.spec.ip = {.check = IpInfo::Check::traffic_class, .value = part->traffic_class, .ttl = part->ttl};
  if (v6) packet.spec.ip.flow_label = part->flow_label;
  Checksum sum;
  if (v6 || part->protocol != 1)
    sum = pseudo_header_checksum(part->source, part->destination, part->protocol, part->length);
  sum.add(part->payload);
  const bool no_checksum =
      part->protocol == 17 && part->payload.size() >= 8 && load16(part->payload.data() + 6) == 0;
  if (!no_checksum && !sum.good()) return fail("a wrong checksum");
  bool good = false;
  if (part->protocol == 6) {
    good = decode_tcp(part->payload, packet);
  } else if (part->protocol == 17) {
    packet.spec.protocol = Protocol::udp;
    good = decode_udp(part->payload, packet);
  } else if (part->protocol == (v6 ? 58 : 1)) {
    packet.spec.protocol = Protocol::icmp;
    good = decode_icmp(part->payload, packet, v6);
  } else {
    return fail("a packet of another protocol");
  }
  if (!good) return fail("a broken transport header");
  return packet;
}

}  // namespace linnet::drill
