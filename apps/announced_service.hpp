// SPDX-License-Identifier: Apache-2.0
// A service that `linnet up` tells others of, which something else on the device serves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace linnet::apps {

struct AnnouncedService {
  std::string instance;
  std::string type;  ///< "_ipp._tcp"
  std::uint16_t port = 0;
  std::vector<std::uint8_t> txt;  ///< strings as on the wire
};

/// "My Printer;_ipp._tcp;631;rp=queue;note=a b". Nothing when it is none.
std::optional<AnnouncedService> parse_announced_service(const std::string& text);

/// --service and --services: up to 4,000 of them.
void add_service_options(CLI::App& command, std::vector<AnnouncedService>& services);

}  // namespace linnet::apps
