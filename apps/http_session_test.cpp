// SPDX-License-Identifier: Apache-2.0
#include "apps/http_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linnet::apps {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Stage = HttpSession::Stage;

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Content that is shorter than it says.
class BrokenContent final : public HttpContent {
 public:
  std::uint64_t size() const override { return 100; }
  std::size_t read(MutableBytes to) override {
    if (done_) return 0;
    done_ = true;
    to[0] = 'x';
    return 1;
  }

 private:
  bool done_ = false;
};

class Site final : public HttpSite {
 public:
  HttpReply reply(const HttpRequest& request) override {
    if (request.method != "GET" && request.method != "HEAD") return method_not_allowed("GET, HEAD");
    if (request.path() == "/broken") return {.content = std::make_unique<BrokenContent>()};
    if (request.path() == "/large")
      return {.content = std::make_unique<TextContent>(std::string(1000000, 'y'))};
    return {.content_type = "text/plain", .content = std::make_unique<TextContent>("page " + request.target)};
  }
  std::unique_ptr<HttpSink> sink(const HttpRequest& request) override {
    if (request.method != "POST") return nullptr;
    class Sink final : public HttpSink {
     public:
      void take(Bytes bytes) override {
        text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      }
      HttpReply finish() override { return {.content = std::make_unique<TextContent>("got " + text_)}; }

     private:
      std::string text_;
    };
    return std::make_unique<Sink>();
  }
};

struct Peer {
  Site site;
  Instant now = Instant::from_microseconds(1000);
  HttpSession session{site, now};

  void send(std::string_view text) { session.receive(bytes_of(text), now); }
  /// All the output there is, taken in pieces of `step` bytes.
  std::string take(std::size_t step = 7919) {
    std::string text;
    for (Bytes out = session.output(); !out.empty(); out = session.output()) {
      out = out.first(std::min(step, out.size()));
      text.append(reinterpret_cast<const char*>(out.data()), out.size());
      session.sent(out.size(), now);
    }
    return text;
  }
  std::string ask(std::string_view text) {
    send(text);
    return take();
  }
};

