// SPDX-License-Identifier: Apache-2.0
// What becomes of a connection one of whose two addresses is lost (C19).
#pragma once

#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {

/// Nothing more is sent, whether or not data was under way; the connection ends, and leaves nothing behind.
template <typename Lose>
void expect_silent_end(Harness& h, bool sending, Lose lose) {
  Options user;
  user.keepalive = true;
  user.keepalive_idle = Duration::seconds(10);
  const auto c = h.accept(syn_options(1460), user);
  if (sending) {
    ASSERT_EQ(h.write(c, std::string(4000, 'x')), 4000u);
  }
  lose();
  ASSERT_EQ(h.write(c, "more"), 4u);
  h.advance(Duration::seconds(15));
  h.expect_silence();
  EXPECT_EQ(h.state(c), State::closed);
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
  h.tcp.close(c, h.now);
  EXPECT_TRUE(h.pool.full());
}

}  // namespace linnet::tcp::test
