// SPDX-License-Identifier: Apache-2.0
#include "core/device/impair.hpp"

#include <map>
#include <memory>

#include "core/device/test_frames.hpp"

namespace linnet {
namespace {

using test::as_bytes;
using test::as_string;
using test::Octets;

Instant at(std::int64_t us) { return Instant::from_microseconds(us); }

/// A UDP packet whose payload is `text`, checksum done.
Octets datagram(const std::string& text) {
  Frame frame;
  test::fill(frame, {.protocol = 17}, as_bytes(text));
  Octets bytes = test::gathered(frame);
  Octets transport(bytes.begin() + 34, bytes.end());
  test::put_word(bytes, 34 + 6, static_cast<std::uint16_t>(~test::plain_sum(transport)));
  return bytes;
}
std::string text_of(const Octets& bytes) { return std::string(bytes.begin() + 42, bytes.end()); }

struct World {
  explicit World(const ImpairConfig& config)
      : arena(Impair::memory_needed(config)),
        impair(arena.arena, device, config),
        stack({.small_count = 64}) {
    EXPECT_FALSE(arena.arena.exhausted());
  }
  Transmit send(const std::string& text) {
    Frame frame;
    test::fill(frame, {.protocol = 17}, as_bytes(text));
    return impair.transmit(frame);
  }
  std::vector<std::string> receive() {
    std::array<Packet, 16> batch;
    std::vector<std::string> texts;
    const std::size_t count = impair.receive(stack.pool, batch);
    for (std::size_t i = 0; i < count; ++i) texts.push_back(text_of(test::octets(batch[i].bytes())));
    return texts;
  }
  std::vector<std::string> sent() const {
    std::vector<std::string> texts;
    for (const Octets& bytes : device.sent) texts.push_back(text_of(bytes));
    return texts;
  }
  test::TestDevice device{
      Capabilities{.transmit_checksum = true, .receive_checksum = true, .segmentation = 65'535}};
  test::OwnedArena arena;
  Impair impair;
  test::OwnedPool stack;
};

using Texts = std::vector<std::string>;

TEST(Impair, without_impairments_is_transparent) {
  World world({});
  EXPECT_EQ(world.send("a"), Transmit::taken);
  EXPECT_EQ(world.sent(), Texts{"a"});
  world.device.arriving.push_back({datagram("b"), {.checksum_verified = true}});
  EXPECT_EQ(world.receive(), Texts{"b"});
  EXPECT_TRUE(world.impair.next_deadline().is_never());
  EXPECT_EQ(world.impair.mtu(), 1500);
  EXPECT_EQ(world.impair.mac(), world.device.mac());
  world.device.up = false;
  EXPECT_FALSE(world.impair.link_up());
  world.impair.dropped(Drop::ip_ttl);
  EXPECT_EQ(world.device.drops, std::vector<Drop>{Drop::ip_ttl});
  world.impair.flush();
  EXPECT_EQ(world.device.flushes, 1);
  world.device.result = Transmit::gone;
  EXPECT_EQ(world.send("c"), Transmit::gone);
  EXPECT_EQ(world.impair.capabilities().segmentation, 0u) << "each packet has faults of its own";
  EXPECT_TRUE(world.impair.capabilities().receive_checksum);
}

TEST(Impair, delays_what_is_sent) {
  World world({.transmit = {.delay = Duration::milliseconds(10)}});
  world.impair.set_time(at(1000));
  world.send("a");
  world.impair.set_time(at(3000));
  world.send("b");
  EXPECT_TRUE(world.device.sent.empty());
  EXPECT_EQ(world.impair.next_deadline(), at(11'000));
  world.impair.set_time(at(10'999));
  EXPECT_TRUE(world.device.sent.empty());
  world.impair.set_time(at(11'000));
  EXPECT_EQ(world.sent(), Texts{"a"});
  EXPECT_EQ(world.impair.next_deadline(), at(13'000));
  world.impair.set_time(at(13'000));
  EXPECT_EQ(world.sent(), (Texts{"a", "b"}));
  EXPECT_TRUE(world.impair.next_deadline().is_never());
  for (const Octets& bytes : world.device.sent) test::expect_intact(bytes, {.protocol = 17});
}

TEST(Impair, delays_what_is_received_in_memory_of_its_own) {
  World world({.receive = {.delay = Duration::milliseconds(10)}});
  const ReceiveInfo info{.checksum_verified = true, .link_broadcast = true, .segment_size = 7};
  world.device.arriving.push_back({datagram("a"), info});
  EXPECT_EQ(world.receive(), Texts{});
  EXPECT_TRUE(world.stack.pool.full()) << "nothing of the stack's memory is held";
  EXPECT_EQ(world.impair.next_deadline(), at(10'000));
  world.impair.set_time(at(10'000));
  std::array<Packet, 4> batch;
  ASSERT_EQ(world.impair.receive(world.stack.pool, batch), 1u);
  EXPECT_EQ(text_of(test::octets(batch[0].bytes())), "a");
  EXPECT_TRUE(batch[0].info.checksum_verified && batch[0].info.link_broadcast);
  EXPECT_EQ(batch[0].info.segment_size, 7);
  EXPECT_EQ(batch[0].take_block().header()->pool, &world.stack.pool);
  EXPECT_EQ(world.impair.held(), 0u);
}

TEST(Impair, what_finds_no_memory_in_the_stack_waits) {
  World world({.receive = {.delay = Duration::milliseconds(1)}});
  world.device.arriving.push_back({datagram("a"), {}});
  world.receive();
  world.impair.set_time(at(1000));
  std::vector<Block> taken;
  while (Block block = world.stack.pool.allocate(1)) taken.push_back(std::move(block));
  EXPECT_EQ(world.receive(), Texts{});
  EXPECT_GT(world.impair.next_deadline(), at(1000)) << "the owner must not spin";
  taken.clear();
  world.impair.set_time(world.impair.next_deadline());
  EXPECT_EQ(world.receive(), Texts{"a"});
}

TEST(Impair, a_busy_device_gets_the_frame_later) {
  World world({.transmit = {.delay = Duration::milliseconds(1)}});
  world.send("a");
  world.send("b");
  world.device.result = Transmit::busy;
  world.impair.set_time(at(1000));
  EXPECT_GT(world.impair.next_deadline(), at(1000)) << "the owner must not spin";
  world.device.result = Transmit::taken;
  world.impair.set_time(world.impair.next_deadline());
  EXPECT_EQ(world.sent(), (Texts{"a", "b"}));
}

TEST(Impair, is_busy_when_it_can_hold_no_more_and_decides_nothing) {
  World world({.transmit = {.delay = Duration::seconds(1)}, .blocks = {.small_count = 4}});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(world.send("x"), Transmit::taken);
  EXPECT_EQ(world.send("y"), Transmit::busy);
  EXPECT_EQ(world.impair.transmit_counters().packets, 4u);
  world.impair.set_time(at(1'000'000));
  EXPECT_EQ(world.send("y"), Transmit::taken);
}

TEST(Impair, a_frame_larger_than_any_block_is_thrown_away) {
  World world({.transmit = {.delay = Duration::seconds(1)}, .blocks = {.small_size = 100, .small_count = 4}});
  EXPECT_EQ(world.send(std::string(200, 'x')), Transmit::taken);
  EXPECT_EQ(world.impair.no_block(), 1u);
  EXPECT_EQ(world.impair.held(), 0u);
}

TEST(Impair, corrupted_packets_cannot_be_mistaken_for_good_ones) {
  World world({.transmit = {.corrupt = 1'000'000}, .receive = {.corrupt = 1'000'000}});
  for (int i = 0; i < 300; ++i) {
    world.send("payload");
    ASSERT_EQ(world.device.sent.size(), 1u) << "no delay: at once";
    const Octets good = datagram("payload");
    EXPECT_NE(world.device.sent[0], good);
    world.device.sent.clear();
    world.device.arriving.push_back({good, {.checksum_verified = true}});
    std::array<Packet, 1> batch;
    ASSERT_EQ(world.impair.receive(world.stack.pool, batch), 1u);
    EXPECT_NE(test::octets(batch[0].bytes()), good);
    EXPECT_FALSE(batch[0].info.checksum_verified);
  }
  EXPECT_EQ(world.impair.transmit_counters().corrupted, 300u);
}

TEST(Impair, a_corrupted_frame_without_checksum_is_lost) {
  World world({.transmit = {.corrupt = 1'000'000}});
  Octets arp(42, 0);
  arp[12] = 0x08;
  arp[13] = 0x06;
  Frame frame;
  frame.add_payload(arp);
  EXPECT_EQ(world.impair.transmit(frame), Transmit::taken);
  EXPECT_TRUE(world.device.sent.empty());
  EXPECT_EQ(world.impair.held(), 0u);
  EXPECT_EQ(world.impair.no_block(), 0u);
}

TEST(Impair, cuts_a_super_segment_so_that_single_packets_are_lost) {
  World world({.transmit = {.loss = 300'000}});
  const std::string payload(20'000, 's');
  Frame super;
  test::fill(super, {}, as_bytes(payload));
  super.segment_size = 1000;
  EXPECT_EQ(world.impair.transmit(super), Transmit::taken);
  EXPECT_GT(world.device.sent.size(), 8u);
  EXPECT_LT(world.device.sent.size(), 20u);
  for (const Octets& bytes : world.device.sent) test::expect_intact(bytes, {});
}

Transmit send_super(World& world, std::size_t segments) {
  const std::string payload(segments * 1000, 's');
  Frame super;
  test::fill(super, {}, as_bytes(payload));
  super.segment_size = 1000;
  return world.impair.transmit(super);
}

TEST(Impair, a_super_segment_is_taken_as_a_whole_or_not_at_all) {
  World world({.transmit = {.delay = Duration::seconds(1)}, .blocks = {.small_count = 4}});
  EXPECT_EQ(send_super(world, 1), Transmit::taken) << "one segment is a frame like others";
  EXPECT_EQ(world.impair.held(), 1u);
  EXPECT_EQ(send_super(world, 4), Transmit::busy) << "three blocks are left";
  EXPECT_EQ(world.impair.held(), 1u);
  EXPECT_EQ(world.impair.no_block(), 0u);
  EXPECT_EQ(send_super(world, 3), Transmit::taken);
  EXPECT_EQ(world.impair.held(), 4u);
  EXPECT_EQ(send_super(world, 5), Transmit::taken)
      << "it could never be held, and must not come again for ever";
  EXPECT_EQ(world.impair.no_block(), 1u);
  world.impair.set_time(at(1'000'000));
  EXPECT_EQ(world.device.sent.size(), 4u);
}

TEST(Impair, copies_and_what_arrives_find_no_room_where_all_is_held) {
  World world({.receive = {.delay = Duration::seconds(1), .duplicate = 1'000'000, .duplicate_copies = 3},
               .blocks = {.small_count = 4}});
  for (const char* text : {"a", "b", "c", "d", "e"}) world.device.arriving.push_back({datagram(text), {}});
  EXPECT_EQ(world.receive(), Texts{});
  EXPECT_EQ(world.impair.held(), 4u);
  EXPECT_EQ(world.impair.no_block(), 12u) << "three copies of each";
  EXPECT_EQ(world.receive(), Texts{});
  EXPECT_EQ(world.device.arriving.size(), 1u) << "it waits in the device";
  EXPECT_EQ(world.send("f"), Transmit::taken) << "that way has no faults";
  world.impair.set_time(at(1'000'000));
  EXPECT_EQ(world.receive(), (Texts{"a", "b", "c", "d"}));
}

TEST(Impair, a_busy_device_is_left_alone_for_a_while) {
  World world({.transmit = {.delay = Duration::milliseconds(1)}});
  world.send("a");
  world.device.result = Transmit::busy;
  world.impair.set_time(at(1000));
  world.device.result = Transmit::taken;
  world.impair.set_time(at(1001));
  EXPECT_TRUE(world.device.sent.empty()) << "it was asked a microsecond ago";
  world.impair.set_time(at(2000));
  EXPECT_EQ(world.sent(), Texts{"a"});
}

TEST(Impair, what_is_held_keeps_its_turn_when_the_faults_end) {
  World world({.receive = {.delay = Duration::milliseconds(10)}});
  world.device.arriving.push_back({datagram("slow"), {}});
  world.receive();
  world.impair.change({}, {});
  world.device.arriving.push_back({datagram("fast"), {}});
  EXPECT_EQ(world.receive(), Texts{}) << "order is kept";
  world.impair.set_time(at(10'000));
  EXPECT_EQ(world.receive(), (Texts{"slow", "fast"}));
}

TEST(Impair, copies_that_find_no_memory_are_counted) {
  World world(
      {.transmit = {.duplicate = 1'000'000, .duplicate_copies = 3, .duplicate_delay = Duration::seconds(1)},
       .blocks = {.small_count = 2}});
  EXPECT_EQ(world.send("x"), Transmit::taken);
  EXPECT_EQ(world.impair.no_block(), 2u);
  EXPECT_EQ(world.sent(), Texts{"x"});
}

TEST(Impair, everything_at_once_loses_exactly_what_it_counts) {
  const Impairments both{.loss = 20'000,
                         .burst = 5'000,
                         .delay = Duration::milliseconds(3),
                         .jitter = Duration::milliseconds(2),
                         .reorder = 50'000,
                         .duplicate = 50'000,
                         .duplicate_copies = 2,
                         .duplicate_delay = Duration::milliseconds(5),
                         .rate = 5'000'000};
  World world({.transmit = both, .receive = both, .seed = 99});
  std::map<std::string, int> received;
  constexpr int packets = 20'000;
  std::int64_t now = 0;
  for (int i = 0; i < packets; ++i) {
    now += 100;
    world.impair.set_time(at(now));
    ASSERT_EQ(world.send("t" + std::to_string(i)), Transmit::taken);
    world.device.arriving.push_back({datagram("r" + std::to_string(i)), {}});
    for (const auto& text : world.receive()) ++received[text];
    ASSERT_GT(world.impair.next_deadline(), at(now));
  }
  while (!world.impair.next_deadline().is_never()) {
    world.impair.set_time(world.impair.next_deadline());
    for (const auto& text : world.receive()) ++received[text];
  }
  EXPECT_EQ(world.impair.held(), 0u);
  EXPECT_EQ(world.impair.no_block(), 0u);
  std::map<std::string, int> sent;
  for (const auto& text : world.sent()) ++sent[text];
  const auto check = [](const ImpairModel::Counters& counters, const std::map<std::string, int>& seen) {
    const std::uint64_t gone = counters.lost + counters.burst + counters.overflow;
    EXPECT_EQ(seen.size(), packets - gone);
    std::uint64_t total = 0;
    for (const auto& [text, count] : seen) total += static_cast<std::uint64_t>(count);
    EXPECT_EQ(total, packets - gone + counters.duplicated);
    EXPECT_TRUE(counters.lost > 0 && counters.burst > 0 && counters.reordered > 0 && counters.duplicated > 0);
  };
  check(world.impair.transmit_counters(), sent);
  check(world.impair.receive_counters(), received);
  EXPECT_TRUE(world.stack.pool.full());
}

TEST(Impair, may_be_changed_while_frames_are_under_way) {
  World world({.transmit = {.delay = Duration::milliseconds(10)}});
  world.send("slow");
  world.impair.change({}, {});
  world.send("fast");
  EXPECT_EQ(world.sent(), Texts{}) << "order is kept";
  world.impair.set_time(at(10'000));
  EXPECT_EQ(world.sent(), (Texts{"slow", "fast"}));
  world.send("at once");
  EXPECT_EQ(world.sent().back(), "at once");
}

}  // namespace
}  // namespace linnet
