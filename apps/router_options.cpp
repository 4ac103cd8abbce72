// SPDX-License-Identifier: Apache-2.0
#include "apps/router_options.hpp"

#include <CLI/CLI.hpp>

#include "apps/device_options.hpp"

namespace linnet::apps {
namespace {

constexpr auto* group = "Router";

/// Of one host: an address that a host of the LAN can send to.
bool is_host(const IpAddress& address) {
  return !address.is_unspecified() && !address.is_multicast() && !address.is_loopback() &&
         !address.is_limited_broadcast() && !address.is_link_local();
}

}  // namespace

void add_lan_option(CLI::App& command, RouterOptions& options) {
  add_checked_option(command, "--lan", "NAME", "an interface's name of 1 to 15 characters",
                     "A second TAP device: the device forwards between the two",
                     [&options](const std::string& text) {
                       options.lan = text;
                       return !text.empty() && text.size() <= 15 &&
                              text.find_first_of("/ \t\n") == std::string::npos;
                     })
      ->group(group);
}

void add_router_options(CLI::App& command, RouterOptions& options) {
  add_lan_option(command, options);
  add_checked_option(
      command, "--lan-ip", "ADDR/LEN", "an IPv4 address with its prefix length, for instance 192.168.5.1/24",
      "Its address there",
      [&options](const std::string& text) {
        options.address = Prefix::parse(text);
        return options.address && options.address->address.is_v4() && is_host(options.address->address) &&
               text.find('/') != std::string::npos && options.address->length >= 1;
      })
      ->group(group);
  add_checked_option(
      command, "--lan-ip6", "ADDR/LEN", "an IPv6 address with its prefix length, for instance fd00:5::1/64",
      "Its IPv6 address there: forwards IPv6, too, and then obeys no other router's advertisements",
      [&options](const std::string& text) {
        options.address_v6 = Prefix::parse(text);
        return options.address_v6 && options.address_v6->address.is_v6() &&
               is_host(options.address_v6->address) && options.address_v6->length >= 1;
      })
      ->group(group);
  command.add_flag("--nat", options.nat, "IPv4 of the hosts there leaves by the device's own address (NAPT)")
      ->group(group);
  add_repeatable_option(command, "--port-map", "[tcp:|udp:]PORT:ADDR:PORT",
                        "[tcp:|udp:]PORT:ADDR:PORT, for instance 8022:192.168.5.2:22",
                        "Lead a port of the device to a host there (with --nat); repeatable",
                        [&options](const std::string& text) {
                          const auto map = parse_mapped_port(text);
                          if (map) options.ports.push_back(*map);
                          return map && options.ports.size() <= 64;
                        })
      ->group(group);
}

void check_router_options(const RouterOptions& options) {
  if (!options.on() && (options.address || options.address_v6 || options.nat || !options.ports.empty())) {
    throw CLI::ValidationError("--lan-ip, --lan-ip6, --nat, --port-map", "accepted together with --lan NAME");
  }
  if (options.on() && !options.address && !options.address_v6) {
    throw CLI::ValidationError(
        "--lan", "needs the device's address there: --lan-ip ADDR/LEN, --lan-ip6 ADDR/LEN, or both");
  }
  if (options.nat && !options.address)
    throw CLI::ValidationError("--nat", "translates IPv4: needs --lan-ip ADDR/LEN");
  if (!options.ports.empty() && !options.nat)
    throw CLI::ValidationError("--port-map", "accepted together with --nat");
  for (const MappedPort& map : options.ports) {
    if (!options.address->contains(map.inside.address)) {
      throw CLI::ValidationError("--port-map", "the host must be in the network that --lan-ip names");
    }
  }
}

}  // namespace linnet::apps
