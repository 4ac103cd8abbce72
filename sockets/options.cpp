// SPDX-License-Identifier: Apache-2.0
// fcntl, ioctl, getsockopt, setsockopt: values in and out. What each option means is in option_values.cpp.
#include "sockets/call.hpp"
#include "sockets/events.hpp"

namespace linnet::sockets {

namespace {

/// Copies a value out; a shorter room gets its beginning only for the one-byte form of an int.
template <typename T>
int put(const T& from, void* to, std::size_t* length) {
  if (*length < sizeof from) return -error::invalid;
  std::memcpy(to, &from, sizeof from);
  *length = sizeof from;
  return 0;
}

TimeValue time_value(Duration time) {
  return {time.as_seconds(), static_cast<std::int32_t>(time.as_microseconds() % 1000000)};
}

}  // namespace

int Sockets::fcntl(int fd, int command, int argument) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  if (command == fcntl_command::get_flags) {
    return status_flag::read_write | (row->non_blocking ? status_flag::nonblock : 0);
  }
  constexpr int known = status_flag::nonblock | status_flag::read_write;
  if (command != fcntl_command::set_flags || (argument & ~known) != 0) return fail(*row, error::invalid);
  row->non_blocking = (argument & status_flag::nonblock) != 0;
  return 0;
}

int Sockets::ioctl(int fd, unsigned long request, int* argument) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  if (argument == nullptr) return fail(*row, error::bad_address);
  const auto status = row->connection ? stack_.tcp().status(row->connection) : std::nullopt;
  switch (request) {
    case ioctl_request::set_nonblocking:
      row->non_blocking = *argument != 0;
      return 0;
    case ioctl_request::bytes_readable:
      if (row->listening) return fail(*row, error::invalid);
      *argument = readable_bytes(*row, status);
      return 0;
    case ioctl_request::bytes_unacknowledged:
    case ioctl_request::bytes_unsent:
      if (row->listening) return fail(*row, error::invalid);
      *argument = 0;
      if (status) *argument = static_cast<int>(request == ioctl_request::bytes_unsent ? status->unsent : status->send_queue);
      return 0;
    case ioctl_request::at_mark:
      if (row->kind != Kind::stream) return fail(*row, error::not_a_typewriter);
      *argument = row->connection && stack_.tcp().at_mark(row->connection) ? 1 : 0;
      return 0;
    default:
      return fail(*row, error::not_a_typewriter);
  }
}

/// FIONREAD: of a stream all that can be read, of a datagram socket the next datagram's size.
int Sockets::readable_bytes(const Descriptor& row, const std::optional<tcp::Status>& status) {
  if (row.kind == Kind::datagram) return static_cast<int>(stack_.udp().next_size(row.datagram));
  if (row.kind == Kind::raw) {
    const auto next = stack_.raw().receive(row.raw, {}, true);
    return next ? static_cast<int>(next->datagram_size + (row.v6 ? 0 : 20)) : 0;
  }
  return status ? static_cast<int>(status->receive_queue) : 0;
}

bool Sockets::offers(int level, int name) const {
  const OfferedOptions& offered = config_.offers;
  if (level == ipproto::ip) return name != ip_option::packet_info || offered.packet_information;
  if (level != sol::socket) return true;
  switch (name) {
    case so::reuse_address: return offered.reuse_address;
    case so::linger: return offered.linger;
    case so::receive_buffer: return offered.receive_buffer;
    default: return true;
  }
}

