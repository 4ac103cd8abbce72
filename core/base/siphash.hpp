// SPDX-License-Identifier: Apache-2.0
// SipHash (Aumasson, Bernstein 2012): the keyed hash of our tables (1-3) and secrets (2-4), so that a peer that
// does not know the key can choose neither collisions nor sequence numbers.
#pragma once

#include <bit>

#include "core/base/bytes.hpp"

namespace linnet {

struct SipKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

/// SipHash with C compression and D finalisation rounds, fed in 64-bit words or bytes.
template <int C, int D>
class SipHasher {
 public:
  explicit constexpr SipHasher(SipKey key)
      : v0_(key.k0 ^ 0x736f6d6570736575ull),
        v1_(key.k1 ^ 0x646f72616e646f6dull),
        v2_(key.k0 ^ 0x6c7967656e657261ull),
        v3_(key.k1 ^ 0x7465646279746573ull) {}

  /// Absorbs one whole word (eight little-endian bytes of the message).
  constexpr void word(std::uint64_t m) {
    v3_ ^= m;
    for (int i = 0; i < C; ++i) round();
    v0_ ^= m;
    length_ += 8;
  }
  /// Absorbs the message's last bytes and yields the hash. At most once, last.
  constexpr std::uint64_t finish(Bytes tail = {}) {
    while (tail.size() >= 8) {
      word(little_endian(tail.first(8)));
      tail = tail.subspan(8);
    }
    length_ += tail.size();
    word_last(little_endian(tail) | (static_cast<std::uint64_t>(length_ & 0xff) << 56));
    v2_ ^= 0xff;
    for (int i = 0; i < D; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  static constexpr std::uint64_t little_endian(Bytes bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
    return value;
  }
  constexpr void word_last(std::uint64_t m) {
    v3_ ^= m;
    for (int i = 0; i < C; ++i) round();
    v0_ ^= m;
  }
  constexpr void round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
  std::size_t length_ = 0;
};

/// For hash tables: cheap, keyed, good enough against flooding.
using TableHasher = SipHasher<1, 3>;
/// For values that go on the wire (ISN, cookies, ports).
using SecretHasher = SipHasher<2, 4>;

constexpr std::uint64_t siphash_2_4(SipKey key, Bytes message) { return SecretHasher(key).finish(message); }

}  // namespace linnet
