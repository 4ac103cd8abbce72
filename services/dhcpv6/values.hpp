// SPDX-License-Identifier: Apache-2.0
// Values of bounded size: lists, texts, DUIDs. services/dhcp has its own of the first two: services do not
// include each other.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/base/address.hpp"

namespace linnet::dhcpv6 {

/// At most `Capacity` of something, in the server's order of preference.
template <typename T, std::size_t Capacity>
class List {
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
  constexpr bool operator==(const List& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }

 private:
  std::array<T, Capacity> items_{};
  std::size_t size_ = 0;
};

/// A domain name as text without the root's dot: labels of letters, digits, '-' and '_', which may safely
/// reach a log, a shell or a resolver.
class DomainName {
 public:
  static constexpr std::size_t maximum = 253;

  /// The name at `position` of an option, which moves behind it. RFC 8415 10: no compression, so a length of
  /// more than 63 is wrong. Nothing for what is cut off, the root alone, more than 253 characters, or other
  /// characters than those above.
  static std::optional<DomainName> read(Bytes option, std::size_t& position);

  std::string_view view() const { return {characters_.data(), size_}; }
  const char* c_str() const { return characters_.data(); }
  bool operator==(const DomainName& other) const { return view() == other.view(); }

 private:
  bool append(Bytes label);

  std::array<char, maximum + 1> characters_{};  // zero-terminated
  std::uint8_t size_ = 0;
};

/// A DHCP unique identifier (RFC 8415 11.1): a type of two bytes and 1 to 128 bytes more, else opaque.
class Duid {
 public:
  static constexpr std::size_t minimum = 3;
  static constexpr std::size_t maximum = 130;

  constexpr Duid() = default;  // none
  /// Nothing unless `bytes` are 3 to 130.
  static std::optional<Duid> from(Bytes bytes) {
    if (bytes.size() < minimum || bytes.size() > maximum) return std::nullopt;
    Duid duid;
    copy_bytes(duid.bytes_.data(), bytes);
    duid.size_ = static_cast<std::uint8_t>(bytes.size());
    return duid;
  }
  /// DUID-LL (RFC 8415 11.4): type 3, hardware type 1.
  static Duid link_layer(const MacAddress& mac) {
    Duid duid;
    duid.bytes_[1] = 3;
    duid.bytes_[3] = 1;
    copy_bytes(duid.bytes_.data() + 4, mac.bytes);
    duid.size_ = 10;
    return duid;
  }
  bool empty() const { return size_ == 0; }
  Bytes bytes() const { return Bytes(bytes_).first(size_); }
  bool is(Bytes other) const {
    return std::equal(other.begin(), other.end(), bytes_.begin(), bytes_.begin() + size_);
  }
  bool operator==(const Duid& other) const { return is(other.bytes()); }

 private:
  std::array<std::uint8_t, maximum> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace linnet::dhcpv6
