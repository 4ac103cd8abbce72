// SPDX-License-Identifier: Apache-2.0
#include "apps/forward.hpp"

#include <fmt/format.h>

#include <vector>

#include "apps/text.hpp"

namespace linnet::apps {

std::variant<Forward, std::string> parse_forward(std::string_view text) {
  constexpr std::string_view accepted =
      "accepted is [tcp:|udp:][HOST_IP:]HOST_PORT:PORT, for instance 8080:80";
  Forward forward;
  std::string_view rest = text;
  if (rest.starts_with("tcp:") || rest.starts_with("udp:")) {
    forward.udp = rest.starts_with("udp:");
    rest.remove_prefix(4);
  }
  std::vector<std::string_view> parts;
  for (std::size_t colon = rest.find(':'); colon != std::string_view::npos; colon = rest.find(':')) {
    parts.push_back(rest.substr(0, colon));
    rest.remove_prefix(colon + 1);
  }
  parts.push_back(rest);
  if (parts.size() != 2 && parts.size() != 3) return fmt::format("'{}' is no forward: {}", text, accepted);
  if (parts.size() == 3) {
    const auto address = IpAddress::parse(parts[0]);
    if (!address || !address->is_v4()) {
      return fmt::format("'{}' in '{}' is no IPv4 address of this host: {}", parts[0], text, accepted);
    }
    forward.host_address = *address;
    parts.erase(parts.begin());
  }
  for (const std::string_view part : parts) {
    if (!parse_port(part)) {
      return fmt::format("'{}' in '{}' is no port (1 to 65535): {}", part, text, accepted);
    }
  }
  forward.host_port = *parse_port(parts[0]);
  forward.port = *parse_port(parts[1]);
  return forward;
}

}  // namespace linnet::apps
