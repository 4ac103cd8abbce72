// SPDX-License-Identifier: Apache-2.0
// fcntl, ioctl, getsockopt, setsockopt.
#include <algorithm>

#include "drill/calls.hpp"
#include "sockets/constants.hpp"

namespace linnet::drill {
namespace {

bool is_time(int level, int name) {
  namespace so = sockets::so;
  return level == sockets::sol::socket && (name == so::receive_timeout || name == so::send_timeout);
}
bool is_linger(int level, int name) { return level == sockets::sol::socket && name == sockets::so::linger; }

}  // namespace

Calls::Result Calls::fcntl(const SystemCall& call) {
  const std::size_t count = call.arguments.size();
  if (count < 2 || count > 3) wrong("fcntl wants 2 or 3 arguments");
  const int argument = count == 3 ? static_cast<int>(value(call.arguments[2])) : 0;
  const int command = static_cast<int>(value(call.arguments[1]));
  return machine_.sockets().fcntl(fd(call.arguments[0]), command, argument);
}

Calls::Result Calls::ioctl(const SystemCall& call) {
  const Expression& argument = inner(call.arguments[2]);
  const auto request = static_cast<unsigned long>(value(call.arguments[1]));
  int number = argument.is_ellipsis() ? 0 : static_cast<int>(value(argument));
  const int result = machine_.sockets().ioctl(fd(call.arguments[0]), request, &number);
  if (result >= 0 && request != sockets::ioctl_request::set_nonblocking)
    check_value(argument, number, "ioctl's value");
  return result;
}

/// Values come as [1], {onoff=1, linger=5} or, for times, [seconds, microseconds].
Calls::Result Calls::setsockopt(const SystemCall& call) {
  const int live = fd(call.arguments[0]);
  const int level = static_cast<int>(value(call.arguments[1]));
  const int name = static_cast<int>(value(call.arguments[2]));
  const Expression& given = inner(call.arguments[3]);
  const std::size_t length = size(call.arguments[4]);
  if (is_linger(level, name)) {
    const Expression* on = given.field("onoff");
    const Expression* time = given.field("linger");
    if (on == nullptr || time == nullptr) wrong("SO_LINGER wants {onoff=..., linger=...}");
    const sockets::Linger linger{static_cast<int>(value(*on)), static_cast<int>(value(*time))};
    return machine_.sockets().setsockopt(live, level, name, &linger, sizeof linger);
  }
  if (is_time(level, name)) {
    if (given.items.size() != 2) wrong("a time wants [seconds, microseconds]");
    const sockets::TimeValue time{value(given.items[0]), static_cast<std::int32_t>(value(given.items[1]))};
    return machine_.sockets().setsockopt(live, level, name, &time, sizeof time);
  }
  if (given.is(ExpressionKind::string)) {
    // A name, or a key: as many bytes as the script says, with zeros behind the text.
    std::string bytes = given.text;
    bytes.resize(length, '\0');
    return machine_.sockets().setsockopt(live, level, name, bytes.data(), bytes.size());
  }
  const int number = static_cast<int>(value(given));
  return machine_.sockets().setsockopt(live, level, name, &number, std::min(length, sizeof number));
}

Calls::Result Calls::get_text(int live, int level, int name, const Expression& expected, std::size_t length) {
  std::string text(length, '\0');
  const int result = machine_.sockets().getsockopt(live, level, name, text.data(), &length);
  text.resize(std::min(text.size(), length));
  const bool is_name = level == sockets::ipproto::tcp && name == sockets::tcp_option::congestion;
  if (is_name) text.resize(std::min(text.find('\0'), text.size()));
  if (result == 0 && text != expected.text) mismatch("the option's value: expected " + expected.str() + ", got " + text);
  return result;
}

Calls::Result Calls::getsockopt(const SystemCall& call) {
  const int live = fd(call.arguments[0]);
  const int level = static_cast<int>(value(call.arguments[1]));
  const int name = static_cast<int>(value(call.arguments[2]));
  const Expression& expected = inner(call.arguments[3]);
  const Expression& room = inner(call.arguments[4]);
  if (is_linger(level, name)) {
    sockets::Linger linger;
    std::size_t length = sizeof linger;
    const int result = machine_.sockets().getsockopt(live, level, name, &linger, &length);
    const Expression* on = expected.field("onoff");
    const Expression* time = expected.field("linger");
    if (result == 0 && on != nullptr) check_value(*on, linger.on, "l_onoff");
    if (result == 0 && time != nullptr) check_value(*time, linger.seconds, "l_linger");
    return result;
  }
  if (is_time(level, name)) {
    sockets::TimeValue time;
    std::size_t length = sizeof time;
    const int result = machine_.sockets().getsockopt(live, level, name, &time, &length);
    if (result == 0 && expected.items.size() == 2) {
      check_value(expected.items[0], time.seconds, "tv_sec");
      check_value(expected.items[1], time.microseconds, "tv_usec");
    }
    return result;
  }
  if (expected.is(ExpressionKind::string)) return get_text(live, level, name, expected, size(room));
  int number = 0;
  std::size_t length = room.is_ellipsis() ? sizeof number : size(room);
  if (length > sizeof number) unsupported("a socket option of " + std::to_string(length) + " bytes");
  const int result = machine_.sockets().getsockopt(live, level, name, &number, &length);
  if (result != 0 || expected.is_ellipsis()) return result;
  // 0xffffffff is an int as well as -1.
  if (static_cast<int>(value(expected)) != number) check_value(expected, number, "the option's value");
  return result;
}

}  // namespace linnet::drill
