// SPDX-License-Identifier: Apache-2.0
// What an acknowledgment means for losses and for the congestion window: RFC 5681 3.2 and RFC 6582 for peers without
// SACK, RFC 6675 with the loss detection of RACK (RFC 8985 6) for all others, RFC 6937 for the window meanwhile.
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {
constexpr std::uint8_t duplicate_threshold = 3;  // RFC 5681 3.2 DupThresh
/// A timer cannot tell less apart.
constexpr Duration least_wait = Duration::microseconds(100);
}  // namespace

/// The whole reaction: what was lost, what was not after all, how large the window is now, which timer runs.
void Tcp::repair(Connection& c, AckNews& news) {
  c.delivered += (news.delivered + c.send_mss - 1u) / c.send_mss;
  // Only what was sent after a reduction, and so the peer's word that it knows of it, ends it (RFC 3168 6.1.2).
  if (c.congestion_state == CongestionState::window_reduced && c.snd.una > c.high_seq) end_reduction(c);
  if (news.marked) ecn_marked(c);
  if (c.probing) end_tail_probe(c, news);
  const bool trouble = c.congestion_state != CongestionState::open || news.duplicate || news.sacked ||
                       news.duplicate_sacked || c.scoreboard.sacked() > 0;
  if (trouble) react(c, news);
  if (news.rtt > Duration()) c.congestion.measured(news.rtt, c.snd.una, c.snd.nxt);
  if (c.reducing()) {
    reduce_window(c, news);
  } else if ((news.advanced || (news.sacked && c.rack.reorderings() > 0)) && !news.marked) {
    grow_window(c, news);
  }
  // A D-SACK may still come a round trip after the end, and be overtaken by the next one's acknowledgments.
  if (c.congestion_state == CongestionState::open && c.recovery != nullptr && c.snd.una > c.high_seq) {
    if (std::exchange(c.recovery->late, true)) {
      forget_recovery(c);
    } else {
      c.high_seq = c.snd.nxt;
    }
  }
  if ((news.advanced || news.sacked) && !news.timer_set) restart_retransmission(c, news.now, news.advanced);
}

void Tcp::react(Connection& c, AckNews& news) {
  // RFC 6675 5 (A), RFC 6582 3.2: everything that was outstanding when the state began is acknowledged.
  const bool passed = c.snd.una >= c.high_seq;
  if (c.congestion_state == CongestionState::recovery && passed) {
    if (!c.sack) presume_arrived(c, 0);
    if (leave_recovery(c, news)) return;
  }
  switch (c.congestion_state) {
    case CongestionState::recovery:
      stay_in_recovery(c, news);
      break;
    case CongestionState::loss:
      stay_in_loss(c, news);
      find_losses(c, news);
      if (c.congestion_state != CongestionState::open && !news.retransmission_lost) return;
      break;
    default:
      if (!c.sack) count_duplicates(c, news);
      undo_by_duplicates(c);
      find_losses(c, news);
      break;
  }
  if (c.congestion_state == CongestionState::recovery) return;
  if (c.scoreboard.anything_lost() && !only_probe_lost(c, news.now)) return enter_recovery(c);
  settle(c);
}

/// Neither open nor in recovery: in order, or with gaps that may be reordering.
void Tcp::settle(Connection& c) {
  if (c.congestion_state == CongestionState::window_reduced) return;
  const bool gaps = c.scoreboard.sacked() > 0 || c.scoreboard.again() > 0;
  const CongestionState state = gaps ? CongestionState::disorder : CongestionState::open;
  if (state == c.congestion_state) return;
  c.congestion_state = state;
  c.high_seq = c.snd.nxt;
}

/// Without SACK: how many segments behind the gap have arrived (RFC 5681 3.2).
void Tcp::presume_arrived(Connection& c, std::uint32_t duplicates) {
  c.duplicate_acks = static_cast<std::uint8_t>(std::min<std::uint32_t>(duplicates, 255));
  const std::uint32_t behind = c.flight() > c.send_mss ? c.flight() - c.send_mss : 0;
  c.scoreboard.set_presumed_arrived(std::min<std::uint32_t>(std::uint32_t{c.duplicate_acks} * c.send_mss, behind));
}

void Tcp::count_duplicates(Connection& c, AckNews& news) {
  if (news.advanced) {
    // Of what is acknowledged now, the duplicates had told but for the hole.
    const std::uint32_t rest = std::min<std::uint32_t>(news.delivered, c.send_mss);
    news.delivered = std::max(news.delivered - std::min(news.delivered, c.scoreboard.sacked()), rest);
    presume_arrived(c, 0);
  }
  if (!news.duplicate) return;
  presume_arrived(c, c.duplicate_acks + 1u);
  news.delivered += c.send_mss;
}

