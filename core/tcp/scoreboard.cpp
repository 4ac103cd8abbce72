// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/scoreboard.hpp"

namespace linnet::tcp {

void Scoreboard::sent(TransmissionPool& pool, SequenceNumber una, SequenceNumber end, Instant now, bool whole) {
  if (last_ == nullptr) {
    first_ = last_ = pool.first_of_connection();
    if (last_ == nullptr) return;
  } else {
    const bool plain = !last_->sacked && !last_->lost && !last_->retransmitted;
    const bool continues = plain && whole && last_->sent == now;
    Transmission* more = continues ? nullptr : plain ? pool.another_if_plenty() : pool.another();
    if (more != nullptr) {
      last_->next = more;
      last_ = more;
    } else if (!plain) {
      make_plain_last(una);
    }
  }
  last_->end = end;
  last_->sent = now;
}

/// No memory for a record of its own: what is new must not share the fate of the last run, so that one's is forgotten.
/// It is sent again at worst.
void Scoreboard::make_plain_last(SequenceNumber una) {
  SequenceNumber begin = una;
  for (Transmission* t = first_; t != last_; t = t->next) begin = t->end;
  take_off(*last_, last_->end - begin);
  last_->sacked = last_->lost = last_->again = false;
}

void Scoreboard::take_off(const Transmission& t, std::uint32_t length) {
  if (t.sacked) sacked_ -= length;
  if (t.lost) lost_ -= length;
  if (t.again) again_ -= length;
  if (t.lost && t.again) lost_again_ -= length;
}

void Scoreboard::remove_first(TransmissionPool& pool) {
  Transmission* t = first_;
  first_ = t->next;
  pool.give_back(*t);
  if (first_ == nullptr) {
    last_ = nullptr;
    pool.last_given_back();
  }
}

void Scoreboard::clear(TransmissionPool& pool) {
  while (first_ != nullptr) remove_first(pool);
  sacked_ = lost_ = again_ = lost_again_ = 0;
}

bool Scoreboard::split(TransmissionPool& pool, Transmission& t, SequenceNumber at) {
  Transmission* rest = pool.another();
  if (rest == nullptr) return false;
  *rest = t;
  t.next = rest;
  t.end = at;
  if (last_ == &t) last_ = rest;
  return true;
}

void Scoreboard::mark_sacked(Transmission& t, SequenceNumber begin) {
  const std::uint32_t length = t.end - begin;
  take_off(t, length);
  t.lost = t.again = false;
  t.sacked = true;
  if (sacked_ == 0 || highest_sacked_ < t.end) highest_sacked_ = t.end;
  sacked_ += length;
}

/// Neighbours that are SACKed need one record only. Yields the record that `t` is part of now.
Transmission* Scoreboard::merge_sacked(TransmissionPool& pool, Transmission* previous, Transmission& t) {
  Transmission* kept = &t;
  if (previous != nullptr && previous->sacked) {
    swallow(pool, *previous, t);
    kept = previous;
  }
  if (kept->next != nullptr && kept->next->sacked) swallow(pool, *kept, *kept->next);
  return kept;
}

/// `right`, which follows `left` and has its fate, becomes part of it.
void Scoreboard::swallow(TransmissionPool& pool, Transmission& left, Transmission& right) {
  left.end = right.end;
  left.next = right.next;
  left.retransmitted = left.retransmitted || right.retransmitted;
  left.sent = std::max(left.sent, right.sent);
  if (last_ == &right) last_ = &left;
  pool.give_back(right);
}

void Scoreboard::join_lost(TransmissionPool& pool, Transmission& t, SequenceNumber begin, std::uint32_t wanted) {
  while (t.end - begin < wanted && t.next != nullptr && t.next->lost && !t.next->again) swallow(pool, t, *t.next);
}

Transmission* Scoreboard::next_lost(SequenceNumber una, SequenceNumber& begin) {
  begin = una;
  if (!anything_lost()) return nullptr;
  for (Transmission* t = first_; t != nullptr; t = t->next) {
    if (t->lost && !t->again) return t;
    begin = t->end;
  }
  return nullptr;
}

void Scoreboard::mark_lost(Transmission& t, SequenceNumber begin) {
  const std::uint32_t length = t.end - begin;
  if (t.sacked) return;
  take_off(t, length);
  t.again = false;
  t.lost = true;
  lost_ += length;
}

void Scoreboard::mark_all_lost(SequenceNumber una) {
  for_each(una, [this](Transmission& t, SequenceNumber begin) { mark_lost(t, begin); });
}

void Scoreboard::unmark_losses(SequenceNumber una) {
  for_each(una, [this](Transmission& t, SequenceNumber begin) {
    if (!t.lost) return;
    take_off(t, t.end - begin);
    t.lost = false;
    if (t.again) again_ += t.end - begin;
  });
}

void Scoreboard::forget_sacks() {
  for (Transmission* t = first_; t != nullptr; t = t->next) t->sacked = false;
  sacked_ = 0;
}

void Scoreboard::probed(TransmissionPool& pool, Transmission& t, SequenceNumber end, Instant now) {
  if (end < t.end) static_cast<void>(split(pool, t, end));
  t.retransmitted = true;
  t.sent = now;
}

void Scoreboard::sent_again(TransmissionPool& pool, Transmission& t, SequenceNumber begin, SequenceNumber end,
                            Instant now) {
  if (end < t.end) static_cast<void>(split(pool, t, end));
  const std::uint32_t length = t.end - begin;
  take_off(t, length);
  t.again = t.retransmitted = true;
  t.sent = now;
  again_ += length;
  lost_ += length;  // only what is lost is sent again: anything else is a probe
  lost_again_ += length;
}

}  // namespace linnet::tcp
