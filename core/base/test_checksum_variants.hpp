// SPDX-License-Identifier: Apache-2.0
// The checksum kernel of every build width, side by side, whichever one this build has picked for itself.
// Each test_checksum_<width>.cpp compiles checksum.cpp once more inside a namespace of its own.
#pragma once

#include <cstddef>
#include <cstdint>

struct ChecksumVariant {
  const char* name = "";
  std::uint16_t (*sum)(const std::uint8_t* data, std::size_t size) = nullptr;
  std::uint16_t (*copy)(std::uint8_t* to, const std::uint8_t* data, std::size_t size) = nullptr;
};

ChecksumVariant checksum_u32();
ChecksumVariant checksum_u64();
/// Its functions are null where the compiler was not told to use AVX2.
ChecksumVariant checksum_avx2();
