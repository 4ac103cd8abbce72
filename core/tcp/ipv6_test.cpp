// SPDX-License-Identifier: Apache-2.0
// What differs over IPv6: headers, the segment sizes that follow from them, and addresses of four words.
#include <algorithm>

#include "core/tcp/test_fast_open.hpp"

namespace linnet::tcp::test {
namespace {

IpAddress address(std::uint8_t last) {
  std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
  bytes[15] = last;
  return IpAddress::v6(bytes);
}

struct Ipv6 : Harness {
  explicit Ipv6(const HarnessOptions& options = {}) : Harness(options) {
    EXPECT_TRUE(ip.enable_ipv6(interface, now));
    EXPECT_TRUE(ip.add_address(interface, {address(1), 64}, false, now));
    from = address(2);
    to = address(1);
  }
  /// A passive open up to ESTABLISHED.
  ConnectionHandle accept_v6(const std::vector<std::uint8_t>& options) {
    const auto listener = tcp.bind({IpAddress::any_v6(), 80}, false);
    EXPECT_TRUE(tcp.listen(*listener, 8, {}).ok());
    inject({.seq = peer_iss, .flags = Flags::syn, .options = options});
    const Wire reply = expect_sent();
    EXPECT_EQ(reply.parsed.maximum_segment_size, 1440)
        << "RFC 9293 3.7.1: the MTU without 60 bytes of headers";
    our_nxt = reply.seq + 1;
    inject({.seq = peer_nxt, .ack = our_nxt, .flags = Flags::ack});
    const auto c = tcp.accept(*listener);
    EXPECT_TRUE(c.has_value());
    return c.value_or(ConnectionHandle{});
  }
};

TEST(Ipv6, RFC9293_3_7_1_1220_bytes_where_the_peer_names_no_size) {
  Ipv6 h;
  const auto c = h.accept_v6({});
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1220);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "abc"});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 3);
  EXPECT_EQ(h.read(c), "abc");
  EXPECT_EQ(h.write(c, std::string(2000, 'x')), 2000u);
  EXPECT_EQ(h.expect_sent().data.size(), 1220u);
}

TEST(Ipv6, RFC9293_3_10_1_an_active_open_from_the_address_of_its_family) {
  Ipv6 h;
  const auto c = h.tcp.connect({}, {address(2), 443}, {}, h.now);
  ASSERT_TRUE(c.ok());
  const Wire syn = h.expect_sent();
  EXPECT_EQ(h.tcp.status(*c)->local.address, address(1));
  h.inject({.seq = 1,
            .ack = syn.seq + 1,
            .flags = Flags::syn | Flags::ack,
            .options = syn_options(9000),
            .local_port = syn.local_port,
            .remote_port = 443});
  EXPECT_EQ(h.expect_sent().flags, Flags::ack);
  EXPECT_EQ(h.tcp.status(*c)->segment_size, 1440);
  EXPECT_EQ(h.tcp.connect({}, {IpAddress::v6(std::array<std::uint8_t, 16>{0xff, 2}), 443}, {}, h.now).error(),
            Error::bad_address);
}

TEST(Ipv6, RFC8200_5_a_black_hole_is_left_by_packets_that_every_path_takes) {
  Ipv6 h({.tcp = {.path_mtu_probing = PathMtuProbing::on_black_hole}});
  const auto c = h.accept_v6(syn_options(1440, -1, true));
  EXPECT_EQ(h.write(c, std::string(3000, 'x')), 3000u);
  h.advance(Duration::seconds(20));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1280 - 60) << "and no smaller ones";
}

TEST(Ipv6, RFC9293_MAY_2_TIME_WAIT_knows_the_four_tuple) {
  Ipv6 h;
  const auto c = h.accept_v6(syn_options(1440));
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::ack | Flags::fin});
  h.discard_sent();
  h.tcp.close(c, h.now);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::ack | Flags::fin});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 1);
}

