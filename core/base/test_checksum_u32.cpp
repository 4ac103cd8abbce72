// SPDX-License-Identifier: Apache-2.0
#include "core/base/test_checksum_variants.hpp"

// No LINNET_CHECKSUM_ definition: what 32-bit processors get.
#define linnet linnet_checksum_u32  // NOLINT: a second copy of the namespace, not of its symbols
#include "core/base/checksum.cpp"
#undef linnet

ChecksumVariant checksum_u32() {
  return {.name = "u32",
          .sum =
              [](const std::uint8_t* data, std::size_t size) {
                return linnet_checksum_u32::checksum_sum({data, size});
              },
          .copy =
              [](std::uint8_t* to, const std::uint8_t* data, std::size_t size) {
                return linnet_checksum_u32::checksum_copy(to, {data, size});
              }};
}
