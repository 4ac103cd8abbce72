// SPDX-License-Identifier: Apache-2.0
// Responses as the client (`linnet get`) reads them.
#pragma once

#include "apps/http_body.hpp"
#include "apps/http_head.hpp"

namespace linnet::apps {

struct HttpResponse {
  int status = 0;
  std::string reason;
  std::string status_line;
  HttpFields fields;
  HttpFraming framing;
};

class HttpResponseReader {
 public:
  static constexpr std::size_t head_limit = 65536;

  /// Takes bytes up to the end of the response's head and yields how many; interim responses (1xx) are
  /// skipped.
  std::size_t feed(std::string_view bytes);
  bool complete() const { return complete_; }
  /// Empty, or what is wrong with what the server sent, in words.
  const std::string& error() const { return error_; }
  /// Only when complete().
  const HttpResponse& response() const { return response_; }
  /// RFC 9112 6.3: how the body of this response to a `method` request ends.
  HttpBodyReader body_reader(std::string_view method) const;

 private:
  void parse();

  HttpHeadReader head_{head_limit, true};
  HttpResponse response_;
  bool complete_ = false;
  std::string error_;
};

}  // namespace linnet::apps
