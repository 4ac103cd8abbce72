// SPDX-License-Identifier: Apache-2.0
#include "drill/commands.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "drill/error.hpp"

namespace linnet::drill {
namespace {

using Numbers = std::vector<std::int64_t>;

/// Of Linux's tcp_fastopen: listeners need not ask for it.
constexpr std::int64_t every_listener = 0x400;

/// A number that sysctl shows: one or three of them. False: this stack cannot do that.
struct Setting {
  std::string_view name;
  bool (*apply)(linnet::Config& config, const Numbers& values);
};

bool flag(bool& to, const Numbers& v) {
  to = v[0] != 0;
  return true;
}
template <typename Number>
bool count(Number& to, const Numbers& v) {
  if (v[0] < 0 || v[0] > std::numeric_limits<Number>::max()) return false;
  to = static_cast<Number>(v[0]);
  return true;
}
bool in_seconds(Duration& to, const Numbers& v) {
  to = Duration::seconds(v[0]);
  return v[0] >= 0;
}
/// min, default, max: the largest says how far the buffer may grow, and with it the window scale.
bool largest(std::uint32_t& to, const Numbers& v) {
  if (v.size() != 3 || v[2] < 1 || v[2] > 0x3fffffff) return false;
  to = static_cast<std::uint32_t>(v[2]);
  return true;
}
/// A segment's size; the packet around it has 40 bytes more.
bool packet_of(std::uint16_t& to, const Numbers& v) {
  if (v[0] < 48 || v[0] > 65535 - 40) return false;
  to = static_cast<std::uint16_t>(v[0] + 40);
  return true;
}
template <std::int64_t only>
bool is(linnet::Config&, const Numbers& v) {
  return v[0] == only;
}
bool nothing(linnet::Config&, const Numbers&) { return true; }

bool flag_none(std::uint32_t& limit) {
  limit = 0;
  return true;
}

/// Bits: 1 RACK, 2 its window never adapts, 4 three duplicates do not make it zero. Without RACK Linux counts to three
/// by SACK, which is what RACK's zero window comes to.
bool recovery(linnet::Config& config, const Numbers& v) {
  if (v[0] < 0 || v[0] > 7 || (v[0] & 2) != 0) return false;
  if ((v[0] & 4) != 0) config.tcp.rack.duplicate_threshold = 0;
  return true;
}

/// A setting more is a line more.
constexpr std::array settings{
    Setting{"tcp_timestamps", [](auto& c, auto& v) { return flag(c.tcp.timestamps, v); }},
    Setting{"tcp_sack", [](auto& c, auto& v) { return flag(c.tcp.selective_acknowledgment, v); }},
    Setting{"tcp_window_scaling", [](auto& c, auto& v) { return flag(c.tcp.window_scaling, v); }},
    Setting{"tcp_rmem", [](auto& c, auto& v) { return largest(c.tcp.receive_buffer, v); }},
    Setting{"tcp_wmem", [](auto& c, auto& v) { return largest(c.tcp.send_buffer, v); }},
    Setting{"tcp_syn_retries", [](auto& c, auto& v) { return count(c.tcp.syn_retransmissions, v); }},
    Setting{"tcp_synack_retries", [](auto& c, auto& v) { return count(c.tcp.syn_ack_retransmissions, v); }},
    Setting{"tcp_retries2", [](auto& c, auto& v) { return count(c.tcp.retransmissions, v); }},
    Setting{"tcp_fin_timeout", [](auto& c, auto& v) { return in_seconds(c.tcp.fin_wait_2_timeout, v); }},
    Setting{"tcp_keepalive_time", [](auto& c, auto& v) { return in_seconds(c.tcp.keepalive_idle, v); }},
    Setting{"tcp_keepalive_intvl", [](auto& c, auto& v) { return in_seconds(c.tcp.keepalive_interval, v); }},
    Setting{"tcp_keepalive_probes", [](auto& c, auto& v) { return count(c.tcp.keepalive_count, v); }},
    Setting{"ip_default_ttl", [](auto& c, auto& v) { return count(c.ip.default_ttl, v); }},
    Setting{"tcp_fastopen",
            [](auto& c, auto& v) {
              c.tcp.fast_open = static_cast<std::uint16_t>(v[0] & 0x207);
              return v[0] >= 0;
            }},
    Setting{"tcp_abort_on_overflow",
            [](auto& c, auto& v) {
              c.tcp.backlog_policy = v[0] != 0 ? tcp::BacklogPolicy::refuse : tcp::BacklogPolicy::drop;
              return true;
            }},
    Setting{"tcp_ecn",
            [](auto& c, auto& v) {
              constexpr std::array modes{tcp::Ecn::off, tcp::Ecn::request, tcp::Ecn::accept};
              if (v[0] < 0 || v[0] > 2) return false;  // beyond: accurate ECN
              c.tcp.ecn = modes[static_cast<std::size_t>(v[0])];
              return true;
            }},
    Setting{"tcp_dsack", [](auto& c, auto& v) { return flag(c.tcp.duplicate_sack, v); }},
    Setting{"tcp_early_retrans",
            [](auto& c, auto& v) {
              // 1 and 2 were the early retransmit of RFC 5827, which Linux gave up for RACK.
              c.tcp.tail_loss_probe = v[0] >= 3;
              return v[0] >= 0 && v[0] <= 4;
            }},
    Setting{"tcp_recovery", recovery},
    Setting{"tcp_reordering", [](auto& c, auto& v) { return count(c.tcp.rack.duplicate_threshold, v); }},
    Setting{"tcp_frto", [](auto& c, auto& v) { return flag(c.tcp.forward_rto, v); }},
    Setting{"tcp_slow_start_after_idle", [](auto& c, auto& v) { return flag(c.tcp.slow_start_after_idle, v); }},
    Setting{"tcp_orphan_retries", [](auto& c, auto& v) { return v[0] == 0 || count(c.tcp.orphan_retransmissions, v); }},
    Setting{"tcp_notsent_lowat",
            [](auto& c, auto& v) {
              if (v[0] < 0 || v[0] >= 0xffffffff) return flag_none(c.tcp.unsent_low_water);
              return count(c.tcp.unsent_low_water, v);
            }},
    Setting{"tcp_tw_reuse",
            [](auto& c, auto& v) {
              // 2 means among addresses of the loopback only, which scripts do not use.
              c.tcp.time_wait_reuse = v[0] == 1 ? Duration::seconds(1) : Duration::max();
              return v[0] >= 0 && v[0] <= 2;
            }},
    Setting{"tcp_rto_max_ms",
            [](auto& c, auto& v) {
              c.tcp.maximum_rto = Duration::milliseconds(v[0]);
              c.tcp.initial_rto = std::min(c.tcp.initial_rto, c.tcp.maximum_rto);
              return v[0] >= 1000 && v[0] <= 120000;
            }},
    Setting{"tcp_rto_min_us",
            [](auto& c, auto& v) {
              c.tcp.minimum_rto = Duration::microseconds(v[0]);
              return v[0] > 0;
            }},
    Setting{"tcp_mtu_probing",
            [](auto& c, auto& v) {
              constexpr std::array modes{tcp::PathMtuProbing::off, tcp::PathMtuProbing::on_black_hole,
                                         tcp::PathMtuProbing::always};
              if (v[0] < 0 || v[0] > 2) return false;
              c.tcp.path_mtu_probing = modes[static_cast<std::size_t>(v[0])];
              return true;
            }},
    Setting{"tcp_base_mss", [](auto& c, auto& v) { return packet_of(c.tcp.base_path_mtu, v); }},
    Setting{"tcp_mtu_probe_floor", [](auto& c, auto& v) { return packet_of(c.tcp.least_path_mtu, v); }},
    // What this stack does always, or never.
    Setting{"tcp_shrink_window", is<0>},
    Setting{"ip_forward", is<0>},
    Setting{"tcp_comp_sack_nr", nothing},
    // What shapes Linux's own machinery, not what is on the wire.
    Setting{"tcp_autocorking", nothing},
    Setting{"tcp_fack", nothing},
    Setting{"tcp_fastopen_blackhole_timeout_sec", nothing},
    Setting{"tcp_limit_output_bytes", nothing},
    Setting{"tcp_min_tso_segs", nothing},
    Setting{"tcp_moderate_rcvbuf", nothing},
    Setting{"tcp_no_metrics_save", nothing},
    Setting{"tcp_no_ssthresh_metrics_save", nothing},
    Setting{"tcp_pacing_ca_ratio", nothing},
    Setting{"tcp_pacing_ss_ratio", nothing},
    Setting{"tcp_min_rtt_wlen", nothing},
    Setting{"tcp_thin_linear_timeouts", is<0>},
    Setting{"tcp_stdurg", is<0>},
    Setting{"tcp_syncookies", nothing},
    Setting{"tcp_tso_win_divisor", nothing},
};

/// Programs that change nothing that this interpreter knows.
const std::set<std::string, std::less<>> harmless{"true", ":", "echo", "sleep"};
const std::set<std::string, std::less<>> defaults{"defaults.sh", "defaults_for_linux.sh"};

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// `$((15*1024*1024))`: products of numbers, as the scripts write them.
std::optional<std::int64_t> product(std::string_view text) {
  std::int64_t all = 1;
  for (;;) {
    const std::size_t end = std::min(text.find('*'), text.size());
    const std::string_view factor = text.substr(0, end);
    std::int64_t number = 0;
    const bool hex = factor.starts_with("0x");
    const char* begin = factor.data() + (hex ? 2 : 0);
    const char* last = factor.data() + factor.size();
    const auto result = std::from_chars(begin, last, number, hex ? 16 : 10);
    if (result.ec != std::errc() || result.ptr != last || begin == last) return std::nullopt;
    if (__builtin_mul_overflow(all, number, &all)) return std::nullopt;
    if (end == text.size()) return all;
    text.remove_prefix(end + 1);
  }
}

/// The numbers of a value; nothing when it holds anything else.
std::optional<Numbers> numbers_of(std::string text) {
  for (std::size_t at = 0; (at = text.find("$((")) != text.npos;) {
    const std::size_t end = text.find("))", at);
    if (end == text.npos) return std::nullopt;
    const auto number = product(text.substr(at + 3, end - at - 3));
    if (!number) return std::nullopt;
    text.replace(at, end + 2 - at, std::to_string(*number));
  }
  Numbers numbers;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const auto number = product(word);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  if (numbers.empty()) return std::nullopt;
  return numbers;
}

/// a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4, or two of them with a comma between: words whose bytes stand last first.
std::optional<std::vector<std::uint8_t>> keys_of(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',') && bytes.size() < 32;) {
    std::istringstream parts(word);
    for (std::string part; std::getline(parts, part, '-');) {
      std::uint32_t number = 0;
      const auto result = std::from_chars(part.data(), part.data() + part.size(), number, 16);
      if (result.ec != std::errc() || result.ptr != part.data() + part.size()) return std::nullopt;
      for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
    }
  }
  if (bytes.size() != 16 && bytes.size() != 32) return std::nullopt;
  return bytes;
}

