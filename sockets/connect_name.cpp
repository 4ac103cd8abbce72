// SPDX-License-Identifier: Apache-2.0
#include "sockets/connect_name.hpp"

#include "sockets/events.hpp"

namespace linnet::sockets {

namespace {

/// `start` begins, under the lock.
template <typename Start>
Connected connect(Host& host, dns::Resolver& resolver, const dns::EyeballsConfig& config, Instant deadline,
                  Start start) {
  ConnectorService service(host.stack(), resolver, config);
  dns::Connector& connector = service.connector();
  {
    const Host::Lock lock(host);
    start(connector, lock.now());
    host.add(service);
  }
  const bool done = host.wait_until([&] { return connector.done(); }, deadline);
  {
    const Host::Lock lock(host);
    service.unlink();
    if (!connector.done()) connector.cancel();
  }
  if (done) return connected_of(host.sockets(), connector);
  const bool late = host.port().now() >= deadline;
  return {.fd = late ? -error::timed_out : -error::interrupted, .remote = connector.remote()};
}

}  // namespace

Connected connected_of(Sockets& sockets, dns::Connector& connector, int flags) {
  Connected result{.remote = connector.remote(), .name_error = connector.error()};
  if (const tcp::ConnectionHandle connection = connector.take()) {
    result.fd = sockets.adopt(connection, flags);
  } else {
    const int number = errno_of(connector.connect_error());
    result.fd = number != 0 ? -number : -error::host_unreachable;
  }
  return result;
}

Connected connect_by_name(Host& host, dns::Resolver& resolver, std::string_view name, std::uint16_t port,
                          Instant deadline, dns::Families families, const dns::EyeballsConfig& config) {
  return connect(host, resolver, config, deadline, [&](dns::Connector& connector, Instant now) {
    connector.start(name, port, families, {}, now);
  });
}

Connected connect_to_any(Host& host, dns::Resolver& resolver, std::span<const IpAddress> addresses,
                         std::uint16_t port, Instant deadline, const dns::EyeballsConfig& config) {
  return connect(host, resolver, config, deadline,
                 [&](dns::Connector& connector, Instant now) { connector.start(addresses, port, {}, now); });
}

}  // namespace linnet::sockets
