// SPDX-License-Identifier: Apache-2.0
#include "core/base/checksum.hpp"

#include <bit>

#if defined(LINNET_CHECKSUM_AVX2)
#include <immintrin.h>
#endif

namespace linnet {
namespace {

/// Sums are made in host order and swapped once at the end (RFC 1071 2 (B): byte order independence).
constexpr std::uint16_t to_network(std::uint16_t sum) {
  if constexpr (std::endian::native == std::endian::big) return sum;
  return static_cast<std::uint16_t>((sum << 8) | (sum >> 8));
}

template <typename Word>
inline Word load_host(const std::uint8_t* p) {
  Word word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

/// The last 0 to 7 bytes, padded with zero.
inline std::uint64_t sum_tail(const std::uint8_t* p, std::size_t n) {
  std::uint64_t sum = 0;
  if (n >= 4) {
    sum += load_host<std::uint32_t>(p);
    p += 4;
    n -= 4;
  }
  if (n >= 2) {
    sum += load_host<std::uint16_t>(p);
    p += 2;
    n -= 2;
  }
  if (n != 0) sum += std::endian::native == std::endian::big ? std::uint64_t{*p} << 8 : std::uint64_t{*p};
  return sum;
}

#if defined(LINNET_CHECKSUM_AVX2)

constexpr std::size_t stride = 64;

/// Zero-extends 32-bit words into 64-bit lanes: no carry is lost below 2^32 strides.
inline __m256i widen_add(__m256i lanes, __m256i words) {
  const __m256i zero = _mm256_setzero_si256();
  lanes = _mm256_add_epi64(lanes, _mm256_unpacklo_epi32(words, zero));
  return _mm256_add_epi64(lanes, _mm256_unpackhi_epi32(words, zero));
}

inline std::uint64_t sum_lanes(__m256i a, __m256i b) {
  alignas(32) std::uint64_t lanes[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), _mm256_add_epi64(a, b));
  return lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

template <bool Copy>
inline std::uint64_t sum_strides(std::uint8_t* to, const std::uint8_t*& p, std::size_t& n) {
  __m256i a = _mm256_setzero_si256();
  __m256i b = _mm256_setzero_si256();
  for (; n >= stride; p += stride, n -= stride) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32));
    if constexpr (Copy) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), low);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 32), high);
      to += stride;
    }
    a = widen_add(a, low);
    b = widen_add(b, high);
  }
  return sum_lanes(a, b);
}

#elif defined(LINNET_CHECKSUM_U64)

constexpr std::size_t stride = 32;

/// 64-bit words with their carries counted: four independent chains keep the adders busy.
template <bool Copy>
inline std::uint64_t sum_strides(std::uint8_t* to, const std::uint8_t*& p, std::size_t& n) {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  for (; n >= stride; p += stride, n -= stride) {
    for (std::size_t i = 0; i < stride; i += 8) {
      const auto word = load_host<std::uint64_t>(p + i);
      if constexpr (Copy) std::memcpy(to + i, &word, 8);
      low += word & 0xffffffffu;
      high += word >> 32;
    }
    if constexpr (Copy) to += stride;
  }
  return static_cast<std::uint64_t>(checksum_fold(low)) + checksum_fold(high);
}

#else  // 32-bit processors

constexpr std::size_t stride = 16;

template <bool Copy>
inline std::uint64_t sum_strides(std::uint8_t* to, const std::uint8_t*& p, std::size_t& n) {
  std::uint64_t sum = 0;
  for (; n >= stride; p += stride, n -= stride) {
    for (std::size_t i = 0; i < stride; i += 4) {
      const auto word = load_host<std::uint32_t>(p + i);
      if constexpr (Copy) std::memcpy(to + i, &word, 4);
      sum += word;
    }
    if constexpr (Copy) to += stride;
  }
  return sum;
}

#endif

/// What is left of the strides: whole 64-bit words, then the tail.
inline std::uint64_t sum_rest(const std::uint8_t* p, std::size_t n) {
  std::uint64_t sum = 0;
  for (; n >= 8; p += 8, n -= 8) {
    sum += load_host<std::uint32_t>(p);
    sum += load_host<std::uint32_t>(p + 4);
  }
  return sum + sum_tail(p, n);
}

}  // namespace

std::uint16_t checksum_sum(Bytes bytes) {
  const std::uint8_t* p = bytes.data();
  std::size_t n = bytes.size();
  const std::uint64_t sum = sum_strides<false>(nullptr, p, n);
  return to_network(checksum_fold(static_cast<std::uint64_t>(checksum_fold(sum)) + checksum_fold(sum_rest(p, n))));
}

std::uint16_t checksum_copy(std::uint8_t* to, Bytes from) {
  const std::uint8_t* p = from.data();
  std::size_t n = from.size();
  const std::uint64_t sum = sum_strides<true>(to, p, n);
  copy_bytes(to + (from.size() - n), from.last(n));
  return to_network(checksum_fold(static_cast<std::uint64_t>(checksum_fold(sum)) + checksum_fold(sum_rest(p, n))));
}

Checksum pseudo_header_checksum(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                                std::uint32_t length) {
  Checksum checksum;
  if (source.is_v4()) {
    checksum.add32(source.v4_value());
    checksum.add32(destination.v4_value());
  } else {
    checksum.add(source.bytes());
    checksum.add(destination.bytes());
  }
  checksum.add16(protocol);
  checksum.add32(length);
  return checksum;
}

}  // namespace linnet