TEST(HttpSession, answers_requests_one_after_the_other) {
  Peer peer;
  EXPECT_TRUE(peer.session.wants_input());
  const std::string first = peer.ask("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(first, HasSubstr("\r\nContent-Length: 7\r\n"));
  EXPECT_THAT(first, HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_THAT(first, EndsWith("\r\n\r\npage /a"));
  EXPECT_EQ(peer.session.stage(), Stage::open);
  EXPECT_THAT(peer.ask("GET /b HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("page /b"));
}

TEST(HttpSession, pipelined_requests_are_answered_in_order) {
  Peer peer;
  peer.send(
      "GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /u HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /c "
      "HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_FALSE(peer.session.wants_input()) << "back-pressure while an answer waits to be sent";
  const std::string all = peer.take();
  EXPECT_LT(all.find("page /a"), all.find("got abc"));
  EXPECT_LT(all.find("got abc"), all.find("page /c"));
  EXPECT_THAT(all, EndsWith("page /c"));
  EXPECT_TRUE(peer.session.wants_input());
}

TEST(HttpSession, RFC9110_9_3_2_head_has_the_length_but_no_body) {
  Peer peer;
  const std::string reply = peer.ask("HEAD /large HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(reply, HasSubstr("Content-Length: 1000000\r\n"));
  EXPECT_THAT(reply, EndsWith("\r\n\r\n"));
  EXPECT_THAT(peer.ask("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("page /a"));
}

TEST(HttpSession, large_content_comes_whole_in_any_pieces) {
  for (const std::size_t step : {std::size_t{1000}, std::size_t{65536}, std::size_t{10000000}}) {
    Peer peer;
    peer.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string reply = peer.take(step);
    EXPECT_EQ(reply.substr(reply.find("\r\n\r\n") + 4), std::string(1000000, 'y'));
  }
}

TEST(HttpSession, connection_close_is_honoured_by_draining) {
  Peer peer;
  EXPECT_THAT(peer.ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              HasSubstr("Connection: close"));
  EXPECT_EQ(peer.session.stage(), Stage::draining);
  peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(peer.session.output().empty());
  peer.session.end_of_input();
  EXPECT_EQ(peer.session.stage(), Stage::over);
}

TEST(HttpSession, a_half_closed_peer_still_gets_all_its_answers) {
  Peer peer;
  peer.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\nGET /c HT");
  peer.session.end_of_input();
  const std::string all = peer.take();
  EXPECT_THAT(all, HasSubstr("page /a"));
  EXPECT_THAT(all, EndsWith("page /b"));
  EXPECT_NE(peer.session.stage(), Stage::draining);
}

TEST(HttpSession, what_is_malformed_is_answered_and_ends_the_connection) {
  Peer peer;
  EXPECT_THAT(peer.ask("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_EQ(peer.session.stage(), Stage::draining);
  Peer smuggler;
  EXPECT_THAT(
      smuggler.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
      StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(smuggler.session.stage(), Stage::draining);
  Peer chunker;
  EXPECT_THAT(chunker.ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
              StartsWith("HTTP/1.1 400 "));
  Peer large;
  EXPECT_THAT(large.ask("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x')), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpSession, uploads_by_length_and_in_chunks) {
  Peer peer;
  EXPECT_THAT(peer.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"), EndsWith("got "));
  EXPECT_THAT(
      peer.ask(
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"),
      EndsWith("got abcd"));
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_EQ(peer.take(), "");
  EXPECT_THAT(peer.ask("cde"), EndsWith("got abcde"));
}

TEST(HttpSession, RFC9110_10_1_1_expect_continue) {
  Peer peer;
  EXPECT_EQ(peer.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(peer.session.wants_input());
  EXPECT_THAT(peer.ask("abc"), EndsWith("got abc"));
  Peer refused;
  EXPECT_THAT(refused.ask("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"),
              StartsWith("HTTP/1.1 405 "));
}

TEST(HttpSession, RFC9110_15_5_6_a_refused_method_names_those_allowed) {
  Peer peer;
  EXPECT_THAT(peer.ask("DELETE /a HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("\r\nAllow: GET, HEAD\r\n"));
  EXPECT_EQ(peer.session.stage(), Stage::open);
}

TEST(HttpSession, a_body_that_nobody_wants_ends_the_connection_after_the_answer) {
  Peer peer;
  EXPECT_THAT(peer.ask("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\nGET /evil HTTP/1.1\r\n"),
              Not(HasSubstr("evil")));
  EXPECT_EQ(peer.session.stage(), Stage::draining);
}

TEST(HttpSession, an_idle_connection_is_closed_and_a_slow_request_told_so) {
  Peer idle;
  EXPECT_EQ(idle.session.deadline(), idle.now + Duration::seconds(30));
  idle.session.expire(idle.session.deadline());
  EXPECT_EQ(idle.session.stage(), Stage::over);
  Peer slow;
  slow.send("GET ");
  const Instant deadline = slow.session.deadline();
  slow.now = slow.now + Duration::seconds(29);
  slow.send("/ HTTP/1.1\r\n");
  EXPECT_EQ(slow.session.deadline(), deadline) << "drops of a head do not prolong it";
  slow.session.expire(deadline);
  EXPECT_THAT(slow.take(), StartsWith("HTTP/1.1 408 "));
  Peer stuck;
  stuck.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  stuck.session.expire(stuck.session.deadline());
  EXPECT_EQ(stuck.session.stage(), Stage::over);
}

TEST(HttpSession, bodies_prolong_the_deadline_while_they_move) {
  Peer peer;
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
  peer.now = peer.now + Duration::seconds(29);
  peer.send("c");
  EXPECT_EQ(peer.session.deadline(), peer.now + Duration::seconds(30));
}

TEST(HttpSession, content_that_falls_short_ends_the_connection) {
  Peer peer;
  EXPECT_THAT(peer.ask("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("\r\n\r\nx"));
  EXPECT_EQ(peer.session.stage(), Stage::over);
}

TEST(HttpSession, any_split_of_the_input_gives_the_same_answers) {
  const std::string input =
      "GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
      "HEAD / HTTP/1.0\r\n\r\n";
  for (std::size_t split = 0; split <= input.size(); ++split) {
    Peer peer;
    std::string output = peer.ask(std::string_view(input).substr(0, split));
    output += peer.ask(std::string_view(input).substr(split));
    ASSERT_THAT(output, HasSubstr("page /a")) << split;
    ASSERT_THAT(output, HasSubstr("got abc")) << split;
    ASSERT_EQ(peer.session.stage(), Stage::draining) << split;
  }
}

}  // namespace
}  // namespace linnet::apps
