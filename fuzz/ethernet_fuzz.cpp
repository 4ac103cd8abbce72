// SPDX-License-Identifier: Apache-2.0
// Ethernet II, 802.1Q and ARP: what was parsed and is written again is the same bytes.
#include <array>

#include "core/ethernet/wire.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

void check_arp(Bytes bytes) {
  const auto arp = ethernet::ArpPacket::parse(bytes);
  const bool right = bytes.size() >= 28 && load32(bytes.data()) == 0x00010800u &&
                     load16(bytes.data() + 4) == 0x0604 &&
                     (load16(bytes.data() + 6) == 1 || load16(bytes.data() + 6) == 2);
  require(arp.has_value() == right,
          "RFC 826: accepted exactly when it is a request or reply for Ethernet and IPv4");
  if (!arp) return;
  std::array<std::uint8_t, ethernet::ArpPacket::size> again;
  ethernet::ArpPacket::write(again.data(), {.operation = arp->operation(),
                                            .sender_mac = arp->sender_mac(),
                                            .sender = arp->sender(),
                                            .target_mac = arp->target_mac(),
                                            .target = arp->target()});
  require(same(again, bytes.first(again.size())), "ARP: written as it was read");
}

void check_group(const IpAddress& address) {
  const auto mac = ethernet::group_mac(address);
  require(mac.has_value() == (address.is_multicast() || address.is_limited_broadcast()),
          "groups have a link address");
  if (mac) require(mac->is_multicast(), "a group's link address is one");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes frame(data, size);
  const auto header = ethernet::EthernetHeader::parse(frame);
  require(header.has_value() == (size >= 14), "a header has 14 bytes");
  if (!header) return 0;
  std::array<std::uint8_t, 14> again;
  ethernet::EthernetHeader::write(again.data(), header->destination(), header->source(), header->type());
  require(same(again, frame.first(14)), "Ethernet: written as it was read");
  frame = frame.subspan(14);
  std::uint16_t type = header->type();
  if (type == ethernet::ethertype::vlan) {
    const auto tag = ethernet::VlanTag::parse(frame);
    require(tag.has_value() == (frame.size() >= 4), "a tag has 4 bytes");
    if (!tag) return 0;
    std::array<std::uint8_t, 4> tag_again;
    ethernet::VlanTag::write(tag_again.data(), tag->id(), tag->type());
    require(load16(tag_again.data()) == (load16(frame.data()) & 0x0fff),
            "IEEE 802.1Q: the identifier has 12 bits");
    require(load16(tag_again.data() + 2) == load16(frame.data() + 2), "the type inside the tag");
    type = tag->type();
    frame = frame.subspan(4);
  }
  check_arp(frame);
  if (frame.size() >= 16) {
    check_group(IpAddress::v4(frame.first<4>()));
    check_group(IpAddress::v6(frame.first<16>()));
  }
  return 0;
}
