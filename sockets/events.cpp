// SPDX-License-Identifier: Apache-2.0
#include "sockets/events.hpp"

#include "sockets/constants.hpp"
#include "sockets/errno.hpp"

namespace linnet::sockets {

namespace {

constexpr unsigned flag(bool on, unsigned value) { return on ? value : 0u; }

unsigned stream_events(Stack& stack, const Descriptor& row) {
  if (row.connection) {
    const tcp::Readiness r = stack.tcp().readiness(row.connection);
    return flag(r.readable || r.peer_closed, event::in) | flag(r.data || r.peer_closed, any_data) | flag(r.writable, event::out) |
           flag(r.urgent, event::pri) | flag(r.error, event::err) | flag(r.hangup, event::hup) |
           flag(r.peer_closed, event::read_hup);
  }
  if (row.listening) return flag(stack.tcp().acceptable(row.listener), event::in);
  if (row.deferred.port != 0) return event::out;  // TCP_FASTOPEN_CONNECT: the first write connects
  return event::out | event::hup;  // not connected: as on Linux, a write fails at once
}

/// What shutdown() makes of a socket without connections.
unsigned shut_events(const Descriptor& row) {
  return flag(row.receive_shut, event::in | event::read_hup) | flag(row.receive_shut && row.send_shut, event::hup);
}

unsigned datagram_events(Stack& stack, const Descriptor& row) {
  return flag(stack.udp().queued(row.datagram) > 0, event::in) | shut_events(row) | event::out |
         flag(stack.udp().has_error(row.datagram), event::err);
}

unsigned raw_events(Stack& stack, const Descriptor& row) {
  return flag(stack.raw().readable(row.raw), event::in) | shut_events(row) | event::out;
}

}  // namespace

std::uint16_t events_of(Stack& stack, const Descriptor& row) {
  unsigned events = 0;
  if (row.kind == Kind::stream) events = stream_events(stack, row);
  if (row.kind == Kind::datagram) events = datagram_events(stack, row);
  if (row.kind == Kind::raw) events = raw_events(stack, row);
  return static_cast<std::uint16_t>(events);
}

int errno_of(tcp::Error error) {
  switch (error) {
    case tcp::Error::none: return 0;
    case tcp::Error::no_memory: return error::no_buffers;
    case tcp::Error::address_in_use: return error::address_in_use;
    case tcp::Error::address_not_available: return error::address_not_available;
    case tcp::Error::invalid: return error::invalid;
    case tcp::Error::closed: return error::broken_pipe;
    case tcp::Error::not_connected: return error::not_connected;
    case tcp::Error::in_progress: return error::in_progress;
    case tcp::Error::already_connected: return error::is_connected;
    case tcp::Error::would_block: return error::try_again;
    case tcp::Error::no_route: return error::network_unreachable;
    case tcp::Error::refused: return error::connection_refused;
    case tcp::Error::reset: return error::connection_reset;
    case tcp::Error::aborted: return error::connection_aborted;
    case tcp::Error::timed_out: return error::timed_out;
    case tcp::Error::host_unreachable: return error::host_unreachable;
    case tcp::Error::net_unreachable: return error::network_unreachable;
    case tcp::Error::bad_address: return error::address_not_available;
  }
  return error::invalid;
}

int errno_of(udp::Error error) {
  switch (error) {
    case udp::Error::no_memory: return error::no_buffers;
    case udp::Error::address_in_use: return error::address_in_use;
    case udp::Error::address_not_available: return error::address_not_available;
    case udp::Error::invalid: return error::invalid;
    case udp::Error::closed: return error::bad_descriptor;
    case udp::Error::not_connected: return error::destination_required;
    case udp::Error::no_route: return error::network_unreachable;
    case udp::Error::too_big: return error::message_too_long;
    case udp::Error::would_block: return error::try_again;
    case udp::Error::unreachable: return error::host_unreachable;
    case udp::Error::connection_refused: return error::connection_refused;
    case udp::Error::host_unreachable: return error::host_unreachable;
    case udp::Error::net_unreachable: return error::network_unreachable;
    case udp::Error::access: return error::access;
  }
  return error::invalid;
}

int errno_of(ip::RawError error) {
  switch (error) {
    case ip::RawError::no_memory: return error::no_buffers;
    case ip::RawError::invalid: return error::invalid;
    case ip::RawError::closed: return error::bad_descriptor;
    case ip::RawError::not_connected: return error::destination_required;
    case ip::RawError::address_not_available: return error::address_not_available;
    case ip::RawError::access: return error::access;
    case ip::RawError::no_route: return error::network_unreachable;
    case ip::RawError::too_big: return error::message_too_long;
    case ip::RawError::would_block: return error::try_again;
    case ip::RawError::unreachable: return error::host_unreachable;
  }
  return error::invalid;
}

}  // namespace linnet::sockets
