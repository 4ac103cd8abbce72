// SPDX-License-Identifier: Apache-2.0
// What is wrong only because of what happened before.
#include "sim/test_frames.hpp"

namespace linnet::sim::test {
namespace {

/// The frames go out one after the other; all of them are in order.
std::function<void(Bench&)> sending(std::vector<Buffer> frames, Duration apart = Duration::seconds(1)) {
  return [frames, apart](Bench& bench) {
    for (const Buffer& frame : frames) {
      bench.send(frame);
      bench.wait(apart);
    }
  };
}

Buffer edited(const Buffer& golden, std::size_t at, std::string_view digits) {
  Buffer frame = golden;
  put(frame, at, digits);
  return finished(frame);
}

std::function<Buffer()> fixed(const Buffer& frame) {
  return [frame] { return frame; };
}

/// A datagram that routers may fragment.
Buffer fragmentable() { return edited(datagram(), ip_at + 4, "1234 0000"); }
Buffer announcement_of_63() { return edited(edited(arp_announcement(), 28, "0a000063"), 38, "0a000063"); }
Buffer from_63() { return edited(datagram(), ip_at + 12, "0a000063"); }
Buffer syn_of(std::string_view port, std::string_view isn) {
  return edited(edited(syn(), transport_at, port), transport_at + 4, isn);
}
Buffer clocked_syn(std::uint8_t port, std::uint32_t seconds) {
  Buffer frame = syn();
  frame[transport_at + 1] = port;
  store32(frame.data() + transport_at + 4, 0x10000000 + seconds * 250000);
  return finished(frame);
}
Buffer query_of(std::string_view port, std::string_view id, std::string_view letters = "777777") {
  return edited(edited(edited(dns_query(), transport_at, port), dns_at, id), dns_at + 13, letters);
}

void probing(Bench& bench, int probes) {
  bench.checker.address_added(0x0a000063, 24, AddressUse::tentative);
  for (int i = 0; i < probes; ++i) {
    bench.send(arp_probe());
    bench.wait(Duration::seconds(1));
  }
}

void add_arp(std::vector<Rejection>& all) {
  all.push_back({.rule = Rule::arp_unsolicited_reply, .golden = arp_reply, .before = sending({arp_reply()})});
  all.push_back({.rule = Rule::arp_rate,
                 .golden = arp_request,
                 .before = sending({arp_request()}, Duration::microseconds(999999))});
  all.push_back({.rule = Rule::arp_probe_interval,
                 .golden = arp_probe,
                 .before = sending({arp_probe()}, Duration::milliseconds(999))});
  all.push_back({.rule = Rule::arp_announce_wait, .golden = announcement_of_63, .before = [](Bench& bench) {
                   probing(bench, 3);
                 }});
  all.push_back({.rule = Rule::arp_announce_wait, .golden = announcement_of_63, .before = [](Bench& bench) {
                   probing(bench, 2);
                   bench.wait(Duration::seconds(9));
                 }});
  all.push_back({.rule = Rule::arp_announcement_rate,
                 .golden = arp_announcement,
                 .before = sending({arp_announcement(), arp_announcement()}, Duration::milliseconds(999))});
  for (const Buffer& claim : {peers_arp_request("020000000009", "0a000063", "0a000001"),
                              peers_arp_request("020000000009", "00000000", "0a000063")}) {
    all.push_back({.rule = Rule::arp_conflict, .golden = announcement_of_63, .before = [claim](Bench& bench) {
                     probing(bench, 3);
                     bench.received(claim);
                     bench.wait(Duration::seconds(9));
                   }});
  }
}

void add_ip(std::vector<Rejection>& all) {
  all.push_back({.rule = Rule::ethernet_unresolved, .golden = fixed(edited(datagram(), 0, "020000000009"))});
  all.back().before = [](Bench&) {};
  all.push_back(
      {.rule = Rule::ethernet_wrong_neighbour, .golden = fixed(edited(datagram(), 0, "0200000000fe"))});
  all.back().before = [](Bench&) {};
  all.push_back({.rule = Rule::ip_tentative_source, .golden = from_63, .before = [](Bench& bench) {
                   probing(bench, 3);
                 }});
  all.push_back({.rule = Rule::ip_expired_source, .golden = from_63, .before = [](Bench& bench) {
                   bench.send(dhcp_request());
                   bench.received(dhcp_ack(60));
                   bench.wait(Duration::seconds(61));
                 }});
  all.push_back({.rule = Rule::ip_foreign_source, .golden = from_63, .before = [](Bench& bench) {
                   bench.send(dhcp_request());
                   bench.received(dhcp_ack(60, 0x11223345));  // not its answer
                 }});
  all.push_back({.rule = Rule::ip_foreign_source,
                 .golden = datagram,
                 .before = sending({dhcp_renewal(), dhcp_release()})});
  all.push_back({.rule = Rule::ip_identification,
                 .golden = fragmentable,
                 .before = sending({fragmentable()}, Duration::seconds(119))});
  all.push_back({.rule = Rule::ip_identification,
                 .golden = first_fragment,
                 .before = sending({first_fragment(), last_fragment()})});
  all.push_back({.rule = Rule::udp_checksum,
                 .golden = fixed(edited(last_fragment(), transport_at + 6, "66")),
                 .before = sending({first_fragment()})});
  all.push_back({.rule = Rule::udp_length,
                 .golden =
                     [] {
                       Buffer frame = last_fragment();
                       frame.pop_back();
                       return finished(frame, true);
                     },
                 .before = sending({first_fragment()})});
  all.push_back({.rule = Rule::udp_no_checksum,
                 .golden = last_fragment,
                 .before = sending({edited(first_fragment(), transport_at + 6, "0000")})});
  all.push_back({.rule = Rule::icmp_checksum,
                 .golden = fixed(edited(last_fragment(), ip_at + 9, "01")),
                 .before = sending({edited(first_fragment(), ip_at + 9, "01")})});
  all.push_back(
      {.rule = Rule::icmp_unsolicited_reply, .golden = echo_reply, .before = sending({echo_reply()})});
  all.push_back(
      {.rule = Rule::icmp_unsolicited_reply, .golden = fixed(edited(echo_reply(), transport_at + 15, "6c"))});
  all.back().before = [](Bench&) {};
  all.push_back({.rule = Rule::icmp_rate,
                 .golden = port_unreachable,
                 .before = sending(std::vector<Buffer>(20, port_unreachable()), Duration::microseconds(1))});
}

void add_tcp(std::vector<Rejection>& all) {
  all.push_back({.rule = Rule::tcp_isn_repeated, .golden = syn, .before = sending({syn(), data(), fin()})});
  all.push_back({.rule = Rule::tcp_isn_repeated,
                 .golden = fixed(edited(syn_ack(), transport_at + 8, "99999999")),
                 .before = sending({syn_ack()})});
  // RFC 793's time had 64,000 more for each connection.
  all.push_back({.rule = Rule::tcp_isn_predictable,
                 .golden = fixed(syn_of("9c43", "0002ee00")),
                 .before = sending(
                     {syn_of("9c40", "00000000"), syn_of("9c41", "0000fa00"), syn_of("9c42", "0001f400")})});
  // A bare clock of four microseconds, looked at at odd times.
  all.push_back(
      {.rule = Rule::tcp_isn_predictable, .golden = fixed(clocked_syn(4, 44)), .before = [](Bench& bench) {
         const Instant begin = bench.now;
         const std::array seconds = {0u, 1u, 5u, 24u};
         for (std::uint8_t i = 0; i < seconds.size(); ++i) {
           bench.now = begin + Duration::seconds(seconds[i]);
           bench.send(clocked_syn(i, seconds[i]));
         }
         bench.now = begin + Duration::seconds(44);
       }});
}

void add_services(std::vector<Rejection>& all) {
  all.push_back({.rule = Rule::dhcp_transaction, .golden = dhcp_discover, .before = [](Bench& bench) {
                   bench.send(dhcp_request());
                   bench.received(dhcp_ack(60));
                   bench.wait(Duration::seconds(70));
                 }});
  all.push_back({.rule = Rule::dhcp_transaction,
                 .golden = fixed(edited(dhcp_discover(), dhcp_at + 4, "11223345")),
                 .before = sending({dhcp_renewal(), dhcp_release()})});
  all.push_back({.rule = Rule::dns_repeated,
                 .golden = fixed(query_of("c001", "4242", "787878")),
                 .before = sending({dns_query()})});
  all.push_back({.rule = Rule::dns_predictable,
                 .golden = fixed(query_of("c0de", "0004")),
                 .before = sending({query_of("c123", "0000"), query_of("f421", "0001"),
                                    query_of("c9a1", "0002"), query_of("e001", "0003")})});
  all.push_back({.rule = Rule::dns_predictable,
                 .golden = fixed(query_of("c001", "4711")),
                 .before = sending({query_of("c001", "1234"), query_of("c001", "fe01"),
                                    query_of("c001", "0815"), query_of("c001", "beef")})});
}

}  // namespace

std::vector<Rejection> history_rejections() {
  std::vector<Rejection> all;
  add_arp(all);
  add_ip(all);
  add_tcp(all);
  add_services(all);
  return all;
}

}  // namespace linnet::sim::test
