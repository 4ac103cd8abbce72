// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.7.4, fifth step: the ACK field; with RFC 5681, RFC 6582 and RFC 6298.
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {
constexpr Duration confirm_period = Duration::seconds(5);
}

bool Tcp::fifth_check_ack(Connection& c, Arrival& a) {
  const Segment& segment = a.segment;
  if (c.state == State::syn_received) {
    if (segment.ack <= c.snd.una || segment.ack > c.snd.nxt) {
      drops_.add(Drop::tcp_bad_ack);
      send_reset_for(a);
      return false;
    }
    if (c.timing) {
      c.rtt.sample(a.now - c.timed_at, config_);
      c.timing = false;
    }
    c.snd.una = c.snd.iss + 1;
    // RFC 7323 2.2: the window of a segment without SYN is scaled.
    c.snd.wnd = segment.wnd << c.snd.scale;
    c.snd.max_wnd = c.snd.wnd;
    c.snd.wl1 = segment.seq;
    c.snd.wl2 = segment.ack;
    established(c, a.now);
    if (c.flight() > 0) c.retransmit_at = a.now + c.rtt.rto();  // Fast Open: data that was sent before
    if (c.active_open && segment.ack == c.snd.una && c.flight() > 0) syn_data_lost(c, a.now);
    if (Listener* listener = listeners_.find(c.listener)) changed(*listener);
  }
  // RFC 5961 5.2: an ACK of what was never sent, or older than a whole window ago, is challenged and dropped.
  // Nor older than the connection: a peer with a huge scaled window would else be believed anything (CVE-2023-52881).
  const auto age = std::min<std::uint64_t>(c.snd.max_wnd, c.bytes_out);
  const SequenceNumber oldest = c.snd.una - static_cast<std::uint32_t>(age);
  if (segment.ack > c.snd.nxt || segment.ack < oldest) {
    drops_.add(Drop::tcp_bad_ack);
    challenge(c, a.now);
    return false;
  }
  if (!acknowledge(c, a)) return false;
  return true;
}

/// What ESTABLISHED does with an acceptable ACK, and what the closing states do on top. False when the connection
/// is over.
bool Tcp::acknowledge(Connection& c, const Arrival& a) {
  const Segment& segment = a.segment;
  const std::uint32_t old_window = c.snd.wnd;
  update_send_window(c, segment);
  if (segment.ack > c.snd.una) {
    new_data_acknowledged(c, segment, a.now);
    if (!our_fin_acknowledged(c, a.now)) return false;
  } else if (segment.ack == c.snd.una && c.flight() > 0 && segment.length() == 0) {
    // RFC 5681 2: a duplicate acknowledgment has no data and the same window; one with SACK blocks says by itself
    // that something arrived (its window may have moved with the receiver's buffer).
    const bool duplicate = old_window == c.snd.wnd || segment.options.sack_count > 0;
    if (duplicate && c.snd.wnd > 0) duplicate_acknowledgment(c, a.now);
  }
  if (c.ecn) ecn_acknowledged(c, segment, a.now);
  if (c.snd.wnd > old_window || segment.ack == c.snd.nxt) queue_output(c);
  return true;
}

void Tcp::update_send_window(Connection& c, const Segment& segment) {
  // Whoever acknowledges more is newer whatever its number: a retransmission's is older than that of what came out of
  // order before it, and the window that it carries may be the only word of one that closed.
  const bool newer = c.snd.una < segment.ack || c.snd.wl1 < segment.seq ||
                     (c.snd.wl1 == segment.seq && c.snd.wl2 <= segment.ack);
  if (segment.ack < c.snd.una || !newer) return;
  const std::uint32_t window = segment.wnd << c.snd.scale;
  if (c.snd.wnd == 0 && window > 0) {
    // The window opened: what a probe sent is sent again if it was not taken.
    c.persist_at = Instant::never();
    c.backoffs = 0;
    if (c.flight() > 0) {
      c.retransmission = {.next = c.snd.una, .end = c.snd.nxt, .pending = true, .timeout = false};
    }
  }
  c.snd.wnd = window;
  c.snd.max_wnd = std::max(c.snd.max_wnd, window);
  c.snd.wl1 = segment.seq;
  c.snd.wl2 = segment.ack;
}