void Tcp::stay_in_recovery(Connection& c, AckNews& news) {
  if (news.advanced) {
    if (undo_partial(c, news)) return;
    if (!c.sack) {
      // RFC 6582 3.2 step 3: of what the partial acknowledgment passes, the duplicates had told but for the hole.
      const std::uint32_t told = (news.acked + c.send_mss - 1u) / c.send_mss - 1u;
      presume_arrived(c, c.duplicate_acks > told ? c.duplicate_acks - told : 0);
    }
  } else if (!c.sack && news.duplicate) {
    presume_arrived(c, c.duplicate_acks + 1u);
    news.delivered += c.send_mss;
  }
  undo_by_duplicates(c);
  find_losses(c, news);
}

/// RFC 6675 5.1, RFC 5682: after a retransmission timeout.
void Tcp::stay_in_loss(Connection& c, AckNews& news) {
  const bool passed = c.snd.una >= c.high_seq;
  if (news.advanced && undo_timeout(c, news, false)) return;
  if (c.recovery != nullptr && c.recovery->forward && judge_timeout(c, news)) return;
  if (passed) {
    if (!c.sack) presume_arrived(c, 0);
    leave_recovery(c, news);
    return;
  }
  if (c.sack) return;
  if (news.advanced) {
    presume_arrived(c, 0);
  } else if (news.duplicate && c.snd.nxt > c.high_seq) {
    presume_arrived(c, c.duplicate_acks + 1u);
  }
}

/// Marks what is lost by now. RFC 8985 6.2 step 5, or RFC 5681 3.2 and RFC 6582 without SACK.
void Tcp::find_losses(Connection& c, AckNews& news) {
  const std::uint32_t lost = c.scoreboard.lost();
  const std::uint32_t again = c.scoreboard.again();
  if (c.sack) {
    const Duration wait = detect_losses(c, news.now);
    if (wait > Duration()) {
      c.retransmit_at = news.now + std::max(wait, least_wait);
      c.retransmit_purpose = RetransmitPurpose::reordering;
      news.timer_set = true;
    }
  } else if (c.congestion_state == CongestionState::recovery ? news.advanced
                                                             : c.duplicate_acks >= duplicate_threshold) {
    mark_first_lost(c);
  }
  news.newly_lost = c.scoreboard.lost() > lost;
  news.retransmission_lost = c.scoreboard.again() < again;
}

/// RFC 6675 4, IsLost: so much is SACKed behind it that it cannot be reordering.
void Tcp::detect_losses_by_count(Connection& c) {
  std::uint32_t behind = c.scoreboard.sacked();
  const std::uint32_t threshold = std::uint32_t{config_.rack.duplicate_threshold} * c.send_mss;
  c.scoreboard.for_each(c.snd.una, [&](Transmission& t, SequenceNumber begin) {
    if (t.sacked) {
      behind -= std::min(behind, t.end - begin);
    } else if (!t.lost && behind >= threshold) {
      c.scoreboard.mark_lost(t, begin);
    }
  });
}

/// Marks what RACK takes as lost; yields how long to wait for the latest of the others, zero if there are none.
Duration Tcp::detect_losses(Connection& c, Instant now) {
  if (!config_.rack.enabled) {
    detect_losses_by_count(c);
    return Duration();
  }
  if (!c.rack.valid()) return Duration();
  const bool eager = c.congestion_state >= CongestionState::recovery ||
                     c.scoreboard.sacked() >= std::uint32_t{config_.rack.duplicate_threshold} * c.send_mss;
  const Duration window = c.rack.window(eager, c.rtt.minimum(), c.rtt.smoothed(), config_.rack);
  const Duration patience = c.rack.rtt() + window;
  Duration wait;
  c.scoreboard.for_each(c.snd.una, [&](Transmission& t, SequenceNumber begin) {
    const bool earlier = t.again ? c.rack.sent_again_before(t.sent, t.end, c.high_seq) : c.rack.sent_before(t.sent, t.end);
    if (t.sacked || (t.lost && !t.again) || !earlier) return;
    const Duration left = t.sent + patience - now;
    if (left <= Duration()) {
      c.scoreboard.mark_lost(t, begin);
    } else {
      wait = std::max(wait, left);
    }
  });
  return wait;
}

