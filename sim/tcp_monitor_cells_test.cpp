// SPDX-License-Identifier: Apache-2.0
#include "sim/tcp_monitor_cells.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/campaign.hpp"

namespace linnet::sim {
namespace {

/// A campaign that has seen everything once.
CampaignTotals all_seen() {
  CampaignTotals totals;
  for (std::size_t i = 0; i < fault_count; ++i) totals.faults.add(static_cast<Fault>(i));
  totals.drops.fill(1);
  totals.monitors.tcp_rules_exercised.fill(1);
  totals.monitors.mdns_rules_exercised.fill(1);
  totals.monitors.sntp_rules_exercised.fill(1);
  totals.monitors.dhcp_rules_exercised.fill(1);
  for (auto& row : totals.monitors.cells) row.fill(1);
  totals.flows_judged = 1;
  return totals;
}

TEST(TcpCells, what_cannot_be_has_a_reason_and_nothing_else_has) {
  for (std::size_t s = 0; s < tcp_states; ++s) {
    for (std::size_t e = 0; e < tcp_events; ++e) {
      const CellReason reason = cell_reason(static_cast<TcpState>(s), static_cast<TcpEvent>(e));
      EXPECT_EQ(reason.why.empty(), reason.use != CellUse::never) << s << " " << e;
    }
  }
  EXPECT_EQ(cell_reason(TcpState::established, TcpEvent::send_data).use, CellUse::wanted);
  EXPECT_EQ(cell_reason(TcpState::fin_wait_1, TcpEvent::send_data).use, CellUse::never);
  EXPECT_EQ(reachable_cells(), 107u);
}

TEST(CampaignGaps, nothing_is_missing_when_everything_was_seen) {
  EXPECT_TRUE(never_exercised(all_seen()).empty());
  for (const Coverage& coverage : all_seen().coverage())
    EXPECT_EQ(coverage.exercised, coverage.all) << coverage.what;
}

TEST(CampaignGaps, a_campaign_that_saw_nothing_misses_each_of_them) {
  const std::vector<std::string> gaps = never_exercised({});
  const auto count = [&gaps](const char* begin) {
    return std::count_if(gaps.begin(), gaps.end(),
                         [begin](const std::string& gap) { return gap.starts_with(begin); });
  };
  EXPECT_EQ(count("fault "), fault_count);
  EXPECT_GT(count("drop reason: "), 40);
  EXPECT_GT(count("rule of the TCP monitor: "), 40);
  EXPECT_GT(count("cell: "), 70);
  EXPECT_EQ(count("rule of the mDNS monitor: "), mdns_rules);
  EXPECT_EQ(count("rule of the SNTP monitor: "), sntp_rules);
  EXPECT_EQ(count("rule of the DHCP monitor: "), dhcp_rules);
  EXPECT_EQ(count("flow "), 1);
}

TEST(CampaignGaps, a_cell_is_missed_only_when_it_is_wanted) {
  CampaignTotals totals = all_seen();
  const auto cell = [&totals](TcpState state, TcpEvent event) -> std::uint64_t& {
    return totals.monitors.cells[static_cast<std::size_t>(state)][static_cast<std::size_t>(event)];
  };
  cell(TcpState::time_wait, TcpEvent::send_data) = 0;      // never
  cell(TcpState::established, TcpEvent::receive_syn) = 0;  // seldom
  EXPECT_TRUE(never_exercised(totals).empty());
  cell(TcpState::closing, TcpEvent::receive_ack) = 0;
  EXPECT_EQ(never_exercised(totals), std::vector<std::string>{"cell: CLOSING, receive ACK"});
}

}  // namespace
}  // namespace linnet::sim
