// SPDX-License-Identifier: Apache-2.0
// What is asked of us, and when it is answered (RFC 6762 5.4, 6, 7).
#include <algorithm>

#include "services/mdns/responder.hpp"

namespace linnet::mdns {

namespace {

// RFC 6762 6: where several may answer at once. And where more known answers are to come (7.2).
constexpr Duration shared_least = Duration::milliseconds(20);
constexpr Duration shared_most = Duration::milliseconds(120);
constexpr Duration truncated_least = Duration::milliseconds(400);
constexpr Duration truncated_most = Duration::milliseconds(500);
constexpr Duration most_wait = Duration::seconds(2);  // for known answers, however many messages they fill
constexpr Duration multicast_interval = Duration::seconds(1);
constexpr Duration defence_interval = Duration::milliseconds(250);
// A question that comes by IPv4 and by IPv6 is one question, and who asks within so little of an answer has
// it, or asks again.
constexpr Duration answered_just_now = Duration::milliseconds(250);

}  // namespace

/// Notes which records a question wants: also that there is none of its type (6.1).
void Responder::ask(const Question& question, bool unicast) {
  if (!question.of_internet()) return;
  const auto has_type = [&](Owner owner) {
    bool there = false;
    for_each_record_of(owner, [&](const RecordKey& key, RecordState&) {
      const bool named_so = key.kind == Kind::address || key.kind == Kind::srv || key.kind == Kind::txt;
      there = there || (named_so && records_.exists(key) && question.asks(records_.record_type(key)));
    });
    return there;
  };
  for_each_record([&](const RecordKey& key, RecordState& state) {
    if (!answerable(key)) return;
    // Whether the name is meant needs no look at the name where the type is another.
    if (!key.is_nsec() && !question.asks(records_.record_type(key))) return;
    if (!records_.name(key).same_as(question.name)) return;
    if (key.is_nsec() && has_type({key.of_host(), key.owner})) return;
    (unicast ? state.asked_unicast : state.asked) = true;
  });
}

/// RFC 6762 7.1: what the asker knows, and will for half of its time at least, is not told again.
void Responder::strike_known(const Message& message) {
  message.for_each_record([&](const Record& record) {
    if (record.section != Section::answer) return;
    const std::optional<Bytes> data = message.data_of(record, their_data_);
    if (!data) return;
    for (std::size_t i = 0; i < states_.size(); ++i) {
      RecordState& state = states_[i];
      if (state.known || (!state.asked && !state.asked_unicast)) continue;
      const RecordKey key = records_.key(i);
      if (records_.record_type(key) != record.type || record.ttl < records_.ttl(key) / 2) continue;
      // Who knows thousands of services tells of each of them: most are told apart without making their
      // names.
      if (!records_.may_point_to(key, *data) || !records_.name(key).same_as(record.owner)) continue;
      state.known = same_data(record.type, *data, records_.data(key, own_data_));
    }
  });
}

/// RFC 6762 10.2: what is sent with the cache-flush bit is all there is of its name and type. So where one
/// address of a host is not known, all of its kind are told.
void Responder::keep_sets() {
  for_each_record([&](const RecordKey& key, RecordState& state) {
    if (key.kind != Kind::address || state.known || (!state.asked && !state.asked_unicast)) return;
    const std::uint16_t wanted = records_.record_type(key);
    for_each_record_of({true, key.owner}, [&](const RecordKey& other, RecordState& of_set) {
      if (other.kind == Kind::address && records_.exists(other) && records_.record_type(other) == wanted)
        of_set.known = false;
    });
  });
  for (RecordState& state : states_) {
    if (state.known) state.asked = state.asked_unicast = false;
  }
}

void Responder::on_query(const Message& message, const Arrival& arrival, Instant now) {
  if (!running_) return;
  tie_breaks(message, now);
  for (RecordState& state : states_) state.asked = state.asked_unicast = state.known = false;
  const bool legacy = arrival.source.port != port;
  take_more_known(message, arrival, now);
  message.for_each_question([&](const Question& question) {
    // RFC 6762 5.5: a question sent to us alone is answered so; 11: but to neighbours only.
    ask(question, (legacy || question.unicast || !arrival.multicast) && arrival.on_link);
  });
  if (legacy && !arrival.on_link) return;
  strike_known(message);
  keep_sets();
  schedule(message, arrival, legacy, now);
}

/// RFC 6762 7.2: the rest of what an asker knows, whose question was in an earlier message.
void Responder::take_more_known(const Message& message, const Arrival& arrival, Instant now) {
  const auto is_it = [&](const Wait& wait) { return wait.used && wait.source == arrival.source.address; };
  const auto wait = std::find_if(waits_.begin(), waits_.end(), is_it);
  if (wait == waits_.end()) return;
  const auto index = static_cast<std::uint8_t>(wait - waits_.begin());
  for_each_record([&](const RecordKey&, RecordState& state) { state.asked = state.wait == index; });
  strike_known(message);
  keep_sets();
  const bool more = message.header().truncated() && message.header().questions == 0;
  const Instant due = std::min(now + random_.between(truncated_least, truncated_most), wait->most);
  for (RecordState& state : states_) {
    if (state.wait != index) continue;
    if (!state.asked) {
      state.due = Instant::never();
      state.wait = none;
    } else if (more) {
      state.due = due;
    }
    state.asked = state.known = false;
  }
  if (more) wait->due = due;
}

std::uint8_t Responder::wait_for(const Arrival& arrival, Instant due, Instant now) {
  std::uint8_t place = none;
  for (std::size_t i = 0; i < waits_.size(); ++i) {
    const auto here = static_cast<std::uint8_t>(i);
    if (waits_[i].used && waits_[i].source == arrival.source.address) return here;
    if (!waits_[i].used && place == none) place = here;
  }
  // Of more askers than there is room for, what they know is not waited for: they are answered like others.
  if (place != none)
    waits_[place] = {.used = true, .source = arrival.source.address, .due = due, .most = now + most_wait};
  return place;
}

std::uint8_t Responder::reply_to(const Message& message, const Arrival& arrival, bool legacy, Instant due) {
  std::uint8_t place = none;
  for (std::size_t i = 0; i < replies_.size(); ++i) {
    const auto here = static_cast<std::uint8_t>(i);
    const Reply& reply = replies_[i];
    // Of whoever asks from port 5353, no reply that waits is a legacy one.
    if (reply.used && !legacy && reply.to == arrival.source) return here;
    if (!reply.used && place == none) place = here;
  }
  if (place == none) return none;
  Reply& reply = replies_[place];
  reply = {.used = true, .legacy = legacy, .to = arrival.source, .id = 0, .name = {}, .type = 0, .due = due};
  for (RecordState& state : states_)
    state.replies = static_cast<std::uint8_t>(state.replies & ~(1u << place));
  if (!legacy) return place;
  // RFC 6762 6.7: like a server's answer, with the asker's id and question.
  reply.id = message.header().id;
  bool first = true;
  message.for_each_question([&](const Question& question) {
    if (!std::exchange(first, false)) return;
    reply.name = question.name;
    reply.type = question.type;
  });
  return place;
}

/// RFC 6762 6: at most once a second, except to defend a name that somebody probes for.
void Responder::schedule_multicast(RecordState& state, Instant due, bool defence, std::uint8_t wait,
                                   Instant now) {
  if (state.was_sent && !defence && state.wait == none && now - state.sent < answered_just_now) return;
  if (state.was_sent) due = std::max(due, state.sent + (defence ? defence_interval : multicast_interval));
  const bool waits_already = !state.due.is_never();
  state.wait = waits_already && state.wait != wait ? none : wait;
  state.due = earlier(state.due, due);
}

void Responder::schedule(const Message& message, const Arrival& arrival, bool legacy, Instant now) {
  const bool defence = message.header().authorities != 0;
  bool shared = false;
  bool any = false;
  for_each_record([&](const RecordKey& key, const RecordState& state) {
    if (!state.asked && !state.asked_unicast) return;
    any = true;
    shared = shared || !key.is_unique();
  });
  if (!any) return;
  if (defence) defend(message, now);
  const bool truncated = message.header().truncated() && !legacy;
  // RFC 6762 6: with several questions, others may have answers to those that we have none to.
  const bool together = shared || message.header().questions > 1;
  Duration delay;
  if (truncated) {
    delay = random_.between(truncated_least, truncated_most);
  } else if (together && !defence && !legacy) {
    delay = random_.between(shared_least, shared_most);
  }
  const Instant due = now + delay;
  const std::uint8_t wait = truncated ? wait_for(arrival, due, now) : none;
  std::uint8_t reply = none;
  for_each_record([&](const RecordKey& key, RecordState& state) {
    if (state.asked_unicast) {
      // RFC 6762 5.4: by multicast all the same, where the others have not heard it for a quarter of its
      // time.
      const Duration quarter = Duration::seconds(records_.ttl(key)) / 4;
      const bool fresh = state.was_sent && now - state.sent < quarter;
      if (legacy || fresh) {
        if (reply == none) reply = reply_to(message, arrival, legacy, due);
        if (reply != none) state.replies = static_cast<std::uint8_t>(state.replies | (1u << reply));
        if (reply != none || legacy) return;
      }
    } else if (!state.asked) {
      return;
    }
    schedule_multicast(state, due, defence, wait, now);
  });
}

/// RFC 6762 7.4: another has said just what we were about to say. 6.6: another says of a record of ours that
/// it ends soon: it does not.
void Responder::heard_answer(const Record& record, Bytes data, Instant now) {
  for_each_record([&](const RecordKey& key, RecordState& state) {
    if (records_.record_type(key) != record.type || !records_.may_point_to(key, data) || !answerable(key))
      return;
    if (!records_.name(key).same_as(record.owner) ||
        !same_data(record.type, data, records_.data(key, own_data_)))
      return;
    if (record.ttl < records_.ttl(key) / 2) {
      if (!key.is_nsec()) schedule_multicast(state, now, false, none, now);
      return;
    }
    // Of addresses all are sent or none (10.2).
    const bool whole = key.kind != Kind::address && key.kind != Kind::reverse;
    if (whole && record.section == Section::answer && record.ttl >= records_.ttl(key) && !state.announce) {
      state.due = Instant::never();
      state.wait = none;
    }
  });
}

void Responder::on_response(const Message& message, Instant now) {
  if (!running_) return;
  message.for_each_record([&](const Record& record) { check_record(message, record, now); });
}

}  // namespace linnet::mdns
