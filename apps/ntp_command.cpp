// SPDX-License-Identifier: Apache-2.0
// `linnet ntp SERVER...`: asks time servers, and says how far this machine's clock is off.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "apps/commands.hpp"
#include "apps/nts_keys.hpp"
#include "apps/problem.hpp"
#include "apps/time_service.hpp"
#include "platform/linux/clock.hpp"

namespace linnet::apps {
namespace {

struct NtpOptions {
  DeviceOptions device;
  std::vector<std::string> servers;
  Duration wait;
  bool nts = false;
  std::vector<std::string> authorities;
};

std::string_view opinion_text(sntp::Opinion opinion) {
  switch (opinion) {
    case sntp::Opinion::none:
      return "not believed";
    case sntp::Opinion::silent:
      return "no time from it";
    case sntp::Opinion::outvoted:
      return "outvoted";
    case sntp::Opinion::agrees:
      return "agrees";
    case sntp::Opinion::chosen:
      return "chosen";
  }
  return "";
}

void print_server(const sntp::ServerStatus& server) {
  const std::string address(AddressText(server.address).view());
  const std::string who = server.name.empty() ? address : fmt::format("{} ({})", server.name, address);
  if (server.stratum == 0) {
    fmt::print("{}: {}\n", who, server.refused ? "it refuses to be asked" : "no time from it");
    return;
  }
  fmt::print("{}: offset {}, delay {:.6f} s, stratum {}, reference {}: {}\n", who, offset_text(server.offset),
             static_cast<double>(server.delay.as_microseconds()) / 1e6, server.stratum,
             reference_text(server.reference_id, server.stratum), opinion_text(server.opinion));
}

/// In the order of their indexes. With NTS each server's keys come first, from the host that was named.
void add_servers(Machine& machine, const NtpOptions& options, TimeService& service,
                 std::vector<std::unique_ptr<tls::Nts>>& secured) {
  std::vector<std::string> servers = options.servers;
  for (std::string& server : servers) {
    if (!options.nts) break;
    Random::Seed seed{};
    machine.port().fill_entropy(seed);
    secured.push_back(std::make_unique<tls::Nts>(seed));
    server = exchange_nts_keys(machine, server, options.authorities, *secured.back());
  }
  const sockets::Host::Lock lock(machine.host());
  for (const std::string& server : servers) service.add_server(server, lock.now());
  for (std::size_t i = 0; i < secured.size(); ++i) service.client().set_security(i, *secured[i]);
}

int ask(Machine& machine, const NtpOptions& options) {
  const sntp::Config config{.servers = 8,
                            .offered_servers = 0,
                            .name_size = 253,
                            .compared = static_cast<std::uint8_t>(options.servers.size()),
                            .startup_delay = Duration()};
  std::vector<std::unique_ptr<tls::Nts>> secured;  // outlive the service
  TimeService service(machine, config);
  sntp::Client& client = service.client();
  add_servers(machine, options, service, secured);
  const Instant until = machine.now() + options.wait;
  {
    const sockets::Host::Lock lock(machine.host());
    client.set_unix_time({platform::wall_clock_now().as_microseconds()}, lock.now());
    service.start(lock.now());
    machine.host().add(service);
  }
  const auto known = [&](Instant now) {
    const sntp::Status status = client.status(now);
    return status.rounds > 0 && (!status.synchronised_at.is_never() || now >= until);
  };
  const bool done = machine.host().wait_until([&] { return known(machine.now()); }, Instant::never());
  if (!done) return exit_code::interrupted;
  const sockets::Host::Lock lock(machine.host());
  client.for_each_server(print_server);
  const sntp::Status status = client.status(lock.now());
  if (status.synchronised_at.is_never()) throw Problem("no server's time can be believed");
  fmt::print("time {}, offset {}, from {}\n", time_text(*client.unix_time(lock.now())),
             offset_text(status.correction), AddressText(status.server).view());
  return exit_code::success;
}

}  // namespace

void add_ntp_command(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("ntp", "Ask time servers, and say how far this machine's clock is off");
  auto options = std::make_shared<NtpOptions>();
  command->add_option("SERVER", options->servers, "Names or addresses of 1 to 8 time servers")
      ->required()
      ->expected(1, 8);
  add_checked_option(*command, "--wait", "SECONDS", "0 to 86400",
                     "Ask again for so long when no time was had (default: once)",
                     [options](const std::string& text) {
                       const auto wait = parse_seconds(text);
                       options->wait = wait.value_or(Duration());
                       return wait.has_value();
                     })
      ->group("Options");
  command->add_flag(
      "--nts", options->nts,
      "Believe only answers that the server proves to be its own (NTS, RFC 8915), by keys that the server's "
      "host gives at TCP port 4460");
  command
      ->add_option(
          "--cacert", options->authorities,
          "--nts: accept what the certificates in FILE (PEM) vouch for, instead of the system's; repeatable")
      ->type_name("FILE")
      ->expected(1)
      ->allow_extra_args(false)  // what follows the value is an argument of its own
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_device_options(*command, options->device);
  command->footer("Exit code 0 when a majority of the servers that answered agrees, 1 otherwise.");
  command->callback([command, options, &exit_code] {
    exit_code =
        run_on_machine(*command, options->device, [&](Machine& machine) { return ask(machine, *options); });
  });
}

}  // namespace linnet::apps
