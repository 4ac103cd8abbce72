// SPDX-License-Identifier: Apache-2.0
// IPv6 frames that are wrong only because of what happened before.
#include "sim/test_frames_ipv6.hpp"

namespace linnet::sim::test {
namespace {

constexpr std::size_t fragment_at = upper_at;
constexpr std::string_view learned = "20010db8000100000000000000000001";

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
Buffer from_learned() { return edited(datagram_v6(), ip_at + 8, learned); }
Buffer labelled(std::string_view port, std::string_view label) {
  return edited(edited(datagram_v6(), upper_at, port), ip_at + 1, label);
}
void nothing(Bench&) {}

void add_fragments(std::vector<Rejection>& all) {
  all.push_back({.rule = Rule::ipv6_identification,
                 .golden = first_fragment_v6,
                 .before = sending({first_fragment_v6(), last_fragment_v6()}, Duration::seconds(29))});
  all.push_back({.rule = Rule::ipv6_fragment_overlap,
                 .golden = fixed(edited(last_fragment_v6(), fragment_at + 3, "08")),
                 .before = sending({first_fragment_v6()})});
  all.push_back({.rule = Rule::ipv6_fragment_overlap,
                 .golden = last_fragment_v6,
                 .before = sending({first_fragment_v6(), last_fragment_v6()})});
  all.push_back({.rule = Rule::udp_checksum,
                 .golden = fixed(edited(last_fragment_v6(), fragment_at + 14, "66")),
                 .before = sending({first_fragment_v6()})});
  all.push_back({.rule = Rule::udp_length,
                 .golden =
                     [] {
                       Buffer frame = last_fragment_v6();
                       frame.pop_back();
                       return finished(frame, true);
                     },
                 .before = sending({first_fragment_v6()})});
  // What is said of a whole datagram is said of one in pieces, too.
  all.push_back({.rule = Rule::udp_no_checksum_ipv6,
                 .golden = last_fragment_v6,
                 .before = sending({edited(first_fragment_v6(), fragment_at + 14, "0000")})});
  const auto pieces_of = [](Buffer (*whole)()) {
    const Buffer frame = whole();
    const Buffer head(frame.begin(), frame.begin() + static_cast<long>(upper_at));
    const auto middle = frame.begin() + static_cast<long>(upper_at + 16);
    Buffer first =
        head + hex("3a 00 0001 00001234") + Buffer(frame.begin() + static_cast<long>(upper_at), middle);
    Buffer last = head + hex("3a 00 0010 00001234") + Buffer(middle, frame.end());
    put(first, ip_at + 6, "2c");
    put(last, ip_at + 6, "2c");
    return std::pair{finished(first, true), finished(last, true)};
  };
  const auto [first, last] = pieces_of(solicitation);
  all.push_back({.rule = Rule::nd_fragmented, .golden = fixed(last), .before = sending({first})});
}

void add_flows(std::vector<Rejection>& all) {
  all.push_back({.rule = Rule::ipv6_flow_label,
                 .golden = fixed(labelled("04d2", "012346")),
                 .before = sending({datagram_v6()})});
  all.push_back({.rule = Rule::ipv6_flow_label,
                 .golden = fixed(edited(data_v6(), ip_at + 1, "254322")),
                 .before = sending({syn_v6()})});
  all.push_back({.rule = Rule::ipv6_flow_label,
                 .golden = fixed(edited(rst_v6(), ip_at + 1, "000000")),
                 .before = sending({syn_v6()})});
  // The same for all; counted.
  all.push_back({.rule = Rule::ipv6_flow_label_predictable,
                 .golden = fixed(labelled("04d5", "000000")),
                 .before = sending(
                     {labelled("04d2", "000000"), labelled("04d3", "000000"), labelled("04d4", "000000")})});
  all.push_back({.rule = Rule::ipv6_flow_label_predictable,
                 .golden = fixed(labelled("04d5", "000103")),
                 .before = sending(
                     {labelled("04d2", "000100"), labelled("04d3", "000101"), labelled("04d4", "000102")})});
  all.push_back({.rule = Rule::tcp_isn_repeated, .golden = syn_v6, .before = sending({syn_v6(), data_v6()})});
}

void add_addresses(std::vector<Rejection>& all) {
  const auto own = [](Duration waited) {
    return [waited](Bench& bench) {
      bench.send(probe_v6());
      bench.wait(waited);
    };
  };
  all.push_back({.rule = Rule::ipv6_foreign_source, .golden = from_learned, .before = nothing});
  all.push_back({.rule = Rule::ipv6_foreign_source, .golden = datagram_v6, .before = [](Bench& bench) {
                   bench.checker.address_removed_v6(own_v6);
                 }});
  all.push_back({.rule = Rule::ipv6_tentative_source,
                 .golden = from_learned,
                 .before = own(Duration::microseconds(999999))});
  all.push_back({.rule = Rule::ipv6_tentative_source, .golden = datagram_v6, .before = [](Bench& bench) {
                   bench.checker.address_added_v6(own_v6, 64, AddressUse::tentative);
                   bench.wait(Duration::seconds(9));
                 }});
  all.push_back({.rule = Rule::ipv6_tentative_source,
                 .golden = from_learned,
                 .config = [](FrameCheckerConfig& config) { config.dad_transmits = 2; },
                 .before = own(Duration::seconds(9))});
  all.push_back({.rule = Rule::ipv6_expired_source, .golden = from_learned, .before = [](Bench& bench) {
                   bench.send(probe_v6());
                   bench.wait(Duration::seconds(3601));
                 }});
  for (const Buffer& claim : {peers_probe(), peers_advertisement()}) {
    all.push_back(
        {.rule = Rule::ipv6_duplicate_source, .golden = from_learned, .before = [claim](Bench& bench) {
           bench.send(probe_v6());
           bench.received(claim);
           bench.wait(Duration::seconds(9));
         }});
  }
  all.push_back(
      {.rule = Rule::nd_probe_interval, .golden = probe_v6, .before = own(Duration::microseconds(999999))});
  all.push_back({.rule = Rule::nd_probe_target, .golden = probe_v6, .config = [](FrameCheckerConfig& config) {
                   config.learn_prefixes = false;
                 }});
  all.back().before = nothing;
}

void add_neighbours(std::vector<Rejection>& all) {
  all.push_back({.rule = Rule::ipv6_unresolved, .golden = fixed(edited(datagram_v6(), 0, "020000000009"))});
  all.push_back(
      {.rule = Rule::ipv6_wrong_neighbour, .golden = fixed(edited(datagram_v6(), 0, "0200000000fe"))});
  all.push_back({.rule = Rule::ipv6_wrong_neighbour,
                 .golden = fixed(edited(datagram_v6(), ip_at + 24, "fe8000000000000000000000000000fe"))});
  all.push_back({.rule = Rule::nd_rate,
                 .golden = solicitation,
                 .before = sending({solicitation()}, Duration::microseconds(999999))});
  all.push_back({.rule = Rule::nd_rate,
                 .golden = unicast_solicitation,
                 .before = sending({unicast_solicitation()}, Duration::microseconds(999999))});
  all.push_back({.rule = Rule::nd_router_interval,
                 .golden = router_solicitation,
                 .before = sending({router_solicitation()}, Duration::milliseconds(3599))});
  all.push_back({.rule = Rule::nd_solicited, .golden = advertisement, .before = sending({advertisement()})});
  all.push_back({.rule = Rule::nd_announcement_rate,
                 .golden = unsolicited_advertisement,
                 .before = sending({unsolicited_advertisement()}, Duration::microseconds(999999))});
  all.push_back({.rule = Rule::nd_advertised_tentative,
                 .golden =
                     [] {
                       Buffer frame = unsolicited_advertisement();
                       put(frame, upper_at + 8, learned);
                       return finished(std::move(frame));
                     },
                 .before = sending({probe_v6()}, Duration::milliseconds(999))});
  const auto optimistic = [&](Rule rule, Buffer (*golden)()) {
    all.push_back({.rule = rule, .golden = golden, .before = [](Bench& bench) {
                     bench.checker.address_added_v6(own_v6, 64, AddressUse::optimistic);
                     bench.checker.address_added_v6(own_link_local, 64, AddressUse::optimistic);
                   }});
  };
  optimistic(Rule::nd_optimistic_source, solicitation);
  optimistic(Rule::nd_optimistic_source, unicast_solicitation);
  optimistic(Rule::nd_optimistic_source, router_solicitation);
  optimistic(Rule::nd_override, unsolicited_advertisement);
  for (Rejection& rejection : all) {
    if (!rejection.before) rejection.before = nothing;
  }
}

}  // namespace

std::vector<Rejection> ipv6_history_rejections() {
  std::vector<Rejection> all;
  add_fragments(all);
  add_flows(all);
  add_addresses(all);
  add_neighbours(all);
  for (Rejection& rejection : all) rejection.ipv6 = true;
  return all;
}

}  // namespace linnet::sim::test
