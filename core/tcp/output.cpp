// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.8: what may be sent now: what is lost, then what windows, Nagle and silly window avoidance let go.
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {
/// Where a window goes round so often, the processor is the limit.
constexpr Duration short_round_trip = Duration::microseconds(500);
}  // namespace

void Tcp::queue_output(Connection& c) {
  if (!static_cast<ListNode<OutputTag>&>(c).linked()) output_.push_back(c);
}

/// Sends everything that may go now: what is lost first, then new data, then a bare acknowledgment if one is due.
void Tcp::output(Connection& c, Instant now) {
  c.output_blocked = false;
  if (c.open()) {
    if (c.path.generation != ip_.generation()) refresh_path(c, now);
    // RFC 5681 2: what carries data is no duplicate acknowledgment, so a gap is told of without. So is what came twice:
    // each segment of a super-segment would tell it again.
    const bool tell = !c.reassembly.empty() || !c.reassembly.duplicate.empty();
    if (c.ack_now && tell) send_acknowledgment(c, now);
    if (output_retransmissions(c, now) && probe_path_mtu(c, now)) output_new_data(c, now);
  }
  if (c.ack_now && !c.output_blocked) send_acknowledgment(c, now);
  if (unsent_limit(c) != 0xffffffffu) changed(c);  // less is unsent than before: there may be room
  arm(c);
}

/// False when the device is busy. RFC 6675 5 (C): what is lost goes first, as the window allows.
bool Tcp::output_retransmissions(Connection& c, Instant now) {
  // RFC 5682 step 2b: new data goes first, to find out whether anything was lost at all.
  if (c.recovery != nullptr && c.recovery->forward_new_data) return true;
  // RFC 7413 4.2.2: until our SYN is acknowledged only that is sent again, by the timer; lost data waits for its ACK.
  if (!c.synchronized()) return true;
  SequenceNumber begin;
  while (Transmission* lost = c.scoreboard.next_lost(c.snd.una, begin)) {
    const std::uint32_t pipe = c.pipe();
    const std::uint32_t window = c.congestion.window();
    if (pipe >= window || pacing_holds(c, now)) return true;
    const std::uint32_t room = std::max<std::uint32_t>((window - pipe) / c.send_mss * c.send_mss, c.send_mss);
    // RFC 9293 3.8.1: what was sent in small pieces may go again in one; the receiver needs the less memory for it.
    c.scoreboard.join_lost(transmissions_, *lost, begin, c.send_mss);
    const Sent sent = send_again(c, *lost, begin, room, now);
    if (sent != Sent::done) return sent != Sent::busy;
  }
  return true;
}

/// Sends the beginning of a run again, at most `most` bytes of it. `probe`: though it is not lost.
Tcp::Sent Tcp::send_again(Connection& c, Transmission& t, SequenceNumber begin, std::uint32_t most, Instant now, bool probe) {
  const SequenceNumber data_end = c.data_end();
  std::uint32_t length = begin < data_end ? min(t.end, data_end) - begin : 0;
  length = std::min({length, most, largest_segment(c), paced_size(c)});
  // SHLD-15: a window that shrank is respected; one byte probes a closed one.
  const SequenceNumber edge = c.snd.una + std::max<std::uint32_t>(c.snd.wnd, 1u);
  if (begin >= edge) return Sent::nothing;
  length = std::min(length, edge - begin);
  const bool fin = c.fin_sent && begin + length == data_end && t.end > data_end && begin + length < edge;
  if (length == 0 && !fin) return Sent::nothing;
  const bool last = length > 0 && begin + length == data_end && !c.more_follows;  // MUST-61 speaks of what is queued, not of how often it goes
  const unsigned flags = (fin ? Flags::fin : 0u) | (last ? Flags::psh : 0u);
  Outgoing out{.seq = begin, .length = length, .flags = static_cast<std::uint8_t>(flags)};
  if (transmit(c, out, now) == Sent::busy) return Sent::busy;
  const std::uint32_t sent = out.length + ((out.flags & Flags::fin) != 0 ? 1u : 0u);
  if (probe) {
    c.scoreboard.probed(transmissions_, t, begin + sent, now);
  } else {
    c.scoreboard.sent_again(transmissions_, t, begin, begin + sent, now);
  }
  c.retransmissions += (out.length + c.send_mss - 1u) / c.send_mss + (out.length == 0 ? 1u : 0u);
  c.bytes_retransmitted += out.length;
  if (c.recovery != nullptr) {
    c.recovery->unaccounted += sent;
    if (!c.recovery->retransmitted) c.recovery->first_timestamp = c.timestamp_offset + Secrets::milliseconds(now);
    c.recovery->retransmitted = true;
  }
  note_window_used(c, sent, now);
  // RFC 6298 5: a segment is never sent again less than one RTO after it was sent before.
  const bool oldest = begin == c.snd.una && c.retransmit_purpose == RetransmitPurpose::timeout;
  if (oldest || c.retransmit_at.is_never()) restart_timeout(c, now, true);
  return Sent::done;
}

