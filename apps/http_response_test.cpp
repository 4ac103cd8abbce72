// SPDX-License-Identifier: Apache-2.0
#include "apps/http_response.hpp"

#include <gtest/gtest.h>

namespace linnet::apps {
namespace {

HttpResponseReader read(std::string_view bytes) {
  HttpResponseReader reader;
  reader.feed(bytes);
  return reader;
}

TEST(HttpResponse, RFC9112_4_status_line) {
  const std::string bytes = "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc";
  HttpResponseReader reader;
  EXPECT_EQ(reader.feed(bytes), bytes.size() - 3);
  ASSERT_TRUE(reader.complete());
  EXPECT_EQ(reader.response().status, 404);
  EXPECT_EQ(reader.response().reason, "Not Found");
  EXPECT_EQ(reader.response().status_line, "HTTP/1.1 404 Not Found");
  EXPECT_TRUE(read("HTTP/1.0 200\r\n\r\n").complete());
  EXPECT_TRUE(read("HTTP/1.1 200 \r\n\r\n").complete());
  EXPECT_TRUE(read("HTTP/1.1 200 OK\n\n").complete()) << "RFC 9112 2.2: a recipient may take a bare LF";
}

TEST(HttpResponse, what_is_not_HTTP_is_said_to_be_so) {
  for (const auto* bad :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000\r\n\r\n",
        "HTTP/1.1 099 x\r\n\r\n", "HTTP/1.1  200\r\n\r\n", "HTTP/1.x 200 OK\r\n\r\n"}) {
    EXPECT_EQ(read(bad).error(), "the server does not speak HTTP/1.1") << bad;
  }
}

TEST(HttpResponse, RFC9110_15_2_interim_responses_are_skipped) {
  const auto reader =
      read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
  ASSERT_TRUE(reader.complete());
  EXPECT_EQ(reader.response().status, 200);
  EXPECT_EQ(reader.response().fields.all().size(), 0u);
  EXPECT_FALSE(read("HTTP/1.1 101 Switching Protocols\r\n\r\n").error().empty());
}

TEST(HttpResponse, truncated_at_every_byte_asks_for_more) {
  const std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nLocation: /x\r\n\r\n";
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const auto reader = read(std::string_view(bytes).substr(0, n));
    ASSERT_FALSE(reader.complete()) << n;
    ASSERT_EQ(reader.error(), "") << n;
  }
  EXPECT_TRUE(read(bytes).complete());
}

TEST(HttpResponse, RFC9112_6_3_body_framing) {
  using Status = HttpBodyReader::Status;
  const auto status = [](std::string_view head, std::string_view method, std::string_view body) {
    HttpBodyReader reader = read(head).body_reader(method);
    while (!body.empty()) {
      const std::size_t taken = reader.next(body).taken;
      if (taken == 0) break;
      body.remove_prefix(taken);
    }
    return reader.status();
  };
  EXPECT_EQ(status("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD", ""), Status::complete);
  EXPECT_EQ(status("HTTP/1.1 204 No Content\r\n\r\n", "GET", ""), Status::complete);
  EXPECT_EQ(status("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "GET", ""), Status::complete);
  EXPECT_EQ(status("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "GET", "abc"), Status::complete);
  EXPECT_EQ(status("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET", "0\r\n\r\n"),
            Status::complete);
  EXPECT_EQ(status("HTTP/1.1 200 OK\r\n\r\n", "GET", "abc"), Status::more);
}

TEST(HttpResponse, contradictions_and_floods_are_errors) {
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n").error().empty());
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").error().empty());
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: br\r\n\r\n").error().empty());
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nbad line\r\n\r\n").error().empty());
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'x')).error().empty());
}

}  // namespace
}  // namespace linnet::apps
