// SPDX-License-Identifier: Apache-2.0
// The options that every command which runs a stack has in common.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/announced_service.hpp"
#include "apps/dns_over_tls.hpp"
#include "apps/forward.hpp"
#include "apps/router_options.hpp"
#include "core/config.hpp"
#include "core/device/impairments.hpp"
#include "core/tcp/config.hpp"
#include "services/dhcp/config.hpp"
#include "services/mdns/config.hpp"
#include "sockets/config.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace linnet::apps {

enum class Network : std::uint8_t { user, tap, packet };
enum class Profile : std::uint8_t { linux_host, device };

/// What is asked of a DHCP server beside an address.
struct DhcpOptions {
  std::string lease_file;         ///< where the address stays, to be asked for again; empty: nowhere
  bool classless_routes = false;  ///< dhcp::Config's, as the rest
  bool rapid_commit = false;
  bool ipv6_only = false;
  std::string vendor_class;
  std::optional<dhcp::Config> config;   ///< no option: of programs that were given settings
  std::optional<IpAddress> remembered;  ///< no option either: the address that such a program had last
  bool keep_lease = false;              ///< likewise: the server is not told that it is given up
};

struct DeviceOptions {
  Network network = Network::user;
  std::string interface;  ///< of tap and packet
  std::vector<Forward> forwards;
  std::optional<Prefix> address;  ///< none: DHCP
  std::optional<IpAddress> gateway;
  bool inform = false;  ///< with a fixed address, all the rest by DHCPINFORM
  bool ipv6 = true;  ///< where the link's MTU allows it
  std::vector<Prefix> addresses_v6;  ///< beside those of routers
  std::optional<IpAddress> gateway_v6;
  bool temporary_addresses = false;
  bool clat = false;  ///< IPv4 over an IPv6-only network (464XLAT)
  bool link_local_v4 = false;  ///< RFC 3927, when no DHCP server answers; no option: a command's own wish
  std::uint8_t link_local_tries = 2;  ///< DHCPDISCOVERs without an answer before that; no option either
  bool mdns = true;  ///< names under "local", where there are others to ask
  std::vector<AnnouncedService> services;    ///< of `linnet up`, beside its web site
  std::optional<mdns::Config> mdns_numbers;  ///< no option: of programs that announce more than the profile's; on every network
  std::vector<IpAddress> name_servers;
  std::uint8_t most_name_servers = 4;    ///< no option: of programs that were given settings
  std::optional<IpAddress> last_server;  ///< likewise: asked after all others, whatever the network says
  DnsOverTls dns_over_tls;                         ///< in place of name_servers, unless opportunistic
  std::optional<std::vector<std::string>> search;  ///< domains, instead of those of leases and routers
  std::vector<std::string> hosts;                  ///< lines of dns::Hosts::add_line
  bool dns_mix_case = false;                       ///< dns::Config::mix_case
  bool dns_refuse_local = false;                   ///< dns::Config::refuse_local_answers
  DhcpOptions dhcp;
  std::optional<MacAddress> mac;
  std::string host_name = "linnet";
  std::uint16_t mtu = 1500;
  std::uint16_t vlan = 0;
  std::string capture;  ///< a file's name; empty: none
  Impairments impairments;
  std::optional<std::uint64_t> seed;
  Profile profile = Profile::linux_host;
  std::optional<tcp::BacklogPolicy> backlog_policy;
  RouterOptions router;  ///< of `linnet up`
  std::optional<Config> stack;  ///< no option: of programs that were given settings, instead of the profile's
  std::optional<sockets::Config> sockets;  ///< no option: of programs that need other descriptors than the profile's
};

/// Adds the options to a command. Values are checked while they are parsed; what is wrong throws
/// CLI::ParseError naming the option and what is accepted.
void add_device_options(CLI::App& command, DeviceOptions& options);

/// Checks, after parsing, what options say together. Throws CLI::ValidationError.
void check_device_options(const CLI::App& command, const DeviceOptions& options);

/// An option whose value `set` takes, or refuses by false: then the error says what is accepted.
CLI::Option* add_checked_option(CLI::App& command, const std::string& name, const std::string& placeholder,
                                const std::string& accepted, const std::string& description,
                                std::function<bool(const std::string&)> set);

/// The same for one that may be given again and again, each time with a value that `add` takes.
CLI::Option* add_repeatable_option(CLI::App& command, const std::string& name, const std::string& placeholder,
                                   const std::string& accepted, const std::string& description,
                                   std::function<bool(const std::string&)> add);

/// "90", "1.5s", "250ms": at most a day; without a unit, seconds.
std::optional<Duration> parse_seconds(std::string_view text);

}  // namespace linnet::apps
