// SPDX-License-Identifier: Apache-2.0
// Names that are awaited: resolved, and connected to.
#pragma once

#include "sockets/connect_name.hpp"
#include "sockets/coro/executor.hpp"

namespace linnet::sockets::coro {

/// Awaitable: yields the number of addresses, at least 1, of which `addresses` has as many as there is room
/// for, in the order in which they are to be tried (RFC 6724 6). -error::host_unreachable: there are none,
/// and `why` has the reason, if it is given. The host polls the resolver. `name`, `addresses` and `why` must
/// live until it is over.
class Resolve : public Operation, private Service {
 public:
  Resolve(Executor& executor, dns::Resolver& resolver, std::string_view name, std::span<IpAddress> addresses,
          dns::Families families = dns::Families::both, dns::Error* why = nullptr,
          Instant deadline = Instant::never());
  ~Resolve();

 private:
  static Outcome attempt(Operation& operation);
  Instant poll(Instant now) override;

  dns::Resolver& resolver_;
  std::string_view name_;
  std::span<IpAddress> addresses_;
  dns::Families families_;
  dns::Error* why_;
  dns::QueryHandle query_;
};

/// Awaitable: connects to a name as sockets::connect_by_name does. Yields a descriptor for
/// `TcpSocket(executor, ...)`, or an errno value negated; `why` has the reason of -error::host_unreachable,
/// if it is given.
class ConnectByName : public Operation, private ConnectorService {
 public:
  ConnectByName(Executor& executor, dns::Resolver& resolver, std::string_view name, std::uint16_t port,
                dns::Families families = dns::Families::both, dns::Error* why = nullptr,
                Instant deadline = Instant::never());
  ~ConnectByName();

 private:
  static Outcome attempt(Operation& operation);
  Instant poll(Instant now) override;

  std::string_view name_;
  std::uint16_t port_;
  dns::Families families_;
  dns::Error* why_;
  bool begun_ = false;
};

}  // namespace linnet::sockets::coro
