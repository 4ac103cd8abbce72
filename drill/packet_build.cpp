// SPDX-License-Identifier: Apache-2.0
// From a script's words to the bytes on the wire.
#include <algorithm>

#include "core/base/checksum.hpp"
#include "core/ip/wire.hpp"
#include "drill/packet.hpp"

namespace linnet::drill {
namespace {

using Buffer = std::vector<std::uint8_t>;

constexpr std::uint8_t number_of_tcp = 6, number_of_udp = 17, number_of_icmp = 1, number_of_icmpv6 = 58;
constexpr std::uint8_t default_ttl = 255;    // what the original tool sends
constexpr std::size_t quoted_transport = 8;  // RFC 792: 64 bits of the original datagram's data
constexpr std::uint16_t fast_open_magic = 0xf989;

void put8(Buffer& to, std::uint32_t value) { to.push_back(static_cast<std::uint8_t>(value)); }
void put16(Buffer& to, std::uint32_t value) {
  put8(to, value >> 8);
  put8(to, value);
}
void put32(Buffer& to, std::uint32_t value) {
  put16(to, value >> 16);
  put16(to, value & 0xffff);
}

std::size_t option_size(const TcpOption& option) {
  switch (option.kind) {
    case TcpOptionKind::eol:
    case TcpOptionKind::nop:
      return 1;
    case TcpOptionKind::mss:
      return 4;
    case TcpOptionKind::window_scale:
      return 3;
    case TcpOptionKind::sack_permitted:
      return 2;
    case TcpOptionKind::sack:
      return 2 + 8 * option.blocks.size();
    case TcpOptionKind::timestamp:
      return 10;
    case TcpOptionKind::experimental:
      return 4 + option.data.size();
    default:
      return 2 + option.data.size();
  }
}

void put_option(Buffer& to, const TcpOption& option) {
  put8(to, static_cast<std::uint8_t>(option.kind));
  const std::size_t size = option_size(option);
  if (size == 1) return;
  put8(to, static_cast<std::uint32_t>(size));
  switch (option.kind) {
    case TcpOptionKind::mss:
      put16(to, option.value);
      break;
    case TcpOptionKind::window_scale:
      put8(to, option.value);
      break;
    case TcpOptionKind::timestamp:
      put32(to, option.value);
      put32(to, option.echo);
      break;
    case TcpOptionKind::sack:
      for (const auto& [left, right] : option.blocks) {
        put32(to, left);
        put32(to, right);
      }
      break;
    case TcpOptionKind::experimental:
      put16(to, fast_open_magic);
      [[fallthrough]];
    default:
      to.insert(to.end(), option.data.begin(), option.data.end());
  }
}

void put_tcp(Buffer& to, const PacketSpec& packet, const Addresses& ends) {
  put16(to, ends.source.port);
  put16(to, ends.destination.port);
  put32(to, packet.seq);
  put32(to, packet.ack);
  const std::size_t header = 20 + options_size(packet.options);
  put16(to, static_cast<std::uint32_t>(header / 4) << 12 | packet.flags);
  put16(to, packet.window.value_or(0));
  put16(to, 0);
  put16(to, packet.urgent_pointer);
  for (const TcpOption& option : packet.options) put_option(to, option);
  to.resize(to.size() + packet.payload);
}

void put_udp(Buffer& to, const PacketSpec& packet, const Addresses& ends) {
  put16(to, ends.source.port);
  put16(to, ends.destination.port);
  put16(to, 8 + packet.payload);
  put16(to, 0);
  to.resize(to.size() + packet.payload);
}

void put_ip(Buffer& to, const PacketSpec& packet, const Addresses& ends, std::uint8_t protocol,
            std::size_t length) {
  const std::uint8_t traffic_class = packet.ip.check == IpInfo::Check::nothing ? 0 : packet.ip.value;
  const std::uint8_t ttl = packet.ip.ttl.value_or(default_ttl);
  if (ends.source.address.is_v4()) {
    to.resize(to.size() + ip::Ipv4Header::minimum_size);
    ip::Ipv4Header::write(to.data() + to.size() - ip::Ipv4Header::minimum_size,
                          {.traffic_class = traffic_class,
                           .total_length = static_cast<std::uint16_t>(ip::Ipv4Header::minimum_size + length),
                           .fragment = 0,
                           .ttl = ttl,
                           .protocol = protocol,
                           .source = ends.source.address.v4_value(),
                           .destination = ends.destination.address.v4_value()});
    return;
  }
  put32(to, 0x60000000u | static_cast<std::uint32_t>(traffic_class) << 20 | packet.ip.flow_label.value_or(0));
  put16(to, static_cast<std::uint32_t>(length));
  put8(to, protocol);
  put8(to, ttl);
  for (const IpAddress& address : {ends.source.address, ends.destination.address}) {
    to.insert(to.end(), address.bytes().begin(), address.bytes().end());
  }
}

/// What an ICMP error says of the packet that caused it: its IP header and 64 bits more.
void put_quoted(Buffer& to, const Quoted& quoted, const Addresses& ends) {
  PacketSpec packet{
      .protocol = quoted.protocol, .payload = quoted.payload, .flags = tcp_flag::ack, .seq = quoted.seq};
  Buffer transport;
  if (quoted.raw) {
    transport.resize(quoted.payload);
  } else if (quoted.protocol == Protocol::udp) {
    put_udp(transport, packet, ends);
  } else {
    put_tcp(transport, packet, ends);
  }
  const std::uint8_t protocol = quoted.protocol == Protocol::udp ? number_of_udp : number_of_tcp;
  packet.ip.ttl = 64;
  put_ip(to, packet, ends, quoted.raw ? std::uint8_t{255} : protocol, transport.size());
  transport.resize(std::min(transport.size(), quoted_transport));
  to.insert(to.end(), transport.begin(), transport.end());
}

void put_icmp(Buffer& to, const PacketSpec& packet, const Addresses& quoted_ends, bool v6) {
  put8(to, packet.icmp_type);
  put8(to, packet.icmp_code);
  put16(to, 0);
  const bool echo = v6 ? packet.icmp_type >= 128 && packet.icmp_type <= 129
                       : packet.icmp_type == 0 || packet.icmp_type == 8;
  if (echo) {
    put16(to, packet.echo_id);
    put16(to, 0);
  } else {
    // RFC 1191: 16 bits behind 16 unused ones; RFC 4443: all 32.
    put32(to, v6 ? packet.mtu.value_or(0) : packet.mtu.value_or(0) & 0xffff);
  }
  if (!packet.quoted) return;
  put_quoted(to, *packet.quoted, quoted_ends);
}

void store_checksum(MutableBytes transport, std::size_t field, std::uint16_t value) {
  transport[field] = static_cast<std::uint8_t>(value >> 8);
  transport[field + 1] = static_cast<std::uint8_t>(value);
}

}  // namespace

std::size_t options_size(const std::vector<TcpOption>& options) {
  std::size_t size = 0;
  for (const TcpOption& option : options) size += option_size(option);
  return size;
}

std::vector<std::uint8_t> build(const PacketSpec& packet, const Addresses& ends,
                                const Addresses& quoted_ends) {
  const bool v6 = ends.source.address.is_v6();
  Buffer transport;
  std::uint8_t protocol = number_of_tcp;
  std::size_t field = 16;
  if (packet.protocol == Protocol::tcp) {
    put_tcp(transport, packet, ends);
  } else if (packet.protocol == Protocol::udp) {
    put_udp(transport, packet, ends);
    protocol = number_of_udp;
    field = 6;
  } else {
    put_icmp(transport, packet, quoted_ends, v6);
    protocol = v6 ? number_of_icmpv6 : number_of_icmp;
    field = 2;
  }
  const bool pseudo = v6 || packet.protocol != Protocol::icmp;
  Checksum sum = pseudo ? pseudo_header_checksum(ends.source.address, ends.destination.address, protocol,
                                                 static_cast<std::uint32_t>(transport.size()))
                        : Checksum();
  sum.add(transport);
  const std::uint16_t checksum = sum.finish();
  // RFC 768: a computed zero is sent as all ones.
  store_checksum(transport, field,
                 packet.protocol == Protocol::udp && checksum == 0 ? std::uint16_t{0xffff} : checksum);
  Buffer all;
  all.reserve(60 + transport.size());
  put_ip(all, packet, ends, protocol, transport.size());
  all.insert(all.end(), transport.begin(), transport.end());
  return all;
}

}  // namespace linnet::drill
