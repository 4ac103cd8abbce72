// SPDX-License-Identifier: Apache-2.0
// The `commands` of scripts: settings of the system, which here are numbers of the stack. Nothing is
// executed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "drill/settings.hpp"

namespace linnet::drill {

class Commands {
 public:
  /// `folder` is the script's own; commands name others relative to it.
  Commands(const Settings& settings, std::string folder)
      : config_(stack_config(settings)),
        mtu_(settings.mtu),
        remote_ip_(settings.remote_ip),
        folder_(std::move(folder)) {}

  /// A command before the host is made. Throws Unsupported for what has no meaning here.
  void run(const std::string& text, int line);
  /// After that: only what changes nothing or the MTU, or asks for what is so already.
  void run_late(const std::string& text, int line);
  const linnet::Config& config() const { return config_; }
  /// tcp_fastopen_key; empty: the stack's own.
  const std::vector<std::uint8_t>& fast_open_keys() const { return fast_open_keys_; }
  /// A bit of Linux's tcp_fastopen: every listener is as if it had asked for it.
  bool fast_open_listeners() const { return fast_open_listeners_; }
  /// Of the only link, and so of its route; it may change late.
  std::uint16_t mtu() const { return mtu_; }
  /// ethtool -K ... off: on Linux, large segments are cut only after TCP.
  bool cut_late() const { return cut_late_; }

 private:
  void one(const std::string& command, int line);
  void set(const std::string& name, const std::string& value, int line);
  void set_several(const std::vector<std::string>& words, std::size_t from, int line);
  void apply(const std::string& name, const std::string& value, int line);
  bool apply_text(const std::string& name, const std::string& value, int line);
  void route(const std::vector<std::string>& words, const std::string& command, int line);

  linnet::Config config_;
  std::uint16_t mtu_;
  IpAddress remote_ip_;
  std::string folder_;
  std::map<std::string, std::string> values_{};  ///< by "tcp_sack"
  std::vector<std::uint8_t> fast_open_keys_{};
  bool fast_open_listeners_ = false;
  bool cut_late_ = false;
  bool late_ = false;
};

}  // namespace linnet::drill
