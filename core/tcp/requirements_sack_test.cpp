// SPDX-License-Identifier: Apache-2.0
// RFC 2018 by rule: what the receiver of data tells.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

/// The peer's bytes at `offset`; the `n`th segment by its timestamp.
void inject_at(Harness& h, std::uint32_t offset, std::uint32_t n) {
  h.inject({.seq = h.peer_nxt + offset, .ack = h.our_nxt, .flags = Flags::ack, .data = "0123456789",
            .options = h.timestamps ? timestamp_option(1100 + n, 0) : std::vector<std::uint8_t>{}});
}

TEST(RequirementsSack, RFC2018_4_none_without_permission) {
  Harness h;
  h.accept(syn_options(1460));
  inject_at(h, 100, 0);
  const Wire ack = h.expect_sent();
  EXPECT_EQ(ack.ack, h.peer_nxt);
  EXPECT_TRUE(ack.options.empty());
}

TEST(RequirementsSack, RFC2018_3_4_as_many_blocks_as_fit_the_latest_first) {
  for (const bool timestamps : {false, true}) {
    Harness h;
    h.accept(syn_options(1460, -1, true, timestamps));
    for (std::uint32_t n = 1; n <= 6; ++n) {
      inject_at(h, n * 100, n);
      const Wire ack = h.expect_sent();
      const std::uint32_t fit = std::min(n, timestamps ? 3u : 4u);  // 40 bytes of options, 12 for timestamps
      ASSERT_EQ(ack.parsed.sack_count, fit);
      EXPECT_LE(ack.options.size(), 40u);
      for (std::uint32_t i = 0; i < fit; ++i) {  // the segment that came, then those told last
        EXPECT_EQ(ack.parsed.sack[i].left.value(), h.peer_nxt + (n - i) * 100);
        EXPECT_EQ(ack.parsed.sack[i].right.value(), h.peer_nxt + (n - i) * 100 + 10);
      }
    }
  }
}

TEST(RequirementsSack, RFC2018_4_the_first_block_holds_the_segment_that_came_wherever_it_lies) {
  Harness h;
  h.accept(syn_options(1460, -1, true));
  std::uint32_t n = 0;
  for (const std::uint32_t offset : {100u, 300u, 200u, 110u, 310u}) {
    inject_at(h, offset, n++);
    const Wire ack = h.expect_sent();
    ASSERT_GE(ack.parsed.sack_count, 1);
    EXPECT_LE(ack.parsed.sack[0].left.value(), h.peer_nxt + offset);
    EXPECT_GE(ack.parsed.sack[0].right.value(), h.peer_nxt + offset + 10);
  }
}

}  // namespace
}  // namespace linnet::tcp::test
