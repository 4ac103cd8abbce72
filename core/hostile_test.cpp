// SPDX-License-Identifier: Apache-2.0
// Rows of docs/hostile-packets.csv that concern the stack as a whole.
#include "core/test_hostile.hpp"

namespace linnet::test {
namespace {

using ip::test::icmp_message;
using ip::test::ipv4_packet;
using ip::test::pattern;

TEST(StackHostile, C01_04_our_own_link_address_as_source_earns_no_trust) {
  Victim victim;
  const auto socket = *victim.stack.udp().open();
  ASSERT_TRUE(victim.stack.udp().bind(socket, {IpAddress::any_v4(), 7}, false));
  const std::pair<Buffer, Drop> packets[] = {
      {transport_packet(17, udp_bytes(5000, 7, pattern(30))), Drop::udp_checksum},
      {transport_packet(6, tcp_bytes({.flags = 2})), Drop::tcp_checksum},
      {ipv4_packet({.protocol = 1}, icmp_message(8, 0, 1, pattern(30))), Drop::icmp_checksum}};
  for (const auto& [packet, reason] : packets) {
    for (const MacAddress& from : {peer_mac, our_mac}) {
      Buffer bad = packet;
      bad.back() = static_cast<std::uint8_t>(bad.back() ^ 1);
      EXPECT_EQ(victim.reject(ethernet::test::ethernet_frame(our_mac, from, ethernet::ethertype::ipv4, bad)),
                reason);
      bad = packet;
      bad[10] = static_cast<std::uint8_t>(bad[10] ^ 1);
      EXPECT_EQ(victim.reject(ethernet::test::ethernet_frame(our_mac, from, ethernet::ethertype::ipv4, bad)),
                Drop::ip_checksum);
    }
  }
}

TEST(StackHostile, C03_07_each_version_has_its_own_icmp) {
  Victim victim;
  for (std::uint8_t type = 128; type <= 137; ++type) {
    EXPECT_EQ(victim.reject_ip(ipv4_packet({.protocol = 1}, icmp_message(type, 0, 1, pattern(24)))),
              Drop::icmp_type);
  }
  // ICMPv6's number in an IPv4 packet: unknown there, as the sender is told.
  const Outcome outcome =
      victim.deliver_ip(ipv4_packet({.protocol = 58}, icmp_message(128, 0, 1, pattern(24))));
  EXPECT_EQ(outcome.reason, Drop::ip_protocol);
  ASSERT_EQ(outcome.sent.size(), 1u);
  EXPECT_EQ(outcome.sent[0][14 + 20], 3) << "destination unreachable";
  EXPECT_EQ(outcome.sent[0][14 + 21], 2) << "protocol";
}

/// Whether a frame is an IPv4 packet whose header has no options, to `peer`.
void expect_plain(const Buffer& frame) {
  ASSERT_GE(frame.size(), 34u);
  EXPECT_EQ(frame[14], 0x45);
  EXPECT_EQ(load32(frame.data() + 14 + 16), peer.v4_value());
}

TEST(StackHostile, C04_01_options_are_in_no_answer) {
  Victim victim;
  const Buffer udp = udp_bytes(5000, 9999, pattern(8));
  const Buffer routes[] = {{131, 11, 4, 10, 9, 8, 7, 10, 9, 8, 6, 1,
                            137, 11, 4, 10, 9, 8, 7, 10, 9, 8, 6, 1},               // loose, then strict
                           {137, 7, 4, 10, 9, 8, 7, 137, 7, 8, 10, 9, 8, 6, 1, 1},  // two strict ones
                           {137, 7, 255, 10, 9, 8, 7, 1},                           // a pointer beyond
                           {131, 39, 36, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                            0,   0,  0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};  // 40 bytes
  for (const Buffer& options : routes) {
    EXPECT_EQ(victim.reject_ip(ipv4_packet({.protocol = 17, .options = options}, udp)),
              Drop::ip_source_route);
    EXPECT_EQ(
        victim.reject_ip(ipv4_packet({.protocol = 1, .options = options}, icmp_message(8, 0, 1, pattern(8)))),
        Drop::ip_source_route);
  }
  // Options that are ignored: the error quotes the packet with them, in a packet that has none.
  for (std::uint8_t length = 4; length <= 40; length = static_cast<std::uint8_t>(length + 4)) {
    Buffer options(length, 0);
    options[0] = 7;  // record route, as if it were full
    options[1] = length;
    options[2] = static_cast<std::uint8_t>(length + 1);
    for (std::size_t i = 3; i < length; ++i) options[i] = static_cast<std::uint8_t>(10 + i);
    const Buffer packet = ipv4_packet({.protocol = 17, .options = options}, udp);
    const Outcome error = victim.deliver_ip(packet);
    EXPECT_EQ(error.reason, Drop::udp_no_port);
    ASSERT_EQ(error.sent.size(), 1u);
    expect_plain(error.sent[0]);
    EXPECT_EQ(Buffer(error.sent[0].begin() + 14 + 28, error.sent[0].end()), packet);
    const Outcome echo = victim.deliver_ip(
        ipv4_packet({.protocol = 1, .options = options}, icmp_message(8, 0, 1, pattern(8))));
    ASSERT_EQ(echo.sent.size(), 1u);
    expect_plain(echo.sent[0]);
    EXPECT_EQ(echo.sent[0].size(), 14u + 20 + 8 + 8);
    victim.run_for(Duration::seconds(10));
  }
}

TEST(StackHostile, C05_01_C05_02_ip_in_ip_is_an_unknown_protocol) {
  Victim victim;
  const auto socket = *victim.stack.udp().open();
  ASSERT_TRUE(victim.stack.udp().bind(socket, {IpAddress::any_v4(), 7}, false));
  Buffer inner = transport_packet(17, udp_bytes(5000, 7, pattern(40)));
  for (const std::uint16_t length :
       {std::uint16_t{68}, std::uint16_t{69}, std::uint16_t{1500}, std::uint16_t{65535}}) {
    store16(inner.data() + 2, length);  // the inner one says that it is longer than the outer one
    ip::test::fix_checksum(inner, 20);
    const std::size_t cut = 32;
    const Buffer first(inner.begin(), inner.begin() + cut);
    const Buffer second(inner.begin() + cut, inner.end());
    victim.deliver_ip(ipv4_packet({.protocol = 4, .identification = length, .more = true}, first));
    const Outcome outcome =
        victim.deliver_ip(ipv4_packet({.protocol = 4, .identification = length, .offset = cut}, second));
    EXPECT_EQ(outcome.drops, 1u);
    EXPECT_EQ(outcome.reason, Drop::ip_protocol);
    EXPECT_LE(outcome.sent.size(), 1u);
    EXPECT_EQ(victim.stack.udp().queued(socket), 0);
    EXPECT_TRUE(victim.stack.pool().full());
  }
  Buffer packet = transport_packet(17, udp_bytes(5000, 7, pattern(8)));
  for (int depth = 1; depth <= 64; ++depth) {
    packet = ipv4_packet({.protocol = 4}, packet);
    EXPECT_EQ(victim.deliver_ip(packet).reason, Drop::ip_protocol) << depth;
    EXPECT_EQ(victim.stack.udp().queued(socket), 0);
  }
  EXPECT_TRUE(victim.stack.pool().full());
}

TEST(StackHostile, C05_03_ipv6_in_ipv4_is_an_unknown_protocol) {
  Victim victim;
  for (std::size_t size = 0; size <= 40; ++size) {
    Buffer inner(size, 0);
    if (size > 0) inner[0] = 0x60;
    if (size > 6) inner[6] = 17;
    const Outcome outcome = victim.deliver_ip(ipv4_packet({.protocol = 41}, inner));
    EXPECT_EQ(outcome.drops, 1u);
    EXPECT_EQ(outcome.reason, Drop::ip_protocol) << size;
    EXPECT_LE(outcome.bytes_sent(), 14 + 20 + 8 + 20 + size);
    victim.run_for(Duration::seconds(1));
  }
  EXPECT_TRUE(victim.stack.pool().full());
}

/// A listener at port 80, and what a handshake with it takes.
struct TcpVictim : Victim {
  explicit TcpVictim(const Config& config = default_config()) : Victim(config) {
    const auto bound = stack.tcp().bind({IpAddress::any_v4(), 80}, false);
    EXPECT_TRUE(bound.ok());
    listener = *bound;
    EXPECT_TRUE(stack.tcp().listen(listener, 4, {}).ok());
  }
  ~TcpVictim() {
    if (connection) stack.tcp().abort(*connection, now);
    stack.tcp().close(listener, now);
  }
  void open() {
    const Outcome syn = deliver_ip(transport_packet(6, tcp_bytes({.seq = 999, .flags = 2})));
    ASSERT_EQ(syn.sent.size(), 1u);
    our_nxt = load32(syn.sent[0].data() + 14 + 24) + 1;
    deliver_ip(transport_packet(6, tcp_bytes({.seq = 1000, .ack = our_nxt, .flags = 0x10})));
    connection = stack.tcp().accept(listener);
    ASSERT_TRUE(connection.has_value());
  }
  std::string read() {
    std::string text(4096, 0);
    const auto n = stack.tcp().receive(
        *connection, MutableBytes(reinterpret_cast<std::uint8_t*>(text.data()), text.size()), false, now);
    text.resize(n.ok() ? *n : 0);
    return text;
  }
  tcp::ListenerHandle listener;
  std::optional<tcp::ConnectionHandle> connection;
  std::uint32_t our_nxt = 0;
};

TEST(StackHostile, C15_11_the_ip_length_bounds_the_segment) {
  TcpVictim victim;
  victim.open();
  const Buffer text = {'t', 'e', 'x', 't'};
  const Buffer segment = tcp_bytes({.seq = 1000, .ack = victim.our_nxt, .flags = 0x18, .payload = text});
  for (std::size_t length = 0; length < 20; ++length) {
    const Buffer cut(segment.begin(), segment.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(victim.reject_ip(transport_packet(6, cut)), Drop::tcp_header_length);
  }
  for (const std::uint16_t length : {45, 46, 1500, 65535}) {
    Buffer packet = transport_packet(6, segment);
    store16(packet.data() + 2, length);
    ip::test::fix_checksum(packet, 20);
    EXPECT_EQ(victim.reject_ip(packet), Drop::ip_length);
  }
  // What an Ethernet pads a short frame with is no text.
  Buffer padded = transport_packet(6, segment);
  padded.resize(padded.size() + 100, 'p');
  EXPECT_EQ(victim.deliver_ip(padded).drops, 0u);
  EXPECT_EQ(victim.read(), "text");
}

TEST(StackHostile, C18_12_no_more_comes_back_than_was_sent) {
  for (const std::uint16_t port : {80, 81}) {
    TcpVictim victim;
    for (const unsigned flags :
         {0x18u, 0x1au, 0x0au, 0x02u, 0x01u, 0x00u, 0x29u, 0x3fu, 0x04u, 0x14u, 0x10u, 0x12u}) {
      const Buffer packet =
          transport_packet(6, tcp_bytes({.source_port = static_cast<std::uint16_t>(1000 + flags),
                                         .destination_port = port,
                                         .seq = 5,
                                         .ack = 9,
                                         .flags = static_cast<std::uint8_t>(flags),
                                         .payload = pattern(400)}));
      const Outcome outcome = victim.deliver_ip(packet);
      EXPECT_LE(outcome.sent.size(), 1u) << flags;
      EXPECT_LE(outcome.bytes_sent(), 14u + 60) << flags;
      for (const Buffer& sent : outcome.sent) {
        const std::size_t header = (sent[14 + 20 + 12] >> 4) * 4u;
        EXPECT_EQ(sent.size(), 14 + 20 + header) << "never text before the handshake is over";
        EXPECT_EQ(flags & 4u, 0u) << "a reset is answered by nothing";
      }
    }
    EXPECT_FALSE(victim.stack.tcp().accept(victim.listener).has_value());
    EXPECT_TRUE(victim.stack.pool().full());
  }
}

TEST(StackHostile, C18_12_text_on_a_syn_is_not_delivered) {
  TcpVictim victim;
  const Outcome syn =
      victim.deliver_ip(transport_packet(6, tcp_bytes({.seq = 999, .flags = 2, .payload = pattern(100)})));
  ASSERT_EQ(syn.sent.size(), 1u);
  EXPECT_EQ(load32(syn.sent[0].data() + 14 + 28), 1000u) << "the SYN alone is acknowledged";
}

TEST(StackHostile, C19_02_no_handshake_with_what_is_no_host) {
  TcpVictim victim;
  const Buffer syn = tcp_bytes({.seq = 999, .flags = 2});
  for (const IpAddress& source :
       {IpAddress::any_v4(), IpAddress::broadcast_v4(), IpAddress::v4(192, 0, 2, 255),
        IpAddress::v4(224, 0, 0, 1), our_address, IpAddress::loopback_v4()}) {
    EXPECT_EQ(victim.reject_ip(transport_packet(6, syn, source)), Drop::ip_martian);
  }
  for (const IpAddress& source : {peer, IpAddress::any_v4()}) {
    for (const IpAddress& to :
         {IpAddress::broadcast_v4(), IpAddress::v4(192, 0, 2, 255), IpAddress::v4(224, 0, 0, 1)}) {
      if (source.is_unspecified() && to == IpAddress::v4(192, 0, 2, 255)) continue;  // not even IP takes that
      const Buffer frame = ethernet::test::ethernet_frame(
          MacAddress::broadcast(), peer_mac, ethernet::ethertype::ipv4, transport_packet(6, syn, source, to));
      EXPECT_EQ(victim.reject(frame), Drop::tcp_bad_address);
    }
  }
  EXPECT_EQ(victim.stack.tcp().status(victim.listener)->handshakes, 0);
}

TEST(StackHostile, C25_04_ten_thousand_senders_leave_nothing_behind) {
  TcpVictim victim;
  const auto socket = *victim.stack.udp().open();
  ASSERT_TRUE(victim.stack.udp().bind(socket, {IpAddress::any_v4(), 7}, false));
  const Digest::Value before = victim.stack.digest();
  for (std::uint32_t i = 0; i < 10000; ++i) {
    const IpAddress from = IpAddress::v4(0x0a000001u + i * 7);
    victim.deliver_ip(transport_packet(
        6, tcp_bytes({.source_port = static_cast<std::uint16_t>(1024 + i), .seq = i, .flags = 2}), from));
    victim.deliver_ip(ipv4_packet(
        {.source = from, .protocol = 17, .identification = static_cast<std::uint16_t>(i), .more = true},
        pattern(64)));
    victim.deliver_ip(transport_packet(17, udp_bytes(5000, 9999, pattern(8)), from));
    const MacAddress mac{
        {2, 9, 9, 9, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i & 0xff)}};
    victim.learn(IpAddress::v4(0xc0000203u + i % 200), mac);
    if (i % 16 == 0) victim.run_for(Duration::milliseconds(1));
  }
  const Config& config = victim.stack.config();
  EXPECT_LE(victim.stack.tcp().status(victim.listener)->handshakes, config.tcp.syn_records);
  EXPECT_LE(victim.stack.ip().reassemblies(), config.ip.reassemblies);
  EXPECT_LE(victim.stack.ethernet().neighbour_count(), config.ethernet.neighbours);
  victim.run_for(Duration::seconds(4000));
  victim.stack.ethernet().forget_neighbours(ethernet::Ethernet::every_interface);
  EXPECT_EQ(victim.stack.tcp().status(victim.listener)->handshakes, 0);
  EXPECT_EQ(victim.stack.ip().reassemblies(), 0u);
  EXPECT_TRUE(victim.stack.pool().full());
  victim.learn(peer, peer_mac);
  EXPECT_EQ(victim.stack.digest(), before);
}

TEST(StackHostile, C25_05_unread_data_and_gaps_stop_neither_answers_nor_timers) {
  Config config = Victim::default_config();
  config.blocks = {.small_size = 1664, .small_count = 40};
  config.udp.queue_datagrams = 400;  // it is the blocks that are few
  config.udp.receive_buffer = 1000000;
  TcpVictim victim(config);
  victim.open();
  const auto in_ip = [](const Buffer& packet) {
    return ethernet::test::ethernet_frame(our_mac, peer_mac, ethernet::ethertype::ipv4, packet);
  };
  std::vector<udp::SocketHandle> sockets;
  for (std::uint16_t port = 7; port < 15; ++port) {
    sockets.push_back(*victim.stack.udp().open());
    ASSERT_TRUE(victim.stack.udp().bind(sockets.back(), {IpAddress::any_v4(), port}, false));
  }
  // Nobody reads, and each segment leaves a gap before it.
  for (std::uint32_t i = 0; i < 400; ++i) {
    const auto port = static_cast<std::uint16_t>(7 + i % sockets.size());
    EXPECT_TRUE(victim.deliver_pooled(in_ip(transport_packet(17, udp_bytes(5000, port, pattern(1000))))))
        << i;
    EXPECT_TRUE(
        victim.deliver_pooled(in_ip(transport_packet(6, tcp_bytes({.seq = 1000 + 100 + 1400 * (i % 40),
                                                                   .ack = victim.our_nxt,
                                                                   .flags = 0x10,
                                                                   .payload = pattern(1300)})))));
  }
  EXPECT_GT(victim.stack.pool().small_free(), 0u);
  victim.device.out.clear();
  // A neighbour asks, somebody pings, a stranger knocks at a closed port: all are answered.
  EXPECT_TRUE(victim.deliver_pooled(ethernet::test::arp_frame(
      our_mac, {.operation = 1, .sender_mac = peer_mac, .sender = peer, .target = our_address})));
  EXPECT_EQ(victim.device.out.size(), 1u);
  EXPECT_TRUE(victim.deliver_pooled(in_ip(ipv4_packet({.protocol = 1}, icmp_message(8, 0, 1, pattern(56))))));
  EXPECT_EQ(victim.device.out.size(), 2u);
  EXPECT_TRUE(
      victim.deliver_pooled(in_ip(transport_packet(6, tcp_bytes({.destination_port = 81, .flags = 2})))));
  EXPECT_EQ(victim.device.out.size(), 3u);
  // What fills the gap is acknowledged, and read.
  EXPECT_TRUE(victim.deliver_pooled(in_ip(transport_packet(
      6, tcp_bytes({.seq = 1000, .ack = victim.our_nxt, .flags = 0x18, .payload = pattern(100)})))));
  victim.run_for(Duration::milliseconds(100));
  EXPECT_GE(victim.read().size(), 100u);
  for (const auto socket : sockets) victim.stack.udp().close(socket);
  victim.stack.tcp().abort(*victim.connection, victim.now);
  victim.connection.reset();
  EXPECT_TRUE(victim.stack.pool().full());
}

TEST(StackHostile, C26_03_sockets_closed_while_changes_are_read) {
  Victim victim;
  udp::Udp& udp = victim.stack.udp();
  for (unsigned closes = 0; closes < 64;
       ++closes) {  // each set of six sockets, of which the first is read first
    std::vector<udp::SocketHandle> sockets;
    for (std::uint16_t i = 0; i < 6; ++i) {
      sockets.push_back(*udp.open());
      udp.set_tag(sockets[i], i + 1u);
      ASSERT_TRUE(udp.bind(sockets[i], {IpAddress::any_v4(), static_cast<std::uint16_t>(100 + i)}, false));
      victim.deliver_ip(
          transport_packet(17, udp_bytes(5000, static_cast<std::uint16_t>(100 + i), pattern(3))));
    }
    EXPECT_EQ(udp.take_changed(), 1u);
    for (std::uint16_t i = 0; i < 6; ++i) {
      if ((closes >> i & 1) != 0) udp.close(sockets[i]);
    }
    const auto again = *udp.open();  // takes the place of one that was closed
    udp.set_tag(again, 99);
    for (std::uint16_t i = 1; i < 6; ++i) {
      if ((closes >> i & 1) == 0) {
        EXPECT_EQ(udp.take_changed(), i + 1u) << closes;
      }
    }
    EXPECT_FALSE(udp.take_changed()) << closes;
    udp.close(again);
    for (const auto socket : sockets) udp.close(socket);
    EXPECT_TRUE(victim.stack.pool().full());
  }
}

/// What a stack sends, and when, while neighbours, peers and servers are silent: each protocol's timers.
std::vector<std::pair<std::int64_t, std::size_t>> sent_from(Instant start) {
  Victim victim(Victim::default_config(), start);
  std::vector<std::pair<std::int64_t, std::size_t>> sent;
  const Instant began = victim.now;
  const auto note = [&] {
    while (!victim.device.out.empty())
      sent.emplace_back((victim.now - began).as_microseconds(), victim.device.take().size());
  };
  // A reassembly that will never end, a silent neighbour, a silent server.
  victim.stack.receive(victim.wire.packet(ethernet::test::ethernet_frame(
                                              our_mac, peer_mac, ethernet::ethertype::ipv4,
                                              ipv4_packet({.protocol = 17, .more = true}, pattern(64))),
                                          Victim::interface),
                       victim.now);
  const auto socket = *victim.stack.udp().open();
  const Buffer body = pattern(10);
  const Bytes pieces[] = {body};
  const Endpoint nobody{IpAddress::v4(192, 0, 2, 77), 9};
  EXPECT_TRUE(victim.stack.udp().send(socket, pieces, &nobody, {}, victim.now));
  EXPECT_TRUE(victim.stack.tcp().connect({}, {peer, 80}, {}, victim.now).ok());
  note();
  const Instant end = began + Duration::seconds(300);
  for (unsigned turns = 0; turns < 100000; ++turns) {
    const Instant next = victim.stack.poll(victim.now);
    note();
    if (next > end) break;
    victim.now = std::max(next, victim.now);
  }
  return sent;
}

TEST(StackHostile, C26_10_the_same_things_happen_whatever_the_clock_says) {
  const auto usual = sent_from(Instant::from_microseconds(1000000));
  EXPECT_GT(usual.size(), 12u);
  for (const std::int64_t wrap :
       {std::int64_t{1} << 31, std::int64_t{1} << 32, (std::int64_t{1} << 31) * 1000,
        (std::int64_t{1} << 32) * 1000, (std::int64_t{1} << 32) * 1000000}) {
    // The wheel's slots are 1,024 microseconds wide: the same place in one, so that the same deadlines come.
    const std::int64_t start = wrap - 20000000;
    EXPECT_EQ(sent_from(Instant::from_microseconds(start - start % 1024 + 1000000 % 1024)), usual) << wrap;
  }
}

}  // namespace
}  // namespace linnet::test
