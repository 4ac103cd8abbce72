// SPDX-License-Identifier: Apache-2.0
#include "drill/commands.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "drill/error.hpp"

namespace linnet::drill {
namespace {

using Words = std::vector<std::string>;

/// Programs that change nothing that this interpreter knows.
const std::set<std::string, std::less<>> without_effect{"true", ":", "echo", "sleep", "sync"};
const std::set<std::string, std::less<>> defaults{"defaults.sh", "defaults_for_linux.sh"};

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool sets_values(const std::string& program) { return program == "sysctl" || program == "set_sysctls.py"; }

[[noreturn]] void refuse(const std::string& command, int line) {
  throw Unsupported(line, "the command '" + command + "'");
}

std::string joined(const Words& words, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < words.size(); ++i) text += (text.empty() ? "" : " ") + words[i];
  return text;
}

}  // namespace

void Commands::run(const std::string& text, int line) {
  for (const std::string& command : commands_of(text)) alternatives(command, line);
}

/// a || b: the first of them that is known here.
void Commands::alternatives(const std::string& command, int line) {
  const std::size_t end = command.find("||");
  if (end == std::string::npos) return one(command, line);
  try {
    one(command.substr(0, end), line);
  } catch (const Unsupported&) {
    alternatives(command.substr(end + 2), line);
  }
}

void Commands::run_late(const std::string& text, int line) {
  late_ = true;
  run(text, line);
  late_ = false;
}

bool Commands::restores(const std::string& text) {
  for (const std::string& command : commands_of(text)) {
    const Words words = words_of(command);
    const std::string program = words.empty() ? ":" : last_part(words[0]);
    const bool other = !sets_values(program) && !without_effect.contains(program);
    if (other && !program.starts_with("sysctl_restore_")) return false;
  }
  return true;
}

void Commands::one(const std::string& command, int line) {
  const Words words = words_of(command);
  if (words.empty() || words[0].starts_with("#")) return;
  const std::string program = last_part(words[0]);
  if (without_effect.contains(program)) return harmless(program, command, line);
  if (defaults.contains(program)) {
    // What every script of Linux's begins with is the personality, but for this.
    // Google's, shared by folders, have Fast Open for every listener; Linux's, beside the scripts, do not.
    system_.fast_open_listeners = words[0].find("common/") != std::string::npos;
    system_.fast_open_keys = *keys_of("a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4");
    return;
  }
  // Segments leave one by one here, whatever a device could do.
  if (program == "ethtool" && words.size() > 2 && words[1] == "-K" && std::count(words.begin(), words.end(), "on") == 0) return;
  if (sets_values(program)) return set_several(words, line);
  // Linux's scripts replace the queue that paces their packets by one that does not.
  const bool plain_queue = command.find("pfifo") != command.npos && command.find("limit") == command.npos;
  if (program == "tc" && plain_queue) return;
  if (program.starts_with("sysctl_restore_")) return;
  // Without a pipe behind it, which would be a check, it only begins to count anew.
  if (program == "nstat" && !redirections_of(command).piped) return;
  if (program == "ip" && words.size() > 1 && words[1] == "tcp_metrics") {
    if (flush_metrics_) flush_metrics_();
    return;
  }
  if (program == "ip" && words.size() > 3 && words[1] == "route") return route(words, command, line);
  refuse(command, line);
}

/// What writes to a file of the kernel makes a setting: echo 0 > /proc/sys/net/ipv4/tcp_sack.
void Commands::harmless(const std::string& program, const std::string& command, int line) {
  const Redirected parts = redirections_of(command);
  if (parts.piped) refuse(command, line);
  for (const std::string& target : parts.targets) {
    const Words words = words_of(parts.command);
    const std::string value = joined(words, words.size() > 1 && words[1] == "-n" ? 2 : 1);
    if (target.starts_with("&") || target.starts_with("/dev/")) continue;
    if (program != "echo") refuse(command, line);
    if (target.starts_with("/proc/sys/")) {
      set(target, value, line);
    } else if (target.ends_with("/tcp_cubic/parameters/hystart")) {
      system_.config.tcp.hystart = value != "0";
    } else if (target.ends_with("/parameters/hystart_detect") && (value == "0" || value == "2" || value == "3")) {
      // Of CUBIC. Bits: 1 trains of acknowledgments, 2 delay, which is what RFC 9406 keeps of it.
      system_.config.tcp.hystart = value != "0";
    } else {
      refuse(command, line);
    }
  }
}

