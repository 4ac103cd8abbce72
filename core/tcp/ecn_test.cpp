// SPDX-License-Identifier: Apache-2.0
// RFC 3168.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

constexpr std::uint8_t setup = Flags::syn | Flags::ece | Flags::cwr;
constexpr std::uint8_t ect0 = 2;
constexpr std::uint8_t ect1 = 1;
constexpr std::uint8_t ce = 3;

HarnessOptions with(Ecn ecn) {
  HarnessOptions options;
  options.tcp.ecn = ecn;
  options.tcp.send_buffer = 100000;
  return options;
}

std::string letters(std::size_t count) { return std::string(count, 'x'); }

struct EcnHarness : Harness {
  explicit EcnHarness(Ecn ecn = Ecn::accept) : Harness(with(ecn)) {}
  /// A passive open that agreed to ECN.
  ConnectionHandle agreed(const std::vector<std::uint8_t>& options = syn_options(1000)) {
    const ListenerHandle listener = listen(80);
    inject({.seq = peer_iss, .flags = setup, .options = options});
    const Wire reply = expect_sent();
    EXPECT_EQ(reply.flags, Flags::syn | Flags::ack | Flags::ece);
    our_nxt = reply.seq + 1;
    inject({.seq = peer_nxt, .ack = our_nxt, .flags = Flags::ack});
    const auto c = tcp.accept(listener);
    EXPECT_TRUE(c.has_value());
    return c.value_or(ConnectionHandle{});
  }
  Wire data(std::string text, std::uint8_t codepoint, std::uint8_t flags = 0) {
    Wire wire{.seq = peer_nxt, .ack = our_nxt, .flags = static_cast<std::uint8_t>(Flags::ack | flags), .data = std::move(text)};
    wire.traffic_class = codepoint;
    peer_nxt += static_cast<std::uint32_t>(wire.data.size());
    return wire;
  }
  /// An acknowledgment with one SACK block, counted from our first byte.
  Wire sacked(std::uint32_t ack, std::uint32_t left, std::uint32_t right) {
    OptionsWriter writer;
    const SackBlock block{SequenceNumber(our_nxt + left), SequenceNumber(our_nxt + right)};
    writer.sack(std::span(&block, 1));
    const Bytes bytes = writer.finish();
    return {.seq = peer_nxt, .ack = ack, .flags = Flags::ack, .options = {bytes.begin(), bytes.end()}};
  }
  std::vector<Wire> all_sent() {
    std::vector<Wire> all;
    while (auto wire = sent()) all.push_back(*wire);
    return all;
  }
};

TEST(Ecn, RFC3168_6_1_1_active_open_asks_only_when_set) {
  for (const Ecn mode : {Ecn::off, Ecn::request, Ecn::accept}) {
    EcnHarness h(mode);
    ASSERT_TRUE(h.tcp.connect({}, {Harness::peer_address, 80}, {}, h.now).ok());
    const Wire syn = h.expect_sent();
    EXPECT_EQ(syn.flags, mode == Ecn::request ? setup : Flags::syn);
    EXPECT_EQ(syn.traffic_class, 0);
  }
}

TEST(Ecn, RFC3168_6_1_1_passive_open_agrees_unless_off) {
  for (const Ecn mode : {Ecn::off, Ecn::request, Ecn::accept}) {
    EcnHarness h(mode);
    h.listen(80);
    h.inject({.seq = 1, .flags = setup});
    EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack | (mode == Ecn::off ? 0 : Flags::ece));
  }
}

TEST(Ecn, RFC3168_6_1_1_a_marked_syn_is_no_request) {
  EcnHarness h;
  h.listen(80);
  Wire syn{.seq = 1, .flags = setup};
  syn.traffic_class = ect0;
  h.inject(syn);
  EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack);
}

