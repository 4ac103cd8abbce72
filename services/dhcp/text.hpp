// SPDX-License-Identifier: Apache-2.0
// Text: a short string held by value, so that no name can outlive whoever it was copied from.
#pragma once

#include <array>
#include <string_view>

#include "core/base/bytes.hpp"

namespace linnet::dhcp {

/// At most `Capacity` characters, always zero-terminated.
template <std::size_t Capacity>
class Text {
 public:
  static constexpr std::size_t capacity = Capacity;

  constexpr Text() = default;
  /// False, and nothing changes, when `text` is too long: half a name is a wrong name.
  constexpr bool assign(std::string_view text) {
    if (text.size() > Capacity) return false;
    clear();
    for (std::size_t i = 0; i < text.size(); ++i) characters_[i] = text[i];
    size_ = text.size();
    return true;
  }
  constexpr void clear() {
    characters_ = {};
    size_ = 0;
  }
  constexpr bool empty() const { return size_ == 0; }
  constexpr std::string_view view() const { return {characters_.data(), size_}; }
  constexpr const char* c_str() const { return characters_.data(); }
  /// The characters as they go into a message.
  Bytes bytes() const { return {reinterpret_cast<const std::uint8_t*>(characters_.data()), size_}; }
  constexpr bool operator==(const Text&) const = default;

 private:
  std::array<char, Capacity + 1> characters_{};
  std::size_t size_ = 0;
};

/// A name of letters, digits, hyphens and, between labels of 1 to 63 characters, dots (RFC 952, RFC
/// 1123 2.1): what may safely reach a log, a shell or a resolver.
constexpr bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  std::size_t label = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '.') {
      if (label == 0 || name[i - 1] == '-') return false;
      label = 0;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && !(c == '-' && label != 0)) return false;
    if (++label > 63) return false;
  }
  return label != 0 && name.back() != '-';
}

}  // namespace linnet::dhcp
