// SPDX-License-Identifier: Apache-2.0
// What an answer is worth: the sanity checks of RFC 4330 5 and RFC 5905 A.5.1, without any state.
#pragma once

#include "services/sntp/config.hpp"
#include "services/sntp/wire.hpp"

namespace linnet::sntp {

enum class Verdict : std::uint8_t {
  ignored,         ///< no answer to what was asked, or one that makes no sense: as if it had not come
  time,            ///< it has the time
  unsynchronised,  ///< it is from that server, which does not have the time
  rate,            ///< kisses: ask less often,
  denied,          ///< and not at all
};

/// `cookie`: the transmit timestamp of our request, not 0.
Verdict judge_answer(const Message& message, Timestamp cookie, const Config& config);

/// Of a message of mode 5.
Verdict judge_broadcast(const Message& message, const Config& config);

}  // namespace linnet::sntp
