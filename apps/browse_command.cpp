// SPDX-License-Identifier: Apache-2.0
// `linnet browse [TYPE]`: the services on the link (RFC 6763).
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "apps/browser.hpp"
#include "apps/commands.hpp"
#include "apps/problem.hpp"

namespace linnet::apps {

namespace {

struct BrowseOptions {
  DeviceOptions device;
  std::optional<mdns::Name> type;
  bool resolve = false;
  std::optional<Duration> time;
};

int browse(Machine& machine, const BrowseOptions& options) {
  if (machine.mdns() == nullptr) {
    throw Problem("there is nobody to ask: Multicast DNS needs --tap or --packet, and no --no-mdns");
  }
  Browser browser(*machine.mdns(), machine.interface_name(machine.interface()), options.resolve);
  {
    const sockets::Host::Lock lock(machine.host());
    if (!machine.mdns()->start({}, lock.now())) throw Problem("the port of Multicast DNS is taken");
    browser.begin(options.type, lock.now());
    machine.host().add(browser);
  }
  const Instant until = options.time ? machine.now() + *options.time : Instant::never();
  static_cast<void>(machine.host().wait_until([] { return false; }, until));
  const sockets::Host::Lock lock(machine.host());
  browser.unlink();
  return browser.found() != 0 ? exit_code::success : exit_code::failure;
}

}  // namespace

void add_browse_command(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("browse", "Show the services on the link as they come and go, until Ctrl-C");
  auto options = std::make_shared<BrowseOptions>();
  add_checked_option(*command, "TYPE", "", "a type such as _http._tcp or _printer._sub._http._tcp",
                     "Services of one type (default: of all)",
                     [options](const std::string& text) {
                       options->type = browsed_type(text);
                       return options->type.has_value();
                     })
      ->group("Options");
  command->add_flag("--resolve", options->resolve, "Also host, addresses, port and TXT record of each");
  add_checked_option(*command, "--time", "SECONDS", "more than 0, at most a day", "End after so long",
                     [options](const std::string& text) {
                       options->time = parse_seconds(text);
                       return options->time && *options->time > Duration();
                     })
      ->group("Options");
  add_device_options(*command, options->device);
  command->callback([command, options, &exit_code] {
    exit_code = run_on_machine(*command, options->device,
                               [&](Machine& machine) { return browse(machine, *options); });
  });
}

}  // namespace linnet::apps
