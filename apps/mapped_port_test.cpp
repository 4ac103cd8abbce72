// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "apps/router_options.hpp"

namespace linnet::apps {
namespace {

const IpAddress inside = IpAddress::v4(192, 168, 5, 2);

TEST(MappedPort, IsTcpUnlessItSaysUdp) {
  EXPECT_EQ(parse_mapped_port("8022:192.168.5.2:22"), (MappedPort{false, 8022, {inside, 22}}));
  EXPECT_EQ(parse_mapped_port("tcp:8022:192.168.5.2:22"), (MappedPort{false, 8022, {inside, 22}}));
  EXPECT_EQ(parse_mapped_port("udp:53:192.168.5.2:5353"), (MappedPort{true, 53, {inside, 5353}}));
}

TEST(MappedPort, IsNothingElse) {
  for (const char* text :
       {"", "8022", "8022:22", "8022:192.168.5.2", "8022:192.168.5.2:", ":192.168.5.2:22", "0:192.168.5.2:22",
        "8022:192.168.5.2:65536", "8022:fd00::2:22", "sctp:1:192.168.5.2:2", "8022:192.168.5:22"}) {
    EXPECT_EQ(parse_mapped_port(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace linnet::apps
