// SPDX-License-Identifier: Apache-2.0
#include "core/ip/identification.hpp"

namespace linnet::ip {
namespace {

/// A permutation of the 16-bit numbers, one for each `secret`: a Feistel network over its two bytes.
std::uint16_t encipher(std::uint16_t value, std::uint64_t secret) {
  std::uint32_t left = value >> 8;
  std::uint32_t right = value & 0xffu;
  for (unsigned round = 0; round < 8; ++round) {
    const auto key = static_cast<std::uint32_t>((secret >> (8 * round)) & 0xffu);
    std::uint32_t mixed = (right + key + 1) * 0x9e3779b1u;
    mixed = ((mixed >> 15) ^ mixed) * 0x85ebca6bu;
    const std::uint32_t next = (left ^ (mixed >> 24)) & 0xffu;
    left = right;
    right = next;
  }
  return static_cast<std::uint16_t>((left << 8) | right);
}

}  // namespace

Identification::Identification(Random& random) : key_(random.key()) {
  for (std::uint16_t& counter : counters_) counter = static_cast<std::uint16_t>(random.next32() & 0xffffu);
}

std::uint16_t Identification::next(std::uint32_t source, std::uint32_t destination, std::uint8_t protocol) {
  SecretHasher hasher(key_);
  hasher.word((std::uint64_t{source} << 32) | destination);
  hasher.word(protocol);
  const std::uint64_t secret = hasher.finish();
  std::uint16_t& counter = counters_[static_cast<std::size_t>((secret >> 3) % counters_.size())];
  return encipher(counter++, secret);
}

}  // namespace linnet::ip
