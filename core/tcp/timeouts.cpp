// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.8 TIMEOUTS, RFC 6298 5, 3.8.4 (keep-alive), 3.8.6.1 (zero-window probes); and `poll`.
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {
/// A device that was busy is asked again so soon.
constexpr Duration busy_retry = Duration::microseconds(500);
}  // namespace

Instant Tcp::poll(Instant now) {
  while (Timer* timer = wheel_.expire(now)) {
    if (timer->timer_kind == syn_timer) {
      syn_timeout(static_cast<SynRecord&>(*timer), now);
    } else {
      timer_expired(static_cast<Connection&>(*timer), now);
    }
  }
  const Instant time_wait_ends = time_wait_.expire(now);
  if (memory_blocked_ && pool_.sendable_small() > 0) {
    memory_blocked_ = false;
    connections_.for_each([&](Connection& c) {
      if (std::exchange(c.memory_blocked, false)) changed(c);
    });
  }
  // Those that are busy again when their turn comes wait for the next poll: every one has one turn.
  bool busy = false;
  IntrusiveList<Connection, OutputTag> turn;
  while (Connection* c = output_.pop_front()) turn.push_back(*c);
  while (Connection* c = turn.pop_front()) {
    output(*c, now);
    busy = busy || c->output_blocked;
  }
  const Instant next = earlier(wheel_.next_deadline(), time_wait_ends);
  return busy ? earlier(next, now + busy_retry) : next;
}

void Tcp::arm(Connection& c) {
  const Instant paced = c.pacing ? c.pace_at : Instant::never();
  const Instant next = std::min({c.retransmit_at, c.persist_at, c.ack_at, c.keepalive_at, c.give_up_at, paced});
  if (next.is_never()) return wheel_.disarm(c);
  if (!static_cast<Timer&>(c).armed() || c.deadline() != next) wheel_.arm(c, next);
}

void Tcp::timer_expired(Connection& c, Instant now) {
  if (c.ack_at <= now) {
    c.ack_at = Instant::never();
    c.ack_now = true;
    queue_output(c);
  }
  if (c.give_up_at <= now) {
    // FIN-WAIT-2 of an orphan, or a local address that is gone.
    c.give_up_at = Instant::never();
    return end(c, Error::timed_out);
  }
  if (c.pacing && c.pace_at <= now) {
    c.pacing = false;
    queue_output(c);
  }
  if (c.retransmit_at <= now) {
    switch (c.retransmit_purpose) {
      case RetransmitPurpose::tail_probe:
        return tail_probe_timeout(c, now);
      case RetransmitPurpose::reordering:
        return reordering_timeout(c, now);
      case RetransmitPurpose::timeout:
        return retransmission_timeout(c, now);
    }
  }
  if (c.persist_at <= now) return persist_timeout(c, now);
  if (c.keepalive_at <= now) return keepalive_timeout(c, now);
  arm(c);
}

/// RFC 5482.
bool Tcp::user_timed_out(const Connection& c, Instant now) {
  return c.options.user_timeout > Duration() && now - c.progress_at >= c.options.user_timeout;
}

/// 3.8.3: R2 by the number of expirations, or by the user timeout. True when the connection is over.
bool Tcp::gave_up(Connection& c, std::uint8_t limit, Instant now) {
  if (!user_timed_out(c, now) && c.backoffs < limit) return false;
  // An ICMP error that came meanwhile says more than "timed out" (RFC 1122 4.2.3.9).
  const Error reason = c.soft_error != Error::none ? c.soft_error : Error::timed_out;
  send_reset(c, now);
  end(c, reason);
  return true;
}

Duration Tcp::user_timeout_left(const Connection& c, Instant now) const {
  if (c.options.user_timeout <= Duration()) return Duration::max();
  return std::max(c.progress_at + c.options.user_timeout - now, Duration::microseconds(1));
}

std::uint8_t Tcp::retransmission_limit(const Connection& c) const {
  return c.orphan ? std::min(config_.retransmissions, config_.orphan_retransmissions) : config_.retransmissions;
}

/// RFC 6298 5.4 to 5.7.
void Tcp::retransmission_timeout(Connection& c, Instant now) {
  const bool handshake = !c.synchronized();
  // MUST-37: a peer that answers while its window is closed may keep it closed.
  const bool window_closed = !handshake && c.snd.wnd == 0 && now - c.last_received <= c.rtt.rto() * 2;
  const std::uint8_t syns =
      c.options.syn_retransmissions != 0 ? c.options.syn_retransmissions : config_.syn_retransmissions;
  if (!window_closed && gave_up(c, handshake ? (c.active_open ? syns : config_.syn_ack_retransmissions) : retransmission_limit(c), now)) return;
  if (c.backoffs < 255) ++c.backoffs;
  c.timing = false;
  if (handshake) {
    c.rtt.back_off(config_);
    c.retransmit_at = now + std::min(c.rtt.rto(), user_timeout_left(c, now));
    ++c.retransmissions;
    fast_open_timed_out(c, now);
    c.syn_bare = true;
    return send_syn(c, now);
  }
  if (window_closed) {
    c.scoreboard.mark_all_lost(c.snd.una);
  } else {
    size_timed_out(c, now);
    enter_loss(c, now);
  }
  c.rtt.back_off(config_);
  c.retransmit_purpose = RetransmitPurpose::timeout;
  c.retransmit_at = now + std::min(c.rtt.rto(), user_timeout_left(c, now));
  output(c, now);
}

