// SPDX-License-Identifier: Apache-2.0
// A host on the Linux port, for any number of threads; it has loopback only.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "platform/linux/sockets_port.hpp"
#include "sockets/events.hpp"
#include "sockets/host.hpp"

namespace linnet::sockets {

/// Looks at who waits, under the lock.
class HostInspector {
 public:
  explicit HostInspector(Host& host) : host_(host) { host_.port_->lock(); }
  HostInspector(const HostInspector&) = delete;
  HostInspector& operator=(const HostInspector&) = delete;
  ~HostInspector() { host_.port_->unlock(); }

  /// How many calls sleep on although what they wait for is there: while the driver sleeps, nobody would look
  /// for them before its deadline.
  int overlooked() {
    const Driver& driver = host_.driver_;
    if (!driver.asleep_ || driver.woken_) return 0;
    int count = 0;
    for (Descriptor& row : host_.table_.rows()) {
      if (row.kind == Kind::free || row.waiters.empty()) continue;
      const std::uint16_t events = events_of(host_.stack_, row);
      for (Waiter* waiter = row.waiters.front(); waiter != nullptr; waiter = row.waiters.next(*waiter))
        count += waiter->wake == Wake::no && (events & waiter->events) != 0;
    }
    for (Waiter* waiter = host_.driver_.waiters_.front(); waiter != nullptr;
         waiter = host_.driver_.waiters_.next(*waiter))
      count += waiter->ready != nullptr && waiter->wake == Wake::no && waiter->ready(*waiter);
    return count;
  }
  int waiting() {
    int count = 0;
    for (Waiter* waiter = host_.driver_.waiters_.front(); waiter != nullptr;
         waiter = host_.driver_.waiters_.next(*waiter))
      ++count;
    return count;
  }

 private:
  Host& host_;
};

namespace test {

constexpr Endpoint loopback(std::uint16_t port) { return {IpAddress::loopback_v4(), port}; }

struct ThreadedHost {
  static linnet::Config stack() {
    linnet::Config config = linnet::Config::linux_host();
    config.blocks = {.small_size = 2048, .small_count = 1024, .large_size = 66048, .large_count = 64};
    config.tcp.connections = 128;
    config.tcp.time_wait_records = 64;
    return config;
  }
  explicit ThreadedHost(const Config& config = {.max_sockets = 128, .error_rule = ErrorRule::asynchronous})
      : memory(Host::memory_needed(stack(), config)), host(stack(), config, memory, port) {
    EXPECT_TRUE(host.ok());
  }
  ~ThreadedHost() {
    EXPECT_EQ(s.used(), 0u);
    // Connections that were closed finish by themselves.
    EXPECT_TRUE(
        host.wait_until([&] { return host.stack().pool().full(); }, port.now() + Duration::seconds(5)));
  }
  int listener(std::uint16_t number, int backlog = 32) {
    const int fd = s.socket(af::inet, sock::stream);
    EXPECT_EQ(s.bind(fd, {IpAddress::any_v4(), number}), 0);
    EXPECT_EQ(s.listen(fd, backlog), 0);
    return fd;
  }

  platform::SocketsPort port;
  std::vector<std::uint8_t> memory;
  Host host;
  Sockets& s = host.sockets();
};

}  // namespace test
}  // namespace linnet::sockets
