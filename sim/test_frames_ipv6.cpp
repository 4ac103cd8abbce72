// SPDX-License-Identifier: Apache-2.0
#include "sim/test_frames_ipv6.hpp"

namespace linnet::sim::test {

Buffer finished_ipv6(Buffer frame, std::size_t ip, bool lengths) {
  if (frame.size() < ip + 40) return frame;
  if (lengths) set16(frame, ip + 4, frame.size() - ip - 40);
  const std::size_t end = std::min(frame.size(), ip + 40 + frame[ip + 4] * 256u + frame[ip + 5]);
  std::uint8_t next = frame[ip + 6];
  std::size_t at = ip + 40;
  if (next == 0 && at + 8 <= end) {
    next = frame[at];
    at += (frame[at + 1] + 1u) * 8u;
  }
  const std::size_t field = at + (next == 58 ? 2 : next == 6 ? 16 : 6);
  if (field + 2 > end || (next != 58 && next != 6 && next != 17)) return frame;
  if (lengths && next == 17) set16(frame, at + 4, end - at);
  Buffer pseudo(frame.begin() + static_cast<long>(ip + 8), frame.begin() + static_cast<long>(ip + 40));
  pseudo.resize(40);
  set16(pseudo, 34, end - at);
  pseudo[39] = next;
  set16(frame, field, 0);
  const std::size_t value = 0xffffu - sum_of(Bytes(frame).subspan(at, end - at), sum_of(pseudo));
  set16(frame, field, value == 0 ? 0xffff : value);
  return frame;
}

namespace {

constexpr std::string_view global_1 = "20010db8000000000000000000000001";
constexpr std::string_view global_2 = "20010db8000000000000000000000002";
constexpr std::string_view local_1 = "fe800000000000000000000000000001";
constexpr std::string_view local_2 = "fe800000000000000000000000000002";
constexpr std::string_view local_fe = "fe8000000000000000000000000000fe";
constexpr std::string_view nobody = "00000000000000000000000000000000";
constexpr std::string_view learned = "20010db8000100000000000000000001";
constexpr std::string_view own_mac = "020000000001";
constexpr std::string_view peer_mac = "020000000002";
constexpr std::string_view router_mac = "0200000000fe";

struct Packet {
  std::string_view to = peer_mac;
  std::string_view from = own_mac;
  std::string_view next = "3a";  ///< ICMPv6
  std::string_view hop_limit = "40";
  std::string_view source = global_1;
  std::string_view destination = global_2;
  std::string_view label = "00000";
};

Buffer packet(const Packet& p, const Buffer& payload) {
  return finished(hex(p.to) + hex(p.from) + hex("86dd") + hex(std::string("600") + std::string(p.label)) +
                      hex("0000") + hex(p.next) + hex(p.hop_limit) + hex(p.source) + hex(p.destination) +
                      payload,
                  true);
}
Buffer nd(std::string_view to, std::string_view source, std::string_view destination, const Buffer& message) {
  return packet({.to = to, .hop_limit = "ff", .source = source, .destination = destination}, message);
}
Buffer peers_nd(std::string_view to, std::string_view source, std::string_view destination,
                const Buffer& message) {
  return packet({.to = to, .from = peer_mac, .hop_limit = "ff", .source = source, .destination = destination},
                message);
}
Buffer listener(std::string_view to, std::string_view source, std::string_view destination,
                const Buffer& message) {
  return packet({.to = to, .next = "00", .hop_limit = "01", .source = source, .destination = destination},
                hex("3a 00 0502 0000 0100") + message);
}
/// An error about what arrived, as much of it as fits.
Buffer error(std::string_view fixed, const Buffer& about) {
  const std::size_t quoted = std::min<std::size_t>(about.size() - ip_at, 1232);
  return packet(
      {}, hex(fixed) + Buffer(about.begin() + ip_at, about.begin() + static_cast<long>(ip_at + quoted)));
}

constexpr std::string_view all_nodes_group = "ff020000000000000000000000000001";
constexpr std::string_view all_routers_group = "ff020000000000000000000000000002";

}  // namespace

void introduce_ipv6(Bench& bench) {
  bench.checker.address_added_v6(own_v6, 64);
  bench.checker.address_added_v6(own_link_local, 64);
  bench.received(peers_solicitation());
  bench.received(peers_link_local_solicitation());
  bench.received(routers_advertisement());
  bench.received(peers_echo_v6());
  bench.received(peers_datagram_v6());
  bench.received(peers_datagram_v6(2000));
}

// ---- ICMPv6: RFC 4443

Buffer to_peer_v6(std::uint8_t protocol, const Buffer& payload) {
  Buffer frame = packet({}, payload);
  frame[ip_at + 6] = protocol;
  return finished(std::move(frame), true);
}
Buffer echo_v6() { return packet({}, hex("80 00 0000 1234 0001  6162636465666768")); }
Buffer echo_reply_v6() { return packet({}, hex("81 00 0000 5678 0007  6970616e64206f6b")); }
Buffer peers_echo_v6() {
  return packet({.to = own_mac, .from = peer_mac, .source = global_2, .destination = global_1},
                hex("80 00 0000 5678 0007  6970616e64206f6b"));
}
Buffer port_unreachable_v6() { return error("01 04 0000 00000000", peers_datagram_v6()); }
Buffer large_unreachable_v6() { return error("01 04 0000 00000000", peers_datagram_v6(2000)); }
Buffer parameter_problem_v6() { return error("04 00 0000 00000006", peers_datagram_v6()); }
Buffer reassembly_exceeded_v6() { return error("03 01 0000 00000000", peers_fragment_v6()); }

// ---- UDP and TCP

Buffer peers_datagram_v6(std::size_t data) {
  return packet({.to = own_mac, .from = peer_mac, .next = "11", .source = global_2, .destination = global_1},
                hex("04d2 1a85 0000 0000") + Buffer(data, 0x64));
}
Buffer peers_fragment_v6() {
  return packet({.to = own_mac, .from = peer_mac, .next = "2c", .source = global_2, .destination = global_1},
                hex("11 00 0001 12345678  04d2 1a85 0bb8 1111 3132333435363738"));
}
Buffer datagram_v6() {
  return packet({.next = "11", .label = "12345"}, hex("04d2 1a85 0000 0000  64617461"));
}
Buffer multicast_datagram_v6() {
  return packet({.to = "3333000000fb",
                 .next = "11",
                 .hop_limit = "01",
                 .destination = "ff0200000000000000000000000000fb",
                 .label = "abcde"},
                hex("14e9 14e9 0000 0000  64617461"));
}
namespace {
/// A datagram of 23 bytes, in two pieces.
Buffer piece(std::string_view fragment_header, std::size_t from, std::size_t to) {
  const Buffer whole =
      packet({.next = "11", .label = "12345"}, hex("04d2 1a85 0000 0000  313233343536373839306162636465"));
  Buffer bytes(whole.begin() + static_cast<long>(upper_at + from),
               whole.begin() + static_cast<long>(upper_at + to));
  return packet({.next = "2c", .label = "12345"}, hex(fragment_header) + bytes);
}
}  // namespace
Buffer first_fragment_v6() { return piece("11 00 0001 4321dcba", 0, 16); }
Buffer last_fragment_v6() { return piece("11 00 0010 4321dcba", 16, 23); }
Buffer syn_v6() {
  return packet({.next = "06", .label = "54321"},
                hex("9c40 0050 11223344 00000000 a0 02 ffff 0000 0000"
                    "02 04 05a0  04 02  08 0a 01020304 00000000  01  03 03 07"));
}
Buffer data_v6() {
  Buffer frame =
      packet({.next = "06", .label = "54321"}, hex("9c40 0050 11223345 55667789 80 18 ffff 0000 0000"
                                                   "01 01 08 0a 01020304 0a0b0c0d  68656c6c"));
  frame[ip_at + 1] |= 0x20;  // ECT(0)
  return frame;
}
Buffer rst_v6() {
  return packet({.next = "06", .label = "54321"}, hex("9c40 0050 11223349 00000000 50 04 0000 0000 0000"));
}
Buffer dns_query_v6() {
  return packet({.next = "11", .label = "98765"},
                hex("c001 0035 0000 0000"
                    "4242 0100 0001 0000 0000 0000  03 777777 07 6578616d706c65 03 6f7267 00  0001 0001"));
}

// ---- Neighbour discovery: RFC 4861 4

Buffer solicitation() {
  return nd("3333ff000003", global_1, "ff0200000000000000000001ff000003",
            hex("87 00 0000 00000000 20010db8000000000000000000000003  01 01 020000000001"));
}
Buffer unicast_solicitation() {
  return nd(peer_mac, local_1, local_2, hex("87 00 0000 00000000") + hex(local_2));
}
Buffer probe_v6() {
  return nd("3333ff000001", nobody, "ff0200000000000000000001ff000001",
            hex("87 00 0000 00000000") + hex(learned));
}
Buffer probe_with_nonce() {
  return nd("3333ff000001", nobody, "ff0200000000000000000001ff000001",
            hex("87 00 0000 00000000") + hex(learned) + hex("0e 01 010203040506"));
}
Buffer advertisement() {
  return nd(peer_mac, global_1, global_2,
            hex("88 00 0000 60000000") + hex(global_1) + hex("02 01 020000000001"));
}
Buffer unsolicited_advertisement() {
  return nd("333300000001", global_1, all_nodes_group,
            hex("88 00 0000 20000000") + hex(global_1) + hex("02 01 020000000001"));
}
Buffer router_solicitation() {
  return nd("333300000002", local_1, all_routers_group, hex("85 00 0000 00000000  01 01 020000000001"));
}
Buffer router_solicitation_without_source() {
  return nd("333300000002", nobody, all_routers_group, hex("85 00 0000 00000000"));
}
Buffer peers_solicitation() {
  return peers_nd("3333ff000001", global_2, "ff0200000000000000000001ff000001",
                  hex("87 00 0000 00000000") + hex(global_1) + hex("01 01 020000000002"));
}
Buffer peers_link_local_solicitation() {
  return peers_nd("3333ff000001", local_2, "ff0200000000000000000001ff000001",
                  hex("87 00 0000 00000000") + hex(local_1) + hex("01 01 020000000002"));
}
Buffer peers_probe() {
  return peers_nd("3333ff000001", nobody, "ff0200000000000000000001ff000001",
                  hex("87 00 0000 00000000") + hex(learned));
}
Buffer peers_advertisement() {
  return peers_nd("333300000001", learned, all_nodes_group,
                  hex("88 00 0000 20000000") + hex(learned) + hex("02 01 020000000002"));
}
Buffer routers_advertisement(std::string_view valid_lifetime, std::string_view retrans) {
  return packet({.to = "333300000001",
                 .from = router_mac,
                 .hop_limit = "ff",
                 .source = local_fe,
                 .destination = all_nodes_group},
                hex("86 00 0000 40 00 0708 00000000") + hex(retrans) +
                    hex("01 01 0200000000fe  03 04 40 c0") + hex(valid_lifetime) +
                    hex("00000e10 00000000 20010db8000100000000000000000000"));
}

// ---- Multicast listener discovery: RFC 3810 5, RFC 2710 3

Buffer listener_report() {
  return listener("333300000016", local_1, "ff020000000000000000000000000016",
                  hex("8f 00 0000 0000 0002"
                      "04 00 0000 ff0200000000000000000001ff000001"
                      "06 00 0001 ff0200000000000000000000000000fb") +
                      hex(global_2));
}
Buffer listener_report_without_source() {
  return listener("333300000016", nobody, "ff020000000000000000000000000016",
                  hex("8f 00 0000 0000 0001 04 00 0000 ff0200000000000000000001ff000001"));
}
Buffer old_listener_report() {
  return listener("3333000000fb", local_1, "ff0200000000000000000000000000fb",
                  hex("83 00 0000 0000 0000 ff0200000000000000000000000000fb"));
}
Buffer listener_done() {
  return listener("333300000002", local_1, all_routers_group,
                  hex("84 00 0000 0000 0000 ff0200000000000000000000000000fb"));
}
Buffer old_query() {
  return packet({.to = "333300000001",
                 .from = router_mac,
                 .next = "00",
                 .hop_limit = "01",
                 .source = local_fe,
                 .destination = all_nodes_group},
                hex("3a 00 0502 0000 0100  82 00 0000 2710 0000") + hex(nobody));
}

}  // namespace linnet::sim::test