void Tcp::new_data_acknowledged(Connection& c, const Segment& segment, Instant now) {
  const std::uint32_t acked = segment.ack - c.snd.una;
  const std::uint32_t flight_before = c.flight();
  measure_round_trip(c, segment, now);
  if (now - c.confirmed_at >= confirm_period) {
    c.confirmed_at = now;
    ip_.confirm(c.path, now);
  }
  c.push_more = false;  // MSG_MORE's hint has served
  c.send_queue.drop_front(std::min<std::size_t>(acked, c.send_queue.size()));  // less than acked by a FIN
  c.snd.una = segment.ack;
  if (c.snd.urgent && c.snd.up <= c.snd.una) c.snd.urgent = false;
  if (c.snd.short_outstanding && c.snd.short_end <= c.snd.una) c.snd.short_outstanding = false;
  c.duplicate_acks = 0;
  c.backoffs = 0;
  c.progress_at = now;
  Retransmission& again = c.retransmission;
  if (again.pending && again.next < c.snd.una) again.next = c.snd.una;
  if (again.pending && again.next >= again.end) again.pending = false;

  if (c.congestion.in_recovery()) {
    if (c.snd.una >= c.congestion.recover()) {
      c.congestion.leave_recovery(c.flight());
    } else {
      // RFC 6582 3.2 step 3: a partial acknowledgment shows the next hole.
      c.congestion.partial_acknowledgment(acked);
      again = {.next = c.snd.una, .end = c.snd.una + std::min<std::uint32_t>(c.send_mss, c.flight()),
               .pending = true, .timeout = false};
    }
  } else {
    // RFC 7661: the window counts as used when what was outstanding came near to it.
    const std::uint32_t window = c.congestion.window();
    const std::uint32_t near = std::max<std::uint32_t>(2u * c.send_mss, worth_waiting_for(c, window));
    const bool echo = c.ecn && segment.has(Flags::ece);  // RFC 3168 6.1.2: no growth by such an acknowledgment
    const bool limited = !echo && (flight_before + near >= window || flight_before >= c.snd.wnd);
    c.congestion.acknowledged(acked, limited);
  }
  c.congestion.passed(c.snd.una);
  // RFC 6298 5.2 and 5.3.
  c.retransmit_at = c.flight() == 0 ? Instant::never() : now + c.rtt.rto();
  if (room(c) > 0) changed(c);
  queue_output(c);
}

void Tcp::measure_round_trip(Connection& c, const Segment& segment, Instant now) {
  if (c.timing && segment.ack >= c.timed_sequence) {
    c.timing = false;
    c.rtt.sample(now - c.timed_at, config_);
    return;
  }
  if (c.backoffs == 0) return;
  // RFC 6298 3 (Karn): nothing is learnt from a retransmitted segment, unless its timestamp tells which copy came.
  const std::uint32_t echo = segment.options.timestamp_echo - c.timestamp_offset;
  const std::uint32_t elapsed = Secrets::milliseconds(now) - echo;
  if (c.timestamps && segment.options.has_timestamp && elapsed < 600000) {
    c.rtt.sample(Duration::milliseconds(elapsed), config_);
  }
}

void Tcp::duplicate_acknowledgment(Connection& c, Instant now) {
  if (c.duplicate_acks < 255) ++c.duplicate_acks;
  if (c.congestion.in_recovery()) {
    c.congestion.duplicate_in_recovery();
  } else if (c.duplicate_acks == 3 && c.congestion.may_retransmit_fast()) {
    // RFC 6582 3.2 step 2: fast retransmit.
    c.congestion.enter_recovery(c.flight(), c.snd.nxt);
    window_reduced(c);
    c.retransmission = {.next = c.snd.una, .end = c.snd.una + std::min<std::uint32_t>(c.send_mss, c.flight()),
                        .pending = true, .timeout = false};
    c.retransmit_at = now + c.rtt.rto();
  }
  queue_output(c);
}

/// The states that wait for their FIN's acknowledgment. False when the connection is over.
bool Tcp::our_fin_acknowledged(Connection& c, Instant now) {
  if (!c.fin_sent || c.snd.una != c.snd.nxt) return true;
  switch (c.state) {
    case State::fin_wait_1:
      c.state = State::fin_wait_2;
      if (c.orphan) return begin_fin_wait_2(c, now);
      changed(c);
      return true;
    case State::closing:
      enter_time_wait(c, now);
      return false;
    case State::last_ack:
      end(c, Error::none);
      return false;
    default:
      return true;
  }
}

}  // namespace linnet::tcp
