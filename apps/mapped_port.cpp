// SPDX-License-Identifier: Apache-2.0
#include "apps/router_options.hpp"
#include "apps/text.hpp"

namespace linnet::apps {

std::optional<MappedPort> parse_mapped_port(std::string_view text) {
  MappedPort map;
  if (text.starts_with("tcp:") || text.starts_with("udp:")) {
    map.udp = text.starts_with("udp:");
    text.remove_prefix(4);
  }
  const std::size_t first = text.find(':');
  const std::size_t last = text.rfind(':');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(first + 1, last - first - 1));
  map.port = parse_port(text.substr(0, first)).value_or(0);
  map.inside.port = parse_port(text.substr(last + 1)).value_or(0);
  if (!address || !address->is_v4() || map.port == 0 || map.inside.port == 0) return std::nullopt;
  map.inside.address = *address;
  return map;
}

}  // namespace linnet::apps
