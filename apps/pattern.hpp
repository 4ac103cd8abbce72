// SPDX-License-Identifier: Apache-2.0
// The test pattern: bytes that anybody can compute for any offset, and that never repeat within 2^64 words,
// so that a byte lost, doubled or moved shows.
#pragma once

#include <cstdint>

#include "core/base/bytes.hpp"

namespace linnet::apps {

/// The 64-bit word k (bytes 8k to 8k + 7, big-endian) is (k + 1) * 0x9E3779B97F4A7C15 modulo 2^64.
constexpr std::uint64_t pattern_word(std::uint64_t k) { return (k + 1) * 0x9e3779b97f4a7c15u; }

/// Fills `to` with the pattern's bytes from `offset` on.
void fill_pattern(MutableBytes to, std::uint64_t offset);

}  // namespace linnet::apps
