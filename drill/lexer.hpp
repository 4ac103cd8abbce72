// SPDX-License-Identifier: Apache-2.0
// The tokens of a script.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace linnet::drill {

enum class TokenKind : std::uint8_t {
  end,
  integer,      ///< 10, -1
  hex,          ///< 0x1f
  floating,     ///< .5, 1.25, -0.5
  word,         ///< SOCK_STREAM, 1a2b
  string,       ///< "text", without its quotes, escapes resolved
  back_quoted,  ///< `command`, without its quotes
  code,         ///< %{ text }%, trimmed
  option,       ///< --name=value: `text` is the name, `value` the value
  ellipsis,     ///< ...
  ipv4,
  ipv6,
  punctuation,  ///< one character
};

struct Token {
  TokenKind kind = TokenKind::end;
  int line = 0;
  std::string text{};
  std::string value{};       ///< of an option
  bool has_value = false;    ///< of an option: there was a '='
  std::int64_t integer = 0;  ///< of integer and hex
  bool is(char character) const { return kind == TokenKind::punctuation && text[0] == character; }
  bool is_word(std::string_view word) const { return kind == TokenKind::word && text == word; }
};

/// Cuts a whole script into tokens; the last is TokenKind::end. Throws SyntaxError.
std::vector<Token> tokenize(std::string_view script);

}  // namespace linnet::drill
