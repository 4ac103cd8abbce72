// SPDX-License-Identifier: Apache-2.0
// The `commands` of scripts: settings of the system, which here are numbers of the stack. Nothing is
// executed.
#pragma once

#include <map>
#include <string>

#include "drill/settings.hpp"

namespace linnet::drill {

class Commands {
 public:
  /// `folder` is the script's own; commands name others relative to it.
  Commands(const Settings& settings, std::string folder)
      : config_(stack_config(settings)), folder_(std::move(folder)) {}

  /// A command before the host is made. Throws Unsupported for what has no meaning here.
  void run(const std::string& text, int line);
  /// After that: only what changes nothing, or asks for what is so already.
  void run_late(const std::string& text, int line);
  const linnet::Config& config() const { return config_; }

 private:
  void one(const std::string& command, int line);
  void set(const std::string& name, const std::string& value, int line);
  void set_several(const std::vector<std::string>& words, std::size_t from, int line);
  void apply(const std::string& name, const std::string& value, int line);

  linnet::Config config_;
  std::string folder_;
  std::map<std::string, std::string> values_{};  ///< by "tcp_sack"
  bool late_ = false;
};

}  // namespace linnet::drill
