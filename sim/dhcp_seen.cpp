// SPDX-License-Identifier: Apache-2.0
#include "sim/dhcp_seen.hpp"

namespace linnet::sim {

namespace {

void take_option(DhcpSeen& seen, std::uint8_t code, Bytes value) {
  if (code == 53 && value.size() == 1) seen.type = value[0];
  if (value.size() != 4) return;
  const std::uint32_t number = load32(value.data());
  switch (code) {
    case 50:
      seen.requested = number;
      break;
    case 51:
      seen.lease = number;
      break;
    case 54:
      seen.server = number;
      break;
    case 58:
      seen.renewal = number;
      break;
    case 59:
      seen.rebinding = number;
      break;
    default:
      break;
  }
}

}  // namespace

std::optional<DhcpSeen> read_dhcp(Bytes message) {
  if (message.size() < 241 || load32(message.data() + 236) != 0x63825363) return std::nullopt;
  DhcpSeen seen{.operation = message[0],
                .xid = load32(message.data() + 4),
                .secs = load16(message.data() + 8),
                .client = load32(message.data() + 12),
                .yours = load32(message.data() + 16),
                .hardware = station(message.data() + 28)};
  for (std::size_t at = 240; at < message.size() && !seen.complete;) {
    if (message[at] == 0) {
      ++at;
      continue;
    }
    seen.complete = message[at] == 255;
    if (at + 2 > message.size() || at + 2 + message[at + 1] > message.size()) break;
    take_option(seen, message[at], message.subspan(at + 2, message[at + 1]));
    at += 2 + std::size_t{message[at + 1]};
  }
  return seen.type == 0 ? std::nullopt : std::optional(seen);
}

}  // namespace linnet::sim
