// SPDX-License-Identifier: Apache-2.0
#include "sim/shrink.hpp"

#include <algorithm>

namespace linnet::sim {

namespace {

class Shrinker {
 public:
  Shrinker(std::uint64_t seed, Length length, const Omissions& begin, const std::function<bool()>& over)
      : seed_(seed), length_(length), over_(over) {
    best_.omissions = begin;
    best_.outcome = run_scenario(make_scenario(seed, length, begin));
    best_.runs = 1;
  }
  Shrunk go() {
    for (bool progress = true; progress && !over_();) {
      progress = without_faults();
      progress = without_programs() || progress;
      progress = halved() || progress;
    }
    without_events();
    return best_;
  }

 private:
  bool accept(const Omissions& omissions) {
    if (over_()) return false;
    ++best_.runs;
    Outcome outcome = run_scenario(make_scenario(seed_, length_, omissions));
    if (outcome.rule != best_.outcome.rule) return false;
    best_.omissions = omissions;
    best_.outcome = std::move(outcome);
    return true;
  }
  bool without_faults() {
    bool progress = false;
    for (std::size_t i = 0; i < fault_count; ++i) {
      const auto fault = static_cast<Fault>(i);
      Omissions tried = best_.omissions;
      tried.faults.add(fault);
      if (make_scenario(seed_, length_, best_.omissions).faults.has(fault))
        progress = accept(tried) || progress;
    }
    return progress;
  }
  bool without_programs() {
    bool progress = false;
    const Scenario scenario = make_scenario(seed_, length_, best_.omissions);
    std::vector<unsigned> numbers;
    for (const TcpPlan& plan : scenario.transfers) numbers.push_back(plan.number);
    for (const UdpPlan& plan : scenario.flows) numbers.push_back(plan.number);
    for (const unsigned number : numbers) {
      Omissions tried = best_.omissions;
      tried.programs.push_back(number);
      progress = accept(tried) || progress;
    }
    return progress;
  }
  bool halved() {
    bool progress = false;
    while (best_.omissions.halvings < 16) {
      Omissions tried = best_.omissions;
      ++tried.halvings;
      if (!accept(tried)) break;
      progress = true;
    }
    return progress;
  }
  /// Ever smaller ranges of fault events.
  void without_events() {
    const std::uint64_t all = best_.outcome.fault_events;
    for (std::uint64_t size = std::max<std::uint64_t>(all / 2, 1);; size /= 2) {
      for (std::uint64_t first = 0; first < all && !over_(); first += size) {
        Omissions tried = best_.omissions;
        tried.events.emplace_back(first, first + size);
        accept(tried);
      }
      if (size <= 1 || over_()) break;
    }
    join_ranges();
  }
  void join_ranges() {
    auto& events = best_.omissions.events;
    std::sort(events.begin(), events.end());
    std::vector<std::pair<std::uint64_t, std::uint64_t>> joined;
    for (const auto& range : events) {
      if (!joined.empty() && range.first <= joined.back().second) {
        joined.back().second = std::max(joined.back().second, range.second);
      } else {
        joined.push_back(range);
      }
    }
    events = joined;
  }

  std::uint64_t seed_;
  Length length_;
  const std::function<bool()>& over_;
  Shrunk best_;
};

}  // namespace

Shrunk shrink(std::uint64_t seed, Length length, const Omissions& begin, const std::function<bool()>& over) {
  return Shrinker(seed, length, begin, over).go();
}

std::string replay_options(std::uint64_t seed, Length length, const Omissions& omissions) {
  std::string text = "--seed " + std::to_string(seed) + " --length " + std::string(length_text(length));
  const auto list = [&text](const char* option, const auto& items, auto&& one) {
    const char* separator = option;
    for (const auto& item : items) {
      text += separator + one(item);
      separator = ",";
    }
  };
  std::vector<Fault> faults;
  for (std::size_t i = 0; i < fault_count; ++i) {
    if (omissions.faults.has(static_cast<Fault>(i))) faults.push_back(static_cast<Fault>(i));
  }
  list(" --without ", faults, [](Fault fault) { return std::string(fault_name(fault)); });
  list(" --without-programs ", omissions.programs, [](unsigned number) { return std::to_string(number); });
  list(" --without-events ", omissions.events,
       [](const auto& range) { return std::to_string(range.first) + "-" + std::to_string(range.second); });
  if (omissions.halvings > 0) text += " --halve " + std::to_string(omissions.halvings);
  if (omissions.plain) text += " --plain";
  return text;
}

}  // namespace linnet::sim
