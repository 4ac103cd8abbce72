// SPDX-License-Identifier: Apache-2.0
// How names become ours, and stay so (RFC 6762 8 and 9).
#include <algorithm>

#include "services/mdns/responder.hpp"

namespace linnet::mdns {

namespace {

constexpr std::uint8_t probes = 3;  // RFC 6762 8.1
constexpr std::uint8_t announcements = 2;
constexpr Duration announce_interval = Duration::seconds(1);
constexpr Duration lost_tie_break = Duration::seconds(1);  // RFC 6762 8.2
constexpr Duration conflict_window = Duration::seconds(10);
constexpr Duration after_many_conflicts = Duration::seconds(5);
// RFC 6762 10.2: what was heard within the last second is not flushed. And a little, for what was on its way.
constexpr Duration old_enough = Duration::milliseconds(1100);

}  // namespace

Claim& Responder::claim_of(Owner owner) {
  return owner.of_host ? records_.hosts()[owner.index].claim : records_.services()[owner.index].claim;
}

Name Responder::name_of(Owner owner) const {
  return owner.of_host ? records_.host_name_of(owner.index) : records_.instance_name_of(owner.index);
}

void Responder::begin(Owner owner, Instant due) {
  Claim& claim = claim_of(owner);
  claim.state = ClaimState::waiting;
  claim.deferring = false;
  claim.rivals.forget_contest();
  claim.left = probes;
  claim.due = due;
  for_each_record_of(owner, [](const RecordKey&, RecordState& state) {
    if (!state.goodbye) state = {.was_sent = state.was_sent, .sent = state.sent};
  });
}

void Responder::begin_if_ready(Owner owner, Instant due) {
  if (!running_) return;
  const bool used = owner.of_host
                        ? records_.hosts()[owner.index].used && !records_.hosts()[owner.index].leaving
                        : records_.services()[owner.index].used && !records_.services()[owner.index].leaving;
  if (!used) return;
  const std::uint16_t host = owner.of_host ? owner.index : records_.services()[owner.index].host;
  if (!records_.hosts()[host].used || !records_.hosts()[host].has_address()) return;
  begin(owner, due);
}

void Responder::claims_due(Instant now) {
  for (std::uint8_t i = 0; i < records_.hosts().size(); ++i)
    claim_due({true, i}, records_.hosts()[i].claim, now);
  for (std::uint16_t i = 0; i < records_.services().size(); ++i) {
    claim_due({false, i}, records_.services()[i].claim, now);
  }
}

/// What is due of a claim except its probes, which write_probes sends.
void Responder::claim_due(Owner owner, Claim& claim, Instant now) {
  if (claim.state == ClaimState::idle || claim.due > now) return;
  if (claim.state == ClaimState::probing && claim.left == 0) {
    claim.state = ClaimState::announcing;
    claim.left = announcements;
    too_many_conflicts_ = false;
    if (owner.of_host) {
      // What its services say has its name in it.
      for (std::uint16_t i = 0; i < records_.services().size(); ++i) {
        if (records_.services()[i].host == owner.index) announce_again({false, i}, now);
      }
    }
  }
  if (claim.state == ClaimState::established) return tell_again(owner, claim, now);
  if (claim.state != ClaimState::announcing) return;
  announce(owner, now);
  claim.announced = true;
  claim.announced_at = now;
  --claim.left;
  claim.due = claim.left > 0 ? now + announce_interval : Instant::never();
  if (claim.left == 0) claim.state = ClaimState::established;
}

/// A record that was told just now, to somebody who asked, waits for its second (RFC 6762 6).
void Responder::announce(Owner owner, Instant now) {
  for_each_record_of(owner, [&](const RecordKey& key, RecordState& state) {
    if (key.is_nsec() || !records_.exists(key)) return;
    state.goodbye = false;
    state.announce = true;
    state.due = state.was_sent ? std::max(now, state.sent + announce_interval) : now;
    state.wait = none;
  });
}

/// Somebody probes for a name that is ours. We tell him so, perhaps him alone (8.1). But if it was his as
/// well, on a link that was another one, others keep what he said of it: so it is told to all as well, once
/// he has said nothing of it for so long that the cache-flush bit means that, too (10.2).
void Responder::defend(const Message& message, Instant now) {
  const auto look = [&](Owner owner) {
    Claim& claim = claim_of(owner);
    if (!claim.ours() || compare_with(message, owner, name_of(owner)).order == 0) return;
    if (claim.left == 0) claim.due = now + old_enough;
    // One more for him who comes while it is waited for.
    if (claim.left < announcements) ++claim.left;
  };
  for (std::uint8_t i = 0; i < records_.hosts().size(); ++i) look({true, i});
  for (std::uint16_t i = 0; i < records_.services().size(); ++i) look({false, i});
}

void Responder::tell_again(Owner owner, Claim& claim, Instant now) {
  for_each_record_of(owner, [&](const RecordKey& key, RecordState& state) {
    const bool claimed = key.kind == Kind::address || key.kind == Kind::srv || key.kind == Kind::txt;
    if (!claimed || !records_.exists(key)) return;
    state.announce = true;
    state.due = earlier(state.due, state.was_sent ? std::max(now, state.sent + announce_interval) : now);
  });
  --claim.left;
  claim.due = claim.left > 0 ? now + old_enough : Instant::never();
}

/// RFC 6762 8.4: data has changed, which is announced like a beginning. Not oftener than once a second.
void Responder::announce_again(Owner owner, Instant now) {
  Claim& claim = claim_of(owner);
  if (!claim.ours()) return;
  claim.state = ClaimState::announcing;
  claim.left = announcements;
  claim.due = std::max(now, claim.announced_at + announce_interval);
}

/// RFC 6762 9: another name.
void Responder::rename(Owner owner) {
  Claim& claim = claim_of(owner);
  claim.number = claim.rivals.next(claim.number);
  claim.announced = false;
  if (owner.of_host) {
    Host& host = records_.hosts()[owner.index];
    host.label = numbered(host.base, claim.number, Numbering::host);
  } else {
    Service& service = records_.services()[owner.index];
    service.label = numbered(service.base, claim.number, Numbering::instance);
  }
}

/// RFC 6762 8.1 and 9: who is probing gives way; what was ours is probed for again, by which we may lose it.
void Responder::conflict(Owner owner, Instant now) {
  Claim& claim = claim_of(owner);
  conflict_times_[next_conflict_] = now;
  next_conflict_ = (next_conflict_ + 1) % conflict_times_.size();
  ++conflicts_;
  // RFC 6762 8.1: fifteen within ten seconds, and each further attempt waits.
  const bool burst = conflicts_ >= conflict_burst && now - conflict_times_[next_conflict_] < conflict_window;
  too_many_conflicts_ = too_many_conflicts_ || burst;
  if (claim.contested()) rename(owner);
  const Duration wait =
      too_many_conflicts_ ? after_many_conflicts : random_.between(Duration(), Duration::milliseconds(250));
  begin(owner, now + wait);
}

/// RFC 6762 8.2: two who probe for one name at once. Whose records come later in the order of bytes goes on;
/// the other waits, and finds the name taken, or not.
void Responder::tie_breaks(const Message& message, Instant now) {
  if (message.header().authorities == 0) return;
  message.for_each_record([&](const Record& record) {
    if (record.section == Section::authority) note_rivals(record.owner);
  });
  const auto contest = [&](Owner owner) {
    Claim& claim = claim_of(owner);
    if (claim.state != ClaimState::probing && claim.state != ClaimState::waiting) return;
    const Contest outcome = compare_with(message, owner, name_of(owner));
    if (outcome.order >= 0) return;
    claim.rivals.lost_to(outcome.fingerprint);
    if (claim.state != ClaimState::probing) return;
    claim.state = ClaimState::waiting;
    claim.deferring = true;
    claim.left = probes;
    claim.due = now + lost_tie_break;
  };
  for (std::uint8_t i = 0; i < records_.hosts().size(); ++i) contest({true, i});
  for (std::uint16_t i = 0; i < records_.services().size(); ++i) contest({false, i});
}

/// Which names like ours others have, or want.
void Responder::note_rivals(const Name& name) {
  for (std::uint8_t i = 0; i < records_.hosts().size(); ++i) {
    Host& host = records_.hosts()[i];
    if (!host.used) continue;
    const auto number = number_of(name.first_label(), host.base, Numbering::host);
    if (number && host_name(numbered(host.base, *number, Numbering::host)).same_as(name))
      host.claim.rivals.heard(*number);
  }
  for (std::uint16_t i = 0; i < records_.services().size(); ++i) {
    Service& service = records_.services()[i];
    if (!service.used) continue;
    const auto number = number_of(name.first_label(), service.base, Numbering::instance);
    if (number &&
        instance_name(numbered(service.base, *number, Numbering::instance), service.type).same_as(name))
      service.claim.rivals.heard(*number);
  }
}

/// The records that are wanted for a name, ours against theirs, each in the order of type and data: above
/// zero when ours come later, zero when there are none of theirs.
Responder::Contest Responder::compare_with(const Message& message, Owner owner, const Name& name) {
  constexpr std::size_t most = 16;  // of more, the first are compared
  struct Place {
    std::uint16_t type = 0;
    std::size_t data = 0;  // ours: the number of the record
    std::size_t length = 0;
    bool used = false;
  };
  std::array<Place, most> theirs{};
  std::array<Place, most> ours{};
  std::size_t their_count = 0;
  std::size_t our_count = 0;
  message.for_each_record([&](const Record& record) {
    const bool meant = record.section == Section::authority && record.record_class == dns::class_in;
    if (!meant || their_count == most || !record.owner.same_as(name)) return;
    theirs[their_count++] = {record.type, record.data, record.length};
  });
  if (their_count == 0) return {};
  for_each_record_of(owner, [&](const RecordKey& key, RecordState&) {
    const bool probed = key.kind == Kind::address || key.kind == Kind::srv || key.kind == Kind::txt;
    if (!probed || our_count == most || !records_.exists(key)) return;
    ours[our_count++] = {records_.record_type(key), records_.number(key), 0};
  });
  const auto their_data = [&](const Place& place, MutableBytes room) {
    Record record;
    record.type = place.type;
    record.data = place.data;
    record.length = place.length;
    return message.data_of(record, room).value_or(Bytes());
  };
  const auto our_data = [&](const Place& place, MutableBytes room) {
    return records_.data(records_.key(place.data), room);
  };
  const auto compare = [](std::uint16_t type_a, Bytes a, std::uint16_t type_b, Bytes b) {
    if (type_a != type_b) return type_a < type_b ? -1 : 1;
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
      if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    }
    return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
  };
  /// The first that is not used up yet; null when all are.
  const auto take_least = [&](std::span<Place> places, auto&& data_of) -> Place* {
    Place* least = nullptr;
    for (Place& place : places) {
      if (place.used) continue;
      if (least == nullptr ||
          compare(place.type, data_of(place, own_data_), least->type, data_of(*least, their_data_)) < 0) {
        least = &place;
      }
    }
    if (least != nullptr) least->used = true;
    return least;
  };
  // Whatever the order of the records is: by IPv4 and by IPv6 it is one contest.
  std::uint32_t fingerprint = 0;
  for (const Place& place : std::span(theirs).first(their_count)) {
    std::uint32_t hash = 0x811c9dc5u ^ place.type;  // FNV-1a
    for (const std::uint8_t byte : their_data(place, their_data_)) hash = (hash ^ byte) * 0x01000193u;
    fingerprint += hash;
  }
  for (;;) {
    const Place* theirs_now = take_least(std::span(theirs).first(their_count), their_data);
    const Place* ours_now = take_least(std::span(ours).first(our_count), our_data);
    if (theirs_now == nullptr || ours_now == nullptr)
      return {(ours_now != nullptr ? 1 : 0) - (theirs_now != nullptr ? 1 : 0), fingerprint};
    const int order = compare(ours_now->type, our_data(*ours_now, own_data_), theirs_now->type,
                              their_data(*theirs_now, their_data_));
    if (order != 0) return {order, fingerprint};
  }
}