TEST(Ipv6, RFC7413_4_1_2_a_cookie_is_of_both_addresses) {
  HarnessOptions options;
  options.tcp.fast_open = FastOpen::client | FastOpen::server;
  Ipv6 h(options);
  const FastOpenCookie right = h.tcp.fast_open_keys().cookie(address(2), address(1));
  EXPECT_NE(right.bytes, h.tcp.fast_open_keys().cookie(address(3), address(1)).bytes);
  EXPECT_NE(right.bytes, h.tcp.fast_open_keys().cookie(address(2), address(4)).bytes);
  // As a client: the data that fits a segment behind 60 bytes of headers.
  const std::string text(3000, 'x');
  const Bytes bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  const Options user{.fast_open = true, .fast_open_without_cookie = true};
  const auto c = h.tcp.connect({}, {address(2), 443}, user, h.now, {&bytes, 1});
  ASSERT_TRUE(c.ok());
  const Wire syn = h.expect_sent();
  EXPECT_GT(syn.data.size(), 0u);
  EXPECT_LE(syn.data.size(), 1440u);
}

TEST(Ipv6, RFC4007_6_an_answer_to_a_link_local_peer_leaves_where_it_was_heard) {
  Ipv6 h;
  std::array<std::uint8_t, 16> bytes{0xfe, 0x80};
  bytes[15] = 1;
  ASSERT_TRUE(h.ip.add_address(h.interface, {IpAddress::v6(bytes), 64}, false, h.now));
  h.to = IpAddress::v6(bytes);
  bytes[15] = 2;
  h.from = IpAddress::v6(bytes);
  h.inject({.seq = 100, .ack = 200, .flags = Flags::ack});
  const Wire reset = h.expect_sent();
  EXPECT_TRUE(reset.has(Flags::rst));
  EXPECT_EQ(reset.seq, 200u);
}

/// "Packet too big" about a packet as it was sent.
void packet_too_big(Ipv6& h, std::uint16_t mtu, const std::vector<std::uint8_t>& packet) {
  std::vector<std::uint8_t> m = {2, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(mtu >> 8), static_cast<std::uint8_t>(mtu)};
  m.insert(m.end(), packet.begin(), packet.begin() + 60);
  Checksum sum = pseudo_header_checksum(h.from, h.to, ip::protocol::icmpv6, static_cast<std::uint32_t>(m.size()));
  sum.add(m);
  store16(m.data() + 2, sum.finish());
  h.deliver_payload(ip::protocol::icmpv6, m);
  h.poll();
}

/// The size of segments after such a message of 1,400 bytes about a full packet in which one field is another.
std::uint16_t size_after_packet_too_big(std::size_t field, std::uint16_t value) {
  Ipv6 h;
  const auto c = h.accept_v6(syn_options(1440, -1, true));
  h.discard_sent();
  h.write(c, std::string(1440, 'x'));
  if (h.link.frames.empty()) {
    ADD_FAILURE() << "nothing was sent";
    return 0;
  }
  std::vector<std::uint8_t> packet = h.link.frames.back();
  store16(packet.data() + field, value);
  packet_too_big(h, 1400, packet);
  return h.tcp.status(c)->segment_size;
}

TEST(Ipv6, RFC8201_4_a_packet_too_big_is_believed_whatever_the_flow_label) {
  for (const std::uint16_t label : {0, 1, 1399, 1400, 1401, 65535})
    EXPECT_EQ(size_after_packet_too_big(2, label), 1340) << label;
}

TEST(Ipv6, RFC8201_4_a_packet_that_the_told_MTU_has_room_for_was_not_too_big) {
  for (const std::uint16_t length : {1379, 1380, 1381}) {
    const auto payload = static_cast<std::uint16_t>(length - 20);
    EXPECT_EQ(size_after_packet_too_big(4, payload), length == 1381 ? 1340 : 1440) << length;
  }
}

}  // namespace
}  // namespace linnet::tcp::test
