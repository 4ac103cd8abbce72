// SPDX-License-Identifier: Apache-2.0
#include "drill/settings.hpp"

#include <array>
#include <charconv>

namespace linnet::drill {
namespace {

using Value = const std::optional<std::string>&;

template <typename Number>
bool take_number(Value value, Number& to, std::int64_t least, std::int64_t most) {
  if (!value) return false;
  std::int64_t number = 0;
  const char* end = value->data() + value->size();
  const auto result = std::from_chars(value->data(), end, number);
  if (result.ptr != end || result.ec != std::errc() || number < least || number > most) return false;
  to = static_cast<Number>(number);
  return true;
}

bool take_address(Value value, std::optional<IpAddress>& to) {
  const auto address = value ? IpAddress::parse(*value) : std::nullopt;
  if (address) to = address;
  return address.has_value();
}

bool take_ip_version(Settings& settings, Value value) {
  if (value == "ipv4")
    settings.ip_version = IpVersion::ipv4;
  else if (value == "ipv4-mapped-ipv6")
    settings.ip_version = IpVersion::ipv4_mapped_ipv6;
  else if (value == "ipv6")
    settings.ip_version = IpVersion::ipv6;
  else
    return false;
  return true;
}

bool take_personality(Settings& settings, Value value) {
  if (value == "linux")
    settings.personality = Personality::linux;
  else if (value == "bsd")
    settings.personality = Personality::bsd;
  else
    return false;
  return true;
}

bool take_percent(Settings& settings, Value value) {
  if (!value) return false;
  const char* end = value->data() + value->size();
  const auto result = std::from_chars(value->data(), end, settings.tolerance_percent);
  return result.ptr == end && result.ec == std::errc() && settings.tolerance_percent >= 0;
}

bool take_netmask(Settings& settings, Value value) {
  std::optional<IpAddress> mask;
  if (!take_address(value, mask) || !mask->is_v4()) return false;
  const auto length = prefix_length_of_mask(mask->v4_value());
  if (length) settings.prefix_length = length;
  return length.has_value();
}

bool take_init_scripts(Settings& settings, Value value) {
  if (!value) return false;
  settings.init_scripts.push_back(*value);
  return true;
}

bool take_flag(bool& to, Value value) {
  if (value && *value != "1" && *value != "0" && *value != "true" && *value != "false") return false;
  to = !value || *value == "1" || *value == "true";
  return true;
}

struct Row {
  const char* name;
  bool (*take)(Settings&, Value);
};

/// An option more is a line more.
constexpr std::array<Row, 24> rows{{
    {"ip_version", take_ip_version},
    {"personality", take_personality},
    {"tolerance_usecs",
     [](Settings& s, Value v) { return take_number(v, s.tolerance_usecs, 0, 1000000000); }},
    {"tolerance_percent", take_percent},
    {"local_ip", [](Settings& s, Value v) { return take_address(v, s.local_ip); }},
    {"remote_ip", [](Settings& s, Value v) { return take_address(v, s.remote_ip); }},
    {"gateway_ip", [](Settings& s, Value v) { return take_address(v, s.gateway_ip); }},
    {"netmask_ip", take_netmask},
    {"bind_port", [](Settings& s, Value v) { return take_number(v, s.bind_port, 1, 65535); }},
    {"connect_port", [](Settings& s, Value v) { return take_number(v, s.connect_port, 1, 65535); }},
    {"mtu",
     [](Settings& s, Value v) {
       std::uint16_t mtu = 0;
       const bool taken = take_number(v, mtu, 68, 65535);
       if (taken) s.mtu = mtu;
       return taken;
     }},
    {"tcp_ts_tick_usecs",
     [](Settings& s, Value v) { return take_number(v, s.tcp_ts_tick_usecs, 0, 1000000); }},
    {"strict_segments", [](Settings& s, Value v) { return take_flag(s.strict_segments, v); }},
    {"strict_timestamps", [](Settings& s, Value v) { return take_flag(s.strict_timestamps, v); }},
    {"dry_run", [](Settings& s, Value v) { return take_flag(s.dry_run, v); }},
    {"init_scripts", take_init_scripts},
    {"define", [](Settings& s, Value v) { return v && define(s.definitions, *v); }},
    // Of no meaning in virtual time and within one process:
    {"non_fatal", [](Settings&, Value v) { return v.has_value(); }},
    {"mss", [](Settings& s, Value v) { return take_number(v, s.mss, 1, 65495); }},
    {"speed", [](Settings&, Value) { return true; }},
    {"verbose", [](Settings& s, Value v) { return take_flag(s.trace, v); }},
    {"debug", [](Settings&, Value) { return true; }},
    {"tcp_ts_ecr_scaled", [](Settings&, Value) { return true; }},  // echoes are always scaled
    {"send_omit_free", [](Settings&, Value) { return true; }},
}};

constexpr std::array<const char*, 12> unsupported{"wire_client",        "wire_server",     "wire_server_ip",
                                                  "wire_server_port",   "wire_client_dev", "wire_server_dev",
                                                  "wire_server_at_all", "so_filename",     "so_flags",
                                                  "persistent_tun_dev", "tun_dev",         "code_command"};

// The addresses that published scripts are run with: Fast Open cookies are made of them.
constexpr IpAddress local_v6 = IpAddress::v6(
    std::array<std::uint8_t, 16>{0xfd, 0x3d, 0x0a, 0x0b, 0x17, 0xd6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
constexpr IpAddress gateway_v6 = IpAddress::v6(
    std::array<std::uint8_t, 16>{0xfd, 0x3d, 0x0a, 0x0b, 0x17, 0xd6, 0x88, 0x88, 0, 0, 0, 0, 0, 0, 0, 1});
constexpr IpAddress remote_v6 = IpAddress::v6(
    std::array<std::uint8_t, 16>{0xfd, 0x3d, 0xfa, 0x7b, 0xd1, 0x7d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

}  // namespace

IpAddress Settings::local() const {
  return local_ip.value_or(packets_are_v6() ? local_v6 : IpAddress::v4(192, 168, 0, 1));
}

IpAddress Settings::remote() const {
  return remote_ip.value_or(packets_are_v6() ? remote_v6 : IpAddress::v4(192, 0, 2, 1));
}

IpAddress Settings::gateway() const {
  return gateway_ip.value_or(packets_are_v6() ? gateway_v6 : IpAddress::v4(192, 168, 0, 2));
}

OptionResult apply_option(Settings& settings, const std::string& name, Value value) {
  for (const Row& row : rows) {
    if (name == row.name) return row.take(settings, value) ? OptionResult::taken : OptionResult::wrong_value;
  }
  for (const char* other : unsupported) {
    if (name == other) return OptionResult::unsupported;
  }
  return OptionResult::unknown;
}

linnet::Config stack_config(const Settings& settings) {
  linnet::Config config = linnet::Config::device();
  config.blocks = {.small_size = 2048, .small_count = 2048, .large_size = 66048, .large_count = 8};
  config.ip.reassemblies = 4;
  config.udp.sockets = 32;
  config.udp.queue_datagrams = 256;
  config.udp.receive_buffer = 212992;
  config.tcp.connections = 64;
  config.tcp.listeners = 32;
  config.tcp.syn_records = 64;
  config.tcp.reassembly_blocks = 512;
  config.tcp.backlog_policy = tcp::BacklogPolicy::drop;
  config.tcp.initial_rto = Duration::seconds(1);
  config.tcp.maximum_segment_size = 65495;  // the MTU lowers it
  config.ip.icmp_errors_per_second = 1000;
  config.tcp.transmissions = 8192;
  config.tcp.recoveries = 64;
  config.tcp.time_wait_reuse = Duration::max();
  config.tcp.path_mtu_probing = tcp::PathMtuProbing::off;
  config.tcp.pacing =
      false;  // on Linux the queue of a device paces, and the scripts' device has none that does
  if (settings.personality == Personality::linux) {
    // The values of Linux, and of the defaults.sh that its scripts begin with.
    config.tcp.minimum_rto = Duration::milliseconds(200);
    config.tcp.maximum_rto = Duration::seconds(120);
    config.tcp.delayed_ack = Duration::milliseconds(40);
    config.tcp.syn_retransmissions = 5;
    config.tcp.syn_ack_retransmissions = 5;
    config.tcp.retransmissions = 15;
    config.tcp.send_buffer = 262144;
    config.tcp.maximum_send_buffer = 4194304;
    config.tcp.receive_buffer = 540000 / 2;
    config.tcp.maximum_receive_buffer = 15 * 1024 * 1024;  // shift 8
    config.tcp.initial_window = 10;
    config.tcp.syn_option_order = tcp::OptionOrder::compact;
    config.tcp.ecn = tcp::Ecn::off;
    config.tcp.orphan_retransmissions = 8;
    config.tcp.slow_start_after_idle = false;
    config.tcp.rack = {.duplicate_threshold = 3, .patient_at_first = false};
    config.tcp.congestion = tcp::CongestionControl::cubic;
    config.tcp.cork_limit = Duration::milliseconds(200);
    config.tcp.quick_acks = 16;
    config.tcp.bare_window_probes = true;
    config.tcp.late_fin_acknowledgment = true;
    config.tcp.fast_open_back_off = Duration();
    config.tcp.soft_errors_end_handshakes = true;
    config.tcp.base_path_mtu = 1024 + 40;
    config.tcp.least_path_mtu = 48 + 40;
    config.tcp.largest_probe_first = false;
  } else {
    config.tcp.minimum_rto =
        Duration::milliseconds(230);  // 30, and 200 that FreeBSD adds to what it measures
    config.tcp.maximum_rto = Duration::seconds(64);
    config.tcp.delayed_ack = Duration::milliseconds(100);
    config.tcp.syn_retransmissions = 5;
    config.tcp.syn_option_order = tcp::OptionOrder::bsd;
    config.tcp.ecn = tcp::Ecn::accept;
    config.tcp.quick_acks = 0;
    config.tcp.tail_loss_probe = false;
    config.tcp.rack = {.enabled = false, .duplicate_threshold = 3, .patient_at_first = false};
    config.tcp.send_buffer = 32768;
    config.tcp.maximum_send_buffer = 2097152;
    config.tcp.receive_buffer = 65536;
    config.tcp.maximum_receive_buffer = 2097152;  // shift 6
  }
  return config;
}

}  // namespace linnet::drill
