// SPDX-License-Identifier: Apache-2.0
// IANA's protocol numbers, which IPv4's Protocol field and IPv6's Next Header fields share.
#pragma once

#include <cstdint>

namespace linnet::ip::protocol {

constexpr std::uint8_t icmp = 1;
constexpr std::uint8_t igmp = 2;
constexpr std::uint8_t tcp = 6;
constexpr std::uint8_t udp = 17;
constexpr std::uint8_t icmpv6 = 58;

// RFC 8200 4: what stands between IPv6's header and the upper layer.
constexpr std::uint8_t hop_by_hop = 0;
constexpr std::uint8_t routing = 43;
constexpr std::uint8_t fragment = 44;
constexpr std::uint8_t authentication = 51;
constexpr std::uint8_t no_next_header = 59;
constexpr std::uint8_t destination_options = 60;

}  // namespace linnet::ip::protocol
