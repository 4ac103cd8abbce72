// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.9.1 and 3.10.1 to 3.10.5: endpoints side by side, ports in TIME-WAIT, how connections are given
// back, and what options a segment may carry.
#include "core/tcp/buffer_tuning.hpp"
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

constexpr IpAddress any = IpAddress::any_v4();

// --- OPEN ---

TEST(SeveralEndpoints, RFC9293_3_9_1_1_which_endpoints_can_be_bound_beside_a_listener) {
  const IpAddress second = IpAddress::v4(10, 0, 0, 7);
  struct Row {
    const char* what;
    Endpoint first;
    bool first_reuses;
    bool listens;
    Endpoint then;
    bool reuse;
    bool good;
  };
  const IpAddress own = Harness::our_address;
  const Row rows[] = {{"the same", {own, 80}, false, false, {own, 80}, false, false},
                      {"another port", {own, 80}, false, true, {own, 81}, false, true},
                      {"another address", {own, 80}, false, true, {second, 80}, false, true},
                      {"any address", {own, 80}, false, true, {any, 80}, false, false},
                      {"one of any", {any, 80}, false, true, {own, 80}, false, false},
                      {"only the second would share", {own, 80}, false, false, {own, 80}, true, false},
                      {"only the first would share", {own, 80}, true, false, {own, 80}, false, false},
                      {"both share", {own, 80}, true, false, {own, 80}, true, true},
                      {"both would share, but one listens", {own, 80}, true, true, {own, 80}, true, false}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Harness h;
    EXPECT_TRUE(h.ip.add_address(h.interface, {second, 24}, false, h.now));
    const auto first = h.tcp.bind(row.first, row.first_reuses);
    ASSERT_TRUE(first.ok());
    if (row.listens) {
      ASSERT_TRUE(h.tcp.listen(*first, 1, {}).ok());
    }
    const auto then = h.tcp.bind(row.then, row.reuse);
    EXPECT_EQ(then.ok(), row.good);
    if (!then.ok()) {
      EXPECT_EQ(then.error(), Error::address_in_use);
    }
  }
}

TEST(SeveralEndpoints, RFC9293_3_9_1_1_a_port_with_connections_or_TIME_WAIT_is_bound_only_to_share_it) {
  for (const bool time_wait : {false, true}) {
    Harness h;
    const auto c = h.accept();
    if (time_wait) {
      ASSERT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
      h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::fin | Flags::ack});
      h.discard_sent();
      h.tcp.close(c, h.now);
    }
    EXPECT_EQ(h.tcp.bind({h.our_address, 80}, false).error(), Error::address_in_use);
    EXPECT_EQ(h.tcp.bind({any, 80}, false).error(), Error::address_in_use);
    EXPECT_TRUE(h.tcp.bind({h.our_address, 81}, false).ok());
    EXPECT_TRUE(h.tcp.bind({h.our_address, 80}, true).ok());
    h.advance(Duration::seconds(61));
    EXPECT_EQ(h.tcp.bind({IpAddress::any_v6(), 80}, false, {.v6_only = true}).ok(), true)
        << "nothing of IPv4";
  }
}

TEST(SeveralEndpoints, RFC6191_a_port_in_TIME_WAIT_is_not_used_again_where_that_is_switched_off) {
  struct Row {
    Config config;
    bool again;
  };
  for (const Row& row :
       {Row{{}, true}, Row{{.timestamps = false}, false}, Row{{.time_wait_reuse = Duration::max()}, false}}) {
    Harness h({.tcp = row.config});
    const Options one{.lowest_port = 4000, .highest_port = 4000};
    const auto c = h.tcp.connect({}, {h.peer_address, 4321}, one, h.now);
    ASSERT_TRUE(c.ok());
    const Wire syn = h.expect_sent();
    h.our_port = syn.local_port;
    const bool timestamps = syn.parsed.has_timestamp;
    h.inject({.seq = 100,
              .ack = syn.seq + 1,
              .flags = Flags::syn | Flags::ack,
              .options = syn_options(1460, -1, false, timestamps, 1000, syn.parsed.timestamp_value)});
    h.tcp.close(*c, h.now);
    h.inject({.seq = 101,
              .ack = syn.seq + 2,
              .flags = Flags::ack | Flags::fin,
              .options = timestamps ? timestamp_option(1001, syn.parsed.timestamp_value)
                                    : std::vector<std::uint8_t>{}});
    h.discard_sent();
    h.advance(Duration::seconds(30));
    EXPECT_EQ(h.tcp.connect({}, {h.peer_address, 4321}, one, h.now).ok(), row.again);
    h.advance(Duration::seconds(31));
    if (!row.again) {
      EXPECT_TRUE(h.tcp.connect({}, {h.peer_address, 4321}, one, h.now).ok()) << "2 MSL are over";
    }
  }
}