/// The segment at SND.UNA.
void Tcp::mark_first_lost(Connection& c) {
  Transmission& first = *c.scoreboard.first();  // something is outstanding
  const SequenceNumber end = c.snd.una + c.send_mss;
  if (first.end > end) static_cast<void>(c.scoreboard.split(transmissions_, first, end));
  c.scoreboard.mark_lost(first, c.snd.una);
}

/// RFC 8985 6.3: the reordering window is over, of all that was waited for: what comes later sets the timer anew.
void Tcp::reordering_timeout(Connection& c, Instant now) {
  static_cast<void>(detect_losses(c, now));
  if (c.scoreboard.anything_lost()) {
    if (c.congestion_state < CongestionState::recovery) {
      if (only_probe_lost(c, now))
        settle(c);
      else
        enter_recovery(c);
    }
    if (c.recovery != nullptr && c.congestion_state == CongestionState::recovery) {
      c.congestion.set_window(c.pipe() + c.recovery->rate.allowance(0, c.pipe(), c.congestion.threshold(), c.send_mss, false));
    }
  }
  restart_timeout(c, now, false);
  output(c, now);
}

// --- the window ---

void Tcp::choose_congestion_control(Connection& c) {
  c.congestion.set_algorithm(c.options.congestion);  // `settled` has put in what is configured
}

/// What the window was and when it began to go down, so that a needless reduction can be taken back.
void Tcp::start_reduction(Connection& c) {
  if (c.recovery == nullptr) c.recovery = take_recovery();
  c.probing = false;
  c.high_seq = c.snd.nxt;
  c.ecn_cwr = c.ecn;  // RFC 3168 6.1.2: the peer is told that the window was reduced, for whatever reason
  const Congestion::Saved before = c.congestion.save();
  c.congestion.reduce_threshold();
  if (c.recovery == nullptr) {
    // No memory for more: the window goes down at once, and for good.
    c.congestion.set_window(c.congestion.threshold());
    return;
  }
  *c.recovery = Recovery{};
  c.recovery->rate.flight_size = before.window;
  c.recovery->before = before;
  c.recovery->began_at = c.snd.una;
  c.recovery->may_undo = true;
  c.recovery->unaccounted = c.scoreboard.again();
}

/// RFC 6675 5 (4), RFC 5681 3.2 step 2.
void Tcp::enter_recovery(Connection& c) {
  if (c.congestion_state == CongestionState::window_reduced || c.congestion_state == CongestionState::loss) {
    // The window was reduced for this round trip already.
    c.high_seq = c.snd.nxt;
    if (c.congestion_state == CongestionState::loss) start_reduction(c);
  } else {
    start_reduction(c);
  }
  c.congestion_state = CongestionState::recovery;
}

/// A sign of congestion without a loss (RFC 3168 6.1.2, RFC 8985 7.4.2): once a round trip.
void Tcp::enter_window_reduced(Connection& c) {
  if (c.congestion_state >= CongestionState::window_reduced) return;
  start_reduction(c);
  if (c.recovery != nullptr) c.recovery->may_undo = false;
  c.congestion_state = CongestionState::window_reduced;
}

void Tcp::end_reduction(Connection& c) {
  // RFC 6937 3: at the end the window is ssthresh.
  c.congestion.set_window(c.congestion.threshold());
  c.congestion_state = CongestionState::open;
}

void Tcp::reduce_window(Connection& c, const AckNews& news) {
  if (news.delivered == 0 || c.recovery == nullptr) return;
  const std::uint32_t pipe = c.pipe();
  const bool safe = news.advanced && !news.newly_lost;
  const std::uint32_t count =
      c.recovery->rate.allowance(news.delivered, pipe, c.congestion.threshold(), c.send_mss, safe);
  c.congestion.set_window(pipe + count);
}

void Tcp::grow_window(Connection& c, const AckNews& news) {
  // RFC 7661: in slow start a window is in use when half of it was; later, when it was what held the sender back.
  const bool limited = c.window_limited ||
                       (c.congestion.slow_start() && c.congestion.window() < 2 * std::uint64_t{c.largest_flight});
  // What SACK tells beyond a gap counts when the gap turns out to be reordering: at once where that was seen before, and
  // what was held back while the first was waited for, now. Otherwise what it told before is no reason to send a burst
  // (RFC 5681 3.1: N).
  std::uint32_t acked = std::min(news.acked, news.delivered);
  if (c.rack.reorderings() > 0) {
    const bool first = news.reordered && c.rack.reorderings() == 1 && config_.rack.patient_at_first;
    acked = first ? news.acked + c.scoreboard.sacked() : news.delivered;
  }
  c.congestion.acknowledged({.acked = acked,
                             .limited = limited,
                             .minimum_rtt = c.rtt.minimum(),
                             .now = news.now});
}

