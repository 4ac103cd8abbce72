// SPDX-License-Identifier: Apache-2.0
// Random: the stack's only source of randomness, seeded from outside (hardware generator, getrandom, a test's
// seed). The same seed yields the same numbers, so a simulated run can be repeated.
#pragma once

#include <array>

#include "core/base/bytes.hpp"
#include "core/base/siphash.hpp"
#include "core/base/time.hpp"

namespace linnet {

/// ChaCha20 (RFC 8439 2.3) as a generator: its key is replaced from its own output after every refill, so that
/// a later leak of memory does not reveal numbers given out before ("fast key erasure").
class Random {
 public:
  using Seed = std::array<std::uint8_t, 32>;

  /// `seed` must come from a real entropy source, except in tests: sequence numbers, ports and hash keys
  /// depend on it.
  explicit Random(const Seed& seed);

  std::uint32_t next32();
  std::uint64_t next64();
  /// Uniform in [0, bound); bound must not be 0.
  std::uint32_t below(std::uint32_t bound);
  /// Uniform in [least, most], which lie at most 71 minutes apart.
  Duration between(Duration least, Duration most) {
    const auto span = static_cast<std::uint32_t>((most - least).as_microseconds());
    return least + Duration::microseconds(below(span + 1));
  }
  void fill(MutableBytes out);
  SipKey key() {
    const std::uint64_t k0 = next64();
    return SipKey{k0, next64()};
  }
  /// Mixes more entropy in; never weakens what is there.
  void reseed(Bytes entropy);

 private:
  void refill();

  std::array<std::uint32_t, 8> key_{};
  std::array<std::uint32_t, 8> output_{};
  std::uint32_t used_ = 8;
};

}  // namespace linnet
