// SPDX-License-Identifier: Apache-2.0
// The exchange with the servers about one record type: tries, gaps, failover, and what answers do.
#include <algorithm>

#include "services/dns/resolver.hpp"

namespace linnet::dns {

bool Resolver::first_server(Question& question) {
  question.turns = 0;
  return next_server(question);
}

/// Turns to the first server that is set and had no turn yet; false when there is none. One to which there is
/// no way, since this host has no address of its family, say, has its turn only where there is no other; one
/// that was silent a moment ago, or whose secure stream failed, after the others.
bool Resolver::next_server(Question& question) {
  std::optional<std::uint8_t> next = find_server(question.turns, Want::healthy);
  if (!next) next = find_server(question.turns, Want::reachable);
  if (!next && question.turns == 0) next = find_server(0, Want::any);
  if (!next) return false;
  close_sockets(question);
  question.turn_to(*next);
  question.tries = 0;
  question.failed = question.plain = question.streamed = question.again = false;
  return true;
}

std::optional<std::uint8_t> Resolver::find_server(unsigned without, Want want) const {
  for (std::size_t i = 0; i < maximum_servers; ++i) {
    if (servers_[i].is_unspecified() || (without >> i & 1) != 0) continue;
    // RFC 8310 5: with Privacy::strict, none but by a secure stream.
    if (privacy_ == Privacy::strict && stream_of(i) == nullptr) continue;
    if (want != Want::any && !stack_.ip().path(servers_[i], {})) continue;
    if (want == Want::healthy && is_avoided(i)) continue;
    return static_cast<std::uint8_t>(i);
  }
  return std::nullopt;
}

bool Resolver::is_avoided(std::size_t server) const {
  if (privacy_ == Privacy::strict) return secure_[server].avoid_until > now_;
  return (silent_ >> server & 1) != 0 && now_ < silent_until_;
}

/// The time is one for all servers, since a device pays for each: who is silent while others are, is so a
/// little longer than it need be.
void Resolver::avoid_silent(std::uint8_t server, Instant now) {
  if (now >= silent_until_) silent_ = 0;
  silent_ = static_cast<std::uint8_t>(silent_ | 1u << server);
  silent_until_ = now + config_.avoid;
}

/// One try. The id and the port stay for the tries at one server, so that a late answer counts: a fresh pair
/// for each would only give a forger more to hit (RFC 5452 7). Whatever goes wrong here is as good as a lost
/// packet.
void Resolver::ask(const Name& name, Question& question, Instant now) {
  ++question.tries;
  question.due = now + config_.first_gap * question.tries;
  const bool may_begin =
      config_.beside_after > Duration() && question.tries == 1 && !question.beside.asking();
  if (may_begin) question.beside_due = now + config_.beside_after;
  if (asked_securely(question.server, now)) {
    // TCP repeats what is lost: one try.
    question.tries = config_.tries;
    question.due = now + config_.secure_wait;
  }
  send_query(name, question, question, now);
  if (question.beside.asking()) send_query(name, question, question.beside, now);
}

/// To one of the servers that are being asked.
void Resolver::send_query(const Name& name, const Question& question, Exchange& exchange, Instant now) {
  if (exchange.secure || asked_securely(exchange.server, now)) return ask_securely(exchange, now);
  if (privacy_ == Privacy::strict) return;
  if (!exchange.socket) open_socket(exchange, !question.small_letters, now);
  if (!exchange.socket) return;
  const std::size_t announced =
      question.plain || config_.message_size <= plain_size ? 0 : std::min(buffer_.size(), largest_announced);
  const QueryForm form{.announced = static_cast<std::uint16_t>(announced), .capitals = exchange.capitals};
  const Bytes message = write_query(buffer_, exchange.id, name, question.record_type, form);
  for (int attempt = 0; attempt < 2; ++attempt) {
    // An ICMP error that waits at the socket is reported instead of sending; it is no reason not to ask.
    if (stack_.udp().send(exchange.socket, {&message, 1}, nullptr, {}, now)) return;
  }
}

/// RFC 5452 9.2: an unpredictable id and port for each query, and only that server's packets. No socket where
/// there is none left, or no way to the server.
void Resolver::open_socket(Exchange& exchange, bool may_mix, Instant now) {
  const auto socket = stack_.udp().open();
  if (!socket) return;
  if (!stack_.udp().connect(*socket, {servers_[exchange.server], server_port}, now)) {
    return stack_.udp().close(*socket);
  }
  stack_.udp().options(*socket)->dont_fragment = true;
  exchange.socket = *socket;
  exchange.id = static_cast<std::uint16_t>(stack_.random().below(0x10000));
  exchange.capitals = config_.mix_case && may_mix ? stack_.random().next64() : 0;
}

void Resolver::close_socket(Exchange& exchange) {
  if (exchange.socket) stack_.udp().close(exchange.socket);
  exchange.socket = {};
  exchange.secure = exchange.sent = false;
}

void Resolver::close_sockets(Question& question) {
  close_socket(question);
  close_socket(question.beside);
  close_stream(question);
  question.beside_due = Instant::never();
}

/// No good answer in time: another try, or the next server once this one failed or is silent for long. A
/// truncated answer, of which TCP did not bring the rest, serves as far as it goes.
void Resolver::gap_over(const Name& name, Question& question, Instant now) {
  if (!question.answer.empty()) return finish(question, Error::none);
  lose_stream(question, now);
  leave_silent_stream(question, now);
  const bool silent = question.tries >= config_.tries && !question.failed && !question.streamed;
  if (silent && !question.secure) avoid_silent(question.server, now);
  if ((question.failed || question.tries >= config_.tries) && !next_server(question)) {
    return finish(question, question.any_failed     ? Error::server_failure
                            : question.any_insecure ? Error::insecure
                                                    : Error::timeout);
  }
  ask(name, question, now);
}

/// Reads a bounded number of datagrams; true when there may be more.
bool Resolver::receive(Lookup& lookup, Question& question, Exchange& exchange, Instant now) {
  for (std::size_t i = 0; i < datagrams_per_poll && exchange.socket; ++i) {
    const auto received = stack_.udp().receive(exchange.socket, buffer_, false);
    if (!received) {
      if (received.error() == udp::Error::would_block) return false;
      continue;  // ICMP says that nobody listens there: anybody could say that, so it ends nothing
    }
    const bool cut = received->datagram_size > received->size;
    const Bytes message = buffer_.first(received->size);
    Response response =
        read_response(message, cut, exchange.id, lookup.name, question.record_type, exchange.capitals);
    // Neither id nor port is in a second fragment: whoever guesses the IP identification writes it (C07-04).
    // What came so only says that there is an answer, to be had by TCP.
    if (received->reassembled && response.verdict != Verdict::ignored) {
      response = {.verdict = response.verdict, .truncated = true};
    }
    if (response.verdict != Verdict::ignored) silent_ &= static_cast<std::uint8_t>(~(1u << exchange.server));
    if (&exchange == &question.beside && !take_turn(question, response, now)) continue;
    if (!received->reassembled) keep_message(lookup, message, response);
    if (response.truncated) {
      take_truncated(question, response, now);
    } else {
      handle(lookup, question, response, now);
    }
    if (question.error != Error::pending) return false;
  }
  return exchange.socket && stack_.udp().readable(exchange.socket);
}

/// Asks the next server, too, if there is a way to one.
void Resolver::begin_beside(const Name& name, Question& question, Instant now) {
  question.beside_due = Instant::never();
  const std::optional<std::uint8_t> next = find_server(question.turns, Want::healthy);
  if (!next || question.connection) return;
  question.beside.server = *next;
  send_query(name, question, question.beside, now);
}

/// The server beside has said something: if that is of use, its turn it is, and the one that is silent may
/// still answer beside it, but has to wait for its next first turn. If not, it has its turn later, as if it
/// had not been asked.
bool Resolver::take_turn(Question& question, const Response& response, Instant now) {
  const bool of_use = response.truncated || response.verdict == Verdict::answer ||
                      response.verdict == Verdict::no_such_name || response.verdict == Verdict::no_data;
  if (!of_use) return false;
  if (!question.failed && !question.secure) avoid_silent(question.server, now);
  std::swap(static_cast<Exchange&>(question), question.beside);
  question.turn_to(question.server);
  question.streamed = false;
  close_stream(question);
  return true;
}

/// A query for records keeps what the server said last, a failure too.
void Resolver::keep_message(Lookup& lookup, Bytes message, const Response& response) {
  if (response.verdict == Verdict::ignored || response.verdict == Verdict::other_case) return;
  if (lookup.message.empty()) return;
  message = message.first(std::min(message.size(), lookup.message.size()));
  copy_bytes(lookup.message.data(), message);
  lookup.message_size = message.size();
}

void Resolver::handle(const Lookup& lookup, Question& question, const Response& response, Instant now) {
  switch (response.verdict) {
    case Verdict::ignored:
      return;  // RFC 5452 9.1: the query goes on as if nothing had come
    case Verdict::not_understood:
    case Verdict::other_case:
      return ask_otherwise(lookup.name, question, response.verdict, now);
    case Verdict::failure:
      // It ends this server's turn, but only at the end of the gap: a forged failure must not beat a good
      // answer.
      question.failed = question.any_failed = true;
      return;
    case Verdict::answer:
      question.answer = response.answer;
      filter(question.answer);
      question.answer.ttl = std::min(question.answer.ttl, config_.maximum_ttl);
      finish(question,
             question.answer.empty() && lookup.families != Families::none ? Error::no_data : Error::none);
      if (question.error == Error::none) put_in_cache(lookup, question, question.answer.ttl, now);
      return;
    case Verdict::no_such_name:
    case Verdict::no_data:
      finish(question, response.verdict == Verdict::no_data ? Error::no_data : Error::no_such_name);
      return put_in_cache(lookup, question, response.negative_ttl, now);
  }
}

/// RFC 6891 6.2.2 and 7: without EDNS, to who does not understand it; draft-vixie-dnsext-dns0x20 5: with
/// small letters, to who does not keep the case, and then with another id and port, since what came may be a
/// forgery. Either is done once: whoever says so falsely gains no more than the one question.
void Resolver::ask_otherwise(const Name& name, Question& question, Verdict verdict, Instant now) {
  if (question.tries > 0) --question.tries;  // this one does not count
  if (verdict == Verdict::other_case) {
    question.small_letters = true;
    close_sockets(question);
    return ask(name, question, now);
  }
  if (question.plain || config_.message_size <= plain_size) {
    question.failed = question.any_failed = true;
    return;
  }
  question.plain = true;
  ask(name, question, now);
}

void Resolver::take_truncated(Question& question, const Response& response, Instant now) {
  if (question.answer.empty()) question.answer = response.answer;
  filter(question.answer);
  question.answer.ttl = Duration();
  open_stream(question, now);
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
  close_sockets(question);
  question.error = error;
  if (error != Error::none) question.answer = {};
  question.due = Instant::never();
}

/// RFC 2308 5: also that there is nothing, per name and record type.
void Resolver::put_in_cache(const Lookup& lookup, const Question& question, Duration ttl, Instant now) {
  if (lookup.families == Families::none) return;
  const Duration most = question.error == Error::none ? config_.maximum_ttl : config_.maximum_negative_ttl;
  cache_.put(lookup.name, question.record_type, question.error, question.answer, std::min(ttl, most), now);
}

}  // namespace linnet::dns