/// The end of recovery, or of the slow start after a timeout. True when the state goes on.
bool Tcp::leave_recovery(Connection& c, const AckNews& news) {
  c.rack.recovered();
  const bool undone = may_undo(c, news);
  if (undone) undo(c, false);
  if (c.recovery != nullptr) c.recovery->forward = c.recovery->forward_new_data = false;
  // RFC 6582 4.1: without SACK, duplicates of our own retransmissions may still come.
  if (!c.sack && c.snd.una == c.high_seq && c.flight() > 0) return true;
  const bool was_recovery = c.congestion_state == CongestionState::recovery;
  c.congestion_state = CongestionState::open;
  c.high_seq = c.snd.nxt;
  if (was_recovery && !undone) c.congestion.set_window(c.congestion.threshold());
  return false;
}

/// One of the pool, or of a connection that keeps it only in case a D-SACK should come.
Recovery* Tcp::take_recovery() {
  if (Recovery* recovery = recoveries_.create()) return recovery;
  connections_.for_each([&](Connection& c) {
    if (c.congestion_state == CongestionState::open) forget_recovery(c);
  });
  return recoveries_.create();
}

void Tcp::forget_recovery(Connection& c) {
  if (c.recovery == nullptr) return;
  recoveries_.destroy(*c.recovery);
  c.recovery = nullptr;
}

/// Everything outstanding goes out once more, and nothing of it says that there is congestion: the window stays.
void Tcp::send_all_again(Connection& c) {
  c.scoreboard.mark_all_lost(c.data_start());  // a SYN before it is the timer's
  c.congestion_state = CongestionState::loss;
  c.high_seq = c.snd.nxt;
}

// --- the retransmission timer ---

/// RFC 6298 5.2 and 5.3; RFC 8985 7.2: a probe comes first where there may be one.
void Tcp::restart_retransmission(Connection& c, Instant now, bool advanced) {
  if (c.flight() == 0) {
    c.retransmit_at = Instant::never();
    return;
  }
  if (schedule_tail_probe(c, now, advanced)) return;
  const bool other = c.retransmit_purpose != RetransmitPurpose::timeout;
  if (advanced || other || c.retransmit_at.is_never()) restart_timeout(c, now, advanced && !other);
}

/// `whole`: a whole timeout from now on; else from when the oldest segment was sent, which has waited meanwhile.
void Tcp::restart_timeout(Connection& c, Instant now, bool whole) {
  c.retransmit_purpose = RetransmitPurpose::timeout;
  const Transmission* first = c.scoreboard.first();
  const Instant from = whole || first == nullptr ? now : first->sent;
  const Instant expires = std::min(from + c.rtt.rto(), now + user_timeout_left(c, now));
  c.retransmit_at = c.flight() == 0 ? Instant::never() : std::max(expires, now + least_wait);
}

/// A retransmission timeout: RFC 5681 3.1, RFC 6675 5.1, RFC 8985 6.3, RFC 5682 2.1 step 1.
void Tcp::enter_loss(Connection& c, Instant now) {
  const bool first = c.backoffs <= 1;
  // What was sent a moment ago is not lost because the oldest segment is.
  if (c.scoreboard.first() != nullptr && c.scoreboard.first()->sacked) c.scoreboard.forget_sacks();  // RFC 2018 8
  if (!c.sack) presume_arrived(c, 0);
  const Duration patience = c.rack.rtt() + c.rack.window(true, c.rtt.minimum(), c.rtt.smoothed(), config_.rack);
  c.scoreboard.for_each(c.snd.una, [&](Transmission& t, SequenceNumber begin) {
    const bool recent = c.sack && c.rack.valid() && begin != c.snd.una && t.sent + patience > now;
    if (!recent) c.scoreboard.mark_lost(t, begin);
  });
  const CongestionState before = c.congestion_state;
  if (before <= CongestionState::disorder || c.snd.una >= c.high_seq || (before == CongestionState::loss && first)) {
    start_reduction(c);
  }
  c.probing = false;
  c.congestion_state = CongestionState::loss;
  c.high_seq = c.snd.nxt;
  c.congestion.timed_out(c.pipe() + c.send_mss);
  if (c.recovery != nullptr) {
    // RFC 5682 2.1: not when the timeout interrupts another recovery.
    c.recovery->forward = config_.forward_rto && (before < CongestionState::recovery || c.backoffs > 1);
    c.recovery->forward_new_data = false;
  }
}

}  // namespace linnet::tcp
