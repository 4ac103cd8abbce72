// SPDX-License-Identifier: Apache-2.0
// What the heads of HTTP/1.1 requests and responses share (RFC 9112): lines, header fields, body framing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linnet::apps {

struct HttpField {
  std::string name;  ///< lower case
  std::string value;
};

class HttpFields {
 public:
  void add(HttpField field) { fields_.push_back(std::move(field)); }
  /// The first value of that name (lower case), or null.
  const std::string* find(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  /// Whether a comma-separated list field holds `token`, whatever its case (Connection: keep-alive, Upgrade).
  bool has_token(std::string_view name, std::string_view token) const;
  const std::vector<HttpField>& all() const { return fields_; }

 private:
  std::vector<HttpField> fields_;
};

/// RFC 9110 5.6.2: one or more of the characters that methods and field names are made of.
bool is_http_token(std::string_view text);

/// "name: value" without its line end. Nothing if it is malformed: no colon, white space before it (RFC
/// 9112 5.1), a name that is no token, a control character in the value, a folded line (RFC 9112 5.2).
std::optional<HttpField> parse_http_field(std::string_view line);

/// Collects a head line by line, up to and with its empty line.
class HttpHeadReader {
 public:
  enum class Status : std::uint8_t { more, complete, malformed, too_large };

  /// `lenient` accepts a bare LF as line end, which RFC 9112 2.2 allows a recipient to do.
  HttpHeadReader(std::size_t limit, bool lenient) : limit_(limit), lenient_(lenient) {}

  /// Takes bytes up to the head's end and yields how many; status() says what became of them.
  std::size_t feed(std::string_view bytes);
  Status status() const { return status_; }
  /// The first line, and those of the header fields, without their ends.
  const std::vector<std::string>& lines() const { return lines_; }
  /// True until the first byte of a head has come: an end of the connection here is no error.
  bool empty() const { return size_ == 0; }

 private:
  void end_line();

  std::size_t limit_;
  bool lenient_;
  Status status_ = Status::more;
  std::size_t size_ = 0;
  std::string line_;
  std::vector<std::string> lines_;
};

/// How the end of a message's body is known (RFC 9112 6.3).
struct HttpFraming {
  bool chunked = false;
  std::optional<std::uint64_t> length;  ///< from Content-Length
};

enum class FramingError : std::uint8_t {
  none,
  ambiguous,       ///< Content-Length repeated, a list, or together with Transfer-Encoding: request smuggling
  bad_length,      ///< Content-Length is not a decimal number that fits in 63 bits
  unknown_coding,  ///< a transfer coding other than chunked
};

/// Reads Content-Length and Transfer-Encoding strictly: what two readers could read in two ways is refused.
FramingError read_http_framing(const HttpFields& fields, HttpFraming& framing);

}  // namespace linnet::apps