TEST(Ecn, RFC3168_6_1_1_only_ece_without_cwr_agrees) {
  for (const int flags : {0, int{Flags::ece}, int{Flags::cwr}, Flags::ece | Flags::cwr}) {
    EcnHarness h(Ecn::request);
    h.peer_port = 80;
    const auto c = h.tcp.connect({}, {Harness::peer_address, 80}, {}, h.now);
    const Wire syn = h.expect_sent();
    h.our_port = syn.local_port;
    h.inject({.seq = h.peer_iss, .ack = syn.seq + 1,
              .flags = static_cast<std::uint8_t>(Flags::syn | Flags::ack | flags)});
    EXPECT_EQ(h.tcp.status(*c)->ecn, flags == Flags::ece) << flags;
  }
}

TEST(Ecn, RFC3168_6_1_1_1_a_lost_setup_syn_is_retried_without) {
  EcnHarness h(Ecn::request);
  ASSERT_TRUE(h.tcp.connect({}, {Harness::peer_address, 80}, {}, h.now).ok());
  EXPECT_EQ(h.expect_sent().flags, setup);
  h.advance(Duration::milliseconds(1100));
  EXPECT_EQ(h.expect_sent().flags, Flags::syn);
}

TEST(Ecn, RFC3168_6_1_1_1_a_second_syn_without_takes_the_request_back) {
  EcnHarness h;
  const auto listener = h.listen(80);
  h.inject({.seq = 5000, .flags = setup});
  EXPECT_TRUE(h.expect_sent().has(Flags::ece));
  h.inject({.seq = 5000, .flags = Flags::syn});
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.flags, Flags::syn | Flags::ack);
  h.inject({.seq = 5001, .ack = reply.seq + 1, .flags = Flags::ack});
  EXPECT_FALSE(h.tcp.status(*h.tcp.accept(listener))->ecn);
}

TEST(Ecn, RFC3168_6_1_1_crossing_setup_syns_agree) {
  EcnHarness h(Ecn::request);
  h.peer_port = 80;
  const auto c = h.tcp.connect({}, {Harness::peer_address, 80}, {}, h.now);
  const Wire syn = h.expect_sent();
  h.our_port = syn.local_port;
  h.inject({.seq = h.peer_iss, .flags = setup});
  EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack | Flags::ece);
  h.inject({.seq = h.peer_nxt, .ack = syn.seq + 1, .flags = Flags::ack});
  EXPECT_TRUE(h.tcp.status(*c)->ecn);
}

TEST(Ecn, RFC3168_6_1_4_6_1_5_new_data_is_capable_and_nothing_else) {
  EcnHarness h;
  const auto c = h.agreed();
  h.write(c, "data");
  EXPECT_EQ(h.expect_sent().traffic_class, ect0);
  h.inject(h.data("x", ect0));
  EXPECT_EQ(h.expect_sent().traffic_class, 0);  // a bare acknowledgment
  h.advance(Duration::seconds(2));
  const Wire again = h.expect_sent();
  EXPECT_EQ(again.data, "data");
  EXPECT_EQ(again.traffic_class, 0);
}

TEST(Ecn, RFC3168_6_1_6_window_probes_are_not_capable) {
  EcnHarness h;
  const auto c = h.agreed();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  h.write(c, "data");
  h.advance(Duration::seconds(3));
  const Wire probe = h.expect_sent();
  EXPECT_EQ(probe.data.size(), 1u);
  EXPECT_EQ(probe.traffic_class, 0);
}

TEST(Ecn, RFC3168_5_without_agreement_nothing_is_capable_or_echoed) {
  EcnHarness h;
  const auto c = h.accept(syn_options(1000), {.traffic_class = 0xb8 | ce});
  h.write(c, "data");
  EXPECT_EQ(h.expect_sent().traffic_class, 0xb8);
  h.inject(h.data("x", ce));
  EXPECT_FALSE(h.expect_sent().has(Flags::ece));
}

