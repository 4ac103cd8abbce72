// SPDX-License-Identifier: Apache-2.0
// The monitor refuses traces whose receiver breaks one rule each: acknowledgments, windows, timestamps and
// SACK.
#include "sim/test_tcp_trace.hpp"

namespace linnet::sim::test {
namespace {

using namespace tcp_flag;

TEST(TcpMonitor, acknowledgments) {
  EXPECT_EQ(Trace().in(data(1, 10)).out(bare(1, 12)).rule(), "RFC9293.3.4.ack");
  EXPECT_EQ(Trace().in(data(11, 10)).out(bare(1, 21)).rule(), "RFC9293.3.4.ack") << "there is a gap";
  EXPECT_EQ(Trace().in(data(1, 10)).out(bare(1, 11)).out(bare(1, 5)).rule(), "RFC9293.3.4.ack-back");
  Trace stale;
  stale.in(data(1, 10)).turn().out(data(1, 5, 1)).turn().out(bare(6, 11));
  EXPECT_EQ(stale.rule(), "RFC9293.3.10.7.4.ack");
  Trace kept_back;  // the same is right when the data came twice: the first was not taken
  kept_back.in(data(1, 10)).turn().out(data(1, 5, 1)).turn().in(data(1, 10)).out(bare(6, 11));
  EXPECT_EQ(kept_back.rule(), "") << kept_back.text();
}

TEST(TcpMonitor, SHLD_14_the_right_edge_stays) {
  EXPECT_EQ(Trace().in(data(1, 10)).out(bare(1, 11, 7980)).rule(), "RFC9293.SHLD-14");
  EXPECT_EQ(Trace().in(data(1, 10)).out(bare(1, 11, 7990)).rule(), "");
  EXPECT_EQ(Trace().in(data(1, 10)).out(bare(1, 1, 0)).rule(), "") << "without memory it may close";
}

TEST(TcpMonitor, SHLD_14_a_scaled_window_is_rounded_up) {
  const auto rule_of = [](bool rounds_up, std::uint16_t window) {
    Trace t({.scale = 2, .config = {.rounds_up = rounds_up, .steps = false}});
    return t.in(data(1, 10)).out(bare(1, 11, window)).rule();
  };
  EXPECT_EQ(rule_of(true, 7997), "RFC9293.SHLD-14");
  EXPECT_EQ(rule_of(true, 7998), "");
  EXPECT_EQ(rule_of(false, 7997), "") << "others may round down";
}

TEST(TcpMonitor, timestamps) {
  const auto with = [](Segment s, std::uint32_t value, std::uint32_t echo) {
    s.times = {value, echo};
    return s;
  };
  EXPECT_EQ(Trace({.times = true}).out(with(data(1, 10), 499, 100)).rule(), "RFC7323.4.1");
  EXPECT_EQ(Trace({.times = true}).out(with(data(1, 10), 502, 101)).rule(), "RFC7323.4.3");
  Trace behind({.times = true});  // what came out of order is not echoed
  behind.in(with(data(11, 10), 150, 501)).out(with(bare(1, 1), 502, 150));
  EXPECT_EQ(behind.rule(), "RFC7323.4.3");
  Trace old({.times = true});
  old.in(with(data(1, 10), 150, 501)).out(with(bare(1, 11), 502, 100));
  EXPECT_EQ(old.rule(), "RFC7323.4.3.old");
  EXPECT_EQ(Trace({.times = true}).in(with(data(1, 10), 150, 501)).out(with(bare(1, 11), 502, 150)).rule(),
            "");
}

TEST(TcpMonitor, acknowledgments_in_time) {
  EXPECT_EQ(Trace().in(data(1, 100)).wait(600).out(bare(1, 101)).rule(), "RFC9293.MUST-40");
  Trace stretch;
  stretch.in(data(1, 1000)).turn().in(data(1001, 1000)).turn().in(data(2001, 1000)).turn().out(bare(1, 3001));
  EXPECT_EQ(stretch.rule(), "RFC9293.SHLD-19");
  Trace batch;
  batch.in(data(1, 1000)).in(data(1001, 1000)).in(data(2001, 1000)).out(bare(1, 3001)).turn();
  EXPECT_EQ(batch.rule(), "") << "one for a batch";
  EXPECT_EQ(Trace().in(data(101, 100)).turn().rule(), "RFC5681.4.2.gap");
  EXPECT_EQ(Trace().in(data(101, 100)).out(bare(1, 1)).turn().rule(), "");
  Trace fills({.sack = true});
  fills.in(data(101, 100)).out({.sack = {{101, 201}}}).turn().in(data(1, 100)).turn();
  EXPECT_EQ(fills.rule(), "RFC5681.4.2.fill");
}

TEST(TcpMonitor, selective_acknowledgments) {
  EXPECT_EQ(Trace({.sack = true}).in(data(101, 100)).out({.sack = {{101, 202}}}).rule(), "RFC2018.3");
  EXPECT_EQ(Trace({.sack = true}).in(data(101, 100)).out({.sack = {{1, 101}}}).rule(), "RFC2018.3");
  Trace order({.sack = true});
  order.in(data(101, 100))
      .out({.sack = {{101, 201}}})
      .in(data(301, 100))
      .out({.sack = {{101, 201}, {301, 401}}});
  EXPECT_EQ(order.rule(), "RFC2018.4");
  Trace second({.sack = true});
  second.in(data(1, 100))
      .out(bare(1, 101))
      .in(data(301, 100))
      .in(data(1, 100))
      .out({.acks = 101, .sack = {{301, 401}, {1, 101}}});
  EXPECT_EQ(second.rule(), "RFC2883.4");
  Trace duplicate({.sack = true});
  duplicate.in(data(1, 100)).out(bare(1, 101)).in(data(1, 100)).out({.acks = 101, .sack = {{1, 101}}});
  EXPECT_EQ(duplicate.rule(), "") << duplicate.text();
}

}  // namespace
}  // namespace linnet::sim::test
