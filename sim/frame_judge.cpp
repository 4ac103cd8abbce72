// SPDX-License-Identifier: Apache-2.0
#include "sim/frame_judge.hpp"

#include <cstdio>

namespace linnet::sim {

void FrameJudge::note(Rule rule, Bytes part, std::size_t at, std::uint64_t found, const char* words,
                      std::uint64_t expected) {
  rule_ = rule;
  offset_ = static_cast<std::size_t>(part.data() - frame_.data()) + at;
  found_ = found;
  words_ = words;
  expected_ = expected;
}

std::optional<FrameViolation> FrameJudge::violation() const {
  if (ok()) return std::nullopt;
  char text[160];
  if (words_ != nullptr) {
    std::snprintf(text, sizeof text, "byte %zu of %zu: found 0x%llx, expected %s", offset_, frame_.size(),
                  static_cast<unsigned long long>(found_), words_);
  } else {
    std::snprintf(text, sizeof text, "byte %zu of %zu: found 0x%llx, expected 0x%llx", offset_, frame_.size(),
                  static_cast<unsigned long long>(found_), static_cast<unsigned long long>(expected_));
  }
  return FrameViolation{std::string(name_of(rule_)), text};
}

std::uint16_t internet_sum(Bytes bytes, std::uint64_t so_far) {
  std::uint64_t sum = so_far;
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) sum += load32(bytes.data() + at);
  if (at + 2 <= bytes.size()) {
    sum += load16(bytes.data() + at);
    at += 2;
  }
  if (at < bytes.size()) sum += static_cast<std::uint64_t>(bytes[at]) << 8;
  while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
  return static_cast<std::uint16_t>(sum);
}

std::uint64_t fingerprint(Bytes bytes, std::uint64_t so_far) {
  std::uint64_t value = so_far;
  for (const std::uint8_t byte : bytes) value = (value ^ byte) * 0x100000001b3u;
  return value;
}

}  // namespace linnet::sim