TEST(SeveralEndpoints, RFC9293_3_10_4_a_listener_that_closes_ends_only_its_own_handshakes) {
  Harness h;
  const auto first = h.listen(80);
  const auto second = h.listen(81);
  for (const std::uint16_t port : {80, 81})
    h.inject({.seq = h.peer_iss, .flags = Flags::syn, .local_port = port});
  EXPECT_EQ(h.tcp.status(first)->handshakes, 1);
  EXPECT_EQ(h.tcp.status(second)->handshakes, 1);
  h.tcp.close(first, h.now);
  EXPECT_FALSE(h.tcp.status(first));
  EXPECT_EQ(h.tcp.status(second)->handshakes, 1);
}

TEST(SeveralEndpoints, RFC9293_3_10_4_a_connection_that_is_reset_while_it_waits_is_no_orphan) {
  Harness h;
  const auto listener = h.listen(80);
  for (const std::uint16_t port : {5000, 5001}) {
    h.inject({.seq = h.peer_iss, .flags = Flags::syn, .remote_port = port});
    const Wire reply = h.expect_sent();
    h.inject({.seq = h.peer_iss + 1,
              .ack = reply.seq + 1,
              .flags = Flags::ack,
              .data = "hello",
              .remote_port = port});
    h.discard_sent();
  }
  EXPECT_EQ(h.tcp.status(listener)->waiting, 2);
  h.tcp.close(listener, h.now);  // nobody will take them
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(h.expect_sent().has(Flags::rst));
  EXPECT_EQ(h.digest(), h.fresh);
  EXPECT_TRUE(h.pool.full());
}

// --- CLOSE and ABORT ---

TEST(SeveralEndpoints, RFC9293_3_10_4_lingering_is_the_callers_and_only_no_time_at_all_resets) {
  for (const std::int64_t seconds : {0, 5}) {
    Harness h;
    const auto c = h.accept(syn_options(1460), {.linger = true, .linger_time = Duration::seconds(seconds)});
    h.tcp.close(c, h.now);
    EXPECT_EQ(h.expect_sent().has(Flags::rst), seconds == 0);
  }
}

TEST(SeveralEndpoints, RFC9293_3_10_5_ABORT_resets_what_the_peer_may_still_wait_for) {
  struct Row {
    const char* what;
    std::size_t queued;
    bool shut;
    bool peer_closed;
    bool reset;
  };
  // A window of 1000 bytes: with 3000 queued the FIN stays here.
  const Row rows[] = {{"ESTABLISHED", 0, false, false, true},
                      {"FIN-WAIT-1", 0, true, false, true},
                      {"CLOSE-WAIT", 0, false, true, true},
                      {"CLOSING", 0, true, true, false},
                      {"CLOSING, and our FIN was never sent", 3000, true, true, true}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Harness h;
    const auto c = h.accept(syn_options(1460), {}, 1000);
    h.write(c, std::string(row.queued, 'x'));
    if (row.shut) {
      EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
    }
    if (row.peer_closed)
      h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::fin | Flags::ack, .window = 1000});
    h.discard_sent();
    h.tcp.abort(c, h.now);
    const auto sent = h.sent();
    EXPECT_EQ(sent && sent->has(Flags::rst), row.reset);
    EXPECT_EQ(h.digest(), h.fresh);
  }
}

// --- what segments may look like ---