/// What PRR and pacing count.
void Tcp::note_window_used(Connection& c, std::uint32_t bytes, Instant now) {
  if (c.recovery != nullptr && c.reducing()) c.recovery->rate.out += bytes;
  note_paced(c, bytes, now);
}

/// 3.8.6.2.1 and 3.7.4 (Nagle): how much of `unsent` bytes goes now, given that `usable` fit the windows.
std::uint32_t Tcp::sendable(const Connection& c, std::uint32_t unsent, std::uint32_t usable) const {
  const std::uint32_t mss = c.send_mss;
  const std::uint32_t length = std::min(unsent, usable);
  // Nagle as Minshall refined it: a short segment waits only for another short one, so that the end of a large
  // write does not wait for a delayed acknowledgment of its beginning.
  // TCP_CORK and MSG_MORE stand above TCP_NODELAY; urgent data and the end of everything are never held back.
  const bool flush = c.fin_queued || c.snd.urgent ||
                     ((c.options.no_delay || !c.snd.short_outstanding) && !c.push_more && !c.options.cork);
  if (length == unsent && flush) return length;
  if (length >= mss) return length - length % mss;
  if (length == unsent) return 0;
  // Silly window avoidance: a part is worth sending when it is half of the largest window ever seen.
  return length >= c.snd.max_wnd / 2 ? length : 0;
}

/// What one frame carries at most: whole segments, as many as the device cuts apart.
std::uint32_t Tcp::largest_segment(const Connection& c) {
  return std::max<std::uint32_t>(c.path.segmentation - c.path.segmentation % c.send_mss, c.send_mss);
}

/// A super-segment costs the same whatever its length. While most of the window is under way, and the first of it for half
/// a round trip, the ACK that makes room for a longer one is near: less usable window than this is left alone until then.
/// What is left over is missed where the window is small for the path, so a long one has only an eighth of it to spare.
std::uint32_t Tcp::worth_waiting_for(const Connection& c, std::uint32_t window, Instant now) const {
  const std::uint32_t largest = largest_segment(c);
  const Transmission* oldest = c.scoreboard.first();
  const bool soon = oldest != nullptr && now - oldest->sent >= c.rtt.smoothed() / 2;
  if (largest == c.send_mss || !soon) return 0;
  const std::uint32_t spare = window / (c.rtt.smoothed() < short_round_trip ? 3 : 8);
  return std::min({largest, paced_size(c), spare / c.send_mss * c.send_mss});
}

void Tcp::output_new_data(Connection& c, Instant now) {
  if (c.flight() == 0) note_idle(c, now);
  const SequenceNumber before = c.snd.nxt;
  output_what_fits(c, now);
  if (c.snd.nxt != before && c.retransmit_purpose != RetransmitPurpose::reordering) schedule_tail_probe(c, now, false);
}

/// RFC 5681 4.1: after an idle RTO the window says nothing about the path.
void Tcp::note_idle(Connection& c, Instant now) {
  const Duration idle = now - c.last_sent;
  if (idle <= c.rtt.rto()) return;
  if (config_.slow_start_after_idle) c.congestion.idle(idle, c.rtt.rto());
  c.congestion.resumed(idle);
  c.last_sent = now;
}

/// RFC 7661 4: how much of cwnd is in use. `limited`: it was what ended this burst.
void Tcp::note_usage(Connection& c, bool limited) {
  const std::uint32_t flight = c.flight();
  if (c.snd.una < c.usage_end && !limited && (c.window_limited || flight <= c.largest_flight)) return;
  c.window_limited = limited;
  c.largest_flight = flight;
  c.usage_end = c.snd.nxt;
}

