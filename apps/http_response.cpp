// SPDX-License-Identifier: Apache-2.0
#include "apps/http_response.hpp"

#include <fmt/format.h>

#include "apps/text.hpp"

namespace linnet::apps {
namespace {

/// "HTTP/1.1 200 OK" (RFC 9112 4); the reason may be missing together with its space.
bool parse_status_line(std::string_view line, HttpResponse& response) {
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[7] < '0' || line[7] > '9' || line[8] != ' ')
    return false;
  const auto status = parse_decimal(line.substr(9, 3), 999);
  if (!status || *status < 100 || (line.size() > 12 && line[12] != ' ')) return false;
  response.status = static_cast<int>(*status);
  response.reason = line.size() > 13 ? line.substr(13) : std::string_view{};
  response.status_line = line;
  return true;
}

}  // namespace

std::size_t HttpResponseReader::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (!complete_ && error_.empty() && taken < bytes.size()) {
    taken += head_.feed(bytes.substr(taken));
    switch (head_.status()) {
      case HttpHeadReader::Status::more:
        break;
      case HttpHeadReader::Status::malformed:
        error_ = "the head of the response is malformed";
        break;
      case HttpHeadReader::Status::too_large:
        error_ = fmt::format("the head of the response is larger than {} bytes", head_limit);
        break;
      case HttpHeadReader::Status::complete:
        parse();
        break;
    }
  }
  return taken;
}

void HttpResponseReader::parse() {
  HttpResponse response;
  if (!parse_status_line(head_.lines()[0], response)) {
    error_ = "the server does not speak HTTP/1.1";
    return;
  }
  for (std::size_t i = 1; i < head_.lines().size(); ++i) {
    auto field = parse_http_field(head_.lines()[i]);
    if (!field) {
      error_ = "the response has a malformed header field";
      return;
    }
    response.fields.add(std::move(*field));
  }
  if (response.status < 200) {  // RFC 9110 15.2: an interim response; 101 was not asked for
    if (response.status == 101) error_ = "the server switched to another protocol";
    head_ = HttpHeadReader(head_limit, true);
    return;
  }
  switch (read_http_framing(response.fields, response.framing)) {
    case FramingError::none:
      break;
    case FramingError::ambiguous:
      error_ = "the response states its length in two ways";
      return;
    case FramingError::bad_length:
      error_ = "the response's Content-Length is no number";
      return;
    case FramingError::unknown_coding:
      error_ = "the response has a transfer coding that is not known here";
      return;
  }
  response_ = std::move(response);
  complete_ = true;
}

HttpBodyReader HttpResponseReader::body_reader(std::string_view method) const {
  if (method == "HEAD" || response_.status == 204 || response_.status == 304) return HttpBodyReader::none();
  if (response_.framing.chunked) return HttpBodyReader::chunked();
  if (response_.framing.length) return HttpBodyReader::of_length(*response_.framing.length);
  return HttpBodyReader::until_close();
}

}  // namespace linnet::apps
