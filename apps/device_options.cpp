// SPDX-License-Identifier: Apache-2.0
#include "apps/device_options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <fstream>

#include "apps/text.hpp"
#include "services/dns/hosts.hpp"
#include "services/dns/resolver.hpp"

namespace linnet::apps {
namespace {

constexpr auto* group = "Device";

bool take_number(const std::string& text, std::uint64_t least, std::uint64_t most, std::uint16_t& to) {
  const auto number = parse_decimal(text, most);
  if (!number || *number < least) return false;
  to = static_cast<std::uint16_t>(*number);
  return true;
}

/// RFC 1123 2.1, a single label: what DHCP's option 12 and the status page show.
bool is_host_name(const std::string& text) {
  const bool characters = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
  return characters && !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-';
}

std::optional<IpAddress> parse_unicast(const std::string& text) {
  const auto address = IpAddress::parse(text);
  if (!address || !address->is_v4() || address->is_unspecified() || address->is_multicast() ||
      address->is_limited_broadcast() || address->is_loopback()) {
    return std::nullopt;
  }
  return address;
}

bool is_unicast_v6(const IpAddress& address) {
  return address.is_v6() && !address.is_unspecified() && !address.is_multicast() && !address.is_loopback();
}

std::optional<Prefix> parse_own_address(const std::string& text) {
  const auto prefix = Prefix::parse(text);
  if (!prefix || text.find('/') == std::string::npos || prefix->length < 1) return std::nullopt;
  const auto address = parse_unicast(text.substr(0, text.find('/')));
  if (!address) return std::nullopt;
  return Prefix{*address, prefix->length};
}

void add_network_options(CLI::App& command, DeviceOptions& options) {
  CLI::Option* user = command.add_flag_callback(
      "--user", [&options] { options.network = Network::user; },
      "A whole network in this process, with DHCP, DNS and NAT: needs no privileges (the default)");
  const auto by_name = [&](const std::string& name, Network network, const std::string& description) {
    return add_checked_option(
        command, name, name == "--tap" ? "NAME" : "IFACE", "an interface's name of 1 to 15 characters",
        description, [&options, network](const std::string& text) {
          options.network = network;
          options.interface = text;
          return !text.empty() && text.size() <= 15 && text.find_first_of("/ \t\n") == std::string::npos;
        });
  };
  CLI::Option* tap =
      by_name("--tap", Network::tap, "A TAP device; its other end is an interface of this machine");
  CLI::Option* packet =
      by_name("--packet", Network::packet, "A station of our own on an existing interface (AF_PACKET)");
  command
      .add_option_function<std::vector<std::string>>(
          "--forward",
          [&options](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              const auto forward = parse_forward(text);
              if (const auto* wrong = std::get_if<std::string>(&forward))
                throw CLI::ValidationError("--forward", *wrong);
              options.forwards.push_back(std::get<Forward>(forward));
            }
          },
          "Lead a port of this machine to one of the device (--user): HOST_PORT:PORT; repeatable")
      ->type_name("[tcp:|udp:][HOST_IP:]HOST_PORT:PORT")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(group);
  for (CLI::Option* option : {user, tap, packet}) option->group(group);
}

/// What is wrong with a line of static names, or nothing.
std::optional<std::string> wrong_host_line(const std::string& line) {
  constexpr dns::Config config{.hosts = 64, .hosts_size = 4096};
  std::array<std::uint8_t, dns::Hosts::memory_needed(config) + Arena::alignment> memory;
  Arena arena(memory);
  const dns::HostsError error = dns::Hosts(config, arena).add_line(line);
  if (error == dns::HostsError::none) return std::nullopt;
  return std::string(dns::error_text(error));
}

void add_name_options(CLI::App& command, DeviceOptions& options) {
  command
      .add_flag_callback(
          "--dns-0x20", [&options] { options.dns_mix_case = true; },
          "Ask in random capitals, which answers must keep: more for a forger to guess")
      ->group(group);
  command
      .add_flag_callback(
          "--dns-rebind-protection", [&options] { options.dns_refuse_local = true; },
          "Leave loopback and link-local addresses out of what name servers say")
      ->group(group);
  add_checked_option(command, "--search", "DOMAIN[,DOMAIN...]", "one to sixteen domain names, or '.' for none",
                     "What short names are completed with, instead of what DHCP and routers say",
                     [&options](const std::string& text) {
                       options.search.emplace();
                       if (text == ".") return true;
                       for (const std::string& part : CLI::detail::split(text, ',')) {
                         if (!dns::Name::from_text(part)) return false;
                         options.search->push_back(part);
                       }
                       return options.search->size() <= 16 && !options.search->empty();
                     });
  add_repeatable_option(command, "--host", "NAME=ADDRESS", "a host name and an address, as in printer=192.0.2.7",
                        "A static name, which goes before what servers say; repeatable",
                        [&options](const std::string& text) {
                          const std::size_t at = text.find('=');
                          if (at == std::string::npos || text.find_first_of("# \t") != std::string::npos) return false;
                          options.hosts.push_back(text.substr(at + 1) + " " + text.substr(0, at));
                          return !wrong_host_line(options.hosts.back());
                        });
  command
      .add_option_function<std::string>(
          "--hosts",
          [&options](const std::string& name) {
            std::ifstream file(name);
            std::string line;
            for (int number = 1; std::getline(file, line); ++number) {
              if (const auto wrong = wrong_host_line(line))
                throw CLI::ValidationError("--hosts", fmt::format("{}:{}: {}", name, number, *wrong));
              options.hosts.push_back(line);
            }
            if (!file.eof()) throw CLI::ValidationError("--hosts", fmt::format("cannot read {}", name));
          },
          "Static names from a file in the form of /etc/hosts")
      ->type_name("FILE")
      ->group(group);
}

void add_secure_name_options(CLI::App& command, DeviceOptions& options) {
  DnsOverTls& secure = options.dns_over_tls;
  add_repeatable_option(
      command, "--dns-over-tls", "NAME@ADDR[#PORT]",
      "NAME@ADDR, sha256/PIN@ADDR (base64 of the key's SHA-256), or 'opportunistic'; a port may "
      "follow as in ADDR#853, but not 53; at most four",
      "A name server to be asked by TLS alone, and only if it proves to be NAME (RFC 7858); "
      "repeatable. 'opportunistic': those that there are, by TLS where they can, whoever they are",
      [&secure](const std::string& text) {
        if (text == "opportunistic") return secure.opportunistic = true;
        const auto server = parse_secure_server(text);
        if (server) secure.servers.push_back(*server);
        return server && secure.servers.size() <= dns::Resolver::maximum_servers;
      });
  command
      .add_option("--dns-cacert", secure.authorities,
                  "--dns-over-tls: believe what the certificates in FILE (PEM) vouch for, instead of the "
                  "system's; repeatable")
      ->type_name("FILE")
      ->expected(1)
      ->allow_extra_args(false)  // what follows the value is an argument of its own
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(group);
}

void add_address_options(CLI::App& command, DeviceOptions& options) {
  add_checked_option(command, "--ip", "ADDR/LEN",
                     "an IPv4 address with its prefix length, for instance 192.168.7.2/24",
                     "A fixed address instead of DHCP", [&options](const std::string& text) {
                       options.address = parse_own_address(text);
                       return options.address.has_value();
                     });
  add_checked_option(command, "--gateway", "ADDR", "an IPv4 address", "The router (with --ip)",
                     [&options](const std::string& text) {
                       options.gateway = parse_unicast(text);
                       return options.gateway.has_value();
                     });
  command
      .add_flag_callback(
          "--dhcp-inform", [&options] { options.inform = true; },
          "With --ip: router, name servers and what else there is by DHCP all the same (DHCPINFORM)")
      ->group(group);
  add_checked_option(command, "--dns", "ADDR[,ADDR...]", "one to four IPv4 addresses",
                     "Name servers instead of those that DHCP names", [&options](const std::string& text) {
                       options.name_servers.clear();
                       for (const std::string& part : CLI::detail::split(text, ',')) {
                         const auto address = parse_unicast(part);
                         if (!address) return false;
                         options.name_servers.push_back(*address);
                       }
                       return options.name_servers.size() <= 4 && !options.name_servers.empty();
                     });
  add_secure_name_options(command, options);
  add_repeatable_option(command, "--ip6", "ADDR/LEN", "an IPv6 address with its prefix length, for instance fd00::2/64",
                     "A fixed address beside those that routers give; repeatable", [&options](const std::string& text) {
                       const auto prefix = Prefix::parse(text);
                       const bool good = prefix && prefix->length > 0 && is_unicast_v6(prefix->address);
                       if (good) options.addresses_v6.push_back(*prefix);
                       return good && options.addresses_v6.size() <= 4;
                     });
  add_checked_option(command, "--gateway6", "ADDR", "an IPv6 address", "A router beside those that say so themselves",
                     [&options](const std::string& text) {
                       options.gateway_v6 = IpAddress::parse(text);
                       return options.gateway_v6 && is_unicast_v6(*options.gateway_v6);
                     });
  command
      .add_flag_callback(
          "--temporary", [&options] { options.temporary_addresses = true; },
          "IPv6 addresses that change every day, beside the stable ones (RFC 8981)")
      ->group(group);
  command
      .add_flag_callback(
          "--clat", [&options] { options.clat = true; },
          "IPv4 by the network's NAT64 where it has no IPv4 itself (464XLAT, RFC 6877)")
      ->group(group);
  command
      .add_flag_callback(
          "--no-ipv6", [&options] { options.ipv6 = false; }, "Speak IPv4 only")
      ->group(group);
  command
      .add_flag_callback(
          "--no-mdns", [&options] { options.mdns = false; }, "No Multicast DNS: names under .local go to the name servers")
      ->group(group);
  add_checked_option(command, "--mac", "MAC", "a unicast address like 02:00:00:12:34:56",
                     "The device's Ethernet address (default: a random, locally administered one)",
                     [&options](const std::string& text) {
                       options.mac = MacAddress::parse(text);
                       return options.mac && !options.mac->is_multicast() && !options.mac->is_zero();
                     });
  add_checked_option(command, "--hostname", "NAME", "1 to 63 letters, digits and hyphens",
                     "The device's name (default: linnet)", [&options](const std::string& text) {
                       options.host_name = text;
                       return is_host_name(text);
                     });
  add_checked_option(
      command, "--mtu", "BYTES", "576 to 65521", "Largest IP packet on the user-mode network (default: 1500)",
      [&options](const std::string& text) { return take_number(text, 576, 65521, options.mtu); });
  add_checked_option(
      command, "--vlan", "ID", "1 to 4094", "Speak with the tag of that VLAN (IEEE 802.1Q)",
      [&options](const std::string& text) { return take_number(text, 1, 4094, options.vlan); });
}

void add_dhcp_options(CLI::App& command, DeviceOptions& options) {
  DhcpOptions& dhcp = options.dhcp;
  command
      .add_option(
          "--lease", dhcp.lease_file,
          "Where the address that DHCP gave stays: it is asked for again at the next start (INIT-REBOOT), "
          "and not given up at the end")
      ->type_name("FILE")
      ->group(group);
  const auto add_flag = [&](const char* name, bool& flag, const char* description) {
    command
        .add_flag_callback(
            name, [&flag] { flag = true; }, description)
        ->group(group);
  };
  add_flag("--dhcp-routes", dhcp.classless_routes,
           "Take over the routes that a DHCP server tells (RFC 3442), which may lead all traffic elsewhere");
  add_flag("--dhcp-rapid-commit", dhcp.rapid_commit,
           "Let a DHCP server grant at once, without an offer (RFC 4039)");
  add_flag("--dhcp-ipv6-only", dhcp.ipv6_only,
           "Have no IPv4 address where the network prefers that (RFC 8925)");
  add_checked_option(command, "--dhcp-class", "TEXT", "1 to 63 characters",
                     "What the device is of, told to DHCP servers (vendor class, RFC 2132 9.13)",
                     [&dhcp](const std::string& text) {
                       dhcp.vendor_class = text;
                       return !text.empty() && text.size() <= 63;
                     });
}

void add_behaviour_options(CLI::App& command, DeviceOptions& options) {
  command
      .add_option("--capture", options.capture,
                  "Write every frame, and why those dropped were, to a pcapng file")
      ->type_name("FILE")
      ->group(group);
  command
      .add_option_function<std::string>(
          "--impair",
          [&options](const std::string& text) {
            const auto wrong = set_impairments(options.impairments, text);
            if (wrong) {
              throw CLI::ValidationError(
                  "--impair", fmt::format("{} in '{}': accepted is {}", wrong->name, text, wrong->accepted));
            }
          },
          "Make the link worse, both ways: loss, burst, delay, jitter, reorder, duplicate, corrupt, rate, "
          "queue")
      ->type_name("loss=1%,delay=10ms,...")
      ->group(group);
  add_checked_option(command, "--seed", "NUMBER", "a decimal number below 2^64",
                     "Makes the impairments and the random Ethernet address repeatable",
                     [&options](const std::string& text) {
                       options.seed = parse_decimal(text, UINT64_MAX);
                       return options.seed.has_value();
                     });
  add_checked_option(command, "--profile", "NAME", "linux or device",
                     "Sizes and rules: linux (the default), or device as on a microcontroller",
                     [&options](const std::string& text) {
                       options.profile = text == "device" ? Profile::device : Profile::linux_host;
                       return text == "device" || text == "linux";
                     });
  add_checked_option(
      command, "--backlog-policy", "NAME", "refuse or drop",
      "What a request meets that finds a listener's backlog full", [&options](const std::string& text) {
        options.backlog_policy = text == "drop" ? tcp::BacklogPolicy::drop : tcp::BacklogPolicy::refuse;
        return text == "drop" || text == "refuse";
      });
}

/// Certificates vouch for servers that are to prove something, and for nobody else.
void check_secure_name_options(const CLI::App& command, const DnsOverTls& secure) {
  if (secure.authorities.empty() || !secure.servers.empty()) return;
  const CLI::Option* const tls = command.get_option_no_throw("--tls");  // of nslookup
  if (tls != nullptr && tls->count() > 0) return;
  throw CLI::ValidationError("--dns-cacert", fmt::format("accepted with --dns-over-tls NAME@ADDR{}",
                                                         tls != nullptr ? " or --tls NAME" : ""));
}

}  // namespace

