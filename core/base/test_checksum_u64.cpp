// SPDX-License-Identifier: Apache-2.0
#include "core/base/test_checksum_variants.hpp"

#define LINNET_CHECKSUM_U64
#define linnet linnet_checksum_u64  // NOLINT: a second copy of the namespace, not of its symbols
#include "core/base/checksum.cpp"
#undef linnet

ChecksumVariant checksum_u64() {
  return {.name = "u64",
          .sum =
              [](const std::uint8_t* data, std::size_t size) {
                return linnet_checksum_u64::checksum_sum({data, size});
              },
          .copy =
              [](std::uint8_t* to, const std::uint8_t* data, std::size_t size) {
                return linnet_checksum_u64::checksum_copy(to, {data, size});
              }};
}
