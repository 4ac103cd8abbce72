// SPDX-License-Identifier: Apache-2.0
// The monitor refuses traces whose sender breaks one rule each.
#include "sim/test_tcp_trace.hpp"

namespace linnet::sim::test {
namespace {

using namespace tcp_flag;

TEST(TcpMonitor, the_stream) {
  Segment other = data(1, 100);
  other.fill = 1;
  EXPECT_EQ(Trace().out(data(1, 100)).wait(300).out(other).rule(), "RFC2525.2.4");
  EXPECT_EQ(Trace().out(data(1, 100)).wait(300).out(data(1, 100)).rule(), "");
  EXPECT_EQ(Trace().out(data(2, 100)).rule(), "RFC9293.3.4.seq");
  EXPECT_EQ(Trace().out(bare(2, 1)).rule(), "RFC9293.3.10.7.4.seq");
  EXPECT_EQ(Trace().out(data(1, 100)).out(bare(1, 1)).rule(), "RFC9293.3.10.7.4.seq");
  EXPECT_EQ(Trace().out({.flags = ack | fin}).out(data(2, 10)).rule(), "RFC9293.3.6.data");
  EXPECT_EQ(Trace()
                .out(data(1, 10))
                .out({.flags = ack | fin, .seq = 11})
                .wait(300)
                .out({.flags = ack | fin, .seq = 10})
                .rule(),
            "RFC9293.3.6.fin");
  EXPECT_EQ(Trace::empty().out({.flags = syn, .seq = 0, .length = 10}).rule(), "RFC9293.3.5.data");
}

TEST(TcpMonitor, limits_of_what_is_sent) {
  EXPECT_EQ(Trace({.peer_window = 500}).out(data(1, 501)).rule(), "RFC9293.3.8.6");
  EXPECT_EQ(Trace({.peer_window = 500}).out(data(1, 500)).rule(), "");
  EXPECT_EQ(Trace({.peer_window = 500}).out(data(1, 500)).out(data(501, 1)).rule(), "") << "a probe";
  EXPECT_EQ(Trace().out(data(1, 1001)).rule(), "RFC9293.MUST-16");
  EXPECT_EQ(Trace({.mss = std::nullopt}).out(data(1, 537)).rule(), "RFC9293.MUST-16")
      << "MUST-15: 536 without the option";
  Segment with_times = data(1, 989);
  with_times.times = {502, 100};
  EXPECT_EQ(Trace({.times = true}).out(with_times).rule(), "RFC9293.MUST-16")
      << "RFC 2525 2.18: less the options";
}

TEST(TcpMonitor, timers) {
  Trace syn_soon = Trace::empty();
  syn_soon.out({.flags = syn, .seq = 0}).wait(500).out({.flags = syn, .seq = 0});
  EXPECT_EQ(syn_soon.rule(), "RFC6298.2.1");
  Trace syn_flat = Trace::empty();
  syn_flat.out({.flags = syn, .seq = 0})
      .wait(1000)
      .out({.flags = syn, .seq = 0})
      .wait(1000)
      .out({.flags = syn, .seq = 0});
  EXPECT_EQ(syn_flat.rule(), "RFC6298.5.5");
  Trace two_answers = Trace::empty();
  two_answers.in({.flags = syn, .seq = 0, .mss = 1000}).out_now({.flags = syn | ack, .seq = 0, .acks = 1});
  two_answers.wait(500).in({.flags = syn, .seq = 0, .mss = 1000});
  two_answers.out_now({.flags = syn | ack, .seq = 0, .acks = 1})
      .out_now({.flags = syn | ack, .seq = 0, .acks = 1});
  EXPECT_EQ(two_answers.rule(), "") << "two SYNs may come at once";
  EXPECT_EQ(two_answers.wait(200).out({.flags = syn | ack, .seq = 0, .acks = 1}).rule(), "RFC6298.2.1");
  Trace flat;
  flat.out(data(1, 10)).wait(300).out(data(1, 10)).wait(300).out(data(1, 10)).wait(300).out(data(1, 10));
  EXPECT_EQ(flat.rule(), "RFC6298.5.5");
  Trace doubling;
  doubling.out(data(1, 10)).wait(300).out(data(1, 10)).wait(600).out(data(1, 10)).wait(1200).out(data(1, 10));
  EXPECT_EQ(doubling.rule(), "");
  // RFC 8985 7: what an acknowledgment makes go again, then a probe of the tail, and only then a timeout.
  Trace probed;
  probed.out(data(1, 10)).wait(50).in(bare(1, 1)).out_now(data(1, 10));
  probed.wait(300).out(data(1, 10)).wait(300).out(data(1, 10)).wait(600).out(data(1, 10));
  EXPECT_EQ(probed.rule(), "");
  EXPECT_EQ(probed.wait(600).out(data(1, 10)).rule(), "RFC6298.5.5");
  Trace hasty;
  hasty.out(data(1, 10)).wait(20).out(data(1, 10)).wait(40).out(data(1, 10)).wait(90).out(data(1, 10));
  EXPECT_EQ(hasty.rule(), "RFC6298.2.4");
  Trace slow;
  slow.out(data(1, 10))
      .wait(40000)
      .out(data(1, 10))
      .wait(80000)
      .out(data(1, 10))
      .wait(160000)
      .out(data(1, 10));
  EXPECT_EQ(slow.rule(), "RFC6298.2.5");
  Trace burst;
  burst.out(data(1, 1000)).out(data(1001, 1000)).out(data(2001, 1000));
  burst.wait(300).out(data(1, 1000)).wait(600).out(data(1, 1000)).out(data(1001, 1000));
  EXPECT_EQ(burst.rule(), "RFC2525.2.14");
}

TEST(TcpMonitor, what_arrived_is_not_sent_again) {
  EXPECT_EQ(Trace().out(data(1, 100)).in(bare(1, 101)).turn().wait(300).out(data(1, 100)).rule(),
            "RFC9293.3.8.1");
  EXPECT_EQ(Trace().out(data(1, 100)).in(bare(1, 101)).wait(50).out(data(1, 100)).rule(), "")
      << "not processed yet";
  EXPECT_EQ(Trace().out(data(1, 100)).in(bare(1, 101)).wait(150).out(data(1, 100)).rule(), "RFC9293.3.8.1");
}

TEST(TcpMonitor, RFC6675_what_was_selectively_acknowledged_is_not_sent_again) {
  Trace t({.sack = true});
  t.out(data(1, 100)).out(data(101, 100)).out(data(201, 100)).in({.acks = 1, .sack = {{101, 301}}}).turn();
  t.in({.acks = 1, .sack = {{101, 301}}});
  t.out_now(data(201, 100));
  EXPECT_EQ(t.rule(), "RFC6675.5");
}

TEST(TcpMonitor, windows_of_congestion) {
  Trace first({.peer_window = 60000});
  for (int i = 0; i < 10; ++i) first.out(data(1 + i * 1000, 1000));
  EXPECT_EQ(first.rule(), "");
  EXPECT_EQ(first.out(data(10001, 1000)).out(data(11001, 1000)).rule(), "RFC6928.2");
  Trace sacked({.peer_window = 60000, .sack = true});
  for (int i = 0; i < 10; ++i) sacked.out(data(1 + i * 1000, 1000));
  sacked.in({.acks = 1, .window = 60000, .sack = {{1001, 10001}}});
  EXPECT_EQ(sacked.out(data(10001, 1000)).out(data(11001, 1000)).rule(), "");
  Trace growth({.peer_window = 60000});
  for (int i = 0; i < 10; ++i) growth.out(data(1 + i * 1000, 1000));
  growth.in(bare(1, 2001, 60000));
  for (int i = 10; i < 16; ++i) growth.out(data(1 + i * 1000, 1000));
  EXPECT_EQ(growth.rule(), "");
  EXPECT_EQ(growth.out(data(16001, 1000)).rule(), "RFC5681.3.1");
}

}  // namespace
}  // namespace linnet::sim::test
