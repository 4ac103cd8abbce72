// SPDX-License-Identifier: Apache-2.0
#include "apps/address_news.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace linnet::apps {

std::string_view origin_text(ip::AddressOrigin origin) {
  switch (origin) {
    case ip::AddressOrigin::configured: return "fixed";
    case ip::AddressOrigin::link_local: return "link-local";
    case ip::AddressOrigin::stable: return "router advertisement";
    case ip::AddressOrigin::temporary: return "router advertisement, temporary";
    case ip::AddressOrigin::dhcpv6: return "DHCPv6";
  }
  return "";
}

std::string_view state_text(ip::Ipv6AddressState state) {
  switch (state) {
    case ip::Ipv6AddressState::absent: return "absent";
    case ip::Ipv6AddressState::tentative: return "tentative";
    case ip::Ipv6AddressState::preferred: return "preferred";
    case ip::Ipv6AddressState::deprecated: return "deprecated";
    case ip::Ipv6AddressState::duplicate: return "duplicate";
  }
  return "";
}

Instant AddressNews::poll(Instant) {
  const ip::Ipv6Addresses& addresses = stack_->ip().neighbour_discovery().addresses();
  if (addresses.version() == version_) return Instant::never();
  version_ = addresses.version();
  std::vector<std::string> now;
  for (const ip::Ipv6Address& own : addresses.all()) {
    if (own.interface != interface_ || own.state == ip::Ipv6AddressState::absent) continue;
    if (own.state == ip::Ipv6AddressState::tentative && !own.optimistic) continue;
    const std::string_view state = own.state == ip::Ipv6AddressState::preferred ? "" : state_text(own.state);
    now.push_back(fmt::format("{}/{} ({}{}{})", AddressText(own.address).view(), own.prefix_length,
                              origin_text(own.origin), state.empty() ? "" : ", ", state));
  }
  for (const std::string& line : now) {
    if (std::find(known_.begin(), known_.end(), line) == known_.end()) fmt::print("  {:<13}{}\n", "address", line);
  }
  for (const std::string& line : known_) {
    if (std::find(now.begin(), now.end(), line) == now.end()) fmt::print("  {:<13}{}\n", "no more", line);
  }
  std::fflush(stdout);
  known_ = std::move(now);
  return Instant::never();
}

}  // namespace linnet::apps