/// 3.8.6.2.1: the override timeout, one RTO as on Linux, but within what the RFC says.
Duration Tcp::cork_time(const Connection& c) const {
  return std::clamp(c.rtt.rto(), config_.cork_limit, std::max(config_.cork_limit, Duration::seconds(1)));
}

void Tcp::output_what_fits(Connection& c, Instant now) {
  while (!c.fin_sent) {
    const std::uint32_t unsent = c.data_end() - c.snd.nxt;
    if (unsent == 0) {
      note_usage(c, false);
      return output_fin(c, now);
    }
    const std::uint32_t flight = c.flight();
    // Fast Open (RFC 7413): the SYN that is not acknowledged yet is no data.
    const std::uint32_t syn = c.snd.una == c.snd.iss ? 1 : 0;
    const std::uint32_t pipe = c.pipe() - std::min(c.pipe(), syn);
    const std::uint32_t window = c.congestion.window();
    const std::uint32_t by_congestion = window > pipe ? window - pipe : 0;
    const std::uint32_t by_peer = c.snd.wnd > flight - syn ? c.snd.wnd - (flight - syn) : 0;
    const std::uint32_t usable = std::min(by_congestion, by_peer);
    std::uint32_t length = sendable(c, unsent, usable);
    const bool calm = c.congestion_state == CongestionState::open;
    const bool waits = length < unsent && usable < worth_waiting_for(c, std::min(window, c.snd.wnd), now) && calm;
    if (length == 0 || waits) {
      note_usage(c, by_congestion < unsent && by_congestion <= by_peer);
      // Nothing outstanding means that no ACK will come: the window must be probed (MUST-36), and holding back for
      // silly window reasons, or for more data to come, must end some time (3.8.6.2.1 override timeout).
      const bool held = usable >= std::min<std::uint32_t>(unsent, c.send_mss);
      if (length == 0 && flight == 0 && c.persist_at.is_never()) {
        c.progress_at = now;  // the user timeout counts from here
        c.persist_at = now + (held ? cork_time(c) : c.rtt.rto());
      }
      return;
    }
    if (pacing_holds(c, now)) {
      note_usage(c, true);
      return;
    }
    c.persist_at = Instant::never();
    length = std::min({length, largest_segment(c), paced_size(c)});
    if (!send_new(c, length, length == unsent, now)) return;
  }
}

/// The next `length` bytes; `last`: of what there is. False when the device is busy.
bool Tcp::send_new(Connection& c, std::uint32_t length, bool last, Instant now) {
  const std::uint32_t flight = c.flight();
  std::uint8_t flags = last && !c.more_follows ? Flags::psh : std::uint8_t{0};  // MUST-60, MUST-61
  if (last && c.fin_queued && flight + length < c.snd.wnd) flags |= Flags::fin;
  Outgoing out{.seq = c.snd.nxt, .length = length, .flags = flags};
  if (transmit(c, out, now) == Sent::busy) return false;
  const bool fin = (out.flags & Flags::fin) != 0;
  c.bytes_out += out.length;
  c.fin_sent = fin;
  note_new(c, out.length + (fin ? 1u : 0u), now);
  if (out.length % out.segment_size != 0) {
    c.snd.short_end = c.snd.nxt;
    c.snd.short_outstanding = true;
  }
  return true;
}

/// SND.NXT moves over what was sent for the first time.
void Tcp::note_new(Connection& c, std::uint32_t count, Instant now) {
  const bool first = c.flight() == 0;
  const bool whole = !c.snd.short_outstanding || c.snd.short_end != c.snd.nxt;
  if (first) c.progress_at = now;
  c.snd.nxt += count;
  c.scoreboard.sent(transmissions_, c.snd.una, c.snd.nxt, now, whole);
  c.last_sent = now;
  note_window_used(c, count, now);
  if (first || c.retransmit_at.is_never()) restart_timeout(c, now, true);  // RFC 6298 5.1
}

/// A FIN by itself: all data has been sent.
void Tcp::output_fin(Connection& c, Instant now) {
  if (!c.fin_queued) return;
  if (c.flight() >= c.snd.wnd) {
    if (c.flight() == 0 && c.persist_at.is_never()) {
      c.progress_at = now;
      c.persist_at = now + c.rtt.rto();
    }
    return;
  }
  Outgoing out{.seq = c.snd.nxt, .length = 0, .flags = Flags::fin};
  if (transmit(c, out, now) == Sent::busy) return;
  c.fin_sent = true;
  note_new(c, 1, now);
}

}  // namespace linnet::tcp
