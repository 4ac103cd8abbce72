// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/vnet_header.hpp"

namespace linnet::platform {
namespace {

constexpr std::uint16_t ethertype_ipv6 = 0x86dd;
constexpr std::uint16_t ethertype_vlan = 0x8100;
constexpr std::uint8_t tcp_cwr = 0x80;

/// `header` begins with an Ethernet header and ends with a TCP header.
std::uint8_t gso_type_of(Bytes header, std::size_t tcp_offset) {
  std::uint16_t ethertype = load16(header.data() + 12);
  if (ethertype == ethertype_vlan) ethertype = load16(header.data() + 16);
  const std::uint8_t type = ethertype == ethertype_ipv6 ? VnetHeader::gso_tcp_v6 : VnetHeader::gso_tcp_v4;
  // RFC 3168 6.1.2: CWR belongs on the first segment only; this flag tells the kernel to cut it that way.
  const bool cwr = (header[tcp_offset + 13] & tcp_cwr) != 0;
  return static_cast<std::uint8_t>(cwr ? type | VnetHeader::gso_ecn : type);
}

}  // namespace

VnetHeader vnet_header_of(const Frame& frame) {
  VnetHeader vnet{};
  if (frame.checksum.header_from_end == 0) return vnet;
  const Bytes header = frame.header();
  const std::size_t start = header.size() - frame.checksum.header_from_end;
  vnet.flags = VnetHeader::needs_checksum;
  vnet.checksum_start = static_cast<std::uint16_t>(start);
  vnet.checksum_offset = frame.checksum.field;
  if (frame.segment_size != 0) {
    vnet.gso_type = gso_type_of(header, start);
    vnet.gso_size = frame.segment_size;
    vnet.header_length = static_cast<std::uint16_t>(header.size());
  }
  return vnet;
}

void read_vnet_header(const VnetHeader& header, ReceiveInfo& info) {
  // NEEDS_CSUM: the sender is this host's kernel, which left the sum undone: there was no wire to corrupt it.
  constexpr std::uint8_t verified = VnetHeader::needs_checksum | VnetHeader::data_valid;
  info.checksum_verified = (header.flags & verified) != 0;
  info.segment_size = header.gso_type == VnetHeader::gso_none ? std::uint16_t{0} : header.gso_size;
}

}  // namespace linnet::platform
