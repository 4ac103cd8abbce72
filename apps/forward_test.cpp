// SPDX-License-Identifier: Apache-2.0
#include "apps/forward.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linnet::apps {
namespace {

Forward good(std::string_view text) {
  const auto result = parse_forward(text);
  EXPECT_TRUE(std::holds_alternative<Forward>(result)) << text;
  return std::holds_alternative<Forward>(result) ? std::get<Forward>(result) : Forward{};
}

std::string bad(std::string_view text) {
  const auto result = parse_forward(text);
  EXPECT_TRUE(std::holds_alternative<std::string>(result)) << text;
  return std::holds_alternative<std::string>(result) ? std::get<std::string>(result) : std::string{};
}

TEST(Forward, ports_alone_mean_tcp_on_the_loopback_address) {
  EXPECT_EQ(good("8080:80"), (Forward{.host_port = 8080, .port = 80}));
}

TEST(Forward, protocol_and_address) {
  EXPECT_EQ(good("tcp:8080:80"), (Forward{.host_port = 8080, .port = 80}));
  EXPECT_EQ(good("udp:8007:7"), (Forward{.udp = true, .host_port = 8007, .port = 7}));
  EXPECT_EQ(good("udp:0.0.0.0:1:65535"),
            (Forward{.udp = true, .host_address = IpAddress::any_v4(), .host_port = 1, .port = 65535}));
  EXPECT_EQ(good("127.0.0.2:80:80"),
            (Forward{.host_address = IpAddress::v4(127, 0, 0, 2), .host_port = 80, .port = 80}));
}

TEST(Forward, errors_name_the_part_and_what_is_accepted) {
  for (const auto* text : {"", "80", ":", "8080:", ":80", "8080:0", "65536:80", "8080:80:80:80", "sctp:1:2",
                           "-1:80", "8080:80 ", "a.b.c.d:1:2", "256.0.0.1:1:2", "[::1]:1:2", "+1:2"}) {
    EXPECT_THAT(bad(text), testing::HasSubstr("HOST_PORT:PORT")) << text;
  }
  EXPECT_THAT(bad("8080:99999"), testing::HasSubstr("'99999'"));
  EXPECT_THAT(bad("nowhere:1:2"), testing::HasSubstr("'nowhere'"));
}

}  // namespace
}  // namespace linnet::apps