/// The commands of a text: without comments and redirections, cut at ; && and line ends.
std::vector<std::string> commands_of(const std::string& text) {
  std::vector<std::string> all(1);
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0' || c == '"' || c == '\'') {
      if (quote == '\0')
        quote = c;
      else if (c == quote)
        quote = '\0';
      all.back() += c;
    } else if (c == '\\' && i + 1 < text.size() && text[i + 1] == '\n') {
      ++i;
    } else if (c == '#' && (all.back().empty() || all.back().back() == ' ')) {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if (c == '\n' || c == ';' || (c == '&' && i + 1 < text.size() && text[i + 1] == '&')) {
      i += c == '&' ? 1 : 0;
      all.emplace_back();
    } else {
      all.back() += c == '\t' ? ' ' : c;
    }
  }
  return all;
}

/// The words of a command, quotes resolved, redirections left out.
std::vector<std::string> words_of(const std::string& command) {
  std::vector<std::string> all;
  std::string word;
  char quote = '\0';
  int depth = 0;  // of $((...))
  const auto finish = [&] {
    const bool redirection = word.find('>') != word.npos;
    if (!word.empty() && !redirection && !(all.size() > 0 && word == "/dev/null")) all.push_back(word);
    word.clear();
  };
  for (const char c : command) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (quote != '\0' ? c == quote : c == '"' || c == '\'') {
      quote = quote != '\0' ? '\0' : c;
    } else if (c == ' ' && quote == '\0' && depth == 0) {
      finish();
    } else {
      word += c;
    }
  }
  finish();
  return all;
}

}  // namespace

