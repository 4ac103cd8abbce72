// SPDX-License-Identifier: Apache-2.0
#include "drill/sysctl.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace linnet::drill {
namespace {

/// Of Linux's tcp_fastopen: listeners need not ask for it.
constexpr std::int64_t every_listener = 0x400;
/// FreeBSD adds it to each RTO.
constexpr std::int64_t rexmit_slop = 200;

bool flag(bool& to, const Numbers& v) {
  to = v[0] != 0;
  return true;
}
template <typename Number>
bool count(Number& to, const Numbers& v) {
  if (v[0] < 0 || v[0] > std::int64_t{std::numeric_limits<Number>::max()}) return false;
  to = static_cast<Number>(v[0]);
  return true;
}
bool in_seconds(Duration& to, const Numbers& v) {
  to = Duration::seconds(v[0]);
  return v[0] >= 0;
}
bool in_milliseconds(Duration& to, const Numbers& v, std::int64_t more = 0) {
  to = Duration::milliseconds(v[0] + more);
  return v[0] > 0;
}
/// A segment's size; the packet around it has 40 bytes more.
bool packet_of(std::uint16_t& to, const Numbers& v) {
  if (v[0] < 48 || v[0] > 65535 - 40) return false;
  to = static_cast<std::uint16_t>(v[0] + 40);
  return true;
}
template <std::int64_t only>
bool is(System&, const Numbers& v) {
  return v[0] == only;
}
bool nothing(System&, const Numbers&) { return true; }

/// Least, first and largest size. The largest says how far a buffer may grow, and with it the window scale.
bool three_sizes(const Numbers& v) {
  constexpr std::int64_t most = 0x3fffffff;
  return v.size() == 3 && v[1] >= 2 && v[1] <= most && v[2] >= 1 && v[2] <= most;
}

/// Linux counts its own overhead, for which it takes half.
bool receive_sizes(System& s, const Numbers& v) {
  if (!three_sizes(v)) return false;
  s.config.tcp.receive_buffer = static_cast<std::uint32_t>(v[1] / 2);
  s.config.tcp.maximum_receive_buffer = static_cast<std::uint32_t>(v[2]);
  return true;
}
bool send_sizes(System& s, const Numbers& v) {
  if (!three_sizes(v)) return false;
  s.config.tcp.send_buffer = static_cast<std::uint32_t>(v[1]);
  s.config.tcp.maximum_send_buffer = static_cast<std::uint32_t>(v[2]);
  return true;
}
bool largest_buffers(System& s, const Numbers& v) {
  return count(s.config.tcp.maximum_send_buffer, v) && count(s.config.tcp.maximum_receive_buffer, v) && v[0] > 0;
}

/// Bits: 1 RACK, 2 its window never adapts, 4 three duplicates do not make it zero.
bool recovery(System& s, const Numbers& v) {
  if (v[0] < 0 || v[0] > 7 || (v[0] & 2) != 0) return false;
  s.config.tcp.rack.enabled = (v[0] & 1) != 0;
  if ((v[0] & 4) != 0) s.config.tcp.rack.duplicate_threshold = 0;
  return true;
}

bool ecn(System& s, const Numbers& v) {
  constexpr std::array modes{tcp::Ecn::off, tcp::Ecn::request, tcp::Ecn::accept};
  if (v[0] < 0 || v[0] > 2) return false;  // beyond: accurate ECN
  s.config.tcp.ecn = modes[static_cast<std::size_t>(v[0])];
  return true;
}

bool fast_open(System& s, const Numbers& v) {
  s.config.tcp.fast_open = static_cast<std::uint16_t>(v[0] & 0x207);
  s.fast_open_listeners = (v[0] & every_listener) != 0;
  return v[0] >= 0;
}
bool fast_open_bit(System& s, const Numbers& v, std::uint16_t bit) {
  const std::uint16_t others = s.config.tcp.fast_open & static_cast<std::uint16_t>(~bit);
  s.config.tcp.fast_open = static_cast<std::uint16_t>(v[0] != 0 ? others | bit : others);
  return true;
}

bool time_wait_reuse(System& s) {
  s.config.tcp.time_wait_reuse = s.time_wait_reuse ? s.time_wait_reuse_delay : Duration::max();
  return true;
}

/// 2: a cookie for every SYN, which is what happens to those that find no room for a record.
bool syn_cookies(System& s, const Numbers& v) {
  if (v[0] == 2) s.config.tcp.syn_records = 0;
  return v[0] >= 0 && v[0] <= 2;
}

/// A setting more is a line more.
constexpr std::array settings{
    Setting{"tcp_timestamps", [](auto& s, auto& v) { return flag(s.config.tcp.timestamps, v); }},
    Setting{"tcp_sack", [](auto& s, auto& v) { return flag(s.config.tcp.selective_acknowledgment, v); }},
    Setting{"tcp_window_scaling", [](auto& s, auto& v) { return flag(s.config.tcp.window_scaling, v); }},
    Setting{"tcp_rmem", receive_sizes, true},
    Setting{"tcp_wmem", send_sizes, true},
    Setting{"tcp_syn_retries", [](auto& s, auto& v) { return count(s.config.tcp.syn_retransmissions, v); }},
    Setting{"tcp_synack_retries", [](auto& s, auto& v) { return count(s.config.tcp.syn_ack_retransmissions, v); }},
    Setting{"tcp_retries2", [](auto& s, auto& v) { return count(s.config.tcp.retransmissions, v); }},
    Setting{"tcp_fin_timeout", [](auto& s, auto& v) { return in_seconds(s.config.tcp.fin_wait_2_timeout, v); }},
    Setting{"tcp_keepalive_time", [](auto& s, auto& v) { return in_seconds(s.config.tcp.keepalive_idle, v); }},
    Setting{"tcp_keepalive_intvl", [](auto& s, auto& v) { return in_seconds(s.config.tcp.keepalive_interval, v); }},
    Setting{"tcp_keepalive_probes", [](auto& s, auto& v) { return count(s.config.tcp.keepalive_count, v); }},
    Setting{"ip_default_ttl", [](auto& s, auto& v) { return count(s.config.ip.default_ttl, v); }, true},
    Setting{"tcp_fastopen", fast_open},
    Setting{"tcp_abort_on_overflow",
            [](auto& s, auto& v) {
              s.config.tcp.backlog_policy = v[0] != 0 ? tcp::BacklogPolicy::refuse : tcp::BacklogPolicy::drop;
              return true;
            }},
    Setting{"tcp_ecn", ecn},
    Setting{"tcp_dsack", [](auto& s, auto& v) { return flag(s.config.tcp.duplicate_sack, v); }},
    Setting{"tcp_early_retrans",
            [](auto& s, auto& v) {
              // 1 and 2 were the early retransmit of RFC 5827, which Linux gave up for RACK.
              s.config.tcp.tail_loss_probe = v[0] >= 3;
              return v[0] >= 0 && v[0] <= 4;
            }},
    Setting{"tcp_recovery", recovery},
    Setting{"tcp_reordering", [](auto& s, auto& v) { return count(s.config.tcp.rack.duplicate_threshold, v); }},
    Setting{"tcp_frto", [](auto& s, auto& v) { return flag(s.config.tcp.forward_rto, v); }},
    Setting{"tcp_slow_start_after_idle", [](auto& s, auto& v) { return flag(s.config.tcp.slow_start_after_idle, v); }},
    Setting{"tcp_orphan_retries",
            [](auto& s, auto& v) { return v[0] == 0 || count(s.config.tcp.orphan_retransmissions, v); }},
    Setting{"tcp_notsent_lowat",
            [](auto& s, auto& v) {
              if (v[0] < 0 || v[0] >= 0xffffffff) s.config.tcp.unsent_low_water = 0;
              return v[0] < 0 || v[0] >= 0xffffffff || count(s.config.tcp.unsent_low_water, v);
            }},
    Setting{"tcp_tw_reuse",
            [](auto& s, auto& v) {
              // 2 means among addresses of the loopback only, which scripts do not use.
              s.time_wait_reuse = v[0] == 1;
              return time_wait_reuse(s) && v[0] >= 0 && v[0] <= 2;
            }},
    Setting{"tcp_tw_reuse_delay",
            [](auto& s, auto& v) { return in_milliseconds(s.time_wait_reuse_delay, v) && time_wait_reuse(s); }},
    Setting{"tcp_rto_max_ms",
            [](auto& s, auto& v) {
              s.config.tcp.maximum_rto = Duration::milliseconds(v[0]);
              s.config.tcp.initial_rto = std::min(s.config.tcp.initial_rto, s.config.tcp.maximum_rto);
              return v[0] >= 1000 && v[0] <= 120000;
            }},
    Setting{"tcp_rto_min_us",
            [](auto& s, auto& v) {
              s.config.tcp.minimum_rto = Duration::microseconds(v[0]);
              return v[0] > 0;
            }},
    Setting{"tcp_mtu_probing",
            [](auto& s, auto& v) {
              constexpr std::array modes{tcp::PathMtuProbing::off, tcp::PathMtuProbing::on_black_hole,
                                         tcp::PathMtuProbing::always};
              if (v[0] < 0 || v[0] > 2) return false;
              s.config.tcp.path_mtu_probing = modes[static_cast<std::size_t>(v[0])];
              return true;
            }},
    Setting{"tcp_base_mss", [](auto& s, auto& v) { return packet_of(s.config.tcp.base_path_mtu, v); }},
    Setting{"tcp_mtu_probe_floor", [](auto& s, auto& v) { return packet_of(s.config.tcp.least_path_mtu, v); }},
    Setting{"tcp_syncookies", syn_cookies, true},
    // What this stack does always, or never.
    Setting{"tcp_moderate_rcvbuf", is<1>},
    Setting{"tcp_shrink_window", is<0>},
    Setting{"ip_forward", is<0>},
    Setting{"tcp_comp_sack_nr", nothing},
    // What shapes Linux's own machinery, not what is on the wire.
    Setting{"tcp_retries1", nothing},
    Setting{"tcp_max_reordering", nothing},
    Setting{"tcp_low_latency", nothing},
    Setting{"tcp_autocorking", nothing},
    Setting{"tcp_fack", nothing},
    Setting{"tcp_fastopen_blackhole_timeout_sec",
            [](auto& s, auto& v) { return in_seconds(s.config.tcp.fast_open_back_off, v); }},
    Setting{"tcp_limit_output_bytes", nothing},
    Setting{"tcp_min_tso_segs", nothing},
    Setting{"tcp_no_metrics_save", nothing},
    Setting{"tcp_no_ssthresh_metrics_save", nothing},
    Setting{"tcp_pacing_ca_ratio", nothing},
    Setting{"tcp_pacing_ss_ratio", nothing},
    Setting{"tcp_min_rtt_wlen", nothing},
    Setting{"tcp_thin_linear_timeouts", is<0>},
    Setting{"tcp_stdurg", is<0>},
    Setting{"tcp_tso_win_divisor", nothing},
    // FreeBSD's.
    Setting{"net.inet.tcp.rfc1323",
            [](auto& s, auto& v) {
              return flag(s.config.tcp.timestamps, v) && flag(s.config.tcp.window_scaling, v) && v[0] <= 1;
            }},
    Setting{"net.inet.tcp.sack.enable",
            [](auto& s, auto& v) { return flag(s.config.tcp.selective_acknowledgment, v); }},
    Setting{"net.inet.tcp.ecn.enable", ecn},
    Setting{"net.inet.tcp.rexmit_initial",
            [](auto& s, auto& v) { return in_milliseconds(s.config.tcp.initial_rto, v); }},
    Setting{"net.inet.tcp.rexmit_min",
            [](auto& s, auto& v) { return in_milliseconds(s.config.tcp.minimum_rto, v, rexmit_slop); }},
    Setting{"net.inet.tcp.rexmit_slop", is<rexmit_slop>},
    Setting{"net.inet.tcp.delacktime", [](auto& s, auto& v) { return in_milliseconds(s.config.tcp.delayed_ack, v); }},
    Setting{"net.inet.tcp.msl",
            [](auto& s, auto& v) { return in_milliseconds(s.config.tcp.maximum_segment_lifetime, v); }},
    Setting{"net.inet.tcp.keepidle", [](auto& s, auto& v) { return in_milliseconds(s.config.tcp.keepalive_idle, v); }},
    Setting{"net.inet.tcp.keepintvl",
            [](auto& s, auto& v) { return in_milliseconds(s.config.tcp.keepalive_interval, v); }},
    Setting{"net.inet.tcp.keepcnt", [](auto& s, auto& v) { return count(s.config.tcp.keepalive_count, v); }},
    Setting{"net.inet.tcp.finwait2_timeout",
            [](auto& s, auto& v) { return in_milliseconds(s.config.tcp.fin_wait_2_timeout, v); }},
    Setting{"net.inet.tcp.initcwnd_segments",
            [](auto& s, auto& v) { return count(s.config.tcp.initial_window, v) && v[0] > 0; }},
    Setting{"net.inet.tcp.recvspace",
            [](auto& s, auto& v) { return count(s.config.tcp.receive_buffer, v) && v[0] > 0; }, true},
    Setting{"net.inet.tcp.sendspace",
            [](auto& s, auto& v) { return count(s.config.tcp.send_buffer, v) && v[0] > 0; }, true},
    Setting{"kern.ipc.maxsockbuf", largest_buffers, true},
    Setting{"net.inet.tcp.fastopen.client_enable",
            [](auto& s, auto& v) { return fast_open_bit(s, v, tcp::FastOpen::client); }},
    Setting{"net.inet.tcp.fastopen.server_enable",
            [](auto& s, auto& v) { return fast_open_bit(s, v, tcp::FastOpen::server); }},
    Setting{"net.inet.tcp.fastopen.psk_enable", is<0>},
    Setting{"net.inet.tcp.rexmit_drop_options", is<0>},
    Setting{"net.inet.tcp.blackhole", is<0>},
    Setting{"net.inet.tcp.drop_synfin", is<0>},
    Setting{"net.inet.tcp.insecure_rst", is<0>},
    Setting{"net.inet.tcp.insecure_syn", is<0>},
    Setting{"net.inet.tcp.tolerate_missing_ts", is<0>},
    Setting{"net.inet.tcp.syncookies", is<1>},
    Setting{"net.inet.tcp.syncookies_only",
            [](auto& s, auto& v) {
              if (v[0] != 0) s.config.tcp.syn_records = 0;
              return true;
            },
            true},
    Setting{"net.inet.tcp.icmp_may_rst", is<1>},
    Setting{"net.inet.tcp.hostcache.purgenow", nothing},
    Setting{"net.inet.tcp.rfc6675_pipe", nothing},
    Setting{"net.inet.tcp.rfc5827", nothing},
    Setting{"net.inet.tcp.abc_l_var", nothing},
};

}  // namespace

const Setting* find_setting(std::string_view name) {
  const auto* row = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.name == name; });
  return row == settings.end() ? nullptr : &*row;
}

}  // namespace linnet::drill
