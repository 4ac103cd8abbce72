// SPDX-License-Identifier: Apache-2.0
// Devices in between, at their edges: the last size that fits, what is asked of the device behind, and
// packets that end where a header does.
#include "core/device/capture.hpp"
#include "core/device/frame_layout.hpp"
#include "core/device/impair.hpp"
#include "core/device/test_frames.hpp"
#include "core/device/test_pcapng.hpp"

namespace linnet {
namespace {

using test::Octets;

/// An Impair in front of a device whose other side is the test.
struct Impaired {
  explicit Impaired(const ImpairConfig& config)
      : arena(Impair::memory_needed(config)),
        impair(arena.arena, device, config),
        stack({.small_count = 64}) {}
  std::size_t receive(std::size_t most) {
    batch.clear();
    batch.resize(most);
    return impair.receive(stack.pool, batch);
  }
  Transmit send(std::size_t size, std::uint16_t segment_size = 0) {
    const Octets payload(size - 66, 'p');
    Frame frame;
    test::fill(frame, {}, payload);  // 66 bytes of headers
    frame.segment_size = segment_size;
    return impair.transmit(frame);
  }
  test::TestDevice device;
  test::OwnedArena arena;
  Impair impair;
  test::OwnedPool stack;
  std::vector<Packet> batch{};
};

TEST(ImpairEdges, what_is_received_has_other_faults_from_now_on_as_well) {
  Impaired world({});
  world.impair.change({}, {.loss = 1'000'000});
  world.device.arriving.push_back({Octets(60, 1), {}});
  EXPECT_EQ(world.receive(4), 0u);
  EXPECT_EQ(world.impair.receive_counters().lost, 1u);
}

TEST(ImpairEdges, two_segments_are_two_packets) {
  Impaired world({.transmit = {.delay = Duration::seconds(1)}});
  EXPECT_EQ(world.send(66 + 2000, 1000), Transmit::taken);
  EXPECT_EQ(world.impair.held(), 2u);
}

TEST(ImpairEdges, a_frame_as_large_as_a_block_is_held) {
  const ImpairConfig config{.transmit = {.delay = Duration::seconds(1)},
                            .blocks = {.small_size = 128, .small_count = 4}};
  Impaired world(config);
  EXPECT_EQ(world.send(128), Transmit::taken);
  EXPECT_EQ(world.impair.held(), 1u);
  EXPECT_EQ(world.send(129), Transmit::taken);
  EXPECT_EQ(world.impair.no_block(), 1u) << "and a larger one is not";
}

TEST(ImpairEdges, what_arrived_and_is_held_leaves_no_memory_for_what_is_sent) {
  Impaired world({.transmit = {.delay = Duration::seconds(1)},
                  .receive = {.delay = Duration::seconds(1)},
                  .blocks = {.small_count = 2}});
  for (int i = 0; i < 2; ++i) world.device.arriving.push_back({Octets(60, 1), {}});
  EXPECT_EQ(world.receive(4), 0u);
  EXPECT_EQ(world.send(100), Transmit::busy);
  EXPECT_EQ(world.impair.transmit_counters().packets, 0u) << "nothing was decided about it";
}

TEST(ImpairEdges, no_more_is_taken_from_the_device_than_was_asked_for) {
  Impaired world({.receive = {.delay = Duration::milliseconds(1)}});
  for (std::uint8_t i = 1; i <= 3; ++i) world.device.arriving.push_back({Octets(i, i), {}});
  EXPECT_EQ(world.receive(2), 0u);
  EXPECT_EQ(world.device.arriving.size(), 1u);
  world.impair.set_time(Instant::from_microseconds(1000));
  ASSERT_EQ(world.receive(1), 1u);
  EXPECT_EQ(test::octets(world.batch[0].bytes()), Octets{1}) << "a frame of one byte";
  ASSERT_EQ(world.receive(1), 1u);
  EXPECT_EQ(test::octets(world.batch[0].bytes()), (Octets{2, 2}));
}

TEST(ImpairEdges, a_copy_is_known_to_be_good_as_the_original_is) {
  Impaired world({.receive = {.duplicate = 1'000'000}});
  world.device.arriving.push_back({Octets(60, 1), {.checksum_verified = true, .segment_size = 7}});
  ASSERT_EQ(world.receive(4), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(world.batch[i].info.checksum_verified);
    EXPECT_EQ(world.batch[i].info.segment_size, 7);
  }
}

TEST(FrameLayoutEdges, packets_that_end_with_their_headers) {
  Octets v4(20);
  v4[0] = 0x45;
  ASSERT_TRUE(FrameLayout::parse(v4, LinkType::ip));
  EXPECT_EQ(FrameLayout::parse(v4, LinkType::ip)->transport, 20);
  Octets v6(40);
  v6[0] = 0x60;
  v6[6] = 59;  // RFC 8200 4.7: no next header
  ASSERT_TRUE(FrameLayout::parse(v6, LinkType::ip));
  EXPECT_EQ(FrameLayout::parse(v6, LinkType::ip)->transport, 40);
  for (const std::uint8_t extension : {0, 43, 44, 60}) {
    Octets bytes = v6;
    bytes[6] = extension;
    bytes.resize(48);
    bytes[40] = 59;
    ASSERT_TRUE(FrameLayout::parse(bytes, LinkType::ip)) << int{extension};
    EXPECT_EQ(FrameLayout::parse(bytes, LinkType::ip)->transport, 48);
    EXPECT_EQ(FrameLayout::parse(bytes, LinkType::ip)->protocol, 59);
    for (std::size_t size = 40; size < 48; ++size) {
      const Octets cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(FrameLayout::parse(cut, LinkType::ip)) << int{extension} << ' ' << size;
    }
  }
}

struct Captured {
  explicit Captured(const CaptureConfig& config = {.name = "tap0"})
      : arena(Capture::memory_needed(config)), capture(arena.arena, device, writer, config) {}
  void receive(const Octets& bytes, const ReceiveInfo& info = {}) {
    device.arriving.push_back({bytes, info});
    std::array<Packet, 1> batch;
    EXPECT_EQ(capture.receive(stack.pool, batch), 1u);
  }
  std::vector<test::ReadPacket> packets() {
    capture.flush();
    return test::read_packets(sink.bytes);
  }
  test::TestDevice device;
  test::MemorySink sink;
  PcapngWriter writer{sink, "test"};
  test::OwnedArena arena;
  Capture capture;
  test::OwnedPool stack{{.small_count = 8}};
};

TEST(CaptureEdges, an_answer_is_recorded_once) {
  Captured world;
  world.receive(Octets(60, 1));
  const Octets answer(60, 2);
  Frame frame;
  frame.add_payload(answer);
  EXPECT_EQ(world.capture.transmit(frame), Transmit::taken);
  world.receive(Octets(60, 3));
  world.receive(Octets(60, 4));
  const auto packets = world.packets();
  ASSERT_EQ(packets.size(), 4u);
  for (std::uint8_t i = 0; i < 4; ++i) EXPECT_EQ(packets[i].bytes, Octets(60, i + 1));
}

/// The first fragment of a datagram has the checksum of the whole.
TEST(CaptureEdges, the_checksum_of_a_fragment_is_recorded_as_it_is) {
  Captured world;
  auto headers = test::make_headers({.protocol = 17}, 0);
  test::put_word(headers.bytes, headers.network + 6, 0x2000);
  world.receive(headers.bytes, {.checksum_verified = true});
  const auto packets = world.packets();
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].bytes, headers.bytes);
}

