// SPDX-License-Identifier: Apache-2.0
// Port forwards of the user-mode network.
#include <arpa/inet.h>
#include <slirp/libslirp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "platform/linux/file_descriptor.hpp"
#include "platform/linux/user_network.hpp"

namespace linnet::platform {
namespace {

/// An endpoint in the shape that the system and slirp take.
struct SocketAddress {
  explicit SocketAddress(const Endpoint& endpoint) {
    if (endpoint.address.is_v4()) {
      auto& v4 = *reinterpret_cast<sockaddr_in*>(&storage);
      v4.sin_family = AF_INET;
      v4.sin_port = htons(endpoint.port);
      v4.sin_addr = {htonl(endpoint.address.v4_value())};
      size = sizeof v4;
    } else {
      auto& v6 = *reinterpret_cast<sockaddr_in6*>(&storage);
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(endpoint.port);
      std::memcpy(&v6.sin6_addr, endpoint.address.bytes().data(), 16);
      size = sizeof v6;
    }
  }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// A port that nobody uses now; 0 when the system has none, or not on this address.
std::uint16_t free_port(ForwardProtocol protocol, const IpAddress& address) {
  SocketAddress bound({address, 0});
  const int type = protocol == ForwardProtocol::tcp ? SOCK_STREAM : SOCK_DGRAM;
  const FileDescriptor probe(::socket(bound.storage.ss_family, type | SOCK_CLOEXEC, 0));
  if (!probe || ::bind(probe.get(), bound.get(), bound.size) != 0) return 0;
  if (::getsockname(probe.get(), bound.get(), &bound.size) != 0) return 0;
  return ntohs(
      reinterpret_cast<sockaddr_in*>(&bound.storage)->sin_port);  // at the same place in both families
}

OpenError forward_failed(ForwardProtocol protocol, const Endpoint& host, int error) {
  const std::string name = protocol == ForwardProtocol::tcp ? "TCP" : "UDP";
  const std::string port =
      name + " port " + std::to_string(host.port) + " of " + std::string(AddressText(host.address).view());
  if (error == EADDRINUSE) {
    return {OpenFailure::busy, "cannot forward " + port + ": the port is already in use by another program"};
  }
  if (error == EACCES || error == EPERM) {
    return {OpenFailure::permission,
            "cannot forward " + port +
                ": no permission for it (ports below 1024 need root): choose a higher one"};
  }
  if (error == EADDRNOTAVAIL) {
    return {OpenFailure::no_interface,
            "cannot forward " + port + ": this machine does not have that address"};
  }
  return {OpenFailure::system, "cannot forward " + port + ": " + std::strerror(error)};
}

}  // namespace

Result<std::uint16_t, OpenError> UserNetwork::add_forward(ForwardProtocol protocol, const Endpoint& host,
                                                          const Endpoint& guest) {
  Endpoint to = guest;
  if (to.address.is_unspecified()) to.address = first_guest_address();
  const int flags = (protocol == ForwardProtocol::udp ? SLIRP_HOSTFWD_UDP : 0) |
                    (host.address.is_v6() ? SLIRP_HOSTFWD_V6ONLY : 0);
  // Somebody may take a port between our look and slirp's bind: look again, a few times.
  for (int attempt = 0;; ++attempt) {
    Endpoint from = host;
    if (from.port == 0) from.port = free_port(protocol, from.address);
    const SocketAddress from_address(from);
    const SocketAddress to_address(to);
    errno = 0;
    if (slirp_add_hostxfwd(slirp_.get(), from_address.get(), from_address.size, to_address.get(),
                           to_address.size, flags) == 0) {
      changed();
      return from.port;
    }
    const int error = errno;
    if (host.port != 0 || error != EADDRINUSE || attempt == 8)
      return Failure{forward_failed(protocol, from, error)};
  }
}

}  // namespace linnet::platform
