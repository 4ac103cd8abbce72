// SPDX-License-Identifier: Apache-2.0
// AesSiv: AEAD_AES_SIV_CMAC_256 (RFC 5297), which mbedTLS lacks, on its AES and CMAC. A nonce that comes
// twice does it no harm.
#pragma once

#include <array>
#include <span>

#include "core/base/bytes.hpp"

namespace linnet::tls {

class AesSiv {
 public:
  static constexpr std::size_t key_size = 32;
  static constexpr std::size_t tag_size = 16;  ///< that `sealed` is longer than `plain`

  explicit AesSiv(std::span<const std::uint8_t, key_size> key);
  ~AesSiv();
  AesSiv(const AesSiv&) = delete;
  AesSiv& operator=(const AesSiv&) = delete;

  /// `associated` is what is authenticated beside `plain`, in this order; the nonce, if there is one, is the
  /// last of it. `sealed` has the size of `plain` and tag_size. False: sizes, or no memory.
  bool seal(std::span<const Bytes> associated, Bytes plain, MutableBytes sealed) const;
  /// False: it is not authentic; then `plain` holds nothing.
  bool open(std::span<const Bytes> associated, Bytes sealed, MutableBytes plain) const;

 private:
  using Block = std::array<std::uint8_t, 16>;
  bool authenticate(std::span<const Bytes> associated, Bytes plain, Block& tag) const;
  bool mac(Bytes bytes, const Block* mixed_into_end, Block& out) const;
  bool crypt(const Block& tag, Bytes in, MutableBytes out) const;

  std::array<std::uint8_t, key_size> key_;
};

}  // namespace linnet::tls
