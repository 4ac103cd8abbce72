// SPDX-License-Identifier: Apache-2.0
// FrameJudge: what one frame is accused of. The first failure sticks, as it does in a cursor; words are made
// of it only when somebody asks.
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "sim/frame_rules.hpp"

namespace linnet::sim {

struct FrameViolation {
  std::string rule;  ///< a name of `rule_names`
  std::string text;  ///< where in the frame, what stands there, and what should
};

class FrameJudge {
 public:
  explicit FrameJudge(Bytes frame) : frame_(frame) {}

  bool ok() const { return rule_ == Rule::none; }
  /// `part` is a part of the frame, `at` an offset in it. Yields `holds`. `expected` must be a literal.
  bool require(bool holds, Rule rule, Bytes part, std::size_t at, std::uint64_t found, const char* expected) {
    if (!holds && ok()) note(rule, part, at, found, expected, 0);
    return holds;
  }
  bool equal8(Rule rule, Bytes part, std::size_t at, std::uint8_t expected) {
    return equal(rule, part, at, part[at], expected);
  }
  bool equal16(Rule rule, Bytes part, std::size_t at, std::uint16_t expected) {
    return equal(rule, part, at, load16(part.data() + at), expected);
  }
  bool equal32(Rule rule, Bytes part, std::size_t at, std::uint32_t expected) {
    return equal(rule, part, at, load32(part.data() + at), expected);
  }
  bool equal(Rule rule, Bytes part, std::size_t at, std::uint64_t found, std::uint64_t expected) {
    if (found != expected && ok()) note(rule, part, at, found, nullptr, expected);
    return found == expected;
  }
  /// Every byte of [from, to) is zero: nothing stale, nothing reserved.
  bool zero(Rule rule, Bytes part, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if (!equal8(rule, part, i, 0)) return false;
    }
    return true;
  }

  /// What a packet that went out in pieces is accused of, its last piece is.
  void take(const FrameJudge& whole) {
    if (ok()) *this = whole;
  }

  Rule rule() const { return rule_; }
  std::optional<FrameViolation> violation() const;

 private:
  void note(Rule rule, Bytes part, std::size_t at, std::uint64_t found, const char* words,
            std::uint64_t expected);

  Bytes frame_;
  Rule rule_ = Rule::none;
  std::size_t offset_ = 0;
  std::uint64_t found_ = 0;
  std::uint64_t expected_ = 0;
  const char* words_ = nullptr;  ///< instead of expected_
};

/// The ones' complement sum of RFC 1071, folded to 16 bits, of `bytes` behind a sum of 16-bit words so far.
/// Of bytes that end with a right checksum it is 0xffff.
std::uint16_t internet_sum(Bytes bytes, std::uint64_t so_far = 0);

/// FNV-1a, to recognise bytes that were seen before; nobody who knows it gains anything here.
std::uint64_t fingerprint(Bytes bytes, std::uint64_t so_far = 0xcbf29ce484222325u);

}  // namespace linnet::sim
