// SPDX-License-Identifier: Apache-2.0
#include "services/mdns/responder.hpp"

#include <algorithm>

namespace linnet::mdns {

Responder::Responder(const Config& config, Arena& arena, Random& random)
    : states_(arena.make_array<RecordState>(OwnRecords::count(config))),
      own_data_(arena.make_array<std::uint8_t>(maximum_data)),
      their_data_(arena.make_array<std::uint8_t>(maximum_data)),
      records_(config, arena),
      random_(random) {
  if (arena.exhausted()) states_ = {};
}

void Responder::clear_records(Owner owner) {
  for_each_record_of(owner, [](const RecordKey&, RecordState& state) { state = {}; });
}

void Responder::halt() {
  running_ = false;
  for (RecordState& state : states_) state = {};
  for (Reply& reply : replies_) reply.used = false;
  for (Wait& wait : waits_) wait.used = false;
  for (std::uint8_t i = 0; i < records_.hosts().size(); ++i) {
    Host& host = records_.hosts()[i];
    host.claim.state = ClaimState::idle;
    host.claim.announced = false;
    host.claim.rivals = {};
    for (HostAddress& own : host.addresses) own.leaving = false;
  }
  for (Service& service : records_.services()) {
    service.claim.state = ClaimState::idle;
    service.claim.announced = false;
    service.claim.rivals = {};
  }
  finish_leaving({});
}

void Responder::start(Instant now) {
  halt();
  running_ = true;
  // RFC 6762 8.1: a random wait, so that what was switched on together does not speak together. One for all
  // names: their probes go in one message.
  const Instant due = now + random_.between(Duration(), Duration::milliseconds(250));
  for (std::uint8_t i = 0; i < records_.hosts().size(); ++i) begin_if_ready({true, i}, due);
  for (std::uint16_t i = 0; i < records_.services().size(); ++i) begin_if_ready({false, i}, due);
}

void Responder::stop(Instant now) {
  if (!running_) return;
  running_ = false;
  for (std::uint8_t i = 0; i < records_.hosts().size(); ++i) say_goodbye({true, i}, now);
  for (std::uint16_t i = 0; i < records_.services().size(); ++i) say_goodbye({false, i}, now);
  for (std::uint8_t i = 0; i < records_.hosts().size(); ++i) claim_of({true, i}).state = ClaimState::idle;
  for (std::uint16_t i = 0; i < records_.services().size(); ++i)
    claim_of({false, i}).state = ClaimState::idle;
}

/// Another service of the same type is told of.
bool Responder::shares_type(std::uint16_t service) const {
  const std::span<const Service> all = records_.services();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool other = i != service && all[i].used && !all[i].leaving && all[i].claim.ours();
    if (other && all[i].type.same_as(all[service].type)) return true;
  }
  return false;
}

/// RFC 6762 10.1: what was announced is taken back, by the records as they are now.
void Responder::say_goodbye(Owner owner, Instant now) {
  const bool announced = claim_of(owner).announced;
  const bool last_of_type = !owner.of_host && (!running_ || !shares_type(owner.index));
  for_each_record_of(owner, [&](const RecordKey& key, RecordState& state) {
    const bool there = records_.exists(key);
    if (state.goodbye) return;  // as it was before: it is owed still
    state = {};
    if (!announced || !there || key.is_nsec()) return;
    if (key.kind == Kind::enumeration && !last_of_type) return;
    state.goodbye = true;
    state.due = now;
  });
  claim_of(owner).announced = false;
}

/// Goodbyes, and then the end, or another name. Whoever is leaving already has his goodbyes still to be said.
void Responder::leave(Owner owner, Instant now) {
  bool& leaving =
      owner.of_host ? records_.hosts()[owner.index].leaving : records_.services()[owner.index].leaving;
  if (!leaving) say_goodbye(owner, now);
  leaving = true;
  claim_of(owner).state = ClaimState::idle;
  finish_leaving(now);
}

bool Responder::leaving_said(Owner owner) {
  bool said = true;
  for_each_record_of(owner,
                     [&](const RecordKey&, const RecordState& state) { said = said && !state.goodbye; });
  return said;
}

template <typename Owned>
void Responder::finish_leaving_of(Owner owner, Owned& one, Instant now) {
  if (!one.used || !one.leaving || !leaving_said(owner)) return;
  one.leaving = false;
  clear_records(owner);
  if (one.next.empty()) {
    one.used = false;
    ++one.generation;
    return;
  }
  one.base = one.label = one.next;
  one.claim = {};
  begin_if_ready(owner, now);
}

void Responder::finish_leaving(Instant now) {
  for (std::uint8_t i = 0; i < records_.hosts().size(); ++i)
    finish_leaving_of({true, i}, records_.hosts()[i], now);
  for (std::uint16_t i = 0; i < records_.services().size(); ++i)
    finish_leaving_of({false, i}, records_.services()[i], now);
}

std::optional<Outgoing> Responder::next_message(MutableBytes room, Instant now) {
  claims_due(now);
  for (Wait& wait : waits_) {
    if (!wait.used || wait.due > now) continue;
    wait.used = false;
    const auto index = static_cast<std::uint8_t>(&wait - waits_.data());
    for (RecordState& state : states_) {
      if (state.wait == index) state.wait = none;
    }
  }
  if (const Bytes probes = write_probes(room, now); !probes.empty()) return Outgoing{probes, std::nullopt};
  if (const Bytes answers = write_multicast(room, now); !answers.empty()) {
    finish_leaving(now);
    return Outgoing{answers, std::nullopt};
  }
  finish_leaving(now);
  for (std::size_t i = 0; i < replies_.size(); ++i) {
    if (!replies_[i].used || replies_[i].due > now) continue;
    if (const Bytes reply = write_reply(room, static_cast<std::uint8_t>(i)); !reply.empty())
      return Outgoing{reply, replies_[i].to};
  }
  return std::nullopt;
}

Instant Responder::next_deadline() const {
  Instant next = Instant::never();
  for (const Host& host : records_.hosts()) {
    if (host.used && host.claim.state != ClaimState::idle) next = earlier(next, host.claim.due);
  }
  for (const Service& service : records_.services()) {
    if (service.used && service.claim.state != ClaimState::idle) next = earlier(next, service.claim.due);
  }
  for (const RecordState& state : states_) next = earlier(next, state.due);
  for (const Reply& reply : replies_) {
    if (reply.used) next = earlier(next, reply.due);
  }
  for (const Wait& wait : waits_) {
    if (wait.used) next = earlier(next, wait.due);
  }
  return next;
}

void Responder::digest(Digest& digest) const {
  records_.digest(digest);
  for (const RecordState& state : states_) {
    digest.add((state.due.is_never() ? 0u : 1u) | (state.goodbye ? 2u : 0u) | (state.announce ? 4u : 0u) |
               (std::uint64_t{state.replies} << 8) | (std::uint64_t{state.wait} << 16));
  }
  for (const Reply& reply : replies_) digest.add(reply.used);
  for (const Wait& wait : waits_) digest.add(wait.used);
}

}  // namespace linnet::mdns
