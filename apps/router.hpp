// SPDX-License-Identifier: Apache-2.0
// Router: what makes a machine with a second interface a small router, beside the forwarding of its stack:
// the addresses there, port translation, and port maps that follow the machine's address.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "apps/machine.hpp"

namespace linnet::apps {

class Router final : public sockets::Service {
 public:
  /// Under the host's lock, for a machine whose options have a LAN. Throws Problem.
  Router(Machine& machine, Instant now);

  Instant poll(Instant now) override;
  /// For the status page.
  nlohmann::json report() const;

 private:
  const RouterOptions& options() const { return machine_.options().router; }
  void map_ports(const IpAddress& outside);

  Machine& machine_;
  std::uint32_t version_ = 0;
  IpAddress outside_{};  ///< for which the ports are mapped; unspecified: for none
};

}  // namespace linnet::apps
