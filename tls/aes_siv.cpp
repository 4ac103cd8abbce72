// SPDX-License-Identifier: Apache-2.0
#include "tls/aes_siv.hpp"

#include <mbedtls/aes.h>
#include <mbedtls/cmac.h>

#include <algorithm>

#include "tls/library.hpp"

namespace linnet::tls {
namespace {

constexpr std::size_t half = AesSiv::key_size / 2;
constexpr unsigned half_bits = 128;

/// RFC 5297 2.3: multiplication by x in GF(2^128).
template <typename Block>
void double_up(Block& block) {
  const bool carry = (block[0] & 0x80) != 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const unsigned next = i + 1 < block.size() ? block[i + 1] : 0u;
    block[i] = static_cast<std::uint8_t>(unsigned{block[i]} << 1 | next >> 7);
  }
  if (carry) block.back() ^= 0x87;
}

template <typename Block>
void mix(Block& block, Bytes with) {
  for (std::size_t i = 0; i < with.size(); ++i) block[i] ^= with[i];
}

}  // namespace

AesSiv::AesSiv(std::span<const std::uint8_t, key_size> key) { std::ranges::copy(key, key_.begin()); }
AesSiv::~AesSiv() { library::wipe(key_); }

/// CMAC under the first half of the key, `mixed_into_end` added to the last 16 of `bytes`.
bool AesSiv::mac(Bytes bytes, const Block* mixed_into_end, Block& out) const {
  Block end{};
  std::size_t plain = bytes.size();
  if (mixed_into_end != nullptr) {
    plain -= end.size();
    std::ranges::copy(bytes.subspan(plain), end.begin());
    mix(end, *mixed_into_end);
  }
  mbedtls_cipher_context_t context;
  mbedtls_cipher_init(&context);
  const mbedtls_cipher_info_t* info = mbedtls_cipher_info_from_type(MBEDTLS_CIPHER_AES_128_ECB);
  const bool done =
      mbedtls_cipher_setup(&context, info) == 0 &&
      mbedtls_cipher_cmac_starts(&context, key_.data(), half_bits) == 0 &&
      (plain == 0 || mbedtls_cipher_cmac_update(&context, bytes.data(), plain) == 0) &&
      (mixed_into_end == nullptr || mbedtls_cipher_cmac_update(&context, end.data(), end.size()) == 0) &&
      mbedtls_cipher_cmac_finish(&context, out.data()) == 0;
  mbedtls_cipher_free(&context);
  return done;
}

/// RFC 5297 2.4: S2V.
bool AesSiv::authenticate(std::span<const Bytes> associated, Bytes plain, Block& tag) const {
  Block d{};
  if (!mac(Block{}, nullptr, d)) return false;
  for (const Bytes& each : associated) {
    Block one{};
    if (!mac(each, nullptr, one)) return false;
    double_up(d);
    mix(d, one);
  }
  if (plain.size() >= d.size()) return mac(plain, &d, tag);
  double_up(d);
  mix(d, plain);
  d[plain.size()] ^= 0x80;
  return mac(d, nullptr, tag);
}

/// AES in counter mode under the second half, from the tag on.
bool AesSiv::crypt(const Block& tag, Bytes in, MutableBytes out) const {
  Block counter = tag;
  counter[8] &= 0x7f;  // RFC 5297 2.5
  counter[12] &= 0x7f;
  Block stream{};
  std::size_t offset = 0;
  mbedtls_aes_context aes;
  mbedtls_aes_init(&aes);
  const bool done = mbedtls_aes_setkey_enc(&aes, key_.data() + half, half_bits) == 0 &&
                    mbedtls_aes_crypt_ctr(&aes, in.size(), &offset, counter.data(), stream.data(), in.data(),
                                          out.data()) == 0;
  mbedtls_aes_free(&aes);
  library::wipe(stream);
  return done;
}

bool AesSiv::seal(std::span<const Bytes> associated, Bytes plain, MutableBytes sealed) const {
  Block tag{};
  if (sealed.size() != plain.size() + tag_size || !authenticate(associated, plain, tag)) return false;
  std::ranges::copy(tag, sealed.begin());
  return plain.empty() || crypt(tag, plain, sealed.subspan(tag_size));
}

bool AesSiv::open(std::span<const Bytes> associated, Bytes sealed, MutableBytes plain) const {
  if (sealed.size() != plain.size() + tag_size) return false;
  Block claimed{};
  std::copy_n(sealed.begin(), tag_size, claimed.begin());
  Block tag{};
  unsigned differences = 0;
  if (plain.empty() || crypt(claimed, sealed.subspan(tag_size), plain)) {
    if (authenticate(associated, plain, tag)) {
      for (std::size_t i = 0; i < tag.size(); ++i) differences |= unsigned{tag[i]} ^ claimed[i];
      if (differences == 0) return true;
    }
  }
  library::wipe(plain);
  return false;
}

}  // namespace linnet::tls
