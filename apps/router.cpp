// SPDX-License-Identifier: Apache-2.0
#include "apps/router.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/problem.hpp"

namespace linnet::apps {
namespace {

std::uint8_t protocol_of(const MappedPort& map) { return map.udp ? ip::protocol::udp : ip::protocol::tcp; }

}  // namespace

Router::Router(Machine& machine, Instant now) : machine_(machine) {
  ip::Ip& ip = machine.host().stack().ip();
  const std::uint8_t lan = machine.lan_interface();
  bool done = true;
  if (options().address) done = ip.add_address(lan, *options().address, false, now);
  if (options().address_v6) {
    done = done && ip.enable_ipv6(lan, now) && ip.add_address(lan, *options().address_v6, true, now);
  }
  if (options().nat) done = done && ip.set_napt(lan, true);
  if (!done)
    throw Problem(fmt::format("{} cannot be the second interface: its MTU is below 1280, or there is no room",
                              options().lan));
}

/// A translation's outside address is the machine's own, which DHCP may give, take and change.
Instant Router::poll(Instant) {
  Stack& stack = machine_.host().stack();
  if (options().ports.empty() || stack.ethernet().version() == version_) return Instant::never();
  version_ = stack.ethernet().version();
  IpAddress outside;
  for (const ip::AddressView& own : stack.ip().addresses()) {
    if (own.interface == machine_.interface() && own.usable() && outside.is_unspecified())
      outside = own.prefix.address;
  }
  if (outside != outside_) map_ports(outside);
  return Instant::never();
}

void Router::map_ports(const IpAddress& outside) {
  ip::Ip& ip = machine_.host().stack().ip();
  for (const MappedPort& map : options().ports) {
    if (!outside_.is_unspecified()) ip.remove_port_map(protocol_of(map), map.port);
    if (outside.is_unspecified() || ip.add_port_map(protocol_of(map), {outside, map.port}, map.inside))
      continue;
    fmt::print(stderr, "linnet: no room for the port map of {} {}\n", map.udp ? "UDP" : "TCP", map.port);
  }
  outside_ = outside;
}

nlohmann::json Router::report() const {
  const ip::Ip& ip = machine_.host().stack().ip();
  nlohmann::json ports = nlohmann::json::array();
  ip.napt().for_each_port_map([&](const ip::PortMap& map) {
    ports.push_back(
        {{"protocol", map.protocol == ip::protocol::udp ? "UDP" : "TCP"},
         {"port", map.outside.port},
         {"inside", AddressText(Endpoint{IpAddress::v4(map.inside.address), map.inside.port}).view()}});
  });
  return {{"interface", machine_.interface_name(machine_.lan_interface())},
          {"ipv4", ip.config().forward},
          {"ipv6", ip.config().forward_v6},
          {"nat", options().nat},
          {"translations", ip.napt().sessions()},
          {"port_maps", ports}};
}

}  // namespace linnet::apps
