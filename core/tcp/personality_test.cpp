// SPDX-License-Identifier: Apache-2.0
// Settings by which one stack differs from another on the wire, and the reuse of TIME-WAIT.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

using Kinds = std::vector<int>;

/// The kinds of a SYN's options in their order, padding included.
Kinds kinds(const Wire& wire) {
  Kinds kinds;
  for (std::size_t i = 0; i < wire.options.size();) {
    kinds.push_back(wire.options[i]);
    i += wire.options[i] < 2 ? 1 : wire.options[i + 1];
  }
  return kinds;
}

Wire syn_with(const Config& config) {
  HarnessOptions options;
  options.tcp = config;
  Harness h(options);
  EXPECT_TRUE(h.tcp.connect({}, {Harness::peer_address, 80}, {}, h.now).ok());
  return h.expect_sent();
}

TEST(Personality, compact_order_is_that_of_linux) {
  EXPECT_EQ(kinds(syn_with({})), (Kinds{2, 4, 8, 1, 3}));
  EXPECT_EQ(kinds(syn_with({.timestamps = false})), (Kinds{2, 1, 1, 4, 1, 3}));
  EXPECT_EQ(kinds(syn_with({.selective_acknowledgment = false})), (Kinds{2, 1, 1, 8, 1, 3}));
  EXPECT_EQ(kinds(syn_with({.timestamps = false, .window_scaling = false})), (Kinds{2, 1, 1, 4}));
}

TEST(Personality, bsd_order) {
  EXPECT_EQ(kinds(syn_with({.syn_option_order = OptionOrder::bsd})), (Kinds{2, 1, 3, 4, 8}));
  EXPECT_EQ(kinds(syn_with({.syn_option_order = OptionOrder::bsd, .timestamps = false})), (Kinds{2, 1, 3, 4, 0, 0}));
  EXPECT_EQ(kinds(syn_with({.syn_option_order = OptionOrder::bsd, .selective_acknowledgment = false})),
            (Kinds{2, 1, 3, 1, 1, 8}));
}

TEST(Personality, RFC7323_2_2_the_scale_is_chosen_for_the_largest_buffer_there_may_be) {
  EXPECT_EQ(syn_with({.receive_buffer = 65536}).parsed.window_scale, 1);
  EXPECT_EQ(syn_with({.receive_buffer = 65536, .maximum_receive_buffer = 6291456}).parsed.window_scale, 7);
  EXPECT_EQ(syn_with({.receive_buffer = 65536, .maximum_receive_buffer = 15728640}).parsed.window_scale, 8);
}

TEST(Personality, first_window_has_a_cap) {
  EXPECT_EQ(syn_with({.receive_buffer = 100000}).window, 65535);
  EXPECT_EQ(syn_with({.receive_buffer = 100000, .first_window = 29200}).window, 29200);
}

TEST(Personality, RFC6928_initial_window_in_segments) {
  for (const int segments : {2, 4, 10}) {
    HarnessOptions options;
    options.tcp.send_buffer = 65536;
    options.tcp.initial_window = static_cast<std::uint8_t>(segments);
    Harness h(options);
    const auto c = h.accept(syn_options(1000));
    h.write(c, std::string(20000, 'x'));
    for (int i = 0; i < segments; ++i) EXPECT_EQ(h.expect_sent().data.size(), 1000u);
    h.expect_silence();
  }
}

TEST(Personality, quick_acks_are_counted) {
  HarnessOptions options;
  options.tcp.quick_acks = 2;
  Harness h(options);
  const auto c = h.accept();
  for (std::uint32_t i = 0; i < 2; ++i) {
    h.inject({.seq = h.peer_nxt + i, .ack = h.our_nxt, .flags = Flags::ack, .data = "x"});
    EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + i + 1);
  }
  h.inject({.seq = h.peer_nxt + 2, .ack = h.our_nxt, .flags = Flags::ack, .data = "x"});
  h.expect_silence();
  EXPECT_EQ(h.read(c), "xxx");
}

