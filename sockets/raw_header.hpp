// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/ip/raw.hpp"

namespace linnet::sockets {

/// The longest prefix: an IP header, an ICMP header, and the header of the packet that the ICMP message
/// quotes. For IPv6, of which the outer header is not shown, the last two are as long.
constexpr std::size_t raw_prefix_limit = 20 + 8 + 20;

/// What a raw socket shows in front of the bytes that the stack hands over: nothing for IPv6 (RFC 3542 3), the IPv4 header (without options
/// and identification, which the stack does not keep), and of an ICMP error the ICMP header and the quoted
/// header too. The ICMP checksum of such a rebuilt message is zero: the stack has verified the real one.
/// Yields the prefix's size.
std::size_t raw_prefix(const ip::RawReceived& received, std::span<std::uint8_t, raw_prefix_limit> prefix);

}  // namespace linnet::sockets
