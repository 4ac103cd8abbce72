// SPDX-License-Identifier: Apache-2.0
#include "core/ip/nd_options.hpp"

namespace linnet::ip::nd {
namespace {

bool is(const Option& option, std::uint8_t type, std::size_t size) {
  return option.type == type && option.bytes.size() == size;
}

/// The first `length` bits of an address that is there in part; its other bits must be ignored (RFC
/// 4861 4.6.2, RFC 4191 2.3). Nothing for prefixes that are none: of groups, or what our addresses use for
/// IPv4.
std::optional<Prefix> prefix_of(Bytes bytes, std::uint8_t length) {
  if (length > 128) return std::nullopt;
  std::array<std::uint8_t, 16> address{};
  for (std::size_t i = 0; i < bytes.size() && i < 16; ++i) {
    const std::size_t begin = i * 8;
    if (begin >= length) break;
    const std::size_t bits = length - begin < 8 ? length - begin : 8;
    address[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00u >> bits));
  }
  const IpAddress masked = IpAddress::v6(address);
  if (masked.is_v4() || masked.is_multicast()) return std::nullopt;
  return Prefix{masked, length};
}

}  // namespace

std::optional<MacAddress> link_layer_address(const Option& option, std::uint8_t type) {
  if (!is(option, type, 8)) return std::nullopt;
  const MacAddress address = MacAddress::from(std::span<const std::uint8_t, 6>(option.bytes.data() + 2, 6));
  // Nothing in neighbour discovery is the address of a group of stations: a neighbour that is one would be an
  // amplifier.
  if (address.is_multicast() || address.is_zero()) return std::nullopt;
  return address;
}

std::optional<PrefixInformation> PrefixInformation::parse(const Option& option) {
  if (!is(option, option::prefix_information, 32)) return std::nullopt;
  const Fields<32> fields(option.bytes.data());
  const std::optional<Prefix> prefix = prefix_of(option.bytes.subspan(16), fields.get8<2>());
  if (!prefix) return std::nullopt;
  return PrefixInformation{.prefix = *prefix,
                           .on_link = (fields.get8<3>() & 0x80) != 0,
                           .autonomous = (fields.get8<3>() & 0x40) != 0,
                           .valid_lifetime = fields.get32<4>(),
                           .preferred_lifetime = fields.get32<8>()};
}

std::optional<Bytes> redirected_packet(const Option& option) {
  if (option.type != option::redirected_header || option.bytes.size() < 8) return std::nullopt;
  return option.bytes.subspan(8);
}

std::optional<std::uint32_t> link_mtu(const Option& option) {
  if (!is(option, option::mtu, 8)) return std::nullopt;
  return load32(option.bytes.data() + 4);
}

std::optional<RouteInformation> RouteInformation::parse(const Option& option) {
  const Bytes bytes = option.bytes;
  if (option.type != option::route_information || bytes.size() < 8 || bytes.size() > 24) return std::nullopt;
  const std::uint8_t length = bytes[2];
  // RFC 4191 2.3: 8 bytes of prefix hold up to 64 bits; none is only enough for the default route.
  if (length > (bytes.size() - 8) * 8) return std::nullopt;
  const std::uint8_t preference = (bytes[3] >> 3) & 3;
  if (preference == 2) return std::nullopt;
  const std::optional<Prefix> prefix = prefix_of(bytes.subspan(8), length);
  if (!prefix) return std::nullopt;
  constexpr std::array meanings = {Preference::medium, Preference::high, Preference::medium, Preference::low};
  return RouteInformation{*prefix, meanings[preference], load32(bytes.data() + 4)};
}

std::optional<RecursiveDns> RecursiveDns::parse(const Option& option) {
  // RFC 8106 5.3.1: a length of 3 at least, and odd.
  if (option.type != option::recursive_dns || option.bytes.size() < 24 || option.bytes.size() % 16 != 8)
    return std::nullopt;
  return RecursiveDns(option.bytes);
}

std::optional<DnsSearchList> DnsSearchList::parse(const Option& option) {
  if (option.type != option::dns_search_list || option.bytes.size() < 16) return std::nullopt;
  return DnsSearchList{load32(option.bytes.data() + 4), option.bytes.subspan(8)};
}

std::optional<Pref64> Pref64::parse(const Option& option) {
  if (!is(option, option::pref64, 16)) return std::nullopt;
  const std::uint16_t word = load16(option.bytes.data() + 2);
  constexpr std::array<std::uint8_t, 6> lengths = {96, 64, 56, 48, 40, 32};
  const std::size_t code = word & 7u;  // RFC 8781 4: others are ignored
  if (code >= lengths.size()) return std::nullopt;
  const std::optional<Prefix> prefix = prefix_of(option.bytes.subspan(4), lengths[code]);
  if (!prefix) return std::nullopt;
  return Pref64{*prefix, word & 0xfff8u};  // 13 bits that count 8 seconds
}

std::optional<Bytes> nonce(const Option& option) {
  if (option.type != option::nonce || option.bytes.size() < 8) return std::nullopt;
  return option.bytes.subspan(2);
}

void write_link_layer_address(Writer& writer, std::uint8_t type, const MacAddress& address) {
  writer.u8(type);
  writer.u8(1);
  writer.bytes(address.bytes);
}

void write_nonce(Writer& writer, std::span<const std::uint8_t, 6> nonce) {
  writer.u8(option::nonce);
  writer.u8(1);
  writer.bytes(nonce);
}

}  // namespace linnet::ip::nd
