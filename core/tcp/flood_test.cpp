// SPDX-License-Identifier: Apache-2.0
// 50,000 SYNs from addresses that never answer (RFC 4987): what they take up, and that others still get in.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

constexpr std::uint32_t flood_size = 50000;
constexpr std::uint16_t records = 64;

struct Flood {
  explicit Flood(BacklogPolicy policy, std::uint16_t backlog = 8) : h(options(policy)) {
    listener = h.listen(80, backlog);
    memory_before = h.arena.used();
  }
  static HarnessOptions options(BacklogPolicy policy) {
    HarnessOptions options;
    options.tcp.syn_records = records;
    options.tcp.connections = 4;
    options.tcp.backlog_policy = policy;
    options.blocks = {.small_size = 1664, .small_count = 32};
    return options;
  }
  /// One SYN from the n-th address and port; what it was answered goes into the counters.
  void spoofed_syn(std::uint32_t n) {
    std::array<std::uint8_t, 24> tcp{};
    write_header(tcp.data(),
                 {.source_port = static_cast<std::uint16_t>(1024 + n / 250),
                  .destination_port = 80,
                  .seq = SequenceNumber(n * 2654435761u),
                  .ack = SequenceNumber(0),
                  .flags = Flags::syn,
                  .window = 65535,
                  .urgent_pointer = 0},
                 4);
    store32(tcp.data() + 20, 0x020405b4u);  // an MSS of 1460
    const IpAddress source = IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(3 + n % 250));
    Checksum sum = pseudo_header_checksum(source, Harness::our_address, ip::protocol::tcp, tcp.size());
    sum.add(tcp);
    store16(tcp.data() + 16, sum.finish());
    Block block = h.pool.allocate(44);
    ASSERT_TRUE(block) << "the pool is used up after " << n;
    std::uint8_t* p = block.data();
    const std::array<std::uint8_t, 20> ip{0x45, 0, 0, 44, 0, 0, 0, 0, 64, ip::protocol::tcp};
    std::copy(ip.begin(), ip.end(), p);
    store32(p + 12, source.v4_value());
    store32(p + 16, Harness::our_address.v4_value());
    Checksum header;
    header.add(Bytes(p, 20));
    store16(p + 10, header.finish());
    std::copy(tcp.begin(), tcp.end(), p + 20);
    Packet packet(std::move(block), 0, 44);
    packet.info.interface = h.interface;
    auto framed = h.ethernet.receive(std::move(packet), h.now);
    ASSERT_TRUE(framed);
    auto datagram = h.ip.receive(std::move(*framed), h.now);
    ASSERT_TRUE(datagram);
    h.tcp.receive(std::move(*datagram), h.now);
    h.poll();
    count_answers();
  }
  void count_answers() {
    for (const auto& frame : h.link.frames) {
      const std::uint8_t flags = frame[20 + 13];
      syn_acks += flags == (Flags::syn | Flags::ack) ? 1 : 0;
      resets += (flags & Flags::rst) != 0 ? 1 : 0;
    }
    h.discard_sent();
  }
  /// `bounded`: what the flood may take up, which is what the table has room for.
  void run(std::uint16_t bounded) {
    for (std::uint32_t n = 0; n < flood_size; ++n) {
      spoofed_syn(n);
      if (testing::Test::HasFatalFailure()) return;
      h.now = h.now + Duration::microseconds(10);  // 100,000 a second
      if (n % 1000 == 999) {
        ASSERT_LE(h.tcp.status(listener)->handshakes, bounded);
        ASSERT_TRUE(h.pool.full()) << "no block is held for a handshake";
        ASSERT_EQ(connections(), 0u);
      }
    }
    EXPECT_EQ(h.tcp.status(listener)->handshakes, bounded);
    EXPECT_EQ(h.tcp.status(listener)->waiting, 0);
    EXPECT_EQ(h.arena.used(), memory_before) << "everything was carved at the start";
  }
  unsigned connections() const {
    unsigned count = 0;
    h.tcp.for_each_connection([&](const Status&) { ++count; });
    return count;
  }
  /// A client that means it: handshake, one request. Nothing if it is reset.
  std::optional<ConnectionHandle> legitimate_client(bool timestamps) {
    h.inject({.seq = 777000, .flags = Flags::syn, .options = syn_options(1400, 7, true, timestamps)});
    const Wire answer = h.expect_sent();
    if (answer.has(Flags::rst)) return std::nullopt;
    EXPECT_EQ(answer.flags, Flags::syn | Flags::ack);
    const auto echo = timestamps ? timestamp_option(1001, answer.parsed.timestamp_value) : std::vector<std::uint8_t>{};
    h.inject({.seq = 777001, .ack = answer.seq + 1, .flags = Flags::ack, .options = echo});
    h.inject({.seq = 777001, .ack = answer.seq + 1, .flags = Flags::ack, .data = "request", .options = echo});
    const auto connection = h.tcp.accept(listener);
    EXPECT_TRUE(connection.has_value());
    if (!connection) return std::nullopt;
    EXPECT_EQ(h.read(*connection), "request");
    EXPECT_EQ(h.write(*connection, std::string(3000, 'r')), 3000u);
    h.advance(Duration::milliseconds(1));
    std::size_t largest = 0;
    while (auto wire = h.sent()) largest = std::max(largest, wire->data.size());
    EXPECT_GE(largest, timestamps ? 1200u : 1220u) << "the segment size survives a cookie, rounded down";
    return connection;
  }
  /// All handshakes time out, and nothing is left.
  void settle() {
    h.tcp.close(listener, h.now);
    h.advance(Duration::seconds(200));
    h.discard_sent();
    EXPECT_TRUE(h.pool.full());
    EXPECT_EQ(h.digest(), h.fresh);
  }

  Harness h;
  ListenerHandle listener;
  std::size_t memory_before = 0;
  std::uint32_t syn_acks = 0;
  std::uint32_t resets = 0;
};

