// SPDX-License-Identifier: Apache-2.0
// A host of its own for each test, on one thread and in virtual time; it talks to itself over 127.0.0.1.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sockets/host.hpp"
#include "sockets/single_thread_port.hpp"

namespace linnet::sockets::test {

inline constexpr std::uint16_t test_port = 7;

inline Endpoint loopback(std::uint16_t port) { return {IpAddress::loopback_v4(), port}; }

inline Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline Random::Seed seed_of(std::uint8_t number) {
  Random::Seed seed{};
  seed.fill(number);
  return seed;
}

struct HostFixture {
  explicit HostFixture(const Config& sockets_config = {},
                       const linnet::Config& stack_config = linnet::Config::device())
      : memory(Host::memory_needed(stack_config, sockets_config)),
        port(seed_of(1), Instant::from_microseconds(1000000)),
        host(stack_config, sockets_config, memory, port) {}
  ~HostFixture() {
    // Nothing may be left behind but what belongs to nobody: connections in TIME-WAIT.
    for (int round = 0; round < 100; ++round) host.poll_once();
    EXPECT_TRUE(host.stack().pool().full());
  }

  std::vector<std::uint8_t> memory;
  SingleThreadPort port;
  Host host;
  Sockets& s = host.sockets();
};

class SocketsTest : public ::testing::Test, protected HostFixture {
 protected:
  SocketsTest() : HostFixture() { EXPECT_TRUE(host.ok()); }
  explicit SocketsTest(const Config& config, const linnet::Config& stack = linnet::Config::device())
      : HostFixture(config, stack) {
    EXPECT_TRUE(host.ok());
  }

  int tcp() { return s.socket(af::inet, sock::stream); }
  int udp() { return s.socket(af::inet, sock::dgram); }
  int udp_on(std::uint16_t number) {
    const int fd = udp();
    EXPECT_EQ(s.bind(fd, loopback(number)), 0);
    return fd;
  }
  int listener(std::uint16_t number = test_port, int backlog = 4) {
    const int fd = tcp();
    EXPECT_EQ(s.bind(fd, {IpAddress::any_v4(), number}), 0);
    EXPECT_EQ(s.listen(fd, backlog), 0);
    return fd;
  }
  struct Pair {
    int client = -1;
    int server = -1;
  };
  /// A connection through `listening`, both ends blocking.
  Pair connection(int listening, std::uint16_t number = test_port) {
    Pair pair;
    pair.client = tcp();
    EXPECT_EQ(s.connect(pair.client, loopback(number)), 0);
    pair.server = s.accept(listening);
    EXPECT_GE(pair.server, 0);
    return pair;
  }
  std::ptrdiff_t send(int fd, const std::string& text, int flags = 0) {
    return s.send(fd, bytes_of(text), flags);
  }
  /// What one recv yields; its error number as text behind '-'.
  std::string recv(int fd, std::size_t size = 4096, int flags = 0) {
    std::string buffer(size, '\0');
    const std::ptrdiff_t count = s.recv(fd, {reinterpret_cast<std::uint8_t*>(buffer.data()), size}, flags);
    if (count < 0) return std::to_string(count);
    buffer.resize(static_cast<std::size_t>(count));
    return buffer;
  }
  std::uint16_t events(int fd) {
    PollEntry entry{.fd = fd, .events = 0xffff};
    s.poll({&entry, 1}, Duration());
    return entry.revents;
  }
  Instant now() { return port.now(); }
};

}  // namespace linnet::sockets::test
