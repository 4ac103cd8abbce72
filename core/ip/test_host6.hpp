// SPDX-License-Identifier: Apache-2.0
// A host that speaks IPv6, and packets put together for it by hand.
#pragma once

#include "core/ip/test_host.hpp"
#include "core/ip/test_ipv6.hpp"

namespace linnet::ip::test::v6 {

using test6::address;

inline constexpr std::uint8_t echo_request = 128, echo_reply = 129;
inline constexpr std::uint8_t experimental = 253;
inline const IpAddress our_global = address("2001:db8::1");
inline const IpAddress neighbour = address("2001:db8::2");
inline const IpAddress router = address("fe80::fe");
inline const MacAddress all_nodes_mac{{0x33, 0x33, 0, 0, 0, 1}};

inline std::uint32_t pseudo_sum_v6(const IpAddress& source, const IpAddress& destination,
                                   std::uint8_t protocol, std::size_t length) {
  std::uint32_t sum = protocol + static_cast<std::uint32_t>(length);
  for (const IpAddress& a : {source, destination}) {
    for (std::size_t i = 0; i < 16; i += 2) sum += load16(a.bytes().data() + i);
  }
  return sum;
}

struct Envelope {
  IpAddress source = neighbour;
  IpAddress destination = our_global;
  std::uint8_t hop_limit = 64;
};

inline Buffer packet(std::uint8_t next_header, const Buffer& payload, const Envelope& e = {}) {
  Buffer bytes(40);
  bytes[0] = 0x60;
  store16(bytes.data() + 4, static_cast<std::uint16_t>(payload.size()));
  bytes[6] = next_header;
  bytes[7] = e.hop_limit;
  copy_bytes(bytes.data() + 8, e.source.bytes());
  copy_bytes(bytes.data() + 24, e.destination.bytes());
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

inline Buffer icmpv6_message(std::uint8_t type, std::uint8_t code, std::uint32_t rest, const Buffer& body,
                             const Envelope& e = {}) {
  Buffer message{type, code, 0, 0};
  message.resize(8);
  store32(message.data() + 4, rest);
  message.insert(message.end(), body.begin(), body.end());
  store16(message.data() + 2,
          reference_checksum(message, pseudo_sum_v6(e.source, e.destination, 58, message.size())));
  return message;
}

inline Buffer icmpv6_packet(std::uint8_t type, std::uint8_t code, std::uint32_t rest, const Buffer& body,
                            const Envelope& e = {}) {
  return packet(58, icmpv6_message(type, code, rest, body, e), e);
}

inline Buffer with_address(const IpAddress& target, const Buffer& options = {}) {
  Buffer body(target.bytes().begin(), target.bytes().end());
  body.insert(body.end(), options.begin(), options.end());
  return body;
}
inline Buffer mac_option(std::uint8_t type, const MacAddress& mac) {
  Buffer option{type, 1};
  option.insert(option.end(), mac.bytes.begin(), mac.bytes.end());
  return option;
}

/// An IPv6 packet that went out, its checksum and length verified.
struct Sent {
  Buffer bytes;
  MacAddress to;

  std::uint8_t next_header() const { return bytes[6]; }
  std::uint8_t hop_limit() const { return bytes[7]; }
  IpAddress source() const { return IpAddress::v6(std::span<const std::uint8_t, 16>(bytes.data() + 8, 16)); }
  IpAddress destination() const {
    return IpAddress::v6(std::span<const std::uint8_t, 16>(bytes.data() + 24, 16));
  }
  Buffer payload() const { return {bytes.begin() + 40, bytes.end()}; }
  std::uint8_t type() const { return next_header() == 58 ? bytes[40] : std::uint8_t{0}; }
};

struct Host6 : Host {
  explicit Host6(const Config& c = {}) : Host(c) {
    EXPECT_TRUE(ip.enable_ipv6(0, now));
    EXPECT_TRUE(ip.enable_ipv6(1, now));
    EXPECT_TRUE(ip.add_address(1, {our_global, 64}, true, now));
  }
  /// Addresses proved to be ours, and somebody there who talks to us.
  void settle() {
    run_for(Duration::seconds(20));
    solicit(neighbour);
    take_all();
  }
  Drop inject6(const Buffer& bytes, const MacAddress& to = our_mac) {
    return inject(bytes, to, 1, ethernet::ethertype::ipv6);
  }
  /// A neighbour asks for our address, and is known from then on.
  void solicit(const IpAddress& from) {
    const Envelope e{from, our_global, 255};
    EXPECT_EQ(inject6(icmpv6_packet(135, 0, 0, with_address(our_global, mac_option(1, peer_mac)), e)),
              Drop::none);
  }
  std::vector<Sent> take_all() {
    std::vector<Sent> all;
    while (!device.out.empty()) {
      const Buffer frame = device.take();
      if (load16(frame.data() + 12) != ethernet::ethertype::ipv6) continue;
      Sent sent{{frame.begin() + 14, frame.end()}, {}};
      std::copy_n(frame.begin(), 6, sent.to.bytes.begin());
      EXPECT_EQ(sent.bytes[0] >> 4, 6);
      EXPECT_EQ(load16(sent.bytes.data() + 4) + 40u, sent.bytes.size());
      if (sent.next_header() == 58) {
        const Buffer message = sent.payload();
        EXPECT_EQ(
            reference_checksum(message, pseudo_sum_v6(sent.source(), sent.destination(), 58, message.size())),
            0)
            << "type " << int{message[0]};
      }
      all.push_back(std::move(sent));
    }
    return all;
  }
  std::optional<Sent> take(std::uint8_t type) {
    for (Sent& sent : take_all()) {
      if (sent.type() == type) return sent;
    }
    return std::nullopt;
  }
  IpAddress link_local() const {
    for (const Ipv6Address& own : ip.neighbour_discovery().addresses().all()) {
      if (own.origin == AddressOrigin::link_local && own.state != Ipv6AddressState::absent)
        return own.address;
    }
    return {};
  }
  void advertise_router(std::uint16_t lifetime = 1800, const IpAddress& from = router,
                        const Buffer& options = {}) {
    Buffer body(8);
    Buffer rest = mac_option(1, peer_mac);
    rest.insert(rest.end(), options.begin(), options.end());
    body.insert(body.end(), rest.begin(), rest.end());
    const Envelope e{from, address("ff02::1"), 255};
    EXPECT_EQ(inject6(icmpv6_packet(134, 0, std::uint32_t{lifetime}, body, e), all_nodes_mac), Drop::none);
  }
};

}  // namespace linnet::ip::test::v6
