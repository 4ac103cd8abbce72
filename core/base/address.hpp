// SPDX-License-Identifier: Apache-2.0
// Addresses: MAC; one IP address type for both families with a zone; prefix; endpoint.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string_view>

#include "core/base/bytes.hpp"

namespace linnet {

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  constexpr auto operator<=>(const MacAddress&) const = default;
  static constexpr MacAddress broadcast() { return {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}; }
  static constexpr MacAddress from(std::span<const std::uint8_t, 6> b) {
    return {{b[0], b[1], b[2], b[3], b[4], b[5]}};
  }
  constexpr bool is_multicast() const { return (bytes[0] & 1) != 0; }  // broadcast included
  constexpr bool is_broadcast() const { return *this == broadcast(); }
  constexpr bool is_zero() const { return *this == MacAddress{}; }

  /// Six two-digit hexadecimal groups separated by ':' or '-'.
  static std::optional<MacAddress> parse(std::string_view text);
};

/// An IPv4 or IPv6 address in 16 bytes; IPv4 is held in its mapped form ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
/// `zone` (RFC 4007) is an interface number plus one, or 0 for none; only link-local scopes use it.
class IpAddress {
 public:
  constexpr IpAddress() = default;  // :: (unspecified, IPv6)

  static constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    IpAddress address;
    address.bytes_ = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
    return address;
  }
  /// `value` in host order: 0x7f000001 is 127.0.0.1.
  static constexpr IpAddress v4(std::uint32_t value) {
    return v4(static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>((value >> 16) & 0xff),
              static_cast<std::uint8_t>((value >> 8) & 0xff), static_cast<std::uint8_t>(value & 0xff));
  }
  static constexpr IpAddress v4(std::span<const std::uint8_t, 4> b) { return v4(b[0], b[1], b[2], b[3]); }
  static constexpr IpAddress v6(std::span<const std::uint8_t, 16> b, std::uint8_t zone = 0) {
    IpAddress address;
    for (std::size_t i = 0; i < 16; ++i) address.bytes_[i] = b[i];
    address.zone_ = zone;
    return address;
  }
  static constexpr IpAddress any_v4() { return v4(0); }
  static constexpr IpAddress any_v6() { return {}; }
  static constexpr IpAddress broadcast_v4() { return v4(0xffffffffu); }
  static constexpr IpAddress loopback_v4() { return v4(127, 0, 0, 1); }
  static constexpr IpAddress loopback_v6() {
    IpAddress address;
    address.bytes_[15] = 1;
    return address;
  }

  constexpr bool is_v4() const {
    return load64(bytes_.data()) == 0 && load32(bytes_.data() + 8) == 0xffff;
  }
  constexpr bool is_v6() const { return !is_v4(); }
  /// The IPv4 address in host order; only when is_v4().
  constexpr std::uint32_t v4_value() const { return load32(bytes_.data() + 12); }
  constexpr std::span<const std::uint8_t, 4> v4_bytes() const {
    return std::span<const std::uint8_t, 4>(bytes_.data() + 12, 4);
  }
  constexpr const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  constexpr std::uint8_t zone() const { return zone_; }
  constexpr IpAddress with_zone(std::uint8_t zone) const {
    IpAddress copy = *this;
    copy.zone_ = zone;
    return copy;
  }

  constexpr bool is_unspecified() const {  // 0.0.0.0 or ::
    return is_v4() ? v4_value() == 0 : bytes_ == std::array<std::uint8_t, 16>{};
  }
  constexpr bool is_loopback() const {  // RFC 1122 3.2.1.3 (g), RFC 4291 2.5.3
    return is_v4() ? bytes_[12] == 127 : bytes_ == loopback_v6().bytes_;
  }
  constexpr bool is_multicast() const {
    return is_v4() ? (bytes_[12] & 0xf0) == 0xe0 : bytes_[0] == 0xff;
  }
  constexpr bool is_limited_broadcast() const { return is_v4() && v4_value() == 0xffffffffu; }
  constexpr bool is_link_local() const {  // RFC 3927, RFC 4291 2.5.6
    if (is_v4()) return bytes_[12] == 169 && bytes_[13] == 254;
    return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
  }

  constexpr bool operator==(const IpAddress&) const = default;
  constexpr auto operator<=>(const IpAddress&) const = default;

  /// Dotted decimal with four parts and no leading zeros (RFC 6943 3.1.1), or any form of RFC 4291 2.2.
  /// A zone is accepted only as a number after '%' (1 to 255): names are resolved by whoever knows interfaces.
  static std::optional<IpAddress> parse(std::string_view text);

 private:
  alignas(4) std::array<std::uint8_t, 16> bytes_{};
  std::uint8_t zone_ = 0;
};

/// The first `length` bits of an address; for IPv4 0 to 32, for IPv6 0 to 128.
struct Prefix {
  IpAddress address;
  std::uint8_t length = 0;

  bool contains(const IpAddress& other) const;
  /// The same prefix with all bits behind it zero.
  Prefix network() const;
  constexpr bool operator==(const Prefix&) const = default;
  /// "10.0.0.0/8", "fd00::/64"; host bits may be set.
  static std::optional<Prefix> parse(std::string_view text);
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  constexpr bool operator==(const Endpoint&) const = default;
  constexpr auto operator<=>(const Endpoint&) const = default;
  /// "192.0.2.1:80" or "[2001:db8::1]:80".
  static std::optional<Endpoint> parse(std::string_view text);
};

/// Text of an address without any heap: IPv4 dotted, IPv6 as RFC 5952 section 4 and 5, "%zone" behind it if set.
class AddressText {
 public:
  explicit AddressText(const IpAddress& address);
  explicit AddressText(const MacAddress& address);
  explicit AddressText(const Endpoint& endpoint);
  std::string_view view() const { return {text_.data(), size_}; }
  const char* c_str() const { return text_.data(); }

 private:
  void append(std::string_view text);
  void append_decimal(std::uint32_t value);
  void append_hex(std::uint32_t value, int minimum_digits);
  void append_ip(const IpAddress& address);
  void append_dotted(std::span<const std::uint8_t, 4> bytes);
  void append_groups(const IpAddress& address);

  std::array<char, 64> text_{};  // zero-terminated
  std::size_t size_ = 0;
};

/// An IPv4 netmask ("255.255.255.0" as 0xffffff00) to its prefix length; nothing when its ones are not contiguous.
std::optional<std::uint8_t> prefix_length_of_mask(std::uint32_t mask);
constexpr std::uint32_t mask_of_prefix_length(std::uint8_t length) {
  return length == 0 ? 0 : 0xffffffffu << (32 - length);
}

}  // namespace linnet