TEST(Ecn, RFC3168_6_1_3_ce_is_echoed_until_cwr) {
  EcnHarness h;
  const auto c = h.agreed();
  h.inject(h.data("1", ect1));
  EXPECT_FALSE(h.expect_sent().has(Flags::ece));
  EXPECT_TRUE(h.tcp.status(c)->ecn_seen);
  h.inject(h.data("2", ce));
  EXPECT_TRUE(h.expect_sent().has(Flags::ece));
  h.inject(h.data("3", ect0));
  EXPECT_TRUE(h.expect_sent().has(Flags::ece));
  h.write(c, "also on data");
  EXPECT_TRUE(h.expect_sent().has(Flags::ece));
  h.inject(h.data("4", ect0, Flags::cwr));
  EXPECT_FALSE(h.expect_sent().has(Flags::ece));
  h.inject(h.data("5", ce, Flags::cwr));  // marked itself: begins anew
  EXPECT_TRUE(h.expect_sent().has(Flags::ece));
}

TEST(Ecn, RFC3168_6_1_2_an_echo_reduces_the_window_once_a_window) {
  EcnHarness h;
  const auto c = h.agreed();
  h.write(c, letters(10000));  // the whole initial window
  EXPECT_EQ(h.all_sent().size(), 10u);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1000, .flags = Flags::ack | Flags::ece});
  const std::uint32_t reduced = 7000;  // RFC 9438 4.6
  EXPECT_EQ(h.tcp.status(c)->slow_start_threshold, reduced);
  EXPECT_EQ(h.tcp.status(c)->measured.state, CongestionState::window_reduced);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 2000, .flags = Flags::ack | Flags::ece});
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 10000, .flags = Flags::ack | Flags::ece});
  EXPECT_EQ(h.tcp.status(c)->congestion_window, reduced);  // not twice, and no growth either
  h.write(c, letters(3000));
  const auto next = h.all_sent();
  ASSERT_EQ(next.size(), 3u);
  EXPECT_TRUE(next[0].has(Flags::cwr));  // 6.1.2: on the first new data
  EXPECT_FALSE(next[1].has(Flags::cwr));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 12000, .flags = Flags::ack | Flags::ece});
  EXPECT_LT(h.tcp.status(c)->slow_start_threshold, reduced);  // a mark of a later window counts again
}

TEST(Ecn, RFC3168_6_1_2_a_timeout_is_told_by_cwr_on_new_data) {
  EcnHarness h;
  const auto c = h.agreed();
  h.write(c, letters(1000));
  h.expect_sent();
  h.advance(Duration::milliseconds(1500));
  const Wire again = h.expect_sent();
  EXPECT_FALSE(again.has(Flags::cwr));  // not on a retransmission
  h.discard_sent();
  h.inject(h.ack_of(h.our_nxt + 1000));
  h.write(c, letters(1000));
  EXPECT_TRUE(h.expect_sent().has(Flags::cwr));
}

TEST(Ecn, RFC3168_6_1_2_an_echo_in_recovery_changes_nothing) {
  EcnHarness h;
  const auto c = h.agreed();
  h.write(c, letters(10000));
  h.all_sent();
  for (int i = 0; i < 3; ++i) h.inject(h.ack_of(h.our_nxt));
  const std::uint32_t threshold = h.tcp.status(c)->slow_start_threshold;
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1000, .flags = Flags::ack | Flags::ece});
  EXPECT_EQ(h.tcp.status(c)->slow_start_threshold, threshold);
}

TEST(Ecn, RFC9438_4_9_a_reduction_that_a_mark_confirms_is_not_taken_back) {
  for (const bool marked : {false, true}) {
    EcnHarness h;
    const auto c = h.agreed(syn_options(1000, -1, true));
    h.write(c, letters(10000));
    h.advance(Duration::milliseconds(100));
    h.inject(h.sacked(h.our_nxt, 1000, 10000));
    h.advance(Duration::milliseconds(100));  // the first segment goes again
    EXPECT_EQ(h.tcp.status(c)->slow_start_threshold, 7000u);
    h.discard_sent();
    Wire both = h.sacked(h.our_nxt + 10000, 0, 1000);  // and had arrived
    if (marked) both.flags |= Flags::ece;
    h.inject(both);
    EXPECT_EQ(h.tcp.status(c)->measured.state, CongestionState::open);
    EXPECT_EQ(h.tcp.status(c)->slow_start_threshold, marked ? 7000u : Congestion::unlimited);
  }
}

