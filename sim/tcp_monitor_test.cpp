// SPDX-License-Identifier: Apache-2.0
// The monitor counts what it sees, and refuses traces that break the rules of states, options and resets.
#include "sim/test_tcp_trace.hpp"

namespace linnet::sim::test {
namespace {

using namespace tcp_flag;

TEST(TcpMonitor, accepts_a_short_connection_and_counts_its_cells) {
  Trace t;
  t.out(data(1, 100)).in(bare(1, 101)).turn().in(data(1, 200, 101)).out(bare(101, 201)).turn();
  t.out({.flags = ack | fin, .seq = 101, .acks = 201})
      .in({.flags = ack | fin, .seq = 201, .acks = 102})
      .out(bare(102, 202));
  EXPECT_EQ(t.rule(), "") << t.text();
  const auto cell = [&](TcpState state, TcpEvent event) {
    return t.monitor().cells()[static_cast<std::size_t>(state)][static_cast<std::size_t>(event)];
  };
  EXPECT_EQ(cell(TcpState::syn_sent, TcpEvent::receive_syn_ack), 1u);
  EXPECT_EQ(cell(TcpState::established, TcpEvent::receive_data), 1u);
  EXPECT_EQ(cell(TcpState::established, TcpEvent::send_fin), 1u);
  EXPECT_EQ(cell(TcpState::fin_wait_1, TcpEvent::receive_fin), 1u);
  EXPECT_EQ(cell(TcpState::time_wait, TcpEvent::send_ack), 1u);
}

TEST(TcpMonitor, a_corrupted_frame_was_not_received) {
  Trace t;
  std::vector<std::uint8_t> damaged = packet_of(data(1, 100), false);
  damaged.back() ^= 1;
  t.monitor().received(damaged, Instant::from_microseconds(2000000));
  EXPECT_EQ(t.out(bare(1, 101)).rule(), "RFC9293.3.4.ack");
}

TEST(TcpMonitor, MUST_2_a_sent_checksum_is_right) {
  Trace t;
  std::vector<std::uint8_t> damaged = packet_of(data(1, 100), true);
  damaged.back() ^= 1;
  t.monitor().sent(damaged, Instant::from_microseconds(2000000));
  EXPECT_EQ(t.rule(), "RFC9293.MUST-2");
}

TEST(TcpMonitor, what_no_state_sends) {
  EXPECT_EQ(Trace::empty().out(data(1, 10)).rule(), "RFC9293.3.10");
  Trace reset;
  reset.out({.flags = rst | ack}).out(data(1, 10));
  EXPECT_EQ(reset.rule(), "RFC9293.3.10");
  Trace server = Trace::empty();  // no data before the handshake is over
  server.in({.flags = syn, .seq = 0}).out({.flags = syn | ack, .seq = 0}).out(data(1, 10));
  EXPECT_EQ(server.rule(), "RFC9293.3.10");
  Trace closed;
  closed.out({.flags = ack | fin, .seq = 1})
      .in(bare(1, 2))
      .in({.flags = ack | fin, .seq = 1, .acks = 2})
      .out(bare(2, 2))
      .turn();
  EXPECT_EQ(closed.rule(), "");
  EXPECT_EQ(closed.out({.flags = ack | fin, .seq = 1, .acks = 2}).rule(), "RFC9293.3.8.1")
      << "TIME-WAIT sends no FIN";
  Trace early;  // a FIN is acknowledged before it came
  early.in(data(1, 10));
  EXPECT_EQ(early.out(bare(1, 12)).rule(), "RFC9293.3.4.ack");
}

TEST(TcpMonitor, options_are_those_agreed_upon) {
  Trace server = Trace::empty();
  server.in({.flags = syn, .seq = 0});
  EXPECT_EQ(server.out({.flags = syn | ack, .seq = 0, .scale = 2}).rule(), "RFC7323.2.2");
  Segment times = data(1, 10);
  times.times = {502, 100};
  EXPECT_EQ(Trace().out(times).rule(), "RFC7323.3.2.unasked");
  EXPECT_EQ(Trace({.times = true}).out(data(1, 10)).rule(), "RFC7323.3.2.missing");
  EXPECT_EQ(Trace().in(data(11, 10)).out({.sack = {{11, 21}}}).rule(), "RFC2018.2");
}

TEST(TcpMonitor, resets) {
  EXPECT_EQ(Trace().out(data(1, 100)).out({.flags = rst | ack, .seq = 50}).rule(), "RFC9293.3.5.2");
  EXPECT_EQ(Trace::empty().in(data(1, 100, 7)).out({.flags = rst, .seq = 8}).rule(), "RFC9293.3.5.2");
  EXPECT_EQ(Trace::empty().in(data(1, 100, 7)).out({.flags = rst, .seq = 7}).rule(), "");
  Trace blind;  // not RCV.NXT: the connection goes on
  blind.in({.flags = rst, .seq = 50}).in(bare(1, 1)).out({.flags = rst, .seq = 1});
  EXPECT_EQ(blind.rule(), "RFC9293.3.5.2.reason");
  Trace exact;
  exact.in({.flags = rst, .seq = 1}).in(bare(1, 1)).out({.flags = rst, .seq = 1});
  EXPECT_EQ(exact.rule(), "") << exact.text();
  EXPECT_EQ(Trace().in({.flags = rst, .seq = 50}).turn().rule(), "RFC5961.3.2");
  EXPECT_EQ(Trace().in({.flags = rst, .seq = 50}).out(bare(1, 1)).turn().rule(), "");
  EXPECT_EQ(Trace().in({.flags = syn, .seq = 70}).turn().rule(), "RFC5961.4.2");
  EXPECT_EQ(Trace().in({.flags = syn, .seq = 70}).out({.flags = syn | ack, .seq = 500, .acks = 71}).rule(),
            "RFC5961.4.2.isn");
}

TEST(TcpMonitor, a_violation_tells_the_rule_the_connection_and_its_segments) {
  Trace t;
  t.in(data(1, 10)).out(bare(1, 12));
  EXPECT_NE(t.text().find("only what was received is acknowledged"), std::string::npos);
  EXPECT_NE(t.text().find("10.0.0.1 port 2000 -> 10.0.0.2 port 80"), std::string::npos);
  EXPECT_NE(t.text().find("seq 1 ack 12 len 0"), std::string::npos);
}

}  // namespace
}  // namespace linnet::sim::test
