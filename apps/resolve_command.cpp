// SPDX-License-Identifier: Apache-2.0
// `linnet resolve NAME`: asks the name servers.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "apps/commands.hpp"
#include "apps/problem.hpp"

namespace linnet::apps {

void add_resolve_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("resolve", "Look the addresses of a name up");
  struct Options {
    DeviceOptions device;
    std::string name;
    bool reverse = false;
    bool verbose = false;
  };
  auto options = std::make_shared<Options>();
  command->add_option("NAME", options->name, "The name")->required();
  command->add_flag("-x,--reverse", options->reverse, "NAME is an address, whose name is wanted");
  command->add_flag("-v,--verbose", options->verbose,
                    "Say on stderr who was asked, and how long the answer is good for");
  add_device_options(*command, options->device);
  command->callback([command, options, &exit_code] {
    exit_code = run_on_machine(*command, options->device, [&](Machine& machine) {
      if (options->reverse) {
        const auto address = IpAddress::parse(machine.with_numeric_zone(options->name));
        if (!address) throw Problem(fmt::format("{}: no address", options->name), exit_code::usage);
        fmt::print("{}\n", machine.names().name_of(*address));
        return exit_code::success;
      }
      const dns::Answer answer = machine.names().resolve(options->name);
      for (const IpAddress& address : answer.addresses()) fmt::print("{}\n", AddressText(address).view());
      if (!options->verbose) return exit_code::success;
      const sockets::Host::Lock lock(machine.host());
      for (const IpAddress& server : machine.names().servers())
        fmt::print(stderr, "server {}\n", AddressText(server).view());
      for (const std::string& domain : machine.names().search_domains()) fmt::print(stderr, "search {}\n", domain);
      fmt::print(stderr, "good for {} s\n", answer.ttl.as_seconds());
      return exit_code::success;
    });
  });
}

}  // namespace linnet::apps
