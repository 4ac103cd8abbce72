// SPDX-License-Identifier: Apache-2.0
// What a frame of IPv6 says.
#include "sim/describe.hpp"
#include "sim/frames_ipv6.hpp"

namespace linnet::sim {

namespace {

std::string text_of(const IpAddress& address) { return std::string(AddressText(address).view()); }

std::string address_at(Bytes message, std::size_t at) {
  if (message.size() < at + 16) return "?";
  return text_of(IpAddress::v6(message.subspan(at).first<16>()));
}

std::string discovery_text(Bytes message) {
  switch (message[0]) {
    case nd_type::router_solicitation:
      return "are there routers?";
    case nd_type::router_advertisement:
      return "router for " + std::to_string(load16(message.data() + 6)) + " s";
    case nd_type::solicitation:
      return "who has " + address_at(message, 8) + "?";
    case nd_type::advertisement:
      return address_at(message, 8) + " is here" + ((message[4] & 0x40) != 0 ? ", solicited" : "") +
             ((message[4] & 0x20) != 0 ? ", override" : "");
    default:
      return "redirect of " + address_at(message, 24) + " to " + address_at(message, 8);
  }
}

std::string icmpv6_text(Bytes message) {
  if (message.size() < 8) return "ICMPv6, cut short";
  const std::uint8_t type = message[0];
  if (type >= nd_type::router_solicitation && type <= nd_type::redirect) return "ND " + discovery_text(message);
  const std::string code = std::to_string(message[1]);
  const std::uint32_t word = load32(message.data() + 4);
  switch (type) {
    case 1:
      return "ICMPv6 unreachable, code " + code;
    case 2:
      return "ICMPv6 packet too big, MTU " + std::to_string(word);
    case 3:
      return "ICMPv6 time exceeded, code " + code;
    case 4:
      return "ICMPv6 parameter problem, code " + code + " at " + std::to_string(word);
    case 128:
      return "ICMPv6 echo request";
    case 129:
      return "ICMPv6 echo reply";
    case 143:
      return "MLDv2 report";
    default:
      return "ICMPv6 type " + std::to_string(type) + " code " + code;
  }
}

}  // namespace

std::string Describer::ipv6_text(Bytes frame, const Ipv6View& ip) {
  const std::string ends = text_of(ip.source) + " > " + text_of(ip.destination) + " ";
  if (ip.fragment) {
    return ends + "fragment at " + std::to_string(ip.fragment_offset) + (ip.more_fragments ? ", more" : ", last");
  }
  if (const auto tcp = tcp_view(frame)) return ends + tcp_text(*tcp, frame);
  const Bytes upper = frame.first(ip.end).subspan(std::min(ip.upper, ip.end));
  if (ip.protocol == 17) return ends + udp_text(upper.data(), upper.size());
  if (ip.protocol == 58) return ends + icmpv6_text(upper);
  return ends + "next header " + std::to_string(ip.protocol);
}

}  // namespace linnet::sim
