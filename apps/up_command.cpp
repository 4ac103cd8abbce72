// SPDX-License-Identifier: Apache-2.0
// `linnet up`: a device on the network, with a status page and the small services.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/address_news.hpp"
#include "apps/announced_service.hpp"
#include "apps/commands.hpp"
#include "apps/device_certificate.hpp"
#include "apps/dhcp_server.hpp"
#include "apps/http_server.hpp"
#include "apps/interrupt.hpp"
#include "apps/mdns_news.hpp"
#include "apps/problem.hpp"
#include "apps/router.hpp"
#include "apps/small_services.hpp"
#include "apps/status_report.hpp"
#include "apps/text.hpp"
#include "apps/time_service.hpp"
#include "apps/web_site.hpp"
#include "platform/linux/entropy.hpp"

namespace linnet::apps {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t usual_https_port = 443;

struct UpOptions {
  DeviceOptions device;
  std::string directory;
  std::uint16_t backlog = 64;
  bool https = true;
  std::uint16_t https_port = usual_https_port;
  CertificateFiles certificate;
  std::vector<std::string> time_servers;
  bool serve_time = false;
  std::optional<DhcpPool> pool;
  Duration lease_time = Duration::seconds(7200);
};

/// What HTTPS has beside HTTP.
struct Https {
  tls::Identity identity;
  tls::Tickets tickets{platform::entropy_seed()};
  std::string origin;

