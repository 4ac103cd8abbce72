// SPDX-License-Identifier: Apache-2.0
#include "services/dns/name.hpp"

#include "core/base/text.hpp"

namespace linnet::dns {

namespace {

std::uint8_t small(std::uint8_t c) { return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
}

bool is_host_label(std::string_view label) {
  for (const char c : label) {
    if (!is_host_character(c)) return false;
  }
  return !label.empty();
}

bool is_number(std::string_view label) {
  for (const char c : label) {
    if (!is_digit(c)) return false;
  }
  return true;
}

}  // namespace

/// The root's zero is always there: a label goes in front of it.
bool Name::append_label(Bytes label, Letters letters) {
  if (label.size() > maximum_label || size_ + 1 + label.size() > maximum_size) return false;
  std::uint8_t* to = bytes_.data() + size_ - 1;
  *to++ = static_cast<std::uint8_t>(label.size());
  for (const std::uint8_t c : label) *to++ = letters == Letters::small ? small(c) : c;
  *to = 0;
  size_ = static_cast<std::uint8_t>(size_ + 1 + label.size());
  return true;
}

std::optional<Name> Name::from_text(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  Name name;
  std::string_view label;
  for (std::string_view rest = text;;) {
    const std::size_t dot = rest.find('.');
    label = slice(rest, 0, dot);
    if (!is_host_label(label)) return std::nullopt;
    const Bytes bytes(reinterpret_cast<const std::uint8_t*>(label.data()), label.size());
    if (!name.append_label(bytes, Letters::small)) return std::nullopt;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (is_number(label)) return std::nullopt;
  return name;
}

std::optional<Name> Name::read(Bytes message, std::size_t& position, Letters letters) {
  Name name;
  std::size_t at = position;
  std::size_t part = position;  // where the labels being read began: pointers must go in front of it
  std::size_t jumps = 0;
  for (;;) {
    if (at >= message.size()) return std::nullopt;
    const std::uint8_t length = message[at];
    if (length == 0) {
      if (jumps == 0) position = at + 1;
      return name;
    }
    if ((length & 0xc0) == 0xc0) {
      if (message.size() - at < 2) return std::nullopt;
      const std::size_t target = load16(message.data() + at) & 0x3fffu;
      if (target >= part || ++jumps > maximum_jumps) return std::nullopt;
      if (jumps == 1) position = at + 2;
      at = part = target;
      continue;
    }
    if (length > maximum_label || message.size() - at - 1 < length) return std::nullopt;
    if (!name.append_label(message.subspan(at + 1, length), letters)) return std::nullopt;
    at += 1 + std::size_t{length};
  }
}

bool Name::add_labels(Bytes wire) {
  for (std::size_t at = 0; wire[at] != 0; at += 1 + std::size_t{wire[at]}) {
    if (!add_label(wire.subspan(at + 1, wire[at]))) return false;
  }
  return true;
}

std::size_t Name::labels() const {
  std::size_t count = 0;
  for (std::size_t at = 0; bytes_[at] != 0; at += 1 + std::size_t{bytes_[at]}) ++count;
  return count;
}

Name Name::beginning(std::size_t size) const {
  Name name;
  copy_bytes(name.bytes_.data(), wire().first(size - 1));
  name.size_ = static_cast<std::uint8_t>(size);
  return name;
}

bool Name::same_as(const Name& other) const {
  if (size_ != other.size_) return false;
  for (std::size_t i = 0; i < size_; ++i) {
    if (small(bytes_[i]) != small(other.bytes_[i])) return false;  // no length of a label is a letter's code
  }
  return true;
}

Name Name::parent() const {
  Name name;
  if (is_root()) return name;
  const Bytes rest = wire().subspan(1 + std::size_t{bytes_[0]});
  copy_bytes(name.bytes_.data(), rest);
  name.size_ = static_cast<std::uint8_t>(rest.size());
  return name;
}

bool Name::is_within(std::string_view zone) const {
  std::size_t at = 0;
  while (bytes_[at] != 0) {
    const std::size_t next = at + 1 + bytes_[at];
    if (bytes_[next] == 0) {
      return bytes_[at] == zone.size() && std::memcmp(bytes_.data() + at + 1, zone.data(), zone.size()) == 0;
    }
    at = next;
  }
  return false;
}

}  // namespace linnet::dns
