// SPDX-License-Identifier: Apache-2.0
#include "apps/http_request.hpp"

#include <gtest/gtest.h>

namespace linnet::apps {
namespace {

using namespace std::string_literals;

/// 0 for a complete request, -1 for one that needs more bytes, else the error's status code.
int outcome(std::string_view bytes) {
  HttpRequestReader reader;
  reader.feed(bytes);
  return reader.complete() ? 0 : reader.error() != 0 ? reader.error() : -1;
}

int outcome_of_fields(std::string_view fields) {
  return outcome("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n");
}

HttpRequest request_of(std::string_view bytes) {
  HttpRequestReader reader;
  EXPECT_EQ(reader.feed(bytes), bytes.size());
  EXPECT_TRUE(reader.complete());
  return reader.request();
}

const std::string full_request =
    "POST /upload?name=a%20b&x=1 HTTP/1.1\r\nHost: linnet:8080\r\nContent-Length: 12\r\nX-Empty:\r\n"
    "Connection: Keep-Alive, close\r\nExpect: 100-continue\r\n\r\n";

TEST(HttpRequest, RFC9112_3_parts) {
  const HttpRequest request = request_of(full_request);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/upload?name=a%20b&x=1");
  EXPECT_EQ(request.path(), "/upload");
  EXPECT_EQ(request.query("name"), "a b");
  EXPECT_EQ(request.query("x"), "1");
  EXPECT_EQ(request.query("y"), std::nullopt);
  EXPECT_EQ(request.framing.length, 12u);
  EXPECT_FALSE(request.framing.chunked);
  EXPECT_FALSE(request.keep_alive);
  EXPECT_TRUE(request.expects_continue);
  EXPECT_EQ(*request.fields.find("x-empty"), "");
}

TEST(HttpRequest, truncated_at_every_byte_asks_for_more) {
  for (std::size_t n = 0; n < full_request.size(); ++n) {
    ASSERT_EQ(outcome(std::string_view(full_request).substr(0, n)), -1) << n;
  }
}

TEST(HttpRequest, byte_by_byte_and_no_byte_of_the_body_is_taken) {
  HttpRequestReader reader;
  const std::string bytes = full_request + "hello, world";
  std::size_t taken = 0;
  for (const char& c : bytes) taken += reader.feed({&c, 1});
  EXPECT_TRUE(reader.complete());
  EXPECT_EQ(taken, full_request.size());
  HttpRequestReader whole;
  EXPECT_EQ(whole.feed(bytes), full_request.size());
}

TEST(HttpRequest, every_single_byte_corrupted_is_handled) {
  for (std::size_t i = 0; i < full_request.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      std::string bytes = full_request;
      bytes[i] = static_cast<char>(c);
      const int result = outcome(bytes);
      ASSERT_TRUE(result == 0 || result == -1 || (result >= 400 && result < 600)) << i << ' ' << c;
    }
  }
}

TEST(HttpRequest, RFC9112_2_2_line_ends) {
  EXPECT_EQ(outcome("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0) << "empty lines in front are ignored";
  EXPECT_EQ(outcome("GET / HTTP/1.1\nHost: a\n\n"), 400);
  EXPECT_EQ(outcome("GET / HTTP/1.1\rHost: a\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"s), 400);
}

TEST(HttpRequest, RFC9112_3_request_line) {
  EXPECT_EQ(outcome("GET / HTTP/1.0\r\n\r\n"), 0);
  EXPECT_EQ(outcome("GET /\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET  HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET / a HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(outcome(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(outcome("G@T / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET x HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(outcome("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
  EXPECT_EQ(outcome("GET / http/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(outcome("GET / HTTP/11\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(outcome("\x16\x03\x01\x02\x00\r\n\r\n"s), 400) << "a TLS client";
}

TEST(HttpRequest, RFC9112_3_2_2_absolute_form) {
  EXPECT_EQ(request_of("GET http://linnet:8080/x?y HTTP/1.1\r\nHost: linnet:8080\r\n\r\n").target, "/x?y");
  EXPECT_EQ(request_of("GET http://linnet HTTP/1.1\r\nHost: linnet\r\n\r\n").target, "/");
  EXPECT_EQ(outcome("GET https://linnet/ HTTP/1.1\r\nHost: linnet\r\n\r\n"), 400);
}

TEST(HttpRequest, RFC9112_3_2_exactly_one_host) {
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 0);
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), 0);
}

TEST(HttpRequest, RFC9112_5_field_lines) {
  EXPECT_EQ(outcome_of_fields("X: a\r\n"), 0);
  EXPECT_EQ(outcome_of_fields("X : a\r\n"), 400) << "5.1: white space before the colon";
  EXPECT_EQ(outcome_of_fields("X\r\n"), 400);
  EXPECT_EQ(outcome_of_fields(": a\r\n"), 400);
  EXPECT_EQ(outcome_of_fields(" X: a\r\n"), 400) << "5.2: folded lines";
  EXPECT_EQ(outcome_of_fields("X: a\r\n b\r\n"), 400);
  EXPECT_EQ(outcome_of_fields("X: a\x01\r\n"), 400);
  EXPECT_EQ(outcome_of_fields("X: \xc3\xa9\r\n"), 0) << "obs-text";
}

TEST(HttpRequest, RFC9112_6_3_framing_that_two_readers_could_read_in_two_ways_is_refused) {
  EXPECT_EQ(outcome_of_fields("Content-Length: 5\r\nContent-Length: 5\r\n"), 400);
  EXPECT_EQ(outcome_of_fields("Content-Length: 5\r\nContent-Length: 6\r\n"), 400);
  EXPECT_EQ(outcome_of_fields("Content-Length: 5, 5\r\n"), 400);
  EXPECT_EQ(outcome_of_fields("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(outcome_of_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(outcome_of_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400);
  EXPECT_EQ(outcome_of_fields("Transfer-Encoding: gzip, chunked\r\n"), 501);
  EXPECT_EQ(outcome_of_fields("Transfer-Encoding: xchunked\r\n"), 501);
  EXPECT_EQ(outcome_of_fields("Transfer-Encoding: Chunked\r\n"), 0);
  EXPECT_EQ(outcome("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(HttpRequest, content_lengths) {
  for (const auto* good : {"0", "00012", "9223372036854775807"}) {
    EXPECT_EQ(outcome_of_fields("Content-Length: " + std::string(good) + "\r\n"), 0) << good;
  }
  for (const auto* bad :
       {"", "-1", "+1", "0x10", "1 2", "1e3", "9223372036854775808", "99999999999999999999999"}) {
    EXPECT_EQ(outcome_of_fields("Content-Length: " + std::string(bad) + "\r\n"), 400) << bad;
  }
}

TEST(HttpRequest, heads_are_limited_to_8_KiB) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::size_t fill = HttpRequestReader::head_limit - head.size() - 4;
  EXPECT_EQ(outcome(head + std::string(fill, 'x') + "\r\n\r\n"), 0);
  EXPECT_EQ(outcome(head + std::string(fill + 1, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(outcome("GET /" + std::string(9000, 'x')), 414);
  EXPECT_EQ(outcome(std::string(1000000, '\n')), 400);
  std::string lines;
  while (lines.size() < 9000) lines += "\r\n";
  EXPECT_EQ(outcome(lines), 414) << "empty lines count";
}

TEST(HttpRequest, RFC9112_9_3_persistence) {
  EXPECT_TRUE(request_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n").keep_alive);
  EXPECT_FALSE(request_of("GET / HTTP/1.1\r\nHost: a\r\nConnection: CLOSE\r\n\r\n").keep_alive);
  EXPECT_FALSE(request_of("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(request_of("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

TEST(HttpRequest, percent_decoding) {
  EXPECT_EQ(percent_decoded("a%2Fb%2f%41+"), "a/b/A+");
  EXPECT_EQ(percent_decoded("%"), std::nullopt);
  EXPECT_EQ(percent_decoded("%4"), std::nullopt);
  EXPECT_EQ(percent_decoded("%4x"), std::nullopt);
  EXPECT_EQ(percent_decoded("%00"), std::nullopt);
  EXPECT_EQ(request_of("GET /?a&b=&c=%zz HTTP/1.0\r\n\r\n").query("a"), "");
  EXPECT_EQ(request_of("GET /?a&b=&c=%zz HTTP/1.0\r\n\r\n").query("b"), "");
  EXPECT_EQ(request_of("GET /?a&b=&c=%zz HTTP/1.0\r\n\r\n").query("c"), std::nullopt);
}

}  // namespace
}  // namespace linnet::apps
