// SPDX-License-Identifier: Apache-2.0
// No heap use in the core after construction: every allocation is counted while stacks work. And two stacks
// with different settings live in one process without knowing of each other.
#include <gtest/gtest.h>

#include <cstdlib>

#include "services/dhcp/client.hpp"
#include "services/dns/resolver.hpp"
#include "tests/test_allocations.hpp"
#include "tests/test_transfer.hpp"

namespace linnet::test {
namespace {

using Counting = AllocationsCounted;

TEST(NoHeap, the_trap_works) {
  Counting trap;
  // volatile: a compiler may leave out an allocation that nothing uses ([expr.new]/10; malloc, too).
  int* volatile block = new int(1);
  void* volatile more = std::malloc(100);
  const std::uint64_t seen = trap.stop();
  EXPECT_GE(seen, 2u);
  delete block;
  std::free(more);
}

constexpr IpAddress left_address = IpAddress::v4(10, 0, 0, 1);
constexpr IpAddress right_address = IpAddress::v4(10, 0, 0, 2);

/// Two hosts on a lossy link, one transfer each way on each of three connections.
struct TwoHosts {
  TwoHosts(const Config& left_config, const Config& right_config)
      : world(Instant::from_microseconds(1)),
        left(world.add_host(left_config, 1)),
        right(world.add_host(right_config, 2)),
        link(world.add_link({.to_right = faults(), .to_left = faults()}, left, right)) {
    EXPECT_TRUE(left.stack().ok());
    EXPECT_TRUE(right.stack().ok());
    left.stack().ip().add_address(link.left_interface(), {left_address, 24}, false, world.now());
    right.stack().ip().add_address(link.right_interface(), {right_address, 24}, false, world.now());
    for (Side& side : servers) world.add_program(side);
    for (Side& side : clients) world.add_program(side);
  }
  static Impairments faults() {
    Impairments faults;
    faults.loss = 10000;
    faults.delay = Duration::milliseconds(2);
    faults.reorder = 10000;
    return faults;
  }
  static SideConfig side(std::uint64_t stream, std::uint64_t peer) {
    return {.to_send = 300000, .stream = stream, .peer_stream = peer, .peer_sends = 300000};
  }
  bool run() {
    for (std::uint16_t i = 0; i < 3; ++i) {
      const auto port = static_cast<std::uint16_t>(1000 + i);
      servers[i].listen(port, {}, 2);
      clients[i].connect({right_address, port}, {}, world.now());
    }
    const Instant limit = world.now() + Duration::seconds(600);
    return world.run(limit, [this] {
      for (std::size_t i = 0; i < 3; ++i) {
        if (!servers[i].done() || !clients[i].done()) return false;
      }
      return true;
    }) == sim::World::End::done;
  }

  sim::World world;
  sim::Host& left;
  sim::Host& right;
  sim::Link& link;
  std::array<Side, 3> servers{Side(right, side(1, 2), 1), Side(right, side(3, 4), 2),
                              Side(right, side(5, 6), 3)};
  std::array<Side, 3> clients{Side(left, side(2, 1), 4), Side(left, side(4, 3), 5),
                              Side(left, side(6, 5), 6)};
};

TEST(NoHeap, transfers_with_loss_and_reordering_take_no_memory) {
  TwoHosts hosts(Config::device(), Config::device());
  Counting trap;
  const bool done = hosts.run();
  const std::uint64_t seen = trap.stop();
  EXPECT_TRUE(done);
  EXPECT_EQ(seen, 0u);
}

TEST(NoHeap, services_take_no_memory) {
  sim::World world(Instant::from_microseconds(1));
  sim::Host& host = world.add_host(Config::device(), 1);
  sim::Host& other = world.add_host(Config::device(), 2);
  sim::Link& link = world.add_link({}, host, other);
  const dhcp::Config dhcp_config{.host_name = "box"};
  const dns::Config dns_config;
  std::vector<std::uint8_t> memory(dhcp::Client::memory_needed(dhcp_config) +
                                   dns::Resolver::memory_needed(dns_config) + 4 * Arena::alignment);
  Arena arena(memory);
  dhcp::Client client(host.stack(), link.left_interface(), dhcp_config, arena);
  dns::Resolver resolver(host.stack(), dns_config, arena);
  ASSERT_FALSE(arena.exhausted());
  resolver.set_server(0, IpAddress::v4(192, 0, 2, 1));

  struct Services final : sim::Program {
    Services(dhcp::Client& c, dns::Resolver& r) : client(c), resolver(r) {}
    Instant step(Instant now) override { return earlier(client.poll(now), resolver.poll(now)); }
    dhcp::Client& client;
    dns::Resolver& resolver;
  } services(client, resolver);
  world.add_program(services);

  Counting trap;
  const bool started = client.start(world.now());
  const auto query = resolver.resolve("www.example.org", world.now());
  world.run_until(world.now() + Duration::seconds(120));
  const auto result = resolver.result(query.ok() ? *query : dns::QueryHandle{});
  client.stop(world.now(), true);
  const std::uint64_t seen = trap.stop();
  EXPECT_TRUE(started);
  EXPECT_TRUE(query.ok());
  EXPECT_EQ(result.error(), dns::Error::timeout);
  EXPECT_EQ(seen, 0u);
}

TEST(TwoStacks, with_different_settings_live_in_one_process) {
  Config small = Config::device();
  small.tcp.send_buffer = 2920;
  small.tcp.maximum_segment_size = 536;
  small.tcp.timestamps = false;
  Config large = Config::linux_host();
  large.blocks = {.small_size = 2048, .small_count = 512, .large_size = 66048, .large_count = 8};
  TwoHosts one(small, large);
  TwoHosts two(large, small);
  EXPECT_TRUE(one.run());
  EXPECT_TRUE(two.run());
  for (TwoHosts* hosts : {&one, &two}) {
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(hosts->servers[i].received(), 300000u);
      EXPECT_EQ(hosts->clients[i].received(), 300000u);
    }
  }
  EXPECT_EQ(one.left.stack().config().tcp.send_buffer, 2920u);
  EXPECT_EQ(two.left.stack().config().tcp.send_buffer, 131072u);
}

}  // namespace
}  // namespace linnet::test
