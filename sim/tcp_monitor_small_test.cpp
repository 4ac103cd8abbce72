// SPDX-License-Identifier: Apache-2.0
// The monitor refuses traces in which little is sent, or offered, without need.
#include "sim/test_tcp_trace.hpp"

namespace linnet::sim::test {
namespace {

using namespace tcp_flag;

TEST(TcpMonitorSmall, MUST_39_the_window_opens_by_worthwhile_steps) {
  const Handshake handshake{.config = {}};
  EXPECT_EQ(Trace(handshake).in(data(1, 1000)).out(bare(1, 1001, 7001)).rule(), "RFC9293.MUST-39");
  EXPECT_EQ(Trace(handshake).in(data(1, 1000)).out(bare(1, 1001, 7000)).out(bare(1, 1001, 8000)).rule(), "");
}

TEST(TcpMonitorSmall, SHLD_7_short_segments_are_gathered) {
  const Handshake gathers{.config = {.steps = false, .gathers = true}};
  Trace t(gathers);
  for (int i = 0; i < 3; ++i) t.out(data(1 + i * 10, 10));
  EXPECT_EQ(t.rule(), "") << "a probe of the tail, and what a FIN follows";
  EXPECT_EQ(t.out(data(31, 10)).rule(), "RFC9293.SHLD-7");
  Trace acknowledged(gathers);
  for (int i = 0; i < 10; ++i) acknowledged.out(data(1 + i * 10, 10)).in(bare(1, 11 + i * 10));
  EXPECT_EQ(acknowledged.rule(), "");
  Trace without_delay;
  for (int i = 0; i < 10; ++i) without_delay.out(data(1 + i * 10, 10));
  EXPECT_EQ(without_delay.rule(), "");
}

TEST(TcpMonitorSmall, SHLD_30_probes_of_a_closed_window_back_off) {
  const auto probed = [](std::initializer_list<std::int64_t> intervals) {
    Trace t;
    t.in(bare(1, 1, 0));
    for (const std::int64_t interval : intervals) t.wait(interval).out(bare(0, 1)).in(bare(1, 1, 0));
    return t.rule();
  };
  EXPECT_EQ(probed({300, 600, 1200, 1200}), "RFC9293.SHLD-30");
  EXPECT_EQ(probed({300, 600, 1200, 2400, 4800}), "");
  EXPECT_EQ(probed({300, 60000, 120000, 120000}), "") << "up to the maximum";
  Trace opens;
  opens.in(bare(1, 1, 0)).wait(300).out(bare(0, 1)).wait(600).out(bare(0, 1)).wait(1200).out(bare(0, 1));
  opens.in(bare(1, 1)).in(bare(1, 1, 0)).wait(300).out(bare(0, 1));
  EXPECT_EQ(opens.rule(), "");
}

TEST(TcpMonitorSmall, MUST_25_nothing_is_kept_alive_unasked) {
  const Handshake never{.config = {.steps = false, .keeps_alive = false}};
  EXPECT_EQ(Trace(never).wait(30000).out(bare(0, 1)).rule(), "RFC9293.MUST-25");
  EXPECT_EQ(Trace().wait(30000).out(bare(0, 1)).rule(), "");
  EXPECT_EQ(Trace(never).in(bare(1, 1, 0)).wait(300).out(bare(0, 1)).rule(), "") << "the window is closed";
}

TEST(TcpMonitorSmall, RFC2883_4_what_came_twice_is_told) {
  const Handshake tells{.sack = true, .config = {.steps = false, .tells_duplicates = true}};
  Trace silent(tells);
  silent.in(data(1, 100)).out(bare(1, 101)).turn().in(data(1, 100)).out_now(bare(1, 101));
  EXPECT_EQ(silent.rule(), "RFC2883.4.told");
  Trace told(tells);
  told.in(data(1, 100)).out(bare(1, 101)).turn().in(data(1, 100)).out_now({.acks = 101, .sack = {{1, 101}}});
  EXPECT_EQ(told.rule(), "") << told.text();
}

TEST(TcpMonitorSmall, RFC6528_3_initial_numbers_need_a_secret) {
  const auto rule_of = [](std::uint32_t apart) {
    TcpMonitor monitor({.ethernet = false, .sent_checksums = false});
    std::vector<std::uint8_t> syn_of_one = packet_of({.flags = syn, .seq = 0}, true);
    monitor.sent(syn_of_one, Instant::from_microseconds(1000000));
    std::vector<std::uint8_t> syn_of_another = syn_of_one;
    store16(syn_of_another.data() + 20, 2001);
    store32(syn_of_another.data() + 24, load32(syn_of_one.data() + 24) + apart);
    monitor.sent(syn_of_another, Instant::from_microseconds(1001000));
    return monitor.violation() ? monitor.violation()->rule : "";
  };
  EXPECT_EQ(rule_of(250), "RFC6528.3") << "a millisecond of 4 us";
  EXPECT_EQ(rule_of(0x12345678), "");
}

}  // namespace
}  // namespace linnet::sim::test
