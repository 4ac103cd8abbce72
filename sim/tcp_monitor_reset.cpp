// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.5.2 and RFC 5961 3: resets, received and sent.
#include <algorithm>

#include "sim/tcp_monitor_connection.hpp"

namespace linnet::sim {

void TcpMonitorConnection::reset_arrives(const MonitoredSegment& s, Instant now) {
  if (!opened_ || blind_) return;
  if (states_.has(TcpState::syn_sent) && s.has(tcp_flag::ack)) {
    const std::int64_t ack = sent_position(s.ack);
    if (ack >= 1 && ack <= send_.next) states_ = states_ | state_set::gone;
  }
  if (!receive_.known) return;
  const std::int64_t begin = received_position(s.seq);
  const bool exact = begin >= receive_.acked && begin <= receive_.bytes.high();
  const bool at_sack = config_->reset_at_sack && begin == receive_.sacked_to;
  if (exact || at_sack) {
    states_ = states_ | state_set::gone;
    return;
  }
  check(TcpRule::reset_without_reason, true);  // what comes next would break it
  const bool calm = now - receive_.provoked > Duration::seconds(10);
  receive_.provoked = now;
  const bool in_window = begin > receive_.bytes.high() && begin < receive_.edge;
  if (in_window && calm && certain(state_set::open)) duty_ = TcpRule::reset_challenged;
}

/// Which of the last segments received has an ACK, or an end, that this RST answers?
TcpMonitorConnection::Answered TcpMonitorConnection::answers(const MonitoredSegment& s) const {
  Answered answered = event_count_ > events_kept ? Answered::something : Answered::nothing;  // it may be older
  const std::uint64_t first = event_count_ > events_kept ? event_count_ - events_kept : 0;
  for (std::uint64_t i = first; i < event_count_; ++i) {
    const Event& e = events_[i % events_kept];
    if (e.outgoing) continue;
    const bool e_ack = (e.flags & tcp_flag::ack) != 0;
    const std::uint32_t length = e.payload + (e.flags & tcp_flag::syn ? 1u : 0u) + (e.flags & tcp_flag::fin ? 1u : 0u);
    if (e_ack && s.seq == e.ack) {
      if (e.payload > 0 || (e.flags & tcp_flag::fin) != 0) return Answered::text;
      answered = Answered::something;
    }
    if (!e_ack && s.has(tcp_flag::ack) && s.seq == 0 && s.ack == e.seq + length) answered = Answered::something;
  }
  return answered;
}

void TcpMonitorConnection::reset_sent(const MonitoredSegment& s, const HostContext& host) {
  const bool bare = !s.has(tcp_flag::ack);
  const Answered answered = answers(s);
  const bool answer = answered != Answered::nothing;
  if (!opened_ || blind_ || certain(state_set::gone)) {
    if (!blind_ && config_->from_the_start) check(TcpRule::reset_sequence, answer || host.hidden);
    return;
  }
  const std::int64_t begin = sent_position(s.seq);
  const bool closed_window = send_.shrunk && begin >= send_.una_certain && begin <= send_.next;
  const bool probed = send_.probe_end == send_.next && begin == send_.next - 1;
  const bool own = begin == send_.next || begin == send_.last_end || closed_window || probed;
  check(TcpRule::reset_sequence, own || answer || host.hidden, begin, send_.next);
  // An answer to what belongs to no connection. When the user has closed, data is a reason (RFC 2525 2.17).
  if (bare && answered == Answered::something && event_count_ <= events_kept && certain(state_set::open)) {
    check(TcpRule::reset_without_reason, false);
    return;
  }
  const bool handshake = !(states_ & StateSet::of(TcpState::syn_sent, TcpState::syn_received)).empty();
  states_ = handshake && answer ? states_ | state_set::gone : state_set::gone;
  likely_ = states_.last();
}

}  // namespace linnet::sim
