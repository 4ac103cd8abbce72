// SPDX-License-Identifier: Apache-2.0
// L7: how long a transfer may take, and who takes longer.
#include "sim/single_flow.hpp"

#include <gtest/gtest.h>

#include "sim/run.hpp"

namespace linnet::sim {
namespace {

constexpr FlowPath path{.round_trip = 0.1,
                        .rate = 1e6,
                        .window = 20000,
                        .segment = 1000,
                        .initial_window = 10000,
                        .delayed_ack = 0,
                        .retransmission_timeout = 1};

TEST(SingleFlow, plain_sender_sends_a_window_each_round_trip) {
  // Four for the beginning and the end; 10000 + 15000 in slow start, then 20000 in 0.1 s.
  EXPECT_NEAR(plain_seconds(path, 200000, {}), 0.4 + 0.2 + 175000 / 200000.0, 0.11);
  FlowPath slow = path;
  slow.rate = 50000;  // less than a window in a round trip
  EXPECT_NEAR(plain_seconds(slow, 200000, {}), 0.4 + 200000 / 50000.0, 0.2);
}

TEST(SingleFlow, each_round_trip_that_loses_something_halves_its_window) {
  const double whole = plain_seconds(path, 400000, {});
  const double one = plain_seconds(path, 400000, {200000});
  // From 20 segments to 10, and one more each round trip: 55 segments fewer by then, of 20 in 0.1 s.
  EXPECT_NEAR(one - whole, 0.1 + 55 / 20.0 * 0.1, 0.11);
  EXPECT_NEAR(plain_seconds(path, 400000, {200000, 200001, 200002}), one, 1e-9) << "once a round trip";
  EXPECT_GT(plain_seconds(path, 400000, {200000, 300000}), one + 0.1);
}

TEST(SingleFlow, scenario_is_one_transfer_over_a_fair_link) {
  unsigned lossy = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Scenario scenario = make_scenario(seed, Length::flow);
    ASSERT_EQ(scenario.transfers.size(), 1u);
    const TcpPlan& plan = scenario.transfers[0];
    EXPECT_TRUE((plan.client_side.to_send == 0) != (plan.server_side.to_send == 0));
    EXPECT_TRUE(scenario.events.empty() && scenario.flows.empty() && !scenario.adversary.present);
    for (const MachineConfig& machine : scenario.machines) {
      EXPECT_EQ(machine.faults.link.loss > 0, scenario.faults.has(Fault::loss));
      EXPECT_LE(machine.faults.link.loss, 10000u);
      EXPECT_EQ(machine.faults.link.reorder + machine.faults.link.duplicate + machine.faults.link.corrupt,
                0u);
    }
    lossy += scenario.faults.has(Fault::loss) ? 1 : 0;
  }
  EXPECT_GT(lossy, 30u);
  EXPECT_LT(lossy, 70u);
}

TEST(SingleFlow, who_is_slower_than_a_third_more_is_told_so) {
  const Scenario scenario = make_scenario(4, Length::flow);
  const Instant begins = Instant() + Duration::seconds(5);
  const auto floor = [&] { return GoodputFloor(scenario, scenario.transfers[0], begins); };
  const Duration allowed = floor().allowed();
  EXPECT_GT(allowed, Duration::milliseconds(1));
  GoodputFloor quick = floor();
  quick.end(begins + allowed);
  EXPECT_EQ(quick.problem(), "");
  GoodputFloor slow = floor();
  slow.end(begins + allowed + Duration::microseconds(1));
  EXPECT_NE(slow.problem(), "");
  EXPECT_NE(floor().problem(), "") << "what never ended";
}

TEST(SingleFlow, what_is_lost_again_and_again_may_cost_twice_as_much_each_time) {
  const Scenario scenario = make_scenario(4, Length::flow);
  GoodputFloor floor(scenario, scenario.transfers[0], Instant());
  const TcpView syn{.source = Scenario::address(0),
                    .destination = Scenario::address(1),
                    .source_port = 5000,
                    .destination_port = 1000,
                    .seq = 7,
                    .flags = 0x02};
  const Buffer frame =
      ipv4_frame({.source = syn.source, .destination = syn.destination}, 6, tcp_segment(syn, {}, {}));
  const Duration before = floor.allowed();
  for (const std::int64_t seconds : {1, 3, 7}) {
    floor.lost(frame);
    EXPECT_EQ((floor.allowed() - before).as_microseconds() / 1000, seconds * 1000) << "RFC 6298 5.5";
  }
}

TEST(SingleFlow, runs_are_judged) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome outcome = run_scenario(make_scenario(seed, Length::flow));
    EXPECT_TRUE(outcome.ok()) << seed << ": " << outcome.rule << " " << outcome.problem;
    EXPECT_EQ(outcome.flows_judged, 1u);
  }
}

}  // namespace
}  // namespace linnet::sim
