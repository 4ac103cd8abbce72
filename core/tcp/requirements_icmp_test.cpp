// SPDX-License-Identifier: Apache-2.0
// What ICMP tells a connection, by requirement of RFC 9293 3.9.2.2; and what IP is told: time to live and
// Differentiated Services field, 3.9.2 and 3.9.1.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

/// An ICMP error about our segment that begins at `seq`.
std::vector<std::uint8_t> error_about(const Harness& h, std::uint8_t type, std::uint8_t code, std::uint32_t seq) {
  std::vector<std::uint8_t> m(8 + 20 + 8);
  m[0] = type;
  m[1] = code;
  m[8] = 0x45;
  store16(m.data() + 10, 1500);
  m[16] = 64;
  m[17] = ip::protocol::tcp;
  store32(m.data() + 20, Harness::our_address.v4_value());
  store32(m.data() + 24, Harness::peer_address.v4_value());
  Checksum quoted;
  quoted.add(Bytes(m).subspan(8, 20));
  store16(m.data() + 18, quoted.finish());
  store16(m.data() + 28, h.our_port);
  store16(m.data() + 30, h.peer_port);
  store32(m.data() + 32, seq);
  Checksum sum;
  sum.add(m);
  store16(m.data() + 2, sum.finish());
  return m;
}

void tell(Harness& h, std::uint8_t type, std::uint8_t code, std::uint32_t seq) {
  h.deliver_payload(ip::protocol::icmp, error_about(h, type, code, seq));
  h.poll();
}

TEST(RequirementsIcmp, RFC9293_MUST_47_MUST_54_SHLD_25_errors_reach_the_connection_that_they_are_about) {
  Harness h;
  const auto c = h.accept();
  h.write(c, "data");
  tell(h, 3, 1, h.our_nxt);
  EXPECT_EQ(h.tcp.take_soft_error(c), Error::host_unreachable);
  EXPECT_EQ(h.tcp.take_soft_error(c), Error::none);  // told once
  tell(h, 3, 0, h.our_nxt);
  EXPECT_EQ(h.tcp.take_soft_error(c), Error::net_unreachable);
  tell(h, 3, 5, h.our_nxt);
  EXPECT_EQ(h.tcp.take_soft_error(c), Error::host_unreachable);
  // Another connection's, or about nothing that is on its way (RFC 5927 4).
  h.our_port = 81;
  tell(h, 3, 1, h.our_nxt);
  h.our_port = 80;
  tell(h, 3, 1, h.our_nxt + 4);
  tell(h, 3, 1, h.our_nxt - 1);
  EXPECT_EQ(h.tcp.take_soft_error(c), Error::none);
}

TEST(RequirementsIcmp, RFC9293_MUST_56_soft_errors_do_not_abort) {
  struct Message {
    std::uint8_t type;
    std::uint8_t code;
  };
  for (const Message& m : {Message{3, 0}, Message{3, 1}, Message{3, 5}, Message{11, 0}, Message{11, 1}, Message{12, 0}}) {
    Harness h;
    const auto c = h.accept();
    h.write(c, "data");
    h.discard_sent();
    tell(h, m.type, m.code, h.our_nxt);
    EXPECT_EQ(h.state(c), State::established) << int{m.type} << '/' << int{m.code};
    EXPECT_EQ(h.tcp.take_error(c), Error::none);
    h.advance(Duration::seconds(2));
    EXPECT_EQ(h.expect_sent().data, "data");  // it goes on trying
    Harness opening;
    const auto attempt = opening.connect();
    tell(opening, m.type, m.code, opening.our_iss);
    EXPECT_EQ(opening.state(attempt), State::syn_sent) << int{m.type} << '/' << int{m.code};
  }
}

TEST(RequirementsIcmp, RFC9293_MUST_55_source_quench_is_discarded_silently) {
  Harness h;
  const auto c = h.accept();
  h.write(c, "data");
  h.discard_sent();
  const std::uint32_t window = h.tcp.status(c)->congestion_window;
  tell(h, 4, 0, h.our_nxt);
  h.expect_silence();
  EXPECT_EQ(h.tcp.status(c)->congestion_window, window);
  EXPECT_EQ(h.tcp.take_soft_error(c), Error::none);
  EXPECT_EQ(h.state(c), State::established);
}

