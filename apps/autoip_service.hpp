// SPDX-License-Identifier: Apache-2.0
// AutoipService: a link-local address while no DHCP server answers (RFC 3927 2.11). DHCP goes on asking, and
// takes over.
#pragma once

#include "services/autoip/client.hpp"
#include "services/dhcp/client.hpp"
#include "sockets/service.hpp"

namespace linnet::apps {

class AutoipService final : public sockets::Service {
 public:
  /// `dhcp` is polled before it. `tries`: DHCPDISCOVERs without an answer before it begins.
  AutoipService(Stack& stack, std::uint8_t interface, const dhcp::Client& dhcp, std::uint8_t tries)
      : dhcp_(&dhcp), tries_(tries), client_(stack, interface) {}

  Instant poll(Instant now) override {
    const dhcp::Status status = dhcp_->status();
    const bool asking = status.state == dhcp::State::selecting;
    if (status.lease != nullptr || status.state == dhcp::State::stopped) client_.stop();
    if (asking && status.attempts > tries_) client_.start(now);
    return client_.poll(now);
  }
  /// Under the host's lock.
  autoip::Status status() const { return client_.status(); }

 private:
  const dhcp::Client* dhcp_;
  std::uint8_t tries_;
  autoip::Client client_;
};

}  // namespace linnet::apps