TEST(SegmentOptions, RFC9293_3_2_options_of_other_lengths_or_in_other_segments_are_ignored) {
  using Area = std::vector<std::uint8_t>;
  struct Row {
    const char* what;
    Area area;
    bool in_syn;     // is it taken there?
    bool elsewhere;  // and in other segments?
  };
  const Row rows[] = {{"maximum segment size", {2, 4, 5, 0xb4}, true, false},
                      {"maximum segment size of one byte", {2, 3, 5, 1}, false, false},
                      {"window scale", {3, 3, 7, 1}, true, false},
                      {"window scale of two bytes", {3, 4, 7, 7}, false, false},
                      {"SACK permitted", {4, 2, 1, 1}, true, false},
                      {"SACK permitted with a byte", {4, 3, 1, 1}, false, false},
                      {"SACK", {1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2}, false, true},
                      {"SACK of nine bytes", {1, 5, 11, 0, 0, 0, 1, 0, 0, 0, 2, 0}, false, false},
                      {"timestamps", {8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1}, true, true},
                      {"timestamps of seven bytes", {8, 9, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1}, false, false},
                      {"Fast Open", {34, 2, 1, 1}, true, false},
                      {"Fast Open of an odd length", {34, 7, 1, 2, 3, 4, 5, 1}, false, false},
                      {"experimental Fast Open", {254, 4, 0xf9, 0x89}, true, false},
                      {"another experiment", {254, 4, 0xf9, 0x88}, false, false},
                      {"an experiment without number", {254, 3, 0xf9, 1}, false, false},
                      {"an option that nobody knows", {99, 4, 1, 2}, false, false}};
  for (const Row& row : rows) {
    for (const bool syn : {false, true}) {
      SCOPED_TRACE(testing::Message() << row.what << (syn ? " in a SYN" : ""));
      const auto parsed = SegmentOptions::parse(row.area, syn);
      ASSERT_TRUE(parsed.has_value());
      const bool taken = parsed->maximum_segment_size || parsed->window_scale || parsed->sack_permitted ||
                         parsed->fast_open || parsed->has_timestamp || parsed->sack_count > 0;
      EXPECT_EQ(taken, syn ? row.in_syn : row.elsewhere);
    }
  }
}

TEST(SegmentOptions, no_blocks_make_no_SACK_option) {
  OptionsWriter writer;
  writer.sack({});
  EXPECT_TRUE(writer.finish().empty());
}

TEST(SegmentPorts, RFC6335_6_nobody_has_port_0) {
  for (const bool source : {false, true}) {
    Harness h;
    const auto listener = h.listen(80);
    (source ? h.peer_port : h.our_port) = 0;
    h.inject({.seq = h.peer_iss, .flags = Flags::syn});
    h.expect_silence();
    EXPECT_EQ(h.drops.last(), Drop::tcp_port_zero);
    EXPECT_EQ(h.tcp.status(listener)->handshakes, 0);
  }
}

TEST(SegmentPorts, RFC9293_MUST_3_a_device_that_has_verified_the_checksum_is_believed) {
  for (const bool verified : {false, true}) {
    Harness h({.link = {.link = LinkType::ip}});
    const auto listener = h.listen(80);
    std::vector<std::uint8_t> packet(40, 0);  // a SYN, whose checksum is wrong
    packet[0] = 0x45;
    packet[3] = 40;
    packet[8] = 64;
    packet[9] = ip::protocol::tcp;
    store32(packet.data() + 12, Harness::peer_address.v4_value());
    store32(packet.data() + 16, Harness::our_address.v4_value());
    Checksum sum;
    sum.add(Bytes(packet).first(20));
    store16(packet.data() + 10, sum.finish());
    write_header(packet.data() + 20, {.source_port = 4321, .destination_port = 80, .flags = Flags::syn}, 0);
    Block block = h.pool.allocate(packet.size());
    ASSERT_TRUE(block);
    copy_bytes(block.data(), packet);
    Packet arriving(std::move(block), 0, 40);
    arriving.info.interface = h.interface;
    arriving.info.checksum_verified = verified;
    auto framed = h.ethernet.receive(std::move(arriving), h.now);
    ASSERT_TRUE(framed);
    auto datagram = h.ip.receive(std::move(*framed), h.now);
    ASSERT_TRUE(datagram);
    h.tcp.receive(std::move(*datagram), h.now);
    EXPECT_EQ(h.tcp.status(listener)->handshakes, verified ? 1 : 0);
    EXPECT_EQ(h.drops.of(Drop::tcp_checksum), verified ? 0u : 1u);
  }
}

// --- the reader's pace ---

TEST(ReaderPace, more_than_a_window_can_say_is_read_without_wrapping) {
  ReaderPace pace;
  pace.sample(Duration::milliseconds(10));
  Instant now = Instant::from_microseconds(1000000);
  pace.read(0, now);  // a round trip begins
  EXPECT_EQ(pace.read(0xffffffffu, now), 0u);
  now = now + Duration::milliseconds(10);
  EXPECT_EQ(pace.read(0xffffffffu, now), 1u << 30) << "RFC 7323 2.3: the largest window";
}

TEST(ReaderPace, RFC7323_4_an_echo_too_old_for_a_round_trip_says_nothing) {
  ReaderPace pace;
  pace.answered(1000, 1000 + 60001);
  EXPECT_FALSE(pace.timed());
  pace.answered(70000, 70001);  // below what a clock of milliseconds can tell, but the first
  EXPECT_EQ(pace.rtt(), Duration::milliseconds(1));
}

}  // namespace
}  // namespace linnet::tcp::test
