// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.7.4, second step: what a reset tells the user once both sides have said that they have no
// more to send.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

struct Outstanding {
  const char* what;
  std::size_t queued;    // bytes that the user gave before it closed
  std::uint16_t window;  // of the peer: how many of them can leave
  bool fin_leaves;
};

// With data that was never sent the RFC would still be in CLOSE-WAIT or FIN-WAIT-1 (3.10.4: CLOSE waits until
// all SENDs are segmentized), where users are told. Where all was sent, "CLOSED" alone would say that it was
// received (3.6).
constexpr Outstanding outstanding[] = {{"data that was not sent, with the FIN behind it", 3000, 1000, false},
                                       {"data and FIN that were sent", 1000, 65535, true},
                                       {"the FIN alone", 0, 65535, true}};

void expect_told(Harness& h, ConnectionHandle c) {
  h.inject({.seq = h.peer_nxt, .flags = Flags::rst});
  h.expect_silence();
  EXPECT_EQ(h.state(c), State::closed);
  const Readiness ready = h.tcp.readiness(c);
  EXPECT_TRUE(ready.error && ready.hangup);
  EXPECT_EQ(h.read(c), "") << "what the peer sent had ended before";
  EXPECT_EQ(h.tcp.take_error(c), Error::reset);
  EXPECT_EQ(h.tcp.take_error(c), Error::none) << "told once";
  EXPECT_EQ(h.tcp.status(c)->send_queue, 0u) << "all segment queues are flushed";
  h.advance(Duration::seconds(300));
  h.expect_silence();  // neither FIN nor data is sent again
  h.tcp.close(c, h.now);
  h.expect_silence();
  EXPECT_EQ(h.digest(), h.fresh);
  EXPECT_TRUE(h.pool.full());
}

TEST(TcpReset, RFC9293_3_10_7_4_in_LAST_ACK_the_user_is_told_that_not_all_was_acknowledged) {
  for (const Outstanding& row : outstanding) {
    SCOPED_TRACE(row.what);
    Harness h;
    const auto c = h.accept(syn_options(1460), {}, row.window);
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::fin | Flags::ack, .window = row.window});
    h.peer_nxt += 1;
    EXPECT_EQ(h.write(c, std::string(row.queued, 'x')), row.queued);
    ASSERT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
    h.poll();
    ASSERT_EQ(h.state(c), State::last_ack);
    bool fin = false;
    while (const auto wire = h.sent()) fin = fin || wire->has(Flags::fin);
    ASSERT_EQ(fin, row.fin_leaves);
    expect_told(h, c);
  }
}

TEST(TcpReset, RFC9293_3_10_7_4_in_CLOSING_the_user_is_told_that_not_all_was_acknowledged) {
  for (const Outstanding& row : outstanding) {
    SCOPED_TRACE(row.what);
    Harness h;
    const auto c = h.accept(syn_options(1460), {}, row.window);
    EXPECT_EQ(h.write(c, std::string(row.queued, 'x')), row.queued);
    ASSERT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::fin | Flags::ack, .window = row.window});
    h.peer_nxt += 1;
    ASSERT_EQ(h.state(c), State::closing);
    h.discard_sent();
    expect_told(h, c);
  }
}

TEST(TcpReset, RFC9293_3_10_7_4_an_acknowledged_FIN_leaves_nothing_to_tell) {
  Harness h;
  const auto c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::fin | Flags::ack});
  h.peer_nxt += 1;
  ASSERT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.inject(h.ack_of(h.our_nxt + 1));
  h.discard_sent();
  ASSERT_EQ(h.state(c), State::closed);
  h.inject({.seq = h.peer_nxt, .flags = Flags::rst});  // of no connection any more
  h.expect_silence();
  EXPECT_FALSE(h.tcp.readiness(c).error);
  EXPECT_EQ(h.tcp.take_error(c), Error::none);
  h.tcp.close(c, h.now);
  EXPECT_EQ(h.digest(), h.fresh);
}

}  // namespace
}  // namespace linnet::tcp::test