void Commands::set_several(const Words& words, int line) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].starts_with("-")) continue;
    const std::size_t equals = words[i].find('=');
    if (equals == std::string::npos) throw Unsupported(line, "sysctl without a value: " + words[i]);
    set(words[i].substr(0, equals), words[i].substr(equals + 1), line);
  }
}

/// net.ipv4.tcp_sack and /proc/sys/net/ipv4/tcp_sack are the same.
void Commands::set(const std::string& name, const std::string& value, int line) {
  std::string path = name;
  std::replace(path.begin(), path.end(), '/', '.');
  for (const char* prefix : {".proc.sys.", "net.ipv4.", "net.core."}) {
    if (path.starts_with(prefix)) path.erase(0, std::string_view(prefix).size());
  }
  if (path.starts_with("net.ipv6.") || path.starts_with("net.mptcp."))
    throw Unsupported(line, "the setting " + name);
  const auto before = values_.find(path);
  if (late_ && before != values_.end() && before->second == value) return;
  apply(path, value, line);
  values_[path] = value;
}

/// Settings that are no numbers.
bool Commands::apply_text(const std::string& name, const std::string& value, int line) {
  if (name == "tcp_fastopen_key") {
    const auto keys = keys_of(value);
    if (!keys) throw Unsupported(line, "the setting " + name + "=" + value);
    system_.fast_open_keys = *keys;
    return true;
  }
  if (name != "tcp_congestion_control" && name != "net.inet.tcp.cc.algorithm") return false;
  const bool reno = value == "reno" || value == "newreno";
  if (!reno && value != "cubic") throw Unsupported(line, "the congestion control " + value);
  system_.config.tcp.congestion = reno ? tcp::CongestionControl::reno : tcp::CongestionControl::cubic;
  return true;
}

/// ip route replace|change|add default via ... initcwnd 10: what Linux keeps for a route is for the whole stack here.
void Commands::route(const Words& words, const std::string& command, int line) {
  System changed = system_;
  std::size_t i = 3;
  const auto number = [&](std::int64_t least, std::int64_t most) {
    const auto numbers = i + 1 < words.size() ? numbers_of(words[i + 1]) : std::nullopt;
    if (!numbers || (*numbers)[0] < least || (*numbers)[0] > most) refuse(command, line);
    return (*numbers)[0];
  };
  bool here = false;
  for (; i < words.size(); i += 2) {
    const std::string& word = words[i];
    if (word == "dev" || word == "via" || word == "proto" || word == "src" || word == "metric") continue;
    const bool destination = i == 3 || word == "default" || word.find('/') != word.npos || word.find('{') != word.npos;
    here = here || word == "default" || !destination;
    if (destination) {
      --i;
    } else if (word == "initcwnd") {
      changed.config.tcp.initial_window = static_cast<std::uint8_t>(number(1, 255));
    } else if (word == "advmss") {
      changed.config.tcp.maximum_segment_size = static_cast<std::uint16_t>(number(1, 65495));
    } else if (word == "mtu") {
      // A lock is against what ICMP tells.
      i += i + 1 < words.size() && words[i + 1] == "lock" ? 1 : 0;
      changed.mtu = static_cast<std::uint16_t>(number(68, 65535));
    } else if (word == "rto_min" && i + 1 < words.size() && words[i + 1].ends_with("ms")) {
      const auto least = numbers_of(words[i + 1].substr(0, words[i + 1].size() - 2));
      if (!least) refuse(command, line);
      changed.config.tcp.minimum_rto = Duration::milliseconds((*least)[0]);
    } else {
      refuse(command, line);
    }
  }
  if (!here || late_) refuse(command, line);
  system_ = changed;
}

void Commands::apply(const std::string& name, const std::string& value, int line) {
  if (apply_text(name, value, line)) return;
  const Setting* row = find_setting(name);
  if (row == nullptr) throw Unsupported(line, "the setting " + name);
  const auto numbers = numbers_of(value);
  System changed = system_;
  if (!numbers || !row->apply(changed, *numbers)) throw Unsupported(line, "the setting " + name + "=" + value);
  if (late_ && row->fixed) throw Unsupported(line, "the setting " + name + " while the script runs");
  system_ = changed;
}

}  // namespace linnet::drill
