// SPDX-License-Identifier: Apache-2.0
// IPv6 that is in order. What is not is in test_rejections_ipv6*, _icmpv6 and _nd.
#include <gtest/gtest.h>

#include <random>

#include "sim/frame_rule_names.hpp"
#include "sim/test_frames_ipv6.hpp"

namespace linnet::sim::test {
namespace {

struct Golden {
  const char* name;
  Buffer (*frame)();
};

constexpr Golden goldens[] = {
    {"echo", echo_v6},
    {"echo reply", echo_reply_v6},
    {"port unreachable", port_unreachable_v6},
    {"port unreachable about a large datagram", large_unreachable_v6},
    {"parameter problem", parameter_problem_v6},
    {"datagram", datagram_v6},
    {"multicast datagram", multicast_datagram_v6},
    {"first fragment", first_fragment_v6},
    {"last fragment", last_fragment_v6},
    {"SYN", syn_v6},
    {"data", data_v6},
    {"RST", rst_v6},
    {"DNS query", dns_query_v6},
    {"solicitation", solicitation},
    {"solicitation of a neighbour", unicast_solicitation},
    {"probe", probe_v6},
    {"probe with a nonce", probe_with_nonce},
    {"advertisement", advertisement},
    {"unsolicited advertisement", unsolicited_advertisement},
    {"router solicitation", router_solicitation},
    {"router solicitation without a source", router_solicitation_without_source},
    {"listener report", listener_report},
    {"listener report without a source", listener_report_without_source},
};

std::string told(const std::optional<FrameViolation>& violation) {
  return violation ? violation->rule + ": " + violation->text : "";
}
Buffer from_learned() {
  Buffer frame = datagram_v6();
  put(frame, ip_at + 8, "20010db8000100000000000000000001");
  return finished(std::move(frame));
}

TEST(FrameCheckerIpv6, golden_frames_are_in_order) {
  for (const Golden& golden : goldens) {
    EXPECT_EQ(told(Bench({.ipv6 = true}).sent(golden.frame())), "") << golden.name;
  }
}

TEST(FrameCheckerIpv6, golden_packets_without_a_link_header_are_in_order) {
  for (const Golden& golden : goldens) {
    Bench bench;
    bench.checker = FrameChecker({.ethernet = false, .ipv6 = true});
    bench.checker.address_added_v6(own_v6, 64);
    bench.checker.address_added_v6(own_link_local, 64);
    for (const Buffer& frame : {peers_solicitation(), routers_advertisement(), peers_echo_v6(),
                                peers_datagram_v6(), peers_datagram_v6(2000)}) {
      bench.checker.received(Bytes(frame).subspan(ip_at), bench.now);
    }
    EXPECT_EQ(told(bench.checker.sent(Bytes(golden.frame()).subspan(ip_at), bench.now)), "") << golden.name;
  }
}

TEST(FrameCheckerIpv6, a_host_without_ipv6_sends_none) {
  EXPECT_EQ(Bench().sent(datagram_v6())->rule, name_of(Rule::ethernet_type));
}

TEST(FrameCheckerIpv6, fragments_of_one_datagram_are_in_order) {
  Bench bench({.ipv6 = true});
  bench.send(first_fragment_v6());
  bench.send(last_fragment_v6());
  bench.wait(Duration::seconds(60));  // and their identification is free again
  bench.send(first_fragment_v6());
  bench.send(last_fragment_v6());
}

TEST(FrameCheckerIpv6, a_lost_fragment_leaves_nothing_to_say) {
  Bench bench({.ipv6 = true});
  bench.send(last_fragment_v6());
}

TEST(FrameCheckerIpv6, a_probed_address_may_be_used_after_a_second) {
  Bench bench({.ipv6 = true});
  bench.send(probe_v6());
  bench.wait(Duration::seconds(1));
  bench.send(from_learned());
  bench.received(peers_advertisement());  // too late to matter
  bench.send(from_learned());
}

TEST(FrameCheckerIpv6, a_shorter_retransmission_timer_of_a_router_may_be_used) {
  Bench bench({.ipv6 = true});
  bench.received(routers_advertisement("00000e10", "000000fa"));
  bench.send(solicitation());
  bench.send(probe_v6());
  bench.wait(Duration::milliseconds(250));
  bench.send(solicitation());
  bench.send(from_learned());
}

TEST(FrameCheckerIpv6, a_given_address_may_be_used_once_probed) {
  Bench bench({.ipv6 = true});
  bench.checker.address_added_v6({0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 64,
                                 AddressUse::tentative);
  bench.send(probe_with_nonce());
  bench.wait(Duration::seconds(1));
  bench.send(from_learned());
}

TEST(FrameCheckerIpv6, an_optimistic_address_may_be_used_with_care) {
  Bench bench({.ipv6 = true, .optimistic = true});
  bench.send(probe_v6());
  bench.send(from_learned());
  Buffer announcement = unsolicited_advertisement();
  put(announcement, upper_at + 4, "00");
  put(announcement, upper_at + 8, "20010db8000100000000000000000001");
  bench.send(finished(announcement));
  bench.wait(Duration::seconds(1));
  put(announcement, upper_at + 4, "20");
  bench.send(finished(announcement));
}

TEST(FrameCheckerIpv6, a_probe_goes_on_with_those_before_a_flap_that_was_not_noticed) {
  Bench bench({.ipv6 = true, .optimistic = true, .dad_transmits = 2});
  bench.send(probe_v6());
  bench.wait(Duration::seconds(10));
  bench.checker.link_came_up();  // the next may be the second, or the first of new ones
  bench.send(probe_v6());
  bench.checker.link_came_up();
  bench.wait(Duration::seconds(1));
  bench.send(probe_v6());
  bench.wait(Duration::seconds(1));
  Buffer question = unicast_solicitation();
  put(question, ip_at + 8, "20010db8000100000000000000000001");
  bench.send(finished(question));
}

TEST(FrameCheckerIpv6, a_probe_behind_two_flaps_may_be_the_first_though_the_address_was_used_meanwhile) {
  Bench bench({.ipv6 = true, .optimistic = true, .dad_transmits = 2});
  bench.send(probe_v6());
  bench.wait(Duration::seconds(1));
  bench.send(probe_v6());
  bench.wait(Duration::seconds(1));
  bench.send(from_learned());
  bench.checker.link_came_up();
  bench.send(probe_v6());  // the first again, and the next flap comes before the second
  bench.checker.link_came_up();
  bench.wait(Duration::seconds(10));
  for (int i = 0; i < 2; ++i) {
    bench.send(probe_v6());
    bench.wait(Duration::seconds(1));
    bench.send(from_learned());
  }
  Buffer question = unicast_solicitation();
  put(question, ip_at + 8, "20010db8000100000000000000000001");
  bench.send(finished(question));
}

TEST(FrameCheckerIpv6, a_packet_that_waited_keeps_the_next_hop_of_a_time_without_addresses) {
  for (const bool removed : {false, true}) {
    Bench bench({.ipv6 = true});
    if (removed) {
      bench.checker.address_removed_v6(own_v6);
      bench.checker.address_added_v6(own_v6, 64, AddressUse::usable);
    }
    Buffer frame = datagram_v6();
    put(frame, 0, "0200000000fe");  // a router's
    const auto violation = bench.sent(frame);
    EXPECT_EQ(violation ? violation->rule : "", removed ? "" : name_of(Rule::ipv6_wrong_neighbour));
  }
}

TEST(FrameCheckerIpv6, what_arrives_together_with_a_claim_may_be_answered) {
  Bench bench({.ipv6 = true, .optimistic = true});
  bench.send(probe_v6());
  bench.received(peers_probe());
  bench.send(from_learned());
  bench.wait(Duration::microseconds(1));
  EXPECT_EQ(bench.sent(from_learned())->rule, name_of(Rule::ipv6_duplicate_source));
}

TEST(FrameCheckerIpv6, a_probed_address_may_be_advertised_from_another) {
  Bench bench({.ipv6 = true});
  bench.send(probe_v6());
  bench.wait(Duration::seconds(1));
  Buffer announcement = unsolicited_advertisement();
  put(announcement, upper_at + 8, "20010db8000100000000000000000001");
  bench.send(finished(announcement));
}

TEST(FrameCheckerIpv6, what_a_host_makes_of_a_prefix_it_may_use_at_once_when_it_probes_nothing) {
  Bench bench({.ipv6 = true, .dad_transmits = 0});
  bench.send(from_learned());
}

TEST(FrameCheckerIpv6, who_is_redirected_goes_another_way) {
  Bench bench({.ipv6 = true});
  Buffer redirect = routers_advertisement();
  redirect.resize(upper_at);
  put(redirect, 0, "020000000001");
  redirect =
      redirect + hex("89 00 0000 00000000 fe8000000000000000000000000000fe 20010db8000000000000000000000002");
  bench.received(finished(std::move(redirect), true));
  Buffer frame = datagram_v6();
  put(frame, 0, "0200000000fe");
  bench.send(frame);
}

TEST(FrameCheckerIpv6, an_announcement_need_not_override) {
  Bench bench({.ipv6 = true});
  Buffer announcement = unsolicited_advertisement();
  put(announcement, upper_at + 4, "00");
  bench.send(finished(announcement));
}

TEST(FrameCheckerIpv6, what_another_has_may_be_talked_to) {
  Bench bench({.ipv6 = true});
  bench.send(probe_v6());
  bench.received(peers_advertisement());
  Buffer frame = datagram_v6();
  put(frame, ip_at + 24, "20010db8000100000000000000000001");
  bench.send(finished(frame));
}

TEST(FrameCheckerIpv6, our_own_probe_out_of_a_loop_is_no_conflict) {
  Bench bench({.ipv6 = true});
  bench.send(probe_with_nonce());
  bench.received(probe_with_nonce());
  bench.wait(Duration::seconds(1));
  bench.send(from_learned());
}

TEST(FrameCheckerIpv6, a_probe_of_ours_is_defended_at_once) {
  Bench bench({.ipv6 = true});
  Buffer probe = peers_probe();
  put(probe, upper_at + 8, "20010db8000000000000000000000001");
  for (int i = 0; i < 3; ++i) {
    bench.received(finished(probe));
    bench.send(unsolicited_advertisement());
  }
}

TEST(FrameCheckerIpv6, who_asked_our_station_knows_it) {
  Bench bench({.ipv6 = true});
  Buffer question = peers_solicitation();
  put(question, 0, "020000000001");
  put(question, ip_at + 24, "20010db8000000000000000000000001");
  bench.received(finished(question));
  Buffer answer = advertisement();
  put(answer, upper_at + 4, "40");
  answer.resize(upper_at + 24);
  bench.send(finished(answer, true));
}

TEST(FrameCheckerIpv6, reassembly_may_be_said_to_have_taken_too_long) {
  Bench bench({.ipv6 = true});
  bench.received(peers_fragment_v6());
  bench.wait(Duration::seconds(60));
  bench.send(reassembly_exceeded_v6());
}

TEST(FrameCheckerIpv6, what_came_to_a_group_and_then_to_this_station_alone_may_be_quoted) {
  Bench bench({.ipv6 = true});
  Buffer datagram = peers_datagram_v6();
  put(datagram, upper_at, "04d3");
  datagram = finished(datagram);
  Buffer to_group = datagram;
  put(to_group, 0, "333300000001");
  bench.received(to_group);
  bench.received(datagram);
  Buffer error = port_unreachable_v6();
  std::copy(datagram.begin() + ip_at, datagram.end(), error.begin() + upper_at + 8);
  bench.send(finished(error));
}

TEST(FrameCheckerIpv6, a_group_is_answered_from_an_own_address) {
  Bench bench({.ipv6 = true});
  Buffer question = peers_echo_v6();
  put(question, 0, "333300000001");
  put(question, ip_at + 24, "ff020000000000000000000000000001");
  put(question, upper_at + 4, "9999");
  bench.received(finished(question));
  Buffer answer = echo_reply_v6();
  put(answer, upper_at + 4, "9999");
  bench.send(finished(answer));
}

TEST(FrameCheckerIpv6, version_one_is_spoken_once_it_was_heard) {
  Bench bench({.ipv6 = true});
  bench.received(old_query());
  bench.send(old_listener_report());
  bench.send(listener_done());
}

TEST(FrameCheckerIpv6, a_new_connection_may_have_a_new_label) {
  Bench bench({.ipv6 = true});
  bench.send(syn_v6());
  bench.send(data_v6());
  bench.wait(Duration::seconds(1));
  Buffer again = syn_v6();
  put(again, ip_at + 1, "0abcde");
  put(again, upper_at + 4, "55667788");
  bench.send(finished(again));
}

TEST(FrameCheckerIpv6, no_truncated_frame_is_read_beyond_its_end_nor_accepted) {
  for (const Golden& golden : goldens) {
    const Buffer whole = golden.frame();
    for (std::size_t size = 0; size < whole.size(); ++size) {
      Buffer cut(whole.begin(), whole.begin() + static_cast<long>(size));
      cut.shrink_to_fit();
      EXPECT_TRUE(Bench({.ipv6 = true}).sent(cut).has_value()) << golden.name << " of " << size;
      Bench({.ipv6 = true}).received(cut);
    }
  }
}

/// For sanitized builds: nothing is read beyond its end, whatever is sent and arrives.
TEST(FrameCheckerIpv6, frames_changed_at_random_are_read_within_their_bounds) {
  std::minstd_rand random(1);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) / 7 % n; };
  for (int round = 0; round < 200; ++round) {
    Bench bench({.ipv6 = true});
    for (int i = 0; i < 50; ++i) {
      Buffer frame = goldens[below(std::size(goldens))].frame();
      for (std::size_t changes = below(4); changes > 0; --changes) {
        frame[below(frame.size())] = static_cast<std::uint8_t>(below(3) == 0 ? 255 : below(256));
      }
      if (below(4) == 0) frame.resize(14 + below(frame.size()));
      if (below(2) == 0) frame = finished(std::move(frame), below(2) == 0);
      frame.shrink_to_fit();
      if (below(3) == 0)
        bench.received(frame);
      else
        bench.sent(frame);
      bench.wait(Duration::milliseconds(static_cast<std::int64_t>(below(700))));
    }
  }
}

/// All that the checksum covers: addresses, and what is behind the IPv6 header. Every `step`-th bit.
void change_bits(std::size_t step) {
  for (const Golden& golden : goldens) {
    const Buffer whole = golden.frame();
    if (whole[ip_at + 6] == extension::fragment) continue;
    for (std::size_t bit = (ip_at + 8) * 8; bit < whole.size() * 8; bit += step) {
      Buffer changed = whole;
      changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1u << (bit % 8)));
      EXPECT_TRUE(Bench({.ipv6 = true}).sent(changed).has_value()) << golden.name << " bit " << bit;
    }
  }
}

TEST(FrameCheckerIpv6, no_changed_bit_of_a_checksummed_packet_is_accepted) { change_bits(11); }
TEST(FrameCheckerIpv6Heavy, no_changed_bit_at_all_of_a_checksummed_packet_is_accepted) { change_bits(1); }

}  // namespace
}  // namespace linnet::sim::test
