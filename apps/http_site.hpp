// SPDX-License-Identifier: Apache-2.0
// What a web site is to the HTTP server: requests in, replies with their content out.
#pragma once

#include <memory>

#include "apps/http_request.hpp"
#include "core/base/bytes.hpp"

namespace linnet::apps {

/// Where the body of a reply comes from, piece by piece.
class HttpContent {
 public:
  virtual ~HttpContent() = default;
  virtual std::uint64_t size() const = 0;
  /// Writes the next bytes to `to` (never empty) and yields how many; 0: they cannot be had any more.
  virtual std::size_t read(MutableBytes to) = 0;
};

class TextContent final : public HttpContent {
 public:
  explicit TextContent(std::string text) : text_(std::move(text)) {}
  std::uint64_t size() const override { return text_.size(); }
  std::size_t read(MutableBytes to) override;

 private:
  std::string text_;
  std::size_t at_ = 0;
};

struct HttpReply {
  int status = 200;
  std::string content_type{};
  std::vector<HttpField> fields{};  ///< beside those that every reply has
  std::unique_ptr<HttpContent> content{};
};

/// A page of plain words for `status`; `text` says more than the reason phrase does.
HttpReply plain_reply(int status, std::string_view text);
/// 405, naming what the resource does understand (RFC 9110 15.5.6).
HttpReply method_not_allowed(std::string_view allowed);

/// Takes a request's body.
class HttpSink {
 public:
  virtual ~HttpSink() = default;
  virtual void take(Bytes bytes) = 0;
  /// The body was whole.
  virtual HttpReply finish() = 0;
};

class HttpSite {
 public:
  virtual ~HttpSite() = default;
  /// The answer to a request, whose body (if it has one) nobody wants. HEAD is to be answered as GET.
  virtual HttpReply reply(const HttpRequest& request) = 0;
  /// Who takes the body of this request, or null.
  virtual std::unique_ptr<HttpSink> sink(const HttpRequest& request) = 0;
};

/// "Not Found" for 404 (RFC 9110 15).
std::string_view http_reason(int status);

}  // namespace linnet::apps
