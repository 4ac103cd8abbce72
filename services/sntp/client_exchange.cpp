// SPDX-License-Identifier: Apache-2.0
// The messages: a request to each server, and what comes back.
#include <algorithm>

#include "services/sntp/client.hpp"

namespace linnet::sntp {

/// RFC 4330 5, and draft-ietf-ntp-data-minimization: nothing but version, mode and a transmit timestamp,
/// which is random, so that it tells nothing of our clock and nobody can answer who did not see it.
void Client::ask(Association& server, Instant now) {
  server.phase = Phase::asking;
  server.not_before = now + minimum_interval;
  open_socket(server, now);
  if (!server.socket) return end_turn(server, false);
  server.cookie = stack_.random().next64();  // to 0 there is no answer: once in 2^64 times
  std::array<std::uint8_t, message_size> bytes;
  Message{.transmit = server.cookie}.write(bytes);
  const Bytes message = server.security != nullptr ? server.security->secure(bytes) : Bytes(bytes);
  server.sent_at = now;
  if (!message.empty() && stack_.udp().send(server.socket, {&message, 1}, nullptr, {}, now)) {
    ++status_.sent;
  } else {
    end_turn(server, false);
  }
}

/// Connected, so that only that server's packets come, and from a port that nobody can guess.
void Client::open_socket(Association& server, Instant now) {
  const auto socket = stack_.udp().open();
  if (!socket) return;
  if (!stack_.udp().connect(
          *socket, {server.address, server.security != nullptr ? server.security->port() : ntp_port}, now)) {
    return stack_.udp().close(*socket);
  }
  server.socket = *socket;
}

/// Whatever is under way with that server.
void Client::close(Association& server) {
  if (server.socket) stack_.udp().close(server.socket);
  server.socket = {};
  server.cookie = 0;
  if (server.phase == Phase::resolving) names_->release(server.lookup);
}

void Client::receive(Association& server, Instant now) {
  std::array<std::uint8_t, message_size> bytes;
  const MutableBytes room = server.security != nullptr ? server.security->room() : MutableBytes(bytes);
  for (std::size_t i = 0; i < datagrams_per_poll && server.phase == Phase::asking; ++i) {
    const auto received = stack_.udp().receive(server.socket, room, false);
    if (!received) {
      if (received.error() == udp::Error::would_block) return;
      continue;  // ICMP says that nobody listens there: anybody could say that, so it ends nothing
    }
    const Bytes answer = room.first(received->size);
    const std::optional<Message> message = Message::parse(answer);
    if (message && (server.security == nullptr || server.security->accept(answer))) {
      handle(server, *message, now);
    } else {
      ++status_.ignored;
    }
  }
}

void Client::handle(Association& server, const Message& message, Instant now) {
  const Verdict verdict = judge_answer(message, server.cookie, config_);
  switch (verdict) {
    case Verdict::ignored:
      ++status_.ignored;  // the true answer may still come
      return;
    case Verdict::unsynchronised:
      ++status_.ignored;
      return end_turn(server, false);
    case Verdict::rate:
    case Verdict::denied:
      return kissed(server, verdict, now);
    case Verdict::time:
      break;
  }
  const UnixTime arrived = to_unix(message.receive, config_.earliest);
  const UnixTime left = to_unix(message.transmit, config_.earliest);
  // RFC 4330 5: the mean of the two differences, here between UTC and a clock that begins wherever it began.
  const Duration out = arrived - UnixTime{server.sent_at.as_microseconds()};
  const Duration back = left - UnixTime{now.as_microseconds()};
  const Duration delay = out - back;
  take_time(server, message, {.offset = back + delay / 2, .delay = std::max(delay, Duration()), .at = now});
  end_turn(server, true);
}

void Client::take_time(Association& server, const Message& message, const Sample& sample) {
  ++status_.accepted;
  server.stratum = message.stratum;
  server.leap = message.leap;
  server.reference_id = message.reference_id;
  server.root_delay = message.root_delay;
  if (server.rates > 0) --server.rates;
  Sample complete = sample;
  complete.root = from_short(message.root_delay) / 2 + from_short(message.root_dispersion);
  server.filter.add(complete);
}

/// RFC 4330 8, RFC 5905 7.4: DENY and RSTR: never again. RATE: at least twice the time between requests, each
/// time.
void Client::kissed(Association& server, Verdict verdict, Instant now) {
  ++status_.kisses;
  if (verdict == Verdict::denied) {
    server.refused = true;
  } else {
    if (server.rates < 5) ++server.rates;
    const Duration wait = interval_used() * (std::int64_t{1} << server.rates);
    server.not_before = std::max(server.not_before, now + wait);
  }
  end_turn(server, false);
}

bool Client::open_listener() {
  const auto socket = stack_.udp().open();
  if (!socket) return false;
  if (!stack_.udp().bind(*socket, {IpAddress::any_v6(), ntp_port}, true)) {
    stack_.udp().close(*socket);
    return false;
  }
  listener_ = *socket;
  return true;
}

/// Broadcasts have only one way: Config::broadcast_delay is taken for it.
void Client::listen(Instant now) {
  std::array<std::uint8_t, message_size> bytes;
  for (std::size_t i = 0; i < datagrams_per_poll; ++i) {
    const auto received = stack_.udp().receive(listener_, bytes, false);
    if (!received) return;
    const std::optional<Message> message = Message::parse(Bytes(bytes).first(received->size));
    Association* server = broadcaster(received->source.address);
    const bool sane = message && server != nullptr && received->source.port == ntp_port &&
                      judge_broadcast(*message, config_) == Verdict::time;
    if (!sane) {
      ++status_.ignored;
      continue;
    }
    const Duration offset = to_unix(message->transmit, config_.earliest) - UnixTime{now.as_microseconds()} +
                            config_.broadcast_delay;
    server->sent_at = now;
    take_time(*server, *message, {.offset = offset, .delay = config_.broadcast_delay * 2, .at = now});
    ++round_;
    for (Association& other : servers_) {
      // Who fell silent has no voice.
      if (now - other.sent_at > interval_used() * 2) other.phase = Phase::idle;
    }
    server->phase = Phase::answered;
    server->reach = static_cast<std::uint8_t>(server->reach << 1 | 1);
    combine(true, now);
  }
}

/// Where servers are set, only they count: nothing else tells one sender from another.
Association* Client::broadcaster(const IpAddress& address) {
  bool any_set = false;
  for (Association& server : servers_) {
    if (&server == &anybody() || !server.set()) continue;
    any_set = true;
    if (server.address != address) continue;
    anybody().forget();
    return &server;
  }
  if (any_set) {
    anybody().forget();
    return nullptr;
  }
  if (anybody().address != address) {
    anybody().forget();
    anybody().address = address;
  }
  return &anybody();
}

}  // namespace linnet::sntp
