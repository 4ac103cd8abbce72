// SPDX-License-Identifier: Apache-2.0
#include "services/mdns/types.hpp"

namespace linnet::mdns {

namespace {

std::uint8_t small(std::uint8_t c) { return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c; }

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

bool is_txt(Bytes txt) {
  std::size_t at = 0;
  while (at < txt.size()) at += 1 + std::size_t{txt[at]};
  return at == txt.size();
}

bool TxtWriter::begin(std::string_view key, std::size_t more) {
  const std::size_t size = key.size() + more;
  if (key.empty() || size > 255 || writer_.room() < 1 + size) return false;
  for (const char c : key) {
    if (c < 0x20 || c > 0x7e || c == '=') return false;
  }
  writer_.u8(static_cast<std::uint8_t>(size));
  writer_.bytes(bytes_of(key));
  return true;
}

bool TxtWriter::add(std::string_view key) { return begin(key, 0); }

bool TxtWriter::add(std::string_view key, Bytes value) {
  if (!begin(key, 1 + value.size())) return false;
  writer_.u8('=');
  writer_.bytes(value);
  return true;
}

std::optional<Bytes> txt_value(Bytes txt, std::string_view key) {
  const Bytes wanted = bytes_of(key);
  for (std::size_t at = 0; at < txt.size(); at += 1 + std::size_t{txt[at]}) {
    if (txt.size() - at - 1 < txt[at]) return std::nullopt;
    const Bytes string = txt.subspan(at + 1, txt[at]);
    if (wanted.empty() || string.size() < wanted.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < wanted.size(); ++i) same = same && small(string[i]) == small(wanted[i]);
    if (!same) continue;
    if (string.size() == wanted.size()) return Bytes();
    if (string[wanted.size()] == '=') return string.subspan(wanted.size() + 1);
  }
  return std::nullopt;
}

}  // namespace linnet::mdns
