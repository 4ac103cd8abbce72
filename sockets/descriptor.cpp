// SPDX-License-Identifier: Apache-2.0
#include "sockets/descriptor.hpp"

#include <algorithm>
#include <bit>

namespace linnet::sockets {

Descriptor* DescriptorTable::allocate(const SocketState& state) {
  for (std::size_t word = lowest_; word < taken_.size(); ++word) {
    lowest_ = word;
    if (taken_[word] == 0xffffffffu) continue;
    const auto bit = static_cast<unsigned>(std::countr_one(taken_[word]));
    const std::size_t index = word * 32 + bit;
    if (index >= rows_.size()) return nullptr;
    taken_[word] |= std::uint32_t{1} << bit;
    ++used_;
    Descriptor& row = rows_[index];
    static_cast<SocketState&>(row) = state;
    return &row;
  }
  return nullptr;
}

void DescriptorTable::release(Descriptor& row) {
  const auto index = static_cast<std::size_t>(&row - rows_.data());
  taken_[index / 32] &= ~(std::uint32_t{1} << (index % 32));
  lowest_ = std::min(lowest_, index / 32);
  --used_;
  row.kind = Kind::free;
}

}  // namespace linnet::sockets
