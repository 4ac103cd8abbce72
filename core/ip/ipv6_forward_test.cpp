// SPDX-License-Identifier: Apache-2.0
// Forwarding IPv6, packet by packet: RFC 8200 3 and 4, RFC 4443 3, RFC 4007 9.
#include <string>

#include "core/ip/test_host6.hpp"
#include "core/ip/test_router.hpp"

namespace linnet::ip::test::v6 {
namespace {

constexpr std::uint8_t udp = 17, tcp = 6;
const IpAddress second_global = address("2001:db8:1::1");
const IpAddress far_host = address("2001:db8:1::7");  // on the second link
const IpAddress silent = address("2001:db8:1::99");

/// Between 2001:db8::/64 and 2001:db8:1::/64.
struct Router6 : Router {
  static Config both_families() {
    Config config = router_config();
    config.forward_v6 = true;
    config.groups = 24;
    return config;
  }
  explicit Router6(const Config& c = both_families()) : Router(c) {
    for (const std::uint8_t i : {0, 1, 2}) EXPECT_TRUE(ip.enable_ipv6(i, now));
    EXPECT_TRUE(ip.add_address(1, {our_global, 64}, false, now));
    EXPECT_TRUE(ip.add_address(2, {second_global, 64}, false, now));
    run_for(Duration::seconds(20));
    introduce(1, neighbour, our_global);
    introduce(2, far_host, second_global);
    device.out.clear();
    second.out.clear();
  }
  void introduce(std::uint8_t interface, const IpAddress& from, const IpAddress& to) {
    const Envelope e{from, to, 255};
    EXPECT_EQ(inject(icmpv6_packet(135, 0, 0, with_address(to, mac_option(1, peer_mac)), e), our_mac,
                     interface, ethernet::ethertype::ipv6),
              Drop::none);
  }
  Drop inject6(const Buffer& bytes, const MacAddress& to = our_mac) {
    return inject(bytes, to, 1, ethernet::ethertype::ipv6);
  }
  /// As a device hands it up that vouches for the checksum, or coalesced.
  Drop vouched(const Buffer& bytes, std::uint16_t segment_size = 0) {
    const std::uint64_t before = drops.total();
    Packet up = wire.packet(bytes, 1);
    up.info.ethertype = ethernet::ethertype::ipv6;
    up.info.checksum_verified = true;
    up.info.segment_size = segment_size;
    EXPECT_FALSE(ip.receive(std::move(up), now));
    return drops.total() == before ? Drop::none : drops.last();
  }
  /// The ICMPv6 error that went to the first link.
  struct Told {
    int type = -1;
    int code = -1;
    std::uint32_t word = 0;
    Buffer quote{};
  };
  Told told() {
    const Buffer frame = device.take();
    if (frame.size() < 14 + 48 || frame[14 + 6] != 58) return {};
    const Buffer message(frame.begin() + 14 + 40, frame.end());
    return {message[0], message[1], load32(message.data() + 4), Buffer(message.begin() + 8, message.end())};
  }
};

Envelope through(std::uint8_t hops = 64) { return {neighbour, far_host, hops}; }

TEST(Ipv6Forward, RFC8200_3_one_hop_less_and_all_else_stays) {
  Router6 router;
  for (int hops = 2; hops < 256; ++hops) {
    Buffer bytes = packet(experimental, pattern(40), through(static_cast<std::uint8_t>(hops)));
    bytes[1] = 0x2b;  // traffic class and flow label are the sender's
    bytes[3] = 0x77;
    EXPECT_EQ(router.inject6(bytes), Drop::none);
    EXPECT_FALSE(router.datagram);
    --bytes[7];
    EXPECT_EQ(router.forwarded(), bytes) << hops;
  }
  EXPECT_TRUE(router.device.out.empty());
}

TEST(Ipv6Forward, RFC8200_4_extension_headers_are_for_the_destination) {
  Router6 router;
  Buffer payload{17, 0, 0x80, 4, 0, 0, 0, 0};  // an option that a destination would refuse
  payload.resize(40);
  Buffer bytes = packet(60, payload, through());
  EXPECT_EQ(router.inject6(bytes), Drop::none);
  --bytes[7];
  EXPECT_EQ(router.forwarded(), bytes);
}

TEST(Ipv6Forward, an_address_of_ours_is_ours_by_whichever_interface) {
  Router6 router;
  EXPECT_EQ(router.inject6(packet(experimental, pattern(4), {neighbour, second_global, 64})), Drop::none);
  EXPECT_TRUE(router.datagram);
}

struct Refused {
  const char* what;
  Envelope envelope;
  Drop reason;
  int type = -1;
  int code = -1;
  bool to_all = false;
};

TEST(Ipv6Forward, what_no_router_forwards_and_who_is_told) {
  const Refused rows[] = {
      {"a link-local destination", {neighbour, address("fe80::7"), 64}, Drop::ip_not_forwarded},
      {"RFC 4443 3.1: a link-local source", {router, far_host, 64}, Drop::ip_not_forwarded, 1, 2},
      {"what was sent to all of the link", through(), Drop::ip_martian, -1, -1, true},
      {"a group", {neighbour, address("ff0e::77"), 64}, Drop::ip_not_for_us},
      {"RFC 3704: from where it cannot be", {address("2001:db8:1::8"), far_host, 64}, Drop::ip_reverse_path},
      {"and from nowhere that is known", {address("2001:db8:9::1"), far_host, 64}, Drop::ip_reverse_path},
      {"RFC 4443 3.3: the last hop", through(1), Drop::ip_ttl, 3, 0},
      {"and one behind it", through(0), Drop::ip_ttl, 3, 0},
      {"RFC 4443 3.1: no route", {neighbour, address("2001:db8:9::1"), 64}, Drop::ip_no_route, 1, 0},
  };
  for (const Refused& row : rows) {
    SCOPED_TRACE(row.what);
    Router6 router;
    const Buffer bytes = packet(experimental, pattern(40), row.envelope);
    EXPECT_EQ(router.inject6(bytes, row.to_all ? all_nodes_mac : our_mac), row.reason);
    EXPECT_TRUE(router.forwarded().empty());
    if (row.type < 0) {
      EXPECT_TRUE(router.device.out.empty());
      continue;
    }
    // Of a neighbour that is known by its global address alone, the answer to a link-local one waits.
    if (row.envelope.source.is_link_local()) router.introduce(1, row.envelope.source, our_global);
    Router6::Told told;
    while (!router.device.out.empty() && told.type != row.type) told = router.told();
    EXPECT_EQ(told.type, row.type);
    EXPECT_EQ(told.code, row.code);
    EXPECT_EQ(told.quote, bytes) << "as it came";
  }
}

TEST(Ipv6Forward, RFC3704_can_be_left_out) {
  Config config = Router6::both_families();
  config.check_reverse_path = false;
  Router6 router(config);
  EXPECT_EQ(router.inject6(packet(experimental, pattern(4), {address("2001:db8:9::1"), far_host, 64})),
            Drop::none);
  EXPECT_FALSE(router.forwarded().empty());
}

TEST(Ipv6Forward, what_came_by_loopback_goes_nowhere) {
  Router6 router;
  Packet packet6 = router.wire.packet(packet(experimental, pattern(4), {our_global, far_host, 64}), 0);
  packet6.info.ethertype = ethernet::ethertype::ipv6;
  EXPECT_FALSE(router.ip.receive(std::move(packet6), router.now));
  EXPECT_EQ(router.drops.last(), Drop::ip_not_forwarded);
  EXPECT_TRUE(router.forwarded().empty());
}

TEST(Ipv6Forward, RFC4443_3_2_too_big_is_told_with_the_mtu_of_the_next_link) {
  Router6 router;
  router.second.link_mtu = 1400;
  router.ethernet.poll(router.now);
  router.run_for(Duration::seconds(1));
  router.device.out.clear();
  router.second.out.clear();
  EXPECT_EQ(router.inject6(packet(experimental, pattern(1360), through())), Drop::none);
  EXPECT_EQ(router.forwarded().size(), 1400u);
  const Buffer bytes = packet(experimental, pattern(1361), through());
  EXPECT_EQ(router.inject6(bytes), Drop::ip_too_big);
  const auto told = router.told();
  EXPECT_EQ(told.type, 2);
  EXPECT_EQ(told.word, 1400u);
  EXPECT_EQ(told.quote, Buffer(bytes.begin(), bytes.begin() + 1232)) << "RFC 4443 2.4 (c)";
}

TEST(Ipv6Forward, RFC4443_3_1_a_next_hop_that_does_not_answer) {
  Router6 router;
  const Buffer bytes = packet(experimental, pattern(40), {neighbour, silent, 64});
  EXPECT_EQ(router.inject6(bytes), Drop::none) << "waits for an answer";
  router.run_for(Duration::seconds(4));
  Router6::Told told;
  while (!router.device.out.empty() && told.type != 1) told = router.told();
  EXPECT_EQ(told.type, 1);
  EXPECT_EQ(told.code, 3);
  Buffer quote = bytes;
  --quote[7];
  EXPECT_EQ(told.quote, quote);
  EXPECT_EQ(router.inject6(bytes), Drop::neighbour_failed) << "known to be silent";
  told = router.told();
  EXPECT_EQ(told.type, 1);
  EXPECT_EQ(told.code, 3);
}

TEST(Ipv6Forward, by_a_router_that_a_route_names) {
  Router6 router;
  ASSERT_TRUE(router.ip.add_route({address("2001:db8:9::"), 48}, far_host, 2));
  Buffer bytes = packet(experimental, pattern(4), {neighbour, address("2001:db8:9::1"), 64});
  EXPECT_EQ(router.inject6(bytes), Drop::none);
  --bytes[7];
  EXPECT_EQ(router.forwarded(), bytes);
}

TEST(Ipv6Forward, a_busy_device_is_asked_twice_then_the_packet_is_counted) {
  Router6 router;
  router.second.busy = 2;
  EXPECT_EQ(router.inject6(packet(experimental, pattern(4), through())), Drop::device_busy);
  EXPECT_TRUE(router.device.out.empty()) << "and nobody is told";
  router.second.busy = 1;
  EXPECT_EQ(router.inject6(packet(experimental, pattern(4), through())), Drop::none);
}

/// TCP or UDP, with the pseudo header's sum where the checksum would be.
Buffer undone(std::uint8_t protocol, std::size_t size) {
  Buffer bytes = pattern(size, 5);
  if (protocol == tcp) bytes[12] = 0x50;
  if (protocol == udp) store16(bytes.data() + 4, static_cast<std::uint16_t>(size));
  const std::uint32_t pseudo = pseudo_sum_v6(neighbour, far_host, protocol, size);
  store16(bytes.data() + (protocol == tcp ? 16 : 6),
          static_cast<std::uint16_t>((pseudo & 0xffff) + (pseudo >> 16)));
  return bytes;
}

TEST(Ipv6Forward, a_checksum_that_a_device_vouched_for_is_filled_in_for_the_next) {
  for (const std::uint8_t protocol : {tcp, udp}) {
    for (const bool with_options : {false, true}) {
      Router6 router;
      Buffer payload = undone(protocol, 60);
      if (with_options) {
        const Buffer options{protocol, 0, 1, 4, 0, 0, 0, 0};
        payload.insert(payload.begin(), options.begin(), options.end());
      }
      const std::uint8_t next = with_options ? std::uint8_t{60} : protocol;
      EXPECT_EQ(router.vouched(packet(next, payload, through())), Drop::none);
      const Buffer out = router.forwarded();
      const std::size_t at = 40 + (with_options ? 8u : 0u);
      ASSERT_EQ(out.size(), at + 60);
      EXPECT_EQ(reference_checksum(Bytes(out).subspan(at), pseudo_sum_v6(neighbour, far_host, protocol, 60)),
                0);
    }
  }
}

TEST(Ipv6Forward, where_the_transport_cannot_be_found_the_packet_goes_on_as_it_is) {
  const Buffer fragment{17, 0, 0, 1, 0, 0, 0, 9};
  const Buffer cut{17, 9, 0, 0};
  for (Buffer payload : {fragment, cut}) {
    Router6 router;
    const std::uint8_t next = payload.size() == 8 ? std::uint8_t{44} : std::uint8_t{60};
    if (next == 44) payload.resize(48, 0x11);
    Buffer bytes = packet(next, payload, through());
    EXPECT_EQ(router.vouched(bytes), Drop::none);
    --bytes[7];
    EXPECT_EQ(router.forwarded(), bytes);
  }
}

TEST(Ipv6Forward, what_a_device_coalesced_is_cut_for_the_next) {
  Router6 router;
  EXPECT_EQ(router.vouched(packet(tcp, undone(tcp, 20 + 2500), through()), 1000), Drop::none);
  for (const std::size_t size : {1000u, 1000u, 500u}) {
    const Buffer out = router.forwarded();
    ASSERT_EQ(out.size(), 60 + size);
    EXPECT_EQ(reference_checksum(Bytes(out).subspan(40), pseudo_sum_v6(neighbour, far_host, tcp, 20 + size)),
              0);
  }
  router.device.out.clear();
  EXPECT_EQ(router.vouched(packet(tcp, undone(tcp, 20 + 3000), through()), 1441), Drop::ip_too_big)
      << "of segments that do not fit";
  EXPECT_EQ(router.told().word, 1500u);
}

TEST(Ipv6Forward, what_was_coalesced_is_cut_whether_or_not_its_checksum_was_looked_at) {
  Router6 router;
  Packet up = router.wire.packet(packet(tcp, undone(tcp, 20 + 2000), through()), 1);
  up.info.ethertype = ethernet::ethertype::ipv6;
  up.info.segment_size = 1000;
  EXPECT_FALSE(router.ip.receive(std::move(up), router.now));
  EXPECT_EQ(router.second.out.size(), 2u);
}

}  // namespace
}  // namespace linnet::ip::test::v6
