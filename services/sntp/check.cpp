// SPDX-License-Identifier: Apache-2.0
#include "services/sntp/check.hpp"

namespace linnet::sntp {

namespace {

/// What is asked of every message that has the time.
Verdict judge_time(const Message& message, const Config& config) {
  if (message.leap == Leap::unsynchronised || message.stratum >= unsynchronised_stratum) {
    return Verdict::unsynchronised;
  }
  if (message.transmit == 0) return Verdict::ignored;
  const Duration delay = from_short(message.root_delay);
  const Duration dispersion = from_short(message.root_dispersion);
  if (delay > config.maximum_root || dispersion > config.maximum_root) return Verdict::ignored;
  if (delay / 2 + dispersion > config.maximum_distance) return Verdict::ignored;
  // RFC 5905 A.5.1.1: a server cannot have been set after it answered.
  if (message.reference != 0 &&
      to_unix(message.reference, config.earliest) > to_unix(message.transmit, config.earliest)) {
    return Verdict::ignored;
  }
  return Verdict::time;
}

bool known_version(const Message& message) {
  return message.version >= 1 && message.version <= highest_version;
}

}  // namespace

Verdict judge_answer(const Message& message, Timestamp cookie, const Config& config) {
  if (message.mode != PacketMode::server || !known_version(message)) return Verdict::ignored;
  // Before anything else counts, kisses included: only who saw our request knows the cookie.
  if (cookie == 0 || message.origin != cookie) return Verdict::ignored;
  if (message.stratum == 0) {
    if (message.reference_id == kiss::rate) return Verdict::rate;
    if (message.reference_id == kiss::deny || message.reference_id == kiss::rstr) return Verdict::denied;
    return Verdict::unsynchronised;
  }
  const Verdict verdict = judge_time(message, config);
  if (verdict != Verdict::time) return verdict;
  if (message.receive == 0) return Verdict::ignored;
  const Duration turned =
      to_unix(message.transmit, config.earliest) - to_unix(message.receive, config.earliest);
  // Within our patience it cannot have kept the request longer than that, nor answered before it came.
  return turned < Duration() || turned > config.timeout * 2 ? Verdict::ignored : Verdict::time;
}

Verdict judge_broadcast(const Message& message, const Config& config) {
  if (message.mode != PacketMode::broadcast || !known_version(message) || message.stratum == 0) {
    return Verdict::ignored;
  }
  return judge_time(message, config);
}

}  // namespace linnet::sntp
