// SPDX-License-Identifier: Apache-2.0
#include "sim/sntp_rules.hpp"

namespace linnet::sim {

RuleWords words_of(SntpRule rule) {
  constexpr std::array<RuleWords, sntp_rules> words{{
      {"RFC4330.4.length", "a request has 48 bytes"},
      {"RFC4330.5.mode", "a request is of mode 3 and version 4, without a leap indicator"},
      {"RFC4330.5.fields", "a request tells nothing but a transmit timestamp"},
      {"RFC4330.5.new", "no transmit timestamp comes twice, and none is 0"},
      {"RFC4330.5.unpredictable",
       "a transmit timestamp follows neither from a clock nor from those before it"},
      {"RFC4330.10.interval", "a server is asked no more often than every 15 seconds"},
      {"RFC4330.10.denied", "who said DENY or RSTR is not asked again"},
      {"RFC5905.7.4.rate", "who said RATE is asked half as often, for once at least"},
      {"RFC4330.5.originate", "the time is taken from answers to own requests, one from each"},
      {"RFC4330.6.asked",
       "an answer's originate timestamp is the transmit timestamp of a request from there"},
      {"RFC4330.6.length", "an answer is no longer than its request"},
      {"RFC4330.6.mode", "an answer is of mode 4 and of its request's version"},
      {"RFC4330.6.poll", "an answer has its request's poll interval"},
      {"RFC4330.6.stratum",
       "an answer is of stratum 1 to 15, or a kiss or of stratum 16 and without leap indicator"},
      {"RFC4330.6.order", "reference, receive and transmit timestamps are in that order, and there"},
  }};
  return words[static_cast<std::size_t>(rule)];
}

}  // namespace linnet::sim