CLI::Option* add_checked_option(CLI::App& command, const std::string& name, const std::string& placeholder,
                                const std::string& accepted, const std::string& description,
                                std::function<bool(const std::string&)> set) {
  return add_repeatable_option(command, name, placeholder, accepted, description, std::move(set))
      ->multi_option_policy(CLI::MultiOptionPolicy::Throw);
}

CLI::Option* add_repeatable_option(CLI::App& command, const std::string& name, const std::string& placeholder,
                                   const std::string& accepted, const std::string& description,
                                   std::function<bool(const std::string&)> add) {
  const std::string long_name = name.substr(name.rfind(',') + 1);
  return command
      .add_option_function<std::vector<std::string>>(
          name,
          [long_name, accepted, add = std::move(add)](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              if (add(text)) continue;
              throw CLI::ValidationError(long_name,
                                         fmt::format("'{}' is not accepted; accepted is {}", text, accepted));
            }
          },
          description)
      ->type_name(placeholder)
      ->expected(1)
      ->allow_extra_args(false)  // what follows the value is an argument of its own
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(group);
}

void add_device_options(CLI::App& command, DeviceOptions& options) {
  add_network_options(command, options);
  add_address_options(command, options);
  add_name_options(command, options);
  add_dhcp_options(command, options);
  add_behaviour_options(command, options);
}

