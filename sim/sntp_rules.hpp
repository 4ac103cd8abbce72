// SPDX-License-Identifier: Apache-2.0
// The rules of the SNTP monitor.
#pragma once

#include "sim/rule_judge.hpp"

namespace linnet::sim {

enum class SntpRule : std::uint8_t {
  // of a client
  request_length,
  request_mode,
  request_fields,
  transmit_new,
  transmit_unpredictable,
  interval,
  denied,
  rate,
  own_answer,
  // of a server
  answer_asked,
  answer_length,
  answer_mode,
  answer_poll,
  answer_stratum,
  answer_order,
};
constexpr std::size_t sntp_rules = static_cast<std::size_t>(SntpRule::answer_order) + 1;
RuleWords words_of(SntpRule rule);
using SntpJudge = RuleJudge<SntpRule, sntp_rules>;

}  // namespace linnet::sim
