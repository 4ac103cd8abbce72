// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/super_frame_cutter.hpp"

#include <gtest/gtest.h>

#include <random>

#include "platform/linux/test_support.hpp"

namespace linnet::platform {
namespace {

using namespace test;

const Flow flow{.our_mac = {{2, 0, 0, 0, 0, 1}},
                .peer_mac = {{2, 0, 0, 0, 0, 2}},
                .our_address = IpAddress::v4(192, 0, 2, 1),
                .peer_address = IpAddress::v4(192, 0, 2, 2),
                .our_port = 1000,
                .peer_port = 2000};

Payload super_frame(const Payload& payload, std::uint8_t flags) {
  Frame frame;
  build_tcp(frame, flow,
            {.sequence = 0xffffff00,
             .acknowledgement = 5,
             .flags = flags,
             .options = {},
             .segment_size = 1460,
             .offload = true,
             .payload = {payload}});
  Payload bytes(frame.size());
  frame.gather(bytes.data());
  return bytes;
}

ReceiveInfo cut_at(std::uint16_t segment_size) {
  ReceiveInfo info;
  info.checksum_verified = true;
  info.segment_size = segment_size;
  return info;
}

TEST(SuperFrameCutter, yields_the_segments_that_the_sender_would_have_sent) {
  const Payload payload = pattern(10000);
  const Payload frame = super_frame(payload, ack | psh | fin | cwr);
  Blocks blocks({.small_size = 1664, .small_count = 3, .large_size = 0, .large_count = 0});
  SuperFrameCutter cutter;
  ASSERT_TRUE(cutter.start(frame, cut_at(1460), blocks.pool.small_size()));
  Payload got;
  int segments = 0;
  while (cutter.pending()) {
    Packet packet;
    ASSERT_TRUE(cutter.next(blocks.pool, packet));
    EXPECT_TRUE(packet.info.checksum_verified);
    EXPECT_EQ(packet.info.segment_size, 0);
    EXPECT_EQ(packet.begin(), SuperFrameCutter::headroom);
    const auto segment = parse_tcp(packet.bytes());
    ASSERT_TRUE(segment);
    EXPECT_TRUE(segment->ip_checksum_good);
    EXPECT_EQ(segment->sequence, static_cast<std::uint32_t>(0xffffff00 + got.size()));
    const bool last = got.size() + segment->payload.size() == payload.size();
    EXPECT_EQ(segment->flags, ack | (last ? psh | fin : 0) | (segments == 0 ? cwr : 0));
    got.insert(got.end(), segment->payload.begin(), segment->payload.end());
    ++segments;
  }
  EXPECT_EQ(segments, 7);
  EXPECT_EQ(got, payload);
  EXPECT_TRUE(blocks.pool.full());
}

TEST(SuperFrameCutter, waits_for_blocks_without_losing_its_place) {
  const Payload payload = pattern(4000);
  const Payload frame = super_frame(payload, ack);
  Blocks blocks({.small_size = 1664, .small_count = 1, .large_size = 0, .large_count = 0});
  SuperFrameCutter cutter;
  ASSERT_TRUE(cutter.start(frame, cut_at(1460), blocks.pool.small_size()));
  Payload got;
  while (cutter.pending()) {
    Packet packet;
    ASSERT_TRUE(cutter.next(blocks.pool, packet));
    if (cutter.pending()) {
      Packet other;
      ASSERT_FALSE(cutter.next(blocks.pool, other));
    }
    const auto segment = parse_tcp(packet.bytes());
    got.insert(got.end(), segment->payload.begin(), segment->payload.end());
  }
  EXPECT_EQ(got, payload);
}

TEST(SuperFrameCutter, refuses_what_it_cannot_cut) {
  const Payload frame = super_frame(pattern(3000), ack);
  SuperFrameCutter cutter;
  EXPECT_FALSE(cutter.start(frame, cut_at(0), 1664));
  EXPECT_FALSE(cutter.start(frame, cut_at(1700), 1664));  // would not fit
  Payload udp = frame;
  udp[14 + 9] = 17;
  EXPECT_FALSE(cutter.start(udp, cut_at(1460), 1664));
  for (std::size_t size = 0; size <= 54; ++size) {  // no payload, or not even headers
    EXPECT_FALSE(cutter.start(Bytes(frame).first(size), cut_at(1460), 1664)) << size;
    EXPECT_FALSE(cutter.pending());
  }
  EXPECT_TRUE(cutter.start(frame, cut_at(1460), 1664));
}

TEST(SuperFrameCutter, survives_any_headers) {
  std::mt19937 random(3);
  Blocks blocks({.small_size = 1664, .small_count = 4, .large_size = 0, .large_count = 0});
  const Payload good = super_frame(pattern(3000), ack);
  int started = 0;
  for (int round = 0; round < 20000; ++round) {
    Payload frame(good.begin(), good.begin() + 20 + random() % 3000);
    for (int change = 0; change < 2; ++change) frame[12 + random() % 8] = static_cast<std::uint8_t>(random());
    frame[random() % 20] = static_cast<std::uint8_t>(random());
    SuperFrameCutter cutter;
    if (!cutter.start(frame, cut_at(static_cast<std::uint16_t>(1 + random() % 1500)), 1664)) continue;
    ++started;
    for (int i = 0; cutter.pending() && i < 10; ++i) {
      Packet packet;
      ASSERT_TRUE(cutter.next(blocks.pool, packet));
    }
  }
  EXPECT_GT(started, 100);
}

}  // namespace
}  // namespace linnet::platform
