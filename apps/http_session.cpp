// SPDX-License-Identifier: Apache-2.0
#include "apps/http_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace linnet::apps {
namespace {

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7).
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

}  // namespace

bool HttpSession::wants_input() const {
  if (stage_ != Stage::open) return stage_ == Stage::draining;
  return !input_ended_ && phase_ != Phase::reply;
}

void HttpSession::receive(Bytes bytes, Instant now) {
  if (stage_ != Stage::open || bytes.empty()) return;
  // Of a head only the first byte counts, so that drops of it cannot keep a connection for ever.
  if (phase_ == Phase::body || reader_.empty()) last_progress_ = now;
  pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  advance(now);
}

void HttpSession::end_of_input() {
  input_ended_ = true;
  // Answers on their way are still sent: the peer may have shut down only its sending side.
  if (stage_ == Stage::draining || (phase_ != Phase::reply && output_.empty())) stage_ = Stage::over;
}

void HttpSession::expire(Instant now) {
  const bool waits_for_peer = phase_ == Phase::body || (phase_ == Phase::head && !reader_.empty());
  if (stage_ != Stage::open || !waits_for_peer || !output_.empty()) {
    stage_ = Stage::over;
    return;
  }
  answer(plain_reply(408, "the request did not come in time"), false);
  last_progress_ = now;
}

void HttpSession::advance(Instant now) {
  bool moved = true;
  while (moved && stage_ == Stage::open) {
    switch (phase_) {
      case Phase::head:
        moved = read_head(now);
        break;
      case Phase::body:
        moved = read_body();
        break;
      case Phase::reply:
        return;
    }
  }
}

bool HttpSession::read_head(Instant now) {
  if (pending_.empty()) return false;
  pending_.erase(0, reader_.feed(pending_));
  if (reader_.error() != 0) {
    answer(plain_reply(reader_.error(), "the request is not understood here"), false);
    return true;
  }
  if (!reader_.complete()) return false;
  last_progress_ = now;
  const HttpRequest& request = reader_.request();
  head_request_ = request.method == "HEAD";
  body_ = request.body_reader();
  const bool has_body = body_.status() != HttpBodyReader::Status::complete;
  sink_ = has_body || request.framing.length ? site_->sink(request) : nullptr;
  if (sink_ != nullptr) {
    begin_body(request);
  } else {
    // A body that nobody wants is not read: after it, nothing on this connection could be found.
    answer(site_->reply(request), request.keep_alive && !has_body);
  }
  return true;
}

void HttpSession::begin_body(const HttpRequest& request) {
  phase_ = Phase::body;
  keep_alive_ = request.keep_alive;
  if (request.expects_continue && pending_.empty() && body_.status() == HttpBodyReader::Status::more) {
    constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
    output_.insert(output_.end(), interim.begin(), interim.end());
  }
}

bool HttpSession::read_body() {
  std::string_view rest = pending_;
  while (body_.status() == HttpBodyReader::Status::more && !rest.empty()) {
    const BodyPiece piece = body_.next(rest);
    if (!piece.content.empty()) {
      sink_->take({reinterpret_cast<const std::uint8_t*>(piece.content.data()), piece.content.size()});
    }
    rest.remove_prefix(piece.taken);
  }
  pending_.erase(0, pending_.size() - rest.size());
  switch (body_.status()) {
    case HttpBodyReader::Status::more:
      return false;
    case HttpBodyReader::Status::complete:
      answer(sink_->finish(), keep_alive_);
      break;
    case HttpBodyReader::Status::malformed:
      answer(plain_reply(400, "the request's body is malformed"), false);
      break;
  }
  sink_ = nullptr;
  return true;
}

void HttpSession::answer(HttpReply reply, bool keep_alive) {
  phase_ = Phase::reply;
  keep_alive_ = keep_alive;
  content_ = std::move(reply.content);
  content_left_ = content_ != nullptr ? content_->size() : 0;
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\nServer: linnet/" LINNET_VERSION "\r\n",
                                 reply.status, http_reason(reply.status), http_date());
  if (reply.status != 204) head += fmt::format("Content-Length: {}\r\n", content_left_);
  if (!reply.content_type.empty()) {
    head += fmt::format("Content-Type: {}\r\nX-Content-Type-Options: nosniff\r\n", reply.content_type);
  }
  for (const HttpField& field : reply.fields) head += fmt::format("{}: {}\r\n", field.name, field.value);
  head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  output_.insert(output_.end(), head.begin(), head.end());
  if (head_request_) content_left_ = 0;
}

Bytes HttpSession::output() {
  if (output_begin_ == output_.size() && content_left_ > 0 && !refill()) return {};
  return Bytes(output_).subspan(output_begin_);
}

bool HttpSession::refill() {
  output_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(buffer_size, content_left_)));
  output_begin_ = 0;
  const std::size_t n = content_->read(output_);
  output_.resize(n);
  content_left_ -= n;
  // Fewer bytes than the head promised: only the end of the connection can say so.
  if (n == 0) stage_ = Stage::over;
  return n > 0;
}

void HttpSession::sent(std::size_t n, Instant now) {
  if (n == 0) return;
  last_progress_ = now;
  output_begin_ += n;
  if (output_begin_ < output_.size() || content_left_ > 0) return;
  output_.clear();
  output_begin_ = 0;
  if (phase_ == Phase::reply) {
    end_reply();
    advance(now);
  }
}

void HttpSession::end_reply() {
  output_.shrink_to_fit();
  content_ = nullptr;
  if (!keep_alive_ || (input_ended_ && pending_.empty())) {
    stage_ = input_ended_ ? Stage::over : Stage::draining;
    return;
  }
  phase_ = Phase::head;
  head_request_ = false;
  reader_ = HttpRequestReader();
}

}  // namespace linnet::apps
