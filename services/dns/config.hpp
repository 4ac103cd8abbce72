// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/time.hpp"

namespace linnet::dns {

struct Config {
  std::uint16_t queries = 4;        ///< names being resolved, or whose result is not released yet
  std::uint16_t cache_entries = 4;  ///< answers that are kept, each of one name and record type; 0: none
  std::uint8_t tries = 4;           ///< of one server, before the next one is asked
  Duration first_gap =
      Duration::seconds(1);  ///< from the first try to the second; the nth gap is n times that
  Duration partial_wait = Duration::seconds(2);  ///< for the other family, once one has an answer of use
                                                 ///< (RFC 8305 3 says 50 ms where the user is waiting)
  Duration maximum_ttl =
      Duration::seconds(86400);  ///< answers are kept no longer (RFC 8767 4: a cap is wise)
  Duration maximum_negative_ttl = Duration::seconds(900);  ///< RFC 2308 5: likewise for "there is none"
  Duration failure_ttl =
      Duration::seconds(30);         ///< that one family failed is kept (RFC 2308 7: at most 300 s)
  std::uint16_t message_size = 512;  ///< bytes of the largest answer read, at least 512 (RFC 1035 2.3.4)
  bool refuse_local_answers =
      false;  ///< leaves 0/8, 127/8, 169.254/16, ::1 and fe80::/10 out of answers (DNS rebinding)
};

}  // namespace linnet::dns
