// SPDX-License-Identifier: Apache-2.0
#include "services/dns/search_list.hpp"

#include <algorithm>

namespace linnet::dns {

bool SearchList::add(const Name& domain, Instant expires) {
  if (domain.is_root()) return false;
  for (Entry& entry : entries_.first(count_)) {
    if (!std::ranges::equal(wire(entry), domain.wire())) continue;
    entry.expires = std::max(entry.expires, expires);
    return true;
  }
  const std::size_t size = domain.wire().size();
  if (count_ == entries_.size() || size > names_.size() - used_) return false;
  copy_bytes(names_.data() + used_, domain.wire());
  entries_[count_++] = {static_cast<std::uint16_t>(used_), static_cast<std::uint8_t>(size), expires};
  used_ += size;
  return true;
}

std::optional<Name> SearchList::complete(const Name& name, std::size_t& index, Instant now) const {
  while (index < count_) {
    const Entry& entry = entries_[index++];
    if (now >= entry.expires) continue;
    Name whole = name;
    if (whole.add_labels(wire(entry))) return whole;
  }
  return std::nullopt;
}

void SearchList::digest(Digest& digest) const { digest.add(Bytes(names_).first(used_)); }

}  // namespace linnet::dns
