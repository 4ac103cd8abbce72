// SPDX-License-Identifier: Apache-2.0
#include "sockets/raw_header.hpp"

#include "core/base/checksum.hpp"

namespace linnet::sockets {

namespace {

struct Header {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint8_t ttl = 0;
  std::uint8_t traffic_class = 0;
  std::size_t payload = 0;  // bytes behind it
};

/// RFC 791 3.1, twenty bytes.
void write_header(std::uint8_t* to, const Header& header) {
  std::memset(to, 0, 20);
  to[0] = 0x45;
  to[1] = header.traffic_class;
  store16(to + 2, static_cast<std::uint16_t>(header.payload + 20));
  to[8] = header.ttl;
  to[9] = header.protocol;
  store32(to + 12, header.source.v4_value());
  store32(to + 16, header.destination.v4_value());
  store16(to + 10, static_cast<std::uint16_t>(~checksum_sum({to, 20})));
}

/// RFC 8200 3, forty bytes.
void write_header_v6(std::uint8_t* to, const Header& header) {
  store32(to, 0x60000000u | std::uint32_t{header.traffic_class} << 20);
  store16(to + 4, static_cast<std::uint16_t>(header.payload));
  to[6] = header.protocol;
  to[7] = header.ttl;
  copy_bytes(to + 8, header.source.bytes());
  copy_bytes(to + 24, header.destination.bytes());
}

/// RFC 792, RFC 4443 2.1: type and code; RFC 1191 4, RFC 4443 3.2: the next-hop MTU is in the last bytes.
void write_icmp(std::uint8_t* to, const ip::RawReceived& received) {
  std::memset(to, 0, 8);
  to[0] = received.icmp_type;
  to[1] = received.icmp_code;
  if (received.error == ip::ErrorKind::fragmentation_needed) store16(to + 6, received.mtu);
}

}  // namespace

std::size_t raw_prefix(const ip::RawReceived& received, std::span<std::uint8_t, raw_prefix_limit> prefix) {
  const Header inner{.source = received.source,
                     .destination = received.destination,
                     .protocol = received.protocol,
                     .ttl = received.ttl,
                     .traffic_class = received.traffic_class,
                     .payload = received.datagram_size};
  if (!received.source.is_v4()) {
    if (received.error == ip::ErrorKind::none) return 0;  // RFC 3542 3: never the IPv6 header
    write_icmp(prefix.data(), received);
    write_header_v6(prefix.data() + 8, inner);
    return 8 + 40;
  }
  if (received.error == ip::ErrorKind::none) {
    write_header(prefix.data(), inner);
    return 20;
  }
  write_header(prefix.data(), {.source = received.reporter,
                               .destination = received.source,
                               .protocol = ip::protocol::icmp,
                               .ttl = received.ttl,
                               .traffic_class = 0,
                               .payload = 8 + 20 + received.datagram_size});
  write_icmp(prefix.data() + 20, received);
  write_header(prefix.data() + 28, inner);
  return raw_prefix_limit;
}

}  // namespace linnet::sockets
