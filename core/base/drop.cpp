// SPDX-License-Identifier: Apache-2.0
#include "core/base/drop.hpp"

namespace linnet {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, static_cast<std::size_t>(Drop::count_)> texts = {
    "none",
    "frame shorter than an Ethernet header",
    "frame longer than the MTU",
    "frame for another station",
    "unknown EtherType",
    "VLAN tag cut short",
    "VLAN not ours",
    "malformed ARP",
    "ARP sender address not acceptable",
    "unsolicited ARP reply",
    "neighbour did not answer",
    "neighbour queue full",
    "packet shorter than an IP header",
    "wrong IP version",
    "bad IP header length",
    "bad IP total length",
    "bad IP checksum",
    "malformed IP options",
    "source route",
    "martian address",
    "not addressed to us",
    "no route",
    "TTL exceeded",
    "protocol not supported",
    "larger than the path MTU",
    "bad fragment size",
    "overlapping fragments",
    "reassembly timed out",
    "too many reassemblies",
    "not to be forwarded",
    "source is not that way",
    "protocol without port translation",
    "refused by port translation",
    "port translation table full",
    "IPv6 jumbogram",
    "bad IPv6 extension headers",
    "IPv6 option not acceptable",
    "ICMP message too short",
    "bad ICMP checksum",
    "ICMP type ignored",
    "ICMP quote not ours",
    "ICMP echo to a group",
    "ICMP rate limit",
    "neighbour discovery from off the link",
    "malformed neighbour discovery",
    "malformed MLD",
    "malformed IGMP",
    "bad IGMP checksum",
    "IGMP type ignored",
    "bad UDP length",
    "bad UDP checksum",
    "UDP port zero",
    "no UDP socket on the port",
    "UDP receive queue full",
    "bad TCP header length",
    "bad TCP checksum",
    "malformed TCP options",
    "TCP address not acceptable",
    "TCP port zero",
    "no TCP connection",
    "TCP segment outside the window",
    "TCP timestamp too old",
    "TCP segment without ACK",
    "TCP acknowledgment not acceptable",
    "TCP segment challenged",
    "TCP backlog full",
    "TCP data after close",
    "TCP segment not expected in this state",
    "TCP receive memory full",
    "no free block",
    "device busy",
    "device gone",
    "raw receive queue full",
};
static_assert(!texts.back().empty());

}  // namespace

std::string_view drop_text(Drop reason) {
  const auto index = static_cast<std::size_t>(reason);
  return index < texts.size() ? texts[index] : texts[0];
}

}  // namespace linnet
