// SPDX-License-Identifier: Apache-2.0
// `linnet link TAP-A TAP-B`: joins two taps into a link with faults, in real time.
#pragma once

#include <CLI/CLI.hpp>

namespace linnet::apps {

/// Adds the command to `app`; when it was chosen, parsing runs it until Ctrl-C and leaves its result in
/// `exit_code`. Throws CLI::ParseError for a wrong option, Problem when a tap cannot be opened.
void add_link_command(CLI::App& app, int& exit_code);

}  // namespace linnet::apps
