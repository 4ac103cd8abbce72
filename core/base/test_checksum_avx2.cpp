// SPDX-License-Identifier: Apache-2.0
#include "core/base/test_checksum_variants.hpp"

#if defined(__AVX2__)

#define LINNET_CHECKSUM_AVX2
#define linnet linnet_checksum_avx2  // NOLINT: a second copy of the namespace, not of its symbols
#include "core/base/checksum.cpp"
#undef linnet

ChecksumVariant checksum_avx2() {
  return {.name = "avx2",
          .sum =
              [](const std::uint8_t* data, std::size_t size) {
                return linnet_checksum_avx2::checksum_sum({data, size});
              },
          .copy =
              [](std::uint8_t* to, const std::uint8_t* data, std::size_t size) {
                return linnet_checksum_avx2::checksum_copy(to, {data, size});
              }};
}

#else

ChecksumVariant checksum_avx2() { return {.name = "avx2"}; }

#endif
