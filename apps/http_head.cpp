// SPDX-License-Identifier: Apache-2.0
#include "apps/http_head.hpp"

#include <algorithm>

#include "apps/text.hpp"

namespace linnet::apps {
namespace {

bool is_token_character(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos && c != '\0';
}

bool is_value_character(char c) {  // RFC 9110 5.5: visible, space, tab, obs-text
  return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

}  // namespace

const std::string* HttpFields::find(std::string_view name) const {
  for (const HttpField& field : fields_) {
    if (field.name == name) return &field.value;
  }
  return nullptr;
}

std::size_t HttpFields::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(), [&](const HttpField& f) { return f.name == name; }));
}

bool HttpFields::has_token(std::string_view name, std::string_view token) const {
  for (const HttpField& field : fields_) {
    if (field.name != name) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (equal_ignoring_case(trimmed(rest.substr(0, comma)), token)) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

bool is_http_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

std::optional<HttpField> parse_http_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_http_token(line.substr(0, colon))) return std::nullopt;
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!std::all_of(value.begin(), value.end(), is_value_character)) return std::nullopt;
  return HttpField{.name = to_lower(line.substr(0, colon)), .value = std::string(value)};
}

std::size_t HttpHeadReader::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && status_ == Status::more) {
    if (size_ == limit_) {
      status_ = Status::too_large;
      break;
    }
    const char c = bytes[taken++];
    ++size_;
    c == '\n' ? end_line() : line_.push_back(c);
  }
  return taken;
}

void HttpHeadReader::end_line() {
  if (line_.ends_with('\r')) {
    line_.pop_back();
  } else if (!lenient_) {
    status_ = Status::malformed;
    return;
  }
  // RFC 9112 2.2: a bare CR must not be taken for a line end, nor handed on. NUL ends strings in the wrong
  // places.
  if (line_.find_first_of(std::string_view("\r\0", 2)) != std::string::npos) {
    status_ = Status::malformed;
    return;
  }
  if (!line_.empty()) {
    lines_.push_back(std::move(line_));
    line_.clear();
    return;
  }
  // RFC 9112 2.2: an empty line in front of the request line is ignored.
  if (!lines_.empty()) status_ = Status::complete;
}

FramingError read_http_framing(const HttpFields& fields, HttpFraming& framing) {
  const std::size_t lengths = fields.count("content-length");
  const std::size_t codings = fields.count("transfer-encoding");
  if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0)) return FramingError::ambiguous;
  if (codings > 0) {
    if (!equal_ignoring_case(*fields.find("transfer-encoding"), "chunked"))
      return FramingError::unknown_coding;
    framing.chunked = true;
  }
  if (lengths > 0) {
    framing.length = parse_decimal(*fields.find("content-length"), INT64_MAX);
    if (!framing.length) return FramingError::bad_length;
  }
  return FramingError::none;
}

}  // namespace linnet::apps
