// SPDX-License-Identifier: Apache-2.0
// A message's body out of the bytes of a connection (RFC 9112 6 and 7.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "apps/http_head.hpp"

namespace linnet::apps {

/// A span of content, and how many bytes of the connection it and its framing took.
struct BodyPiece {
  std::string_view content;
  std::size_t taken = 0;
};

class HttpBodyReader {
 public:
  enum class Status : std::uint8_t { more, complete, malformed };

  /// No body at all: complete from the start.
  static HttpBodyReader none() { return HttpBodyReader(Kind::length, 0); }
  static HttpBodyReader of_length(std::uint64_t length) { return HttpBodyReader(Kind::length, length); }
  static HttpBodyReader chunked() { return HttpBodyReader(Kind::chunk_size, 0); }
  /// All until the connection ends (responses only).
  static HttpBodyReader until_close() { return HttpBodyReader(Kind::until_close, 0); }

  /// Takes a piece from the front of `bytes`. Call it again with the rest while it takes something.
  BodyPiece next(std::string_view bytes);
  Status status() const { return status_; }
  /// The connection ended: completes a body that lasts until then; every other was truncated.
  void end_of_connection();

 private:
  enum class Kind : std::uint8_t { length, until_close, chunk_size, chunk_data, chunk_end, trailers };
  static constexpr std::size_t line_limit = 4096;     // chunk size and extensions
  static constexpr std::size_t trailer_limit = 8192;  // all of them together

  HttpBodyReader(Kind kind, std::uint64_t left)
      : kind_(kind),
        left_(left),
        status_(kind == Kind::length && left == 0 ? Status::complete : Status::more) {}

  /// Collects a line in line_; true once it is whole, without its CRLF.
  bool take_line(std::string_view bytes, std::size_t& taken, std::size_t limit);
  void read_chunk_size();
  void read_chunk_end();
  void read_trailer();

  Kind kind_;
  std::uint64_t left_;
  Status status_;
  std::string line_;
  std::size_t trailer_size_ = 0;
};

}  // namespace linnet::apps
