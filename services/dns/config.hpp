// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/time.hpp"

namespace linnet::dns {

struct Config {
  std::uint16_t queries = 4;        ///< names being resolved, or whose result is not released yet
  std::uint16_t cache_entries = 4;  ///< names whose answers are kept; 0: none
  std::uint8_t tries = 4;           ///< of one server, before the next one is asked
  Duration first_gap =
      Duration::seconds(1);  ///< from the first try to the second; the nth gap is n times that
  Duration maximum_ttl =
      Duration::seconds(86400);  ///< answers are kept no longer (RFC 8767 4: a cap is wise)
  Duration maximum_negative_ttl = Duration::seconds(900);  ///< RFC 2308 5: likewise for "there is none"
  std::uint16_t message_size = 512;   ///< bytes of the largest answer read, at least 512 (RFC 1035 2.3.4)
  bool refuse_local_answers = false;  ///< leaves 0/8, 127/8 and 169.254/16 out of answers (DNS rebinding)
};

}  // namespace linnet::dns
