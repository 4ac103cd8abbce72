// SPDX-License-Identifier: Apache-2.0
// The exchange with the servers about one record type: tries, gaps, failover, and what answers do.
#include <algorithm>

#include "services/dns/resolver.hpp"

namespace linnet::dns {

/// Turns to the first server that is set at `from` or behind it; false when there is none. One to which there
/// is no way, since this host has no address of its family, say, has its turn only where there is no other.
bool Resolver::next_server(Question& question, std::size_t from) {
  for (const bool reachable : {true, false}) {
    for (std::size_t i = from; i < maximum_servers; ++i) {
      if (servers_[i].is_unspecified()) continue;
      if (reachable && !stack_.ip().path(servers_[i], {})) continue;
      close_socket(question);
      question.server = static_cast<std::uint8_t>(i);
      question.tries = 0;
      question.failed = false;
      return true;
    }
  }
  return false;
}

/// One try. The id and the port stay for the tries at one server, so that a late answer counts: a fresh pair
/// for each would only give a forger more to hit (RFC 5452 7). Whatever goes wrong here is as good as a lost
/// packet.
void Resolver::ask(const Name& name, Question& question, Instant now) {
  ++question.tries;
  question.due = now + config_.first_gap * question.tries;
  if (!question.socket && !open_socket(question, now)) return;
  const Bytes message = write_query(buffer_, question.id, name, question.record_type);
  for (int attempt = 0; attempt < 2; ++attempt) {
    // An ICMP error that waits at the socket is reported instead of sending; it is no reason not to ask.
    if (stack_.udp().send(question.socket, {&message, 1}, nullptr, {}, now)) return;
  }
}

/// RFC 5452 9.2: an unpredictable id and port for each query, and only that server's packets.
bool Resolver::open_socket(Question& question, Instant now) {
  const auto socket = stack_.udp().open();
  if (!socket) return false;
  if (!stack_.udp().connect(*socket, {servers_[question.server], server_port}, now)) {
    stack_.udp().close(*socket);
    return false;
  }
  question.socket = *socket;
  question.id = static_cast<std::uint16_t>(stack_.random().below(0x10000));
  return true;
}

void Resolver::close_socket(Question& question) {
  if (question.socket) stack_.udp().close(question.socket);
  question.socket = {};
}

/// No good answer in time: another try, or the next server once this one failed or is silent for long.
void Resolver::gap_over(const Name& name, Question& question, Instant now) {
  if ((question.failed || question.tries >= config_.tries) &&
      !next_server(question, question.server + std::size_t{1})) {
    return finish(question, question.any_failed ? Error::server_failure : Error::timeout);
  }
  ask(name, question, now);
}

/// Reads a bounded number of datagrams; true when there may be more.
bool Resolver::receive(const Name& name, Question& question, Instant now) {
  if (!question.socket) return false;
  for (std::size_t i = 0; i < datagrams_per_poll; ++i) {
    const auto received = stack_.udp().receive(question.socket, buffer_, false);
    if (!received) {
      if (received.error() == udp::Error::would_block || received.error() == udp::Error::closed) return false;
      continue;  // ICMP says that nobody listens there: anybody could say that, so it ends nothing
    }
    const bool cut = received->datagram_size > received->size;
    const Bytes message = buffer_.first(received->size);
    handle(name, question, read_response(message, cut, question.id, name, question.record_type), now);
    if (question.error != Error::pending) return false;
  }
  return stack_.udp().readable(question.socket);
}

void Resolver::handle(const Name& name, Question& question, const Response& response, Instant now) {
  switch (response.verdict) {
    case Verdict::ignored:
      return;  // RFC 5452 9.1: the query goes on as if nothing had come
    case Verdict::failure:
      // It ends this server's turn, but only at the end of the gap: a forged failure must not beat a good
      // answer.
      question.failed = question.any_failed = true;
      return;
    case Verdict::answer:
      question.answer = response.answer;
      filter(question.answer);
      question.answer.ttl = std::min(question.answer.ttl, config_.maximum_ttl);
      finish(question, question.answer.empty() ? Error::no_data : Error::none);
      if (question.error == Error::none) put_in_cache(name, question, question.answer.ttl, now);
      return;
    case Verdict::no_such_name:
    case Verdict::no_data:
      finish(question, response.verdict == Verdict::no_data ? Error::no_data : Error::no_such_name);
      return put_in_cache(name, question, response.negative_ttl, now);
  }
}

void Resolver::filter(Answer& answer) const {
  if (!config_.refuse_local_answers) return;
  Answer rest;
  rest.ttl = answer.ttl;
  for (const IpAddress& address : answer.addresses()) {
    const bool this_network = address.is_v4() && address.v4_bytes()[0] == 0;  // RFC 1122 3.2.1.3 (a), (b)
    const bool local = address.is_loopback() || address.is_link_local() || this_network;
    if (!local) rest.add(address);
  }
  answer = rest;
}

void Resolver::finish(Question& question, Error error) {
  close_socket(question);
  question.error = error;
  question.due = Instant::never();
}

/// RFC 2308 5: also that there is nothing, per name and record type.
void Resolver::put_in_cache(const Name& name, const Question& question, Duration ttl, Instant now) {
  const Duration most = question.error == Error::none ? config_.maximum_ttl : config_.maximum_negative_ttl;
  cache_.put(name, question.record_type, question.error, question.answer, std::min(ttl, most), now);
}

}  // namespace linnet::dns
