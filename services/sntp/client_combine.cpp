// SPDX-License-Identifier: Apache-2.0
// From the answers of several servers to one correction of the clock.
#include <algorithm>

#include "services/sntp/client.hpp"

namespace linnet::sntp {

namespace {
Duration magnitude(Duration d) { return d < Duration() ? -d : d; }
}  // namespace

/// Corrects the clock if more than half of those in play agree. `last`: nobody is waited for any more. True
/// when the clock was corrected, or is right as it is.
bool Client::combine(bool last, Instant now) {
  std::array<Candidate, most_servers> room;
  std::size_t count = 0;
  std::size_t in_play = 0;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const Association& server = servers_[i];
    in_play += server.in_play() ? 1 : 0;
    if (server.phase != Phase::answered) continue;
    const Sample& sample = *server.filter.best(now);
    room[count++] = {
        .server = static_cast<std::uint8_t>(i), .offset = sample.offset, .distance = sample.distance(now)};
  }
  const std::span<Candidate> candidates(room.data(), count);
  const std::optional<Choice> choice = select(candidates);
  if (!choice) return false;
  if (choice->agreeing * 2 <= in_play) {
    if (last) ++status_.disagreements;
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) {
    Association& server = servers_[candidates[i].server];
    server.opinion = i == choice->best      ? Opinion::chosen
                     : candidates[i].agrees ? Opinion::agrees
                                            : Opinion::outvoted;
    if (const auto time = clock_.unix_time(now)) {
      const UnixTime said = UnixTime{now.as_microseconds()} + candidates[i].offset;
      // The clock may just have been corrected by a server that answered before.
      server.offset = said - *time + (applied_ ? status_.correction : Duration());
    }
  }
  return apply(candidates[choice->best], choice->agreeing, now);
}

bool Client::apply(const Candidate& chosen, std::size_t agreeing, Instant now) {
  if (applied_ && chosen.offset == last_offset_) return true;
  const UnixTime time = UnixTime{now.as_microseconds()} + chosen.offset;
  const auto before = clock_.unix_time(now);
  const Duration correction = before ? time - *before : Duration();
  if (!believable(correction, chosen, agreeing)) return false;
  suspected_ = false;
  if (!before) clock_.set(time, now);
  correct(correction, chosen, now);
  return true;
}

/// The first time is taken as it is; a large change after that is said twice, or it is one packet's word.
/// (One is more than half of those in play only when nobody else is waited for.)
bool Client::believable(Duration correction, const Candidate& chosen, std::size_t agreeing) {
  if (status_.synchronised_at.is_never() || agreeing >= 2) return true;
  if (magnitude(correction) <= config_.unconfirmed_step) return true;
  if (suspected_ && suspected_round_ != round_ &&
      magnitude(chosen.offset - suspected_offset_) <= Duration::seconds(1)) {
    return true;
  }
  if (!suspected_ || suspected_round_ != round_) {
    ++status_.suspicions;
    suspected_ = true;
    suspected_round_ = round_;
    suspected_offset_ = chosen.offset;
  }
  return false;
}

void Client::correct(Duration correction, const Candidate& chosen, Instant now) {
  const Association& server = servers_[chosen.server];
  const bool smooth = config_.sync_mode == SyncMode::smooth && !status_.synchronised_at.is_never() &&
                      magnitude(correction) <= config_.slew_limit;
  if (smooth) {
    clock_.slew(correction, config_.slew_ppm, now);
  } else {
    clock_.set(UnixTime{now.as_microseconds()} + chosen.offset, now);
  }
  last_offset_ = chosen.offset;
  status_.server = server.address;
  status_.leap = server.leap;
  status_.stratum = server.stratum;
  status_.reference_id = server.reference_id;
  status_.correction = correction;
  status_.delay = server.filter.best(now)->delay;
  status_.root_delay = status_.delay + from_short(server.root_delay);
  status_.distance = chosen.distance;
  status_.synchronised_at = now;
  ++status_.version;
}

}  // namespace linnet::sntp
