// SPDX-License-Identifier: Apache-2.0
// Every checksum kernel against RFC 1071 word by word, at any alignment, in one piece and in several.
#include <array>
#include <vector>

#include "core/base/checksum.hpp"
#include "core/base/test_checksum_variants.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

constexpr std::size_t most = 4096;
constexpr std::uint8_t mark = 0xa5;

bool equal_sums(std::uint16_t a, std::uint16_t b) {
  return a == b || (a % 0xffff == 0 && b % 0xffff == 0);  // one's complement has two zeros
}

void check_kernel(const ChecksumVariant& kernel, Bytes bytes, std::uint16_t right) {
  if (kernel.sum == nullptr) return;
  require(equal_sums(kernel.sum(bytes.data(), bytes.size()), right), kernel.name);
  std::array<std::uint8_t, most + 65> to;
  to[bytes.size()] = mark;
  require(equal_sums(kernel.copy(to.data(), bytes.data(), bytes.size()), right), kernel.name);
  require(same(Bytes(to).first(bytes.size()), bytes), "copied while summed");
  require(to[bytes.size()] == mark, "and nothing behind it written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint32_t shift = input.below(32);
  const std::uint32_t repeat = input.below(64);
  std::array<std::uint8_t, 4> cuts{};
  for (std::uint8_t& cut : cuts) cut = input.u8();
  // Lengths that inputs seldom have, at any alignment: the input again and again.
  const Bytes pattern = input.rest();
  std::array<std::uint8_t, most + 64> buffer;
  std::size_t length = 0;
  for (std::uint32_t i = 0; i <= repeat && length + pattern.size() <= most; ++i) {
    copy_bytes(buffer.data() + shift + length, pattern);
    length += pattern.size();
  }
  const Bytes bytes(buffer.data() + shift, length);
  const std::uint16_t right = plain_sum(bytes);
  require(equal_sums(checksum_sum(bytes), right), "the kernel of this build");
  check_kernel(checksum_u32(), bytes, right);
  check_kernel(checksum_u64(), bytes, right);
  check_kernel(checksum_avx2(), bytes, right);
  Checksum pieces;
  Checksum known;
  Bytes left = bytes;
  for (const std::uint8_t cut : cuts) {
    const Bytes piece = left.first(std::min<std::size_t>(cut, left.size()));
    pieces.add(piece);
    known.add_sum(plain_sum(piece), piece.size());
    left = left.subspan(piece.size());
  }
  pieces.add(left);
  known.add_sum(plain_sum(left), left.size());
  require(equal_sums(pieces.sum(), right), "RFC 1071 2 (B): in pieces of any length");
  require(equal_sums(known.sum(), right), "from sums of pieces");
  require(pieces.finish() == static_cast<std::uint16_t>(~pieces.sum()), "the complement goes on the wire");
  return 0;
}
