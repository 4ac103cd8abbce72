// SPDX-License-Identifier: Apache-2.0
#include "sim/wire.hpp"

#include "core/device/test_frames.hpp"

namespace linnet::sim {
namespace {

using test::as_bytes;
using test::as_string;
using test::Octets;

constexpr BlockPoolConfig blocks{
    .small_size = 1664, .small_count = 64, .large_size = 66'000, .large_count = 4};

Transmit send(Device& device, const std::string& text) {
  Frame frame;
  frame.add_payload(as_bytes(text));
  return device.transmit(frame);
}

std::vector<std::string> receive(Device& device, BlockPool& pool, std::size_t most = 100) {
  std::vector<Packet> batch(most);
  std::vector<std::string> texts;
  const std::size_t count = device.receive(pool, batch);
  for (std::size_t i = 0; i < count; ++i) texts.push_back(as_string(batch[i].bytes()));
  return texts;
}

TEST(Wire, carries_frames_both_ways_in_order) {
  test::OwnedPool left(blocks);
  test::OwnedPool right(blocks);
  for (const bool registered : {false, true}) {
    Wire wire;
    if (registered) {
      wire.left().register_pool(left.pool);
      wire.right().register_pool(right.pool);
    }
    for (int i = 0; i < 600; ++i) {
      ASSERT_EQ(send(wire.left(), "to right " + std::to_string(i)), Transmit::taken);
      ASSERT_EQ(send(wire.right(), "to left " + std::to_string(i)), Transmit::taken);
      ASSERT_EQ(receive(wire.right(), right.pool), std::vector{"to right " + std::to_string(i)});
      ASSERT_EQ(receive(wire.left(), left.pool), std::vector{"to left " + std::to_string(i)});
    }
    EXPECT_TRUE(wire.idle());
    EXPECT_EQ(wire.left().frames_sent(), 600u);
    EXPECT_TRUE(left.pool.full() && right.pool.full());
  }
}

TEST(Wire, a_registered_pool_gets_its_own_blocks_without_another_copy) {
  test::OwnedPool pool(blocks);
  Wire wire;
  wire.right().register_pool(pool.pool);
  send(wire.left(), "hello");
  EXPECT_EQ(pool.pool.small_free(), 63u) << "the frame waits in the receiver's memory";
  std::array<Packet, 1> batch;
  ASSERT_EQ(wire.right().receive(pool.pool, batch), 1u);
  EXPECT_EQ(batch[0].take_block().header()->pool, &pool.pool);
  EXPECT_TRUE(pool.pool.full());
}

TEST(Wire, ip_headers_are_aligned_to_four_bytes) {
  test::OwnedPool pool(blocks);
  Wire wire;
  wire.right().register_pool(pool.pool);
  send(wire.left(), std::string(60, 'x'));
  std::array<Packet, 1> batch;
  ASSERT_EQ(wire.right().receive(pool.pool, batch), 1u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(batch[0].bytes().data() + 14) % 4, 0u);
}

TEST(Wire, is_busy_when_full_and_loses_nothing) {
  test::OwnedPool pool(blocks);
  Wire wire({.queue_length = 3});
  for (const char* text : {"1", "2", "3"}) EXPECT_EQ(send(wire.left(), text), Transmit::taken);
  EXPECT_EQ(send(wire.left(), "4"), Transmit::busy);
  EXPECT_EQ(receive(wire.right(), pool.pool, 1), std::vector<std::string>{"1"});
  EXPECT_EQ(send(wire.left(), "4"), Transmit::taken);
  EXPECT_EQ(receive(wire.right(), pool.pool), (std::vector<std::string>{"2", "3", "4"}));
}

TEST(Wire, is_busy_when_the_receiver_has_no_memory) {
  test::OwnedPool pool({.small_size = 256, .small_count = 2});
  Wire wire;
  wire.right().register_pool(pool.pool);
  EXPECT_EQ(send(wire.left(), "1"), Transmit::taken);
  EXPECT_EQ(send(wire.left(), "2"), Transmit::taken);
  EXPECT_EQ(send(wire.left(), "3"), Transmit::busy);
  EXPECT_EQ(receive(wire.right(), pool.pool), (std::vector<std::string>{"1", "2"}));
}

TEST(Wire, keeps_frames_while_an_unregistered_receiver_has_no_memory) {
  test::OwnedPool pool({.small_size = 256, .small_count = 1});
  Wire wire;
  send(wire.left(), "1");
  send(wire.left(), "2");
  std::array<Packet, 4> batch;
  ASSERT_EQ(wire.right().receive(pool.pool, batch), 1u);
  EXPECT_EQ(wire.right().receive(pool.pool, std::span(batch).subspan(1)), 0u);
  batch[0] = Packet();
  EXPECT_EQ(receive(wire.right(), pool.pool), std::vector<std::string>{"2"});
}

TEST(Wire, a_frame_beyond_the_mtu_is_lost) {
  test::OwnedPool pool(blocks);
  Wire wire;
  EXPECT_EQ(send(wire.left(), std::string(1518, 'x')), Transmit::taken);
  EXPECT_EQ(send(wire.left(), std::string(1519, 'x')), Transmit::taken);
  EXPECT_EQ(wire.left().oversized(), 1u);
  EXPECT_EQ(receive(wire.right(), pool.pool).size(), 1u);
}

TEST(Wire, an_unplugged_wire_loses) {
  test::OwnedPool pool(blocks);
  Wire wire;
  send(wire.left(), "in flight");
  wire.set_up(false);
  EXPECT_FALSE(wire.left().link_up());
  EXPECT_EQ(send(wire.left(), "lost"), Transmit::taken);
  EXPECT_EQ(wire.left().lost(), 1u);
  wire.set_up(true);
  EXPECT_TRUE(wire.right().link_up());
  send(wire.left(), "back");
  EXPECT_EQ(receive(wire.right(), pool.pool), (std::vector<std::string>{"in flight", "back"}));
}

TEST(Wire, detach_returns_what_waits_and_a_new_stack_may_come) {
  Wire wire;
  {
    test::OwnedPool pool(blocks);
    wire.right().register_pool(pool.pool);
    send(wire.left(), "for the old one");
    wire.right().detach();
    EXPECT_TRUE(pool.pool.full());
  }
  send(wire.left(), "for the new one");
  test::OwnedPool pool(blocks);
  EXPECT_EQ(receive(wire.right(), pool.pool), std::vector<std::string>{"for the new one"});
}

TEST(Wire, may_outlive_the_pools_of_its_stacks) {
  Wire wire;
  {
    test::OwnedPool pool(blocks);
    wire.right().register_pool(pool.pool);
    send(wire.left(), "never read");
  }
}

struct Offloads {
  bool transmit_checksum;
  bool receive_checksum;
};

TEST(Wire, checksums_are_right_or_vouched_for) {
  test::OwnedPool pool(blocks);
  const std::string payload(501, 'p');
  for (const auto [transmit, receives] : {Offloads{true, true}, Offloads{true, false}}) {
    WireConfig config;
    config.left.capabilities.transmit_checksum = transmit;
    config.right.capabilities.receive_checksum = receives;
    Wire wire(config);
    Frame frame;
    test::fill(frame, {}, as_bytes(payload));
    ASSERT_EQ(wire.left().transmit(frame), Transmit::taken);
    EXPECT_NE(frame.checksum.header_from_end, 0) << "the sender's frame stays as it is";
    std::array<Packet, 1> batch;
    ASSERT_EQ(wire.right().receive(pool.pool, batch), 1u);
    EXPECT_EQ(batch[0].info.checksum_verified, receives);
    if (!receives) test::expect_intact(test::octets(batch[0].bytes()), {});
  }
  Wire wire;
  wire.left();
  Frame frame;
  test::fill(frame, {}, as_bytes(payload));
  frame.checksum = {};
  ASSERT_EQ(wire.left().transmit(frame), Transmit::taken);
  std::array<Packet, 1> batch;
  ASSERT_EQ(wire.right().receive(pool.pool, batch), 1u);
  EXPECT_FALSE(batch[0].info.checksum_verified) << "the wire checked nothing";
}

TEST(Wire, a_super_segment_arrives_whole_or_cut_as_the_receiver_can_take_it) {
  test::OwnedPool pool(blocks);
  const std::string payload(20'000, 's');
  for (const bool coalesces : {true, false}) {
    WireConfig config;
    config.left.capabilities = {.transmit_checksum = true, .segmentation = 65'535};
    config.right.capabilities = {.receive_checksum = coalesces, .segmentation = coalesces ? 65'535u : 0u};
    Wire wire(config);
    wire.right().register_pool(pool.pool);
    Frame super;
    test::fill(super, {}, as_bytes(payload));
    super.segment_size = 1448;
    ASSERT_EQ(wire.left().transmit(super), Transmit::taken);
    std::vector<Packet> batch(32);
    const std::size_t count = wire.right().receive(pool.pool, batch);
    ASSERT_EQ(count, coalesces ? 1u : 14u);
    std::string joined;
    for (const Packet& packet : std::span(batch).first(count)) {
      EXPECT_EQ(packet.info.segment_size, coalesces ? 1448 : 0);
      EXPECT_EQ(packet.info.checksum_verified, coalesces);
      if (!coalesces) test::expect_intact(test::octets(packet.bytes()), {});
      joined += as_string(packet.bytes().subspan(66));
    }
    EXPECT_EQ(joined, payload);
    batch.clear();
    EXPECT_TRUE(pool.pool.full());
  }
}

TEST(Wire, a_super_segment_is_cut_whole_or_not_at_all) {
  test::OwnedPool pool(blocks);
  const std::string payload(20'000, 's');
  WireConfig config{.queue_length = 16};
  config.left.capabilities = {.transmit_checksum = true, .segmentation = 65'535};
  Wire wire(config);
  wire.right().register_pool(pool.pool);
  for (const char* text : {"1", "2", "3"}) send(wire.left(), text);
  Frame super;
  test::fill(super, {}, as_bytes(payload));
  super.segment_size = 1448;
  EXPECT_EQ(wire.left().transmit(super), Transmit::busy);
  EXPECT_EQ(wire.right().waiting(), 3u);
  receive(wire.right(), pool.pool, 1);
  EXPECT_EQ(wire.left().transmit(super), Transmit::taken);
  EXPECT_EQ(wire.right().waiting(), 16u);
  wire.right().detach();
}

}  // namespace
}  // namespace linnet::sim
