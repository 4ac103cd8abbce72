// SPDX-License-Identifier: Apache-2.0
// By a prefix that we are given later, a peer's address may be that of everybody on the link: TCP is between
// two hosts (RFC 9293 3.9.2.3, MUST-57). Found by the simulator.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

constexpr IpAddress peer = IpAddress::v4(10, 0, 0, 7);

/// 10.0.0.7 is the broadcast address of 10.0.0.0/29.
void become_broadcast(Harness& h) {
  ASSERT_TRUE(h.ip.add_address(h.interface, {IpAddress::v4(10, 0, 0, 6), 29}, false, h.now));
  h.discard_sent();
}

TEST(TcpPeerBecomesBroadcast, C19_02_its_handshake_is_not_gone_on_with) {
  Harness h;
  h.from = peer;
  h.listen(80);
  const Wire syn{.seq = 1000, .flags = Flags::syn, .options = syn_options(1460)};
  h.inject(syn);
  EXPECT_TRUE(h.expect_sent().has(Flags::syn));
  become_broadcast(h);
  h.advance(Duration::seconds(200));
  h.expect_silence();
  EXPECT_TRUE(h.pool.full());
}

TEST(TcpPeerBecomesBroadcast, C19_02_its_connection_sends_nothing_and_ends) {
  for (const bool sending : {false, true}) {
    Harness h;
    h.from = peer;
    Options user;
    user.keepalive = true;
    user.keepalive_idle = Duration::seconds(10);
    const auto c = h.accept(syn_options(1460), user);
    if (sending) {
      ASSERT_EQ(h.write(c, std::string(4000, 'x')), 4000u);
    }
    become_broadcast(h);
    ASSERT_EQ(h.write(c, "more"), 4u);
    h.advance(Duration::seconds(15));
    h.expect_silence();
    EXPECT_EQ(h.state(c), State::closed);
    EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
    h.tcp.close(c, h.now);
    EXPECT_TRUE(h.pool.full());
  }
}

}  // namespace
}  // namespace linnet::tcp::test
