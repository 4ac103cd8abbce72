// SPDX-License-Identifier: Apache-2.0
#include "services/dhcpv6/values.hpp"

#include "core/base/reader.hpp"

namespace linnet::dhcpv6 {

namespace {

bool is_host_character(std::uint8_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

bool DomainName::append(Bytes label) {
  const std::size_t dot = size_ == 0 ? 0 : 1;
  if (size_ + dot + label.size() > maximum) return false;
  if (dot != 0) characters_[size_++] = '.';
  for (const std::uint8_t c : label) {
    if (!is_host_character(c)) return false;
    characters_[size_++] = static_cast<char>(c);
  }
  return true;
}

std::optional<DomainName> DomainName::read(Bytes option, std::size_t& position) {
  Reader reader(option);
  reader.seek(position);
  DomainName name;
  for (;;) {
    const std::uint8_t length = reader.u8();
    if (!reader.ok() || length > 63) return std::nullopt;
    if (length == 0) break;
    const Bytes label = reader.bytes(length);
    if (!reader.ok() || !name.append(label)) return std::nullopt;
  }
  if (name.size_ == 0) return std::nullopt;
  position = reader.position();
  return name;
}

}  // namespace linnet::dhcpv6
