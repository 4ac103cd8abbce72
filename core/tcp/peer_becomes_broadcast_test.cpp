// SPDX-License-Identifier: Apache-2.0
// By a prefix that we are given later, a peer's address may be that of everybody on the link: TCP is between
// two hosts (RFC 9293 3.9.2.3, MUST-57). Found by the simulator.
#include "core/tcp/test_lost_address.hpp"

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
    expect_silent_end(h, sending, [&h] { become_broadcast(h); });
  }
}

}  // namespace
}  // namespace linnet::tcp::test
