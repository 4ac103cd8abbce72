// SPDX-License-Identifier: Apache-2.0
#include "drill/shell.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace linnet::drill {
namespace {

/// `$((15*1024*1024))`: products of numbers, as the scripts write them.
std::optional<std::int64_t> product(std::string_view text) {
  std::int64_t all = 1;
  for (;;) {
    const std::size_t end = std::min(text.find('*'), text.size());
    const std::string_view factor = text.substr(0, end);
    std::int64_t number = 0;
    const bool hex = factor.starts_with("0x");
    const char* begin = factor.data() + (hex ? 2 : 0);
    const char* last = factor.data() + factor.size();
    const auto result = std::from_chars(begin, last, number, hex ? 16 : 10);
    if (result.ec != std::errc() || result.ptr != last || begin == last) return std::nullopt;
    if (__builtin_mul_overflow(all, number, &all)) return std::nullopt;
    if (end == text.size()) return all;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<Numbers> numbers_of(std::string text) {
  for (std::size_t at = 0; (at = text.find("$((")) != text.npos;) {
    const std::size_t end = text.find("))", at);
    if (end == text.npos) return std::nullopt;
    const auto number = product(text.substr(at + 3, end - at - 3));
    if (!number) return std::nullopt;
    text.replace(at, end + 2 - at, std::to_string(*number));
  }
  Numbers numbers;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const auto number = product(word);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  if (numbers.empty()) return std::nullopt;
  return numbers;
}

std::optional<std::vector<std::uint8_t>> keys_of(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',') && bytes.size() < 32;) {
    std::istringstream parts(word);
    for (std::string part; std::getline(parts, part, '-');) {
      std::uint32_t number = 0;
      const auto result = std::from_chars(part.data(), part.data() + part.size(), number, 16);
      if (result.ec != std::errc() || result.ptr != part.data() + part.size()) return std::nullopt;
      for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
    }
  }
  if (bytes.size() != 16 && bytes.size() != 32) return std::nullopt;
  return bytes;
}

std::vector<std::string> commands_of(const std::string& text) {
  std::vector<std::string> all(1);
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0' || c == '"' || c == '\'') {
      if (quote == '\0')
        quote = c;
      else if (c == quote)
        quote = '\0';
      all.back() += c;
    } else if (c == '\\' && i + 1 < text.size() && text[i + 1] == '\n') {
      ++i;
    } else if (c == '#' && (all.back().empty() || all.back().back() == ' ')) {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if (c == '\n' || c == ';' || (c == '&' && i + 1 < text.size() && text[i + 1] == '&')) {
      i += c == '&' ? 1 : 0;
      all.emplace_back();
    } else {
      all.back() += c == '\t' ? ' ' : c;
    }
  }
  return all;
}

std::vector<std::string> words_of(const std::string& command) {
  std::vector<std::string> all;
  std::string word;
  char quote = '\0';
  int depth = 0;  // of $((...))
  const auto finish = [&] {
    const bool redirection = word.find('>') != word.npos;
    if (!word.empty() && !redirection && !(all.size() > 0 && word == "/dev/null")) all.push_back(word);
    word.clear();
  };
  for (const char c : command) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (quote != '\0' ? c == quote : c == '"' || c == '\'') {
      quote = quote != '\0' ? '\0' : c;
    } else if (c == ' ' && quote == '\0' && depth == 0) {
      finish();
    } else {
      word += c;
    }
  }
  finish();
  return all;
}

Redirected redirections_of(const std::string& command) {
  Redirected all;
  char quote = '\0';
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (quote != '\0' || c == '"' || c == '\'') {
      quote = quote == '\0' ? c : c == quote ? '\0' : quote;
    } else if (c == '|') {
      all.piped = true;
    } else if (c == '>') {
      // In front of it the number of a stream, or & for both.
      const std::size_t word = all.command.rfind(' ') + 1;
      const std::string front = all.command.substr(word);
      if (front == "&" || front == "1" || front == "2") all.command.resize(word);
      const std::size_t begin = command.find_first_not_of("> ", i);
      if (begin == command.npos) break;
      const std::size_t end = std::min(command.find_first_of(" >|", begin), command.size());
      all.targets.push_back(command.substr(begin, end - begin));
      i = end - 1;
      continue;
    }
    all.command += c;
  }
  return all;
}

}  // namespace linnet::drill
