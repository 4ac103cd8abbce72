// SPDX-License-Identifier: Apache-2.0
#include "apps/web_site.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/pattern.hpp"

namespace linnet::apps {
namespace {

using testing::HasSubstr;

WebSite site() {
  return WebSite([] { return nlohmann::json{{"host_name", "x"}}; });
}

HttpRequest request(std::string method, std::string target) {
  HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  return request;
}

std::string content_of(const HttpReply& reply) {
  std::string text(reply.content->size(), '\0');
  if (text.empty()) return text;
  const std::size_t n = reply.content->read({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return text.substr(0, n);
}

TEST(WebSite, downloads_are_the_pattern) {
  WebSite web = site();
  const std::string content = content_of(web.reply(request("GET", "/download?bytes=1001")));
  std::vector<std::uint8_t> expected(1001);
  fill_pattern(expected, 0);
  EXPECT_EQ(content, std::string(expected.begin(), expected.end()));
  EXPECT_EQ(web.reply(request("GET", "/download?bytes=0")).content->size(), 0u);
  EXPECT_EQ(web.reply(request("GET", "/download?bytes=99999999999")).content->size(), 99999999999u);
  for (const auto* bad : {"/download", "/download?bytes=", "/download?bytes=-1", "/download?bytes=1e9",
                          "/download?bytes=9223372036854775808"}) {
    EXPECT_EQ(web.reply(request("GET", bad)).status, 400) << bad;
  }
}

TEST(WebSite, uploads_are_answered_with_their_digest) {
  WebSite web = site();
  const auto sink = web.sink(request("PUT", "/upload"));
  ASSERT_NE(sink, nullptr);
  const std::string text = "abc";
  sink->take({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  EXPECT_EQ(
      content_of(sink->finish()),
      "{\"bytes\": 3, \"sha256\": \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}\n");
  EXPECT_THAT(content_of(web.reply(request("POST", "/upload"))), HasSubstr("\"bytes\": 0"));
  EXPECT_EQ(web.sink(request("POST", "/")), nullptr);
  EXPECT_EQ(web.sink(request("GET", "/upload")), nullptr);
}

TEST(WebSite, the_report_is_json_whatever_bytes_a_name_has) {
  WebSite web([] { return nlohmann::json{{"host_name", "a\xff\xfe\"b"}}; });
  const auto report = nlohmann::json::parse(content_of(web.reply(request("GET", "/status.json"))));
  EXPECT_EQ(report.at("host_name"), "a\xef\xbf\xbd\xef\xbf\xbd\"b");
}

TEST(WebSite, RFC9110_15_5_what_is_not_there_and_what_is_not_allowed) {
  WebSite web = site();
  EXPECT_EQ(web.reply(request("GET", "/nothing")).status, 404);
  EXPECT_EQ(web.reply(request("DELETE", "/nothing")).status, 404);
  EXPECT_EQ(web.reply(request("GET", "/files/a")).status, 404) << "without --serve";
  EXPECT_EQ(web.reply(request("DELETE", "/status.json")).status, 405);
  EXPECT_EQ(web.reply(request("GET", "/upload")).status, 405);
  EXPECT_EQ(web.reply(request("OPTIONS", "*")).status, 204);
  EXPECT_EQ(web.reply(request("HEAD", "/status.json")).status, 200);
}

}  // namespace
}  // namespace linnet::apps
