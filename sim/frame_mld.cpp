// SPDX-License-Identifier: Apache-2.0
// Multicast listener discovery as a host sends it: RFC 3810 5.2, RFC 2710 3, RFC 3590.
#include "sim/frame_ipv6_parts.hpp"

namespace linnet::sim {
namespace {

/// RFC 3810 6: never of all nodes, nor of the scopes 0 and 1.
void check_group(FrameJudge& judge, Bytes message, std::size_t at) {
  const Ipv6Address group = load_ipv6(message.data() + at);
  judge.require(is_multicast_address(group), Rule::mld_group, message, at, group.low, "a group");
  judge.require(group != all_nodes && scope_of(group) > 1, Rule::mld_group, message, at, group.low,
                "a group that is reported");
}

/// RFC 3810 5.2.12: yields the size of a record, 0 when there is no going on.
std::size_t check_record(FrameJudge& judge, Bytes message, std::size_t at) {
  const std::size_t left = message.size() - at;
  if (!judge.require(left >= 20, Rule::mld_record, message, at - 1, left, "a record of 20 bytes at least"))
    return 0;
  judge.require(message[at] >= 1 && message[at] <= 6, Rule::mld_record, message, at, message[at],
                "a type of record");
  judge.equal8(Rule::mld_record, message, at + 1, 0);  // 5.2.10: no auxiliary data is defined
  const std::size_t sources = load16(message.data() + at + 2);
  const std::size_t size = 20 + 16 * sources;
  if (!judge.require(size <= left, Rule::mld_record, message, at + 2, sources, "sources that are there"))
    return 0;
  check_group(judge, message, at + 4);
  for (std::size_t source = at + 20; source < at + size; source += 16) {
    const Ipv6Address address = load_ipv6(message.data() + source);
    judge.require(!is_multicast_address(address) && !is_unspecified(address), Rule::mld_record, message,
                  source, address.low, "a single host");
  }
  // 5.2.12: a source allowed or blocked is the point of such a record.
  judge.require(message[at] < 5 || sources > 0, Rule::mld_record, message, at + 2, sources, "sources");
  return size;
}

void check_report(FrameJudge& judge, const Ipv6Parts& ip) {
  const Bytes message = ip.payload;
  judge.require(ip.destination == all_mld_routers, Rule::mld_destination, ip.header, 24, ip.destination.low,
                "all MLDv2 routers");
  judge.zero(Rule::mld_reserved, message, 4, 6);
  const std::size_t count = load16(message.data() + 6);
  judge.require(count > 0, Rule::mld_record, message, 6, 0, "a record");
  std::size_t at = 8;
  for (std::size_t i = 0; i < count && judge.ok(); ++i) at += check_record(judge, message, at);
  if (judge.ok()) {
    judge.require(at == message.size(), Rule::mld_record, message, at - 1, message.size() - at,
                  "nothing behind the records");
  }
}

/// RFC 2710 3: a report goes to its group, a farewell to the routers.
void check_old_report(FrameJudge& judge, const Ipv6Parts& ip) {
  const Bytes message = ip.payload;
  if (!judge.equal(Rule::mld_length, ip.header, 4, message.size(), 24)) return;
  judge.zero(Rule::mld_reserved, message, 4, 8);
  check_group(judge, message, 8);
  const bool done = message[0] == icmpv6_type::listener_done;
  judge.require(ip.destination == (done ? all_routers : load_ipv6(message.data() + 8)), Rule::mld_destination,
                ip.header, 24, ip.destination.low, "the group, or all routers");
}

}  // namespace

void check_mld(FrameJudge& judge, const Ipv6Parts& ip) {
  // RFC 3810 5, RFC 2710 3.
  judge.equal8(Rule::mld_hop_limit, ip.header, 7, 1);
  judge.require(ip.router_alert, Rule::mld_router_alert, ip.header, 6, ip.header[6], "a router alert");
  judge.require(is_link_local(ip.source) || is_unspecified(ip.source), Rule::mld_source, ip.header, 8,
                ip.source.low, "a link-local address, or none");
  if (ip.payload[0] == icmpv6_type::listener_report_v2) {
    check_report(judge, ip);
  } else {
    check_old_report(judge, ip);
  }
}

}  // namespace linnet::sim
