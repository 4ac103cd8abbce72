// SPDX-License-Identifier: Apache-2.0
#include "drill/lexer.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/address.hpp"
#include "drill/error.hpp"

namespace linnet::drill {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Lexer {
 public:
  explicit Lexer(std::string_view script) : text_(script) {}

  std::vector<Token> run() {
    for (;;) {
      skip_blanks();
      tokens_.push_back({.line = line_});
      if (at_ >= text_.size()) return std::move(tokens_);
      next(tokens_.back());
    }
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool ahead(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  [[noreturn]] void fail(const std::string& why) const { throw SyntaxError(line_, why); }

  /// The text up to `n` characters further, which is stepped over.
  std::string_view take(std::size_t n) {
    const std::string_view taken = text_.substr(at_, n);
    for (const char c : taken) line_ += c == '\n' ? 1 : 0;
    at_ += taken.size();
    return taken;
  }

  void skip_blanks() {
    for (;;) {
      if (is_space(peek()) && at_ < text_.size()) {
        take(1);
      } else if (ahead("//")) {
        take(std::min(text_.find('\n', at_), text_.size()) - at_);
      } else if (ahead("/*")) {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) fail("a comment /* without its */");
        take(end + 2 - at_);
      } else {
        return;
      }
    }
  }

  void next(Token& token) {
    if (ahead("...")) return simple(token, TokenKind::ellipsis, 3);
    if (ahead("%{")) return code(token);
    if (ahead("--") && is_letter(peek(2))) return option(token);
    if (peek() == '"') return string(token);
    if (peek() == '`') return back_quoted(token);
    if (address_v6(token)) return;
    const std::size_t sign = peek() == '-' ? 1 : 0;
    if (is_digit(peek(sign)) || (peek(sign) == '.' && is_digit(peek(sign + 1)))) return number(token);
    if (is_letter(peek())) return simple(token, TokenKind::word, word_length(at_) - at_);
    simple(token, TokenKind::punctuation, 1);
  }

  void simple(Token& token, TokenKind kind, std::size_t length) {
    token.kind = kind;
    token.text = take(length);
  }

  std::size_t word_length(std::size_t from) const {
    while (from < text_.size() && (is_letter(text_[from]) || is_digit(text_[from]))) ++from;
    return from;
  }
  std::size_t digits_end(std::size_t from) const {
    while (from < text_.size() && is_digit(text_[from])) ++from;
    return from;
  }

  /// Numbers, IPv4 addresses, and words that begin with a digit (Fast Open cookies). The longest wins.
  void number(Token& token) {
    const bool negative = peek() == '-';
    const std::size_t begin = at_ + (negative ? 1 : 0);
    if (!negative && ahead("0x") && is_hex(peek(2))) return hexadecimal(token);
    std::size_t end = digits_end(begin);
    const std::size_t word_end = word_length(begin);
    if (!negative && word_end > end) return simple(token, TokenKind::word, word_end - at_);
    if (end < text_.size() && text_[end] == '.' && end + 1 < text_.size() && is_digit(text_[end + 1])) {
      end = digits_end(end + 1);
      if (!negative && address_v4(token, end)) return;
      return simple(token, TokenKind::floating, end - at_);
    }
    simple(token, TokenKind::integer, end - at_);
    const char* last = token.text.data() + token.text.size();
    const auto [stop, wrong] = std::from_chars(token.text.data(), last, token.integer);
    if (stop != last || wrong != std::errc()) token.kind = TokenKind::word;  // a cookie; nothing else has so many digits
  }

  void hexadecimal(Token& token) {
    std::size_t end = at_ + 2;
    while (end < text_.size() && is_hex(text_[end])) ++end;
    simple(token, TokenKind::hex, end - at_);
    std::uint64_t value = 0;
    const char* last = token.text.data() + token.text.size();
    const auto [stop, wrong] = std::from_chars(token.text.data() + 2, last, value, 16);
    if (stop != last || wrong != std::errc()) token.kind = TokenKind::word;
    token.integer = static_cast<std::int64_t>(value);
  }

  /// `end` is behind the first two numbers.
  bool address_v4(Token& token, std::size_t end) {
    for (int more = 0; more < 2; ++more) {
      if (end + 1 >= text_.size() || text_[end] != '.' || !is_digit(text_[end + 1])) return false;
      end = digits_end(end + 1);
    }
    simple(token, TokenKind::ipv4, end - at_);
    if (!IpAddress::parse(token.text)) fail(token.text + " is no IPv4 address");
    return true;
  }

  /// Sequence numbers (1:1001) look like groups; an address has "::" or all eight of them.
  bool address_v6(Token& token) {
    if (!is_hex(peek()) && !ahead("::")) return false;
    std::size_t end = at_;
    while (end < text_.size() && (is_hex(text_[end]) || text_[end] == ':' || text_[end] == '.')) ++end;
    const std::string_view run = text_.substr(at_, end - at_);
    if (run.find("::") == run.npos && std::count(run.begin(), run.end(), ':') != 7) return false;
    for (std::size_t length = run.size(); length > 1; --length) {
      const auto address = IpAddress::parse(run.substr(0, length));
      if (!address || run.substr(0, length).find(':') == run.npos) continue;
      simple(token, TokenKind::ipv6, length);
      return true;
    }
    return false;
  }

  void code(Token& token) {
    const std::size_t end = text_.find("}%", at_ + 2);
    if (end == std::string_view::npos) fail("a code block %{ without its }%");
    std::string_view body = take(end + 2 - at_);
    body = body.substr(2, body.size() - 4);
    while (!body.empty() && (body.front() == ' ' || body.front() == '\t')) body.remove_prefix(1);
    while (!body.empty() && (body.back() == ' ' || body.back() == '\t')) body.remove_suffix(1);
    token.kind = TokenKind::code;
    token.text = body;
  }

  /// Where the text behind the opening quote at `from` ends.
  std::size_t closing(char quote, std::size_t from) const {
    while (from < text_.size() && text_[from] != quote) from += text_[from] == '\\' ? 2 : 1;
    if (from >= text_.size()) fail(std::string("a quote ") + quote + " without its end");
    return from;
  }

  void back_quoted(Token& token) {
    const std::size_t end = closing('`', at_ + 1);
    const std::string_view body = take(end + 1 - at_);
    token.kind = TokenKind::back_quoted;
    token.text = body.substr(1, body.size() - 2);
  }

  void string(Token& token) {
    const std::size_t end = closing('"', at_ + 1);
    std::string_view body = take(end + 1 - at_);
    body = body.substr(1, body.size() - 2);
    token.kind = TokenKind::string;
    for (std::size_t i = 0; i < body.size(); ++i) {
      if (body[i] != '\\' || i + 1 == body.size()) {
        token.text += body[i];
        continue;
      }
      const char c = body[++i];
      if (c == 'x' && i + 2 < body.size() && is_hex(body[i + 1]) && is_hex(body[i + 2])) {
        unsigned value = 0;
        std::from_chars(body.data() + i + 1, body.data() + i + 3, value, 16);
        token.text += static_cast<char>(value);
        i += 2;
      } else {
        token.text += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == '0' ? '\0' : c;
      }
    }
  }

  void option(Token& token) {
    take(2);
    simple(token, TokenKind::option, word_length(at_) - at_);
    if (peek() != '=') return;
    take(1);
    token.has_value = true;
    std::size_t end = at_;
    while (end < text_.size() && !is_space(text_[end])) {
      end = text_[end] == '"' || text_[end] == '`' ? closing(text_[end], end + 1) + 1 : end + 1;
    }
    token.value = take(end - at_);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::vector<Token> tokens_{};
};

}  // namespace

std::vector<Token> tokenize(std::string_view script) { return Lexer(script).run(); }

}  // namespace linnet::drill
