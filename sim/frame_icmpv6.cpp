// SPDX-License-Identifier: Apache-2.0
// ICMPv6 as a host may send it: RFC 4443.
#include "sim/frame_ipv6_parts.hpp"

namespace linnet::sim {
namespace {

constexpr std::size_t header_size = 8;

constexpr bool hosts_send(std::uint8_t type) {
  switch (type) {
    case icmpv6_type::unreachable:
    case icmpv6_type::time_exceeded:
    case icmpv6_type::parameter_problem:
    case icmpv6_type::echo:
    case icmpv6_type::echo_reply:
    case icmpv6_type::listener_report:
    case icmpv6_type::listener_done:
    case icmpv6_type::router_solicitation:
    case icmpv6_type::neighbour_solicitation:
    case icmpv6_type::neighbour_advertisement:
    case icmpv6_type::listener_report_v2:
      return true;
    default:
      return false;
  }
}

/// RFC 4443 3: what is said of routes and hop limits is routers'. RFC 7112 5: code 3 of a parameter problem.
constexpr bool is_code_of_hosts(std::uint8_t type, std::uint8_t code) {
  switch (type) {
    case icmpv6_type::unreachable:
      return code == 4;
    case icmpv6_type::time_exceeded:
      return code == 1;
    case icmpv6_type::parameter_problem:
      return code <= 3;
    default:
      return code == 0;
  }
}

/// RFC 4443 2.4 e: what an error must not be about.
void check_quoted(FrameJudge& judge, const Ipv6Parts& ip, const Ipv6Parts& quoted) {
  const Bytes message = ip.payload;
  const bool first = !quoted.is_fragment() || quoted.fragment_offset() == 0;
  const bool icmpv6 = quoted.protocol == protocol_number::icmpv6 && !quoted.payload.empty() && first;
  const std::uint8_t type = icmpv6 ? quoted.payload[0] : icmpv6_type::echo;
  judge.require(!is_icmpv6_error(type) && type != icmpv6_type::redirect, Rule::icmpv6_quoted_error,
                quoted.header, 6, type, "neither an ICMPv6 error nor a redirect");
  // RFC 8200 4.5: once the first fragment has come, and about it.
  judge.require(message[0] != icmpv6_type::time_exceeded || (quoted.is_fragment() && first),
                Rule::icmpv6_quoted_fragment, quoted.header, 6, quoted.header[6], "a first fragment");
  const bool to_group = is_multicast_address(quoted.destination);
  const bool option = message[0] == icmpv6_type::parameter_problem && message[1] == 2;
  judge.require(!to_group || option, Rule::icmpv6_quoted_group, quoted.header, 24, quoted.destination.low,
                "a single host, but for an unknown option");
  judge.require(!is_unspecified(quoted.source) && !is_multicast_address(quoted.source),
                Rule::icmpv6_quoted_source, quoted.header, 8, quoted.source.low, "a single host");
  judge.require(ip.destination == quoted.source, Rule::icmpv6_destination, ip.header, 24, ip.destination.low,
                "the source of what is quoted");
  // RFC 4443 2.2 a.
  judge.require(to_group || ip.source == quoted.destination, Rule::icmpv6_source, ip.header, 8, ip.source.low,
                "the destination of what is quoted");
}

}  // namespace

void check_icmpv6_error(FrameJudge& judge, const Ipv6Parts& ip) {
  const Bytes message = ip.payload;
  const bool problem = message[0] == icmpv6_type::parameter_problem;
  if (!problem) judge.zero(Rule::icmpv6_unused, message, 4, header_size);
  const Bytes quote = message.subspan(header_size);
  const auto quoted = read_ipv6(quote);
  if (!judge.require(quoted.has_value(), Rule::icmpv6_quote, message, header_size - 1, quote.size(),
                     "an IPv6 header at least")) {
    return;
  }
  const std::size_t whole = 40 + std::size_t{load16(quote.data() + 4)};
  const std::size_t size = ip.packet.size();
  judge.require(size <= least_ipv6_mtu, Rule::icmpv6_size, ip.header, 4, size, "1280 bytes at most in all");
  // RFC 4443 2.4 c: as much of it as fits.
  judge.require(quote.size() == whole || (quote.size() < whole && size == least_ipv6_mtu), Rule::icmpv6_quote,
                message, header_size, quote.size(), "all of the packet, or as much as fits");
  if (problem) {
    const std::uint32_t pointer = load32(message.data() + 4);
    judge.require(pointer < whole, Rule::icmpv6_pointer, message, 4, pointer, "an octet of the packet");
    // RFC 7112 5.
    if (message[1] == 3) judge.equal32(Rule::icmpv6_pointer, message, 4, 0);
  }
  if (judge.ok()) check_quoted(judge, ip, *quoted);
}

bool check_icmpv6(FrameJudge& judge, const Ipv6Parts& ip, bool whole) {
  const Bytes message = ip.payload;
  if (!judge.require(message.size() >= header_size, Rule::icmpv6_length, ip.header, 4, message.size(),
                     "8 bytes at least")) {
    return false;
  }
  judge.equal(Rule::icmpv6_checksum, message, 2, internet_sum(message, carrier_of(ip).pseudo_header_sum),
              0xffff);
  const std::uint8_t type = message[0];
  // RFC 4861 6.2.5 and 8.2: a host is silent there.
  judge.require(type != icmpv6_type::router_advertisement && type != icmpv6_type::redirect,
                Rule::nd_router_message, message, 0, type, "nothing that only routers send");
  judge.require(hosts_send(type), Rule::icmpv6_type, message, 0, type, "a message that hosts send");
  judge.require(is_code_of_hosts(type, message[1]), Rule::icmpv6_code, message, 1, message[1],
                "a code that hosts send");
  judge.require(whole || (!is_neighbour_discovery(type) && !is_mld(type)), Rule::nd_fragmented, message, 0,
                type, "no fragments of neighbour or listener discovery");
  return judge.ok();
}

}  // namespace linnet::sim
