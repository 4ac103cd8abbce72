// SPDX-License-Identifier: Apache-2.0
#include "core/ethernet/link.hpp"

namespace linnet::ethernet {

Send transmit(const Link& link, Frame& frame, const MacAddress& destination, std::uint16_t type) {
  std::size_t header = 0;
  if (link.framed()) {
    header = EthernetHeader::size + (link.vlan != 0 ? VlanTag::size : 0);
    std::uint8_t* to = frame.prepend(header);
    if (to == nullptr) return Send::no_memory;
    EthernetHeader::write(to, destination, link.mac, link.vlan != 0 ? ethertype::vlan : type);
    if (link.vlan != 0) VlanTag::write(to + EthernetHeader::size, link.vlan, type);
  }
  const Transmit result = link.device->transmit(frame);
  frame.strip(header);
  if (result == Transmit::taken) return Send::sent;
  return result == Transmit::busy ? Send::busy : Send::unreachable;
}

}  // namespace linnet::ethernet
