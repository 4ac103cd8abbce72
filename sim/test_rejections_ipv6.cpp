// SPDX-License-Identifier: Apache-2.0
// One wrong thing a frame: IPv6, its extension headers, and TCP and UDP over it.
#include "sim/test_frames_ipv6.hpp"

namespace linnet::sim::test {
namespace {

constexpr std::size_t source_at = ip_at + 8;
constexpr std::size_t destination_at = ip_at + 24;
constexpr std::size_t extension_at = ip_at + 40;

Rejection put_in(Rule rule, Buffer (*golden)(), std::size_t at, std::string_view digits) {
  return {.rule = rule, .golden = golden, .edit = [at, digits](Buffer& frame) { put(frame, at, digits); }};
}
Rejection resized(Rule rule, Buffer (*golden)(), std::size_t size) {
  return {
      .rule = rule, .golden = golden, .edit = [size](Buffer& frame) { frame.resize(size); }, .lengths = true};
}
/// The packet with another hop-by-hop header.
Rejection options(Rule rule, std::string_view digits) {
  return {.rule = rule,
          .golden = listener_report,
          .edit =
              [digits](Buffer& frame) {
                const auto at = frame.begin() + static_cast<long>(extension_at);
                frame.erase(at, at + 8);
                insert(frame, extension_at, digits);
              },
          .lengths = true};
}
Rejection inserted(Rule rule, Buffer (*golden)(), std::string_view next, std::string_view digits) {
  return {.rule = rule,
          .golden = golden,
          .edit =
              [next, digits](Buffer& frame) {
                put(frame, ip_at + 6, next);
                insert(frame, extension_at, digits);
              },
          .lengths = true};
}
Buffer padded() {
  Buffer frame =
      finished(hex("020000000002 020000000001 86dd 60012345 0000 11 40"
                   "20010db8000000000000000000000001 20010db8000000000000000000000002 04d2 1a85 0008 0000"),
               true);
  frame.resize(frame.size() + 2);  // 64 bytes: no Ethernet needs it
  return frame;
}

void add_header(std::vector<Rejection>& all) {
  const auto add = [&](Rule rule, std::size_t at, std::string_view digits) {
    all.push_back(put_in(rule, datagram_v6, at, digits));
  };
  all.push_back(
      {.rule = Rule::ipv6_length, .golden = datagram_v6, .after = [](Buffer& f) { f.resize(ip_at + 39); }});
  add(Rule::ipv6_version, ip_at, "40");
  add(Rule::ipv6_payload_length, ip_at + 4, "000d");
  all.push_back(
      {.rule = Rule::ethernet_trailer, .golden = datagram_v6, .after = [](Buffer& f) { f.push_back(0); }});
  all.push_back({.rule = Rule::ethernet_trailer, .golden = padded, .before = [](Bench&) {}});
  add(Rule::ipv6_hop_limit, ip_at + 7, "00");
  add(Rule::ip_congestion_experienced, ip_at + 1, "31");
  add(Rule::ipv6_next_header, ip_at + 6, "84");
  add(Rule::ipv6_next_header, ip_at + 6, "01");  // ICMP of IPv4
  add(Rule::ipv6_next_header, ip_at + 6, "3b");
  all.push_back({.rule = Rule::ethernet_mtu,
                 .golden = datagram_v6,
                 .edit = [](Buffer& frame) { frame.push_back(0); },
                 .config = [](FrameCheckerConfig& config) { config.mtu = 52; },
                 .lengths = true});
}

void add_addresses(std::vector<Rejection>& all) {
  const auto source = [&](Rule rule, std::string_view digits) {
    all.push_back(put_in(rule, datagram_v6, source_at, digits));
  };
  const auto destination = [&](Rule rule, std::string_view digits) {
    all.push_back(put_in(rule, datagram_v6, destination_at, digits));
  };
  source(Rule::ipv6_loopback, "00000000000000000000000000000001");
  destination(Rule::ipv6_loopback, "00000000000000000000000000000001");
  source(Rule::ipv6_mapped, "00000000000000000000ffff0a000001");
  destination(Rule::ipv6_mapped, "00000000000000000000ffff0a000002");
  source(Rule::ipv6_multicast_source, "ff020000000000000000000000000001");
  source(Rule::ipv6_unspecified_source, "00000000000000000000000000000000");
  source(Rule::ipv6_foreign_source, "20010db8000000000000000000000009");
  destination(Rule::ipv6_unspecified_destination, "00000000000000000000000000000000");
  destination(Rule::ipv6_own_destination, "20010db8000000000000000000000001");
  destination(Rule::ipv6_own_destination, "fe800000000000000000000000000001");
  destination(Rule::ipv6_multicast_scope, "ff010000000000000000000000000001");
  destination(Rule::ipv6_multicast_scope, "ff000000000000000000000000000001");
  all.push_back(
      put_in(Rule::ipv6_unspecified_source, echo_v6, source_at, "00000000000000000000000000000000"));
  all.push_back(put_in(Rule::ipv6_group_station, multicast_datagram_v6, 2, "000000fc"));
  all.push_back(put_in(Rule::ipv6_group_station, multicast_datagram_v6, 0, "01005e0000fb"));
  all.push_back(put_in(Rule::ipv6_single_station, datagram_v6, 0, "333300000002"));
  all.push_back(put_in(Rule::ipv6_single_station, datagram_v6, 0, "ffffffffffff"));
}

void add_extensions(std::vector<Rejection>& all) {
  all.push_back(options(Rule::ipv6_options, "3a 00 0502 0000 0101"));  // beyond the header
  all.push_back(options(Rule::ipv6_options, "3a 01 0502 0000 010801 000000000000 00"));
  all.push_back(options(Rule::ipv6_options, "3a 00 0502 0000 1e00"));
  all.push_back(options(Rule::ipv6_options, "3a 01 0502 0000 0108 0000000000000000"));
  all.push_back(options(Rule::ipv6_options, "3a 01 0104 00000000 0502 0000 00 00 00 00"));
  all.push_back(options(Rule::ipv6_router_alert, "3a 00 0104 00000000"));
  all.push_back(options(Rule::ipv6_router_alert, "3a 00 0502 0001 0100"));
  all.push_back(options(Rule::ipv6_router_alert, "3a 00 00 0502 0000 00"));
  all.push_back(options(Rule::ipv6_router_alert, "3a 00 0501 00 010100"));
  all.push_back(options(Rule::ipv6_router_alert, "3a 01 0502 0000 0502 0000 0104 00000000"));
  all.push_back(inserted(Rule::ipv6_router_alert, datagram_v6, "00", "11 00 0502 0000 0100"));
  all.push_back(inserted(Rule::ipv6_extension, datagram_v6, "3c", "11 00 0104 00000000"));
  all.push_back(inserted(Rule::ipv6_extension, datagram_v6, "2b", "11 00 0000 00000000"));
  all.push_back(inserted(Rule::ipv6_extension_order, listener_report, "00", "00 00 0502 0000 0100"));
  all.push_back(inserted(Rule::ipv6_extension_order, first_fragment_v6, "2c", "2c 00 0001 4321dcba"));
  all.push_back(put_in(Rule::ipv6_extension_length, listener_report, extension_at + 1, "20"));
  all.push_back(resized(Rule::ipv6_extension_length, first_fragment_v6, extension_at + 7));
  all.push_back(put_in(Rule::ipv6_fragment_reserved, first_fragment_v6, extension_at + 1, "01"));
  all.push_back(put_in(Rule::ipv6_fragment_reserved, first_fragment_v6, extension_at + 3, "03"));
  all.push_back(put_in(Rule::ipv6_fragment_reserved, last_fragment_v6, extension_at + 3, "14"));
  all.push_back(put_in(Rule::ipv6_atomic_fragment, first_fragment_v6, extension_at + 3, "00"));
  all.push_back(resized(Rule::ipv6_fragment_length, first_fragment_v6, extension_at + 23));
  all.push_back(resized(Rule::ipv6_fragment_length, last_fragment_v6, extension_at + 8));
  all.push_back({.rule = Rule::ipv6_fragment_overflow,
                 .golden = last_fragment_v6,
                 .edit =
                     [](Buffer& frame) {
                       put(frame, extension_at + 2, "fff8");
                       frame.push_back(0);
                     },
                 .lengths = true});
  all.push_back(put_in(Rule::ipv6_first_fragment, first_fragment_v6, extension_at, "06"));
}

void add_transport(std::vector<Rejection>& all) {
  all.push_back({.rule = Rule::udp_no_checksum_ipv6,
                 .golden = datagram_v6,
                 .after = [](Buffer& frame) { put(frame, upper_at + 6, "0000"); },
                 // Nothing may turn it off.
                 .config = [](FrameCheckerConfig& config) { config.udp_without_checksum = true; }});
  all.push_back(
      {.rule = Rule::udp_checksum, .golden = datagram_v6, .after = [](Buffer& f) { f[upper_at + 9] ^= 1; }});
  // Of the pseudo header, too.
  all.push_back(
      {.rule = Rule::udp_checksum, .golden = datagram_v6, .after = [](Buffer& f) { f[ip_at + 32] ^= 1; }});
  all.push_back(put_in(Rule::udp_length, datagram_v6, upper_at + 4, "000b"));
  all.push_back(put_in(Rule::udp_port, datagram_v6, upper_at, "0000"));
  all.push_back(resized(Rule::udp_length, datagram_v6, upper_at + 7));
  all.push_back(
      {.rule = Rule::tcp_checksum, .golden = data_v6, .after = [](Buffer& f) { f[upper_at + 33] ^= 1; }});
  all.push_back(put_in(Rule::tcp_group, syn_v6, destination_at, "ff0e0000000000000000000000000001"));
  all.push_back(
      put_in(Rule::tcp_mss_value, syn_v6, upper_at + 22, "05a1"));  // 1441: IPv4's 1460 is more, too
  all.push_back(put_in(Rule::tcp_ecn_capable, syn_v6, ip_at + 1, "25"));
  all.push_back(resized(Rule::tcp_length, rst_v6, upper_at + 19));
  all.push_back(put_in(Rule::dns_recursion, dns_query_v6, upper_at + 10, "0000"));
}

}  // namespace

std::vector<Rejection> ipv6_rejections() {
  std::vector<Rejection> all;
  add_header(all);
  add_addresses(all);
  add_extensions(all);
  add_transport(all);
  for (Rejection& rejection : all) rejection.ipv6 = true;
  return all;
}

}  // namespace linnet::sim::test