void Commands::run(const std::string& text, int line) {
  for (const std::string& command : commands_of(text)) one(command, line);
}

void Commands::run_late(const std::string& text, int line) {
  late_ = true;
  run(text, line);
  late_ = false;
}

void Commands::one(const std::string& command, int line) {
  const std::vector<std::string> words = words_of(command);
  if (words.empty()) return;
  const std::string program = last_part(words[0]);
  if (harmless.contains(program) || words[0].starts_with("#")) return;
  if (defaults.contains(program)) {
    // What every script of Linux's begins with is the personality, but for this.
    fast_open_listeners_ = true;
    fast_open_keys_ = *keys_of("a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4");
    return;
  }
  // Segments leave one by one here, whatever a device could do.
  const bool off = std::count(words.begin(), words.end(), "on") == 0;
  if (program == "ethtool" && words.size() > 2 && words[1] == "-K" && off) {
    cut_late_ = true;
    return;
  }
  if (program == "sysctl" || program == "set_sysctls.py") return set_several(words, 1, line);
  // Linux's scripts replace the queue that paces their packets by one that does not.
  const bool plain_queue = command.find("pfifo") != command.npos && command.find("limit") == command.npos;
  if (program == "tc" && plain_queue) return;
  if (program.starts_with("sysctl_restore_")) return;
  if (program == "ip" && words.size() > 1 && words[1] == "tcp_metrics") return;
  if (program == "ip" && words.size() > 3 && words[1] == "route") return route(words, command, line);
  throw Unsupported(line, "the command '" + command + "'");
}

