// SPDX-License-Identifier: Apache-2.0
// HttpSession: one connection of the HTTP server, without the connection: bytes in, bytes out, deadlines.
#pragma once

#include "apps/http_site.hpp"
#include "core/base/time.hpp"

namespace linnet::apps {

/// Requests are answered one after the other, in order (RFC 9112 9.3.2): while an answer is on its way out,
/// no more input is wanted.
class HttpSession {
 public:
  /// A request's head must be whole that long after its first byte, and bodies must move at least that often.
  static constexpr Duration timeout = Duration::seconds(30);
  /// Bytes read from a content at once.
  static constexpr std::size_t buffer_size = 256 * 1024;

  HttpSession(HttpSite& site, Instant now) : site_(&site), last_progress_(now) {}

  /// Whether bytes of the peer have a use now.
  bool wants_input() const;
  void receive(Bytes bytes, Instant now);
  /// The peer will send nothing more.
  void end_of_input();

  /// What is to be sent next; empty when there is nothing (now).
  Bytes output();
  void sent(std::size_t n, Instant now);

  enum class Stage : std::uint8_t {
    open,      ///< more requests may come
    draining,  ///< all was sent and nothing more will be: shut the sending side down, and throw away what
               ///< comes until the peer closes too, or a reset would overtake the answer (RFC 9112 9.6)
    over,  ///< close the connection
  };
  Stage stage() const { return stage_; }

  Instant deadline() const { return last_progress_ + timeout; }
  /// The deadline has passed.
  void expire(Instant now);

 private:
  enum class Phase : std::uint8_t { head, body, reply };

  void advance(Instant now);
  bool read_head(Instant now);
  bool read_body();
  void begin_body(const HttpRequest& request);
  void answer(HttpReply reply, bool keep_alive);
  bool refill();
  void end_reply();

  HttpSite* site_;
  Instant last_progress_;
  Stage stage_ = Stage::open;
  Phase phase_ = Phase::head;
  bool head_request_ = false;  // the answer to HEAD has no body
  bool keep_alive_ = true;
  bool input_ended_ = false;
  std::string pending_;  // received, not understood yet
  HttpRequestReader reader_;
  HttpBodyReader body_ = HttpBodyReader::none();
  std::unique_ptr<HttpSink> sink_;
  std::vector<std::uint8_t> output_;
  std::size_t output_begin_ = 0;
  std::unique_ptr<HttpContent> content_;
  std::uint64_t content_left_ = 0;
};

}  // namespace linnet::apps
