// SPDX-License-Identifier: Apache-2.0
// Runs one script against one host in virtual time.
#pragma once

#include <exception>
#include <memory>
#include <stdexcept>

#include "drill/calls.hpp"
#include "drill/commands.hpp"
#include "drill/packets.hpp"
#include "drill/python.hpp"

namespace linnet::drill {

class Runner {
 public:
  /// All must outlive the runner.
  Runner(const Script& script, const Settings& settings, HostMemory& memory, Python& python);

  /// Throws ScriptError when the script does not come to its end.
  void run();
  /// For the capture of a script that failed; null when the host was never made.
  const Network* network() const { return machine_ ? &machine_->network() : nullptr; }
  /// All packets, a line each.
  std::string trace() { return packets_ ? packets_->trace() : ""; }
  /// Of the script, in microseconds.
  std::int64_t time() { return machine_ ? machine_->time() : 0; }

 private:
  void look_ahead();
  bool only_restores() const;
  void begin();
  void run_event(const Event& event);
  void resolve(const Event& event);
  Window window_of(const Event& event) const;
  std::int64_t tolerance(std::int64_t begin) const;
  void expect(const Event& event, const PacketSpec& packet);
  void call(const Event& event, const SystemCall& call);
  void command(const Event& event, const Command& command);
  void code(const Event& event, const Code& code);
  void next();

  // --- while a call blocks ---
  void wait(Instant until);
  void play_until(Instant until);
  bool play_one(Instant until);
  void give_up(const std::string& why);

  const Script& script_;
  const Settings& settings_;
  Commands commands_;
  HostMemory& memory_;
  Python& python_;
  std::unique_ptr<Machine> machine_{};
  Flows flows_{};
  std::unique_ptr<Packets> packets_{};
  std::unique_ptr<Calls> calls_{};

  std::size_t at_ = 0;      // the event that is next
  std::int64_t begin_ = 0;  // its time since the script began, once resolved
  std::int64_t end_ = 0;
  bool resolved_ = false;
  std::int64_t last_time_ = 0;  // when the event before was to happen
  bool last_inbound_ = false;
  bool any_before_ = false;

  const Event* blocking_ = nullptr;  // the call that waits
  std::int64_t blocks_until_ = 0;    // when the script wants it to return
  std::exception_ptr trouble_{};     // met while a call waited
};

}  // namespace linnet::drill
