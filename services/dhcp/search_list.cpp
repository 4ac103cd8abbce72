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

using Characters = std::array<char, dns::Name::maximum_size>;

/// Labels with dots between them; a label's own dots become something that no host name has.
std::string_view text_of(const dns::Name& name, Characters& characters) {
  const Bytes wire = name.wire();
  std::size_t size = 0;
  for (std::size_t at = 0; wire[at] != 0; at += 1u + wire[at]) {
    if (size != 0) characters[size++] = '.';
    for (const std::uint8_t byte : wire.subspan(at + 1, wire[at])) {
      characters[size++] = byte == '.' ? '\0' : static_cast<char>(byte);
    }
  }
  return {characters.data(), size};
}

}  // namespace

void read_search_list(Bytes value, SearchList& list) {
  list.clear();
  Characters characters;
  // Each turn moves `at` on: a name is one byte at least.
  for (std::size_t at = 0; at < value.size();) {
    const std::optional<dns::Name> name = dns::Name::read(value, at);
    if (!name) return list.clear();
    const std::string_view domain = text_of(*name, characters);
    if (is_host_name(domain)) list.add(domain);
  }
}

}  // namespace linnet::dhcp
