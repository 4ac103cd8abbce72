// SPDX-License-Identifier: Apache-2.0
// LeaseFile: the address that DHCP gave, kept in a file from one run to the next (RFC 2131 3.2).
#pragma once

#include <optional>
#include <string>

#include "services/dhcp/client.hpp"
#include "sockets/service.hpp"

namespace linnet::apps {

class LeaseFile final : public sockets::Service {
 public:
  /// Throws Problem when there is such a file, and it cannot be read or says something else.
  LeaseFile(std::string name, const dhcp::Client& client);

  /// What the run before has left: with it the client is to begin.
  const std::optional<IpAddress>& remembered() const { return written_; }
  /// Writes the address once it is another.
  Instant poll(Instant now) override;

 private:
  void write(const IpAddress& address);

  std::string name_;
  const dhcp::Client* client_;
  std::optional<IpAddress> written_;
  std::optional<std::uint32_t> version_;  ///< of the client's status
};

}  // namespace linnet::apps
