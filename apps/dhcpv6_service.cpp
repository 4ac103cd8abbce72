// SPDX-License-Identifier: Apache-2.0
#include "apps/dhcpv6_service.hpp"

namespace linnet::apps {

/// Once begun, it goes on until its leases end: a router that is silent takes nothing back.
Instant Dhcpv6Service::poll(Instant now) {
  const ip::LinkParameters& link = stack_->ip().neighbour_discovery().discovery().parameters(client_.interface());
  std::optional<dhcpv6::Mode> wanted = mode_;
  if (link.other_configuration && !mode_) wanted = dhcpv6::Mode::stateless;
  if (link.managed) wanted = dhcpv6::Mode::stateful;
  if (wanted != mode_ && client_.start(*wanted, now)) mode_ = wanted;
  return client_.poll(now);
}

}  // namespace linnet::apps
