// SPDX-License-Identifier: Apache-2.0
// The rules of the DHCP monitor: what shows over time. What each message of a client must hold is in
// frame_dhcp.cpp.
#pragma once

#include "sim/rule_judge.hpp"

namespace linnet::sim {

enum class DhcpRule : std::uint8_t {
  // of a client
  discover_soonest,
  discover_latest,
  request_soonest,
  request_latest,
  request_tries,
  offer,
  secs,
  decline_wait,
  renewal_time,
  renewal_server,
  rebinding_time,
  extension_soonest,
  expired,
  // of a server
  pool,
  one_client,
  asked,
};
constexpr std::size_t dhcp_rules = static_cast<std::size_t>(DhcpRule::asked) + 1;
RuleWords words_of(DhcpRule rule);
using DhcpJudge = RuleJudge<DhcpRule, dhcp_rules>;

}  // namespace linnet::sim