TEST(FloodTest, RFC4987_3_6_cookies_when_the_table_is_full) {
  for (const bool timestamps : {false, true}) {
    Flood f(BacklogPolicy::drop);
    f.run(records);
    EXPECT_EQ(f.syn_acks, flood_size) << "everybody is answered, most by a cookie";
    EXPECT_EQ(f.resets, 0u);
    const auto client = f.legitimate_client(timestamps);
    ASSERT_TRUE(client);
    // Only records send their SYN-ACK again: so many there are, and all others were cookies.
    f.syn_acks = 0;
    f.h.advance(Duration::milliseconds(1100));
    f.count_answers();
    EXPECT_EQ(f.syn_acks, records);
    EXPECT_EQ(f.h.tcp.status(f.listener)->handshakes, records);
    f.h.advance(Duration::seconds(120));
    f.count_answers();
    EXPECT_EQ(f.h.tcp.status(f.listener)->handshakes, 0) << "and given up in time";
    f.h.tcp.abort(*client, f.h.now);
    f.settle();
  }
}

TEST(FloodTest, RFC4987_3_6_a_guessed_cookie_makes_no_connection) {
  Flood f(BacklogPolicy::drop);
  f.run(records);
  for (std::uint32_t n = 0; n < 1000; ++n) {
    f.h.inject({.seq = 777001, .ack = n * 2654435761u, .flags = Flags::ack, .data = "x"});
  }
  f.count_answers();
  EXPECT_EQ(f.resets, 1000u);
  EXPECT_EQ(f.connections(), 0u);
  f.settle();
}

TEST(FloodTest, cookies_make_no_more_connections_than_the_backlog) {
  Flood f(BacklogPolicy::drop, 2);
  f.run(records);
  for (std::uint16_t i = 0; i < 5; ++i) {
    f.h.peer_port = static_cast<std::uint16_t>(5000 + i);
    f.h.inject({.seq = 1000, .flags = Flags::syn, .options = syn_options(1460)});
    const auto answer = f.h.sent();
    EXPECT_EQ(answer.has_value(), i < 2) << "a full backlog is silent";
    if (answer) f.h.inject({.seq = 1001, .ack = answer->seq + 1, .flags = Flags::ack});
  }
  EXPECT_EQ(f.h.tcp.status(f.listener)->waiting, 2);
  EXPECT_EQ(f.connections(), 2u);
  f.settle();
}

TEST(FloodTest, refuse_resets_while_the_backlog_is_full_and_accepts_afterwards) {
  Flood f(BacklogPolicy::refuse, 8);
  f.run(8);
  // 8 handshakes, and a reset for each of the others.
  EXPECT_EQ(f.syn_acks, 8u);
  EXPECT_EQ(f.resets, flood_size - 8);
  EXPECT_FALSE(f.legitimate_client(true)) << "told at once";
  f.h.advance(Duration::seconds(70));  // 1 + 2 + 4 + 8 + 16 + 32 s
  f.count_answers();
  EXPECT_EQ(f.h.tcp.status(f.listener)->handshakes, 0);
  const auto client = f.legitimate_client(true);
  ASSERT_TRUE(client);
  f.h.tcp.abort(*client, f.h.now);
  f.settle();
}

TEST(FloodTest, refuse_with_a_table_smaller_than_the_backlog) {
  Flood f(BacklogPolicy::refuse, 1000);
  f.run(records);
  EXPECT_EQ(f.syn_acks, records);
  EXPECT_EQ(f.resets, flood_size - records);
  f.settle();
}

}  // namespace
}  // namespace linnet::tcp::test
