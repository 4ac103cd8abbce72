// SPDX-License-Identifier: Apache-2.0
// Whose clock mbedTLS reads: it calls C's time(), which knows no machine, for the age of sessions and
// tickets, the life of their keys and of DTLS cookies, and the first bytes of its random.
#pragma once

#include <cstdint>
#include <ctime>

#include "core/base/random.hpp"
#include "sockets/port.hpp"

namespace linnet::tls {

/// From now on, where no ClockOf is in force, mbedTLS's time is `port`'s wall clock; null: the C library's.
/// One for the process, before other threads use TLS.
void attach_clock(sockets::Port* port);

/// As long as it lives mbedTLS's time is `port`'s wall clock, in the thread that made it, and PSA's random
/// numbers (tls/psa_random.cpp) are those of `random`, or of the port's entropy.
class ClockOf {
 public:
  explicit ClockOf(sockets::Port& port, Random* random = nullptr);
  ~ClockOf();
  ClockOf(const ClockOf&) = delete;
  ClockOf& operator=(const ClockOf&) = delete;

 private:
  sockets::Port* before_;
  Random* random_before_;
};

/// False: there is no machine.
bool fill_random(MutableBytes out);
/// Seconds since 1970 as mbedTLS would read them now.
std::int64_t clock_seconds();

}  // namespace linnet::tls

// What mbedTLS's archives call instead of time: see linnet_mbedtls_calloc in tls/memory.hpp. (Who compiles
// mbedTLS himself: MBEDTLS_PLATFORM_TIME_MACRO.)
extern "C" std::time_t linnet_mbedtls_time(std::time_t* to);
