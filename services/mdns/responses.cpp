// SPDX-License-Identifier: Apache-2.0
// The responder's messages (RFC 6762 6, 8.1, 18; RFC 6763 12).
#include <algorithm>

#include "services/mdns/responder.hpp"

namespace linnet::mdns {

namespace {

constexpr Duration probe_interval = Duration::milliseconds(250);
constexpr Duration multicast_interval = Duration::seconds(1);
constexpr std::uint32_t legacy_ttl = 10;  // RFC 6762 6.7
constexpr std::size_t least_probe = 24;   // bytes of a question and one record, at least

}  // namespace

/// All names whose probe is due, in one message if it holds them.
Bytes Responder::write_probes(MutableBytes room, Instant now) {
  const auto for_each_due = [&](auto&& visit) {
    const auto look = [&](Owner owner, const Claim& claim) {
      const bool probing = claim.state == ClaimState::waiting || claim.state == ClaimState::probing;
      if (probing && claim.left > 0 && claim.due <= now) visit(owner);
    };
    for (std::uint8_t i = 0; i < records_.hosts().size(); ++i) look({true, i}, records_.hosts()[i].claim);
    for (std::uint16_t i = 0; i < records_.services().size(); ++i)
      look({false, i}, records_.services()[i].claim);
  };
  std::size_t count = 0;
  for_each_due([&](Owner) { ++count; });
  if (count == 0) return {};
  count = std::min(count, std::max<std::size_t>(room.size() / least_probe, 1));
  // RFC 6762 8.1: QU, so that whoever has the name can tell us at once.
  for (;; count = (count + 1) / 2) {
    MessageWriter writer(room, 0, 0);
    bool complete = true;
    std::size_t index = 0;
    for_each_due([&](Owner owner) {
      if (index++ < count) complete = writer.question(name_of(owner), type::any, true) && complete;
    });
    index = 0;
    for_each_due([&](Owner owner) {
      if (index++ < count) complete = write_probe(writer, owner) && complete;
    });
    if (!complete && count > 1) continue;
    index = 0;
    for_each_due([&](Owner owner) {
      if (index++ >= count) return;
      Claim& claim = claim_of(owner);
      claim.state = ClaimState::probing;
      --claim.left;
      claim.due = now + probe_interval;
    });
    return writer.finish();
  }
}

bool Responder::write_record(MessageWriter& writer, Section section, std::size_t number,
                             std::uint32_t most_ttl, bool flush) {
  const RecordKey key = records_.key(number);
  const MessageWriter::Entry entry{.type = records_.record_type(key),
                                   .flush = flush && key.is_unique(),
                                   .ttl = std::min(records_.ttl(key), most_ttl),
                                   .data = records_.data(key, own_data_)};
  return writer.record(section, records_.name(key), entry);
}

/// RFC 6763 12: what who gets this answer will want to know next.
void Responder::mark_additionals(const RecordKey& answer) {
  const auto mark = [&](const RecordKey& key) { states_[records_.number(key)].additional = true; };
  switch (answer.kind) {
    case Kind::pointer:
    case Kind::subtype:
      mark({Kind::srv, answer.owner, 0});
      mark({Kind::txt, answer.owner, 0});
      return mark_addresses(records_.services()[answer.owner].host);
    case Kind::srv:
      return mark_addresses(records_.services()[answer.owner].host);
    case Kind::address:
      return mark_addresses(answer.owner);
    default:
      return;
  }
}

/// And where a family is missing, that it is (RFC 6762 6.1).
void Responder::mark_addresses(std::uint16_t host) {
  for_each_record_of({true, host}, [&](const RecordKey& key, RecordState& state) {
    const Host& of = records_.hosts()[host];
    if (key.kind == Kind::address || (key.kind == Kind::host_nsec && (!of.has(true) || !of.has(false)))) {
      state.additional = true;
    }
  });
}

Bytes Responder::write_multicast(MutableBytes room, Instant now) {
  MessageWriter writer(room, 0, flag::response);
  bool full = false;
  const auto sent = [&](RecordState& state) {
    state.was_sent = true;
    state.sent = now;
    state.due = Instant::never();
    state.announce = false;
    state.wait = none;
  };
  for (RecordState& state : states_) state.additional = false;
  for_each_record([&](const RecordKey& key, RecordState& state) {
    if (full || state.due > now) return;
    const bool goodbye = state.goodbye;
    const bool worth = goodbye || answerable(key);
    // RFC 6762 10.1: a goodbye has no cache-flush bit: others of the name may stay.
    if (worth && !write_record(writer, Section::answer, records_.number(key), goodbye ? 0 : ~0u, !goodbye)) {
      full = !writer.empty();
      if (full) return;
    }
    sent(state);
    if (goodbye) {
      state = {};
      if (key.kind == Kind::address) records_.hosts()[key.owner].addresses[key.item].leaving = false;
    } else {
      mark_additionals(key);
    }
  });
  if (writer.empty()) return {};
  for_each_record([&](const RecordKey& key, RecordState& state) {
    const bool just_sent = state.was_sent && now - state.sent < multicast_interval;
    if (!state.additional || just_sent || full || !answerable(key)) return;
    if (!write_record(writer, Section::additional, records_.number(key), ~0u, true)) return;
    sent(state);
  });
  return writer.finish();
}

Bytes Responder::write_reply(MutableBytes room, std::uint8_t index) {
  Reply& reply = replies_[index];
  const auto bit = static_cast<std::uint8_t>(1u << index);
  const std::uint32_t most = reply.legacy ? legacy_ttl : ~0u;
  MessageWriter writer(room, reply.id, flag::response, !reply.legacy);
  if (reply.legacy) writer.question(reply.name, reply.type, false);
  for (RecordState& state : states_) state.additional = false;
  bool full = false;
  bool any = false;
  for_each_record([&](const RecordKey& key, RecordState& state) {
    if (full || (state.replies & bit) == 0) return;
    if (answerable(key)) {
      const bool written = write_record(writer, Section::answer, records_.number(key), most, !reply.legacy);
      if (!written && any) {
        full = true;
        return;
      }
      any = any || written;
      mark_additionals(key);
    }
    state.replies = static_cast<std::uint8_t>(state.replies & ~bit);
    state.known = true;  // is in it
  });
  // A legacy asker takes one message.
  reply.used = full && !reply.legacy;
  if (full && reply.legacy) writer.add_flags(flag::truncated);
  for_each_record([&](const RecordKey& key, RecordState& state) {
    const bool wanted = state.additional && !state.known && answerable(key) && !full;
    if (wanted) write_record(writer, Section::additional, records_.number(key), most, !reply.legacy);
    state.known = false;
  });
  return any ? writer.finish() : Bytes();
}

}  // namespace linnet::mdns
