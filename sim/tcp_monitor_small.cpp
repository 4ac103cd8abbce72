// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.7.4, 3.8.4 and 3.8.6: what is sent though it is little: short segments, probes of a window,
// keep-alives.
#include <algorithm>

#include "sim/tcp_monitor_connection.hpp"

namespace linnet::sim {
namespace {

constexpr std::int64_t least_full_segment = 400;  // no path and no peer of the world makes them shorter
// Of those under way one may be a probe of the tail (RFC 8985 7.3), and the last may have the FIN behind it.
constexpr unsigned short_segments = 3;

}  // namespace

/// New data, before it counts as sent. Nagle, as Minshall refined it: a short segment waits for another short one.
void TcpMonitorConnection::judge_small(const MonitoredSegment& s, std::int64_t begin, const HostContext& host) {
  const auto length = static_cast<std::int64_t>(s.payload.size());
  if (!config_->gathers || host.hidden || begin != send_.next || length == 0) {
    gathering_ = {};
    return;
  }
  const bool under_way = gathering_.count > 0 && gathering_.begin >= send_.una;
  const std::int64_t bytes = (under_way ? gathering_.bytes : 0) + length;
  if (bytes > std::min<std::int64_t>(std::int64_t{send_.mss} - 40, least_full_segment)) {
    gathering_ = {};
    return;
  }
  if (!under_way) gathering_ = {.begin = begin};
  gathering_.bytes = bytes;
  ++gathering_.count;
  check(TcpRule::small_segments, gathering_.count <= short_segments, gathering_.count, bytes);
}

/// A segment with `length` bytes, that may be a probe: it has nothing new, or one byte.
void TcpMonitorConnection::judge_probe(std::int64_t begin, std::int64_t length, Instant now,
                                       const HostContext& host) {
  const bool closed = send_.last_edge <= send_.una;
  if (!closed || host.hidden || length > 1 || begin > send_.una || (length == 0 && begin == send_.una)) {
    const bool asks = length == 0 && begin + 1 == send_.una;
    const bool calm = !last_received_.is_never() && now - last_received_ > Duration::seconds(2);
    const bool open = send_.last_edge - send_.una >= send_.mss && send_.next == send_.una;
    if (asks && open && calm && !host.hidden && send_.probe_end != send_.next) {
      check(TcpRule::keepalive_unasked, config_->keeps_alive);
    }
    if (length > 0 || host.hidden) probes_ = {};
    return;
  }
  // The first interval begins with whatever made the sender look at the window.
  if (probes_.count >= 3) {
    const Duration interval = now - probes_.last;
    const Duration slack = interval / 16 + Duration::milliseconds(10) + config_->lateness;
    const bool doubled = interval + slack >= probes_.interval * 2 || interval + slack >= config_->rto_max;
    check(TcpRule::probe_back_off, doubled, interval.as_microseconds(), probes_.interval.as_microseconds());
  }
  if (probes_.count > 0) probes_.interval = now - probes_.last;
  probes_.last = now;
  ++probes_.count;
}

}  // namespace linnet::sim
