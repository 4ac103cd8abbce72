// SPDX-License-Identifier: Apache-2.0
// For tests of calls that wait: a host of one connection, whose threads run when the test says so.
#pragma once

#include <gtest/gtest.h>

#include "sockets/host.hpp"
#include "sockets/test_stage.hpp"

namespace linnet::sockets::test {

class WaitsTest : public ::testing::Test {
 protected:
  explicit WaitsTest(Instant begin = {})
      : memory(Host::memory_needed(linnet::Config::device(), {})),
        host(linnet::Config::device(), {}, memory, stage) {
    stage.set_time(begin);
    receiver = s.socket(af::inet, sock::dgram);
    EXPECT_EQ(s.bind(receiver, at(600)), 0);
    listening = s.socket(af::inet, sock::stream);
    EXPECT_EQ(s.bind(listening, at(7)), 0);
    EXPECT_EQ(s.listen(listening, 2), 0);
    client = s.socket(af::inet, sock::stream | sock::nonblock);
    EXPECT_EQ(s.connect(client, at(7)), -error::in_progress);
    polls(10);
    server = s.accept(listening);
    EXPECT_GE(server, 0);
    EXPECT_EQ(s.set_non_blocking(client, false), 0);
  }
  ~WaitsTest() override { stage.finish(); }
  static Endpoint at(std::uint16_t number) { return {IpAddress::loopback_v4(), number}; }
  void polls(int count) {
    for (int i = 0; i < count; ++i) host.poll_once();
  }
  std::ptrdiff_t send(int fd, std::size_t size, int flags = 0) {
    const std::vector<std::uint8_t> data(size, 'x');
    return s.send(fd, data, flags);
  }

  static constexpr std::ptrdiff_t pending = -9999;
  std::vector<std::uint8_t> memory;
  std::ptrdiff_t result = pending;  // before the threads: they write it
  PollEntry entry;
  FdSet set;
  Stage stage{[] {
    Random::Seed seed{};
    seed.fill(9);
    return seed;
  }()};
  Host host;
  Sockets& s = host.sockets();
  int receiver = -1;
  int listening = -1;
  int client = -1;
  int server = -1;
};

}  // namespace linnet::sockets::test
