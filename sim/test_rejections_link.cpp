// SPDX-License-Identifier: Apache-2.0
// One wrong thing a frame: Ethernet, ARP, IPv4.
#include "sim/test_frames.hpp"

namespace linnet::sim::test {
namespace {

std::function<void(Buffer&)> putting(std::size_t at, std::string_view digits) {
  return [at, digits](Buffer& frame) { put(frame, at, digits); };
}
std::function<void(Buffer&)> appending(std::string_view digits) {
  return [digits](Buffer& frame) { frame = frame + hex(digits); };
}
std::function<void(Buffer&)> cutting(std::size_t size) {
  return [size](Buffer& frame) { frame.resize(size); };
}
/// Padded with zeros as an Ethernet needs it.
Buffer padded() {
  Buffer frame = datagram();
  frame.resize(60);
  return frame;
}

constexpr std::size_t arp_at = 14;

}  // namespace

std::vector<Rejection> link_rejections() {
  const auto tagged = [](FrameCheckerConfig& config) { config.vlan = 7; };
  const auto pads = [](FrameCheckerConfig& config) { config.pads = true; };
  const auto small = [](FrameCheckerConfig& config) { config.mtu = 32; };
  return {
      {.rule = Rule::ethernet_length, .golden = datagram, .after = cutting(13)},
      {.rule = Rule::ethernet_length, .golden = tagged_datagram, .after = cutting(17), .config = tagged},
      {.rule = Rule::ethernet_group_source, .golden = datagram, .edit = putting(6, "03")},
      {.rule = Rule::ethernet_source, .golden = datagram, .edit = putting(11, "02")},
      {.rule = Rule::ethernet_destination, .golden = datagram, .edit = putting(0, "020000000001")},
      {.rule = Rule::ethernet_destination, .golden = datagram, .edit = putting(0, "000000000000")},
      {.rule = Rule::ethernet_type, .golden = datagram, .edit = putting(12, "86dd")},
      {.rule = Rule::ethernet_type, .golden = datagram, .edit = putting(12, "0020")},  // IEEE 802.3's length
      {.rule = Rule::ethernet_vlan, .golden = tagged_datagram, .edit = putting(14, "0008"), .config = tagged},
      {.rule = Rule::ethernet_vlan, .golden = tagged_datagram, .edit = putting(12, "0800"), .config = tagged},
      {.rule = Rule::ethernet_vlan, .golden = datagram, .edit = putting(12, "8100")},
      {.rule = Rule::ethernet_mtu,
       .golden = datagram,
       .edit = appending("00"),
       .config = small,
       .lengths = true},
      {.rule = Rule::ethernet_minimum, .golden = padded, .edit = cutting(59), .config = pads},
      {.rule = Rule::ethernet_padding, .golden = padded, .edit = putting(59, "01")},
      {.rule = Rule::ethernet_padding,
       .golden = [] { return arp_request() + Buffer(18); },
       .edit = putting(50, "01")},
      {.rule = Rule::ethernet_trailer, .golden = padded, .edit = appending("00")},
      {.rule = Rule::ethernet_multicast, .golden = multicast_datagram, .edit = putting(3, "ff")},
      {.rule = Rule::ethernet_multicast, .golden = multicast_datagram, .edit = putting(0, "ffffffffffff")},
      {.rule = Rule::ethernet_broadcast, .golden = broadcast_datagram, .edit = putting(0, "020000000002")},
      {.rule = Rule::ethernet_link_broadcast, .golden = datagram, .edit = putting(0, "ffffffffffff")},
      {.rule = Rule::ethernet_link_broadcast, .golden = datagram, .edit = putting(0, "01005e000002")},
      {.rule = Rule::poison,
       .golden = datagram,
       .edit = appending("a5a5a5a5a5a5a5a5"),
       .config = [](FrameCheckerConfig& config) { config.poison = true; },
       .lengths = true},
      {.rule = Rule::arp_length, .golden = arp_request, .edit = cutting(arp_at + 27)},
      {.rule = Rule::arp_hardware, .golden = arp_request, .edit = putting(arp_at, "0006")},
      {.rule = Rule::arp_protocol, .golden = arp_request, .edit = putting(arp_at + 2, "86dd")},
      {.rule = Rule::arp_hardware_length, .golden = arp_request, .edit = putting(arp_at + 4, "08")},
      {.rule = Rule::arp_protocol_length, .golden = arp_request, .edit = putting(arp_at + 5, "10")},
      {.rule = Rule::arp_operation, .golden = arp_request, .edit = putting(arp_at + 6, "0003")},
      {.rule = Rule::arp_sender_hardware, .golden = arp_request, .edit = putting(arp_at + 13, "02")},
      {.rule = Rule::arp_sender, .golden = arp_request, .edit = putting(arp_at + 14, "0a000009")},
      {.rule = Rule::arp_sender, .golden = arp_reply, .edit = putting(arp_at + 14, "00000000")},
      {.rule = Rule::arp_sender, .golden = arp_announcement, .edit = putting(arp_at + 14, "0a000063")},
      {.rule = Rule::arp_target, .golden = arp_request, .edit = putting(arp_at + 24, "00000000")},
      {.rule = Rule::arp_target, .golden = arp_request, .edit = putting(arp_at + 24, "e0000001")},
      {.rule = Rule::arp_target, .golden = arp_request, .edit = putting(arp_at + 24, "7f000001")},
      {.rule = Rule::arp_target, .golden = arp_probe, .edit = putting(arp_at + 24, "00000000")},
      {.rule = Rule::arp_target_hardware,
       .golden = arp_request,
       .edit = putting(arp_at + 18, "ffffffffffff")},
      {.rule = Rule::arp_target_hardware, .golden = arp_reply, .edit = putting(arp_at + 18, "000000000000")},
      {.rule = Rule::arp_request_destination, .golden = arp_request, .edit = putting(0, "01005e000001")},
      {.rule = Rule::arp_request_destination, .golden = arp_request, .edit = putting(0, "0200000000fe")},
      {.rule = Rule::arp_reply_destination, .golden = arp_reply, .edit = putting(5, "fe")},
      {.rule = Rule::arp_broadcast, .golden = arp_probe, .edit = putting(0, "020000000002")},
      {.rule = Rule::arp_broadcast, .golden = arp_announcement, .edit = putting(0, "020000000002")},
  };
}

std::vector<Rejection> ip_rejections() {
  return {
      {.rule = Rule::ip_length, .golden = datagram, .edit = cutting(ip_at + 19)},
      {.rule = Rule::ip_version, .golden = datagram, .edit = putting(ip_at, "65")},
      {.rule = Rule::ip_header_length, .golden = datagram, .edit = putting(ip_at, "44")},
      {.rule = Rule::ip_header_length, .golden = datagram, .edit = putting(ip_at, "49")},
      {.rule = Rule::ip_total_length, .golden = datagram, .edit = putting(ip_at + 2, "0021")},
      {.rule = Rule::ip_total_length, .golden = datagram, .edit = putting(ip_at + 2, "0013")},
      {.rule = Rule::ip_checksum, .golden = datagram, .after = [](Buffer& f) { f[ip_at + 11] ^= 1; }},
      {.rule = Rule::ip_ttl, .golden = datagram, .edit = putting(ip_at + 8, "00")},
      {.rule = Rule::ip_reserved_flag, .golden = datagram, .edit = putting(ip_at + 6, "c0")},
      {.rule = Rule::ip_dont_fragment, .golden = first_fragment, .edit = putting(ip_at + 6, "60")},
      {.rule = Rule::ip_dont_fragment, .golden = last_fragment, .edit = putting(ip_at + 6, "40")},
      {.rule = Rule::ip_fragment_length, .golden = first_fragment, .edit = cutting(49), .lengths = true},
      {.rule = Rule::ip_fragment_length,
       .golden = last_fragment,
       .edit = cutting(transport_at),
       .lengths = true},
      {.rule = Rule::ip_fragment_overflow, .golden = last_fragment, .edit = putting(ip_at + 6, "1fff")},
      {.rule = Rule::ip_congestion_experienced, .golden = data, .edit = putting(ip_at + 1, "03")},
      {.rule = Rule::ip_loopback, .golden = datagram, .edit = putting(ip_at + 12, "7f000001")},
      {.rule = Rule::ip_loopback, .golden = datagram, .edit = putting(ip_at + 16, "7f000001")},
      {.rule = Rule::ip_unspecified_source, .golden = datagram, .edit = putting(ip_at + 12, "00000000")},
      {.rule = Rule::ip_unspecified_source, .golden = dhcp_discover, .edit = putting(ip_at + 16, "0a0000fe")},
      {.rule = Rule::ip_group_source, .golden = datagram, .edit = putting(ip_at + 12, "0a0000ff")},
      {.rule = Rule::ip_group_source, .golden = datagram, .edit = putting(ip_at + 12, "e0000001")},
      {.rule = Rule::ip_foreign_source, .golden = datagram, .edit = putting(ip_at + 12, "0a000003")},
      {.rule = Rule::ip_unspecified_destination, .golden = datagram, .edit = putting(ip_at + 16, "00000000")},
      {.rule = Rule::ip_own_destination, .golden = datagram, .edit = putting(ip_at + 16, "0a000001")},
      {.rule = Rule::ip_options, .golden = with_ip_options, .edit = putting(ip_at + 22, "01")},
      {.rule = Rule::ip_options, .golden = with_ip_options, .edit = putting(ip_at + 22, "08")},
      {.rule = Rule::ip_options, .golden = with_ip_options, .edit = putting(ip_at + 27, "01")},
      {.rule = Rule::ip_protocol, .golden = datagram, .edit = putting(ip_at + 9, "84")},
  };
}

}  // namespace linnet::sim::test
