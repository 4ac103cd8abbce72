// SPDX-License-Identifier: Apache-2.0
// Packets of others that a device coalesced, or whose checksum it left undone, on their way to the next
// device.
#include <string>

#include "core/device/segmentation.hpp"
#include "core/ip/forward.hpp"
#include "core/ip/test_host6.hpp"
#include "core/ip/test_router.hpp"

namespace linnet::ip::test {
namespace {

constexpr std::uint8_t udp = protocol::udp, tcp = protocol::tcp;
constexpr Endpoint from{peer, 5000};
constexpr Endpoint to{inside_host, 80};

/// The pseudo header's sum where the checksum would be, as a kernel leaves it.
Buffer undone(Buffer transport, std::uint8_t protocol) {
  const std::uint32_t pseudo = pseudo_sum(from.address, to.address, protocol, transport.size());
  store16(transport.data() + (protocol == tcp ? 16 : 6),
          static_cast<std::uint16_t>((pseudo & 0xffff) + (pseudo >> 16)));
  return transport;
}

Buffer in_ipv4(std::uint8_t protocol, const Buffer& transport) {
  return ipv4_packet({.source = from.address, .destination = to.address, .protocol = protocol}, transport);
}

struct Made {
  bool made = false;
  Buffer header{};
  Buffer payload{};
  ChecksumOffload checksum{};
  std::uint16_t segment_size = 0;
};

struct Coalesced {
  bool verified = true;
  std::uint16_t segment_size = 0;
  bool device_does_it = false;
};

Made make(const Buffer& bytes, const TransportPlace& place, const Coalesced& c = {}) {
  ethernet::test::Wire wire;
  Packet packet = wire.packet(bytes);
  packet.info.checksum_verified = c.verified;
  packet.info.segment_size = c.segment_size;
  Frame frame;
  Made made{.made = make_transit_frame(frame, packet, place, c.device_does_it)};
  EXPECT_TRUE(frame.transit);
  made.header.assign(frame.header().begin(), frame.header().end());
  for (const Bytes piece : frame.payload())
    made.payload.insert(made.payload.end(), piece.begin(), piece.end());
  made.checksum = frame.checksum;
  made.segment_size = frame.segment_size;
  return made;
}

TEST(ForwardCoalesced, what_nobody_vouched_for_goes_on_as_it_is) {
  const Buffer bytes = in_ipv4(tcp, undone(transport_bytes(tcp, from, to), tcp));
  const Made made = make(bytes, {20, tcp}, {.verified = false});
  EXPECT_TRUE(made.made);
  EXPECT_TRUE(made.header.empty());
  EXPECT_EQ(made.payload, bytes);
}

TEST(ForwardCoalesced, a_checksum_that_was_vouched_for_is_filled_in_or_left_to_the_device) {
  for (const std::uint8_t protocol : {tcp, udp}) {
    const Buffer right = transport_bytes(protocol, from, to, 2, 60);
    const std::size_t length = protocol == tcp ? 20 : 8;
    const std::uint16_t field = protocol == tcp ? 16 : 6;
    const Buffer bytes = in_ipv4(protocol, undone(right, protocol));
    const Made done = make(bytes, {20, protocol});
    ASSERT_TRUE(done.made);
    EXPECT_EQ(done.header.size(), 20 + length);
    EXPECT_EQ(load16(done.header.data() + 20 + field), load16(right.data() + field));
    EXPECT_EQ(done.checksum.header_from_end, 0);
    EXPECT_EQ(done.payload, Buffer(right.begin() + static_cast<std::ptrdiff_t>(length), right.end()));
    const Made left = make(bytes, {20, protocol}, {.device_does_it = true});
    ASSERT_TRUE(left.made);
    EXPECT_EQ(left.checksum.header_from_end, length);
    EXPECT_EQ(left.checksum.field, field);
    EXPECT_EQ(left.header, Buffer(bytes.begin(), bytes.begin() + 20 + static_cast<std::ptrdiff_t>(length)));
  }
}

TEST(ForwardCoalesced, RFC768_no_checksum_stays_none_and_tcp_always_has_one) {
  Buffer none = transport_bytes(udp, from, to);
  store16(none.data() + 6, 0);
  EXPECT_EQ(make(in_ipv4(udp, none), {20, udp}).payload, in_ipv4(udp, none));
  const Buffer right = transport_bytes(tcp, from, to);
  Buffer zero = right;
  store16(zero.data() + 16, 0);
  const Made made = make(in_ipv4(tcp, zero), {20, tcp});
  ASSERT_EQ(made.header.size(), 40u);
  EXPECT_EQ(load16(made.header.data() + 36), load16(right.data() + 16));
}

TEST(ForwardCoalesced, what_has_no_transport_header_that_is_known_goes_on_as_it_is_or_not_at_all) {
  Buffer short_offset = transport_bytes(tcp, from, to);
  short_offset[12] = 0x40;
  Buffer long_offset = transport_bytes(tcp, from, to);
  long_offset[12] = 0x60;
  struct Row {
    const char* what;
    std::uint8_t protocol;
    Buffer transport;
    std::size_t offset = 20;
  };
  const Row rows[] = {
      {"another protocol", 253, pattern(40)},
      {"UDP cut short", udp, pattern(7)},
      {"TCP cut short", tcp, pattern(19)},
      {"a TCP header of 16 bytes", tcp, short_offset},
      {"one that is longer than the packet", tcp, long_offset},
      {"an offset behind the packet", tcp, transport_bytes(tcp, from, to), 41},
      {"nothing behind the IP header", tcp, {}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const Buffer bytes = in_ipv4(row.protocol, row.transport);
    const Made one = make(bytes, {row.offset, row.protocol});
    EXPECT_TRUE(one.made);
    EXPECT_EQ(one.payload, bytes);
    EXPECT_FALSE(make(bytes, {row.offset, row.protocol}, {.segment_size = 8}).made)
        << "coalesced: nobody can cut it";
  }
}

/// An IPv6 packet with `options` units of 8 bytes in a destination options header.
Buffer with_long_chain(const Buffer& transport, std::uint8_t options) {
  Buffer payload{tcp, static_cast<std::uint8_t>(options - 1), 1, 4, 0, 0, 0, 0};
  while (payload.size() < options * 8u) payload.insert(payload.end(), {1, 6, 0, 0, 0, 0, 0, 0});
  payload.insert(payload.end(), transport.begin(), transport.end());
  return v6::packet(60, payload);
}

TEST(ForwardCoalesced, behind_a_chain_too_long_for_a_frame_the_checksum_is_filled_in_where_it_is) {
  Buffer right = transport_bytes(tcp, from, to, 2, 60);
  store16(right.data() + 16, 0);
  const std::uint32_t pseudo = v6::pseudo_sum_v6(v6::neighbour, v6::our_global, tcp, right.size());
  store16(right.data() + 16, reference_checksum(right, pseudo));
  Buffer left = right;
  store16(left.data() + 16, static_cast<std::uint16_t>((pseudo & 0xffff) + (pseudo >> 16)));
  for (const Buffer& vouched_for : {left, right}) {
    const Made made = make(with_long_chain(vouched_for, 13), {40 + 104, tcp}, {.device_does_it = true});
    EXPECT_TRUE(made.made);
    EXPECT_TRUE(made.header.empty());
    EXPECT_EQ(made.payload, with_long_chain(right, 13));
    EXPECT_EQ(made.checksum.header_from_end, 0) << "nothing is left to the device";
  }
  EXPECT_FALSE(make(with_long_chain(left, 13), {40 + 104, tcp}, {.segment_size = 20}).made);
}

TEST(ForwardCoalesced, how_large_the_packets_are_that_became_one) {
  ethernet::test::Wire wire;
  Packet packet = wire.packet(in_ipv4(tcp, transport_bytes(tcp, from, to, 2, 20 + 1000)));
  EXPECT_EQ(packet_size(packet, {20, tcp}), 1040u);
  packet.info.segment_size = 300;
  EXPECT_EQ(packet_size(packet, {20, tcp}), 340u);
  packet.info.segment_size = 1000;
  EXPECT_EQ(packet_size(packet, {20, tcp}), 1040u) << "it is one";
  packet.info.segment_size = 300;
  EXPECT_EQ(packet_size(packet, {1041, tcp}), 1040u) << "a place behind it";
  EXPECT_EQ(packet_size(packet, {20, 253}), 320u) << "of no header that is known";
}

// --- through a router ---

struct Sender : Router {
  using Router::Router;
  /// As a device hands it up that coalesced several of `segment_size` bytes.
  Drop coalesced(const Buffer& packet, std::uint16_t segment_size) {
    const std::uint64_t before = drops.total();
    Packet up = wire.packet(packet, 1);
    up.info.ethertype = ethernet::ethertype::ipv4;
    up.info.checksum_verified = true;
    up.info.segment_size = segment_size;
    EXPECT_FALSE(ip.receive(std::move(up), now));
    return drops.total() == before ? Drop::none : drops.last();
  }
  /// TCP with `size` bytes of payload.
  Drop super(std::size_t size, std::uint16_t segment_size, bool dont_fragment = false) {
    const Buffer segment = undone(transport_bytes(tcp, from, to, 0x10, 20 + size), tcp);
    return coalesced(ipv4_packet({.source = from.address,
                                  .destination = to.address,
                                  .protocol = tcp,
                                  .dont_fragment = dont_fragment},
                                 segment),
                     segment_size);
  }
};

TEST(ForwardCoalesced, is_cut_for_a_device_that_cannot_cut) {
  Sender router;
  EXPECT_EQ(router.super(2500, 1000, true), Drop::none);
  const Buffer whole = transport_bytes(tcp, from, to, 0x10, 20 + 2500);
  Buffer data;
  for (const std::size_t size : {1000u, 1000u, 500u}) {
    const Buffer packet = router.forwarded();
    ASSERT_EQ(packet.size(), 40 + size);
    EXPECT_EQ(packet[8], 63) << "one hop less";
    EXPECT_EQ(reference_checksum(Bytes(packet).first(20)), 0);
    const std::uint32_t pseudo = pseudo_sum(from.address, to.address, tcp, 20 + size);
    EXPECT_EQ(reference_checksum(Bytes(packet).subspan(20), pseudo), 0);
    EXPECT_EQ(load32(packet.data() + 24) - load32(whole.data() + 4), data.size()) << "its sequence number";
    data.insert(data.end(), packet.begin() + 40, packet.end());
  }
  EXPECT_EQ(data, Buffer(whole.begin() + 20, whole.end()));
  EXPECT_TRUE(router.forwarded().empty());
}

TEST(ForwardCoalesced, goes_on_as_one_where_the_next_device_cuts) {
  Sender router(router_config(), {.transmit_checksum = true, .segmentation = 2000});
  EXPECT_EQ(router.super(2000, 1000), Drop::none);
  EXPECT_EQ(router.forwarded().size(), 2040u);
  EXPECT_EQ(router.super(2001, 1000), Drop::none) << "more than it takes at once";
  EXPECT_EQ(router.forwarded().size(), 1040u);
  router.second.out.clear();
}

TEST(ForwardCoalesced, RFC791_3_2_segments_that_do_not_fit_the_next_link_go_in_fragments) {
  Sender router;
  router.second.link_mtu = 600;
  router.ethernet.poll(router.now);
  EXPECT_EQ(router.super(2000, 1000), Drop::none);
  for (int i = 0; i < 2; ++i) {
    const Buffer first = router.forwarded();
    const Buffer second = router.forwarded();
    ASSERT_EQ(first.size(), 20u + 576);
    ASSERT_EQ(second.size(), 20u + 444);
    EXPECT_EQ(load16(first.data() + 6), 0x2000);
    EXPECT_EQ(load16(second.data() + 6), 576 / 8);
    Buffer segment(first.begin() + 20, first.end());
    segment.insert(segment.end(), second.begin() + 20, second.end());
    EXPECT_EQ(reference_checksum(segment, pseudo_sum(from.address, to.address, tcp, 1020)), 0);
  }
  EXPECT_EQ(router.super(2000, 1000, true), Drop::ip_too_big) << "unless they may not";
  EXPECT_EQ(router.told().mtu, 600);
}

TEST(ForwardCoalesced, what_nobody_can_cut_is_too_big) {
  Sender router;
  Buffer datagram = undone(transport_bytes(udp, from, to, 0, 2008), udp);
  EXPECT_EQ(router.coalesced(in_ipv4(udp, datagram), 1000), Drop::ip_too_big) << "of UDP";
  EXPECT_EQ(router.coalesced(in_ipv4(253, pattern(2000)), 1000), Drop::ip_too_big) << "of another protocol";
  EXPECT_TRUE(router.forwarded().empty());
}

TEST(ForwardCoalesced, a_device_without_room_for_all_segments_is_counted) {
  Sender router;
  router.second.busy = 2;
  EXPECT_EQ(router.super(2500, 1000), Drop::device_busy);
  EXPECT_TRUE(router.forwarded().empty()) << "and no later one goes out";
}

TEST(ForwardCoalesced, RFC791_3_2_a_link_too_small_for_any_fragment) {
  Sender router;
  router.second.link_mtu = 27;
  router.ethernet.poll(router.now);
  EXPECT_EQ(router.inject(ipv4_packet(to_neighbour(), pattern(40))), Drop::ip_too_big);
  router.second.link_mtu = 28;
  router.ethernet.poll(router.now);
  EXPECT_EQ(router.inject(ipv4_packet(to_neighbour(), pattern(40))), Drop::none);
  EXPECT_EQ(router.second.out.size(), 5u) << "8 bytes each";
  router.second.out.clear();
  router.second.busy = 2;
  EXPECT_EQ(router.inject(ipv4_packet(to_neighbour(), pattern(40))), Drop::device_busy);
  EXPECT_TRUE(router.second.out.empty());
}

TEST(ForwardCoalesced, RFC791_3_1_the_options_of_later_fragments_end_where_the_list_ends) {
  std::array<std::uint8_t, Ipv4Header::maximum_size> later{};
  PacketOptions options;
  options.options = {1, 148, 4, 0, 0, 0, 0, 148};  // behind the end of the list nothing counts
  const Buffer header = ipv4_packet(options, {});
  EXPECT_EQ(write_later_header(later.data(), header), 24u);
  EXPECT_EQ(later[0], 0x46);
  EXPECT_TRUE(std::equal(later.begin() + 1, later.begin() + 20, header.begin() + 1))
      << "the rest is the first's";
  EXPECT_EQ(Buffer(later.begin() + 20, later.begin() + 24), (Buffer{148, 4, 0, 0}));
  options.options = {148, 3, 9, 1};  // copied, of a length that is padded
  EXPECT_EQ(write_later_header(later.data(), ipv4_packet(options, {})), 24u);
  EXPECT_EQ(Buffer(later.begin() + 20, later.begin() + 24), (Buffer{148, 3, 9, 0}));
}

TEST(ForwardCoalesced, RFC1812_4_3_2_7_about_which_packets_errors_may_be_sent) {
  struct Row {
    const char* what;
    Buffer packet;
    bool link_broadcast = false;
    bool may = false;
  };
  const Row rows[] = {
      {"a datagram", in_ipv4(253, pattern(8)), false, true},
      {"what all of the link got", in_ipv4(253, pattern(8)), true},
      {"a later fragment", ipv4_packet({.offset = 800}, pattern(8))},
      {"an echo", in_ipv4(1, icmp_message(icmp::echo, 0, 0, {})), false, true},
      {"its reply", in_ipv4(1, icmp_message(icmp::echo_reply, 0, 0, {})), false, true},
      {"an error", in_ipv4(1, icmp_message(icmp::time_exceeded, 0, 0, pattern(28)))},
      {"what is too short to tell", in_ipv4(1, pattern(7))},
  };
  for (const Row& row : rows) {
    const auto header = Ipv4Header::parse_quoted(row.packet);
    ASSERT_TRUE(header);
    EXPECT_EQ(may_report_v4(*header, row.packet, {.link_broadcast = row.link_broadcast}), row.may)
        << row.what;
  }
}

TEST(ForwardCoalesced, what_came_by_loopback_goes_nowhere) {
  Router router;
  Packet up =
      router.wire.packet(ipv4_packet({.source = our_address, .destination = inside_host}, pattern(8)), 0);
  up.info.ethertype = ethernet::ethertype::ipv4;
  EXPECT_FALSE(router.ip.receive(std::move(up), router.now));
  EXPECT_EQ(router.drops.last(), Drop::ip_not_forwarded);
  EXPECT_TRUE(router.forwarded().empty());
}

TEST(ForwardCoalesced, a_checksum_is_no_devices_to_fill_in_when_the_packet_goes_in_fragments) {
  Sender router(router_config(), {.transmit_checksum = true});
  router.second.link_mtu = 600;
  router.ethernet.poll(router.now);
  EXPECT_EQ(router.super(1000, 0), Drop::none);
  const Buffer first = router.forwarded();
  const Buffer second = router.forwarded();
  ASSERT_EQ(first.size() + second.size(), 40u + 1020);
  Buffer segment(first.begin() + 20, first.end());
  segment.insert(segment.end(), second.begin() + 20, second.end());
  EXPECT_EQ(reference_checksum(segment, pseudo_sum(from.address, to.address, tcp, 1020)), 0);
}

}  // namespace
}  // namespace linnet::ip::test
