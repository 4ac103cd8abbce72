// SPDX-License-Identifier: Apache-2.0
// Waiting for several descriptors.
#include "drill/calls.hpp"
#include "sockets/constants.hpp"

namespace linnet::drill {

/// poll([{fd=3, events=POLLIN, revents=POLLIN}], 1, 0) = 1
Calls::Result Calls::poll(const SystemCall& call) {
  const Expression& list = call.arguments[0];
  if (!list.is(ExpressionKind::list) || size(call.arguments[1]) != list.items.size())
    wrong("poll wants a list of as many {fd=..., events=...}");
  std::vector<sockets::PollEntry> entries;
  for (const Expression& item : list.items) {
    const Expression* descriptor = item.field("fd");
    const Expression* events = item.field("events");
    if (descriptor == nullptr || events == nullptr) wrong("'" + item.str() + "' is not {fd=..., events=...}");
    const std::int64_t number = value(*descriptor);
    const auto known = descriptors_.find(static_cast<int>(number));
    constexpr int nobody = 1 << 30;  // of a number that is no descriptor: POLLNVAL
    entries.push_back({.fd = number < 0                    ? -1
                             : known != descriptors_.end() ? known->second
                                                           : nobody,
                       .events = static_cast<std::uint16_t>(value(*events))});
  }
  const Result result = machine_.sockets().poll(entries, sockets::poll_timeout(value(call.arguments[2])));
  for (std::size_t i = 0; result >= 0 && i < entries.size(); ++i) {
    if (const Expression* revents = list.items[i].field("revents"))
      check_value(*revents, entries[i].revents, "revents");
  }
  return result;
}

Calls::Result Calls::epoll_create(const SystemCall& call) {
  const std::int64_t number = value(call.result);
  if (number < 0) unsupported("an epoll_create that fails");
  epolls_[static_cast<int>(number)] = {};
  return number;
}

namespace {

std::uint64_t data_of(const Expression& event, const std::function<std::int64_t(const Expression&)>& value) {
  for (const char* name : {"fd", "ptr", "u32", "u64"}) {
    if (const Expression* field = event.field(name)) return static_cast<std::uint64_t>(value(*field));
  }
  return 0;
}

}  // namespace

Calls::Result Calls::epoll_ctl(const SystemCall& call) {
  Epoll& instance = epoll(call.arguments[0]);
  const Expression& event = call.arguments[3];
  const Expression* events = event.field("events");
  const auto number = [this](const Expression& e) { return value(e); };
  return instance.control(
      machine_.sockets(), static_cast<int>(value(call.arguments[1])), fd(call.arguments[2]),
      events != nullptr ? static_cast<std::uint32_t>(value(*events)) : 0, data_of(event, number));
}

Calls::Result Calls::epoll_wait(const SystemCall& call) {
  Epoll& instance = epoll(call.arguments[0]);
  const std::size_t most = size(call.arguments[2]);
  const std::int64_t timeout = value(call.arguments[3]);
  const Instant deadline = timeout < 0 ? Instant::never() : machine_.now() + Duration::milliseconds(timeout);
  std::vector<Epoll::Ready> ready = instance.take(machine_.sockets(), most);
  while (ready.empty() && machine_.now() < deadline) {
    if (machine_.port().take_interrupt()) break;
    wait_(deadline);
    machine_.settle();
    ready = instance.take(machine_.sockets(), most);
  }
  const Expression& expected = call.arguments[1];
  const bool list = expected.is(ExpressionKind::list);
  for (std::size_t i = 0; i < ready.size() && !expected.is_ellipsis(); ++i) {
    if (list && i >= expected.items.size()) break;
    const Expression& one = list ? expected.items[i] : expected;
    if (const Expression* events = one.field("events"))
      check_value(*events, ready[i].events, "events of epoll_wait");
    const auto number = [this](const Expression& e) { return value(e); };
    if (data_of(one, number) != ready[i].data)
      mismatch("the data of epoll_wait: expected " + one.str() + ", got " + std::to_string(ready[i].data));
  }
  return static_cast<Result>(ready.size());
}

}  // namespace linnet::drill
