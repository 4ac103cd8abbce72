// SPDX-License-Identifier: Apache-2.0
#include "services/sntp/selection.hpp"

namespace linnet::sntp {

const Sample* SampleFilter::best(Instant now) const {
  const Sample* best = nullptr;
  for (const Sample& sample : samples_) {
    if (sample.at.is_never()) continue;
    if (best == nullptr || sample.distance(now) < best->distance(now)) best = &sample;
  }
  return best;
}

namespace {

bool holds(const Candidate& candidate, Duration point) {
  return candidate.offset - candidate.distance <= point && point <= candidate.offset + candidate.distance;
}

std::size_t count_holding(std::span<const Candidate> candidates, Duration point) {
  std::size_t count = 0;
  for (const Candidate& candidate : candidates) count += holds(candidate, point) ? 1 : 0;
  return count;
}

}  // namespace

/// Marzullo: where most intervals overlap, one of them begins.
std::optional<Choice> select(std::span<Candidate> candidates) {
  Choice choice;
  Duration common;
  for (const Candidate& candidate : candidates) {
    const Duration begin = candidate.offset - candidate.distance;
    const std::size_t count = count_holding(candidates, begin);
    if (count <= choice.agreeing) continue;
    choice.agreeing = count;
    common = begin;
  }
  if (choice.agreeing == 0) return std::nullopt;
  bool any = false;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    candidates[i].agrees = holds(candidates[i], common);
    if (!candidates[i].agrees) continue;
    if (!any || candidates[i].distance < candidates[choice.best].distance) choice.best = i;
    any = true;
  }
  return choice;
}

}  // namespace linnet::sntp
