// SPDX-License-Identifier: Apache-2.0
// Scoreboard: what of SND.UNA to SND.NXT was sent when, and what is known of its fate (RFC 2018 5, RFC 6675 3 and 4,
// RFC 8985 5.2). The send queue holds the bytes; this holds a record for each run of them that was sent at one time and
// has one fate, so that a window in good order needs a handful, and an idle connection none.
#pragma once

#include <algorithm>

#include "core/base/arena.hpp"
#include "core/base/failing_allocations.hpp"
#include "core/base/sequence_number.hpp"
#include "core/base/time.hpp"

namespace linnet::tcp {

/// A run of sequence numbers; it begins where the one before it ends, the first one at SND.UNA.
struct Transmission {
  Transmission* next = nullptr;
  SequenceNumber end;
  bool sacked = false;         ///< the receiver holds it out of order
  bool lost = false;           ///< taken as lost, and not SACKed since
  bool again = false;          ///< sent again, and that copy not taken as lost
  bool retransmitted = false;  ///< sent more than once: its acknowledgment does not tell which copy came
  Instant sent;                ///< the last time
};

/// The records of all connections of a stack. Every connection can have one at any time; more, while there are some.
class TransmissionPool {
 public:
  static constexpr std::size_t memory_needed(std::size_t connections, std::size_t more) {
    return Arena::bytes_for<Transmission>(connections + more);
  }
  TransmissionPool(Arena& arena, std::size_t connections, std::size_t more)
      : owed_(connections), free_(connections + more), reserve_(more / 4) {
    for (Transmission& t : arena.make_array<Transmission>(connections + more)) put(t);
  }
  /// The only record of a connection: there always is one.
  Transmission* first_of_connection() {
    if (owed_ > 0) --owed_;
    return take();
  }
  /// Another one, or null.
  Transmission* another() { return another_above(owed_); }
  /// The same for somebody who can do without: a quarter is left for what SACK blocks cut, so that no connection with
  /// many small segments takes that from the others.
  Transmission* another_if_plenty() { return another_above(owed_ + reserve_); }
  void give_back(Transmission& t) {
    put(t);
    ++free_;
  }
  void last_given_back() { ++owed_; }
  std::size_t free() const { return free_; }

 private:
  Transmission* another_above(std::size_t kept) {
    return free_ > kept && !failing_allocations.next_fails() ? take() : nullptr;
  }
  void put(Transmission& t) {
    t.next = first_;
    first_ = &t;
  }
  Transmission* take() {
    Transmission* t = first_;
    if (t == nullptr) return nullptr;
    first_ = t->next;
    --free_;
    *t = Transmission{};
    return t;
  }
  Transmission* first_ = nullptr;
  std::size_t owed_;  // connections without a record
  std::size_t free_;
  std::size_t reserve_;
};

class Scoreboard {
 public:
  Scoreboard() = default;
  Scoreboard(const Scoreboard&) = delete;
  Scoreboard& operator=(const Scoreboard&) = delete;

  bool empty() const { return first_ == nullptr; }
  std::uint32_t sacked() const { return sacked_; }
  std::uint32_t lost() const { return lost_; }
  std::uint32_t again() const { return again_; }
  /// RFC 6675 4 "pipe": bytes thought to be on their way, of `outstanding` unacknowledged ones.
  std::uint32_t pipe(std::uint32_t outstanding) const {
    const std::uint32_t gone = sacked_ + lost_;
    return (outstanding > gone ? outstanding - gone : 0) + again_;
  }
  /// Something waits to be sent again.
  bool anything_lost() const { return lost_ > lost_again_; }
  Transmission* first() const { return first_; }
  Transmission* last() const { return last_; }
  /// One past the highest number that was ever SACKed; meaningful while `sacked()`.
  SequenceNumber highest_sacked() const { return highest_sacked_; }

