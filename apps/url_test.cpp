// SPDX-License-Identifier: Apache-2.0
#include "apps/url.hpp"

#include <gtest/gtest.h>

namespace linnet::apps {
namespace {

std::string parsed(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return std::string("error: ").append(url_error_text(url.error()));
  return url->host + ' ' + std::to_string(url->port) + ' ' + url->target;
}

UrlError error_of(std::string_view text) { return parse_url(text).error(); }

TEST(Url, RFC3986_3_parts) {
  EXPECT_EQ(parsed("http://example.com"), "example.com 80 /");
  EXPECT_EQ(parsed("http://example.com/"), "example.com 80 /");
  EXPECT_EQ(parsed("HTTP://Example.COM:8080/a/b?x=1&y=%20"), "Example.COM 8080 /a/b?x=1&y=%20");
  EXPECT_EQ(parsed("http://10.0.2.2:80/#top"), "10.0.2.2 80 /");
  EXPECT_EQ(parsed("http://[fe80::1%25eth0]:81/x"), "fe80::1%25eth0 81 /x");
  EXPECT_EQ(parsed("http://a?q"), "a 80 /?q");
  EXPECT_EQ(parsed("http://a#f"), "a 80 /");
  EXPECT_EQ(parsed("http://a:/"), "a 80 /") << "RFC 3986 3.2.3: an empty port is the default";
  EXPECT_EQ(parsed("http://h/a@b"), "h 80 /a@b");
}

TEST(Url, the_scheme_may_be_left_out) {
  EXPECT_EQ(parsed("example.com/x"), "example.com 80 /x");
  EXPECT_EQ(parsed("localhost:8080"), "localhost 8080 /");
}

TEST(Url, errors_are_named) {
  EXPECT_EQ(error_of("httpss://example.com/"), UrlError::scheme);
  EXPECT_EQ(error_of("ftp://example.com/"), UrlError::scheme);
  EXPECT_EQ(error_of("http://user:pw@example.com/"), UrlError::user_info);
  EXPECT_EQ(error_of(""), UrlError::host);
  EXPECT_EQ(error_of("http://"), UrlError::host);
  EXPECT_EQ(error_of("http:///path"), UrlError::host);
  EXPECT_EQ(error_of("http://a b/"), UrlError::host);
  EXPECT_EQ(error_of("http://[::1/"), UrlError::host);
  EXPECT_EQ(error_of("http://[::1]x/"), UrlError::host);
  EXPECT_EQ(error_of("http://[host]/"), UrlError::host);
  EXPECT_EQ(error_of("http://a:0/"), UrlError::port);
  EXPECT_EQ(error_of("http://a:65536/"), UrlError::port);
  EXPECT_EQ(error_of("http://a:-1/"), UrlError::port);
  EXPECT_EQ(error_of("http://a:8x/"), UrlError::port);
  EXPECT_EQ(error_of("http://a/b c"), UrlError::character);
  EXPECT_EQ(error_of("http://a/\r\nHost: b"), UrlError::character);
  EXPECT_EQ(error_of("http://a/\xc3\xa9"), UrlError::character);
}

TEST(Url, RFC9110_4_2_2_https) {
  EXPECT_EQ(parsed("https://example.com/x"), "example.com 443 /x");
  EXPECT_EQ(parsed("HTTPS://example.com:80/"), "example.com 80 /");
  EXPECT_TRUE(parse_url("https://a/")->secure);
  EXPECT_FALSE(parse_url("http://a/")->secure);
  EXPECT_EQ(parse_url("https://a:443/x")->text(), "https://a/x");
  EXPECT_EQ(parse_url("https://a:80/x")->text(), "https://a:80/x");
  EXPECT_EQ(parse_url("http://a:443/x")->text(), "http://a:443/x");
}

TEST(Url, RFC3986_5_2_2_references_keep_the_scheme_or_change_it) {
  const Url page = *parse_url("https://a/x/y");
  EXPECT_EQ(resolve_url(page, "//b/z")->text(), "https://b/z");
  EXPECT_EQ(resolve_url(page, "z")->text(), "https://a/x/z");
  EXPECT_EQ(resolve_url(page, "http://b/z")->text(), "http://b/z");
  EXPECT_EQ(resolve_url(*parse_url("http://a/"), "https://b/")->text(), "https://b/");
  EXPECT_EQ(resolve_url(*parse_url("http://a:81/"), "//b/")->text(), "http://b/");
}

TEST(Url, authority_as_the_Host_header_has_it) {
  EXPECT_EQ(parse_url("http://a:80/")->authority(), "a");
  EXPECT_EQ(parse_url("http://a:81/")->authority(), "a:81");
  EXPECT_EQ(parse_url("http://[::1]:81/")->authority(), "[::1]:81");
  EXPECT_EQ(parse_url("a:81/x?y#z")->text(), "http://a:81/x?y");
}

std::string resolved(std::string_view reference) {
  const Url base = *parse_url("http://a/b/c/d?q");
  const auto url = resolve_url(base, reference);
  return url ? url->text() : std::string(url_error_text(url.error()));
}

TEST(Url, RFC3986_5_4_reference_resolution) {
  EXPECT_EQ(resolved("g"), "http://a/b/c/g");
  EXPECT_EQ(resolved("./g"), "http://a/b/c/g");
  EXPECT_EQ(resolved("g/"), "http://a/b/c/g/");
  EXPECT_EQ(resolved("/g"), "http://a/g");
  EXPECT_EQ(resolved("//g"), "http://g/");
  EXPECT_EQ(resolved("?y"), "http://a/b/c/d?y");
  EXPECT_EQ(resolved("g?y"), "http://a/b/c/g?y");
  EXPECT_EQ(resolved("#s"), "http://a/b/c/d?q");
  EXPECT_EQ(resolved("g#s"), "http://a/b/c/g");
  EXPECT_EQ(resolved(""), "http://a/b/c/d?q");
  EXPECT_EQ(resolved("."), "http://a/b/c/");
  EXPECT_EQ(resolved(".."), "http://a/b/");
  EXPECT_EQ(resolved("../g"), "http://a/b/g");
  EXPECT_EQ(resolved("../../../../g"), "http://a/g");
  EXPECT_EQ(resolved("./g/."), "http://a/b/c/g/");
  EXPECT_EQ(resolved("g/../h"), "http://a/b/c/h");
  EXPECT_EQ(resolved("http://other:8080/x/../y"), "http://other:8080/y");
}

TEST(Url, references_to_other_schemes_are_refused) {
  EXPECT_EQ(resolved("ftp://a/"), "only http:// and https:// are spoken here");
  EXPECT_EQ(resolved("javascript:alert(1)"), "only http:// and https:// are spoken here");
}

}  // namespace
}  // namespace linnet::apps
