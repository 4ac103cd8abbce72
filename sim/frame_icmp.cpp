// SPDX-License-Identifier: Apache-2.0
// ICMP as a host may send it: RFC 792, RFC 1122 3.2.2.
#include <algorithm>

#include "sim/frame_parts.hpp"

namespace linnet::sim {
namespace {

constexpr std::size_t header_size = 8;
constexpr std::size_t largest_error = 576;  // with its IP header
constexpr std::uint8_t echo_reply = 0;
constexpr std::uint8_t unreachable = 3;
constexpr std::uint8_t echo = 8;
constexpr std::uint8_t time_exceeded = 11;
constexpr std::uint8_t parameter_problem = 12;

constexpr bool is_error(std::uint8_t type) {
  return type == 3 || type == 4 || type == 5 || type == time_exceeded || type == parameter_problem;
}

/// Codes 0, 1, 4 and 6 to 12 are routers' (RFC 1812 5.2.7.1), as is a time to live that ran out.
constexpr bool host_sends(std::uint8_t type, std::uint8_t code) {
  switch (type) {
    case unreachable:
      return code == 2 || code == 3 || code == 5;
    case time_exceeded:
      return code == 1;
    case parameter_problem:
      return code <= 1;
    default:
      return code == 0;
  }
}

/// RFC 1122 3.2.2: what an error must not be about.
void check_quoted(FrameJudge& judge, const Ipv4Parts& ip, Bytes quote, const FrameAddresses& own) {
  const std::size_t header = std::size_t{quote[0] & 0x0fu} * 4;
  const std::uint32_t source = load32(quote.data() + 12);
  const std::uint32_t destination = load32(quote.data() + 16);
  const bool about_error =
      quote[9] == protocol_number::icmp && quote.size() > header && is_error(quote[header]);
  judge.equal(Rule::icmp_quoted_fragment, quote, 6, load16(quote.data() + 6) & 0x1fffu, 0);
  judge.require(!about_error, Rule::icmp_quoted_error, quote, 9, quote[9], "no ICMP error");
  judge.require(!is_multicast_address(destination) && !own.is_broadcast(destination), Rule::icmp_quoted_group,
                quote, 16, destination, "a single host");
  const bool single =
      source >> 24 != 0 && source < 0xe0000000u && !is_loopback_address(source) && !own.is_broadcast(source);
  judge.require(single, Rule::icmp_quoted_source, quote, 12, source, "a single host");
  judge.equal(Rule::icmp_quoted_destination, quote, 16, destination, ip.source);
  judge.equal(Rule::icmp_destination, ip.header, 16, ip.destination, source);
}

void check_error(FrameJudge& judge, const Ipv4Parts& ip, const FrameAddresses& own) {
  const Bytes message = ip.payload;
  const Bytes quote = message.subspan(header_size);
  judge.zero(Rule::icmp_unused, message, message[0] == parameter_problem ? 5 : 4, header_size);
  const bool whole = quote.size() >= 20 && quote[0] >> 4 == 4 && (quote[0] & 0x0f) >= 5;
  const std::size_t wanted = whole ? std::size_t{quote[0] & 0x0fu} * 4 + 8 : 28;
  // A datagram may have had less than eight bytes of data.
  const std::size_t there = whole ? load16(quote.data() + 2) : 0;
  judge.require(
      whole && quote.size() >= std::min(wanted, there) && quote.size() <= there && quote.size() >= wanted - 8,
      Rule::icmp_quote, message, header_size, quote.size(), "an IP header and eight bytes at least");
  judge.require(ip.header.size() + message.size() <= largest_error, Rule::icmp_size, message, 0,
                message.size(), "576 bytes at most with its IP header");
  if (!judge.ok()) return;
  if (message[0] == parameter_problem && message[1] == 0) {
    judge.require(message[4] < quote.size(), Rule::icmp_pointer, message, 4, message[4],
                  "an octet of the quote");
  }
  check_quoted(judge, ip, quote, own);
}

}  // namespace

void check_icmp(FrameJudge& judge, const Ipv4Parts& ip, const FrameAddresses& own) {
  const Bytes message = ip.payload;
  if (!judge.require(message.size() >= header_size, Rule::icmp_length, ip.header, 2, message.size(),
                     "8 bytes at least")) {
    return;
  }
  judge.equal(Rule::icmp_checksum, message, 2, internet_sum(message), 0xffff);
  const std::uint8_t type = message[0];
  const bool known = type == echo || type == echo_reply || type == unreachable || type == time_exceeded ||
                     type == parameter_problem;
  judge.require(known, Rule::icmp_type, message, 0, type, "a message that hosts send");
  judge.require(!known || host_sends(type, message[1]), Rule::icmp_code, message, 1, message[1],
                "a code that hosts send");
  if (judge.ok() && is_error(type)) check_error(judge, ip, own);
}

}  // namespace linnet::sim
