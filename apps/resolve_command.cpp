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
    bool verbose = false;
  };
  auto options = std::make_shared<Options>();
  command->add_option("NAME", options->name, "The name")->required();
  command->add_flag("-v,--verbose", options->verbose,
                    "Say on stderr who was asked, and how long the answer is good for");
  add_device_options(*command, options->device);
  command->callback([command, options, &exit_code] {
    exit_code = run_on_machine(*command, options->device, [&](Machine& machine) {
      const dns::Answer answer = machine.names().resolve(options->name);
      for (const IpAddress& address : answer.addresses()) fmt::print("{}\n", AddressText(address).view());
      if (!options->verbose) return exit_code::success;
      const sockets::Host::Lock lock(machine.host());
      for (const IpAddress& server : machine.names().servers())
        fmt::print(stderr, "server {}\n", AddressText(server).view());
      fmt::print(stderr, "good for {} s\n", answer.ttl.as_seconds());
      return exit_code::success;
    });
  });
}

}  // namespace linnet::apps
