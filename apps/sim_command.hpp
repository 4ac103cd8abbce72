// SPDX-License-Identifier: Apache-2.0
// `linnet sim`: worlds of stacks in which everything goes wrong on purpose.
#pragma once

namespace CLI {
class App;
}

namespace linnet::apps {

void add_sim_command(CLI::App& app, int& exit_code);

}  // namespace linnet::apps
