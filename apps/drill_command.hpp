// SPDX-License-Identifier: Apache-2.0
// `linnet drill`: packetdrill scripts against this stack, in virtual time and within the process.
#pragma once

namespace CLI {
class App;
}

namespace linnet::apps {

void add_drill_command(CLI::App& app, int& exit_code);

}  // namespace linnet::apps
