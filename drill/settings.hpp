// SPDX-License-Identifier: Apache-2.0
// How scripts are run: the original tool's options, and ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "drill/parser.hpp"

namespace linnet::drill {

enum class IpVersion : std::uint8_t { ipv4, ipv4_mapped_ipv6, ipv6 };
enum class Personality : std::uint8_t { linux, bsd };

struct Settings {
  std::int64_t tolerance_usecs = 4000;
  double tolerance_percent = 1.0;  ///< of the time since the event before, when that is more
  IpVersion ip_version = IpVersion::ipv4;
  Personality personality = Personality::linux;
  // Nothing: what is usual for the version, see below.
  std::optional<IpAddress> local_ip{};
  std::optional<IpAddress> remote_ip{};
  std::optional<IpAddress> gateway_ip{};
  std::optional<std::uint8_t> prefix_length{};
  std::optional<std::uint16_t> mtu{};
  std::uint16_t bind_port = 8080;
  std::uint16_t connect_port = 8080;
  std::uint16_t mss = 1000;            ///< of the segments that a longer inbound packet stands for
  std::int64_t tcp_ts_tick_usecs = 0;  ///< 0: TS val is not looked at
  bool strict_segments = false;
  bool strict_timestamps = false;  ///< TS ecr of outbound packets must be what the script says
  bool trace = false;    ///< reports of failures list all packets
  bool dry_run = false;  ///< parse only
  std::vector<std::string> init_scripts{};
  Definitions definitions{};

  /// Of the packets; of sockets it is AF_INET6 unless they are IPv4's.
  bool packets_are_v6() const { return ip_version == IpVersion::ipv6; }
  IpAddress local() const;
  IpAddress remote() const;
  IpAddress gateway() const;
  std::uint8_t local_prefix_length() const { return prefix_length.value_or(packets_are_v6() ? 48 : 16); }
  /// Longer by what the IPv6 header is, so that segments are as long as over IPv4.
  std::uint16_t link_mtu() const { return mtu.value_or(packets_are_v6() ? 1520 : 1500); }
};

enum class OptionResult : std::uint8_t { taken, unknown, wrong_value, unsupported };

/// One option of the original tool or of ours, without its "--".
OptionResult apply_option(Settings& settings, const std::string& name,
                          const std::optional<std::string>& value);

/// The stack's numbers before a script's own commands change them.
linnet::Config stack_config(const Settings& settings);

}  // namespace linnet::drill
