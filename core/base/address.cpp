// SPDX-License-Identifier: Apache-2.0
#include "core/base/address.hpp"

#include <bit>

#include "core/base/text.hpp"

namespace linnet {
namespace {

std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t maximum) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return value <= maximum ? std::optional(value) : std::nullopt;
}

std::optional<std::uint32_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<std::uint32_t> parse_hex(std::string_view text, std::size_t maximum_digits) {
  if (text.empty() || text.size() > maximum_digits) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    const auto digit = hex_digit(c);
    if (!digit) return std::nullopt;
    value = value * 16 + *digit;
  }
  return value;
}

/// The text up to `separator`, which is removed from `rest` together with it; the whole rest when there is none.
std::string_view next_part(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = slice(rest, 0, end);
  rest = end == std::string_view::npos ? std::string_view{} : slice(rest, end + 1);
  return part;
}

std::optional<IpAddress> parse_v4(std::string_view text) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    if (i < 3 && text.find('.') == std::string_view::npos) return std::nullopt;
    if (i == 3 && text.find('.') != std::string_view::npos) return std::nullopt;
    const auto part = parse_decimal(next_part(text, '.'), 255);
    if (!part) return std::nullopt;
    value = (value << 8) | *part;
  }
  return IpAddress::v4(value);
}

/// One side of "::": groups of up to four hexadecimal digits; the last of the address, so not of the left side of
/// "::", may be a dotted IPv4 address. Yields the number of 16-bit groups, or nothing.
std::optional<std::size_t> parse_groups(std::string_view text, bool address_ends_here,
                                        std::array<std::uint16_t, 8>& groups) {
  std::size_t count = 0;
  if (text.empty()) return count;
  if (text.back() == ':') return std::nullopt;
  while (!text.empty()) {
    if (count == 8) return std::nullopt;
    const bool last = text.find(':') == std::string_view::npos;
    const std::string_view part = next_part(text, ':');
    if (last && part.find('.') != std::string_view::npos) {
      const auto v4 = parse_v4(part);
      if (!v4 || count > 6 || !address_ends_here) return std::nullopt;
      groups[count++] = static_cast<std::uint16_t>(v4->v4_value() >> 16);
      groups[count++] = static_cast<std::uint16_t>(v4->v4_value() & 0xffff);
      return count;
    }
    const auto group = parse_hex(part, 4);
    if (!group) return std::nullopt;
    groups[count++] = static_cast<std::uint16_t>(*group);
  }
  return count;
}

std::optional<IpAddress> parse_v6(std::string_view text) {
  std::uint8_t zone = 0;
  if (const std::size_t percent = text.find('%'); percent != std::string_view::npos) {
    const auto number = parse_decimal(slice(text, percent + 1), 255);
    if (!number || *number == 0) return std::nullopt;
    zone = static_cast<std::uint8_t>(*number);
    text = slice(text, 0, percent);
  }
  std::array<std::uint16_t, 8> head{};
  std::array<std::uint16_t, 8> tail{};
  std::array<std::uint16_t, 8> groups{};
  const std::size_t gap = text.find("::");
  const auto head_count = parse_groups(slice(text, 0, gap), gap == std::string_view::npos, head);
  if (!head_count) return std::nullopt;
  if (gap == std::string_view::npos) {
    if (*head_count != 8) return std::nullopt;
    groups = head;
  } else {
    const auto tail_count = parse_groups(slice(text, gap + 2), true, tail);
    if (!tail_count || *head_count + *tail_count > 7) return std::nullopt;
    for (std::size_t i = 0; i < *head_count; ++i) groups[i] = head[i];
    for (std::size_t i = 0; i < *tail_count; ++i) groups[8 - *tail_count + i] = tail[i];
  }
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) store16(bytes.data() + 2 * i, groups[i]);
  const IpAddress address = IpAddress::v6(bytes, zone);
  if (zone != 0 && address.is_v4()) return std::nullopt;  // IPv4 has no zones
  return address;
}

struct ZeroRun {
  std::size_t start = 8;
  std::size_t length = 0;
};

/// RFC 5952 4.2.2 and 4.2.3: the first of the longest runs of at least two zero groups.
ZeroRun longest_zero_run(const std::array<std::uint16_t, 8>& groups) {
  ZeroRun best;
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i >= 2 && end - i > best.length) best = {i, end - i};
    i = end == i ? i + 1 : end;
  }
  return best;
}

/// 64:ff9b::/96, RFC 6052 2.1.
bool is_nat64(const IpAddress& address) {
  constexpr std::array<std::uint8_t, 12> prefix{0x00, 0x64, 0xff, 0x9b};
  return std::memcmp(address.bytes().data(), prefix.data(), prefix.size()) == 0;
}

}  // namespace

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  const char separator = text[2];
  if (separator != ':' && separator != '-') return std::nullopt;
  MacAddress mac;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto byte = parse_hex(slice(text, 3 * i, 2), 2);
    if (!byte || (i < 5 && text[3 * i + 2] != separator)) return std::nullopt;
    mac.bytes[i] = static_cast<std::uint8_t>(*byte);
  }
  return mac;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > 64) return std::nullopt;
  return text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
}

