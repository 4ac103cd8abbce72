// SPDX-License-Identifier: Apache-2.0
// The commands of `linnet` that run a stack. Each function adds one to `app`; when it was chosen, parsing
// runs it and leaves its result in `exit_code`. They throw CLI::ParseError for wrong options, Problem for
// everything else.
#pragma once

#include <functional>

#include "apps/machine.hpp"

namespace CLI {
class App;
}

namespace linnet::apps {

void add_up_command(CLI::App& app, int& exit_code);
void add_ping_command(CLI::App& app, int& exit_code);
void add_get_command(CLI::App& app, int& exit_code);
void add_browse_command(CLI::App& app, int& exit_code);
void add_resolve_command(CLI::App& app, int& exit_code);
void add_nslookup_command(CLI::App& app, int& exit_code);
void add_ntp_command(CLI::App& app, int& exit_code);
void add_listen_command(CLI::App& app, int& exit_code);
void add_connect_command(CLI::App& app, int& exit_code);

/// Replaces the process by the menu when it was chosen.
void add_menuconfig_command(CLI::App& app, int& exit_code);

/// Starts a machine, gets it an address, runs `body`, and shuts it down. Ctrl-C interrupts what waits.
/// Yields what `body` yields, or exit_code::interrupted when it came to none.
int run_on_machine(const CLI::App& command, const DeviceOptions& options,
                   const std::function<int(Machine&)>& body);

/// Adds an argument that is a port, 1 to 65535.
void add_port_argument(CLI::App& command, std::uint16_t& port);

}  // namespace linnet::apps
