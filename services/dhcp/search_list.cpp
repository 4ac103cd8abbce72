// SPDX-License-Identifier: Apache-2.0
#include "services/dhcp/search_list.hpp"

#include <algorithm>

#include "services/dhcp/text.hpp"
#include "services/dns/name.hpp"

namespace linnet::dhcp {

bool SearchList::add(std::string_view domain) {
  for (const std::string_view known : *this) {
    if (known == domain) return true;
  }
  if (characters_.size() - used_ < domain.size() + 1) return false;
  std::copy(domain.begin(), domain.end(), characters_.begin() + used_);
  used_ = static_cast<std::uint16_t>(used_ + domain.size() + 1);
  return true;
}

std::size_t SearchList::size() const {
  return static_cast<std::size_t>(std::count(characters_.begin(), characters_.begin() + used_, '\0'));
}

namespace {

/// Empty for the root, and for what is no host name.
Text<253> text_of(const dns::Name& name) {
  Text<253> text;
  std::array<char, dns::Name::maximum_size> characters;
  std::size_t size = 0;
  for (dns::Name rest = name; !rest.is_root(); rest = rest.parent()) {
    if (size != 0) characters[size++] = '.';
    for (const std::uint8_t byte : rest.first_label())
      characters[size++] = byte == '.' ? '\0' : static_cast<char>(byte);
  }
  const std::string_view whole(characters.data(), size);
  if (is_host_name(whole)) text.assign(whole);
  return text;
}

}  // namespace

SearchList read_search_list(Bytes value) {
  SearchList list;
  // Each turn moves `at` on: a name is one byte at least.
  for (std::size_t at = 0; at < value.size();) {
    const std::optional<dns::Name> name = dns::Name::read(value, at);
    if (!name) return {};
    const Text<253> text = text_of(*name);
    if (!text.empty()) list.add(text.view());
  }
  return list;
}

}  // namespace linnet::dhcp