/// RFC 6762 9: somebody else says something of a name that is to be ours alone. A goodbye claims nothing, and
/// who says the very same is welcome to it.
void Responder::check_record(const Message& message, const Record& record, Instant now) {
  const std::optional<Bytes> data = message.data_of(record, their_data_);
  if (!data || record.record_class != dns::class_in) return;
  heard_answer(record, *data, now);
  if (record.ttl == 0 || record.type == type::nsec) return;
  note_rivals(record.owner);
  for (std::uint8_t i = 0; i < records_.hosts().size(); ++i) {
    if (records_.hosts()[i].used && records_.host_name_of(i).same_as(record.owner)) {
      check_claim({true, i}, record, *data, now);
    }
  }
  for (std::uint16_t i = 0; i < records_.services().size(); ++i) {
    if (records_.services()[i].used && records_.is_instance(i, record.owner)) {
      check_claim({false, i}, record, *data, now);
    }
  }
}

void Responder::check_claim(Owner owner, const Record& record, Bytes data, Instant now) {
  const Claim& claim = claim_of(owner);
  // Whoever won the tie-break may have the name before we ask again.
  if (!claim.contested() && !claim.ours()) return;
  bool of_type = false;
  bool same = false;
  for_each_record_of(owner, [&](const RecordKey& key, RecordState&) {
    const bool claimed = key.kind == Kind::address || key.kind == Kind::srv || key.kind == Kind::txt;
    if (!claimed || !records_.exists(key) || records_.record_type(key) != record.type) return;
    of_type = true;
    same = same || same_data(record.type, data, records_.data(key, own_data_));
  });
  if (same) return;
  // While probing the whole name is asked for (ANY); later only what we have of it is ours.
  if (claim.contested() || of_type) conflict(owner, now);
}

/// One question and what we want to say of it (RFC 6762 8.1, 8.2); false when there is no room.
bool Responder::write_probe(MessageWriter& writer, Owner owner) {
  bool room = true;
  const Name name = name_of(owner);
  for_each_record_of(owner, [&](const RecordKey& key, RecordState&) {
    const bool claimed = key.kind == Kind::address || key.kind == Kind::srv || key.kind == Kind::txt;
    if (!claimed || !records_.exists(key) || !room) return;
    const MessageWriter::Entry entry{.type = records_.record_type(key),
                                     .flush = false,
                                     .ttl = records_.ttl(key),
                                     .data = records_.data(key, own_data_)};
    room = writer.record(Section::authority, name, entry);
  });
  return room;
}

}  // namespace linnet::mdns
