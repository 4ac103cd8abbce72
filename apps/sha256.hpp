// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4), to show that what arrived is what was sent.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/base/bytes.hpp"

namespace linnet::apps {

class Sha256 {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  /// Adds `bytes` to the message; any number of calls, of any size.
  void add(Bytes bytes);
  /// The digest of all that was added. Afterwards the object is used up.
  Digest finish();
  /// finish() as 64 lower-case hexadecimal digits.
  std::string finish_hex();
  /// Bytes added so far.
  std::uint64_t size() const { return size_; }

 private:
  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> partial_{};
  std::uint64_t size_ = 0;
};

namespace detail {
/// Runs `count` 64-byte blocks through the compression function (FIPS 180-4 6.2.2).
void sha256_blocks(std::array<std::uint32_t, 8>& state, const std::uint8_t* blocks, std::size_t count);
void sha256_blocks_portable(std::array<std::uint32_t, 8>& state, const std::uint8_t* blocks,
                            std::size_t count);
}  // namespace detail

}  // namespace linnet::apps
