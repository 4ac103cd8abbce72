// SPDX-License-Identifier: Apache-2.0
// Rounds: some servers are asked at the same time, each once; who is silent is replaced by the next.
#include <algorithm>

#include "services/sntp/client.hpp"

namespace linnet::sntp {

Instant Client::poll(Instant now) {
  if (!running_) return Instant::never();
  if (config_.operation == Operation::listen) {
    listen(now);
    return stack_.udp().readable(listener_) ? now : Instant::never();
  }
  if (!in_round_ && now >= due_) begin_round();
  if (!in_round_) return due_;
  for (Association& server : servers_) {
    if (server.phase == Phase::resolving) watch_lookup(server, now);
    if (server.phase == Phase::asking) receive(server, now);
    if (server.pending() && now >= server.due) end_turn(server, false);
  }
  fill_round(now);
  Instant next = due_;
  if (in_round_) {
    next = Instant::never();
    for (const Association& server : servers_) {
      if (server.phase == Phase::resolving) next = earlier(next, now + check_interval);
      if (server.phase == Phase::asking && stack_.udp().readable(server.socket)) next = now;
      if (server.pending()) next = earlier(next, server.due);
    }
  }
  return next;
}

/// Whom to ask, `fill_round` sees to.
void Client::begin_round() {
  in_round_ = true;
  applied_ = false;
  wanted_ = std::max<std::uint8_t>(config_.compared, 1);
  ++round_;
  for (Association& server : servers_) server.phase = Phase::idle;
}

/// Asks further servers until as many as wanted have answered or may do so; ends the round when nobody is
/// waited for.
void Client::fill_round(Instant now) {
  std::size_t in_play = 0;
  std::size_t pending = 0;
  for (const Association& server : servers_) in_play += server.in_play() ? 1 : 0;
  for (Association& server : servers_) {
    if (in_play < wanted_ && usable(server, now)) begin_turn(server, now);
    if (server.pending()) ++pending;
    in_play = 0;
    for (const Association& other : servers_) in_play += other.in_play() ? 1 : 0;
  }
  if (combine(pending == 0, now)) applied_ = true;
  if (pending != 0) return;
  // No majority: one more may decide it.
  const bool others = std::any_of(servers_.begin(), servers_.end(),
                                  [&](const Association& server) { return usable(server, now); });
  if (!applied_ && in_play == wanted_ && others) {
    ++wanted_;
    return fill_round(now);
  }
  end_round(now);
}

bool Client::usable(const Association& server, Instant now) const {
  if (!server.set() || server.refused || server.phase != Phase::idle || now < server.not_before) return false;
  // The same one offered and set is one voice.
  return std::none_of(servers_.begin(), servers_.end(), [&](const Association& other) {
    return &other != &server && other.phase != Phase::idle && !other.address.is_unspecified() &&
           other.address == server.address;
  });
}

void Client::begin_turn(Association& server, Instant now) {
  server.due = now + config_.timeout;
  if (!server.address.is_unspecified()) return ask(server, now);
  const auto lookup = names_->begin(server.name(), now);
  if (!lookup) return end_turn(server, false);
  server.lookup = *lookup;
  server.phase = Phase::resolving;
  server.due = now + config_.timeout * 4;  // resolvers have servers of their own to try
  watch_lookup(server, now);
}

void Client::watch_lookup(Association& server, Instant now) {
  Names::Addresses addresses;
  const Names::Outcome outcome = names_->result(server.lookup, addresses);
  if (outcome == Names::Outcome::pending) return;
  names_->release(server.lookup);
  server.phase = Phase::idle;
  if (outcome == Names::Outcome::failed || addresses.empty()) return end_turn(server, false);
  // Each time that one was silent, the next one to which there is a way.
  std::size_t i = 0;
  const auto candidate = [&] { return addresses[(server.failures + i) % addresses.size()]; };
  while (i + 1 < addresses.size() && !stack_.ip().path(candidate(), {})) ++i;
  server.address = candidate();
  if (!usable(server, now)) return end_turn(server, false);
  server.due = now + config_.timeout;
  ask(server, now);
}

void Client::end_turn(Association& server, bool answered) {
  close(server);
  server.reach = static_cast<std::uint8_t>(server.reach << 1 | (answered ? 1 : 0));
  server.phase = answered ? Phase::answered : Phase::failed;
  if (answered) return;
  server.opinion = Opinion::silent;
  ++server.failures;
  // It may have another address by now (RFC 4330 10, item 4).
  if (server.name_length != 0 && !server.refused) {
    server.address = {};
    server.filter.clear();
  }
}

void Client::end_round(Instant now) {
  in_round_ = false;
  ++status_.rounds;
  due_ = next_round(applied_, now);
}

Instant Client::next_round(bool applied, Instant now) {
  Instant first = Instant::never();
  for (const Association& server : servers_) {
    if (server.set() && !server.refused) first = earlier(first, server.not_before);
  }
  if (first.is_never()) return first;  // nobody to ask, until servers are set or offered
  Duration wait = interval_used();
  if (applied) {
    retry_ = std::max(config_.first_retry, minimum_interval);
  } else {
    wait = std::min(retry_, wait);
    retry_ = std::min(retry_ * 2, interval_used());
  }
  return std::max(first, now + wait);
}

Duration Client::interval_used() const { return std::max(config_.interval, minimum_interval); }

}  // namespace linnet::sntp