void Commands::set_several(const std::vector<std::string>& words, std::size_t from, int line) {
  for (std::size_t i = from; i < words.size(); ++i) {
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

bool Commands::apply_text(const std::string& name, const std::string& value, int line) {
  if (name == "tcp_fastopen_key") {
    const auto keys = keys_of(value);
    if (!keys) throw Unsupported(line, "the setting " + name + "=" + value);
    fast_open_keys_ = *keys;
    return true;
  }
  if (name != "tcp_congestion_control") return false;
  const bool reno = value == "reno" || value == "newreno";
  if (!reno && value != "cubic") throw Unsupported(line, "the congestion control " + value);
  const auto chosen = reno ? tcp::CongestionControl::reno : tcp::CongestionControl::cubic;
  if (late_ && chosen != config_.tcp.congestion) throw Unsupported(line, "the setting " + name + " while the script runs");
  config_.tcp.congestion = chosen;
  return true;
}

/// ip route replace|change|add default via ... initcwnd 10: what Linux keeps for a route is for the whole stack here.
/// An MTU must come with the MSS that goes with it: what is announced follows from the MTU.
void Commands::route(const std::vector<std::string>& words, const std::string& command, int line) {
  linnet::Config changed = config_;
  std::size_t i = 3;
  const auto number = [&]() -> std::int64_t {
    const auto numbers = i + 1 < words.size() ? numbers_of(words[i + 1]) : std::nullopt;
    if (!numbers) throw Unsupported(line, "the command '" + command + "'");
    return (*numbers)[0];
  };
  std::int64_t mtu = mtu_;
  std::int64_t announced = mtu - 40;
  bool here = false;
  for (; i < words.size(); i += 2) {
    const std::string& word = words[i];
    if (word == "default" || word.find('/') != word.npos || word.find('{') != word.npos) {
      here = word == "default" || here;
      --i;
    } else if (IpAddress::parse(word) == remote_ip_) {
      --i;
    } else if (word == "advmss") {
      announced = number();
    } else if (word == "mtu") {
      if (i + 1 < words.size() && words[i + 1] == "lock") ++i;
      mtu = number();
    } else if (word == "dev" || word == "via" || word == "proto" || word == "src" || word == "metric") {
      continue;
    } else if (word == "initcwnd" && number() > 0 && number() <= 255) {
      changed.tcp.initial_window = static_cast<std::uint8_t>(number());
      here = true;
    } else if (word == "rto_min" && i + 1 < words.size() && words[i + 1].ends_with("ms")) {
      const auto least = numbers_of(words[i + 1].substr(0, words[i + 1].size() - 2));
      if (!least) throw Unsupported(line, "the command '" + command + "'");
      changed.tcp.minimum_rto = Duration::milliseconds((*least)[0]);
      here = true;
    } else {
      throw Unsupported(line, "the command '" + command + "'");
    }
  }
  const bool link = mtu != mtu_ || announced != mtu - 40;
  const bool good = link ? mtu >= 68 && mtu <= 65535 && announced == mtu - 40 : here;
  if (!good || (here && late_)) throw Unsupported(line, "the command '" + command + "'");
  mtu_ = static_cast<std::uint16_t>(mtu);
  config_ = changed;
}

void Commands::apply(const std::string& name, const std::string& value, int line) {
  if (apply_text(name, value, line)) return;
  const auto row =
      std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.name == name; });
  if (row == settings.end()) throw Unsupported(line, "the setting " + name);
  if (row->apply == nothing) return;
  const auto numbers = numbers_of(value);
  linnet::Config changed = config_;
  if (!numbers || !row->apply(changed, *numbers))
    throw Unsupported(line, "the setting " + name + "=" + value);
  if (late_) throw Unsupported(line, "the setting " + name + " while the script runs");
  config_ = changed;
  if (name == "tcp_fastopen") fast_open_listeners_ = ((*numbers)[0] & every_listener) != 0;
}

}  // namespace linnet::drill
