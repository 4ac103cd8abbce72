// SPDX-License-Identifier: Apache-2.0
// RuleJudge: counts how often each rule of a monitor was put to the test, and keeps the first that was
// broken.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace linnet::sim {

struct RuleViolation {
  std::string rule;
  std::string text;
};

struct RuleWords {
  std::string_view id;    ///< "RFC4330.10.interval" and the like
  std::string_view text;  ///< what it asks for
};

/// `Rule` is an enum from 0 to `count` - 1, whose words words_of(Rule) has.
template <typename Rule, std::size_t count>
class RuleJudge {
 public:
  using Exercised = std::array<std::uint64_t, count>;
  /// Yields `holds`. `about`: what it was found at.
  bool require(bool holds, Rule rule, std::uint64_t about) {
    ++exercised_[static_cast<std::size_t>(rule)];
    if (!holds && !violation_) {
      const RuleWords words = words_of(rule);
      violation_ = {std::string(words.id), std::string(words.text) + ": " + std::to_string(about)};
    }
    return holds;
  }
  const std::optional<RuleViolation>& violation() const { return violation_; }
  const Exercised& exercised() const { return exercised_; }

 private:
  Exercised exercised_{};
  std::optional<RuleViolation> violation_;
};

}  // namespace linnet::sim
