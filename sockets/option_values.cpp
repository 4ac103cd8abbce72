// SPDX-License-Identifier: Apache-2.0
// What each socket option means to TCP, UDP and raw sockets.
#include <algorithm>

#include "sockets/call.hpp"
#include "sockets/events.hpp"

namespace linnet::sockets {

namespace {

constexpr int unknown = -error::no_such_option;
constexpr IpAddress all_hosts = IpAddress::v4(224, 0, 0, 1);

bool in_range(int value, int least, int most) { return value >= least && value <= most; }

/// One of the stack's numbers for which 0 means "as configured", as an int that says what that is.
template <typename T>
int configured(T own, std::int64_t otherwise) {
  return static_cast<int>(own != T{} ? std::int64_t{own} : otherwise);
}

}  // namespace

/// What a stream's connection has, or will have.
tcp::Options Sockets::stream_options(const Descriptor& row) const {
  const tcp::Options* options = row.connection ? stack_.tcp().options(row.connection) : nullptr;
  return options != nullptr ? *options : row.options;
}

void Sockets::set_stream_options(Descriptor& row, const tcp::Options& options) {
  row.options = options;
  if (row.connection) stack_.tcp().set_options(row.connection, options, driver_.now());
  // A listener hands its options to the connections that it accepts from now on.
  if (row.listening) static_cast<void>(stack_.tcp().listen(row.listener, row.backlog, options));
}

/// SO_ERROR: what happened and was not told yet, cleared by asking.
int Sockets::pending_error(Descriptor& row) {
  int error = std::exchange(row.untold_error, 0);
  if (error == 0 && row.connection) error = errno_of(stack_.tcp().take_error(row.connection));
  if (row.kind == Kind::datagram) {
    const auto pending = stack_.udp().take_error(row.datagram);
    error = pending ? errno_of(*pending) : 0;
  }
  const int last = std::exchange(row.last_error, 0);
  return error == 0 && config_.error_rule == ErrorRule::last_error ? last : error;
}

/// The value, at least 0 and at most that of 32 bits, or a negated errno value.
std::int64_t Sockets::option_value(Descriptor& row, int level, int name) {
  if (level == sol::socket) return socket_option(row, name);
  if (level == ipproto::ip) return ip_option_value(row, name);
  if (level == ipproto::ipv6) return ipv6_option_value(row, name);
  if (level == ipproto::tcp && row.kind == Kind::stream) return tcp_option_value(row, name);
  return unknown;
}

int Sockets::socket_option(Descriptor& row, int name) {
  const bool stream = row.kind == Kind::stream;
  switch (name) {
    case so::error: return pending_error(row);
    case so::type: return stream ? sock::stream : row.kind == Kind::datagram ? sock::dgram : sock::raw;
    case so::protocol: return row.protocol;
    case so::domain: return row.v6 ? af::inet6 : af::inet;
    case so::accept_connections: return row.listening ? 1 : 0;
    case so::reuse_address: return row.reuse_address ? 1 : 0;
    case so::reuse_port: return row.reuse_port ? 1 : 0;
    case so::debug: return row.debug ? 1 : 0;
    case so::broadcast:
      if (row.kind == Kind::datagram) return stack_.udp().options(row.datagram)->broadcast ? 1 : 0;
      return (stream ? row.broadcast : stack_.raw().options(row.raw)->broadcast) ? 1 : 0;
    case so::no_check:
      return row.kind == Kind::datagram ? (stack_.udp().options(row.datagram)->checksum ? 0 : 1) : unknown;
    case so::keepalive: return stream ? (stream_options(row).keepalive ? 1 : 0) : unknown;
    case so::oob_inline: return stream ? (stream_options(row).urgent_inline ? 1 : 0) : unknown;
    case so::send_buffer:
    case so::receive_buffer: {
      const int size = buffer_option(row, name);
      // Of a stream all of what Linux doubles is for data to send, half of it for data that came.
      const bool doubled = config_.doubled_buffers && !(stream && name == so::send_buffer);
      return size > 0 && doubled ? static_cast<int>(std::min<std::int64_t>(2 * std::int64_t{size}, INT32_MAX)) : size;
    }
    case so::receive_low_water:
      return stream ? static_cast<int>(stream_options(row).receive_low_water) : unknown;
    case so::send_low_water: return stream ? 1 : unknown;  // as on Linux: a fact, not a setting
    default: return unknown;
  }
}

int Sockets::buffer_option(const Descriptor& row, int name) {
  if (row.kind == Kind::stream) {
    const tcp::Options options = stream_options(row);
    const tcp::Config& config = stack_.tcp().config();
    return name == so::send_buffer ? configured(options.send_buffer, config.send_buffer)
                                   : configured(options.receive_buffer, config.receive_buffer);
  }
  if (row.kind != Kind::datagram || name != so::receive_buffer) return unknown;
  return configured(stack_.udp().options(row.datagram)->receive_buffer, stack_.udp().config().receive_buffer);
}

std::int64_t Sockets::ip_option_value(Descriptor& row, int name) {
  std::uint8_t ttl = 0;
  std::uint8_t traffic_class = 0;
  if (row.kind == Kind::stream) {
    const tcp::Options options = stream_options(row);
    ttl = options.ttl;
    traffic_class = options.traffic_class;
    if (name == ip_option::mtu_discover) return options.path_mtu_discovery;
    if (name == ip_option::bind_address_no_port) return row.bind_no_port ? 1 : 0;
    if (name == ip_option::local_port_range) return options.lowest_port | std::int64_t{options.highest_port} << 16;
  } else if (row.kind == Kind::datagram) {
    const udp::Options& options = *stack_.udp().options(row.datagram);
    if (name == ip_option::multicast_ttl) return options.multicast_ttl;
    if (name == ip_option::multicast_loop) return options.multicast_loop ? 1 : 0;
    if (name == ip_option::multicast_if) {  // struct in_addr: as its bytes are
      if (options.multicast_interface == ip::any_interface) return 0;
      const IpAddress own = stack_.ip().interfaces().source_for(all_hosts, options.multicast_interface);
      std::uint32_t bytes = 0;
      std::memcpy(&bytes, own.v4_bytes().data(), sizeof bytes);
      return bytes;
    }
    ttl = options.ttl;
    traffic_class = options.traffic_class;
  } else {
    const ip::RawOptions& options = *stack_.raw().options(row.raw);
    ttl = options.ttl;
    traffic_class = options.traffic_class;
  }
  if (name == ip_option::ttl) return configured(ttl, stack_.ip().config().default_ttl);
  if (name == ip_option::tos) return traffic_class;
  return unknown;
}

int Sockets::set_option_value(Descriptor& row, int level, int name, int value) {
  if (level == sol::socket) return set_socket_option(row, name, value);
  if (level == ipproto::ip) return set_ip_option(row, name, value);
  if (level == ipproto::ipv6) return set_ipv6_option(row, name, value);
  if (level == ipproto::tcp && row.kind == Kind::stream) return set_tcp_option(row, name, value);
  return unknown;
}

int Sockets::set_socket_option(Descriptor& row, int name, int value) {
  const bool on = value != 0;
  if (name == so::reuse_address || name == so::reuse_port || name == so::debug) {
    (name == so::debug ? row.debug : name == so::reuse_port ? row.reuse_port : row.reuse_address) = on;
    return 0;
  }
  if (name == so::bind_to_device) return set_interface(row, value);
  if (row.kind == Kind::datagram) {
    udp::Options& options = *stack_.udp().options(row.datagram);
    switch (name) {
      case so::broadcast: options.broadcast = on; return 0;
      case so::no_check: options.checksum = !on; return 0;
      case so::receive_buffer: return set_buffer_option(row, name, value);
      default: return unknown;
    }
  }
  if (row.kind == Kind::raw) {
    if (name != so::broadcast) return unknown;
    stack_.raw().options(row.raw)->broadcast = on;
    return 0;
  }
  tcp::Options options = stream_options(row);
  switch (name) {
    case so::broadcast: row.broadcast = on; return 0;
    case so::keepalive: options.keepalive = on; break;
    case so::oob_inline: options.urgent_inline = on; break;
    case so::send_buffer:
    case so::receive_buffer: return set_buffer_option(row, name, value);
    case so::receive_low_water:
      // Linux: a negative one is as much as there can be, none is one.
      options.receive_low_water = value < 0 ? INT32_MAX : static_cast<std::uint32_t>(std::max(value, 1));
      break;
    default: return unknown;
  }
  set_stream_options(row, options);
  return 0;
}

int Sockets::set_buffer_option(Descriptor& row, int name, int value) {
  if (config_.doubled_buffers) {
    // What Linux's least sizes, which count its own overhead, leave for data.
    const int least = name == so::send_buffer ? 2304 : 1152;
    value = value < 0 ? INT32_MAX / 2 : std::clamp(value, least, INT32_MAX / 2);
  }
  if (value < 1) return -error::invalid;
  const auto size = static_cast<std::uint32_t>(value);
  if (row.kind == Kind::datagram) {
    stack_.udp().options(row.datagram)->receive_buffer = size;
    return 0;
  }
  tcp::Options options = stream_options(row);
  if (name == so::send_buffer)
    options.send_buffer = config_.doubled_buffers ? 2 * size : size;
  else
    options.receive_buffer = size;
  set_stream_options(row, options);
  return 0;
}

/// SO_BINDTODEVICE with an interface's number; any_interface (255) or a negative one frees the socket.
int Sockets::set_interface(Descriptor& row, int value) {
  const bool any = value < 0 || value == ip::any_interface;
  if (!any && value >= stack_.config().ip.interfaces) return -error::no_such_device;
  const auto interface = any ? ip::any_interface : static_cast<std::uint8_t>(value);
  if (row.kind == Kind::datagram) {
    stack_.udp().options(row.datagram)->interface = interface;
  } else if (row.kind == Kind::raw) {
    stack_.raw().options(row.raw)->interface = interface;
  } else {
    tcp::Options options = stream_options(row);
    options.interface = interface;
    set_stream_options(row, options);
  }
  return 0;
}

/// What only streams have of level IP.
int Sockets::set_stream_ip_option(Descriptor& row, int name, int value) {
  tcp::Options options = stream_options(row);
  switch (name) {
    case ip_option::bind_address_no_port: row.bind_no_port = value != 0; return 0;
    case ip_option::local_port_range:
      options.lowest_port = static_cast<std::uint16_t>(value);
      options.highest_port = static_cast<std::uint16_t>(static_cast<std::uint32_t>(value) >> 16);
      if (options.lowest_port > options.highest_port && options.highest_port != 0) return -error::invalid;
      break;
    case ip_option::mtu_discover:
      if (!in_range(value, mtu_discovery::off, mtu_discovery::always)) return -error::invalid;
      options.path_mtu_discovery = static_cast<std::uint8_t>(value);
      break;
    default: return unknown;
  }
  set_stream_options(row, options);
  return 0;
}

int Sockets::set_ip_option(Descriptor& row, int name, int value) {
  if (name == ip_option::multicast_loop && row.kind == Kind::datagram) {
    stack_.udp().options(row.datagram)->multicast_loop = value != 0;
    return 0;
  }
  const bool multicast = name == ip_option::multicast_ttl && row.kind == Kind::datagram;
  if (name != ip_option::ttl && name != ip_option::tos && !multicast) {
    return row.kind == Kind::stream ? set_stream_ip_option(row, name, value) : unknown;
  }
  // -1 is the default, as on Linux.
  if (value == -1 && name != ip_option::tos) value = multicast ? 1 : stack_.ip().config().default_ttl;
  if (!in_range(value, name == ip_option::ttl ? 1 : 0, 255)) return -error::invalid;
  // The ECN bits of a stream are TCP's own (RFC 3168).
  const bool ecn_bits = name == ip_option::tos && row.kind == Kind::stream;
  const auto byte = static_cast<std::uint8_t>(ecn_bits ? value & 0xfc : value);
  const auto set = [&](auto& options) {
    (name == ip_option::ttl ? options.ttl : options.traffic_class) = byte;
  };
  if (row.kind == Kind::stream) {
    tcp::Options options = stream_options(row);
    set(options);
    set_stream_options(row, options);
  } else if (row.kind == Kind::raw) {
    set(*stack_.raw().options(row.raw));
  } else if (multicast) {
    stack_.udp().options(row.datagram)->multicast_ttl = byte;
  } else {
    set(*stack_.udp().options(row.datagram));
  }
  return 0;
}

int Sockets::set_timeout_option(Descriptor& row, int name, const TimeValue& time) {
  if (!in_range(time.microseconds, 0, 999999)) return -error::out_of_domain;
  // A negative time is over at once, which is what the shortest one is; a huge one saturates.
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 2000000;
  const Duration whole = Duration::seconds(std::clamp<std::int64_t>(time.seconds, 0, most));
  Duration timeout = whole + Duration::microseconds(time.microseconds);
  if (time.seconds < 0) timeout = Duration::microseconds(1);
  (name == so::send_timeout ? row.send_timeout : row.receive_timeout) = timeout;
  return 0;
}

int Sockets::set_linger_option(Descriptor& row, const Linger& linger) {
  if (row.kind != Kind::stream) return unknown;
  if (linger.on != 0 && linger.seconds < 0) return -error::invalid;
  tcp::Options options = stream_options(row);
  options.linger = linger.on != 0;
  options.linger_time = Duration::seconds(linger.on != 0 ? linger.seconds : 0);
  set_stream_options(row, options);
  return 0;
}

}  // namespace linnet::sockets