  /// New data or a FIN went out, up to `end`. `whole`: the run before ends with a full segment, so that this one may
  /// continue its record.
  void sent(TransmissionPool& pool, SequenceNumber una, SequenceNumber end, Instant now, bool whole);
  /// SND.UNA moves from `una` to `to`: `visit(record, begin, length)` for each run that is covered, before it goes.
  template <typename Visit>
  void acknowledge(TransmissionPool& pool, SequenceNumber una, SequenceNumber to, Visit&& visit) {
    SequenceNumber begin = una;
    while (first_ != nullptr && begin < to) {
      Transmission& t = *first_;
      const SequenceNumber end = min(t.end, to);
      visit(t, begin, end - begin);
      take_off(t, end - begin);
      begin = end;
      if (t.end <= to) remove_first(pool);
    }
  }
  /// A SACK block: `visit(record, begin, length)` for each run that is SACKed for the first time, before it is marked.
  /// Where there is no memory to cut a record, that part is left as it is: it will be sent again.
  template <typename Visit>
  void sack(TransmissionPool& pool, SequenceNumber una, SequenceNumber left, SequenceNumber right, Visit&& visit) {
    Transmission* previous = nullptr;
    SequenceNumber begin = una;
    for (Transmission* t = first_; t != nullptr && begin < right; t = t->next) {
      const bool wanted = !t->sacked && t->end > left;
      if (wanted && begin >= left && (t->end <= right || split(pool, *t, right))) {
        visit(*t, begin, t->end - begin);
        mark_sacked(*t, begin);
        t = merge_sacked(pool, previous, *t);
      } else if (wanted && begin < left) {
        static_cast<void>(split(pool, *t, left));
      }
      begin = t->end;
      previous = t;
    }
  }
  template <typename Visit>  // visit(record, begin); may mark the record
  void for_each(SequenceNumber una, Visit&& visit) {
    SequenceNumber begin = una;
    for (Transmission* t = first_; t != nullptr; t = t->next) {
      visit(*t, begin);
      begin = t->end;
    }
  }
  /// The first run from `una` on that is lost and was not sent again, and where it begins.
  Transmission* next_lost(SequenceNumber una, SequenceNumber& begin);

  /// Makes the lost run `t`, which begins at `begin`, longer by the lost ones behind it, until it has `wanted` bytes.
  void join_lost(TransmissionPool& pool, Transmission& t, SequenceNumber begin, std::uint32_t wanted);
  void mark_lost(Transmission& t, SequenceNumber begin);
  /// After a timeout: everything that is not SACKed.
  void mark_all_lost(SequenceNumber una);
  /// What was marked lost was not (RFC 5682, RFC 4015).
  void unmark_losses(SequenceNumber una);
  /// RFC 2018 5.1, 8: the receiver may have thrown away what it SACKed.
  void forget_sacks();
  /// [begin, end) of the record was sent again. False: no memory to cut the record, so all of it counts as sent.
  void sent_again(TransmissionPool& pool, Transmission& t, SequenceNumber begin, SequenceNumber end, Instant now);
  /// A copy of what is not lost went out, a tail loss probe: one of both is on its way, and counts.
  void probed(TransmissionPool& pool, Transmission& t, SequenceNumber end, Instant now);
  /// Cuts a record in two at `at`, which lies inside. False: no memory.
  bool split(TransmissionPool& pool, Transmission& t, SequenceNumber at);
  void clear(TransmissionPool& pool);

  /// For peers without SACK (RFC 5681 3.2, RFC 6582): each duplicate acknowledgment stands for one segment that has
  /// arrived, nobody knows which.
  void set_presumed_arrived(std::uint32_t bytes) { sacked_ = bytes; }

 private:
  void mark_sacked(Transmission& t, SequenceNumber begin);
  void make_plain_last(SequenceNumber una);
  Transmission* merge_sacked(TransmissionPool& pool, Transmission* previous, Transmission& t);
  void swallow(TransmissionPool& pool, Transmission& left, Transmission& right);
  void take_off(const Transmission& t, std::uint32_t length);
  void remove_first(TransmissionPool& pool);

  Transmission* first_ = nullptr;
  Transmission* last_ = nullptr;
  std::uint32_t sacked_ = 0;      // bytes SACKed
  std::uint32_t lost_ = 0;        // bytes lost, sent again or not
  std::uint32_t again_ = 0;       // bytes whose retransmission is on its way
  std::uint32_t lost_again_ = 0;  // of these, bytes that are lost (a probe sends again what is not)
  SequenceNumber highest_sacked_;
};

}  // namespace linnet::tcp
