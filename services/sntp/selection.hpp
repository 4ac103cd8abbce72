// SPDX-License-Identifier: Apache-2.0
// Which of several servers to believe: the one sample of each (RFC 5905 10), and those that agree (11.2.1).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "core/base/time.hpp"

namespace linnet::sntp {

/// One measurement of one server.
struct Sample {
  Duration offset;                ///< UTC since 1970 less the owner's monotonic time
  Duration delay;                 ///< there and back
  Duration root;                  ///< half the server's root delay, and its root dispersion
  Instant at = Instant::never();  ///< when it came; never: there is none

  /// How far off the offset can be (RFC 5905 A.5.5.2: root distance). Clocks drift by 15 ppm (PHI).
  Duration distance(Instant now) const { return delay / 2 + root + (now - at) * 15 / 1000000 + floor; }
  static constexpr Duration floor = Duration::milliseconds(1);  // of what a poll and a queue add to one way
};

/// The last eight samples of a server: the one with the least delay is the truest (RFC 5905 10).
class SampleFilter {
 public:
  void add(const Sample& sample) {
    samples_[next_] = sample;
    next_ = (next_ + 1) % samples_.size();
  }
  void clear() { *this = SampleFilter(); }
  const Sample* best(Instant now) const;

 private:
  std::array<Sample, 8> samples_{};
  std::size_t next_ = 0;
};

/// The offset of one server: the truth lies within `distance` of it, unless the server lies.
struct Candidate {
  std::uint8_t server = 0;
  Duration offset;
  Duration distance;
  bool agrees = false;  ///< said by `select`
};

struct Choice {
  std::size_t agreeing = 0;  ///< candidates whose intervals have a point in common, as many as possible;
                             ///< where others are as many, those with the first point
  std::size_t best = 0;      ///< index of the one among them that is least far off; of several the first
};
/// Nothing for no candidates. Time grows with their number squared.
std::optional<Choice> select(std::span<Candidate> candidates);

}  // namespace linnet::sntp
