// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/rack.hpp"

#include <algorithm>

namespace linnet::tcp {
namespace {

constexpr std::uint8_t recoveries_to_persist = 16;

std::uint32_t bounded(Duration d) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(d.as_microseconds(), 0, 0xffffffff));
}

}  // namespace

void Rack::delivered(Instant sent, SequenceNumber end, bool retransmitted, Duration minimum, Instant now) {
  const Duration rtt = now - sent;
  // An acknowledgment sooner than any round trip is of the original, which was sent earlier.
  if (retransmitted && rtt < minimum) return;
  rtt_ = bounded(rtt);
  if (valid_ && !(sent_ < sent || (sent_ == sent && end_ < end))) return;
  sent_ = sent;
  end_ = end;
  retransmitted_ = retransmitted;
  valid_ = true;
}

void Rack::reordered(Instant sent, std::uint32_t segments, bool first, Instant now) {
  reordering_seen_ = true;
  if (first) ++reorderings_;
  degree_ = static_cast<std::uint16_t>(std::max<std::uint32_t>(degree_, std::min<std::uint32_t>(segments, 300)));
  const std::uint32_t late = bounded(now - sent - rtt());
  lateness_ = std::max(lateness_, late);
}

void Rack::duplicate_sacked(SequenceNumber una, SequenceNumber nxt) {
  reordering_seen_ = true;
  persist_ = recoveries_to_persist;
  if (round_valid_ && una < round_end_) return;
  round_valid_ = true;
  round_end_ = nxt;
  if (multiplier_ < 255) ++multiplier_;
}

Duration Rack::window(bool eager, Duration minimum, Duration smoothed, const RackSettings& settings) const {
  if (!reordering_seen_ && !orderly_ && settings.patient_at_first) return std::min(minimum / 2, smoothed);
  if (!reordering_seen_ && eager) return Duration();
  const Duration quarters = minimum * multiplier_ / 4;
  // The RFC's window grows by D-SACKs, each of which is a needless retransmission. What came late and was not taken as
  // lost tells as much and costs nothing: the window covers it, and a quarter more.
  const Duration seen = Duration::microseconds(std::int64_t{lateness_} + lateness_ / 4);
  return std::min(std::max(quarters, seen), smoothed);
}

}  // namespace linnet::tcp
