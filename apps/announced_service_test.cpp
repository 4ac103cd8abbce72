// SPDX-License-Identifier: Apache-2.0
#include "apps/announced_service.hpp"

#include <gtest/gtest.h>

namespace linnet::apps {
namespace {

TEST(AnnouncedService, a_line_is_name_type_port_and_strings) {
  const auto service = parse_announced_service("My Printer;_ipp._tcp;631;rp=queue;duplex;note=a=b");
  ASSERT_TRUE(service);
  EXPECT_EQ(service->instance, "My Printer");
  EXPECT_EQ(service->type, "_ipp._tcp");
  EXPECT_EQ(service->port, 631);
  const std::string txt(service->txt.begin(), service->txt.end());
  EXPECT_EQ(txt,
            "\x08rp=queue\x06"
            "duplex\x08note=a=b");
}

TEST(AnnouncedService, without_strings_and_wrong_ones) {
  EXPECT_TRUE(parse_announced_service("a;_b._udp;1")->txt.empty());
  for (const char* wrong : {"", "a", "a;_b._udp", "a;_b._udp;", "a;_b._udp;0", "a;_b._udp;65536", "a;b;1",
                            ";_b._udp;1", "a;_b._udp;1;=x"}) {
    EXPECT_FALSE(parse_announced_service(wrong)) << wrong;
  }
  EXPECT_FALSE(parse_announced_service("a;_b._udp;1;x=" + std::string(300, 'x')))
      << "longer than a string may be";
}

}  // namespace
}  // namespace linnet::apps
