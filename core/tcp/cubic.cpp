// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/cubic.hpp"

#include <algorithm>

namespace linnet::tcp {
namespace {

/// Beyond this the curve is far steeper than the limit of growth, and 64 bits hold the cube times any segment size.
constexpr std::int64_t longest_distance = 100000;  // milliseconds

/// alpha_cubic = 3 (1 - beta) / (1 + beta), about 0.529, in 1/1024.
constexpr std::uint32_t alpha = 542;

/// Bytes above (or below) the plateau `t` milliseconds after (before) the curve reaches it: C (t/1000)^3 segments, with
/// C = 0.4.
std::int64_t curve(std::int64_t t, std::uint32_t mss) {
  const std::int64_t bounded = std::clamp(t, -longest_distance, longest_distance);
  return bounded * bounded * bounded / 1000 * mss / 2500000;
}

void begin(CubicEpoch& epoch, std::uint32_t window, const CubicHistory& history, std::uint32_t mss, Instant now) {
  epoch = CubicEpoch{};
  epoch.start = now;
  epoch.plateau = epoch.estimate = window;
  // 4.3: W_est begins with cwnd_epoch, beta times the window. A part of a segment is no window, but where that is a few
  // segments, it is much to grow.
  if (history.reduced > window && history.reduced - window < mss) epoch.estimate = history.reduced;
  if (window >= history.plateau) return;
  epoch.plateau = history.plateau;
  // (2): K = cbrt((W_max - cwnd_epoch) / C) seconds, in segments.
  epoch.k = cube_root(std::uint64_t{history.plateau - window} * 2500000000u / mss);
}

/// `rest` carries what integer division leaves over to the next call.
std::uint32_t share(std::uint64_t product, std::uint32_t divisor, std::uint32_t& rest) {
  const std::uint64_t sum = product + rest;
  rest = static_cast<std::uint32_t>(sum % divisor);
  return static_cast<std::uint32_t>(sum / divisor);
}

}  // namespace

std::uint32_t cube_root(std::uint64_t value) {
  std::uint64_t root = 0;
  for (int bit = 21; bit >= 0; --bit) {
    const std::uint64_t tried = root | (std::uint64_t{1} << bit);
    if (tried * tried * tried <= value && tried <= 2642245) root = tried;
  }
  return static_cast<std::uint32_t>(root);
}

std::uint32_t cubic_acknowledged(CubicEpoch& epoch, std::uint32_t window, const CubicHistory& history,
                                 std::uint32_t mss, std::uint32_t acked, Duration rtt, Instant now) {
  if (!epoch.begun()) begin(epoch, window, history, mss, now);
  const std::int64_t elapsed = (now - epoch.start).as_milliseconds();
  epoch.seen = static_cast<std::uint32_t>(std::clamp<std::int64_t>(elapsed, 0, 0xffffffff));
  const std::int64_t wanted = epoch.plateau + curve(elapsed - epoch.k + rtt.as_milliseconds(), mss);
  // 4.3: alpha is 1 once W_est is where the window was when it was reduced; 4.10: at once when it never was.
  const std::uint32_t slope = epoch.estimate >= history.prior ? 1024 : alpha;
  epoch.estimate += share(std::uint64_t{acked} * mss * slope / 1024, window, epoch.estimate_rest);
  // 4.2: the target lies between the window and one and a half of it.
  const std::int64_t most = std::int64_t{window} + window / 2;
  const auto target = static_cast<std::uint32_t>(std::clamp<std::int64_t>(wanted, window, most));
  const std::uint32_t grown =
      window + share(std::uint64_t{target - window} * acked, window, epoch.window_rest);
  return std::max(grown, epoch.estimate);  // 4.3 Reno-friendly region, 4.4 concave, 4.5 convex
}

}  // namespace linnet::tcp