bool Prefix::contains(const IpAddress& other) const {
  if (address.is_v4() != other.is_v4()) return false;
  const unsigned bits = address.is_v4() ? 96u + length : length;
  for (unsigned i = 0; i < bits / 8; ++i) {
    if (address.bytes()[i] != other.bytes()[i]) return false;
  }
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const unsigned difference = static_cast<unsigned>(address.bytes()[bits / 8] ^ other.bytes()[bits / 8]);
  return (difference >> (8 - rest)) == 0;
}

Prefix Prefix::network() const {
  const std::size_t bits = address.is_v4() ? 96u + length : length;
  std::array<std::uint8_t, 16> bytes = address.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (8 * i >= bits) bytes[i] = 0;
    else if (8 * i + 8 > bits) bytes[i] &= static_cast<std::uint8_t>(0xff00u >> (bits - 8 * i));
  }
  return {IpAddress::v6(bytes), length};
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = IpAddress::parse(slice(text, 0, slash));
  if (!address) return std::nullopt;
  const bool dotted = text.find(':') == std::string_view::npos;
  const auto length = parse_decimal(slice(text, slash + 1), dotted ? 32 : 128);
  if (!length) return std::nullopt;
  if (dotted || address->is_v6()) return Prefix{*address, static_cast<std::uint8_t>(*length)};
  // ::ffff:a.b.c.d/n is the IPv4 prefix of n - 96 bits.
  if (*length < 96) return std::nullopt;
  return Prefix{*address, static_cast<std::uint8_t>(*length - 96)};
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_decimal(slice(text, colon + 1), 65535);
  std::string_view host = slice(text, 0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = slice(host, 1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  // RFC 3986 3.2.2: an IPv6 literal stands in brackets, and only it does.
  if (!port || !address || bracketed == (host.find(':') == std::string_view::npos)) return std::nullopt;
  return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

AddressText::AddressText(const IpAddress& address) { append_ip(address); }

AddressText::AddressText(const MacAddress& address) {
  for (std::size_t i = 0; i < 6; ++i) {
    if (i > 0) append(":");
    append_hex(address.bytes[i], 2);
  }
}

AddressText::AddressText(const Endpoint& endpoint) {
  const bool bracketed = endpoint.address.is_v6();
  if (bracketed) append("[");
  append_ip(endpoint.address);
  append(bracketed ? "]:" : ":");
  append_decimal(endpoint.port);
}

void AddressText::append(std::string_view text) {
  // The longest of all, an endpoint with a zone, is shorter than there is room for.
  for (const char c : text) text_[size_++] = c;
}

void AddressText::append_decimal(std::uint32_t value) {
  std::array<char, 10> digits{};
  std::size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) append({&digits[--count], 1});
}

void AddressText::append_hex(std::uint32_t value, int minimum_digits) {
  constexpr std::string_view digits = "0123456789abcdef";
  bool started = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const std::uint32_t digit = (value >> shift) & 0xf;
    started = started || digit != 0 || shift < 4 * minimum_digits;
    if (started) append(slice(digits, digit, 1));
  }
}

void AddressText::append_dotted(std::span<const std::uint8_t, 4> bytes) {
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) append(".");
    append_decimal(bytes[i]);
  }
}

void AddressText::append_ip(const IpAddress& address) {
  if (address.is_v4()) return append_dotted(address.v4_bytes());
  if (is_nat64(address)) {
    // RFC 5952 5 and RFC 6052 2.4: the well-known prefix says that an IPv4 address follows.
    append("64:ff9b::");
    append_dotted(std::span(address.bytes()).last<4>());
  } else {
    append_groups(address);
  }
  if (address.zone() != 0) {
    append("%");
    append_decimal(address.zone());
  }
}

void AddressText::append_groups(const IpAddress& address) {
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = load16(address.bytes().data() + 2 * i);
  const ZeroRun zeros = longest_zero_run(groups);
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == zeros.start) {
      append("::");
      i += zeros.length - 1;
      continue;
    }
    if (i > 0 && i != zeros.start + zeros.length) append(":");
    append_hex(groups[i], 1);
  }
}

std::optional<std::uint8_t> prefix_length_of_mask(std::uint32_t mask) {
  const int ones = std::countl_one(mask);
  if (mask != mask_of_prefix_length(static_cast<std::uint8_t>(ones))) return std::nullopt;
  return static_cast<std::uint8_t>(ones);
}

}  // namespace linnet
