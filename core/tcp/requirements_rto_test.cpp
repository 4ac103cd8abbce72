// SPDX-License-Identifier: Apache-2.0
// RFC 6298 by rule, and what RFC 9293 3.8.1 and 3.8.3 ask of retransmission and of giving up.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

/// One measurement in each round trip, as RFC 6298 3 has it.
class Samples : public RoundTripTime {
 public:
  explicit Samples(const Config& config) : RoundTripTime(config) {}
  void sample(Duration rtt, const Config& config) {
    RoundTripTime::sample(rtt, una_, una_ + 1000u, config, Instant::from_microseconds(1));
    una_ += 1001u;
  }

 private:
  SequenceNumber una_;
};

TEST(RequirementsRto, RFC6298_2_1_one_second_before_the_first_measurement) {
  const Config config;
  EXPECT_EQ(RoundTripTime(config).rto(), Duration::seconds(1));
}

TEST(RequirementsRto, RFC6298_2_2_the_first_measurement) {
  const Config config;
  Samples rtt(config);
  rtt.sample(ms(800), config);
  EXPECT_EQ(rtt.smoothed(), ms(800));
  EXPECT_EQ(rtt.variation(), ms(400));
  EXPECT_EQ(rtt.rto(), ms(800 + 4 * 400));
}

TEST(RequirementsRto, RFC6298_2_3_later_measurements_in_the_order_of_the_rule) {
  const Config config;
  Samples rtt(config);
  rtt.sample(ms(800), config);
  rtt.sample(ms(1600), config);
  // RTTVAR = 3/4 * 400 + 1/4 * |800 - 1600|, with SRTT as it was; then SRTT = 7/8 * 800 + 1/8 * 1600.
  EXPECT_EQ(rtt.variation(), ms(500));
  EXPECT_EQ(rtt.smoothed(), ms(900));
  EXPECT_EQ(rtt.rto(), ms(900 + 4 * 500));
  rtt.sample(ms(100), config);
  EXPECT_EQ(rtt.variation(), ms(575));
  EXPECT_EQ(rtt.smoothed(), ms(800));
}

TEST(RequirementsRto, RFC6298_4_a_variation_of_nothing_still_leaves_a_distance) {
  const Config config;
  Samples rtt(config);
  for (int i = 0; i < 200; ++i) rtt.sample(ms(100), config);
  EXPECT_LT(rtt.variation(), ms(1));
  EXPECT_GE(rtt.rto(), rtt.smoothed() + config.minimum_rto);
}

TEST(RequirementsRto, RFC6298_2_5_5_5_the_timer_doubles_up_to_sixty_seconds) {
  const Config config;
  Samples rtt(config);
  rtt.sample(ms(800), config);
  Duration expected = ms(2400);
  for (int i = 0; i < 10; ++i) {
    rtt.back_off(config);
    expected = std::min(expected * 2, Duration::seconds(60));
    EXPECT_EQ(rtt.rto(), expected);
  }
  rtt.sample(ms(800), config);  // the note after 5.7: a measurement ends the back-off
  EXPECT_LT(rtt.rto(), Duration::seconds(3));
}

/// An established connection whose peer answers a segment 300 ms after it was sent.
struct Measured {
  Harness h;
  ConnectionHandle c;
  Measured() : c(h.accept()) {
    exchange("first", ms(300));
    rto = h.tcp.status(c)->retransmission_timeout;
  }
  void exchange(std::string_view text, Duration rtt) {
    h.write(c, text);
    h.advance(rtt);
    h.discard_sent();
    h.our_nxt += static_cast<std::uint32_t>(text.size());
    h.inject(h.ack_of(h.our_nxt));
    h.discard_sent();
  }
  Duration rto;
};

TEST(RequirementsRto, RFC6298_3_a_measurement_each_round_trip) {
  Measured m;
  Duration before = m.h.tcp.status(m.c)->smoothed_rtt;
  for (int i = 0; i < 5; ++i) {
    m.exchange("again", ms(250));
    const Duration now = m.h.tcp.status(m.c)->smoothed_rtt;
    EXPECT_GT(now, before) << i;
    before = now;
  }
}

TEST(RequirementsRto, RFC6298_5_never_earlier_than_the_rto_and_5_2_off_when_all_is_acknowledged) {
  Measured m;
  m.h.write(m.c, "second");
  m.h.expect_sent();
  m.h.advance(m.rto - Duration::microseconds(1));
  m.h.expect_silence();
  m.h.inject(m.h.ack_of(m.h.our_nxt + 6));
  m.h.advance(Duration::seconds(600));
  m.h.expect_silence();
}

TEST(RequirementsRto, RFC6298_5_3_new_data_acknowledged_restarts_the_timer) {
  Measured m;
  m.h.tcp.set_options(m.c, {.no_delay = true}, m.h.now);
  m.h.write(m.c, "one");
  m.h.write(m.c, "two");
  m.h.discard_sent();
  m.h.advance(m.rto - ms(50));
  m.h.inject(m.h.ack_of(m.h.our_nxt + 3));
  m.h.advance(ms(250));  // the timer of "two" alone would have expired
  m.h.expect_silence();
  // Acknowledging nothing new does not restart it (RFC 2525 2.8).
  const Duration rto = m.h.tcp.status(m.c)->retransmission_timeout;
  m.h.inject(m.h.ack_of(m.h.our_nxt + 3));
  m.h.discard_sent();
  m.h.advance(rto - ms(250) - Duration::microseconds(1));
  m.h.expect_silence();
  m.h.advance(Duration::microseconds(1));
  EXPECT_EQ(m.h.expect_sent().data, "two");
}

