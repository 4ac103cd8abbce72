// SPDX-License-Identifier: Apache-2.0
// Dhcpv6Service: runs the DHCPv6 client when a router says that it is wanted (RFC 4861 4.2: the M and O flags).
#pragma once

#include <optional>

#include "services/dhcpv6/client.hpp"
#include "sockets/service.hpp"

namespace linnet::apps {

class Dhcpv6Service final : public sockets::Service {
 public:
  Dhcpv6Service(Stack& stack, std::uint8_t interface, Arena& arena)
      : stack_(&stack), client_(stack, interface, dhcpv6::Config{}, arena) {}

  Instant poll(Instant now) override;
  /// Under the host's lock.
  dhcpv6::Client& client() { return client_; }
  const dhcpv6::Client& client() const { return client_; }

 private:
  Stack* stack_;
  dhcpv6::Client client_;
  std::optional<dhcpv6::Mode> mode_;
};

}  // namespace linnet::apps
