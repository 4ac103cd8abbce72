// SPDX-License-Identifier: Apache-2.0
#include "sim/tcp_monitor_connection.hpp"

#include <algorithm>
#include <cstdio>

namespace linnet::sim {

void TcpMonitorConnection::note(const MonitoredSegment& s, Instant now, bool outgoing) {
  Event& event = events_[event_count_++ % events_kept];
  event = {.at = now,
           .outgoing = outgoing,
           .flags = s.flags,
           .sack_count = s.sack_count,
           .timestamps = s.timestamps,
           .window = s.window,
           .seq = s.seq,
           .ack = s.ack,
           .payload = static_cast<std::uint32_t>(s.payload.size()),
           .ts_value = s.ts_value,
           .ts_echo = s.ts_echo,
           .sack = s.sack};
}

/// What may have come to an end by itself, in silence.
void TcpMonitorConnection::age(Instant now) {
  const Instant heard = last_received_.is_never() ? last_sent_ : last_received_;
  if (heard.is_never()) return;
  if (now - heard >= config_->gives_up) states_ = states_ | state_set::gone;
  if (now - heard >= config_->fin_wait_2 && states_.has(TcpState::fin_wait_2)) states_ = states_ | state_set::gone;
}

void TcpMonitorConnection::advance_states() {
  const StateFacts facts{.syn_acknowledged = send_.una >= 1,
                         .peer_syn = receive_.known,
                         .peer_bare_syn = peer_bare_syn_,
                         .fin_acknowledged = send_.fin && send_.una > *send_.fin,
                         .peer_fin = receive_.fin && receive_.bytes.high() > *receive_.fin};
  states_ = advance(states_, facts);
  // Where everything that arrived leads.
  StateSet likely = advance(StateSet::of(likely_), facts) & states_;
  if (likely_ == TcpState::syn_received && !facts.syn_acknowledged) likely = StateSet::of(likely_);
  if (likely_ == TcpState::syn_sent && !facts.peer_syn) likely = StateSet::of(likely_);
  if (!likely.empty()) likely_ = likely.last();
}

void TcpMonitorConnection::count(TcpEvent event) {
  // Who opened actively has no listener to fall back to.
  const bool closed = likely_ == TcpState::listen && opened_ && !passive_;
  ++(*cells_)[static_cast<std::size_t>(closed ? TcpState::closed : likely_)][static_cast<std::size_t>(event)];
}

void TcpMonitorConnection::satisfy(std::optional<TcpRule>& duty) {
  if (duty) check(*duty, true);
  duty.reset();
}

TcpEvent TcpMonitorConnection::kind_of_received(const MonitoredSegment& s) const {
  if (s.has(tcp_flag::rst)) return TcpEvent::receive_rst;
  if (s.has(tcp_flag::syn)) return s.has(tcp_flag::ack) ? TcpEvent::receive_syn_ack : TcpEvent::receive_syn;
  const std::int64_t begin = received_position(s.seq);
  const auto length = static_cast<std::int64_t>(s.length());
  if (receive_.known && length > 0) {
    if (begin + length <= receive_.bytes.high()) return TcpEvent::receive_duplicate;
    if (begin > receive_.bytes.high()) return TcpEvent::receive_out_of_order;
  }
  if (s.has(tcp_flag::fin)) return TcpEvent::receive_fin;
  return s.payload.empty() ? TcpEvent::receive_ack : TcpEvent::receive_data;
}

TcpEvent TcpMonitorConnection::kind_of_sent(const MonitoredSegment& s) const {
  if (s.has(tcp_flag::rst)) return TcpEvent::send_rst;
  if (s.has(tcp_flag::syn)) return s.has(tcp_flag::ack) ? TcpEvent::send_syn_ack : TcpEvent::send_syn;
  if (s.length() == 0) return TcpEvent::send_ack;
  if (opened_ && sent_position(s.seq) + s.length() <= send_.next) return TcpEvent::send_again;
  return s.has(tcp_flag::fin) ? TcpEvent::send_fin : TcpEvent::send_data;
}

void TcpMonitorConnection::received(const MonitoredSegment& s, Instant now, const HostContext& host) {
  note(s, now, false);
  count(kind_of_received(s));
  timer_.quiet = false;
  age(now);
  mature(now, false);
  last_received_ = now;
  if (s.has(tcp_flag::rst)) {
    reset_arrives(s, now);
  } else if (s.has(tcp_flag::syn)) {
    syn_arrives(s, now);
  } else if (opened_ && receive_.known && !blind_ && s.has(tcp_flag::ack)) {
    segment_arrives(s, now);
  }
  if (host.hidden) duty_.reset();
  advance_states();
}

void TcpMonitorConnection::sent(const MonitoredSegment& s, Instant now, const HostContext& host) {
  note(s, now, true);
  count(kind_of_sent(s));
  age(now);
  mature(now, false);
  if (host.hidden) states_ = states_ | state_set::gone;  // its RST may be what was lost
  if (s.has(tcp_flag::rst)) {
    reset_sent(s, host);
  } else if (s.has(tcp_flag::syn)) {
    syn_sent(s, now, host);
  } else if (opened_ && !blind_) {
    if (send_.next == 1 && former_iss_ && s.seq == *former_iss_ + 1)
      blind_ = true;  // a SYN cookie of another handshake
    if (!blind_) {
      judge_acknowledgment(s, now, host);
      if (judge_text(s, sent_position(s.seq), now, host)) advance_states();
    }
  } else if (config_->from_the_start && !blind_) {
    check(TcpRule::state, false);
  }
  satisfy(duty_);
  fresh_.clear();
  fresh_overflow_ = false;
  echoes_.since_sent = 0;
  last_sent_ = now;
  if (!states_.has(likely_) && !states_.empty()) likely_ = states_.last();
}

void TcpMonitorConnection::turn(const HostContext& host) {
  mature({}, true);
  receive_.turn_high = receive_.bytes.high();
  const bool alive = (states_ & state_set::gone).empty();
  if (duty_ && alive && !host.hidden) check(*duty_, false);
  duty_.reset();
}

std::string TcpMonitorConnection::text() const {
  std::array<char, 512> line;
  std::snprintf(line.data(), line.size(),
                "states: %s\nISS %u, SND.UNA %lld..%lld, SND.NXT %lld, peer's edge %lld; IRS %u, RCV.NXT %lld..%lld, "
                "edge %lld (from the SYNs)\n",
                states_.text().c_str(), send_.iss, static_cast<long long>(send_.una_certain),
                static_cast<long long>(send_.una), static_cast<long long>(send_.next),
                static_cast<long long>(send_.edge), receive_.irs, static_cast<long long>(receive_.acked),
                static_cast<long long>(receive_.bytes.high()), static_cast<long long>(receive_.edge));
  std::string text = line.data();
  const std::uint64_t first = event_count_ > events_kept ? event_count_ - events_kept : 0;
  for (std::uint64_t i = first; i < event_count_; ++i) {
    const Event& e = events_[i % events_kept];
    std::string flags;
    for (unsigned bit = 0; bit < 8; ++bit) flags += (e.flags >> bit & 1) != 0 ? "FSRPAUEC"[bit] : '-';
    std::snprintf(line.data(), line.size(), "%14.6f %s %s seq %lld ack %lld len %u win %u",
                  static_cast<double>(e.at.as_microseconds()) / 1e6, e.outgoing ? "->" : "<-", flags.c_str(),
                  static_cast<long long>(e.outgoing ? sent_position(e.seq) : received_position(e.seq)),
                  static_cast<long long>(e.outgoing ? received_position(e.ack) : sent_position(e.ack)), e.payload,
                  unsigned{e.window});
    text += line.data();
    if (e.timestamps) text += " ts " + std::to_string(e.ts_value) + " " + std::to_string(e.ts_echo);
    for (std::size_t k = 0; k < e.sack_count; ++k) {
      const auto place = [&](std::uint32_t number) {
        return e.outgoing ? received_position(number) : sent_position(number);
      };
      text += " sack " + std::to_string(place(e.sack[k].left)) + "-" + std::to_string(place(e.sack[k].right));
    }
    text += "\n";
  }
  return text;
}

}  // namespace linnet::sim
