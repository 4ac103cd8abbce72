// SPDX-License-Identifier: Apache-2.0
// Which socket has which port: bind, connect, and ephemeral ports (RFC 6056).
#include "core/ip/bound_address.hpp"
#include "core/udp/udp.hpp"

namespace linnet::udp {

/// Two sockets may not both be the one that a datagram is for, unless both agree to share. `socket` has no port yet.
bool Udp::conflicts(const Socket& socket, const Endpoint& local, bool reuse) const {
  const auto overlap = [&](const Socket& other) {
    if (other.local.port != local.port || (reuse && other.reuse)) return false;
    const bool apart = socket.options.interface != other.options.interface &&
                       socket.options.interface != ip::any_interface &&
                       other.options.interface != ip::any_interface;
    return !apart &&
           ip::overlap(local.address, socket.options.v6_only, other.local.address, other.options.v6_only);
  };
  return ports_.find(hash(local.port), overlap) != nullptr;
}

bool Udp::port_free(std::uint16_t port) const {
  return ports_.find(hash(port), [&](const Socket& s) { return s.local.port == port; }) == nullptr;
}

/// RFC 6056 3.3.2: at random, a bounded number of times; then the next free one from a random place, which
/// among as many ports as there are sockets and one more must exist. 0: the range is smaller than that, and
/// full.
std::uint16_t Udp::choose_port() {
  constexpr int tries = 32;
  const std::uint32_t first = config_.first_ephemeral_port;
  const std::uint32_t range = config_.last_ephemeral_port - first + 1u;
  for (int i = 0; i < tries; ++i) {
    const auto port = static_cast<std::uint16_t>(first + random_.below(range));
    if (port_free(port)) return port;
  }
  const std::uint32_t start = random_.below(range);
  for (std::uint32_t i = 0; i < range; ++i) {
    const auto port = static_cast<std::uint16_t>(first + (start + i) % range);
    if (port_free(port)) return port;
  }
  return 0;
}

bool Udp::bind_ephemeral(Socket& socket) {
  const std::uint16_t port = choose_port();
  if (port == 0) return false;
  enter_port(socket, {socket.bound, port});
  return true;
}

void Udp::enter_port(Socket& socket, const Endpoint& local) {
  if (socket.local.port != 0) ports_.remove(socket);
  socket.local = local;
  ports_.insert(socket, hash(local.port));
}

Result<void, Error> Udp::bind(SocketHandle handle, const Endpoint& local, bool reuse) {
  Socket* socket = sockets_.find(handle);
  if (socket == nullptr) return Failure{Error::closed};
  if (socket->local.port != 0) return Failure{Error::invalid};
  const IpAddress& address = local.address;
  const bool group = address.is_multicast() || ip_.is_broadcast(address, ip::any_interface);
  if (!address.is_unspecified() && !group && !ip_.is_own(address))
    return Failure{Error::address_not_available};
  Endpoint endpoint{ip_.scoped_own(address), local.port};
  if (endpoint.port == 0) endpoint.port = choose_port();
  if (endpoint.port == 0) return Failure{Error::address_not_available};
  if (conflicts(*socket, endpoint, reuse)) return Failure{Error::address_in_use};
  socket->bound = endpoint.address;
  socket->reuse = reuse;
  enter_port(*socket, endpoint);
  return {};
}

Result<void, Error> Udp::connect(SocketHandle handle, const Endpoint& remote, Instant) {
  Socket* socket = sockets_.find(handle);
  if (socket == nullptr) return Failure{Error::closed};
  socket->error.reset();
  if (remote.address.is_unspecified()) {
    socket->remote = {};
    socket->path = {};
    if (socket->local.port != 0) enter_port(*socket, {socket->bound, socket->local.port});
    return {};
  }
  if (remote.port == 0) return Failure{Error::invalid};
  if (socket->is_connected()) enter_port(*socket, {socket->bound, socket->local.port});
  const auto path = path_for(*socket, remote.address, false, {});
  if (!path) return Failure{path.error()};
  if (socket->local.port == 0 && !bind_ephemeral(*socket)) return Failure{Error::address_not_available};
  socket->remote = {ip_.scoped(remote.address, path->interface), remote.port};
  socket->path = *path;
  // The local address is the one that the peer sees, so that only its answers to it match.
  if (socket->bound.is_unspecified()) enter_port(*socket, {path->source, socket->local.port});
  return {};
}

}  // namespace linnet::udp
