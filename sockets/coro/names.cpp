// SPDX-License-Identifier: Apache-2.0
#include "sockets/coro/names.hpp"

#include <algorithm>

namespace linnet::sockets::coro {

Resolve::Resolve(Executor& executor, dns::Resolver& resolver, std::string_view name,
                 std::span<IpAddress> addresses, dns::Families families, dns::Error* why, Instant deadline)
    : Operation(executor, attempt, -1, 0, deadline),
      resolver_(resolver),
      name_(name),
      addresses_(addresses),
      families_(families),
      why_(why) {}

Resolve::~Resolve() {
  const Host::Lock lock(executor_.host());
  ListNode<Service>::unlink();
  resolver_.release(query_);
}

Instant Resolve::poll(Instant) {
  const auto result = resolver_.result(query_);
  if (result || result.error() != dns::Error::pending) executor_.signal();
  return Instant::never();
}

Outcome Resolve::attempt(Operation& operation) {
  auto& self = static_cast<Resolve&>(operation);
  Host& host = self.executor_.host();
  const Host::Lock lock(host);
  dns::Error error = dns::Error::none;
  if (!self.query_) {
    const auto begun = self.resolver_.resolve(self.name_, lock.now(), self.families_);
    if (begun) {
      self.query_ = *begun;
      host.add(self);
    } else {
      error = begun.error();
    }
  }
  if (error == dns::Error::none) {
    const auto answer = self.resolver_.result(self.query_);
    if (answer) {
      std::array<IpAddress, dns::Answer::capacity> ordered{};
      const std::size_t count = answer->addresses().size();
      std::ranges::copy(answer->addresses(), ordered.begin());
      lock.stack().ip().order_destinations(std::span(ordered).first(count));
      const std::size_t room = std::min(count, self.addresses_.size());
      std::ranges::copy(std::span(ordered).first(room), self.addresses_.begin());
      return static_cast<Outcome>(count);
    }
    error = answer.error();
  }
  if (error == dns::Error::pending) return -error::try_again;
  if (self.why_ != nullptr) *self.why_ = error;
  return -error::host_unreachable;
}

ConnectByName::ConnectByName(Executor& executor, dns::Resolver& resolver, std::string_view name,
                             std::uint16_t port, dns::Families families, dns::Error* why, Instant deadline)
    : Operation(executor, attempt, -1, 0, deadline),
      ConnectorService(executor.host().stack(), resolver, {}),
      name_(name),
      port_(port),
      families_(families),
      why_(why) {}

ConnectByName::~ConnectByName() {
  const Host::Lock lock(executor_.host());
  ListNode<Service>::unlink();
  connector().cancel();
}

Instant ConnectByName::poll(Instant now) {
  const Instant next = ConnectorService::poll(now);
  if (connector().done()) executor_.signal();
  return next;
}

Outcome ConnectByName::attempt(Operation& operation) {
  auto& self = static_cast<ConnectByName&>(operation);
  Host& host = self.executor_.host();
  {
    const Host::Lock lock(host);
    if (!std::exchange(self.begun_, true)) {
      self.connector().start(self.name_, self.port_, self.families_, {}, lock.now());
      host.add(self);
    }
    if (!self.connector().done()) return -error::try_again;
    self.ListNode<Service>::unlink();
  }
  const Connected connected = connected_of(host.sockets(), self.connector(), sock::nonblock);
  if (connected.fd < 0 && self.why_ != nullptr) *self.why_ = connected.name_error;
  return connected.fd;
}

}  // namespace linnet::sockets::coro
