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
  IpAddress local_ip = IpAddress::v4(192, 168, 0, 1);
  IpAddress remote_ip = IpAddress::v4(192, 0, 2, 1);
  IpAddress gateway_ip = IpAddress::v4(192, 168, 0, 2);
  std::uint8_t prefix_length = 16;
  std::uint16_t bind_port = 8080;
  std::uint16_t connect_port = 8080;
  std::uint16_t mtu = 1500;
  std::uint16_t mss = 1000;            ///< of the segments that a longer inbound packet stands for
  std::int64_t tcp_ts_tick_usecs = 0;  ///< 0: TS val is not looked at
  bool strict_segments = false;
  bool strict_timestamps = false;  ///< TS ecr of outbound packets must be what the script says
  bool trace = false;    ///< reports of failures list all packets
  bool dry_run = false;  ///< parse only
  std::vector<std::string> init_scripts{};
  Definitions definitions{};
};

enum class OptionResult : std::uint8_t { taken, unknown, wrong_value, unsupported };

/// One option of the original tool or of ours, without its "--".
OptionResult apply_option(Settings& settings, const std::string& name,
                          const std::optional<std::string>& value);

/// The stack's numbers before a script's own commands change them.
linnet::Config stack_config(const Settings& settings);

}  // namespace linnet::drill
