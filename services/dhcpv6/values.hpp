// SPDX-License-Identifier: Apache-2.0
// Values of bounded size: lists, texts, DUIDs. services/dhcp has texts of its own: services do not include
// each other.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/base/address.hpp"
#include "core/base/bounded_list.hpp"

namespace linnet::dhcpv6 {

/// At most `Capacity` of something, in the server's order of preference.
template <typename T, std::size_t Capacity>
using List = BoundedList<T, Capacity>;

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
