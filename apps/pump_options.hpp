// SPDX-License-Identifier: Apache-2.0
// The options that `listen` and `connect` share.
#pragma once

#include "apps/datagram_pump.hpp"

namespace CLI {
class App;
}

namespace linnet::apps {

void add_pump_options(CLI::App& command, DatagramOptions& options);
/// Throws CLI::ValidationError for what does not go together.
void check_pump_options(const DatagramOptions& options, bool udp);

}  // namespace linnet::apps
