// SPDX-License-Identifier: Apache-2.0
#include "apps/http_body.hpp"

#include <algorithm>
#include <charconv>

#include "apps/text.hpp"

namespace linnet::apps {

BodyPiece HttpBodyReader::next(std::string_view bytes) {
  BodyPiece piece;
  if (status_ != Status::more || bytes.empty()) return piece;
  switch (kind_) {
    case Kind::until_close:
      return {bytes, bytes.size()};
    case Kind::length:
    case Kind::chunk_data:
      piece.taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      piece.content = bytes.substr(0, piece.taken);
      left_ -= piece.taken;
      if (left_ == 0 && kind_ == Kind::length) status_ = Status::complete;
      if (left_ == 0 && kind_ == Kind::chunk_data) kind_ = Kind::chunk_end;
      return piece;
    case Kind::chunk_size:
      if (take_line(bytes, piece.taken, line_limit)) read_chunk_size();
      break;
    case Kind::chunk_end:
      if (take_line(bytes, piece.taken, 2)) read_chunk_end();
      break;
    case Kind::trailers:
      if (take_line(bytes, piece.taken, trailer_limit - trailer_size_)) read_trailer();
      break;
  }
  return piece;
}

void HttpBodyReader::end_of_connection() {
  if (status_ == Status::more) status_ = kind_ == Kind::until_close ? Status::complete : Status::malformed;
}

bool HttpBodyReader::take_line(std::string_view bytes, std::size_t& taken, std::size_t limit) {
  const std::size_t newline = bytes.find('\n');
  taken = newline == std::string_view::npos ? bytes.size() : newline + 1;
  line_.append(bytes.substr(0, std::min(taken, limit + 1)));
  if (line_.size() > limit) {
    status_ = Status::malformed;
    return false;
  }
  if (newline == std::string_view::npos) return false;
  line_.pop_back();
  if (!line_.ends_with('\r')) {  // a bare LF is where two readers of one stream part company
    status_ = Status::malformed;
    return false;
  }
  line_.pop_back();
  return true;
}

void HttpBodyReader::read_chunk_size() {  // RFC 9112 7.1: 1*HEXDIG [ chunk-ext ]
  const std::string_view digits = trimmed(std::string_view(line_).substr(0, line_.find(';')));
  std::uint64_t size = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, size, 16);
  if (digits.empty() || digits[0] == '-' || error != std::errc() || stop != end || size > INT64_MAX) {
    status_ = Status::malformed;
    return;
  }
  line_.clear();
  left_ = size;
  kind_ = size == 0 ? Kind::trailers : Kind::chunk_data;
}

void HttpBodyReader::read_chunk_end() {
  if (!line_.empty()) {
    status_ = Status::malformed;
    return;
  }
  kind_ = Kind::chunk_size;
}

void HttpBodyReader::read_trailer() {
  if (line_.empty()) {
    status_ = Status::complete;
    return;
  }
  trailer_size_ += line_.size() + 2;
  if (trailer_size_ >= trailer_limit || !parse_http_field(line_)) status_ = Status::malformed;
  line_.clear();
}

}  // namespace linnet::apps
