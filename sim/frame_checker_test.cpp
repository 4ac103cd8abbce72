// SPDX-License-Identifier: Apache-2.0
#include "sim/frame_checker.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <set>

#include "sim/frame_rule_names.hpp"
#include "sim/test_frames_ipv6.hpp"

namespace {
std::size_t allocations = 0;
}  // namespace

// All of this executable's, to see that a frame in order costs none.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

namespace linnet::sim::test {
namespace {

struct Golden {
  const char* name;
  Buffer (*frame)();
};

constexpr Golden goldens[] = {
    {"ARP request", arp_request},
    {"ARP reply", arp_reply},
    {"ARP probe", arp_probe},
    {"ARP announcement", arp_announcement},
    {"echo", echo},
    {"echo reply", echo_reply},
    {"port unreachable", port_unreachable},
    {"protocol unreachable", protocol_unreachable},
    {"reassembly time exceeded", reassembly_exceeded},
    {"parameter problem", parameter_problem},
    {"first fragment", first_fragment},
    {"last fragment", last_fragment},
    {"IP options", with_ip_options},
    {"datagram", datagram},
    {"broadcast datagram", broadcast_datagram},
    {"multicast datagram", multicast_datagram},
    {"SYN", syn},
    {"SYN-ACK", syn_ack},
    {"data", data},
    {"acknowledgment", acknowledgment},
    {"FIN", fin},
    {"RST", rst},
    {"Fast Open SYN", fast_open_syn},
    {"DHCPDISCOVER", dhcp_discover},
    {"DHCPREQUEST after an offer", dhcp_request},
    {"DHCPREQUEST after a restart", dhcp_reboot},
    {"DHCPREQUEST to renew", dhcp_renewal},
    {"DHCPDECLINE", dhcp_decline},
    {"DHCPRELEASE", dhcp_release},
    {"DHCPINFORM", dhcp_inform},
    {"DNS query", dns_query},
    {"DNS query with EDNS", dns_query_with_edns},
};

std::string told(const std::optional<FrameViolation>& violation) {
  return violation ? violation->rule + ": " + violation->text : "";
}

std::vector<Rejection> rejections() {
  std::vector<Rejection> all;
  for (const auto& part : {link_rejections(), ip_rejections(), icmp_rejections(), transport_rejections(),
                           dhcp_rejections(), dns_rejections(), history_rejections(), ipv6_rejections(),
                           ipv6_history_rejections(), icmpv6_rejections(), nd_rejections()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

FrameCheckerConfig config_of(const Rejection& rejection) {
  FrameCheckerConfig config;
  config.ipv6 = rejection.ipv6;
  if (rejection.config) rejection.config(config);
  return config;
}

TEST(FrameChecker, golden_frames_are_in_order) {
  for (const Golden& golden : goldens) {
    EXPECT_EQ(told(Bench().sent(golden.frame())), "") << golden.name;
  }
  EXPECT_EQ(told(Bench({.vlan = 7}).sent(tagged_datagram())), "");
}

TEST(FrameChecker, fragments_of_one_datagram_are_in_order) {
  Bench bench;
  bench.send(first_fragment());
  bench.send(last_fragment());
}

/// A datagram and a renewal from 10.0.0.99, which `dhcp_ack` gives.
Buffer datagram_from_99() {
  Buffer frame = datagram();
  put(frame, ip_at + 12, "0a000063");
  return finished(frame);
}
Buffer renewal_from_99() {
  Buffer renewal = dhcp_renewal();
  put(renewal, ip_at + 12, "0a000063");
  put(renewal, dhcp_at + 12, "0a000063");
  return finished(renewal);
}

TEST(FrameChecker, what_was_probed_and_announced_may_be_used) {
  Bench bench;
  bench.checker.address_added(0x0a000063, 24, AddressUse::tentative);
  for (int i = 0; i < 3; ++i) {
    bench.send(arp_probe());
    bench.wait(Duration::seconds(1 + i / 2));
  }
  Buffer announcement = arp_announcement();
  put(announcement, 28, "0a000063");
  put(announcement, 38, "0a000063");
  bench.send(announcement);
  bench.send(datagram_from_99());
}

TEST(FrameChecker, what_is_leased_may_be_used_until_the_lease_ends) {
  Bench bench;
  bench.send(dhcp_request());
  bench.received(dhcp_ack(60));
  bench.wait(Duration::seconds(60));
  bench.send(datagram_from_99());
  bench.send(renewal_from_99());
  bench.received(dhcp_ack(60));
  bench.wait(Duration::seconds(60));
  bench.send(datagram_from_99());
}

TEST(FrameChecker, an_address_that_was_offered_and_not_taken_is_anothers) {
  for (const bool taken : {false, true}) {
    Bench bench;
    bench.send(dhcp_request());
    bench.received(dhcp_ack(60));
    Buffer announcement = arp_announcement();
    put(announcement, 28, "0a000063");
    put(announcement, 38, "0a000063");
    if (taken) bench.send(announcement);
    Buffer frame = datagram();
    put(frame, ip_at + 16, "0a000063");
    bench.received(peers_arp_request("020000000002", "0a000063", "0a000001"));
    EXPECT_EQ(told(bench.sent(finished(frame))).find("own_destination") != std::string::npos, taken);
  }
}

TEST(FrameChecker, who_is_polled_late_may_not_know_yet_that_the_lease_is_over) {
  Bench bench({.lateness = Duration::seconds(30)});
  bench.send(dhcp_request());
  bench.received(dhcp_ack(60));
  bench.wait(Duration::seconds(90));
  bench.send(datagram_from_99());
  bench.wait(Duration::milliseconds(1));
  EXPECT_NE(told(bench.sent(datagram_from_99())), "");
}

TEST(FrameChecker, a_renewal_that_waited_does_not_hide_the_answer_to_what_followed_it) {
  Bench bench;
  bench.send(dhcp_request());
  bench.received(dhcp_ack(60));
  bench.wait(Duration::seconds(50));
  Buffer renewal = renewal_from_99();
  bench.send(renewal);  // asked by broadcast, say, with the number that is answered
  put(renewal, dhcp_at + 4, "99999999");
  bench.send(finished(renewal));
  bench.received(dhcp_ack(60));
  bench.wait(Duration::seconds(60));
  bench.send(datagram_from_99());
}

TEST(FrameChecker, golden_packets_without_a_link_header_are_in_order) {
  for (const Golden& golden : goldens) {
    const Buffer frame = golden.frame();
    if (frame[12] != 0x08 || frame[13] != 0) continue;
    FrameChecker checker({.ethernet = false, .mac = {2, 0, 0, 0, 0, 1}});
    checker.address_added(own_address, 24);
    checker.received(Bytes(peers_echo()).subspan(ip_at), Instant());
    EXPECT_EQ(told(checker.sent(Bytes(frame).subspan(ip_at), Instant())), "") << golden.name;
  }
}

TEST(FrameChecker, a_frame_with_one_wrong_thing_is_rejected_by_its_rule) {
  for (const Rejection& rejection : rejections()) {
    const std::string name(name_of(rejection.rule));
    Bench bench(config_of(rejection));
    if (rejection.before) rejection.before(bench);
    Buffer frame = rejection.golden();
    if (rejection.edit) rejection.edit(frame);
    if (rejection.edit) frame = finished(std::move(frame), rejection.lengths);
    if (rejection.after) rejection.after(frame);
    const auto violation = bench.sent(frame);
    EXPECT_EQ(violation ? violation->rule : "accepted", name) << told(violation);
    if (violation) {
      EXPECT_NE(violation->text.find("expected"), std::string::npos);
    }
  }
}

/// Else the rejections above would show nothing of the one thing that they change.
TEST(FrameChecker, without_the_wrong_thing_it_is_in_order) {
  for (const Rejection& rejection : rejections()) {
    if (rejection.before) continue;
    EXPECT_EQ(told(Bench(config_of(rejection)).sent(rejection.golden())), "") << name_of(rejection.rule);
  }
}

TEST(FrameChecker, every_rule_has_a_frame_that_it_rejects) {
  std::set<Rule> broken;
  for (const Rejection& rejection : rejections()) broken.insert(rejection.rule);
  for (const RuleName& rule : rule_names) EXPECT_TRUE(broken.contains(rule.rule)) << rule.name;
}

TEST(FrameChecker, rule_names_are_unique) {
  std::set<std::string_view> names;
  for (const RuleName& rule : rule_names) EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
}

TEST(FrameChecker, an_answer_to_the_servers_port_is_no_query) {
  for (const bool server : {true, false}) {
    Bench bench;
    Buffer answer = dns_query();
    if (server) put(answer, dns_at - 8, "0035");
    put(answer, dns_at + 2, "8180");
    const auto violation = bench.sent(finished(answer, true));
    EXPECT_EQ(violation ? violation->rule : "", server ? "" : name_of(Rule::dns_query));
  }
}

TEST(FrameChecker, frames_in_order_take_no_memory) {
  Bench bench;
  const std::array frames = {echo(),      datagram(), broadcast_datagram(), data(), acknowledgment(),
                             dns_query(), syn()};
  for (const Buffer& frame : frames) bench.send(frame);
  const Buffer cut(10);
  const std::size_t before = allocations;
  for (int i = 0; i < 1000; ++i) {
    for (const Buffer& frame : frames) EXPECT_FALSE(bench.sent(frame).has_value());
  }
  EXPECT_EQ(allocations, before);
  EXPECT_TRUE(bench.sent(cut).has_value());
  EXPECT_GT(allocations, before);  // a violation has words
}

TEST(FrameChecker, ipv6_frames_in_order_take_no_memory) {
  Bench bench({.ipv6 = true});
  const std::array frames = {echo_v6(),          datagram_v6(),  multicast_datagram_v6(),
                             data_v6(),          dns_query_v6(), first_fragment_v6(),
                             last_fragment_v6(), solicitation(), unicast_solicitation()};
  for (const Buffer& frame : frames) bench.send(frame);
  const std::size_t before = allocations;
  for (int i = 0; i < 1000; ++i) {
    bench.wait(Duration::seconds(60));
    for (const Buffer& frame : frames) {
      const auto violation = bench.sent(frame);
      EXPECT_FALSE(violation) << violation->text;
    }
  }
  EXPECT_EQ(allocations, before);
}

TEST(FrameChecker, no_truncated_frame_is_read_beyond_its_end_nor_accepted) {
  for (const Golden& golden : goldens) {
    const Buffer whole = golden.frame();
    for (std::size_t size = 0; size < whole.size(); ++size) {
      Buffer cut(whole.begin(), whole.begin() + static_cast<long>(size));
      cut.shrink_to_fit();
      EXPECT_TRUE(Bench().sent(cut).has_value()) << golden.name << " of " << size;
      Bench().received(cut);
    }
  }
}

void change_bits(std::size_t step) {
  for (const Golden& golden : goldens) {
    const Buffer whole = golden.frame();
    const bool ipv4 = whole[12] == 0x08 && whole[13] == 0;
    const bool fragment = ipv4 && ((whole[20] & 0x3f) != 0 || whole[21] != 0);
    if (!ipv4 || fragment) continue;
    for (std::size_t bit = ip_at * 8; bit < whole.size() * 8; bit += step) {
      Buffer changed = whole;
      changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1u << (bit % 8)));
      EXPECT_TRUE(Bench().sent(changed).has_value()) << golden.name << " bit " << bit;
    }
  }
}

TEST(FrameChecker, no_changed_bit_of_a_checksummed_packet_is_accepted) { change_bits(11); }
TEST(FrameCheckerHeavy, no_changed_bit_at_all_of_a_checksummed_packet_is_accepted) { change_bits(1); }

}  // namespace
}  // namespace linnet::sim::test
