// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.8.6.1: a peer's window that is closed, and what is left to say when it is: data, a FIN, or both.
#include <gtest/gtest.h>

#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

TEST(ClosedWindow, RFC9293_3_8_6_1_a_FIN_alone_waits_and_is_probed_for) {
  Harness h;
  const ConnectionHandle c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.expect_silence();
  h.advance(Duration::milliseconds(300));
  Wire probe = h.expect_sent();
  EXPECT_EQ(probe.seq, h.our_nxt - 1);  // an old number: the answer tells the window
  EXPECT_FALSE(probe.has(Flags::fin));
  EXPECT_TRUE(probe.data.empty());
  EXPECT_EQ(h.tcp.status(c)->probes, 1);
  h.discard_sent();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 100});
  const Wire fin = h.expect_sent();
  EXPECT_TRUE(fin.has(Flags::fin));
  EXPECT_EQ(fin.seq, h.our_nxt);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::ack, .window = 100});
  EXPECT_EQ(h.state(c), State::fin_wait_2);
}

TEST(ClosedWindow, RFC9293_3_8_6_1_a_FIN_does_not_fit_a_window_that_data_fills) {
  Harness h;
  const ConnectionHandle c = h.accept(syn_options(1460), {.no_delay = true}, 3);
  EXPECT_EQ(h.write(c, "abc"), 3u);
  EXPECT_EQ(h.expect_sent().data, "abc");
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.expect_silence();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 3, .flags = Flags::ack, .window = 3});
  EXPECT_TRUE(h.expect_sent().has(Flags::fin));
}

TEST(ClosedWindow, RFC9293_MUST_37_data_in_flight_is_asked_for_as_long_as_the_peer_answers) {
  Harness h;
  const ConnectionHandle c = h.accept();
  EXPECT_EQ(h.write(c, "abc"), 3u);
  h.discard_sent();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  for (int i = 0; i < 300; ++i) {  // more often than any count of attempts
    h.advance(Duration::seconds(70));
    ASSERT_FALSE(h.link.frames.empty()) << i;
    h.discard_sent();
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  }
  EXPECT_EQ(h.state(c), State::established);
  EXPECT_EQ(h.tcp.status(c)->timeouts, 255);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 100});
  h.advance(Duration::seconds(70));
  EXPECT_EQ(h.expect_sent().data, "abc");
}

TEST(ClosedWindow, RFC9293_MUST_37_unsent_data_is_probed_for_as_long_as_the_peer_answers) {
  Harness h({.tcp = {.bare_window_probes = true}});
  const ConnectionHandle c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  EXPECT_EQ(h.write(c, "abc"), 3u);
  for (int i = 0; i < 300; ++i) {
    h.advance(Duration::seconds(70));
    ASSERT_TRUE(h.expect_sent().data.empty()) << i;
    h.discard_sent();
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  }
  EXPECT_EQ(h.state(c), State::established);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 100});
  EXPECT_EQ(h.expect_sent().data, "abc");
}

TEST(ClosedWindow, RFC9293_3_8_4_no_keepalive_probes_beside_those_of_the_window) {
  Harness h;
  const ConnectionHandle c =
      h.accept(syn_options(1460), {.keepalive = true, .keepalive_idle = Duration::seconds(3)});
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  EXPECT_EQ(h.write(c, "abc"), 3u);
  for (int i = 0; i < 20; ++i) {
    h.advance(Duration::seconds(5));
    while (const auto wire = h.sent()) EXPECT_NE(wire->seq, h.our_nxt - 1) << "a keep-alive probe";
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  }
  EXPECT_EQ(h.state(c), State::established);
}

TEST(ClosedWindow, RFC9293_3_8_4_keepalive_that_is_switched_off_asks_no_more) {
  Harness h;
  const ConnectionHandle c =
      h.accept(syn_options(1460), {.keepalive = true, .keepalive_idle = Duration::seconds(3)});
  h.advance(Duration::seconds(4));
  EXPECT_EQ(h.expect_sent().seq, h.our_nxt - 1);
  h.tcp.set_options(c, {}, h.now);
  h.advance(Duration::seconds(10000));
  h.expect_silence();
  EXPECT_EQ(h.state(c), State::established);
}

TEST(ClosedWindow, RFC9293_3_8_6_a_FIN_at_the_edge_of_our_own_window_is_taken) {
  Harness h;
  const ConnectionHandle c = h.accept(syn_options(1460), {.receive_buffer = 100});
  const std::uint32_t window = h.tcp.status(c)->receive_window;
  h.inject({.seq = h.peer_nxt,
            .ack = h.our_nxt,
            .flags = Flags::ack | Flags::fin,
            .data = std::string(window, 'x')});
  EXPECT_EQ(h.state(c), State::close_wait);
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + window + 1);
  EXPECT_EQ(h.read(c), std::string(window, 'x'));
}

TEST(ClosedWindow, a_segment_of_more_pieces_than_a_frame_points_at_is_shorter) {
  Harness h({.blocks = {.small_size = 64, .small_count = 512}});
  const ConnectionHandle c = h.accept(syn_options(1460), {.no_delay = true});
  const std::string text(1460, 'x');
  const std::size_t taken = h.write(c, text);
  EXPECT_GT(taken, 400u);
  std::string seen;
  while (seen.size() < taken) {
    const auto wire = h.sent();
    if (!wire) {
      h.inject(h.ack_of(h.our_nxt + static_cast<std::uint32_t>(seen.size())));
      ASSERT_FALSE(h.link.frames.empty());
      continue;
    }
    EXPECT_EQ(wire->seq, h.our_nxt + seen.size());
    EXPECT_EQ(wire->has(Flags::psh), seen.size() + wire->data.size() == taken);
    seen += wire->data;
  }
}

}  // namespace
}  // namespace linnet::tcp::test
