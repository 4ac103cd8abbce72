// SPDX-License-Identifier: Apache-2.0
#include "core/device/loopback.hpp"

#include "core/device/test_frames.hpp"

namespace linnet {
namespace {

using test::as_bytes;
using test::as_string;

constexpr BlockPoolConfig blocks{.small_size = 128, .small_count = 8, .large_size = 70'000, .large_count = 2};

struct World {
  explicit World(const LoopbackConfig& config = {}, const BlockPoolConfig& pool = blocks)
      : owned(pool), arena(Loopback::memory_needed(config)), loopback(arena.arena, owned.pool, config) {}
  Transmit send(const std::string& text) {
    Frame frame;
    frame.add_payload(as_bytes(text));
    return loopback.transmit(frame);
  }
  std::vector<std::string> receive(std::size_t most) {
    std::vector<Packet> batch(most);
    std::vector<std::string> texts;
    const std::size_t count = loopback.receive(owned.pool, batch);
    for (std::size_t i = 0; i < count; ++i) texts.push_back(as_string(batch[i].bytes()));
    return texts;
  }
  test::OwnedPool owned;
  test::OwnedArena arena;
  Loopback loopback;
};

TEST(Loopback, what_is_sent_is_received_in_order) {
  World world;
  EXPECT_FALSE(world.arena.arena.exhausted());
  EXPECT_TRUE(world.receive(4).empty());
  for (const char* text : {"one", "two", "three"}) EXPECT_EQ(world.send(text), Transmit::taken);
  EXPECT_EQ(world.receive(2), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(world.send("four"), Transmit::taken);
  EXPECT_EQ(world.receive(9), (std::vector<std::string>{"three", "four"}));
  EXPECT_TRUE(world.owned.pool.full());
}

TEST(Loopback, is_a_loopback_that_needs_no_checksums) {
  World world;
  const Capabilities capabilities = world.loopback.capabilities();
  EXPECT_EQ(capabilities.link, LinkType::ip);
  EXPECT_TRUE(capabilities.loopback && capabilities.transmit_checksum && capabilities.receive_checksum);
  EXPECT_EQ(world.loopback.mtu(), 65535);
  EXPECT_GE(capabilities.segmentation, 65'000u);
  world.send("x");
  std::array<Packet, 1> batch;
  ASSERT_EQ(world.loopback.receive(world.owned.pool, batch), 1u);
  EXPECT_TRUE(batch[0].info.checksum_verified);
}

TEST(Loopback, is_always_up_and_has_no_link_address) {
  World world;
  EXPECT_TRUE(world.loopback.link_up());
  EXPECT_TRUE(world.loopback.mac().is_zero());
  EXPECT_EQ(world.send("kept"), Transmit::taken);
  world.loopback.flush();
  world.loopback.dropped(Drop::ip_ttl);  // nobody to tell
  EXPECT_EQ(world.receive(2), std::vector<std::string>{"kept"});
}

TEST(Loopback, a_pool_of_blocks_too_small_for_headers_has_no_super_segments) {
  for (const auto& [size, segmentation] : {std::pair{120u, 0u}, std::pair{121u, 1u}}) {
    World world({}, {.small_size = size, .small_count = 4, .large_size = 0, .large_count = 0});
    EXPECT_EQ(world.loopback.mtu(), size);
    EXPECT_EQ(world.loopback.capabilities().segmentation, segmentation);
  }
}

TEST(Loopback, carries_packets_as_large_as_ip_allows) {
  World world;
  const std::string text(65'535, 'x');
  EXPECT_EQ(world.send(text), Transmit::taken);
  EXPECT_EQ(world.receive(1), std::vector<std::string>{text});
  EXPECT_EQ(world.send(text + "x"), Transmit::taken);
  EXPECT_EQ(world.loopback.oversized(), 1u);
  EXPECT_TRUE(world.receive(1).empty());
}

TEST(Loopback, its_mtu_is_what_the_pool_can_hold) {
  World world({}, {.small_size = 600, .small_count = 4});
  EXPECT_EQ(world.loopback.mtu(), 600);
  World limited({.mtu = 1500});
  EXPECT_EQ(limited.loopback.mtu(), 1500);
}

TEST(Loopback, a_full_queue_is_busy_and_loses_nothing) {
  World world({.queue_length = 3});
  for (const char* text : {"1", "2", "3"}) EXPECT_EQ(world.send(text), Transmit::taken);
  EXPECT_EQ(world.send("4"), Transmit::busy);
  EXPECT_EQ(world.receive(1), std::vector<std::string>{"1"});
  EXPECT_EQ(world.send("4"), Transmit::taken);
  EXPECT_EQ(world.receive(9), (std::vector<std::string>{"2", "3", "4"}));
}

TEST(Loopback, without_a_queue_is_gone) {
  World world({.queue_length = 0});
  EXPECT_EQ(world.send("1"), Transmit::gone);
}

TEST(Loopback, an_empty_pool_is_busy_and_loses_nothing) {
  World world;
  std::vector<Block> held;
  while (Block block = world.owned.pool.allocate(1)) held.push_back(std::move(block));
  EXPECT_EQ(world.send("x"), Transmit::busy);
  held.pop_back();
  EXPECT_EQ(world.send("x"), Transmit::taken);
}

TEST(Loopback, C26_04_a_thousand_replies_are_a_queue_and_no_recursion) {
  World world;
  world.send("ping");
  for (int i = 0; i < 1000; ++i) {
    const auto received = world.receive(1);
    ASSERT_EQ(received.size(), 1u);
    ASSERT_EQ(world.send(received[0]), Transmit::taken);
    ASSERT_EQ(world.loopback.waiting(), 1u) << "transmit delivers nothing by itself";
  }
}

TEST(Loopback, its_end_gives_what_waits_back) {
  test::OwnedPool owned(blocks);
  {
    test::OwnedArena arena(Loopback::memory_needed({}));
    Loopback loopback(arena.arena, owned.pool);
    const std::string text = "never received";
    Frame frame;
    frame.add_payload(as_bytes(text));
    loopback.transmit(frame);
    EXPECT_FALSE(owned.pool.full());
  }
  EXPECT_TRUE(owned.pool.full());
}

TEST(Loopback, remembers_the_segment_size) {
  World world;
  const std::string text = "0123456789";
  Frame frame;
  frame.add_payload(as_bytes(text));
  frame.segment_size = 4;
  world.loopback.transmit(frame);
  std::array<Packet, 1> batch;
  ASSERT_EQ(world.loopback.receive(world.owned.pool, batch), 1u);
  EXPECT_EQ(batch[0].info.segment_size, 4);
  EXPECT_EQ(as_string(batch[0].bytes()), text);
}

}  // namespace
}  // namespace linnet
