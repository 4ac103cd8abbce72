// SPDX-License-Identifier: Apache-2.0
// What was received: it widens what the endpoint may know, and where nothing speaks against it, what it must know.
#include <algorithm>

#include "sim/tcp_monitor_connection.hpp"

namespace linnet::sim {

void TcpMonitorConnection::segment_arrives(const MonitoredSegment& s, Instant now) {
  const std::int64_t begin = received_position(s.seq);
  const std::int64_t end = begin + s.length();
  // Table 6 of RFC 9293, as wide as it can be: from what was acknowledged to what was offered.
  const bool acceptable = end >= receive_.acked && begin <= receive_.edge;
  if (end > begin && begin < receive_.acked) receive_.duplicates = true;
  if (!acceptable && !config_->lenient_acknowledgments) return;
  if (!acknowledgment_arrives(s, begin, now) || !acceptable) return;
  if (s.timestamps) timestamp_arrives(s, begin, end);
  if (end > begin) text_arrives(s, begin, end, now);
}

/// False when no endpoint would believe it.
bool TcpMonitorConnection::acknowledgment_arrives(const MonitoredSegment& s, std::int64_t begin, Instant now) {
  const std::int64_t ack = sent_position(s.ack);
  if (ack > send_.next || ack < 0) return false;
  const std::int64_t window = std::int64_t{s.window} << send_.scale;
  const std::int64_t edge = ack + window;
  send_.window_max = std::max(send_.window_max, window);
  send_.edge = std::max(send_.edge, edge);
  send_.last_edge = edge;
  if (edge < send_.next) send_.shrunk = true;
  if (window > 0 || ack > send_.una) probes_ = {};
  if (ack > send_.una) {
    const std::int64_t moved = ack - send_.una;
    send_.credit += config_->window_in_segments ? std::max<std::int64_t>(moved, 2 * std::int64_t{send_.mss}) : moved;
    send_.una = ack;
    timer_.una_moved = now;
  } else if (ack == send_.una && s.payload.empty() && send_.next > send_.una) {
    send_.credit += send_.mss;  // RFC 5681 3.2: one has left the network
  }
  const bool fresh_time =
      !timestamps_ ||
      (s.timestamps && (!receive_.ts_newest_known || static_cast<std::int32_t>(s.ts_value - receive_.ts_newest) >= 0));
  const bool sure =
      certain(state_set::synchronized) && fresh_time && begin >= receive_.bytes.high() && begin < receive_.edge;
  if (sure && ack > send_.una_latest) {
    if (send_.una_waiting <= send_.una_certain) {
      send_.una_waiting = ack;
      send_.waiting_since = now;
    }
    send_.una_latest = ack;
  }
  if (s.sack_count > 0 && sack_) selective_arrives(s, sure);
  return true;
}

void TcpMonitorConnection::selective_arrives(const MonitoredSegment& s, bool sure) {
  for (std::size_t i = 0; i < s.sack_count; ++i) {
    const std::int64_t left = sent_position(s.sack[i].left);
    const std::int64_t right = sent_position(s.sack[i].right);
    if (left >= right || left < send_.una || right > send_.next) continue;
    send_.sacked_high = std::max(send_.sacked_high, right);
    // A block that ends where more was told before: the peer has thrown that away (RFC 2018 8).
    if (send_.sacked.contains(right - 1, right + 1)) send_.sacked.clear();
    if (sure && send_.sacked_waiting.size() < 64) send_.sacked_waiting.push_back({left, right});
  }
}

/// What arrived long enough ago, or before the end of a turn, has been processed.
void TcpMonitorConnection::mature(Instant now, bool turn) {
  if (turn) {
    send_.una_certain = std::max(send_.una_certain, send_.una_latest);
    for (const PositionRange& range : send_.sacked_waiting) send_.sacked.add(range.begin, range.end);
    send_.sacked_waiting.clear();
    send_.sacked.drop_before(send_.una_certain);
    return;
  }
  if (send_.una_waiting <= send_.una_certain || now - send_.waiting_since < config_->processing) return;
  send_.una_certain = send_.una_waiting;
  send_.una_waiting = send_.una_latest;
  send_.waiting_since = now;
}

void TcpMonitorConnection::timestamp_arrives(const MonitoredSegment& s, std::int64_t begin, std::int64_t end) {
  echoes_.ring[echoes_.next] = {.value = s.ts_value, .begin = begin, .end = end};
  echoes_.next = (echoes_.next + 1) % echoes_.ring.size();
  echoes_.count = std::min(echoes_.count + 1, echoes_.ring.size());
  ++echoes_.since_sent;
  const bool newer = static_cast<std::int32_t>(s.ts_value - receive_.ts_newest) > 0;
  if (!receive_.ts_newest_known || newer) receive_.ts_newest = s.ts_value;
  receive_.ts_newest_known = true;
}

void TcpMonitorConnection::text_arrives(const MonitoredSegment& s, std::int64_t begin, std::int64_t end, Instant now) {
  if (s.has(tcp_flag::fin)) {
    receive_.fins_differ = receive_.fins_differ || (receive_.fin && *receive_.fin != end - 1);
    if (!receive_.fin) receive_.fin = end - 1;
  }
  const std::int64_t before = receive_.bytes.high();
  if (receive_.bytes.overlaps(begin, end)) {
    receive_.duplicates = true;
    if (end > receive_.acked) receive_.again = true;
  }
  // What came twice need not have been taken the second time, nor the first.
  const bool anew = !receive_.bytes.overlaps(begin, end);
  // RFC 5961 5.2: what acknowledges so little is challenged at most, and dropped. So is what is old (RFC 7323 5.3).
  const bool acknowledges = sent_position(s.ack) >= send_.una - send_.window_max;
  const bool old = timestamps_ && (!s.timestamps || s.ts_value != receive_.ts_newest);
  receive_.bytes.add(begin, end);
  if (fresh_.size() < 64) {
    const std::int64_t data_end = end - (s.has(tcp_flag::fin) ? 1 : 0);  // a FIN need not be SACKed (RFC 2018 3)
    fresh_.push_back({.begin = begin, .end = data_end, .anew = anew, .taken = acknowledges && !old});
  } else {
    fresh_overflow_ = true;
  }
  const std::int64_t high = receive_.bytes.high();
  const bool redelivered = begin <= receive_.acked && end > receive_.acked && before > receive_.acked;
  if (high > receive_.acked && (receive_.due_since.is_never() || redelivered)) receive_.due_since = now;
  if (redelivered) receive_.stale = false;
  if (acknowledges) text_duties(begin, end, before);
}

/// RFC 5681 4.2: out of order, or into a gap: an acknowledgment is due at once.
void TcpMonitorConnection::text_duties(std::int64_t begin, std::int64_t end, std::int64_t before) {
  if (!certain(state_set::receiving) || receive_.acked < 1) return;
  const bool in_window = end <= receive_.edge;
  if (begin > before && in_window && !receive_.fin) duty_ = TcpRule::gap_acknowledged;
  const bool fills = begin <= before && end > before && receive_.bytes.high() > end;
  // What was told in a SACK block has certainly been kept.
  if (fills && in_window && receive_.sacked_to > before) duty_ = TcpRule::filled_gap_acknowledged;
}

}  // namespace linnet::sim