TEST(Personality, orphans_are_given_up_sooner) {
  HarnessOptions options;
  options.tcp.orphan_retransmissions = 2;
  Harness h(options);
  const auto c = h.accept();
  h.write(c, "never acknowledged");
  h.tcp.close(c, h.now);
  h.advance(Duration::seconds(5));
  EXPECT_FALSE(h.tcp.status(c).has_value());
}

/// A connection that we closed first, now in TIME-WAIT.
void enter_time_wait(Harness& h, ConnectionHandle c, std::uint32_t timestamp) {
  h.tcp.close(c, h.now);
  h.discard_sent();
  const auto option = timestamp == 0 ? std::vector<std::uint8_t>{} : timestamp_option(timestamp, 0);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::ack | Flags::fin, .options = option});
  h.discard_sent();
}

/// A server that starts again while its old connections are in TIME-WAIT: SO_REUSEADDR.
void listen_again(Harness& h) {
  const auto listener = h.tcp.bind({IpAddress::any_v4(), 80}, true);
  ASSERT_TRUE(listener.ok());
  EXPECT_TRUE(h.tcp.listen(*listener, 8, {}).ok());
}

TEST(TimeWait, RFC6191_passive_timestamps_decide) {
  struct Row {
    std::uint32_t timestamp;
    std::uint32_t seq;
    bool taken;
  };
  for (const Row row : {Row{2001, 1, true}, Row{2000, 9000, true}, Row{2000, 1, false}, Row{1999, 9000, false}}) {
    Harness h;
    const auto c = h.accept(syn_options(1460, -1, false, true));
    enter_time_wait(h, c, 2000);
    listen_again(h);
    h.inject({.seq = row.seq, .flags = Flags::syn, .options = syn_options(1460, -1, false, true, row.timestamp)});
    EXPECT_EQ(h.expect_sent().has(Flags::syn), row.taken) << row.timestamp << " " << row.seq;
  }
}

TEST(TimeWait, RFC6191_a_syn_without_timestamps_needs_a_higher_number) {
  for (const std::uint32_t seq : {1u, 9000u}) {
    Harness h;
    const auto c = h.accept(syn_options(1460, -1, false, true));
    enter_time_wait(h, c, 2000);
    listen_again(h);
    h.inject({.seq = seq, .flags = Flags::syn, .options = syn_options(1460)});
    EXPECT_EQ(h.expect_sent().has(Flags::syn), seq == 9000u);
  }
}

/// Active open from a port that the stack chooses, which has no choice but that one.
Result<ConnectionHandle, Error> connect_by_range(Harness& h, std::uint16_t port) {
  return h.tcp.connect({}, {Harness::peer_address, 4321}, {.lowest_port = port, .highest_port = port}, h.now);
}

/// Active open from a bound port to the peer, whose ACK of our SYN makes it established.
Result<ConnectionHandle, Error> connect_from(Harness& h, std::uint16_t port) {
  const auto bound = h.tcp.bind({Harness::our_address, port}, true);
  EXPECT_TRUE(bound.ok());
  auto c = h.tcp.connect(*bound, {Harness::peer_address, 4321}, {}, h.now);
  if (!c) h.tcp.close(*bound, h.now);
  return c;
}

TEST(TimeWait, RFC6191_active_open_takes_the_tuple_once_the_clock_moved_on) {
  for (const bool timestamps : {true, false}) {
    Harness h;
    h.our_port = 2000;
    const auto first = connect_from(h, 2000);
    ASSERT_TRUE(first.ok());
    const Wire syn = h.expect_sent();
    h.our_nxt = syn.seq + 1;
    h.inject({.seq = h.peer_iss, .ack = h.our_nxt, .flags = Flags::syn | Flags::ack,
              .options = syn_options(1460, -1, false, timestamps)});
    enter_time_wait(h, *first, timestamps ? 1001 : 0);
    h.advance(Duration::milliseconds(900));
    EXPECT_EQ(connect_by_range(h, 2000).error(), Error::address_not_available);
    h.advance(Duration::milliseconds(200));
    const auto second = connect_by_range(h, 2000);
    ASSERT_EQ(second.ok(), timestamps);
    if (!timestamps) continue;
    const Wire again = h.expect_sent();
    EXPECT_EQ(again.flags, Flags::syn);
    EXPECT_GT(SequenceNumber(again.seq), SequenceNumber(h.our_nxt + 65536));
    EXPECT_GT(again.parsed.timestamp_value, syn.parsed.timestamp_value);
  }
}

