// SPDX-License-Identifier: Apache-2.0
#include "apps/sha256.hpp"

#include <algorithm>
#include <bit>

#include "apps/sha256_constants.hpp"

namespace linnet::apps {

void detail::sha256_blocks_portable(std::array<std::uint32_t, 8>& state, const std::uint8_t* block,
                                    std::size_t count) {
  for (; count > 0; --count, block += 64) {
    std::uint32_t w[64];
    for (int t = 0; t < 16; ++t) w[t] = load32(block + 4 * t);
    for (int t = 16; t < 64; ++t) {
      const std::uint32_t s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3);
      const std::uint32_t s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10);
      w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (int t = 0; t < 64; ++t) {
      const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      const std::uint32_t t1 =
          h + s1 + ((e & f) ^ (~e & g)) + sha256_constants[static_cast<std::size_t>(t)] + w[t];
      const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const std::array<std::uint32_t, 8> worked{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state[i] += worked[i];
  }
}

void Sha256::add(Bytes bytes) {
  const std::size_t held = size_ % 64;
  size_ += bytes.size();
  if (held != 0) {
    const std::size_t taken = std::min(64 - held, bytes.size());
    copy_bytes(partial_.data() + held, bytes.first(taken));
    bytes = bytes.subspan(taken);
    if (held + taken < 64) return;
    detail::sha256_blocks(state_, partial_.data(), 1);
  }
  const std::size_t whole = bytes.size() / 64;
  if (whole > 0) detail::sha256_blocks(state_, bytes.data(), whole);
  copy_bytes(partial_.data(), bytes.subspan(whole * 64));
}

Sha256::Digest Sha256::finish() {
  // FIPS 180-4 5.1.1: a one bit, zeros, and the message's length in bits as 64 bits at the end of a block.
  const std::uint64_t bits = size_ * 8;
  std::array<std::uint8_t, 72> padding{0x80};
  const std::size_t held = size_ % 64;
  const std::size_t zeros = (held < 56 ? 56 : 120) - held;
  store64(padding.data() + zeros, bits);
  add(Bytes(padding).first(zeros + 8));
  Digest digest{};
  for (std::size_t i = 0; i < 8; ++i) store32(digest.data() + 4 * i, state_[i]);
  return digest;
}

std::string Sha256::finish_hex() {
  std::string text;
  for (const std::uint8_t byte : finish()) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace linnet::apps