TEST(RequirementsIcmp, RFC9293_SHLD_26_hard_errors_end_only_an_attempt) {
  for (const std::uint8_t code : {2, 3}) {
    Harness opening;
    const auto attempt = opening.connect();
    tell(opening, 3, code, opening.our_iss);
    EXPECT_EQ(opening.tcp.take_error(attempt), Error::refused);
    // RFC 5927 5: an established connection has proved that the peer has the port; the message may be forged.
    Harness h;
    const auto c = h.accept();
    h.write(c, "data");
    tell(h, 3, code, h.our_nxt);
    EXPECT_EQ(h.state(c), State::established);
    EXPECT_EQ(h.tcp.take_soft_error(c), Error::refused);
  }
}

TEST(RequirementsIcmp, RFC1122_4_2_3_9_an_error_says_why_the_connection_timed_out) {
  Harness h;
  const auto c = h.accept();
  h.write(c, "data");
  tell(h, 3, 1, h.our_nxt);
  h.advance(Duration::seconds(1200));
  EXPECT_EQ(h.tcp.take_error(c), Error::host_unreachable);
}

struct Marks {
  std::uint8_t ttl;
  std::uint8_t traffic_class;
};

/// The IP headers of all that was sent since.
std::vector<Marks> take_marks(Harness& h) {
  std::vector<Marks> marks;
  for (const auto& frame : h.link.frames) marks.push_back({frame[8], frame[1]});
  h.discard_sent();
  return marks;
}

TEST(RequirementsIcmp, RFC9293_MUST_48_MUST_49_SHLD_22_every_segment_carries_the_ttl_and_the_diffserv_field) {
  Harness h;
  const Options marked{.ttl = 9, .traffic_class = 0xb8};
  const auto check = [&](std::size_t at_least) {
    const auto marks = take_marks(h);
    EXPECT_GE(marks.size(), at_least);
    for (const Marks& m : marks) {
      EXPECT_EQ(m.ttl, 9);
      EXPECT_EQ(m.traffic_class, 0xb8);
    }
  };
  // Passive: SYN-ACK, data, a bare ACK, one with SACK blocks, a reset.
  const auto listener = h.listen(80, 8, marked);
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1460, -1, true)});
  const std::uint32_t iss = load32(h.link.frames.front().data() + 24);
  check(1);
  h.inject({.seq = h.peer_iss + 1, .ack = iss + 1, .flags = Flags::ack, .data = "x"});
  check(1);
  h.inject({.seq = h.peer_iss + 100, .ack = iss + 1, .flags = Flags::ack, .data = "gap"});
  check(1);
  h.inject({.seq = h.peer_iss + 2, .ack = iss + 1, .flags = Flags::rst | Flags::ack});
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .remote_port = 9});
  check(1);
  h.inject({.seq = h.peer_iss - 9, .ack = 1, .flags = Flags::ack, .remote_port = 9});  // in SYN-RECEIVED, unacceptable
  check(1);
  // Active: SYN, its retransmission, ACK, FIN.
  h.peer_port = 4321;
  const auto c = h.tcp.connect({}, {Harness::peer_address, 4321}, marked, h.now);
  ASSERT_TRUE(c.ok());
  h.our_port = h.tcp.status(*c)->local.port;
  const std::uint32_t ours = load32(h.link.frames.front().data() + 24);
  h.advance(Duration::milliseconds(1500));
  check(2);
  h.inject({.seq = 700, .ack = ours + 1, .flags = Flags::syn | Flags::ack, .options = syn_options(1460)});
  EXPECT_TRUE(h.tcp.shutdown_send(*c, h.now).ok());
  check(2);
  // The acknowledgment of TIME-WAIT.
  h.inject({.seq = 701, .ack = ours + 2, .flags = Flags::fin | Flags::ack});
  ASSERT_EQ(h.state(*c), State::time_wait);
  check(1);
  h.inject({.seq = 701, .ack = ours + 2, .flags = Flags::fin | Flags::ack});
  check(1);
  // ABORT.
  h.tcp.close(listener, h.now);
  take_marks(h);
  h.peer_port = 4000;
  const auto aborted = h.accept(syn_options(1460), marked);
  h.tcp.abort(aborted, h.now);
  check(1);
}

TEST(RequirementsIcmp, RFC9293_SHLD_21_the_diffserv_field_may_change_on_the_way) {
  Harness h;
  const auto c = h.accept();
  h.write(c, "a");
  h.tcp.set_options(c, {.no_delay = true, .traffic_class = 0x20}, h.now);
  h.write(c, "b");
  const auto marks = take_marks(h);
  ASSERT_EQ(marks.size(), 2u);
  EXPECT_EQ(marks[0].traffic_class, 0);
  EXPECT_EQ(marks[1].traffic_class, 0x20);
}

}  // namespace
}  // namespace linnet::tcp::test
