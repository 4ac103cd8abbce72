// SPDX-License-Identifier: Apache-2.0
// What goes out: RFC 768, RFC 1122 4.1.3 and 4.1.4.
#include "core/ip/bound_address.hpp"
#include "core/udp/udp.hpp"
#include "core/udp/wire.hpp"

namespace linnet::udp {
namespace {

Error error_of(ip::Send result) {
  switch (result) {
    case ip::Send::busy: return Error::would_block;
    case ip::Send::too_big: return Error::too_big;
    case ip::Send::unreachable: return Error::unreachable;
    case ip::Send::no_memory: return Error::no_memory;
    case ip::Send::sent:
    case ip::Send::bad_source:  // a path has one of ours
    case ip::Send::no_route: break;
  }
  return Error::no_route;
}

}  // namespace

/// What the socket sends from: its own address, unless that is a group, from which nothing can come.
IpAddress Udp::source_of(const Socket& socket) const {
  const IpAddress& local = socket.local.address;
  const bool group = local.is_multicast() || ip_.is_broadcast(local, ip::any_interface);
  return group ? IpAddress{} : local;
}

/// The path of one datagram; `connected`: it goes to the socket's peer, to which the path is remembered.
Result<ip::Path, Error> Udp::path_for(Socket& socket, const IpAddress& to, bool connected,
                                      const SendOptions& options) {
  const IpAddress& bound = socket.local.address;
  if (bound.is_unspecified() && !ip::covers(bound, socket.options.v6_only, to)) return Failure{Error::no_route};
  const bool usual = options.source.is_unspecified() && options.interface == ip::any_interface;
  const std::uint8_t only = socket.options.interface;
  const bool known = socket.path.generation == ip_.generation() &&
                     (only == ip::any_interface || only == socket.path.interface);
  if (connected && usual && known) return socket.path;
  const IpAddress source = options.source.is_unspecified() ? source_of(socket) : options.source;
  std::uint8_t interface = options.interface != ip::any_interface ? options.interface : only;
  if (interface == ip::any_interface && to.is_multicast() && to.zone() == 0) interface = socket.options.multicast_interface;
  auto path = ip_.path(to, source, interface);
  if (!path) {
    const bool own = source.is_unspecified() || ip_.is_own(source);
    return Failure{own ? Error::no_route : Error::address_not_available};
  }
  // RFC 1122 3.3.6: nobody shall address everybody by mistake.
  const bool broadcast = path->next_hop.is_limited_broadcast();
  if (broadcast && !socket.options.broadcast) return Failure{Error::access};
  if (connected && usual) socket.path = *path;
  if (options.source_unspecified) {
    path->source = to.is_v4() ? IpAddress::any_v4() : IpAddress::any_v6();
  } else if (path->source.is_unspecified()) {
    return Failure{Error::address_not_available};  // RFC 1122 3.2.1.3 (a): only who asks for it sends from nowhere
  }
  return *path;
}

Result<std::size_t, Error> Udp::send(SocketHandle handle, std::span<const Bytes> payload, const Endpoint* to,
                                     const SendOptions& options, Instant now) {
  Socket* socket = sockets_.find(handle);
  if (socket == nullptr) return Failure{Error::closed};
  if (socket->error) return Failure{*std::exchange(socket->error, std::nullopt)};
  if (to == nullptr && !socket->is_connected()) return Failure{Error::not_connected};
  const Endpoint& destination = to != nullptr ? *to : socket->remote;
  // RFC 768: source port 0 means that no answer is wanted, so that 0 is never a destination.
  if (destination.port == 0 || destination.address.is_unspecified()) return Failure{Error::invalid};
  const std::size_t most = destination.address.is_v4() ? maximum_payload : maximum_payload_v6;
  Frame frame;
  for (const Bytes piece : payload) {
    if (piece.size() > most - frame.payload_size()) return Failure{Error::too_big};
    if (frame.payload().size() == maximum_pieces && !piece.empty()) return Failure{Error::invalid};
    frame.add_payload(piece);
  }
  const auto path = path_for(*socket, destination.address, to == nullptr, options);
  if (!path) return Failure{path.error()};
  if (socket->local.port == 0 && !bind_ephemeral(*socket)) return Failure{Error::address_not_available};
  return transmit(*socket, frame, destination, *path, options, now);
}

Result<std::size_t, Error> Udp::transmit(const Socket& socket, Frame& frame, const Endpoint& destination,
                                         const ip::Path& path, const SendOptions& options, Instant now) {
  const Options& usual = socket.options;
  const std::size_t size = frame.payload_size();
  Header::write(frame.prepend(Header::size), socket.local.port, destination.port,
                static_cast<std::uint16_t>(Header::size + size));
  if (usual.checksum) frame.checksum = {.header_from_end = Header::size, .field = Header::checksum_offset};
  const bool group = destination.address.is_multicast();
  const std::uint8_t usual_ttl = group ? usual.multicast_ttl : usual.ttl;
  const ip::SendInfo info{.source = path.source,
                          .destination = destination.address,
                          .protocol = ip::protocol::udp,
                          .ttl = options.ttl != 0 ? options.ttl : usual_ttl,
                          .traffic_class = options.traffic_class.value_or(usual.traffic_class),
                          .dont_fragment = usual.dont_fragment,
                          .multicast_loop = group && usual.multicast_loop,
                          .host_only = group && options.ttl == 0 && usual_ttl == 0};
  const ip::Send result = ip_.send(frame, path, info, now);
  if (result != ip::Send::sent) return Failure{error_of(result)};
  return size;
}

}  // namespace linnet::udp
