// SPDX-License-Identifier: Apache-2.0
// The exchange by secure streams (RFC 7858): one for each server, kept for further questions, all of which
// are on their way at once. What the streams are made of is not known here.
#include "services/dns/resolver.hpp"

namespace linnet::dns {

template <typename Visit>
void Resolver::for_each_secure(std::size_t server, Visit&& visit) {
  lookups_.for_each([&](Lookup& lookup) {
    lookup.for_each_question([&](Question& question) {
      for (Exchange* exchange : {static_cast<Exchange*>(&question), &question.beside}) {
        if (exchange->secure && exchange->server == server) visit(lookup, question, *exchange);
      }
    });
  });
}

void Resolver::set_privacy(Privacy privacy) {
  if (privacy == privacy_) return;
  privacy_ = privacy;
  cache_.clear();
}

bool Resolver::set_secure_stream(std::size_t index, SecureStream* stream) {
  if (index >= secure_.size() || !secure_[index].has_room()) return false;
  leave_stream(index, now_);
  secure_[index].set_stream(stream, now_);
  return true;
}

StreamState Resolver::secure_state(std::size_t index) const {
  return index < secure_.size() ? secure_[index].state() : StreamState::closed;
}

std::string_view Resolver::secure_words(std::size_t index) const {
  const SecureStream* stream = stream_of(index);
  return stream != nullptr ? stream->words() : std::string_view();
}

void Resolver::close_streams(Instant now) {
  for (std::size_t i = 0; i < secure_.size(); ++i) {
    bool wanted = false;
    for_each_secure(i, [&](const Lookup&, const Question&, const Exchange&) { wanted = true; });
    if (!wanted) secure_[i].close(now);
  }
}

/// RFC 7858 3.1: a server that was found to have no TLS is not asked for it for a while, where that does.
bool Resolver::asked_securely(std::size_t server, Instant now) const {
  if (privacy_ == Privacy::off || stream_of(server) == nullptr) return false;
  return privacy_ == Privacy::strict || secure_[server].avoid_until <= now;
}

/// The question leaves once the stream can take it.
void Resolver::ask_securely(Exchange& exchange, Instant now) {
  if (exchange.secure) return;
  close_socket(exchange);
  do {
    exchange.id = static_cast<std::uint16_t>(stack_.random().below(0x10000));
  } while (id_taken(exchange.server, exchange.id));
  exchange.secure = true;
  exchange.capitals = 0;  // there is no forger
  secure_[exchange.server].want(servers_[exchange.server], now);
}

/// RFC 7766 6.2.1: an id stands for one question that is on its way.
bool Resolver::id_taken(std::size_t server, std::uint16_t id) {
  bool taken = false;
  for_each_secure(server, [&](const Lookup&, const Question&, const Exchange& exchange) {
    taken = taken || exchange.id == id;
  });
  return taken;
}

/// Takes in what a stream has brought; true when there may be more. What a loss means to others, they do in
/// the same poll.
bool Resolver::hear_stream(std::size_t server, Instant now) {
  Conversation& secure = secure_[server];
  const StreamState before = secure.state();
  if (before != StreamState::opening && before != StreamState::open) return false;
  secure.poll(now);
  std::size_t heard = 0;
  while (const auto incoming = secure.receive(now)) {
    if (!take_message(server, incoming->message, incoming->cut, now)) {
      lose_secure(server, Loss::broken, now);  // what is no message is no DNS
      return false;
    }
    if (++heard == messages_per_poll) return true;
  }
  const StreamState state = secure.poll(now);
  const bool too_slow = state == StreamState::opening && now >= secure.since() + config_.secure_opening;
  if (state == StreamState::ended || state == StreamState::failed || too_slow) {
    lose_secure(server, state == StreamState::ended ? Loss::ended : Loss::unopened, now);
  }
  return false;
}

/// Gives a stream the questions that wait for it, all without waiting for answers (RFC 7858 3.3), and closes
/// one that nobody has asked anything for a while. When it wants to be polled again.
Instant Resolver::tell_stream(std::size_t server, Instant now) {
  Conversation& secure = secure_[server];
  if (secure.state() != StreamState::opening && secure.state() != StreamState::open) return Instant::never();
  while (secure.can_send() && send_waiting(server, now)) continue;
  if (secure.fresh()) return now;  // it may have failed at once
  if (secure.state() == StreamState::opening) return secure.since() + config_.secure_opening;
  bool wanted = false;
  for_each_secure(server, [&](const Lookup&, const Question&, const Exchange&) { wanted = true; });
  if (wanted) return Instant::never();  // and whoever began to want it has ended its idling
  if (secure.idle_at == Instant::never()) {
    secure.idle_at = now + config_.secure_idle;
  } else if (now >= secure.idle_at) {
    secure.close(now);
  }
  return secure.idle_at;
}

/// False: none waits.
bool Resolver::send_waiting(std::size_t server, Instant now) {
  Conversation& secure = secure_[server];
  bool sent = false;
  for_each_secure(server, [&](const Lookup& lookup, const Question& question, Exchange& exchange) {
    if (sent || exchange.sent) return;
    const QueryForm form{.announced = question.plain ? std::uint16_t{0} : std::uint16_t{largest_announced},
                         .padded = true};
    const Bytes message = write_query(secure.room(), exchange.id, lookup.name, question.record_type, form);
    secure.send(message.size(), now);
    sent = exchange.sent = true;
  });
  return sent;
}

/// RFC 7858 3.3: whose answer it is, the id says; in whatever order they come. One that is nobody's may be to
/// a question that was given up. False: it is no DNS message.
bool Resolver::take_message(std::size_t server, Bytes message, bool cut, Instant now) {
  if (message.size() < header_size) return false;
  bool taken = false;
  for_each_secure(server, [&](Lookup& lookup, Question& question, Exchange& exchange) {
    if (taken || !exchange.sent || exchange.id != load16(message.data())) return;
    taken = true;  // what is known already has nothing on its way
    take_answer(lookup, question, exchange, message, cut, now);
  });
  return true;
}

/// Nobody forges here: what is of no use ends the server's turn at once.
void Resolver::take_answer(Lookup& lookup, Question& question, Exchange& exchange, Bytes message, bool cut,
                           Instant now) {
  const Response response =
      read_response(message, cut, exchange.id, lookup.name, question.record_type, exchange.capitals);
  exchange.secure = exchange.sent = false;
  if (&exchange == &question.beside && !take_turn(question, response, now)) return;
  keep_message(lookup, message, response);
  lookup.message_by_stream = lookup.message_secure = true;
  if (response.verdict == Verdict::not_understood && !question.plain) {
    question.plain = true;  // RFC 6891 6.2.2
    return ask(lookup.name, question, now);
  }
  const bool of_use = response.verdict == Verdict::answer || response.verdict == Verdict::no_such_name ||
                      response.verdict == Verdict::no_data;
  if (of_use) return handle(lookup, question, response, now);
  question.failed = question.any_failed = true;
  question.due = now;
}

/// A server that says nothing at all by its stream may be gone without a word: the next question has a new
/// stream.
void Resolver::leave_silent_stream(const Question& question, Instant now) {
  if (!question.secure) return;
  Conversation& secure = secure_[question.server];
  if (secure.state() != StreamState::open) return;
  if (now < secure.heard_at() + config_.secure_wait) return;
  secure.close(now);
  secure.avoid_until = now + config_.avoid;
  for_each_secure(question.server, [&](Lookup&, Question& other, Exchange& exchange) {
    if (&other == &question) return;
    exchange.sent = false;
    secure_[exchange.server].want(servers_[exchange.server], now);
  });
}

/// The server has another address, or another stream: its questions go to the next.
void Resolver::leave_stream(std::size_t server, Instant now) {
  if (stream_of(server) == nullptr) return;
  secure_[server].close(now);
  for_each_secure(server, [&](Lookup&, Question& question, Exchange& exchange) {
    exchange.secure = exchange.sent = false;
    if (&exchange == &question.beside) return;
    question.failed = true;
    question.due = now;
  });
}

/// RFC 7858 3.4: a server may close a connection whenever it likes, and questions on their way are asked once
/// more. A stream that cannot be had is another matter.
void Resolver::lose_secure(std::size_t server, Loss loss, Instant now) {
  Conversation& secure = secure_[server];
  secure.close(now);
  if (loss != Loss::ended) {
    const bool strict = privacy_ == Privacy::strict;
    secure.avoid_until = now + (strict ? config_.avoid : config_.secure_without);
  }
  for_each_secure(server, [&](Lookup& lookup, Question& question, Exchange& exchange) {
    lose_exchange(lookup, question, exchange, loss, now);
  });
}

void Resolver::lose_exchange(Lookup& lookup, Question& question, Exchange& exchange, Loss loss, Instant now) {
  exchange.sent = false;
  if (loss == Loss::ended && !question.again) {
    question.again = true;
    secure_[exchange.server].want(servers_[exchange.server], now);
    return;
  }
  exchange.secure = false;
  if (&exchange == &question.beside) return;
  if (privacy_ != Privacy::strict && !asked_securely(exchange.server, now)) {
    question.tries = 0;  // RFC 8310 5: without, then
    return ask(lookup.name, question, now);
  }
  question.failed = true;
  question.any_insecure = question.any_insecure || loss == Loss::unopened;
  question.any_failed = question.any_failed || loss != Loss::unopened;
  question.due = now;
}

}  // namespace linnet::dns
