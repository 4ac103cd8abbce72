// SPDX-License-Identifier: Apache-2.0
// The sender's side of a sent segment: where its bytes stand, whether they may go, and whether they are the same as
// before.
#include <algorithm>

#include "sim/tcp_monitor_connection.hpp"

namespace linnet::sim {

/// Takes away the states in which this segment would not be sent.
void TcpMonitorConnection::judge_states(const MonitoredSegment& s, std::int64_t ack) {
  StateSet allowed = state_set::synchronized | StateSet::of(TcpState::syn_received);
  const std::int64_t begin = sent_position(s.seq);
  const bool probe = begin < send_.una && s.length() <= 1;  // a keep-alive or window probe
  if (s.length() > 0 && !probe) {
    allowed = send_.fast_open ? state_set::sending | StateSet::of(TcpState::syn_received) : state_set::sending;
  }
  if (receive_.fin && !receive_.fins_differ) {
    allowed = allowed & (ack > *receive_.fin ? state_set::after_peer_fin : state_set::before_peer_fin);
  }
  // What a handshake's record acknowledges is the SYN alone.
  if (ack > receive_.acked && receive_.acked >= 1 && !send_.fast_open) {
    allowed = allowed & state_set::synchronized;
  }
  const StateSet before = states_;
  states_ = states_ & allowed;
  if (s.has(tcp_flag::fin)) states_ = send_fin(states_);
  if (!check(TcpRule::state, !states_.empty())) states_ = before;  // for the report
}

void TcpMonitorConnection::judge_bare(std::int64_t begin) {
  const bool probe = begin + 1 >= send_.una_certain && begin + 1 <= send_.una;
  const bool behind_window =
      (send_.shrunk || send_.last_edge < send_.next) && begin >= send_.una_certain && begin <= send_.next;
  const bool after_probe = send_.probe_end == send_.next && begin == send_.next - 1;
  const bool holds = begin == send_.next || begin == send_.last_end || probe || behind_window || after_probe;
  check(TcpRule::bare_sequence, holds, begin, send_.next);
}

bool TcpMonitorConnection::judge_text(const MonitoredSegment& s, std::int64_t begin, Instant now,
                                      const HostContext& host) {
  const auto length = static_cast<std::int64_t>(s.payload.size());
  const std::int64_t end = begin + s.length();
  if (begin == end) {
    if (begin > send_.next && host.hidden) {
      send_.next = send_.last_end = send_.unseen = begin;  // what lies between was lost before the link
      return true;
    }
    judge_bare(begin);
    judge_probe(begin, 0, now, host);
    return true;
  }
  judge_probe(begin, end - begin, now, host);
  if (length <= 1 && begin < send_.una && begin + 1 >= send_.una_certain && !s.has(tcp_flag::fin))
    return true;  // a probe
  check(TcpRule::data_before_established, length == 0 || send_.una >= 1 || send_.fast_open);
  judge_limits(s, begin, end);
  judge_fin(s, begin);
  if (begin > send_.next && !check(TcpRule::gap_in_sequence, host.hidden, begin, send_.next)) return false;
  if (begin == send_.next) check(TcpRule::gap_in_sequence, true);
  if (begin > send_.next) send_.unseen = begin;
  if (begin < send_.next) judge_again(s, begin, end, now, host);
  if (end > send_.next) judge_new(s, begin, end, now, host);
  send_.last_end = end;
  return true;
}

void TcpMonitorConnection::judge_limits(const MonitoredSegment& s, std::int64_t begin, std::int64_t end) {
  const auto length = static_cast<std::int64_t>(s.payload.size());
  const bool probe = end - begin == 1 && begin <= send_.edge;
  check(TcpRule::beyond_window, end <= send_.edge || probe, end, send_.edge);
  const std::int64_t most = std::int64_t{send_.mss} - s.option_bytes;
  if (length > 0) check(TcpRule::segment_too_large, length <= most, length, most);
}

void TcpMonitorConnection::judge_fin(const MonitoredSegment& s, std::int64_t begin) {
  const std::int64_t data_end = begin + static_cast<std::int64_t>(s.payload.size());
  if (send_.fin) check(TcpRule::data_after_fin, data_end <= *send_.fin, data_end, *send_.fin);
  if (!s.has(tcp_flag::fin)) return;
  if (send_.fin) {
    check(TcpRule::fin_moves, data_end == *send_.fin, data_end, *send_.fin);
    return;
  }
  check(TcpRule::data_after_fin, data_end >= send_.next || data_end < send_.unseen, data_end, send_.next);
  send_.fin = data_end;
}

void TcpMonitorConnection::judge_again(const MonitoredSegment& s, std::int64_t begin, std::int64_t end, Instant now,
                                       const HostContext& host) {
  const auto length = static_cast<std::int64_t>(s.payload.size());
  if (!host.hidden) check(TcpRule::retransmits_acknowledged, begin >= send_.una_certain, begin, send_.una_certain);
  // RFC 2018 8: after a timeout what was told before counts no more. One that an arrival causes is no timeout.
  const bool may_have_timed_out = last_received_ != now || now - timer_.una_moved >= config_->rto_min;
  if (may_have_timed_out) send_.sacked.clear();
  if (send_.sacked.contains(send_.una, send_.una + 1)) send_.sacked.clear();  // the peer has thrown it away
  if (!send_.sacked.empty() && !host.hidden) {
    check(TcpRule::retransmits_sacked, !send_.sacked.contains(begin, end), begin, end);
  }
  if (length > 0 && begin >= 1)
    check(TcpRule::retransmission_differs, send_.bytes.matches(begin, s.payload), begin, end);
  judge_timeout(begin, end - begin, now, host);
}

void TcpMonitorConnection::judge_new(const MonitoredSegment& s, std::int64_t begin, std::int64_t end, Instant now,
                                     const HostContext& host) {
  if (begin == send_.next && !host.hidden) judge_burst(begin, end - begin);
  judge_small(s, begin, host);
  const std::int64_t from = std::max(begin, send_.next);
  const auto skip = static_cast<std::size_t>(from - begin);
  if (skip < s.payload.size()) send_.bytes.put(from, s.payload.subspan(skip), send_.una);
  if (send_.next <= send_.una) timer_.una_moved = now;
  send_.next = end;
  if (end - begin == 1) send_.probe_end = end;
  if (s.payload.empty() || host.hidden) return;
  const std::int64_t data_end = begin + static_cast<std::int64_t>(s.payload.size());
  // A SACK, too, says that something left the network.
  if (send_.una <= 1 && send_.sacked_high <= 1) {
    // RFC 8985 7.3: a tail loss probe may be one new segment more.
    const bool later = now - timer_.data_sent >= Duration::milliseconds(1);
    const std::int64_t window = send_.credit + (later ? send_.mss : 0);
    timer_.data_sent = now;
    check(TcpRule::initial_window, data_end - 1 <= window, data_end - 1, window);
    return;
  }
  const std::int64_t flight = data_end - std::max(send_.una, send_.sacked_high);
  const std::int64_t most = send_.credit + 2 * std::int64_t{send_.mss};  // RFC 3042: limited transmit
  check(TcpRule::window_growth, flight <= most, flight, most);
}

}  // namespace linnet::sim
