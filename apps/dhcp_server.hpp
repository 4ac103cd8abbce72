// SPDX-License-Identifier: Apache-2.0
// DhcpServer: gives the addresses of a pool to others on a machine's link, and says so.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "apps/machine.hpp"
#include "services/dhcps/server.hpp"

namespace linnet::apps {

struct DhcpPool {
  IpAddress first;
  IpAddress last;
};
/// "192.0.2.10-192.0.2.50": both included, at most 65,536 addresses.
std::optional<DhcpPool> parse_pool(std::string_view text);

class DhcpServer final : public sockets::Service {
 public:
  /// Under the host's lock; on the interface whose subnet has the pool: the LAN of a router, or the machine's first. Throws Problem.
  DhcpServer(Machine& machine, const DhcpPool& pool, Duration lease_time);
  ~DhcpServer();

  Instant poll(Instant now) override;
  /// For the status page.
  nlohmann::json report(Instant now) const;

 private:
  Machine& machine_;
  std::vector<std::uint8_t> memory_;
  std::unique_ptr<dhcps::Server> server_;
};

}  // namespace linnet::apps
