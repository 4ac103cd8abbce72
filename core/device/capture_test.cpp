// SPDX-License-Identifier: Apache-2.0
#include "core/device/capture.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>

#include "core/device/test_frames.hpp"
#include "core/device/test_pcapng.hpp"

namespace linnet {
namespace {

using test::as_bytes;
using test::FrameSpec;
using test::Octets;

constexpr std::uint32_t inbound = 1;
constexpr std::uint32_t outbound = 2;

struct World {
  explicit World(CaptureConfig config = {.name = "tap0",
                                         .wall_clock_offset = Duration::seconds(1'700'000'000)})
      : writer(sink, "test"),
        arena(Capture::memory_needed(config)),
        capture(arena.arena, device, writer, config),
        stack({.small_count = 8, .large_size = 66'000, .large_count = 2}) {
    EXPECT_FALSE(arena.arena.exhausted());
  }
  std::vector<test::ReadPacket> packets() {
    capture.flush();
    return test::read_packets(sink.bytes);
  }
  void arrive(const Octets& bytes, const ReceiveInfo& info = {}) { device.arriving.push_back({bytes, info}); }
  std::size_t receive(std::size_t most = 4) {
    std::vector<Packet> batch(most);
    return capture.receive(stack.pool, batch);
  }
  test::TestDevice device{
      Capabilities{.transmit_checksum = true, .receive_checksum = true, .segmentation = 65'535}};
  test::MemorySink sink;
  PcapngWriter writer;
  test::OwnedArena arena;
  Capture capture;
  test::OwnedPool stack;
};

Octets packet(const FrameSpec& spec, const std::string& payload, bool complete) {
  const auto headers = test::make_headers(spec, payload.size());
  Octets bytes = headers.bytes;
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  const Octets transport(bytes.begin() + static_cast<std::ptrdiff_t>(headers.transport), bytes.end());
  if (complete) {
    test::put_word(bytes, headers.transport + (spec.protocol == 6 ? 16 : 6),
                   static_cast<std::uint16_t>(~test::plain_sum(transport)));
  }
  return bytes;
}

TEST(Capture, passes_everything_through) {
  World world;
  const Octets bytes = packet({}, "hello", true);
  world.arrive(bytes, {.checksum_verified = true, .segment_size = 3});
  std::array<Packet, 4> batch;
  ASSERT_EQ(world.capture.receive(world.stack.pool, batch), 1u);
  EXPECT_EQ(test::octets(batch[0].bytes()), bytes);
  EXPECT_EQ(batch[0].info.segment_size, 3);
  Frame frame;
  frame.add_payload(bytes);
  EXPECT_EQ(world.capture.transmit(frame), Transmit::taken);
  EXPECT_EQ(world.device.sent, std::vector<Octets>{bytes});
  EXPECT_EQ(world.capture.mtu(), 1500);
  EXPECT_EQ(world.capture.mac(), world.device.mac());
  EXPECT_EQ(world.capture.capabilities().segmentation, 65'535u);
  world.device.up = false;
  EXPECT_FALSE(world.capture.link_up());
  world.capture.dropped(Drop::ip_ttl);
  EXPECT_EQ(world.device.drops, std::vector<Drop>{Drop::ip_ttl});
  world.capture.flush();
  EXPECT_EQ(world.device.flushes, 1);
}

TEST(Capture, nothing_received_is_nothing_written) {
  World world;
  EXPECT_EQ(world.receive(), 0u);
  EXPECT_EQ(world.receive(0), 0u);
  world.capture.dropped(Drop::ip_ttl);
  EXPECT_TRUE(world.packets().empty()) << "there is no packet to say it of";
  EXPECT_EQ(world.capture.frames(), 0u);
  EXPECT_EQ(world.device.drops, std::vector<Drop>{Drop::ip_ttl});
}

TEST(Capture, records_both_directions_with_time_and_direction) {
  World world;
  const Octets in = packet({}, "in", true);
  const Octets out = packet({}, "out", true);
  world.capture.set_time(Instant::from_microseconds(5));
  world.arrive(in);
  EXPECT_EQ(world.receive(), 1u);
  world.capture.set_time(Instant::from_microseconds(9));
  Frame frame;
  frame.add_payload(out);
  world.capture.transmit(frame);
  const auto packets = world.packets();
  ASSERT_EQ(packets.size(), 2u);
  EXPECT_EQ(packets[0].bytes, in);
  EXPECT_EQ(packets[0].flags, inbound);
  EXPECT_EQ(packets[0].microseconds, 1'700'000'000'000'005u);
  EXPECT_EQ(packets[1].bytes, out);
  EXPECT_EQ(packets[1].flags, outbound);
  EXPECT_EQ(packets[1].microseconds, 1'700'000'000'000'009u);
  EXPECT_TRUE(packets[0].comment.empty() && packets[1].comment.empty());
  EXPECT_EQ(world.capture.frames(), 2u);
}

TEST(Capture, a_drop_is_told_with_its_packet_and_no_other) {
  World world;
  for (const char* text : {"one", "two", "three"}) world.arrive(packet({}, text, true));
  EXPECT_EQ(world.receive(), 1u) << "one at a time, so that the drop is that one's";
  EXPECT_EQ(world.receive(), 1u);
  world.capture.dropped(Drop::ip_ttl);
  world.receive();
  const auto packets = world.packets();
  ASSERT_EQ(packets.size(), 3u);
  EXPECT_EQ(packets[0].comment, "");
  EXPECT_EQ(packets[1].comment, "dropped: " + std::string(drop_text(Drop::ip_ttl)) + " (tap0)");
  EXPECT_EQ(packets[2].comment, "");
  world.capture.dropped(Drop::ip_ttl);  // nothing waits: nothing is written
  EXPECT_EQ(world.packets().size(), 3u);
}

TEST(Capture, an_answer_sent_before_the_drop_is_reported_follows_its_cause) {
  World world;
  const Octets syn = packet({.flags = 2}, "", true);
  const Octets reset = packet({.flags = 4}, "", true);
  world.arrive(syn);
  world.receive();
  Frame frame;
  frame.add_payload(reset);
  world.capture.transmit(frame);
  world.capture.dropped(Drop::tcp_no_connection);
  const auto packets = world.packets();
  ASSERT_EQ(packets.size(), 2u);
  EXPECT_EQ(packets[0].bytes, syn);
  EXPECT_NE(packets[0].comment, "");
  EXPECT_EQ(packets[1].bytes, reset);
  EXPECT_EQ(packets[1].flags, outbound);
}

TEST(Capture, more_answers_than_it_can_hold_are_written_all_the_same) {
  World world;
  world.arrive(packet({}, "in", true));
  world.receive();
  const Octets out = packet({}, std::string(1000, 'o'), true);
  for (int i = 0; i < 10; ++i) {
    Frame frame;
    frame.add_payload(out);
    world.capture.transmit(frame);
  }
  world.capture.dropped(Drop::ip_ttl);
  const auto packets = world.packets();
  ASSERT_EQ(packets.size(), 11u);
  EXPECT_EQ(packets[0].flags, inbound);
  for (std::size_t i = 1; i < 11; ++i) EXPECT_EQ(packets[i].bytes, out);
}

TEST(Capture, what_the_device_did_not_take_is_not_recorded) {
  World world;
  world.device.result = Transmit::busy;
  const Octets out = packet({}, "x", true);
  Frame frame;
  frame.add_payload(out);
  EXPECT_EQ(world.capture.transmit(frame), Transmit::busy);
  EXPECT_TRUE(world.packets().empty());
}

TEST(Capture, an_offloaded_checksum_is_filled_in_for_the_record_only) {
  for (const std::uint8_t protocol : {6, 17}) {
    for (const int version : {4, 6}) {
      const FrameSpec spec{.version = version, .protocol = protocol};
      World world;
      const std::string payload(333, 'p');
      Frame frame;
      test::fill(frame, spec, as_bytes(payload));
      world.capture.transmit(frame);
      EXPECT_NE(frame.checksum.header_from_end, 0);
      EXPECT_EQ(world.device.sent[0], packet(spec, payload, false)) << "the device fills it in itself";
      const auto packets = world.packets();
      ASSERT_EQ(packets.size(), 1u);
      EXPECT_EQ(packets[0].bytes, packet(spec, payload, true));
      test::expect_intact(packets[0].bytes, spec);
    }
  }
}

TEST(Capture, a_super_segment_is_recorded_as_its_segments) {
  for (const int version : {4, 6}) {
    const FrameSpec spec{.version = version};
    World world;
    const std::string payload(20'000, 'p');
    Frame frame;
    test::fill(frame, spec, as_bytes(payload));
    frame.segment_size = 1448;
    world.capture.transmit(frame);
    EXPECT_EQ(world.device.sent.size(), 1u);
    const auto packets = world.packets();
    ASSERT_EQ(packets.size(), 14u);
    for (const auto& written : packets) test::expect_intact(written.bytes, spec);
  }
}

TEST(Capture, what_the_device_joined_is_recorded_as_its_segments) {
  for (const int version : {4, 6}) {
    const FrameSpec spec{.version = version};
    World world;
    world.arrive(packet(spec, std::string(20'000, 'p'), false),
                 {.checksum_verified = true, .segment_size = 1448});
    world.receive();
    world.capture.dropped(Drop::tcp_sequence);
    const auto packets = world.packets();
    ASSERT_EQ(packets.size(), 14u);
    for (const auto& written : packets) {
      test::expect_intact(written.bytes, spec);
      EXPECT_EQ(written.flags, inbound);
      EXPECT_NE(written.comment, "");
    }
  }
}

TEST(Capture, a_partial_checksum_of_the_kernel_is_completed_in_the_record) {
  for (const std::uint8_t protocol : {6, 17}) {
    for (const int version : {4, 6}) {
      const FrameSpec spec{.version = version, .protocol = protocol};
      World world;
      world.arrive(packet(spec, "some payload", false), {.checksum_verified = true});
      world.receive();
      world.arrive(packet(spec, "some payload", true), {.checksum_verified = true});
      world.receive();
      Octets padded = packet(spec, "", false);
      padded.resize(padded.size() + 9, 0);
      world.arrive(padded, {.checksum_verified = true});
      world.receive();
      const auto packets = world.packets();
      ASSERT_EQ(packets.size(), 3u);
      test::expect_intact(packets[0].bytes, spec);
      EXPECT_EQ(packets[1].bytes, packet(spec, "some payload", true)) << "a complete one stays";
      test::expect_intact(Octets(packets[2].bytes.begin(), packets[2].bytes.end() - 9), spec);
    }
  }
}

TEST(Capture, a_wrong_checksum_is_recorded_as_it_is) {
  World world;
  Octets wrong = packet({}, "payload", true);
  wrong.back() ^= 1;
  world.arrive(wrong);
  world.receive();
  const Octets partial = packet({}, "payload", false);
  world.arrive(partial);  // nobody vouches for it
  world.receive();
  const auto packets = world.packets();
  ASSERT_EQ(packets.size(), 2u);
  EXPECT_EQ(packets[0].bytes, wrong);
  EXPECT_EQ(packets[1].bytes, partial);
}

TEST(Capture, frames_are_cut_to_the_snap_length) {
  World world({.name = "tap0", .snap_length = 100});
  const Octets in = packet({}, std::string(500, 'i'), true);
  world.arrive(in, {.checksum_verified = true});
  world.receive();
  Frame frame;
  frame.add_payload(in);
  world.capture.transmit(frame);
  const auto packets = world.packets();
  ASSERT_EQ(packets.size(), 2u);
  for (const auto& written : packets) {
    EXPECT_EQ(written.bytes, Octets(in.begin(), in.begin() + 100));
    EXPECT_EQ(written.original_length, in.size());
  }
}

TEST(Capture, hostile_frames_of_any_length_are_recorded) {
  World world;
  const Octets good = packet({.version = 6, .ip_options = 8}, "payload", false);
  for (std::size_t length = 0; length <= good.size(); ++length) {
    for (const std::uint16_t segment_size : {0, 1, 1000}) {
      Octets bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
      world.arrive(bytes, {.checksum_verified = true, .segment_size = segment_size});
      ASSERT_EQ(world.receive(), 1u);
    }
  }
  Octets lying = packet({}, "payload", false);
  test::put_word(lying, 16, 0xffff);  // total length beyond the frame
  world.arrive(lying, {.checksum_verified = true, .segment_size = 2});
  world.receive();
  test::put_word(lying, 16, 21);  // and inside the TCP header
  world.arrive(lying, {.checksum_verified = true, .segment_size = 2});
  world.receive();
  EXPECT_GE(world.packets().size(), 3 * good.size());
}

TEST(Capture, mutated_frames_are_recorded_without_harm) {
  World world;
  std::mt19937_64 random(1);
  std::size_t arrived = 0;
  for (int i = 0; i < 20'000; ++i) {
    const FrameSpec spec{.vlan = random() % 2 == 0,
                         .version = random() % 2 == 0 ? 4 : 6,
                         .protocol = static_cast<std::uint8_t>(random() % 2 == 0 ? 6 : 17),
                         .ip_options = random() % 2 == 0 ? 8u : 0u};
    Octets bytes = packet(spec, std::string(random() % 50, 'm'), random() % 2 == 0);
    for (std::size_t flips = random() % 4; flips > 0; --flips) {
      bytes[12 + random() % (bytes.size() - 12)] = static_cast<std::uint8_t>(random());
    }
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    if (bytes.empty()) continue;
    world.arrive(bytes, {.checksum_verified = random() % 2 == 0,
                         .segment_size = static_cast<std::uint16_t>(random() % 3 * 20)});
    ASSERT_EQ(world.receive(), 1u);
    if (random() % 2 == 0) world.capture.dropped(Drop::ip_options);
    ++arrived;
    if (i % 1000 != 999) continue;
    const auto packets = world.packets();
    ASSERT_GE(packets.size(), arrived) << "none is lost; some were cut into several";
    world.sink.bytes.clear();
    arrived = 0;
  }
  EXPECT_TRUE(world.stack.pool.full());
}

TEST(Capture, its_end_writes_what_waits) {
  test::MemorySink sink;
  PcapngWriter writer(sink, "test");
  test::TestDevice device;
  {
    test::OwnedArena arena(Capture::memory_needed({}));
    test::OwnedPool stack({.small_count = 1});
    Capture capture(arena.arena, device, writer);
    device.arriving.push_back({packet({}, "last", true), {}});
    std::array<Packet, 1> batch;
    capture.receive(stack.pool, batch);
  }
  EXPECT_EQ(test::read_packets(sink.bytes).size(), 1u);
}

TEST(Capture, tshark_reads_it_and_finds_every_checksum_good) {
  if (std::system("command -v tshark > /dev/null") != 0) GTEST_SKIP() << "tshark is not installed";
  World world;
  const std::string payload(9'000, 'p');
  for (const int version : {4, 6}) {
    for (const std::uint8_t protocol : {6, 17}) {
      const FrameSpec spec{.version = version, .protocol = protocol, .tcp_options = 0};
      world.arrive(packet(spec, "some payload", false), {.checksum_verified = true});
      world.receive();
      world.capture.dropped(Drop::udp_no_port);
      Frame frame;
      test::fill(frame, spec, as_bytes(payload).first(1000));
      world.capture.transmit(frame);
      if (protocol != 6) continue;
      Frame super;
      test::fill(super, spec, as_bytes(payload));
      super.segment_size = 1448;
      world.capture.transmit(super);
    }
  }
  world.capture.flush();
  const std::string path = testing::TempDir() + "linnet_capture_test.pcapng";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(world.sink.bytes.data()),
             static_cast<std::streamsize>(world.sink.bytes.size()));
  const auto count = [&path](const std::string& filter) {
    const std::string command =
        "tshark -r " + path +
        " -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -Y '" + filter +
        "' 2>/dev/null | wc -l";
    FILE* pipe = popen(command.c_str(), "r");
    int lines = -1;
    EXPECT_EQ(std::fscanf(pipe, "%d", &lines), 1);
    pclose(pipe);
    return lines;
  };
  EXPECT_EQ(count("frame"), 4 + 4 + 2 * 7);
  EXPECT_EQ(count("tcp.checksum.status == good or udp.checksum.status == good"), 4 + 4 + 2 * 7);
  EXPECT_EQ(count("ip.checksum.status == good"), 2 + 2 + 7);
  EXPECT_EQ(count("frame.interface_name == \"tap0\""), 4 + 4 + 2 * 7);
  EXPECT_EQ(count("frame.comment contains \"(tap0)\""), 4);
  EXPECT_EQ(count("_ws.malformed"), 0);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace linnet