  tls::Options options() {
    static constexpr std::array<const char*, 1> protocols{"http/1.1"};
    return {.role = tls::Role::server, .identity = &identity, .protocols = protocols, .tickets = &tickets};
  }
};

/// Where a service of the device can be reached from this machine: "localhost:8080" through a forward, else
/// the device's own address.
std::string reachable_at(const DeviceOptions& options, const IpAddress& address, std::uint16_t port,
                         bool udp) {
  for (const Forward& forward : options.forwards) {
    if (forward.port != port || forward.udp != udp) continue;
    const bool local = forward.host_address.is_loopback() || forward.host_address.is_unspecified();
    return fmt::format("{}:{}", local ? "localhost" : std::string(AddressText(forward.host_address).view()),
                       forward.host_port);
  }
  if (options.network == Network::user) return "";
  return fmt::format("{}:{}", AddressText(address).view(), port);
}

void print_line(std::string_view label, std::string_view value) { fmt::print("  {:<13}{}\n", label, value); }

void print_address(Machine& machine) {
  const sockets::Host::Lock lock(machine.host());
  for (const ip::AddressView& view : lock.stack().ip().addresses()) {
    if (view.interface != machine.interface()) continue;
    std::string origin = "fixed";
    const dhcp::Status status = machine.dhcp() != nullptr ? machine.dhcp()->status() : dhcp::Status();
    if (machine.options().address && status.lease != nullptr) {
      origin = fmt::format("fixed; the rest by DHCP, from {}", AddressText(status.lease->server).view());
    } else if (!machine.options().address) {
      origin = status.lease != nullptr ? fmt::format("DHCP, from {}", AddressText(status.lease->server).view())
                                       : "link-local: no DHCP server has answered yet";
    }
    print_line("address", fmt::format("{}/{} ({})", AddressText(view.prefix.address).view(),
                                      view.prefix.length, origin));
  }
  for (const ip::Route& route : lock.stack().ip().routes()) {
    if (route.destination.length == 0) print_line("router", AddressText(route.gateway).view());
  }
  std::string servers;
  for (const IpAddress& server : machine.names().servers()) {
    servers += (servers.empty() ? "" : ", ") + std::string(AddressText(server).view());
  }
  print_line("DNS server", servers.empty() ? "none" : servers);
}

void print_router(const RouterOptions& router) {
  if (!router.on()) return;
  std::string words = router.lan;
  for (const auto& address : {router.address, router.address_v6}) {
    if (address) words += fmt::format(", {}/{}", AddressText(address->address).view(), address->length);
  }
  print_line("router for", words + (router.nat ? ", by our address" : ""));
  for (const MappedPort& map : router.ports) {
    print_line("port map", fmt::format("{} {} to {}", map.udp ? "UDP" : "TCP", map.port, AddressText(map.inside).view()));
  }
}

void print_https(Machine& machine, const Https& https, std::uint16_t port) {
  const std::string at = reachable_at(machine.options(), machine.address(), port, false);
  if (!at.empty())
    print_line("secure page",
               fmt::format("https://{}/", at.ends_with(":443") ? at.substr(0, at.size() - 4) : at));
  print_line("certificate", https.origin);
  print_line("its SHA-256", tls::fingerprint_words(https.identity.fingerprint()));
}

void print_services(Machine& machine) {
  const DeviceOptions& options = machine.options();
  const IpAddress address = machine.address();
  const std::string http = reachable_at(options, address, http_port, false);
  const std::string echo = reachable_at(options, address, 7, false);
  if (!http.empty())
    print_line("status page",
               fmt::format("http://{}/", http.ends_with(":80") ? http.substr(0, http.size() - 3) : http));
  if (!echo.empty()) {
    std::string words = echo;
    words[words.rfind(':')] = ' ';
    print_line("echo", fmt::format("nc {}", words));
  }
  for (const Forward& forward : options.forwards) {
    print_line("forward",
               fmt::format("{} {}:{} to port {}", forward.udp ? "UDP" : "TCP",
                           AddressText(forward.host_address).view(), forward.host_port, forward.port));
  }
}

std::string_view network_words(const DeviceOptions& options) {
  return options.network == Network::user ? "the user-mode network" : std::string_view(options.interface);
}

int serve(Machine& machine, const UpOptions& options) {
  sockets::Sockets& sockets = machine.sockets();
  TimeService time(machine, sntp::Config{.servers = 8, .name_size = 253});
  std::unique_ptr<DhcpServer> leases;
  std::unique_ptr<Router> router;
  WebSite site([&] {
    nlohmann::json report = status_report(machine);
    const sockets::Host::Lock lock(machine.host());
    report["time"] = time.report(lock.now());
    report["router"] = router != nullptr ? router->report() : nullptr;
    report["dhcp_server"] = leases != nullptr ? leases->report(lock.now()) : nullptr;
    return report;
  });
  if (!options.directory.empty()) site.serve_files(options.directory);
  std::vector<std::unique_ptr<Server>> servers;
  servers.push_back(std::make_unique<HttpServer>(machine.host(), http_port, options.backlog, site));
  Https https;
  if (options.https) {
    https.origin = load_certificate(machine, options.certificate, https.identity);
    auto server = std::make_unique<HttpServer>(machine.host(), options.https_port, options.backlog, site);
    server->secure(https.options());
    servers.push_back(std::move(server));
  }
  for (const SmallService service : {SmallService::echo, SmallService::discard, SmallService::chargen}) {
    servers.push_back(std::make_unique<TcpSmallService>(sockets, service, port_of(service), options.backlog));
    servers.push_back(std::make_unique<UdpSmallService>(sockets, service, port_of(service)));
  }
  ServerLoop loop(sockets, [&machine] { return machine.now(); });
  for (const auto& server : servers) loop.add(*server);

  fmt::print("{} is up on {} (linnet {})\n", options.device.host_name, network_words(options.device),
             LINNET_VERSION);
  print_address(machine);
  print_services(machine);
  print_router(options.device.router);
  if (options.https) print_https(machine, https, options.https_port);
  fmt::print("Ctrl-C ends it.\n");
  std::fflush(stdout);
  AddressNews news(machine.host().stack(), machine.interface());
  MdnsNews names(machine.mdns());
  {
    const sockets::Host::Lock lock(machine.host());
    machine.host().add(news);
    names.begin(options.device.host_name, http_port, options.device.services, lock.now());
    machine.host().add(names);
    for (const std::string& server : options.time_servers) time.add_server(server, lock.now());
    if (options.serve_time) time.serve(lock.now());
    time.start(lock.now());
    machine.host().add(time);
    if (options.device.router.on()) {
      router = std::make_unique<Router>(machine, lock.now());
      machine.host().add(*router);
    }
    if (options.pool) {
      leases = std::make_unique<DhcpServer>(machine, *options.pool, options.lease_time);
      machine.host().add(*leases);
    }
  }
  loop.run(Interrupt::requested);
  for (const auto& server : servers) server->stop();
  {
    const sockets::Host::Lock lock(machine.host());
    news.unlink();
    names.unlink();
    if (router != nullptr) router->unlink();
  }
  machine.shut_down();
  fmt::print("{} is down.\n", options.device.host_name);
  return exit_code::success;
}

}  // namespace

