// SPDX-License-Identifier: Apache-2.0
// A host in virtual time, and an executor that owns all of its waiting.
#pragma once

#include <array>

#include "sockets/coro/socket.hpp"
#include "sockets/test_host.hpp"

namespace linnet::sockets::coro::test {

class CoroTest : public sockets::test::SocketsTest {
 protected:
  CoroTest() : SocketsTest({.max_sockets = 32}) {}
  ~CoroTest() override {
    EXPECT_EQ(executor.frames().in_use(), 0u) << "frames are left";
    EXPECT_EQ(s.used(), 0u) << "descriptors are left";
  }

  std::array<std::uint8_t, 32768> frames{};
  std::array<PollEntry, 16> entries{};
  Executor executor{host, frames, entries};
};

}  // namespace linnet::sockets::coro::test
