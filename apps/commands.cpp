// SPDX-License-Identifier: Apache-2.0
#include "apps/commands.hpp"

#include <CLI/CLI.hpp>

#include "apps/interrupt.hpp"
#include "apps/problem.hpp"
#include "apps/text.hpp"

namespace linnet::apps {

int run_on_machine(const CLI::App& command, const DeviceOptions& options,
                   const std::function<int(Machine&)>& body) {
  check_device_options(command, options);
  Machine machine(options);
  const Interrupt interrupt(machine.port());
  if (!machine.configure()) return exit_code::interrupted;
  const int result = body(machine);
  machine.shut_down();
  return result;
}

void add_port_argument(CLI::App& command, std::uint16_t& port) {
  add_checked_option(command, "PORT", "", "1 to 65535", "The port",
                     [&port](const std::string& text) {
                       port = parse_port(text).value_or(0);
                       return port != 0;
                     })
      ->required()
      ->group("Options");
}

}  // namespace linnet::apps