void add_up_command(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("up", "Start a device: status page, echo, discard and chargen, until Ctrl-C");
  auto options = std::make_shared<UpOptions>();
  command->add_option("--serve", options->directory, "Serve the files of a directory as /files/NAME")
      ->type_name("DIR");
  add_checked_option(*command, "--backlog", "NUMBER", "1 to 4096",
                     "Connections that wait at each listener (default: 64)",
                     [options](const std::string& text) {
                       options->backlog = static_cast<std::uint16_t>(parse_decimal(text, 4096).value_or(0));
                       return options->backlog != 0;
                     })
      ->group("Options");
  command->add_flag_callback(
      "--no-https", [options] { options->https = false; }, "Serve the pages by HTTP only");
  add_checked_option(*command, "--https-port", "PORT", "1 to 65535", "The port of HTTPS (default: 443)",
                     [options](const std::string& text) {
                       options->https_port = parse_port(text).value_or(0);
                       return options->https_port != 0;
                     })
      ->group("Options");
  CLI::Option* certificate =
      command->add_option("--tls-cert", options->certificate.certificate,
                          "The certificate of HTTPS with its chain (PEM), instead of a self-made one");
  CLI::Option* key = command->add_option("--tls-key", options->certificate.key, "Its key (PEM)");
  certificate->type_name("FILE")->needs(key);
  key->type_name("FILE")->needs(certificate);
  command->add_option("--ntp", options->time_servers, "Time servers to ask, beside those that DHCP offers")
      ->type_name("SERVER")
      ->expected(1, 8);
  command->add_flag("--serve-time", options->serve_time,
                    "Answer SNTP requests; from this machine's clock as long as no server gave the time");
  add_checked_option(*command, "--dhcp-server", "FIRST-LAST", "two IPv4 addresses, as in 192.0.2.10-192.0.2.50",
                     "Give these addresses to others on the link; needs --ip, or --lan-ip",
                     [options](const std::string& text) { return (options->pool = parse_pool(text)).has_value(); })
      ->group("Options");
  add_checked_option(*command, "--lease-time", "SECONDS", "60 to 86400", "Of the DHCP server (default: 7200)",
                     [options](const std::string& text) {
                       options->lease_time = parse_seconds(text).value_or(Duration());
                       return options->lease_time >= Duration::seconds(60);
                     })
      ->group("Options");
  add_service_options(*command, options->device.services);
  add_device_options(*command, options->device);
  add_router_options(*command, options->device.router);
  command->footer(
      "Without --forward, the user-mode network leads port 8080 of this machine to the status page, 8443 to "
      "the same "
      "by HTTPS, and 8007 to echo.");
  command->callback([command, options, &exit_code] {
    DeviceOptions& device = options->device;
    device.link_local_v4 = true;
    check_router_options(device.router);
    const auto& pool = options->pool;
    const auto in = [&](const std::optional<Prefix>& net) {
      return net && net->contains(pool->first) && net->contains(pool->last);
    };
    if (pool && !in(device.address) && !in(device.router.address)) {
      throw CLI::ValidationError("--dhcp-server", "needs --ip ADDR/LEN or --lan-ip ADDR/LEN, and its addresses in that subnet");
    }
    if (device.network == Network::user && device.forwards.empty()) {
      device.forwards = {{.host_port = 8080, .port = http_port},
                         {.host_port = 8007, .port = 7},
                         {.udp = true, .host_port = 8007, .port = 7}};
      if (options->https) device.forwards.push_back({.host_port = 8443, .port = options->https_port});
    }
    exit_code = run_on_machine(*command, device, [&](Machine& machine) { return serve(machine, *options); });
  });
}

}  // namespace linnet::apps
