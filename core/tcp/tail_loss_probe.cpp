// SPDX-License-Identifier: Apache-2.0
// Tail loss probes (RFC 8985 7): the last segment of a flight, sent again after two round trips, brings the SACK that shows
// what is missing, where a retransmission timeout would take far longer and collapse the window.
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {
/// WCDelAckT of 7.2: how long a peer may hold back the acknowledgment of a lone segment.
constexpr Duration worst_delayed_ack = Duration::milliseconds(200);
/// For the coarse timers of peers and of our own device.
constexpr Duration margin = Duration::milliseconds(2);
}  // namespace

/// 7.2: arms the probe timer. False when there is none to be: the retransmission timeout then stands.
bool Tcp::schedule_tail_probe(Connection& c, Instant now, bool advanced) {
  const bool calm = c.congestion_state == CongestionState::open || c.congestion_state == CongestionState::window_reduced;
  if (!config_.tail_loss_probe || !c.sack || !c.synchronized() || !calm || c.scoreboard.sacked() > 0) {
    return false;
  }
  // One at a time (7.3). Else whoever goes on writing would put the retransmission timeout off for ever (RFC 6298 5.1).
  if (c.probing) return false;
  Duration timeout = config_.initial_rto;
  if (c.rtt.measured()) {
    timeout = c.rtt.smoothed() * 2;
    timeout = timeout + (c.flight() <= c.send_mss ? worst_delayed_ack : margin);
  }
  // Never later than the retransmission timeout itself.
  const Transmission* first = c.scoreboard.first();
  const Instant expires = (advanced || first == nullptr ? now : first->sent) + c.rtt.rto();
  c.retransmit_at = std::min(now + timeout, expires);
  c.retransmit_purpose = RetransmitPurpose::tail_probe;
  return true;
}

/// 7.3: a new segment if there is one, whatever cwnd says, or else the last one again.
void Tcp::tail_probe_timeout(Connection& c, Instant now) {
  const SequenceNumber before = c.snd.nxt;
  const bool out_already = c.probing;
  if (!out_already) {
    c.probe_is_copy = false;
    if (!probe_with_new_data(c, now)) c.probe_is_copy = probe_with_last_segment(c, now);
    c.probing = c.snd.nxt != before || c.probe_is_copy;
    if (c.probing) c.probe_end = c.snd.nxt;
  }
  restart_timeout(c, now, c.probing && !out_already);  // 7.3: its acknowledgment has a whole RTO to come
  output(c, now);
}

bool Tcp::probe_with_new_data(Connection& c, Instant now) {
  const std::uint32_t unsent = c.fin_sent ? 0 : c.data_end() - c.snd.nxt;
  const std::uint32_t room = std::max(c.snd.wnd, c.flight()) - c.flight();
  const std::uint32_t length = std::min({unsent, std::uint32_t{c.send_mss}, room});
  if (length == 0 || (length < unsent && length < c.send_mss)) return false;
  return send_new(c, length, length == unsent, now);
}

bool Tcp::probe_with_last_segment(Connection& c, Instant now) {
  Transmission* last = c.scoreboard.last();
  if (last == nullptr) return false;
  SequenceNumber begin = c.snd.una;
  for (const Transmission* t = c.scoreboard.first(); t != last; t = t->next) begin = t->end;
  const std::uint32_t length = last->end - begin;
  const std::uint32_t before = (length - 1) / c.send_mss * c.send_mss;
  if (before > 0 && c.scoreboard.split(transmissions_, *last, begin + before)) {
    begin += before;
    last = c.scoreboard.last();
  }
  return send_again(c, *last, begin, c.send_mss, now, true) == Sent::done;
}

/// 7.4: what the acknowledgment says of the probe.
void Tcp::end_tail_probe(Connection& c, const AckNews& news) {
  if (c.snd.una < c.probe_end) return;
  if (!c.probe_is_copy || news.probe_duplicated) {
    c.probing = false;  // new data, or both copies arrived: nothing was lost
  } else if (c.snd.una > c.probe_end) {
    // 7.4.2: the probe repaired a loss that nothing else shows: that is congestion all the same.
    c.probing = false;
    enter_window_reduced(c);
    if (c.congestion_state != CongestionState::window_reduced) return;  // a recovery goes on (RFC 6675 5)
    end_reduction(c);
  } else if (!news.advanced && news.duplicate && !news.sacked) {
    c.probing = false;  // the acknowledgment of the second copy
  }
}

}  // namespace linnet::tcp
