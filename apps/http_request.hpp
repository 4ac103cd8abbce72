// SPDX-License-Identifier: Apache-2.0
// Requests as the server reads them: strict HTTP/1.1 (RFC 9112), HTTP/1.0 understood.
#pragma once

#include "apps/http_body.hpp"
#include "apps/http_head.hpp"

namespace linnet::apps {

struct HttpRequest {
  std::string method;
  std::string target;  ///< origin form: path and query; "*" for OPTIONS
  bool keep_alive = true;
  bool expects_continue = false;  ///< RFC 9110 10.1.1: waits for "100 Continue" before its body
  HttpFields fields;
  HttpFraming framing;

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  /// The value of `name` in the query, percent-decoded. Nothing if it is not there or malformed.
  std::optional<std::string> query(std::string_view name) const;
  HttpBodyReader body_reader() const;
};

/// "%41+b" → "A+b". Nothing for a malformed escape or one for NUL.
std::optional<std::string> percent_decoded(std::string_view text);

class HttpRequestReader {
 public:
  static constexpr std::size_t head_limit = 8192;

  /// Takes bytes up to the request's head's end and yields how many. What follows is the body.
  std::size_t feed(std::string_view bytes);
  bool complete() const { return complete_; }
  /// 0, or the status code of the response that the client deserves: 400, 414, 431, 501, 505. Nothing on the
  /// connection can be understood after that.
  int error() const { return error_; }
  bool empty() const { return head_.empty(); }
  /// Only when complete().
  const HttpRequest& request() const { return request_; }

 private:
  int parse();
  int parse_request_line(std::string_view line, bool& version_1_0);
  int parse_target(std::string_view target);

  HttpHeadReader head_{head_limit, false};
  HttpRequest request_;
  bool complete_ = false;
  int error_ = 0;
};

}  // namespace linnet::apps