TEST(Ecn, RFC4987_3_6_a_cookie_remembers_ecn_in_its_timestamp) {
  for (const bool timestamps : {true, false}) {
    HarnessOptions options;
    options.tcp.backlog_policy = BacklogPolicy::drop;
    options.tcp.syn_records = 1;
    Harness h(options);
    const auto listener = h.listen(80, 100);
    h.inject({.seq = 1, .flags = Flags::syn, .remote_port = 1000});
    h.discard_sent();
    h.inject({.seq = 100, .flags = setup, .options = syn_options(1460, -1, false, timestamps), .remote_port = 2000});
    const Wire cookie = h.expect_sent();
    EXPECT_EQ(cookie.has(Flags::ece), timestamps);
    h.inject({.seq = 101, .ack = cookie.seq + 1, .flags = Flags::ack,
              .options = timestamps ? timestamp_option(1001, cookie.parsed.timestamp_value) : std::vector<std::uint8_t>{},
              .remote_port = 2000});
    const auto c = h.tcp.accept(listener);
    ASSERT_TRUE(c.has_value());
    EXPECT_EQ(h.tcp.status(*c)->ecn, timestamps);
  }
}

TEST(Ecn, RFC3168_6_1_2_super_segments_carry_ect_and_one_cwr) {
  HarnessOptions options = with(Ecn::accept);
  options.link.segmentation = 65536;
  options.link.transmit_checksum = true;
  options.blocks = {.small_size = 1664, .small_count = 256};
  Harness h(options);
  const ListenerHandle listener = h.listen(80);
  h.inject({.seq = h.peer_iss, .flags = setup, .options = syn_options(1000)});
  h.our_nxt = h.expect_sent().seq + 1;
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack});
  const auto c = h.tcp.accept(listener).value();
  h.write(c, letters(5000));
  const Wire super = h.expect_sent();
  EXPECT_GT(super.data.size(), 1000u);
  EXPECT_EQ(super.traffic_class, ect0);  // of every segment: core/device/segmentation.cpp copies the header
}

TEST(Ecn, RFC3168_6_1_1_ECE_alone_on_a_SYN_asks_for_nothing) {
  EcnHarness h;
  h.listen(80);
  h.inject({.seq = 1, .flags = Flags::syn | Flags::ece});
  EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack);
}

TEST(Ecn, RFC3168_6_1_1_a_SYN_that_is_repeated_as_it_was_asks_still) {
  EcnHarness h;
  h.listen(80);
  for (int i = 0; i < 2; ++i) {
    h.inject({.seq = 1, .flags = setup});
    EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack | Flags::ece);
  }
}

TEST(Ecn, RFC3168_6_1_3_of_marks_in_a_row_the_first_is_told_at_once) {
  EcnHarness h(Ecn::accept);
  const auto c = h.agreed();
  for (int i = 0; i < 17; ++i) h.inject(h.data("x", 0));  // the quick acknowledgments of the start
  EXPECT_FALSE(h.tcp.status(c)->ecn_seen);
  EXPECT_TRUE(h.tcp.status(c)->ecn);
  h.advance(Duration::milliseconds(100));
  h.discard_sent();
  h.inject(h.data("x", ce));
  EXPECT_TRUE(h.expect_sent().has(Flags::ece));
  h.inject(h.data("x", ce));
  h.expect_silence();
  h.advance(Duration::milliseconds(100));
  EXPECT_TRUE(h.expect_sent().has(Flags::ece));
}

}  // namespace
}  // namespace linnet::tcp::test
