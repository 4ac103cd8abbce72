// SPDX-License-Identifier: Apache-2.0
// SYNs of both sides, and what they agree upon.
#include <algorithm>

#include "sim/tcp_monitor_connection.hpp"

namespace linnet::sim {

TcpMonitorConnection::Syn TcpMonitorConnection::syn_of(const MonitoredSegment& s) {
  return {.known = true,
          .seq = s.seq,
          .payload = static_cast<std::uint32_t>(s.payload.size()),
          .window = s.window,
          .mss = s.mss,
          .scale = s.window_scale,
          .sack = s.sack_permitted,
          .timestamps = s.timestamps,
          .fast_open = s.fast_open,
          .ts_value = s.ts_value,
          .ts_first = s.ts_value};
}

/// A connection begins: the endpoint's SYN or SYN-ACK with a number of its own.
void TcpMonitorConnection::open(const MonitoredSegment& s, Instant now) {
  if (opened_ && states_.has(TcpState::syn_received) && s.seq != send_.iss) former_iss_ = send_.iss;
  const bool v4 = s.source[10] == 0xff && s.source[0] == 0;
  const std::uint32_t default_mss = v4 ? config_->default_mss : 1220u;
  opened_ = true;
  blind_ = peer_bare_syn_ = scaling_ = sack_ = timestamps_ = false;
  own_syn_ = syn_of(s);
  send_.sacked.clear();
  send_.sacked_waiting.clear();
  SentBytes bytes = std::move(send_.bytes);  // its memory
  send_ = Sending{};
  send_.bytes = std::move(bytes);
  send_.bytes.begin(1);
  send_.iss = s.seq;
  send_.next = send_.last_end = 1;
  send_.mss = default_mss;
  const Instant provoked = receive_.provoked;
  receive_ = Receiving{};
  receive_.provoked = provoked;
  receive_.mss = s.mss.value_or(default_mss);
  echoes_ = Echoes{};
  timer_ = Timer{};
  gathering_ = {};
  probes_ = {};
  timer_.syn_sent = timer_.una_moved = now;
  timer_.syns = 1;
  timer_.quiet = true;
  fresh_.clear();
}

void TcpMonitorConnection::remember_syn(const MonitoredSegment& s) {
  for (Syn& syn : syns_) {
    if (syn.known && syn.seq == s.seq) {
      const std::uint32_t first = syn.ts_first;
      syn = syn_of(s);
      syn.again = true;
      syn.ts_first = first;
      return;
    }
  }
  syns_[next_syn_++ % syns_.size()] = syn_of(s);
}

void TcpMonitorConnection::adopt_peer(const Syn& syn) {
  receive_.known = true;
  receive_.irs = syn.seq;
  receive_.bytes.begin(1);
  receive_.bytes.add(1, 1 + static_cast<std::int64_t>(syn.payload));
  receive_.edge = 1 + std::int64_t{own_syn_.window};
  if (syn.mss) send_.mss = *syn.mss;
  scaling_ = own_syn_.scale && syn.scale;
  sack_ = own_syn_.sack && syn.sack;
  timestamps_ = own_syn_.timestamps && syn.timestamps;
  send_.scale = scaling_ ? *syn.scale : 0;
  receive_.scale = scaling_ ? *own_syn_.scale : 0;
  send_.fast_open = send_.fast_open || syn.fast_open || (syn.payload > 0 && passive_);
  send_.edge = send_.last_edge = 1 + std::int64_t{syn.window};  // RFC 7323 2.2: of a SYN it is not scaled
  send_.credit = std::int64_t{config_->initial_window} * send_.mss;
  echoes_.ring[0] = {.value = syn.ts_value, .begin = 0, .end = 1};
  echoes_.next = echoes_.count = 1;
  receive_.ts_newest = syn.ts_value;
  receive_.ts_newest_known = syn.timestamps;
}

void TcpMonitorConnection::syn_arrives(const MonitoredSegment& s, Instant now) {
  const bool with_ack = s.has(tcp_flag::ack);
  if (!with_ack) remember_syn(s);
  if (!opened_ || blind_) return;
  const bool waits = states_.has(TcpState::syn_sent);
  if (waits && with_ack) {
    const std::int64_t ack = sent_position(s.ack);
    if (ack < 1 || ack > send_.next) return;
    if (receive_.known && receive_.irs != s.seq) {
      blind_ = true;  // two peers
      return;
    }
    if (!receive_.known) adopt_peer(syn_of(s));
    const std::int64_t edge = ack + s.window;
    send_.edge = std::max(send_.edge, edge);
    send_.una = std::max(send_.una, ack);
    return;
  }
  if (waits && !with_ack) {
    if (receive_.known && receive_.irs != s.seq) {
      blind_ = true;
      return;
    }
    if (!receive_.known) adopt_peer(syn_of(s));
    peer_bare_syn_ = true;
    return;
  }
  // RFC 5961 4.2; how many are answered may be limited.
  const bool calm = now - receive_.provoked > Duration::seconds(10);
  receive_.provoked = now;
  if (certain(state_set::open) && calm && !with_ack) duty_ = TcpRule::syn_challenged;
  if (receive_.known && with_ack && s.seq == receive_.irs && states_.has(TcpState::syn_received)) {
    send_.una = std::max(send_.una, std::min(sent_position(s.ack), send_.next));  // the SYN-ACKs of both cross
  }
}

void TcpMonitorConnection::syn_sent(const MonitoredSegment& s, Instant now, const HostContext& host) {
  if (s.has(tcp_flag::ack)) return syn_ack_sent(s, now, host);
  if (opened_ && s.seq == send_.iss && states_.has(TcpState::syn_sent)) {
    states_ = StateSet::of(TcpState::syn_sent);
    return syn_again(s, now, host);
  }
  const StateSet before = StateSet::of(TcpState::closed, TcpState::listen, TcpState::syn_sent, TcpState::time_wait);
  if (!check(TcpRule::state, !(states_ & before).empty())) return;
  open(s, now);
  passive_ = false;
  states_ = StateSet::of(TcpState::syn_sent);
  likely_ = TcpState::syn_sent;
  send_.fast_open = s.fast_open;
  send_.credit = std::int64_t{config_->initial_window} * 65535;
  syn_data_sent(s);
}

/// Fast Open (RFC 7413): what stands in a SYN is part of the stream.
void TcpMonitorConnection::syn_data_sent(const MonitoredSegment& s) {
  if (s.payload.empty()) return;
  check(TcpRule::data_before_established, send_.fast_open);
  send_.bytes.put(1, s.payload, 1);
  send_.next = send_.last_end = 1 + static_cast<std::int64_t>(s.payload.size());
}

void TcpMonitorConnection::syn_ack_sent(const MonitoredSegment& s, Instant now, const HostContext& host) {
  const bool same = opened_ && s.seq == send_.iss;
  if (blind_ && same) return;
  if (same && !(states_ & StateSet::of(TcpState::syn_sent, TcpState::syn_received)).empty()) {
    if (passive_) return syn_again(s, now, host);
    // A simultaneous open: what the SYN offered counts.
    check(TcpRule::state, receive_.known && (peer_bare_syn_ || states_.has(TcpState::syn_received)));
    states_ = states_ & StateSet::of(TcpState::syn_sent, TcpState::syn_received);
    likely_ = TcpState::syn_received;
    receive_.acked = std::max<std::int64_t>(receive_.acked, 1);
    return;
  }
  const StateSet before = state_set::gone | StateSet::of(TcpState::syn_received, TcpState::time_wait);
  const bool waits = certain(StateSet::of(TcpState::syn_sent));
  if (!check(TcpRule::syn_synchronized, !(states_ & before).empty() && !waits)) return;
  const auto syn = std::find_if(syns_.begin(), syns_.end(), [&](const Syn& candidate) {
    const std::uint32_t beyond = s.ack - candidate.seq - 1;
    return candidate.known && beyond <= candidate.payload;
  });
  if (!check(TcpRule::acknowledges_unreceived, syn != syns_.end() || !config_->from_the_start)) return;
  open(s, now);
  passive_ = true;
  states_ = StateSet::of(TcpState::syn_received);
  likely_ = TcpState::syn_received;
  if (syn == syns_.end()) {
    blind_ = true;
    return;
  }
  check(TcpRule::scale_unasked, !s.window_scale || syn->scale);
  check(TcpRule::sack_unasked, !s.sack_permitted || syn->sack);
  check(TcpRule::timestamps_unasked, !s.timestamps || syn->timestamps);
  timer_.syns_answer = syn->again;  // then the first SYN-ACK may have been lost before the link
  timer_.quiet = !syn->again;
  adopt_peer(*syn);
  receive_.acked = received_position(s.ack);
  if (timestamps_) {
    // Of a SYN that came again, any may be the one that is answered.
    const auto after_first = static_cast<std::int32_t>(s.ts_echo - syn->ts_first);
    const auto before_last = static_cast<std::int32_t>(syn->ts_value - s.ts_echo);
    check(TcpRule::timestamp_echo, after_first >= 0 && before_last >= 0, s.ts_echo, syn->ts_value);
    echoes_.ring[0].value = s.ts_echo;
  }
  syn_data_sent(s);
}

void TcpMonitorConnection::syn_again(const MonitoredSegment& s, Instant now, const HostContext& host) {
  const Duration interval = now - timer_.syn_sent;
  const Duration slack = interval / 16 + Duration::milliseconds(10);
  // Two SYNs at once have two answers.
  if (host.hidden || !timer_.quiet || last_received_ == now || interval == Duration()) {
    // Not, or not only, the timer's: the next of those is measured from the last that was.
    timer_.syns_answer = true;
  } else {
    check(TcpRule::syn_too_early, interval + slack >= config_->initial_rto, interval.as_microseconds(),
          config_->initial_rto.as_microseconds());
    const bool doubles = timer_.syns >= 2 && !timer_.syns_answer && !config_->linear_syn_timeouts;
    if (doubles) judge_interval(interval, timer_.syn_interval);
    ++timer_.syns;
    timer_.syn_interval = interval;
    timer_.syn_sent = now;
  }
  timer_.quiet = true;
  if (!s.has(tcp_flag::ack) && s.fast_open != own_syn_.fast_open) send_.fast_open = true;
  if (!s.has(tcp_flag::ack)) own_syn_ = syn_of(s);  // options may be left out the second time
}

}  // namespace linnet::sim
