// SPDX-License-Identifier: Apache-2.0
// The exchange with the servers: tries, gaps, failover, and what answers do.
#include <algorithm>

#include "services/dns/resolver.hpp"

namespace linnet::dns {

/// Turns to the first server that is set at `from` or behind it; false when there is none.
bool Resolver::next_server(Lookup& lookup, std::size_t from) {
  for (std::size_t i = from; i < maximum_servers; ++i) {
    if (servers_[i].is_unspecified()) continue;
    close_socket(lookup);
    lookup.server = static_cast<std::uint8_t>(i);
    lookup.tries = 0;
    lookup.failed = false;
    return true;
  }
  return false;
}

/// One try. The id and the port stay for the tries at one server, so that a late answer counts: a fresh pair
/// for each would only give a forger more to hit (RFC 5452 7). Whatever goes wrong here is as good as a lost
/// packet.
void Resolver::ask(Lookup& lookup, Instant now) {
  ++lookup.tries;
  lookup.due = now + config_.first_gap * lookup.tries;
  if (!lookup.socket && !open_socket(lookup, now)) return;
  const Bytes message = write_query(buffer_, lookup.id, lookup.name);
  for (int attempt = 0; attempt < 2; ++attempt) {
    // An ICMP error that waits at the socket is reported instead of sending; it is no reason not to ask.
    if (stack_.udp().send(lookup.socket, {&message, 1}, nullptr, {}, now)) return;
  }
}

/// RFC 5452 9.2: an unpredictable id and port for each query, and only that server's packets.
bool Resolver::open_socket(Lookup& lookup, Instant now) {
  const auto socket = stack_.udp().open();
  if (!socket) return false;
  if (!stack_.udp().connect(*socket, {servers_[lookup.server], server_port}, now)) {
    stack_.udp().close(*socket);
    return false;
  }
  lookup.socket = *socket;
  lookup.id = static_cast<std::uint16_t>(stack_.random().below(0x10000));
  return true;
}

void Resolver::close_socket(Lookup& lookup) {
  if (lookup.socket) stack_.udp().close(lookup.socket);
  lookup.socket = {};
}

/// No good answer in time: another try, or the next server once this one failed or is silent for long.
void Resolver::gap_over(Lookup& lookup, Instant now) {
  if ((lookup.failed || lookup.tries >= config_.tries) &&
      !next_server(lookup, lookup.server + std::size_t{1})) {
    return finish(lookup, lookup.any_failed ? Error::server_failure : Error::timeout);
  }
  ask(lookup, now);
}

/// Reads a bounded number of datagrams; true when there may be more.
bool Resolver::receive(Lookup& lookup, Instant now) {
  if (!lookup.socket) return false;
  for (std::size_t i = 0; i < datagrams_per_poll; ++i) {
    const auto received = stack_.udp().receive(lookup.socket, buffer_, false);
    if (!received) {
      if (received.error() == udp::Error::would_block || received.error() == udp::Error::closed) return false;
      continue;  // ICMP says that nobody listens there: anybody could say that, so it ends nothing
    }
    const bool cut = received->datagram_size > received->size;
    handle(lookup, read_response(buffer_.first(received->size), cut, lookup.id, lookup.name), now);
    if (lookup.error != Error::pending) return false;
  }
  return stack_.udp().readable(lookup.socket);
}

void Resolver::handle(Lookup& lookup, const Response& response, Instant now) {
  switch (response.verdict) {
    case Verdict::ignored:
      return;  // RFC 5452 9.1: the query goes on as if nothing had come
    case Verdict::failure:
      // It ends this server's turn, but only at the end of the gap: a forged failure must not beat a good
      // answer.
      lookup.failed = lookup.any_failed = true;
      return;
    case Verdict::answer:
      lookup.answer = response.answer;
      filter(lookup.answer);
      lookup.answer.ttl = std::min(lookup.answer.ttl, config_.maximum_ttl);
      finish(lookup, lookup.answer.empty() ? Error::no_data : Error::none);
      if (lookup.error == Error::none) put_in_cache(lookup, lookup.answer.ttl, now);
      return;
    case Verdict::no_such_name:
    case Verdict::no_data:
      finish(lookup, response.verdict == Verdict::no_data ? Error::no_data : Error::no_such_name);
      return put_in_cache(lookup, response.negative_ttl, now);
  }
}

void Resolver::filter(Answer& answer) const {
  if (!config_.refuse_local_answers) return;
  Answer rest;
  rest.ttl = answer.ttl;
  for (const IpAddress& address : answer.addresses()) {
    const bool local = address.is_loopback() || address.is_link_local() || address.v4_bytes()[0] == 0;
    if (!local) rest.add(address);
  }
  answer = rest;
}

void Resolver::finish(Lookup& lookup, Error error) {
  close_socket(lookup);
  lookup.error = error;
  lookup.due = Instant::never();
}

}  // namespace linnet::dns