TEST(RequirementsRto, RFC6298_5_4_the_earliest_unacknowledged_segment_goes_first) {
  Measured m;
  m.h.write(m.c, std::string(1460, 'a') + std::string(1460, 'b') + std::string(1460, 'c'));
  m.h.discard_sent();
  m.h.inject(m.h.ack_of(m.h.our_nxt + 1460));
  m.h.discard_sent();
  m.h.advance(Duration::seconds(3));
  const Wire again = m.h.expect_sent();
  EXPECT_EQ(again.seq, m.h.our_nxt + 1460);
  EXPECT_EQ(again.data.substr(0, 4), "bbbb");
}

TEST(RequirementsRto, RFC9293_3_8_1_small_segments_are_sent_again_as_one) {
  Measured m;
  Options options = *m.h.tcp.options(m.c);
  options.no_delay = true;
  m.h.tcp.set_options(m.c, options, m.h.now);
  for (const char* piece : {"a", "bc", "def"}) {
    m.h.write(m.c, piece);
    m.h.advance(ms(1));
  }
  EXPECT_EQ(m.h.expect_sent().data, "a");
  EXPECT_EQ(m.h.expect_sent().data, "bc");
  EXPECT_EQ(m.h.expect_sent().data, "def");
  m.h.advance(m.h.tcp.status(m.c)->retransmission_timeout);
  const Wire again = m.h.expect_sent();
  EXPECT_EQ(again.seq, m.h.our_nxt);
  EXPECT_EQ(again.data, "abcdef");
}

TEST(RequirementsRto, RFC6298_5_7_three_seconds_after_a_SYN_that_timed_out) {
  Harness h;
  const auto c = h.connect();
  h.advance(ms(1500));
  EXPECT_EQ(h.expect_sent().flags, Flags::syn);
  h.inject({.seq = h.peer_iss, .ack = h.our_nxt, .flags = Flags::syn | Flags::ack, .options = syn_options(1460)});
  EXPECT_EQ(h.tcp.status(c)->retransmission_timeout, Duration::seconds(3));
}

TEST(RequirementsRto, RFC6298_5_7_three_seconds_after_a_SYN_ACK_that_timed_out) {
  Harness h;
  const auto listener = h.listen(80);
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1460)});
  const Wire reply = h.expect_sent();
  h.advance(ms(1500));
  EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack);
  h.inject({.seq = h.peer_iss + 1, .ack = reply.seq + 1, .flags = Flags::ack});
  const auto c = h.tcp.accept(listener);
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ(h.tcp.status(*c)->retransmission_timeout, Duration::seconds(3));
}

TEST(RequirementsRto, RFC9293_SHLD_11_R2_is_at_least_100_seconds) {
  Harness h;
  const auto c = h.accept();
  h.write(c, "data");
  h.advance(Duration::seconds(100));
  EXPECT_EQ(h.state(c), State::established);
  h.advance(Duration::seconds(1100));
  EXPECT_EQ(h.state(c), State::closed);
}

TEST(RequirementsRto, RFC9293_MUST_22_a_SYN_is_retransmitted_with_back_off_and_its_end_is_told) {
  Harness h;
  const auto c = h.connect();
  std::vector<Instant> sent{h.now};
  while (h.state(c) == State::syn_sent) {
    h.advance(ms(10));
    while (h.sent()) sent.push_back(h.now);
  }
  ASSERT_GE(sent.size(), 4u);
  for (std::size_t i = 2; i < 5; ++i) EXPECT_EQ(sent[i] - sent[i - 1], (sent[i - 1] - sent[i - 2]) * 2);
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
}

TEST(RequirementsRto, RFC9293_MUST_19_slow_start_and_then_congestion_avoidance) {
  HarnessOptions options;
  options.tcp.send_buffer = 200000;
  options.tcp.forward_rto = false;  // what is acknowledged below was sent once: it would prove the timeout spurious
  options.tcp.path_mtu_probing = PathMtuProbing::off;  // the size of the segments is what is counted in
  options.blocks.small_count = 400;
  Harness h(options);
  const auto c = h.accept();
  h.write(c, std::string(100000, 'a'));
  h.advance(Duration::seconds(3));  // all of the initial window is lost: ssthresh is half of it, cwnd one segment
  const auto window = [&] { return h.tcp.status(c)->congestion_window; };
  EXPECT_EQ(window(), 1460u);
  const std::uint32_t threshold = h.tcp.status(c)->slow_start_threshold;
  EXPECT_GE(threshold, 2u * 1460);
  EXPECT_LT(threshold, 14600u);
  std::uint32_t acked = h.our_nxt;
  int rounds = 0;
  bool avoided = false;
  while (acked < h.our_nxt + 60000) {  // each round acknowledges what its window let out, a segment at a time
    h.discard_sent();
    const std::uint32_t before = window();
    const std::uint32_t flight = before / 1460;
    for (std::uint32_t i = 0; i < flight; ++i) {
      acked += 1460;
      h.advance(ms(10));
      h.inject(h.ack_of(acked));
    }
    const std::uint32_t growth = window() - before;
    EXPECT_LE(growth, before) << "never more than doubled";
    if (before < threshold / 2) {
      EXPECT_EQ(growth, before) << "slow start";
    }
    if (before > threshold) {
      EXPECT_LE(growth, before / 2) << "congestion avoidance";
      avoided = true;
    }
    ++rounds;
  }
  EXPECT_TRUE(avoided);
  EXPECT_GT(rounds, 5);
}

}  // namespace
}  // namespace linnet::tcp::test
