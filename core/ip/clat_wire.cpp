// SPDX-License-Identifier: Apache-2.0
#include "core/ip/clat_wire.hpp"

#include <algorithm>
#include <array>

#include "core/ip/icmpv6_wire.hpp"

namespace linnet::ip::clat {
namespace {

constexpr std::size_t reserved_octet = 8;  // RFC 6052 2.2: "u", bits 64 to 71
constexpr std::uint32_t least_mtu_v6 = 1280;
constexpr std::uint8_t none = 0xff;

// RFC 7915 4.2, figure 3: the field of an IPv4 header that an octet belongs to, in one of IPv6.
constexpr std::array<std::uint8_t, 20> pointers_to_v6{0,    1,    4, 4, none, none, none, none, 7,  6,
                                                      none, none, 8, 8, 8,    8,    24,   24,   24, 24};

/// RFC 7915 5.2, figure 6: the other way.
std::uint8_t pointer_to_v4(std::uint32_t pointer) {
  constexpr std::array<std::uint8_t, 8> first{0, 1, none, none, 2, 2, 9, 8};
  if (pointer < first.size()) return first[pointer];
  if (pointer < 24) return 12;
  return pointer < 40 ? std::uint8_t{16} : none;
}

std::optional<IcmpWords> unreachable_to_v6(std::uint8_t code, std::uint32_t rest) {
  const auto unreachable = [](std::uint8_t v6) { return IcmpWords{icmpv6::destination_unreachable, v6}; };
  switch (code) {
    case 2:
      return IcmpWords{icmpv6::parameter_problem, icmpv6::unrecognized_next_header, 6};
    case 3:
      return unreachable(icmpv6::port_unreachable);
    case 4: {
      // RFC 8200 5: no link of IPv6 takes less. A router that says nothing (RFC 1191 4) gets the least, too.
      const std::uint32_t mtu = (rest & 0xffff) + header_difference;
      return IcmpWords{icmpv6::packet_too_big, 0, std::max(mtu, least_mtu_v6)};
    }
    case 9:
    case 10:
    case 13:
    case 15:
      return unreachable(icmpv6::administratively_prohibited);
    case 0:
    case 1:
    case 5:
    case 6:
    case 7:
    case 8:
    case 11:
    case 12:
      return unreachable(icmpv6::no_route);
    default:
      return std::nullopt;  // 14, host precedence violation, and what is unknown
  }
}

std::optional<IcmpWords> unreachable_to_v4(std::uint8_t code) {
  const auto unreachable = [](std::uint8_t v4) { return IcmpWords{icmp::destination_unreachable, v4}; };
  switch (code) {
    case icmpv6::no_route:
    case icmpv6::beyond_scope:
    case icmpv6::address_unreachable:
      return unreachable(icmp::host_unreachable);
    case icmpv6::administratively_prohibited:
      return unreachable(10);  // host administratively prohibited
    case icmpv6::port_unreachable:
      return unreachable(icmp::port_unreachable);
    default:
      return std::nullopt;
  }
}

}  // namespace

IpAddress embed(const Prefix& nat64, std::uint32_t v4) {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t at = nat64.length / 8u;
  for (std::size_t i = 0; i < at; ++i) bytes[i] = nat64.address.bytes()[i];
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (at == reserved_octet) ++at;
    bytes[at++] = static_cast<std::uint8_t>(v4 >> shift);
  }
  return IpAddress::v6(bytes);
}

std::optional<std::uint32_t> extract(const Prefix& nat64, const IpAddress& address) {
  const auto& bytes = address.bytes();
  if (!nat64.contains(address) || (nat64.length < 96 && bytes[reserved_octet] != 0)) return std::nullopt;
  std::size_t at = nat64.length / 8u;
  std::uint32_t v4 = 0;
  for (int i = 0; i < 4; ++i) {
    if (at == reserved_octet) ++at;
    v4 = (v4 << 8) | bytes[at++];
  }
  return v4;
}

std::optional<IcmpWords> to_v6(const IcmpWords& message) {
  switch (message.type) {
    case icmp::echo:
      return IcmpWords{icmpv6::echo_request, 0, message.rest};
    case icmp::echo_reply:
      return IcmpWords{icmpv6::echo_reply, 0, message.rest};
    case icmp::destination_unreachable:
      return unreachable_to_v6(message.code, message.rest);
    case icmp::time_exceeded:
      return IcmpWords{icmpv6::time_exceeded, message.code};
    case icmp::parameter_problem: {
      const std::uint32_t pointer = message.rest >> 24;
      if ((message.code != 0 && message.code != 2) || pointer >= pointers_to_v6.size()) return std::nullopt;
      if (pointers_to_v6[pointer] == none) return std::nullopt;
      return IcmpWords{icmpv6::parameter_problem, icmpv6::erroneous_field, pointers_to_v6[pointer]};
    }
    default:
      return std::nullopt;  // of a single hop, or obsolete
  }
}

std::optional<IcmpWords> to_v4(const IcmpWords& message) {
  switch (message.type) {
    case icmpv6::echo_request:
      return IcmpWords{icmp::echo, 0, message.rest};
    case icmpv6::echo_reply:
      return IcmpWords{icmp::echo_reply, 0, message.rest};
    case icmpv6::destination_unreachable:
      return unreachable_to_v4(message.code);
    case icmpv6::packet_too_big: {
      // RFC 8201 4: whoever says less means 1280.
      const std::uint32_t mtu = std::max(message.rest, least_mtu_v6);
      return IcmpWords{icmp::destination_unreachable, icmp::fragmentation_needed,
                       mtu > 0xffff ? 0xffffu : mtu - header_difference};
    }
    case icmpv6::time_exceeded:
      return IcmpWords{icmp::time_exceeded, message.code};
    case icmpv6::parameter_problem: {
      if (message.code == icmpv6::unrecognized_next_header) {
        return IcmpWords{icmp::destination_unreachable, icmp::protocol_unreachable};
      }
      const std::uint8_t pointer = pointer_to_v4(message.rest);
      if (message.code != icmpv6::erroneous_field || pointer == none) return std::nullopt;
      return IcmpWords{icmp::parameter_problem, 0, std::uint32_t{pointer} << 24};
    }
    default:
      return std::nullopt;  // neighbour and listener discovery, and what is unknown
  }
}

}  // namespace linnet::ip::clat
