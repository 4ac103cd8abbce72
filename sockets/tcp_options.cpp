// SPDX-License-Identifier: Apache-2.0
// The options of level TCP, with Linux's ranges where lwIP has none of them.
#include <algorithm>
#include <string_view>

#include "sockets/call.hpp"
#include "sockets/tcp_info.hpp"

namespace linnet::sockets {

namespace {

constexpr int unknown = -error::no_such_option;
constexpr std::size_t name_room = 16;  // TCP_CA_NAME_MAX

bool in_range(int value, int least, int most) { return value >= least && value <= most; }

/// One of the stack's numbers for which 0 means "as configured", as an int that says what that is.
template <typename T>
int configured(T own, std::int64_t otherwise) {
  return static_cast<int>(own != T{} ? std::int64_t{own} : otherwise);
}

int milliseconds(Duration own, Duration otherwise) {
  return static_cast<int>((own > Duration() ? own : otherwise).as_milliseconds());
}

/// TCP_DEFER_ACCEPT's seconds are kept as SYN-ACK timeouts, each twice as long as the last; and what they come to.
std::int64_t seconds_of(std::uint8_t timeouts, const tcp::Config& config) {
  Duration sum;
  Duration next = config.initial_rto;
  for (; timeouts > 0; --timeouts) {
    sum = sum + next;
    next = std::min(next * 2, config.maximum_rto);
  }
  return sum.as_seconds();
}
std::uint8_t timeouts_in(int seconds, const tcp::Config& config) {
  std::uint8_t timeouts = 0;
  while (timeouts < 255 && seconds > seconds_of(timeouts, config)) ++timeouts;
  return timeouts;
}

constexpr std::string_view name_of(tcp::CongestionControl control) {
  return control == tcp::CongestionControl::reno ? "reno" : "cubic";
}

}  // namespace

std::int64_t Sockets::tcp_option_value(Descriptor& row, int name) {
  const tcp::Options options = stream_options(row);
  const tcp::Config& config = stack_.tcp().config();
  switch (name) {
    case tcp_option::no_delay: return options.no_delay ? 1 : 0;
    case tcp_option::keepalive: return milliseconds(options.keepalive_idle, config.keepalive_idle);
    case tcp_option::keep_idle: return milliseconds(options.keepalive_idle, config.keepalive_idle) / 1000;
    case tcp_option::keep_interval:
      return milliseconds(options.keepalive_interval, config.keepalive_interval) / 1000;
    case tcp_option::keep_count: return configured(options.keepalive_count, config.keepalive_count);
    case tcp_option::user_timeout: return milliseconds(options.user_timeout, Duration());
    case tcp_option::maximum_segment: {
      const auto status = row.connection ? stack_.tcp().status(row.connection) : std::nullopt;
      if (status && status->segment_size != 0) return status->segment_size;
      return configured(options.maximum_segment_size, config.maximum_segment_size);
    }
    case tcp_option::cork: return options.cork ? 1 : 0;
    case tcp_option::syn_count: return configured(options.syn_retransmissions, config.syn_retransmissions);
    case tcp_option::defer_accept: return static_cast<int>(seconds_of(options.defer_accept, config));
    case tcp_option::window_clamp: return configured(options.window_clamp, buffer_option(row, so::receive_buffer));
    case tcp_option::quick_ack:
      return (row.connection ? stack_.tcp().quick_ack(row.connection) : options.quick_ack) ? 1 : 0;
    case tcp_option::fast_open: return options.fast_open_queue;
    case tcp_option::fast_open_connect: return row.fast_open_connect ? 1 : 0;
    case tcp_option::fast_open_no_cookie: return options.fast_open_without_cookie ? 1 : 0;
    case tcp_option::unsent_low_water: return options.unsent_low_water;  // the socket's own, as on Linux
    default: return unknown;
  }
}

int Sockets::set_tcp_option(Descriptor& row, int name, int value) {
  tcp::Options options = stream_options(row);
  constexpr int most_seconds = 32767;  // as on Linux
  switch (name) {
    case tcp_option::no_delay: options.no_delay = value != 0; break;
    case tcp_option::keepalive:
      if (value < 1) return -error::invalid;
      options.keepalive_idle = Duration::milliseconds(value);
      break;
    case tcp_option::keep_idle:
    case tcp_option::keep_interval:
      if (!in_range(value, 1, most_seconds)) return -error::invalid;
      (name == tcp_option::keep_idle ? options.keepalive_idle : options.keepalive_interval) =
          Duration::seconds(value);
      break;
    case tcp_option::keep_count:
      if (!in_range(value, 1, 127)) return -error::invalid;
      options.keepalive_count = static_cast<std::uint8_t>(value);
      break;
    case tcp_option::maximum_segment:
      if (value != 0 && !in_range(value, 88, 32767)) return -error::invalid;
      options.maximum_segment_size = static_cast<std::uint16_t>(value);
      break;
    case tcp_option::user_timeout:
      if (value < 0) return -error::invalid;
      options.user_timeout = Duration::milliseconds(value);
      break;
    case tcp_option::cork: options.cork = value != 0; break;
    case tcp_option::syn_count:
      if (!in_range(value, 1, 127)) return -error::invalid;
      options.syn_retransmissions = static_cast<std::uint8_t>(value);
      break;
    case tcp_option::linger2:
      options.fin_wait_2_seconds = static_cast<std::int16_t>(std::clamp(value, -1, 120));  // as on Linux
      break;
    case tcp_option::defer_accept: options.defer_accept = timeouts_in(value, stack_.tcp().config()); break;
    case tcp_option::window_clamp:
      if (value < 0 || (value == 0 && row.connection)) return -error::invalid;
      options.window_clamp = value == 0 ? 0 : static_cast<std::uint32_t>(std::max(value, 1152));
      break;
    case tcp_option::quick_ack:
      if (row.connection) stack_.tcp().set_quick_ack(row.connection, value != 0, driver_.now());
      // On Linux an even number lets what waits go, and then waits again.
      if (row.connection && value != 0 && value % 2 == 0) stack_.tcp().set_quick_ack(row.connection, false, driver_.now());
      options.quick_ack = value != 0;
      break;
    case tcp_option::fast_open:
    case tcp_option::fast_open_connect:
    case tcp_option::fast_open_no_cookie: return set_fast_open_option(row, name, value);
    case tcp_option::unsent_low_water: options.unsent_low_water = static_cast<std::uint32_t>(value); break;
    default: return unknown;
  }
  set_stream_options(row, options);
  // As on Linux, switching Nagle off pushes what waits, whatever holds it and whether it was off before.
  if (name == tcp_option::no_delay && value != 0 && row.connection) stack_.tcp().push(row.connection, driver_.now());
  return 0;
}

/// Only before there is a connection; what a listener gets counts from then on.
int Sockets::set_fast_open_option(Descriptor& row, int name, int value) {
  const bool of_listener = name != tcp_option::fast_open_connect;
  if (row.connection || (row.listening && !of_listener)) return -error::invalid;
  tcp::Options options = row.options;
  if (name == tcp_option::fast_open) {
    if (value < 0) return -error::invalid;
    options.fast_open_queue = static_cast<std::uint16_t>(std::min(value, 0xffff));
  } else {
    if (!in_range(value, 0, 1)) return -error::invalid;
    if (name == tcp_option::fast_open_connect) {
      if ((stack_.tcp().config().fast_open & tcp::FastOpen::client) == 0) return -error::not_supported;
      row.fast_open_connect = value != 0;
      return 0;
    }
    options.fast_open_without_cookie = value != 0;
  }
  set_stream_options(row, options);
  return 0;
}

/// TCP_FASTOPEN_KEY: of this socket, before and while it listens.
int Sockets::set_fast_open_keys(Descriptor& row, Bytes bytes) {
  tcp::FastOpenKeys keys = stack_.tcp().fast_open_keys();
  if (row.connection || !keys.set(bytes)) return -error::invalid;
  row.fast_open_keys = keys;
  if (row.listening) stack_.tcp().set_fast_open_keys(row.listener, keys);
  return 0;
}

/// TCP_INFO and TCP_CONGESTION, as much as there is room for; TCP_LINGER2, which may be -1.
int Sockets::get_tcp_structure(Descriptor& row, int name, void* value, std::size_t* length) {
  if (name == tcp_option::congestion) {
    const tcp::CongestionControl own = stream_options(row).congestion;
    const bool given = own != tcp::CongestionControl::configured;
    const std::string_view text = name_of(given ? own : stack_.tcp().config().congestion);
    char buffer[name_room] = {};
    std::copy(text.begin(), text.end(), buffer);
    *length = std::min(*length, sizeof buffer);
    std::memcpy(value, buffer, *length);
    return 0;
  }
  if (name == tcp_option::linger2) {
    const std::int16_t own = stream_options(row).fin_wait_2_seconds;
    const int seconds = own < 0 ? -1 : configured(own, stack_.tcp().config().fin_wait_2_timeout.as_seconds());
    if (*length < sizeof seconds) return -error::invalid;
    *length = sizeof seconds;
    std::memcpy(value, &seconds, sizeof seconds);
    return 0;
  }
  if (name == tcp_option::fast_open_key) {
    if (*length < tcp::FastOpenKeys::key_size) return -error::invalid;
    const tcp::FastOpenKeys& keys = row.fast_open_keys ? *row.fast_open_keys : stack_.tcp().fast_open_keys();
    *length = keys.get({static_cast<std::uint8_t*>(value), *length});
    return 0;
  }
  TcpInfo info;
  if (row.connection) {
    if (const auto status = stack_.tcp().status(row.connection)) info = tcp_info(*status, driver_.now());
  } else if (row.listener) {
    if (const auto status = stack_.tcp().status(row.listener)) info = tcp_info(*status);
  }
  *length = std::min(*length, sizeof info);
  std::memcpy(value, &info, *length);
  return 0;
}

/// The name may end with a zero or with its length.
int Sockets::set_congestion_option(Descriptor& row, const void* value, std::size_t length) {
  if (length < 1) return -error::invalid;
  std::string_view name(static_cast<const char*>(value), std::min(length, name_room - 1));
  name = name.substr(0, name.find('\0'));
  tcp::Options options = stream_options(row);
  if (name == name_of(tcp::CongestionControl::cubic)) {
    options.congestion = tcp::CongestionControl::cubic;
  } else if (name == name_of(tcp::CongestionControl::reno)) {
    options.congestion = tcp::CongestionControl::reno;
  } else {
    return -error::no_entry;
  }
  set_stream_options(row, options);
  return 0;
}

}  // namespace linnet::sockets