TEST(CaptureEdges, a_name_too_long_for_a_comment_is_cut) {
  const std::string name(300, 'n');
  Captured world({.name = name});
  world.receive(Octets(60, 1));
  world.capture.dropped(Drop::ip_ttl);
  const auto packets = world.packets();
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].comment.size(), 160u);
  EXPECT_EQ(packets[0].comment.back(), 'n');
}

/// A device whose packets begin behind something of its own in their blocks.
class HeadroomDevice final : public Device {
 public:
  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override {
    if (arriving.empty()) return 0;
    constexpr std::uint32_t headroom = 40;
    const auto end = static_cast<std::uint32_t>(headroom + arriving.size());
    Block block = pool.allocate(end);
    copy_bytes(block.data() + headroom, arriving);
    arriving.clear();
    batch[0] = Packet(std::move(block), headroom, end);
    return 1;
  }
  Transmit transmit(const Frame&) override { return Transmit::taken; }
  std::uint16_t mtu() const override { return 1500; }
  MacAddress mac() const override { return {}; }
  Capabilities capabilities() const override { return {}; }
  bool link_up() const override { return true; }
  Octets arriving;
};

TEST(ImpairEdges, what_begins_behind_headroom_is_the_same_in_each_copy) {
  const ImpairConfig config{.receive = {.duplicate = 1'000'000, .duplicate_copies = 2}};
  HeadroomDevice device;
  test::OwnedArena arena(Impair::memory_needed(config));
  Impair impair(arena.arena, device, config);
  test::OwnedPool stack({.small_count = 64});
  Octets bytes(100);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  device.arriving = bytes;
  std::vector<Octets> received;
  for (int second = 0; second < 3; ++second) {
    std::array<Packet, 4> batch;
    const std::size_t count = impair.receive(stack.pool, batch);
    for (std::size_t i = 0; i < count; ++i) received.push_back(test::octets(batch[i].bytes()));
    impair.set_time(Instant::from_microseconds((second + 1) * 1'000'000));
  }
  EXPECT_EQ(received, (std::vector<Octets>{bytes, bytes, bytes}));
}

}  // namespace
}  // namespace linnet