int Sockets::getsockopt(int fd, int level, int name, void* value, std::size_t* length) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  if (value == nullptr || length == nullptr) return fail(*row, error::bad_address);
  if (!offers(level, name)) return fail(*row, error::no_such_option);
  int result = 0;
  if (level == sol::socket && (name == so::receive_timeout || name == so::send_timeout)) {
    result =
        put(time_value(name == so::send_timeout ? row->send_timeout : row->receive_timeout), value, length);
  } else if (level == sol::socket && name == so::linger && row->kind == Kind::stream) {
    const tcp::Options options = stream_options(*row);
    result = put(Linger{options.linger ? 1 : 0, static_cast<int>(options.linger_time.as_seconds())}, value,
                 length);
  } else if (level == ipproto::tcp && row->kind == Kind::stream &&
             (name == tcp_option::info || name == tcp_option::congestion || name == tcp_option::linger2 ||
              name == tcp_option::fast_open_key)) {
    result = get_tcp_structure(*row, name, value, length);
  } else {
    const std::int64_t found = option_value(*row, level, name);
    if (found < 0) return fail(*row, static_cast<int>(-found));
    const auto number = static_cast<int>(static_cast<std::uint32_t>(found));
    // lwIP: the options of level IP may be read as bytes.
    if (level == ipproto::ip && *length == 1) return put(static_cast<std::uint8_t>(number), value, length);
    result = put(number, value, length);
  }
  return result == 0 ? 0 : fail(*row, -result);
}

int Sockets::setsockopt(int fd, int level, int name, const void* value, std::size_t length) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  if (value == nullptr) return fail(*row, error::bad_address);
  if (!offers(level, name)) return fail(*row, error::no_such_option);
  int result = -error::invalid;  // too short
  if (level == sol::socket && (name == so::receive_timeout || name == so::send_timeout)) {
    TimeValue time;
    if (length >= sizeof time) {
      std::memcpy(&time, value, sizeof time);
      result = set_timeout_option(*row, name, time);
    }
  } else if (level == sol::socket && name == so::linger) {
    Linger linger;
    if (length >= sizeof linger) {
      std::memcpy(&linger, value, sizeof linger);
      result = set_linger_option(*row, linger);
    }
  } else if (level == ipproto::tcp && name == tcp_option::congestion && row->kind == Kind::stream) {
    result = set_congestion_option(*row, value, length);
  } else if (level == ipproto::tcp && name == tcp_option::fast_open_key && row->kind == Kind::stream) {
    result = set_fast_open_keys(*row, {static_cast<const std::uint8_t*>(value), length});
  } else if (level == ipproto::ip && (name == ip_option::add_membership || name == ip_option::drop_membership)) {
    result = set_membership(*row, name, {static_cast<const std::uint8_t*>(value), length});
  } else if (level == ipproto::ip && name == ip_option::multicast_if) {
    result = set_multicast_interface(*row, {static_cast<const std::uint8_t*>(value), length});
  } else if (level == ipproto::ipv6 && (name == ipv6_option::join_group || name == ipv6_option::leave_group)) {
    result = row->v6 ? set_membership_v6(*row, name, {static_cast<const std::uint8_t*>(value), length})
                     : -error::no_such_option;
  } else if (length >= sizeof(int)) {
    int number = 0;
    std::memcpy(&number, value, sizeof number);
    result = set_option_value(*row, level, name, number);
  } else if (level == ipproto::ip && length == 1) {
    result = set_option_value(*row, level, name, *static_cast<const std::uint8_t*>(value));
  }
  return result == 0 ? 0 : fail(*row, -result);
}

int Sockets::option(int fd, int level, int name) {
  int value = 0;
  std::size_t length = sizeof value;
  const int result = getsockopt(fd, level, name, &value, &length);
  return result < 0 ? result : value;
}

int Sockets::set_non_blocking(int fd, bool on) {
  int value = on ? 1 : 0;
  return ioctl(fd, ioctl_request::set_nonblocking, &value);
}

int Sockets::set_receive_timeout(int fd, Duration timeout) {
  const TimeValue value = time_value(timeout);
  return setsockopt(fd, sol::socket, so::receive_timeout, &value, sizeof value);
}

int Sockets::set_send_timeout(int fd, Duration timeout) {
  const TimeValue value = time_value(timeout);
  return setsockopt(fd, sol::socket, so::send_timeout, &value, sizeof value);
}

int Sockets::set_linger(int fd, std::optional<Duration> time) {
  const Linger value{time ? 1 : 0, time ? static_cast<int>(time->as_seconds()) : 0};
  return setsockopt(fd, sol::socket, so::linger, &value, sizeof value);
}

}  // namespace linnet::sockets
