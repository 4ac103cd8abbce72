// SPDX-License-Identifier: Apache-2.0
#include "apps/address_news.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace linnet::apps {
namespace {

void print_changes(const std::vector<std::string>& before, const std::vector<std::string>& now) {
  for (const std::string& line : now) {
    if (std::find(before.begin(), before.end(), line) == before.end()) fmt::print("  {:<13}{}\n", "address", line);
  }
  for (const std::string& line : before) {
    if (std::find(now.begin(), now.end(), line) == now.end()) fmt::print("  {:<13}{}\n", "no more", line);
  }
  std::fflush(stdout);
}

}  // namespace

std::string_view origin_text(ip::AddressOrigin origin) {
  switch (origin) {
    case ip::AddressOrigin::configured: return "fixed";
    case ip::AddressOrigin::link_local: return "link-local";
    case ip::AddressOrigin::stable: return "router advertisement";
    case ip::AddressOrigin::temporary: return "router advertisement, temporary";
    case ip::AddressOrigin::dhcpv6: return "DHCPv6";
    case ip::AddressOrigin::translator: return "464XLAT";
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

/// Those of IPv4 that there are when it begins are printed by others.
void AddressNews::follow_v4() {
  const std::uint32_t version = stack_->ethernet().version();
  if (version_v4_ == version) return;
  std::vector<std::string> now;
  for (const ip::AddressView& own : stack_->ip().addresses()) {
    if (own.interface != interface_ || !own.usable()) continue;
    now.push_back(fmt::format("{}/{}{}", AddressText(own.prefix.address).view(), own.prefix.length,
                              own.prefix.address.is_link_local() ? " (link-local)" : ""));
  }
  if (version_v4_) print_changes(known_v4_, now);
  version_v4_ = version;
  known_v4_ = std::move(now);
}

Instant AddressNews::poll(Instant) {
  follow_v4();
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
  print_changes(known_, now);
  known_ = std::move(now);
  return Instant::never();
}

}  // namespace linnet::apps
