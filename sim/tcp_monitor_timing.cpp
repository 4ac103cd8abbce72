// SPDX-License-Identifier: Apache-2.0
// RFC 6298 5: timeouts, as far as they can be told from outside: by retransmissions of one segment while nothing
// arrives.
#include "sim/tcp_monitor_connection.hpp"

namespace linnet::sim {

void TcpMonitorConnection::judge_timeout(std::int64_t begin, std::int64_t size, Instant now, const HostContext& host) {
  const bool goes_on = timer_.quiet && begin == timer_.begin && size == timer_.size && !host.hidden;
  if (!goes_on) {
    const bool on = timer_.quiet && timer_.timed_out && begin > timer_.begin;
    if (on && !host.hidden) {
      judge_burst(begin, size);
      return;
    }
    timer_.begin = begin;
    timer_.size = size;
    timer_.count = last_received_ == now ? 0 : 1;  // what an arrival made go again, no timer had a part in
    timer_.timed_out = false;
    timer_.interval = {};
  } else {
    // The first that a timer sends may be a probe of the tail or of the window; the second is certainly a timeout.
    const Duration interval = now - timer_.last;
    ++timer_.count;
    if (timer_.count >= 3) judge_interval(interval, timer_.interval);
    timer_.interval = interval;
    timer_.timed_out = timer_.count >= 2;
  }
  timer_.last = now;
  timer_.sent_since = size;
  timer_.quiet = true;
}

void TcpMonitorConnection::judge_burst(std::int64_t begin, std::int64_t size) {
  if (!timer_.quiet || !timer_.timed_out) return;
  timer_.sent_since += size;
  // One full-sized segment, or short ones of which the last may stand out of it.
  check(TcpRule::timeout_burst, timer_.sent_since < 2 * std::int64_t{send_.mss}, begin, timer_.sent_since);
}

void TcpMonitorConnection::judge_interval(Duration interval, Duration before) {
  const Duration slack = interval / 16 + Duration::milliseconds(10) + config_->lateness;
  const Duration least = before * 2;
  const bool at_most = interval + slack >= config_->rto_max;
  check(TcpRule::no_back_off, interval + slack >= least || at_most, interval.as_microseconds(),
        least.as_microseconds());
  check(TcpRule::timeout_too_short, interval + slack >= config_->rto_min, interval.as_microseconds(),
        config_->rto_min.as_microseconds());
  check(TcpRule::timeout_too_long, interval <= config_->rto_max + slack, interval.as_microseconds(),
        config_->rto_max.as_microseconds());
}

}  // namespace linnet::sim
