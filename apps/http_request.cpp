// SPDX-License-Identifier: Apache-2.0
#include "apps/http_request.hpp"

#include <algorithm>

#include "apps/text.hpp"
#include "apps/url.hpp"

namespace linnet::apps {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

int status_of(FramingError error) {
  return error == FramingError::none ? 0 : error == FramingError::unknown_coding ? 501 : 400;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::optional<std::string> HttpRequest::query(std::string_view name) const {
  const std::size_t mark = target.find('?');
  if (mark == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(target).substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == name)
      return percent_decoded(pair.substr(std::min(equals + 1, pair.size())));
  }
  return std::nullopt;
}

HttpBodyReader HttpRequest::body_reader() const {
  if (framing.chunked) return HttpBodyReader::chunked();
  return HttpBodyReader::of_length(framing.length.value_or(0));
}

std::size_t HttpRequestReader::feed(std::string_view bytes) {
  if (complete_ || error_ != 0) return 0;
  const std::size_t taken = head_.feed(bytes);
  switch (head_.status()) {
    case HttpHeadReader::Status::more:
      break;
    case HttpHeadReader::Status::malformed:
      error_ = 400;
      break;
    // RFC 9110 15.5.15: a request line that fills the head alone is a target too long.
    case HttpHeadReader::Status::too_large:
      error_ = head_.lines().empty() ? 414 : 431;
      break;
    case HttpHeadReader::Status::complete:
      error_ = parse();
      complete_ = error_ == 0;
      break;
  }
  return taken;
}

int HttpRequestReader::parse() {
  bool version_1_0 = false;
  const std::vector<std::string>& lines = head_.lines();
  if (const int error = parse_request_line(lines[0], version_1_0); error != 0) return error;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto field = parse_http_field(lines[i]);
    if (!field) return 400;
    request_.fields.add(std::move(*field));
  }
  // RFC 9112 3.2: exactly one Host in HTTP/1.1, at most one in HTTP/1.0.
  const std::size_t hosts = request_.fields.count("host");
  if (hosts > 1 || (hosts == 0 && !version_1_0)) return 400;
  if (hosts == 1) {
    const std::string& host = *request_.fields.find("host");
    if (!host.empty() && (host.find('/') != std::string::npos || !parse_url(host))) return 400;
  }
  if (const int error = status_of(read_http_framing(request_.fields, request_.framing)); error != 0)
    return error;
  if (request_.framing.chunked && version_1_0) return 400;  // RFC 9112 6.1
  const bool close = request_.fields.has_token("connection", "close");
  request_.keep_alive = !close && (!version_1_0 || request_.fields.has_token("connection", "keep-alive"));
  const std::string* expect = request_.fields.find("expect");
  request_.expects_continue =
      !version_1_0 && expect != nullptr && equal_ignoring_case(*expect, "100-continue");
  return 0;
}

int HttpRequestReader::parse_request_line(std::string_view line, bool& version_1_0) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) return 400;
  const std::string_view version = line.substr(last + 1);
  const bool shape = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' &&
                     version[5] >= '0' && version[5] <= '9' && version[7] >= '0' && version[7] <= '9';
  if (!shape || !is_http_token(line.substr(0, first))) return 400;
  if (version[5] != '1') return 505;
  version_1_0 = version[7] == '0';
  request_.method = line.substr(0, first);
  return parse_target(line.substr(first + 1, last - first - 1));
}

int HttpRequestReader::parse_target(std::string_view target) {
  if (target.empty() || !is_visible(target) || target.find('#') != std::string_view::npos) return 400;
  if (target[0] == '/' || (target == "*" && request_.method == "OPTIONS")) {
    request_.target = target;
    return 0;
  }
  // RFC 9112 3.2.2: a server must accept the absolute form.
  if (!equal_ignoring_case(target.substr(0, 7), "http://")) return 400;
  const auto url = parse_url(target);
  if (!url) return 400;
  request_.target = url->target;
  return 0;
}

}  // namespace linnet::apps
