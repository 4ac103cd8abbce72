// SPDX-License-Identifier: Apache-2.0
// Which of several addresses of a host is tried first (RFC 6724 6).
#include "core/ip/ip.hpp"

namespace linnet::ip {

SourceCandidate Ip::source_of(const Path& path) const {
  for (const Ipv6Address& own : neighbour_discovery_.addresses().all()) {
    const bool there = !path.source.is_v4() && own.state != Ipv6AddressState::absent;
    if (there && own.is_at(path.source)) return source_candidate(own);
  }
  SourceCandidate candidate{.address = path.source, .interface = path.interface};
  for (const AddressView& own : addresses()) {
    if (own.prefix.address == path.source) candidate.prefix_length = own.prefix.length;
  }
  return candidate;
}

void Ip::order_destinations(std::span<IpAddress> addresses) const {
  std::array<DestinationCandidate, most_destinations> table;
  const std::size_t count = addresses.size() < table.size() ? addresses.size() : table.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto way = path(addresses[i]);
    table[i] = {.address = addresses[i], .source = {}, .usable = way.has_value()};
    if (way) table[i].source = source_of(*way);
  }
  sort_destinations(std::span(table).first(count));
  for (std::size_t i = 0; i < count; ++i) addresses[i] = table[i].address;
}

}  // namespace linnet::ip
