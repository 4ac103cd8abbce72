// SPDX-License-Identifier: Apache-2.0
#include "apps/text.hpp"

#include <gtest/gtest.h>

#include "apps/progress.hpp"

namespace linnet::apps {
namespace {

TEST(Text, decimals_are_digits_only) {
  EXPECT_EQ(parse_decimal("0", 10), 0u);
  EXPECT_EQ(parse_decimal("010", 10), 10u);
  EXPECT_EQ(parse_decimal("18446744073709551615", UINT64_MAX), UINT64_MAX);
  for (const auto* bad : {"", " 1", "1 ", "+1", "-1", "0x1", "1e1", "11", "18446744073709551616"}) {
    EXPECT_EQ(parse_decimal(bad, 10), std::nullopt) << bad;
  }
}

TEST(Text, ports) {
  EXPECT_EQ(parse_port("1"), 1);
  EXPECT_EQ(parse_port("65535"), 65535);
  EXPECT_EQ(parse_port("0"), std::nullopt);
  EXPECT_EQ(parse_port("65536"), std::nullopt);
}

TEST(Text, sizes_for_people) {
  EXPECT_EQ(human_size(1023), "1023 B");
  EXPECT_EQ(human_size(1024), "1.00 KiB");
  EXPECT_EQ(human_size(67108864), "64.0 MiB");
  EXPECT_EQ(human_size(UINT64_MAX), "16.0 EiB");
}

TEST(Text, progress) {
  EXPECT_EQ(progress_text(1048576, 4194304, Duration::seconds(1)),
            " 25% [======>                 ] 1.00 MiB of 4.00 MiB, 1.00 MiB/s, 3 s left");
  EXPECT_EQ(progress_text(4194304, 4194304, Duration::seconds(2)),
            "100% [========================] 4.00 MiB of 4.00 MiB, 2.00 MiB/s, 0 s left");
  EXPECT_EQ(progress_text(2048, std::nullopt, Duration::seconds(1)), "2.00 KiB, 2.00 KiB/s");
  EXPECT_EQ(progress_text(0, 0, Duration()), "0 B, 0 B/s");
}

}  // namespace
}  // namespace linnet::apps
