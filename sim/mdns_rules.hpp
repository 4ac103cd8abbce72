// SPDX-License-Identifier: Apache-2.0
// The rules of the Multicast DNS monitor, and the judge that counts how often each was put to the test and
// keeps the first that was broken.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace linnet::sim {

enum class MdnsRule : std::uint8_t {
  message,
  hops,
  ports,
  opcode,
  flags,
  id,
  size,
  question_in_response,
  record_class,
  probe_records,
  probe_interval,
  probe_first,
  deferring,
  conflict,
  goodbye,
  flush,
  flush_in_query,
  ttl,
  rate,
  unasked,
  known_answer,
  shared_delay,
  query_interval,
  known_unheard,
  known_half,
  unicast_unasked,
  legacy,
};
constexpr std::size_t mdns_rules = static_cast<std::size_t>(MdnsRule::legacy) + 1;

/// "RFC6762.8.1.first" and the like.
std::string_view rule_id(MdnsRule rule);
/// What it asks for.
std::string_view rule_text(MdnsRule rule);

struct MdnsViolation {
  std::string rule;
  std::string text;
};

class MdnsJudge {
 public:
  /// Yields `holds`. `about`: what it was found at.
  bool require(bool holds, MdnsRule rule, std::string_view about) {
    ++exercised_[static_cast<std::size_t>(rule)];
    if (!holds && !violation_)
      violation_ = {std::string(rule_id(rule)), std::string(rule_text(rule)) + ": " + std::string(about)};
    return holds;
  }
  const std::optional<MdnsViolation>& violation() const { return violation_; }
  const std::array<std::uint64_t, mdns_rules>& exercised() const { return exercised_; }

 private:
  std::array<std::uint64_t, mdns_rules> exercised_{};
  std::optional<MdnsViolation> violation_;
};

}  // namespace linnet::sim
