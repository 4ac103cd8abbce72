// SPDX-License-Identifier: Apache-2.0
// What all targets share: the input as a program reads it, and the end of a run that broke an oracle.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"

namespace linnet::fuzz {

/// An oracle: the fuzzer keeps the input for which it does not hold.
inline void require(bool holds, const char* what, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: oracle broken: %s\n", file, line, what);
  std::abort();
}

/// Numbers from the front of the input, zeros behind its end. What is parsed should be `rest()`: it ends
/// where the fuzzer's buffer ends, so that AddressSanitizer sees a read past it.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : bytes_(data, size) {}

  bool empty() const { return bytes_.empty(); }
  std::size_t left() const { return bytes_.size(); }
  std::uint8_t u8() {
    if (bytes_.empty()) return 0;
    const std::uint8_t value = bytes_[0];
    bytes_ = bytes_.subspan(1);
    return value;
  }
  std::uint16_t u16() {
    const std::uint8_t high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  std::uint64_t u64() {
    const std::uint64_t high = u32();
    return high << 32 | u32();
  }
  bool flag() { return (u8() & 1) != 0; }
  /// Below `bound`, which must not be 0.
  std::uint32_t below(std::uint32_t bound) {
    return (bound <= 256 ? u8() : bound <= 65536 ? u16() : u32()) % bound;
  }
  Bytes bytes(std::size_t most) {
    const Bytes taken = bytes_.first(std::min(most, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  Bytes rest() { return bytes(bytes_.size()); }
  std::string_view text() {
    const Bytes all = rest();
    return {reinterpret_cast<const char*>(all.data()), all.size()};
  }

 private:
  Bytes bytes_;
};

inline bool same(Bytes a, Bytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

/// RFC 1071 word by word, as slowly as it reads. Not part of what is to be covered.
__attribute__((no_sanitize("coverage"))) inline std::uint16_t plain_sum(Bytes bytes, std::uint32_t sum = 0) {
  const std::uint8_t* p = bytes.data();
  const std::size_t size = bytes.size();
  for (std::size_t i = 0; i < size; ++i) {
    sum += i % 2 == 0 ? std::uint32_t{p[i]} << 8 : p[i];
    sum = (sum & 0xffff) + (sum >> 16);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

}  // namespace linnet::fuzz

/// libFuzzer's entry: every input once.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