void check_device_options(const CLI::App& command, const DeviceOptions& options) {
  check_secure_name_options(command, options.dns_over_tls);
  if (command.count("--user") + command.count("--tap") + command.count("--packet") > 1) {
    throw CLI::ValidationError("--user, --tap, --packet", "accepted is one of them");
  }
  if (!options.dhcp.lease_file.empty() && options.address) {
    throw CLI::ValidationError("--lease", "no address is asked for with --ip: accepted without it");
  }
  const bool user = options.network == Network::user;
  if (!user && !options.forwards.empty()) {
    throw CLI::ValidationError("--forward", "only the user-mode network has forwards: accepted with --user");
  }
  if (!user && command.count("--mtu") > 0) {
    throw CLI::ValidationError(
        "--mtu", "accepted with --user; elsewhere the interface's own MTU counts (ip link set)");
  }
  if (user && options.vlan != 0) {
    throw CLI::ValidationError("--vlan",
                               "the user-mode network has no VLANs: accepted with --tap and --packet");
  }
  if (!options.ipv6 && (!options.addresses_v6.empty() || options.gateway_v6 || options.router.address_v6)) {
    throw CLI::ValidationError("--ip6, --gateway6, --lan-ip6", "not accepted with --no-ipv6");
  }
  if (options.clat && (!options.ipv6 || options.router.address_v6)) {
    throw CLI::ValidationError("--clat", "not accepted with --no-ipv6 and --lan-ip6: needs a router's advertisements");
  }
  if (options.inform && !options.address)
    throw CLI::ValidationError("--dhcp-inform", "accepted together with --ip");
  if (options.inform && options.network == Network::user) {
    throw CLI::ValidationError(
        "--dhcp-inform",
        "the user-mode network's server knows no DHCPINFORM: accepted with --tap and --packet");
  }
  if (options.gateway && !options.address)
    throw CLI::ValidationError("--gateway", "accepted together with --ip");
  if (options.gateway && !options.address->contains(*options.gateway)) {
    throw CLI::ValidationError("--gateway", "the router must be in the network that --ip names");
  }
}

std::optional<Duration> parse_seconds(std::string_view text) {
  const bool unit = !text.empty() && (text.back() < '0' || text.back() > '9');
  return parse_duration(unit ? std::string(text) : std::string(text) + "s");
}

}  // namespace linnet::apps
