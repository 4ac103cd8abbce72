// SPDX-License-Identifier: Apache-2.0
// The options that make a device a small router: a second interface, and what passes between the two.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address.hpp"

namespace CLI {
class App;
}

namespace linnet::apps {

/// A port of the device that leads to a host on its second interface (`--port-map`).
struct MappedPort {
  bool udp = false;
  std::uint16_t port = 0;
  Endpoint inside;

  bool operator==(const MappedPort&) const = default;
};

struct RouterOptions {
  std::string lan;                   ///< a tap device; empty: no router
  std::optional<Prefix> address;     ///< on it
  std::optional<Prefix> address_v6;  ///< on it; then IPv6 is forwarded, too
  bool nat = false;
  std::vector<MappedPort> ports;  ///< with nat

  bool on() const { return !lan.empty(); }
};

/// `[tcp:|udp:]port:address:port`, for instance "8022:192.168.5.2:22"; nothing when it is something else.
std::optional<MappedPort> parse_mapped_port(std::string_view text);

/// Adds --lan alone: of programs that say themselves what is to become of it.
void add_lan_option(CLI::App& command, RouterOptions& options);
/// Adds them to a command. Values are checked while they are parsed; what is wrong throws CLI::ParseError.
void add_router_options(CLI::App& command, RouterOptions& options);
/// Checks, after parsing, what they say together. Throws CLI::ValidationError.
void check_router_options(const RouterOptions& options);

}  // namespace linnet::apps
