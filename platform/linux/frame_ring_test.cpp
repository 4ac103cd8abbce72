// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/frame_ring.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

namespace linnet::platform {
namespace {

TEST(FrameRing, behaves_like_a_deque_of_frames_for_any_sizes) {
  std::mt19937 random(1);
  for (const std::size_t capacity : {64u, 65u, 66u, 67u, 1000u, 4099u}) {
    FrameRing ring(capacity);
    std::deque<std::vector<std::uint8_t>> model;
    std::size_t refused = 0;
    for (int step = 0; step < 20000; ++step) {
      if (random() % 2 == 0) {
        std::vector<std::uint8_t> frame(random() % 40);
        for (auto& b : frame) b = static_cast<std::uint8_t>(random());
        if (ring.push(frame)) {
          model.push_back(frame);
        } else {
          ++refused;
          ASSERT_FALSE(ring.empty()) << "an empty ring has room";
        }
      } else if (!model.empty()) {
        const Bytes front = ring.front();
        ASSERT_EQ(std::vector<std::uint8_t>(front.begin(), front.end()), model.front());
        ring.pop();
        model.pop_front();
      }
      ASSERT_EQ(ring.count(), model.size());
      ASSERT_LE(ring.used(), ring.capacity());
      ASSERT_EQ(ring.empty(), model.empty());
    }
    if (capacity < 1000) {
      EXPECT_GT(refused, 0u);
    }
  }
}

TEST(FrameRing, refuses_a_frame_larger_than_itself) {
  FrameRing ring(100);
  EXPECT_FALSE(ring.push(std::vector<std::uint8_t>(97)));
  EXPECT_TRUE(ring.push(std::vector<std::uint8_t>(96)));
  EXPECT_FALSE(ring.push({}));
  ring.pop();
  EXPECT_TRUE(ring.push({}));
}

}  // namespace
}  // namespace linnet::platform
