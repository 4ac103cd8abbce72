// SPDX-License-Identifier: Apache-2.0
#include "apps/small_services.hpp"

#include <gtest/gtest.h>

#include <string>

namespace linnet::apps {
namespace {

std::string lines(std::uint64_t first, std::size_t count) {
  const auto bytes = chargen_lines(first, count);
  return {bytes.begin(), bytes.end()};
}

TEST(SmallServices, RFC864_lines_of_72_characters_each_begun_one_further_on) {
  EXPECT_EQ(lines(0, 1), " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n");
  EXPECT_EQ(lines(1, 1), "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh\r\n");
  EXPECT_EQ(lines(94, 1).substr(0, 3), "~ !") << "after the last printable character comes the first";
  EXPECT_EQ(lines(95, 2), lines(0, 2)) << "95 lines are a cycle";
  EXPECT_EQ(lines(3, 2), lines(3, 1) + lines(4, 1));
}

TEST(SmallServices, C14_03_no_answer_to_ports_behind_which_something_answers) {
  for (const std::uint16_t port : {0, 7, 9, 13, 17, 19, 37, 53, 69, 123, 161, 5353}) {
    EXPECT_FALSE(UdpSmallService::may_answer(port)) << port;
  }
  for (const std::uint16_t port : {8, 80, 1024, 49152, 65535})
    EXPECT_TRUE(UdpSmallService::may_answer(port)) << port;
}

}  // namespace
}  // namespace linnet::apps
