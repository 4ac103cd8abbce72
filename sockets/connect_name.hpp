// SPDX-License-Identifier: Apache-2.0
// connect_by_name: a connected socket by the name of the other end (RFC 8305).
#pragma once

#include "services/dns/connector.hpp"
#include "sockets/host.hpp"

namespace linnet::sockets {

/// Polls a connector while somebody waits for it.
class ConnectorService : public Service {
 public:
  ConnectorService(Stack& stack, dns::Resolver& resolver, const dns::EyeballsConfig& config)
      : connector_(stack, resolver, config) {}
  Instant poll(Instant now) override { return connector_.poll(now); }
  dns::Connector& connector() { return connector_; }

 private:
  dns::Connector connector_;
};

/// What became of it.
struct Connected {
  int fd = -1;                               ///< or an errno value negated
  Endpoint remote{};                         ///< or the one that was tried last
  dns::Error name_error = dns::Error::none;  ///< with -error::host_unreachable: why the name has no addresses
};
/// Of a connector that is done.
Connected connected_of(Sockets& sockets, dns::Connector& connector, int flags = 0);

/// The addresses of a name are resolved by `resolver`, which the host polls, and tried with a head start of
/// 250 ms for each, IPv6 and IPv4 in turn; the first connection that is made is the result, and the others
/// are reset. Waits until `deadline`: then -error::timed_out. -error::interrupted: by the port.
Connected connect_by_name(Host& host, dns::Resolver& resolver, std::string_view name, std::uint16_t port,
                          Instant deadline = Instant::never(), dns::Families families = dns::Families::both,
                          const dns::EyeballsConfig& config = {});
/// The same with addresses that are known, in the order in which they are to be tried.
Connected connect_to_any(Host& host, dns::Resolver& resolver, std::span<const IpAddress> addresses,
                         std::uint16_t port, Instant deadline = Instant::never(),
                         const dns::EyeballsConfig& config = {});

}  // namespace linnet::sockets
