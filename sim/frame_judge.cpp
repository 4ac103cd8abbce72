// SPDX-License-Identifier: Apache-2.0
#include "sim/frame_judge.hpp"

#include <bit>
#include <cstdio>
#include <cstring>

#include "sim/frame_rule_names.hpp"

namespace linnet::sim {
namespace {

constexpr std::uint64_t folded(std::uint64_t sum) {
  while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
  return sum;
}

}  // namespace

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
  // RFC 1071 2 (B): the order of the bytes matters only in the end, so they are added as the machine has
  // them.
  std::uint64_t even = 0;
  std::uint64_t odd = 0;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint32_t words[2];
    std::memcpy(words, bytes.data() + at, 8);
    even += words[0];
    odd += words[1];
  }
  std::uint64_t sum = even + odd;
  if constexpr (std::endian::native == std::endian::little) {
    sum = folded(sum);
    sum = (sum >> 8 | sum << 8) & 0xffff;
  }
  sum += folded(so_far);
  for (; at + 2 <= bytes.size(); at += 2) sum += load16(bytes.data() + at);
  if (at < bytes.size()) sum += static_cast<std::uint64_t>(bytes[at]) << 8;
  return static_cast<std::uint16_t>(folded(sum));
}

std::uint64_t fingerprint(Bytes bytes, std::uint64_t so_far) {
  std::uint64_t value = so_far;
  for (const std::uint8_t byte : bytes) value = (value ^ byte) * 0x100000001b3u;
  return value;
}

}  // namespace linnet::sim
