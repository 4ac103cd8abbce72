// SPDX-License-Identifier: Apache-2.0
// The `commands` of scripts: settings of the system, which here are numbers of the stack. Nothing is
// executed.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "drill/settings.hpp"
#include "drill/sysctl.hpp"

namespace linnet::drill {

class Commands {
 public:
  explicit Commands(const Settings& settings) : system_{.config = stack_config(settings), .mtu = settings.link_mtu()} {}

  /// A command before the host is made. Throws Unsupported for what has no meaning here.
  void run(const std::string& text, int line);
  /// After that: what memory and addresses were made with cannot change any more.
  void run_late(const std::string& text, int line);
  const System& system() const { return system_; }
  /// What `ip tcp_metrics flush` does while the host runs.
  void on_metrics_flush(std::function<void()> action) { flush_metrics_ = std::move(action); }
  /// Does it only put settings back, for what else runs on the machine?
  static bool restores(const std::string& text);

 private:
  void alternatives(const std::string& command, int line);
  void one(const std::string& command, int line);
  void harmless(const std::string& program, const std::string& command, int line);
  void set(const std::string& name, const std::string& value, int line);
  void set_several(const std::vector<std::string>& words, int line);
  void apply(const std::string& name, const std::string& value, int line);
  bool apply_text(const std::string& name, const std::string& value, int line);
  void route(const std::vector<std::string>& words, const std::string& command, int line);

  System system_;
  std::map<std::string, std::string> values_{};  ///< by "tcp_sack"
  std::function<void()> flush_metrics_{};
  bool late_ = false;
};

}  // namespace linnet::drill