TEST(TimeWait, RFC6191_a_port_that_the_user_bound_takes_the_tuple_at_any_age) {
  for (const bool timestamps : {true, false}) {
    HarnessOptions options;
    options.tcp.time_wait_reuse = Duration::max();
    Harness h(options);
    h.our_port = 2000;
    const auto first = connect_from(h, 2000);
    ASSERT_TRUE(first.ok());
    h.our_nxt = h.expect_sent().seq + 1;
    h.inject({.seq = h.peer_iss, .ack = h.our_nxt, .flags = Flags::syn | Flags::ack,
              .options = syn_options(1460, -1, false, timestamps)});
    enter_time_wait(h, *first, timestamps ? 1001 : 0);
    const auto second = connect_from(h, 2000);
    ASSERT_EQ(second.ok(), timestamps);
    if (!timestamps) continue;
    EXPECT_GT(SequenceNumber(h.expect_sent().seq), SequenceNumber(h.our_nxt + 65536));
  }
}

TEST(Cookies, RFC4987_3_6_without_timestamps_nothing_is_offered_that_is_forgotten) {
  HarnessOptions options;
  options.tcp.backlog_policy = BacklogPolicy::drop;
  options.tcp.syn_records = 1;
  Harness h(options);
  const auto listener = h.listen(80, 100);
  h.inject({.seq = 1, .flags = Flags::syn, .remote_port = 1000});
  h.discard_sent();
  h.inject({.seq = 100, .flags = Flags::syn, .options = syn_options(1300, 7, true), .remote_port = 2000});
  const Wire cookie = h.expect_sent();
  EXPECT_FALSE(cookie.parsed.window_scale.has_value());
  EXPECT_FALSE(cookie.parsed.sack_permitted);
  h.inject({.seq = 101, .ack = cookie.seq + 1, .flags = Flags::ack, .remote_port = 2000});
  const auto c = h.tcp.accept(listener);
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ(h.tcp.status(*c)->segment_size, 1220);  // rounded down to what a cookie can say
  EXPECT_FALSE(h.tcp.status(*c)->sack || h.tcp.status(*c)->window_scaling);
}

TEST(Cookies, RFC4987_3_6_scale_and_sack_travel_in_the_timestamp) {
  HarnessOptions options;
  options.tcp.backlog_policy = BacklogPolicy::drop;
  options.tcp.syn_records = 1;
  Harness h(options);
  const auto listener = h.listen(80, 100);
  h.inject({.seq = 1, .flags = Flags::syn, .remote_port = 1000});
  h.discard_sent();
  h.inject({.seq = 100, .flags = Flags::syn, .options = syn_options(1460, 9, true, true), .remote_port = 2000});
  const Wire cookie = h.expect_sent();
  h.inject({.seq = 101, .ack = cookie.seq + 1, .flags = Flags::ack,
            .options = timestamp_option(1001, cookie.parsed.timestamp_value), .remote_port = 2000});
  const auto c = h.tcp.accept(listener);
  ASSERT_TRUE(c.has_value());
  const Status s = *h.tcp.status(*c);
  EXPECT_TRUE(s.sack && s.window_scaling && s.timestamps);
  EXPECT_EQ(s.send_scale, 9);
}

TEST(Handshake, RFC9293_3_5_figure_7_crossing_syn_acks_end_established) {
  Harness h;
  const auto c = h.connect();
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1460)});
  h.expect_sent();
  h.inject({.seq = h.peer_iss, .ack = h.our_nxt, .flags = Flags::syn | Flags::ack, .options = syn_options(1460)});
  EXPECT_EQ(h.state(c), State::established);
  h.expect_silence();
  h.advance(Duration::seconds(5));
  h.expect_silence();
}

}  // namespace
}  // namespace linnet::tcp::test
