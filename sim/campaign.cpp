// SPDX-License-Identifier: Apache-2.0
#include "sim/campaign.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "sim/tcp_monitor_cells.hpp"

namespace linnet::sim {

namespace {

/// Reasons that no scenario can have.
constexpr std::array never_in_scenarios{
    Drop::none,
    Drop::device_gone,      // ports never go away for good
    Drop::l2_long,          // a switch carries no more than the MTU and some padding
    Drop::vlan_not_member,  // no port is in a VLAN
    Drop::vlan_short,
    Drop::raw_queue_full,   // no program has a raw socket
    Drop::ip_ttl,           // hosts forward and translate nothing
    Drop::ip_not_forwarded,
    Drop::ip_reverse_path,
    Drop::napt_protocol,
    Drop::napt_filtered,
    Drop::napt_full,
    Drop::icmp_rate_limit,  // an answer that is not given is counted nowhere
    Drop::ip_too_big,       // an answer is no longer than what it answers
    Drop::tcp_backlog,      // listeners of the world take one connection each, and are gone then
    Drop::igmp_malformed,   // nobody of the world speaks IGMP
    Drop::igmp_checksum,
    Drop::igmp_type,
};

bool can_happen(Drop reason) {
  return std::find(never_in_scenarios.begin(), never_in_scenarios.end(), reason) == never_in_scenarios.end();
}

/// Rules that are put to the test once in tens of thousands of scenarios: they may be missing.
constexpr std::array seldom_tested{TcpRule::syn_challenged, TcpRule::keepalive_unasked, TcpRule::reset_challenged};

template <typename Visit>
void for_each_cell(const TcpCells& cells, Visit&& visit) {
  for (std::size_t s = 0; s < tcp_states; ++s) {
    for (std::size_t e = 0; e < tcp_events; ++e) {
      const auto state = static_cast<TcpState>(s);
      const auto event = static_cast<TcpEvent>(e);
      visit(state, event, cell_reason(state, event).use, cells[s][e]);
    }
  }
}

}  // namespace

void CampaignTotals::add(const Outcome& outcome, Length length) {
  Seen::add(outcome);
  ++scenarios;
  ++by_length[static_cast<std::size_t>(length)];
  digest += mixed(outcome.digest.high, outcome.digest.low);
}

void CampaignTotals::add(const CampaignTotals& other) {
  Seen::add(other);
  scenarios += other.scenarios;
  for (std::size_t i = 0; i < lengths; ++i) by_length[i] += other.by_length[i];
  digest += other.digest;
  failures.insert(failures.end(), other.failures.begin(), other.failures.end());
}

std::vector<Coverage> CampaignTotals::coverage() const {
  Coverage fault_coverage{.what = "faults", .all = fault_count};
  for (std::size_t i = 0; i < fault_count; ++i)
    fault_coverage.exercised += faults.of(static_cast<Fault>(i)) > 0 ? 1 : 0;
  Coverage drop_coverage{.what = "drop reasons", .all = drops.size() - never_in_scenarios.size()};
  for (std::size_t i = 0; i < drops.size(); ++i)
    drop_coverage.exercised += drops[i] > 0 && can_happen(static_cast<Drop>(i)) ? 1 : 0;
  Coverage rule_coverage{.what = "rules of the TCP monitor", .all = tcp_rules};
  for (const std::uint64_t count : monitors.tcp_rules_exercised) rule_coverage.exercised += count > 0 ? 1 : 0;
  Coverage mdns_coverage{.what = "rules of the mDNS monitor", .all = mdns_rules};
  for (const std::uint64_t count : monitors.mdns_rules_exercised) mdns_coverage.exercised += count > 0 ? 1 : 0;
  const auto coverage_of = [](std::string what, const auto& exercised) {
    const auto count = std::count_if(exercised.begin(), exercised.end(), [](std::uint64_t n) { return n > 0; });
    return Coverage{.what = std::move(what), .exercised = static_cast<std::size_t>(count), .all = exercised.size()};
  };
  const Coverage sntp_coverage = coverage_of("rules of the SNTP monitor", monitors.sntp_rules_exercised);
  const Coverage dhcp_coverage = coverage_of("rules of the DHCP monitor", monitors.dhcp_rules_exercised);
  Coverage cell_coverage{.what = "cells of TCP state and event", .all = reachable_cells()};
  for_each_cell(monitors.cells, [&](TcpState, TcpEvent, CellUse use, std::uint64_t count) {
    cell_coverage.exercised += count > 0 && use != CellUse::never ? 1 : 0;
  });
  return {fault_coverage, drop_coverage, rule_coverage, mdns_coverage, sntp_coverage, dhcp_coverage, cell_coverage};
}

std::uint64_t campaign_seed(std::uint64_t base, std::uint64_t number) { return mixed(base, number); }

CampaignTotals run_campaign(const CampaignOptions& options, const std::function<bool(std::uint64_t)>& over) {
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::size_t> failures{0};
  std::mutex mutex;
  CampaignTotals totals;
  const auto work = [&] {
    CampaignTotals mine;
    for (;;) {
      const std::uint64_t index = next.fetch_add(1);
      if (index >= options.count || failures >= options.most_failures) break;
      const std::uint64_t number = options.first + index;
      const std::uint64_t seed = campaign_seed(options.base, number);
      const Length length = options.length.value_or(length_of(seed));
      const Outcome outcome = run_scenario(make_scenario(seed, length));
      mine.add(outcome, length);
      if (!outcome.ok()) {
        ++failures;
        mine.failures.push_back({.seed = seed, .number = number, .length = length, .outcome = outcome});
      }
      const std::uint64_t so_far = ++done;
      if (so_far % 16 == 0 && over(so_far)) next = options.count;
    }
    const std::lock_guard lock(mutex);
    totals.add(mine);
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < options.threads; ++i) threads.emplace_back(work);
  work();
  threads.clear();
  std::sort(totals.failures.begin(), totals.failures.end(),
            [](const Failure& a, const Failure& b) { return a.number < b.number; });
  return totals;
}

std::vector<std::string> never_exercised(const CampaignTotals& totals) {
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < fault_count; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (totals.faults.of(fault) == 0)
      missing.push_back("fault " + std::string(fault_name(fault)) + " " + std::string(fault_text(fault)));
  }
  if (totals.flows_judged == 0) missing.push_back("flow judged by its goodput");
  for (std::size_t i = 0; i < totals.drops.size(); ++i) {
    const auto reason = static_cast<Drop>(i);
    if (can_happen(reason) && totals.drops[i] == 0)
      missing.push_back("drop reason: " + std::string(drop_text(reason)));
  }
  for (std::size_t i = 0; i < tcp_rules; ++i) {
    const auto rule = static_cast<TcpRule>(i);
    const bool seldom = std::find(seldom_tested.begin(), seldom_tested.end(), rule) != seldom_tested.end();
    if (!seldom && totals.monitors.tcp_rules_exercised[i] == 0)
      missing.push_back("rule of the TCP monitor: " + std::string(rule_text(rule)));
  }
  for (std::size_t i = 0; i < mdns_rules; ++i) {
    if (totals.monitors.mdns_rules_exercised[i] == 0)
      missing.push_back("rule of the mDNS monitor: " + std::string(rule_text(static_cast<MdnsRule>(i))));
  }
  for (std::size_t i = 0; i < sntp_rules; ++i) {
    if (totals.monitors.sntp_rules_exercised[i] == 0)
      missing.push_back("rule of the SNTP monitor: " + std::string(words_of(static_cast<SntpRule>(i)).text));
  }
  for (std::size_t i = 0; i < dhcp_rules; ++i) {
    if (totals.monitors.dhcp_rules_exercised[i] == 0)
      missing.push_back("rule of the DHCP monitor: " + std::string(words_of(static_cast<DhcpRule>(i)).text));
  }
  for_each_cell(totals.monitors.cells, [&](TcpState state, TcpEvent event, CellUse use, std::uint64_t count) {
    if (use == CellUse::wanted && count == 0)
      missing.push_back("cell: " + std::string(name_of(state)) + ", " + std::string(name_of(event)));
  });
  return missing;
}

}  // namespace linnet::sim
