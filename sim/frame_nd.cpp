// SPDX-License-Identifier: Apache-2.0
// Neighbour discovery as a host sends it: RFC 4861 4, RFC 4862 5.4.2, RFC 7527 4.1.
#include "sim/frame_ipv6_parts.hpp"

namespace linnet::sim {
namespace {

namespace option {
constexpr std::uint8_t source_link_layer = 1, target_link_layer = 2, nonce = 14;
}

struct Options {
  bool link_layer = false;
  bool nonce = false;
};

/// RFC 4861 4.6: options that fit, each once: the link-layer address, which is the host's own, and what tells
/// its probes from others' (RFC 7527).
Options check_options(FrameJudge& judge, Bytes message, std::size_t at, const FrameCheckerConfig& config) {
  const bool advertises = message[0] == icmpv6_type::neighbour_advertisement;
  const std::uint8_t link_layer = advertises ? option::target_link_layer : option::source_link_layer;
  Options seen;
  while (at < message.size()) {
    const std::size_t left = message.size() - at;
    const std::size_t size = left < 8 ? 0 : std::size_t{message[at + 1]} * 8;
    if (!judge.require(size != 0 && size <= left, Rule::nd_option_length, message, at, size,
                       "an option that fits")) {
      break;
    }
    const std::uint8_t kind = message[at];
    const bool may_nonce = message[0] == icmpv6_type::neighbour_solicitation;
    judge.require(kind == link_layer || (kind == option::nonce && may_nonce), Rule::nd_option, message, at,
                  kind, "an option of this message");
    bool& twice = kind == link_layer ? seen.link_layer : seen.nonce;
    judge.require(!twice, Rule::nd_option, message, at, kind, "each option once");
    twice = true;
    if (kind == link_layer && config.ethernet) {
      // RFC 2464 6.
      judge.equal(Rule::nd_option_length, message, at + 1, size, 8);
      judge.equal(Rule::nd_link_layer, message, at + 2, station(message.data() + at + 2),
                  station(config.mac.data()));
    }
    at += size;
  }
  return seen;
}

void check_solicitation(FrameJudge& judge, const Ipv6Parts& ip, const NdParts& nd, bool nonce) {
  const Bytes message = ip.payload;
  const bool single = !is_multicast_address(nd.target) && !is_unspecified(nd.target) &&
                      !is_loopback_address(nd.target) && !is_mapped(nd.target);
  judge.require(single, Rule::nd_target, message, 8, nd.target.low, "a single host");
  judge.zero(Rule::nd_reserved, message, 4, 8);
  const bool probe = is_unspecified(ip.source);
  const bool to_group = ip.destination == solicited_node(nd.target);
  judge.require(to_group || (!probe && ip.destination == nd.target), Rule::nd_destination, ip.header, 24,
                ip.destination.low, "the target's solicited-node group, or the target");
  judge.require(probe ? !nd.has_link_layer : !to_group || nd.has_link_layer, Rule::nd_source_option, message,
                4, nd.has_link_layer, "a source link-layer address to a group, none without a source");
  judge.require(!nonce || probe, Rule::nd_option, message, 4, 14, "a nonce in probes alone");
}

void check_advertisement(FrameJudge& judge, const Ipv6Parts& ip, const NdParts& nd) {
  const Bytes message = ip.payload;
  judge.equal(Rule::nd_reserved, message, 4, load32(message.data() + 4) & 0x1fffffffu, 0);
  judge.require(!nd.router, Rule::nd_router_flag, message, 4, message[4], "no router");
  const bool to_group = is_multicast_address(ip.destination);
  judge.require(!to_group || ip.destination == all_nodes, Rule::nd_advertised_destination, ip.header, 24,
                ip.destination.low, "all nodes, or who asked");
  // RFC 4861 7.2.4: who asked with its address gets it with the flag, all others without.
  judge.require(nd.solicited != to_group, Rule::nd_solicited, message, 4, message[4],
                "the solicited flag to a single host, and only there");
}

}  // namespace

std::optional<NdParts> check_nd(FrameJudge& judge, const Ipv6Parts& ip, const FrameCheckerConfig& config) {
  const Bytes message = ip.payload;
  const bool for_routers = message[0] == icmpv6_type::router_solicitation;
  const std::size_t fixed = for_routers ? 8 : 24;
  if (!judge.require(message.size() >= fixed, Rule::nd_length, ip.header, 4, message.size(),
                     "the fixed part at least")) {
    return std::nullopt;
  }
  judge.equal8(Rule::nd_hop_limit, ip.header, 7, 255);
  NdParts nd{.type = message[0]};
  const Options options = check_options(judge, message, fixed, config);
  nd.has_link_layer = options.link_layer;
  if (for_routers) {
    judge.zero(Rule::nd_reserved, message, 4, 8);
    judge.require(ip.destination == all_routers, Rule::nd_destination, ip.header, 24, ip.destination.low,
                  "all routers");
    judge.require(!nd.has_link_layer || !is_unspecified(ip.source), Rule::nd_source_option, message, 8, 1,
                  "no link-layer address without a source");
  } else {
    nd.target = load_ipv6(message.data() + 8);
    nd.router = (message[4] & 0x80) != 0;
    nd.solicited = (message[4] & 0x40) != 0;
    nd.override_flag = (message[4] & 0x20) != 0;
    if (nd.type == icmpv6_type::neighbour_solicitation) check_solicitation(judge, ip, nd, options.nonce);
    if (nd.type == icmpv6_type::neighbour_advertisement) check_advertisement(judge, ip, nd);
  }
  if (!judge.ok()) return std::nullopt;
  return nd;
}

}  // namespace linnet::sim
