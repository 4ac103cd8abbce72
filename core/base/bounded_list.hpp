// SPDX-License-Identifier: Apache-2.0
// BoundedList: a list in place, whose length is bounded by its type.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace linnet {

/// At most `Capacity` of something, in order.
template <typename T, std::size_t Capacity>
class BoundedList {
 public:
  static constexpr std::size_t capacity = Capacity;
  constexpr bool add(const T& item) {
    if (size_ == Capacity) return false;
    items_[size_++] = item;
    return true;
  }
  /// In front of the item at `index`; the last one makes room when the list is full.
  constexpr void insert(std::size_t index, const T& item) {
    if (index >= Capacity) return;
    if (size_ < Capacity) ++size_;
    for (std::size_t i = size_ - 1; i > index; --i) items_[i] = items_[i - 1];
    items_[index] = item;
  }
  constexpr void remove(std::size_t index) {
    for (std::size_t i = index + 1; i < size_; ++i) items_[i - 1] = items_[i];
    items_[--size_] = T{};
  }
  constexpr void clear() {
    while (size_ != 0) items_[--size_] = T{};
  }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr T& operator[](std::size_t i) { return items_[i]; }
  constexpr const T& operator[](std::size_t i) const { return items_[i]; }
  constexpr T* begin() { return items_.data(); }
  constexpr T* end() { return items_.data() + size_; }
  constexpr const T* begin() const { return items_.data(); }
  constexpr const T* end() const { return items_.data() + size_; }
  constexpr bool operator==(const BoundedList& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }

 private:
  std::array<T, Capacity> items_{};
  std::size_t size_ = 0;
};

}  // namespace linnet
