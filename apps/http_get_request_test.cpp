// SPDX-License-Identifier: Apache-2.0
#include "apps/http_get_request.hpp"

#include <gtest/gtest.h>

namespace linnet::apps {
namespace {

std::string request(std::string_view to, std::string_view named, const std::vector<std::string>& fields) {
  return http_request_text("GET", *parse_url(to), *parse_url(named), fields);
}
std::string request(std::string_view url, const std::vector<std::string>& fields = {}) {
  return request(url, url, fields);
}

TEST(HttpGetRequest, RFC9112_3_2_one_host_field) {
  EXPECT_TRUE(request("http://a.example:81/x?y").starts_with("GET /x?y HTTP/1.1\r\nHost: a.example:81\r\n"));
  EXPECT_NE(request("https://[2001:db8::1]/").find("\r\nHost: [2001:db8::1]\r\n"), std::string::npos);
  const std::string text = request("http://192.0.2.1/", {"host: virtual.example"});
  EXPECT_EQ(text.find("Host: "), std::string::npos) << text;
  EXPECT_NE(text.find("\r\nhost: virtual.example\r\n"), std::string::npos) << text;
}

TEST(HttpGetRequest, RFC6874_4_a_zone_is_not_the_servers_business) {
  EXPECT_NE(request("http://[fe80::1%net0]:81/").find("\r\nHost: [fe80::1]:81\r\n"), std::string::npos);
}

TEST(HttpGetRequest, defaults_that_the_user_may_replace) {
  EXPECT_NE(request("http://a/").find("\r\nAccept: */*\r\n"), std::string::npos);
  EXPECT_NE(request("http://a/").find("\r\nUser-Agent: linnet/"), std::string::npos);
  EXPECT_EQ(request("http://a/", {"accept: text/html", "USER-AGENT: me"}),
            "GET / HTTP/1.1\r\nHost: a\r\naccept: text/html\r\nUSER-AGENT: me\r\nConnection: close\r\n\r\n");
}

TEST(HttpGetRequest, credentials_go_to_the_origin_that_was_named_alone) {
  const std::vector<std::string> fields{"Authorization: Basic eA==", "cookie: a=b", "Host: virtual.example",
                                        "Proxy-Authorization: x", "X-Other: kept"};
  for (const std::string_view to :
       {"http://a.example/", "https://a.example:444/", "https://b.example/", "https://sub.a.example/"}) {
    const std::string text = request(to, "https://a.example/", fields);
    EXPECT_EQ(text.find("Basic"), std::string::npos) << text;
    EXPECT_EQ(text.find("cookie"), std::string::npos) << text;
    EXPECT_EQ(text.find("virtual"), std::string::npos) << text;
    EXPECT_EQ(text.find("Proxy"), std::string::npos) << text;
    EXPECT_NE(text.find("X-Other: kept"), std::string::npos) << text;
    EXPECT_NE(text.find("\r\nHost: "), std::string::npos) << text;
  }
  const std::string text = request("https://A.example:443/again", "https://a.example/", fields);
  EXPECT_NE(text.find("Basic"), std::string::npos) << text;
  EXPECT_NE(text.find("cookie"), std::string::npos) << text;
}

}  // namespace
}  // namespace linnet::apps
