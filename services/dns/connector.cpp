// SPDX-License-Identifier: Apache-2.0
#include "services/dns/connector.hpp"

#include <algorithm>

namespace linnet::dns {

namespace {

constexpr std::uint32_t service_tag = 0;  // no descriptor's: whoever drives the stack polls the services then

}  // namespace

void Connector::start(std::string_view name, std::uint16_t port, Families families,
                      const tcp::Options& options, Instant now) {
  now_ = now;
  port_ = port;
  options_ = options;
  const auto query = resolver_.resolve(name, now, families);
  if (query) {
    query_ = *query;
    poll(now);
  } else {
    error_ = query.error();
    done_ = true;
  }
}

void Connector::start(std::span<const IpAddress> addresses, std::uint16_t port, const tcp::Options& options,
                      Instant now) {
  now_ = now;
  port_ = port;
  options_ = options;
  Answer four;
  Answer six;
  for (const IpAddress& address : addresses) (address.is_v4() ? four : six).add(address);
  eyeballs_.known(Families::v4, four.addresses(), now);
  eyeballs_.known(Families::v6, six.addresses(), now);
  if (!addresses.empty() && addresses[0].is_v4()) eyeballs_.prefer(Families::v4);
  if (addresses.empty()) error_ = Error::no_data;
  poll(now);
}

Instant Connector::poll(Instant now) {
  now_ = now;
  if (done_) return Instant::never();
  take_addresses(now);
  look_at_attempts(now);
  if (!done_) begin_attempts(now);
  if (!done_ && eyeballs_.exhausted() && attempts() == 0) done_ = true;
  if (!done_) return attempts() < maximum_attempts ? eyeballs_.deadline() : Instant::never();
  release_query();
  return Instant::never();
}

/// What the resolver has said since; each family for itself, so that neither waits for the other's servers.
void Connector::take_addresses(Instant now) {
  if (!query_) return;
  for (const Families family : {Families::v6, Families::v4}) {
    if (!eyeballs_.is_known(family)) take_family(family, resolver_.result(query_, family), now);
  }
  if (!eyeballs_.is_known(Families::v4) || !eyeballs_.is_known(Families::v6)) return;
  const auto all = resolver_.result(query_);
  if (!all && all.error() == Error::pending) return;
  if (!all) {
    error_ = all.error();
  } else if (attempts() == 0) {
    // RFC 6724 6: where there is no way to any address of IPv6, say, IPv4 begins.
    Answer best = *all;
    std::array<IpAddress, Answer::capacity> ordered{};
    const std::size_t count = best.addresses().size();
    std::ranges::copy(best.addresses(), ordered.begin());
    stack_.ip().order_destinations(std::span(ordered).first(count));
    eyeballs_.prefer(ordered[0].is_v4() ? Families::v4 : Families::v6);
  }
  release_query();
}

void Connector::take_family(Families family, const Result<Answer, Error>& result, Instant now) {
  if (!result && result.error() == Error::pending) return;
  std::array<IpAddress, Answer::capacity> addresses{};
  std::size_t count = 0;
  if (result) {
    count = result->addresses().size();
    std::ranges::copy(result->addresses(), addresses.begin());
  }
  const std::span<IpAddress> ordered = std::span(addresses).first(count);
  stack_.ip().order_destinations(ordered);
  eyeballs_.known(family, ordered, now);
}

void Connector::look_at_attempts(Instant now) {
  for (Attempt& attempt : attempts_) {
    if (!attempt.connection) continue;
    const auto status = stack_.tcp().status(attempt.connection);
    const tcp::State state = status ? status->state : tcp::State::closed;
    if (state == tcp::State::syn_sent || state == tcp::State::syn_received) continue;
    const tcp::ConnectionHandle connection = std::exchange(attempt.connection, {});
    if (state == tcp::State::closed) {
      const tcp::Error error = stack_.tcp().take_error(connection);
      stack_.tcp().close(connection, now);
      lose(attempt.remote, error, now);
      continue;
    }
    winner_ = {connection, attempt.remote};
    remote_ = attempt.remote;
    connect_error_ = tcp::Error::none;
    done_ = true;
    return abort_attempts(now);
  }
}

void Connector::begin_attempts(Instant now) {
  while (attempts() < maximum_attempts) {
    const std::optional<IpAddress> address = eyeballs_.next(now);
    if (!address) return;
    const Endpoint remote{*address, port_};
    const auto connection = stack_.tcp().connect({}, remote, options_, now);
    if (!connection) {
      lose(remote, connection.error(), now);
      continue;
    }
    stack_.tcp().set_tag(*connection, service_tag);
    *std::ranges::find_if(attempts_, [](const Attempt& attempt) { return !attempt.connection; }) = {
        *connection, remote};
  }
}

void Connector::lose(const Endpoint& remote, tcp::Error error, Instant now) {
  remote_ = remote;
  connect_error_ = error == tcp::Error::none ? tcp::Error::aborted : error;
  eyeballs_.failed(now);
}

std::size_t Connector::attempts() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      attempts_, [](const Attempt& attempt) { return static_cast<bool>(attempt.connection); }));
}

tcp::ConnectionHandle Connector::take() { return std::exchange(winner_.connection, {}); }

void Connector::abort_attempts(Instant now) {
  for (Attempt& attempt : attempts_) {
    if (attempt.connection) stack_.tcp().abort(attempt.connection, now);
    attempt.connection = {};
  }
}

void Connector::release_query() {
  if (query_) resolver_.release(query_);
  query_ = {};
}

void Connector::cancel() {
  for (const Attempt& attempt : attempts_) {
    if (attempt.connection) remote_ = attempt.remote;
  }
  abort_attempts(now_);
  if (winner_.connection) stack_.tcp().abort(take(), now_);
  release_query();
  done_ = true;
}

}  // namespace linnet::dns
