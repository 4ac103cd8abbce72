// SPDX-License-Identifier: Apache-2.0
// Chaos: lets happen what a scenario has planned.
#pragma once

#include "sim/stage.hpp"

namespace linnet::sim {

/// Lets happen what the scenario has planned, each at its time.
class Chaos final : public Program {
 public:
  Chaos(Stage& stage, Instant begins) : stage_(stage), begins_(begins) {}
  Instant step(Instant now) override {
    const auto& events = stage_.scenario_.events;
    while (next_ < events.size() && begins_ + events[next_].at <= now) happen(events[next_++], now);
    std::vector<Later> due;
    std::erase_if(later_, [&](const Later& later) {
      if (later.at > now) return false;
      due.push_back(later);
      return true;
    });
    for (const Later& later : due) undo(later);
    Instant wanted = next_ < events.size() ? begins_ + events[next_].at : Instant::never();
    for (const Later& later : later_) wanted = earlier(wanted, later.at);
    return wanted;
  }
  /// Everything that was taken away is given back.
  void end() {
    next_ = stage_.scenario_.events.size();
    const std::vector<Later> left = std::move(later_);
    later_.clear();
    for (const Later& later : left) undo(later);
  }

 private:
  struct Later {
    Instant at;
    ChaosEvent event;
  };
  void happen(const ChaosEvent& event, Instant now);
  void undo(const Later& later);
  void crash(const ChaosEvent& event, Instant now);
  void hog(Machine& machine, std::uint64_t percent);
  void lose_address(const ChaosEvent& event);
  void claim_address(const Machine& machine);
  void claim_address_v6(const Machine& machine, bool by_probe);
  void storm(Machine& machine, std::uint64_t frames);

  Stage& stage_;
  Instant begins_;
  std::size_t next_ = 0;
  std::vector<Later> later_;
  std::map<unsigned, std::vector<Block>> hogged_;
};

}  // namespace linnet::sim
