// SPDX-License-Identifier: Apache-2.0
// The receiver's side of a sent segment: acknowledgment, window, timestamps, SACK blocks.
#include <algorithm>

#include "sim/tcp_monitor_connection.hpp"

namespace linnet::sim {
namespace {

constexpr std::int64_t least_full_segment = 400;  // none that the path or the peer limit is shorter

}  // namespace

void TcpMonitorConnection::judge_acknowledgment(const MonitoredSegment& s, Instant now, const HostContext& host) {
  if (!receive_.known || !s.has(tcp_flag::ack)) {
    check(TcpRule::state, false);  // RFC 9293 3.10.7: after the SYN every segment has an ACK
    return;
  }
  const std::int64_t ack = received_position(s.ack);
  if (!check(TcpRule::acknowledges_unreceived, ack <= receive_.bytes.high(), ack, receive_.bytes.high())) return;
  if (!check(TcpRule::acknowledgment_back, ack >= receive_.acked, ack, receive_.acked)) return;
  judge_states(s, ack);
  judge_window(s, ack);
  judge_timestamps(s, ack);
  judge_sack(s, ack, now, host);
  judge_delay(ack, now, host);
  receive_.acked = ack;
}

void TcpMonitorConnection::judge_delay(std::int64_t ack, Instant now, const HostContext& host) {
  if (host.hidden) receive_.stale = false;
  if (ack == receive_.acked) {
    if (host.turns && receive_.turn_high > ack && !host.hidden) receive_.stale = true;
    return;
  }
  // What was acknowledged now, and came only once, had been taken before: it was known when a segment said less.
  check(TcpRule::acknowledgment_stale, !receive_.stale, receive_.acked, ack);
  receive_.stale = false;
  if (!receive_.due_since.is_never() && !host.hidden) {
    const Duration delay = now - receive_.due_since;
    const Duration most = config_->delayed_ack_max + config_->lateness;
    check(TcpRule::delayed_ack, delay <= most, delay.as_microseconds(), most.as_microseconds());
  }
  const std::int64_t taken = std::min(ack, receive_.turn_high) - receive_.acked;
  if (host.turns && config_->every_second_segment && !host.hidden && !receive_.again) {
    const std::int64_t two = 2 * std::int64_t{receive_.mss};
    check(TcpRule::every_second_segment, taken < two, taken, two);
  }
  receive_.again = false;
  receive_.due_since = receive_.bytes.high() > ack ? now : Instant::never();
}

void TcpMonitorConnection::judge_window(const MonitoredSegment& s, std::int64_t ack) {
  const std::int64_t unit = std::int64_t{1} << receive_.scale;
  const std::int64_t edge = ack + s.window * unit;
  const bool without_memory = config_->closes_without_memory && s.window == 0 && receive_.bytes.high() > ack;
  const std::int64_t reach = edge + (config_->rounds_up ? 1 : unit);
  check(TcpRule::window_shrinks, reach > receive_.edge || without_memory, edge, receive_.edge);
  if (config_->steps && !receive_.closed) judge_opening(edge - receive_.edge, unit);
  receive_.closed = without_memory;
  receive_.edge = without_memory ? edge : std::max(receive_.edge, edge);
}

/// RFC 9293 3.8.6.2.2: by min(half of the buffer, a segment). The buffer is at least what the SYN offered, and what was
/// offered before may have been rounded up to a unit of the scale.
void TcpMonitorConnection::judge_opening(std::int64_t growth, std::int64_t unit) {
  if (growth <= 0 || (unit > 1 && growth < unit)) return;
  const std::int64_t step = std::min<std::int64_t>(own_syn_.window / 2, least_full_segment) - unit + 1;
  check(TcpRule::silly_window_offered, growth >= step, growth, step);
}

bool TcpMonitorConnection::may_echo(std::uint32_t value) const {
  if (echoes_.last_known && value == echoes_.last) return true;
  for (std::size_t i = 0; i < echoes_.count; ++i) {
    if (echoes_.ring[i].value == value && echoes_.ring[i].begin <= receive_.acked) return true;
  }
  return echoes_.since_sent >= echoes_.ring.size();
}

void TcpMonitorConnection::judge_timestamps(const MonitoredSegment& s, std::int64_t ack) {
  if (!timestamps_) {
    check(TcpRule::timestamps_unasked, !s.timestamps);
    return;
  }
  if (!check(TcpRule::timestamps_missing, s.timestamps)) return;
  if (send_.ts_value_known) {
    check(TcpRule::timestamp_back, static_cast<std::int32_t>(s.ts_value - send_.ts_value) >= 0, s.ts_value,
          send_.ts_value);
  }
  send_.ts_value = s.ts_value;
  send_.ts_value_known = true;
  check(TcpRule::timestamp_echo, may_echo(s.ts_echo), s.ts_echo, echoes_.last);
  const bool back = echoes_.last_known && static_cast<std::int32_t>(s.ts_echo - echoes_.last) < 0;
  bool older = false;
  if (ack > receive_.acked && echoes_.since_sent < echoes_.ring.size()) {
    // One of those that begin no later than the last acknowledgment, and end behind it, moved it.
    bool any = false;
    std::uint32_t oldest = 0;
    for (std::size_t i = 0; i < echoes_.count; ++i) {
      const Echo& e = echoes_.ring[i];
      if (e.begin > receive_.acked || e.end <= receive_.acked) continue;
      if (!any || static_cast<std::int32_t>(e.value - oldest) < 0) oldest = e.value;
      any = true;
    }
    older = any && static_cast<std::int32_t>(s.ts_echo - oldest) < 0;
  }
  check(TcpRule::timestamp_echo_old, !back && !older, s.ts_echo, echoes_.last);
  echoes_.last = s.ts_echo;
  echoes_.last_known = true;
}

/// Nothing but one segment came since the last was sent, it came just now, and all of it was acknowledged long ago.
bool TcpMonitorConnection::duplicate_alone(const MonitoredSegment& s, Instant now, const HostContext& host) const {
  if (!config_->tells_duplicates || !sack_ || !s.payload.empty() || !host.turns || host.hidden) return false;
  if (fresh_overflow_ || fresh_.size() != 1 || last_received_ != now || !certain(state_set::receiving)) return false;
  return fresh_[0].taken && fresh_[0].begin < fresh_[0].end && fresh_[0].end <= receive_.acked;
}

void TcpMonitorConnection::judge_sack(const MonitoredSegment& s, std::int64_t ack, Instant now,
                                      const HostContext& host) {
  if (duplicate_alone(s, now, host)) check(TcpRule::duplicate_told, s.sack_count > 0, fresh_[0].begin, fresh_[0].end);
  if (s.payload.empty() || s.sack_count > 0) receive_.sacked_to = ack;
  if (s.sack_count == 0 || !check(TcpRule::sack_unasked, sack_)) return;
  std::array<PositionRange, 4> blocks{};
  for (std::size_t i = 0; i < s.sack_count; ++i) {
    blocks[i] = {received_position(s.sack[i].left), received_position(s.sack[i].right)};
    const bool came = blocks[i].begin < blocks[i].end && receive_.bytes.contains(blocks[i].begin, blocks[i].end);
    if (!check(TcpRule::sack_unreceived, came, blocks[i].begin, blocks[i].end)) return;
  }
  const auto inside = [](const PositionRange& a, const PositionRange& b) {
    return a.begin >= b.begin && a.end <= b.end;
  };
  const auto holds_first = [&](const PositionRange& block) { return inside(blocks[0], block); };
  const bool duplicate = blocks[0].end <= ack || std::any_of(blocks.begin() + 1, blocks.begin() + std::max<std::size_t>(s.sack_count, 1), holds_first);
  if (duplicate) check(TcpRule::sack_unreceived, receive_.duplicates, blocks[0].begin, blocks[0].end);
  for (std::size_t i = duplicate ? 1 : 0; i < s.sack_count; ++i) {
    check(TcpRule::sack_order, blocks[i].begin > ack, blocks[i].begin, ack);
    receive_.sacked_to = std::max(receive_.sacked_to, blocks[i].end);
  }
  if (!duplicate && !fresh_overflow_) judge_first_block(blocks, s.sack_count);
}

/// Of a batch, any may have been the last; what no block tells of was not kept.
void TcpMonitorConnection::judge_first_block(const std::array<PositionRange, 4>& blocks, std::size_t count) {
  bool told = false;
  bool first = false;
  for (const Arrived& range : fresh_) {
    if (range.begin == range.end) continue;  // a FIN alone
    for (std::size_t i = 0; i < count; ++i) {
      if (range.begin < blocks[i].begin || range.end > blocks[i].end) continue;
      told = told || range.anew;
      first = first || i == 0;
    }
  }
  if (told) check(TcpRule::sack_first_block, first, blocks[0].begin, blocks[0].end);
}

}  // namespace linnet::sim
