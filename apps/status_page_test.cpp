// SPDX-License-Identifier: Apache-2.0
#include "apps/status_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace linnet::apps {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

json report() {
  const json none = json::array();
  return {{"host_name", "garden"},
          {"version", "1.2.3"},
          {"uptime_s", 3725},
          {"interfaces", none},
          {"addresses",
           {{{"address", "10.0.2.15/24"}, {"interface", "net0"}, {"state", "usable"}, {"origin", "DHCP"}}}},
          {"routes", none},
          {"neighbours", none},
          {"dhcp", nullptr},
          {"dns_servers", {"10.0.2.3"}},
          {"connections",
           {{{"local", "10.0.2.15:80"}, {"state", "ESTABLISHED"}, {"rtt_us", 214}, {"send_queue", 2048}}}},
          {"listeners", none},
          {"udp", none},
          {"drops", none},
          {"dropped_total", 0},
          {"pool", none},
          {"descriptors", {{"used", 7}, {"total", 16}}},
          {"faults", none}};
}

TEST(StatusPage, shows_the_report_without_scripts) {
  const std::string page = status_page(report());
  EXPECT_THAT(page, testing::StartsWith("<!DOCTYPE html>"));
  for (const auto* shown :
       {"<title>garden · linnet</title>", "10.0.2.15/24", "1 h 2 min", "10.0.2.3", "0.214 ms", "2.00 KiB",
        "<span class=\"state ESTABLISHED\">ESTABLISHED</span>", "Nobody listens."}) {
    EXPECT_THAT(page, HasSubstr(shown));
  }
}

TEST(StatusPage, texts_from_outside_are_escaped) {
  json hostile = report();
  hostile["host_name"] = "<script>alert(1)</script>";
  hostile["connections"][0]["state"] = "\"><img src=x>";
  const std::string page = status_page(hostile);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
}

TEST(StatusPage, empty_optional_sections_are_hidden) {
  EXPECT_THAT(status_page(report()), HasSubstr("<section hidden><h2>Impairments</h2>"));
}

TEST(FormatValue, units) {
  EXPECT_EQ(format_value(0, "bytes"), "0 B");
  EXPECT_EQ(format_value(1048576, "bytes"), "1.00 MiB");
  EXPECT_EQ(format_value(150 * 1024, "bytes"), "150 KiB");
  EXPECT_EQ(format_value(59, "s"), "59 s");
  EXPECT_EQ(format_value(61, "s"), "1 min 1 s");
  EXPECT_EQ(format_value(90000, "s"), "1 d 1 h");
  EXPECT_EQ(format_value(5, "ago"), "5 s ago");
  EXPECT_EQ(format_value(0, "us"), "–");
  EXPECT_EQ(format_value(nullptr, "s"), "–");
  EXPECT_EQ(format_value(json::array(), ""), "–");
  EXPECT_EQ(format_value(7, "count"), "7");
}

}  // namespace
}  // namespace linnet::apps