/// 3.8.6.1: the window is closed, or too small for a worthwhile segment. The connection lives on as long as the
/// peer answers (MUST-37), and back-off is that of retransmissions (SHLD-30).
void Tcp::persist_timeout(Connection& c, Instant now) {
  c.persist_at = Instant::never();
  const std::uint32_t unsent = this->unsent(c);
  if (c.snd.wnd > 0 && unsent > 0) {
    // 3.8.6.2.1: the override timeout: send what fits.
    Outgoing out{.seq = c.snd.nxt, .length = std::min({unsent, c.snd.wnd, std::uint32_t{c.send_mss}}), .flags = Flags::psh};
    if (transmit(c, out, now) == Sent::done) {
      c.bytes_out += out.length;
      note_new(c, out.length, now);
    }
    return arm(c);
  }
  // A peer that answers no probes, or that holds up what its user's counterpart has already closed (C17-05), is given up.
  const std::uint8_t limit = retransmission_limit(c);
  const bool silent = c.unanswered_probes >= limit;
  if ((silent || c.orphan || user_timed_out(c, now)) && gave_up(c, limit, now)) return;
  if (c.backoffs < 255) ++c.backoffs;
  if (c.unanswered_probes < 255) ++c.unanswered_probes;
  if (c.flight() > 0) {
    send_probe(c, c.snd.una, 1, now);
    ++c.retransmissions;
  } else if (unsent > 0 && !config_.bare_window_probes) {
    // One byte beyond the window. It counts as sent: the peer may have opened the window and take it.
    send_probe(c, c.snd.nxt, 1, now);
    c.snd.nxt += 1;
    c.bytes_out += 1;
    c.scoreboard.sent(transmissions_, c.snd.una, c.snd.nxt, now, false);
  } else {
    // Data, or a FIN that stands alone.
    send_probe(c, c.snd.nxt - 1, 0, now);  // an old number makes the peer tell its window
  }
  c.rtt.back_off(config_);
  c.persist_at = now + std::min(c.rtt.rto(), user_timeout_left(c, now));
  arm(c);
}

/// 3.8.4: MUST-24 to MUST-29, SHLD-12: a probe is a segment without data behind SND.UNA.
void Tcp::keepalive_timeout(Connection& c, Instant now) {
  const Duration idle = c.options.keepalive_idle > Duration() ? c.options.keepalive_idle : config_.keepalive_idle;
  const Duration interval =
      c.options.keepalive_interval > Duration() ? c.options.keepalive_interval : config_.keepalive_interval;
  const std::uint8_t count = c.options.keepalive_count != 0 ? c.options.keepalive_count : config_.keepalive_count;
  const Instant due = c.last_received + idle;
  // MUST-26: only when nothing was sent or received. Window probes ask the same.
  if (due > now || c.flight() > 0 || !c.persist_at.is_never()) {
    c.keepalive_at = due > now ? due : now + idle;
    return arm(c);
  }
  if (c.unanswered_probes >= count) {
    send_reset(c, now);
    return end(c, Error::timed_out);
  }
  ++c.unanswered_probes;
  send_probe(c, c.snd.una - 1, 0, now);
  c.keepalive_at = now + interval;
  arm(c);
}

void Tcp::syn_timeout(SynRecord& record, Instant now) {
  const Options& options = listeners_.find(record.listener)->options;
  const std::uint8_t defer = options.defer_accept;
  const std::uint8_t limit =
      options.syn_retransmissions != 0 ? options.syn_retransmissions : config_.syn_ack_retransmissions;
  const bool waits = record.acknowledged && record.retransmissions < defer;
  if (record.retransmissions >= limit && !waits) return drop_record(record);
  // TCP_DEFER_ACCEPT: what waits for data only is asked again just before its time is over; the answer is accepted then.
  const bool resend = !record.acknowledged || record.retransmissions + 1 >= defer;
  ++record.retransmissions;  // it is less than one of the two
  const Duration next = config_.initial_rto * (std::int64_t{1} << std::min<std::uint8_t>(record.retransmissions, 16));
  wheel_.arm(record, now + std::min(next, config_.maximum_rto));
  if (resend) send_syn_ack(record, std::nullopt, now);
}

}  // namespace linnet::tcp
