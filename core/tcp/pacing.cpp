// SPDX-License-Identifier: Apache-2.0
// Pacing: a window leaves over its round trip rather than in a burst that a short queue on the way drops the end of. One
// deadline of the connection's timer, no queue of packets; none where a device queues by itself, or where the round
// trip is shorter than a timer is good for. The round trip here is the least: what queues and delays of a moment add to a
// single one, that of the handshake above all, must not hold a connection back.
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {
constexpr Duration least_round_trip = Duration::milliseconds(4);
/// What goes at once: a timer of a device is rarely better than this, and longer bursts meet more than their share of what
/// a full queue on the way drops.
constexpr Duration quantum = Duration::milliseconds(1);

/// A timer that is late is made up for, unless nothing was to be sent for so long: that is a burst of its own.
Duration credit(const Connection& c) { return c.rtt.minimum() / 4; }
}  // namespace

/// How long `bytes` take: at twice the rate of the window in slow start, which needs room to double, and at 1.2 times in
/// congestion avoidance.
Duration Tcp::pacing_interval(const Connection& c, std::uint32_t bytes) {
  const bool doubling = c.congestion.window() < c.congestion.threshold() / 2;
  const std::int64_t rate = std::int64_t{c.congestion.window()} * (doubling ? 20 : 12);  // tenths of bytes a round trip
  return Duration::microseconds(c.rtt.minimum().as_microseconds() * bytes * 10 / std::max<std::int64_t>(rate, 1));
}

bool Tcp::paces(const Connection& c) const {
  return config_.pacing && c.rtt.measured() && c.rtt.minimum() >= least_round_trip && !c.path.device_queues &&
         c.bytes_out >= c.congestion.initial_window();
}

/// How much may go in one segment: not more than the quantum's worth, but two segments always.
std::uint32_t Tcp::paced_size(const Connection& c) const {
  if (!paces(c)) return 0xffffffffu;
  const std::int64_t each = std::max<std::int64_t>(pacing_interval(c, c.send_mss).as_microseconds(), 1);
  const std::int64_t segments = std::clamp<std::int64_t>(quantum.as_microseconds() / each, 2, 1000);
  return static_cast<std::uint32_t>(segments) * c.send_mss;
}

/// True when what is to be sent must wait: the timer will say when.
bool Tcp::pacing_holds(Connection& c, Instant now) {
  if (c.pace_at <= now || !paces(c)) return false;
  c.pacing = true;
  return true;
}

/// The initial window is a burst that every path is expected to take (RFC 6928 2): held back, it would cost each short
/// transfer the better part of a round trip.
void Tcp::note_paced(Connection& c, std::uint32_t bytes, Instant now) {
  if (!paces(c) || c.bytes_out < c.congestion.initial_window() + std::uint64_t{bytes}) return;
  c.pace_at = std::max(c.pace_at, now - credit(c)) + pacing_interval(c, bytes);
}

}  // namespace linnet::tcp
