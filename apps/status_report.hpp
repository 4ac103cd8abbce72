// SPDX-License-Identifier: Apache-2.0
// What /status.json says: everything about a running machine.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "apps/machine.hpp"

namespace linnet::apps {

/// An object with: host_name, version, uptime_s, interfaces, addresses, routes, neighbours, dhcp,
/// dns_servers, connections, listeners, udp, drops, pool, descriptors, faults. Times are in the unit that
/// their name ends in, sizes in bytes.
nlohmann::json status_report(Machine& machine);

}  // namespace linnet::apps
