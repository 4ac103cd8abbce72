// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.hpp"

#include <bit>

namespace linnet {
namespace {

constexpr void quarter_round(std::array<std::uint32_t, 16>& x, std::size_t a, std::size_t b, std::size_t c,
                             std::size_t d) {
  x[a] += x[b];
  x[d] = std::rotl(x[d] ^ x[a], 16);
  x[c] += x[d];
  x[b] = std::rotl(x[b] ^ x[c], 12);
  x[a] += x[b];
  x[d] = std::rotl(x[d] ^ x[a], 8);
  x[c] += x[d];
  x[b] = std::rotl(x[b] ^ x[c], 7);
}

/// RFC 8439 2.3: the block function, with counter and nonce zero since a key is used for one block only.
constexpr std::array<std::uint32_t, 16> chacha20_block(const std::array<std::uint32_t, 8>& key) {
  std::array<std::uint32_t, 16> initial{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (std::size_t i = 0; i < 8; ++i) initial[4 + i] = key[i];
  std::array<std::uint32_t, 16> x = initial;
  for (int i = 0; i < 10; ++i) {
    quarter_round(x, 0, 4, 8, 12);
    quarter_round(x, 1, 5, 9, 13);
    quarter_round(x, 2, 6, 10, 14);
    quarter_round(x, 3, 7, 11, 15);
    quarter_round(x, 0, 5, 10, 15);
    quarter_round(x, 1, 6, 11, 12);
    quarter_round(x, 2, 7, 8, 13);
    quarter_round(x, 3, 4, 9, 14);
  }
  for (std::size_t i = 0; i < 16; ++i) x[i] += initial[i];
  return x;
}

// draft-agl-tls-chacha20poly1305 appendix, TC1: key 0, counter 0, nonce 0.
static_assert(chacha20_block({})[0] == 0xade0b876 && chacha20_block({})[15] == 0x8665eeb2);

}  // namespace

Random::Random(const Seed& seed) {
  for (std::size_t i = 0; i < 8; ++i) key_[i] = load32(seed.data() + 4 * i);
}

void Random::refill() {
  const auto block = chacha20_block(key_);
  for (std::size_t i = 0; i < 8; ++i) {
    key_[i] = block[i];
    output_[i] = block[8 + i];
  }
  used_ = 0;
}

std::uint32_t Random::next32() {
  if (used_ == output_.size()) refill();
  const std::uint32_t value = output_[used_];
  output_[used_] = 0;
  ++used_;
  return value;
}

std::uint64_t Random::next64() {
  const std::uint64_t high = next32();
  return (high << 32) | next32();
}

std::uint32_t Random::below(std::uint32_t bound) {
  // Lemire's multiplication with rejection: uniform for every bound.
  const std::uint32_t threshold = (0u - bound) % bound;
  while (true) {
    const std::uint64_t product = static_cast<std::uint64_t>(next32()) * bound;
    if (static_cast<std::uint32_t>(product) >= threshold) return static_cast<std::uint32_t>(product >> 32);
  }
}

void Random::fill(MutableBytes out) {
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(next32() & 0xff);
}

void Random::reseed(Bytes entropy) {
  for (std::size_t i = 0; i < entropy.size(); ++i) {
    key_[(i / 4) % 8] ^= static_cast<std::uint32_t>(entropy[i]) << (8 * (i % 4));
    if (i % 32 == 31) refill();
  }
  refill();
}

}  // namespace linnet
