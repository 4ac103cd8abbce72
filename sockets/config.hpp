// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/time.hpp"

namespace linnet::sockets {

/// What SO_ERROR tells (esp32-surface 1.13 b).
enum class ErrorRule : std::uint8_t {
  last_error,    ///< the last error that the socket met, in a call or by the network: what the ESP32 text
                 ///< promises
  asynchronous,  ///< only what happened outside of calls and was not reported yet: Linux, POSIX
};

/// Options that a device may be built without, as lwIP's LWIP_SO_REUSE and others: getsockopt and setsockopt then give
/// ENOPROTOOPT.
struct OfferedOptions {
  bool reuse_address = true;       ///< SO_REUSEADDR
  bool linger = true;              ///< SO_LINGER
  bool receive_buffer = true;      ///< SO_RCVBUF
  bool packet_information = true;  ///< IP_PKTINFO
};

struct Config {
  std::uint16_t max_sockets = 10;  ///< descriptors, at most 65,534; one more gives ENFILE
  int first_descriptor = 0;        ///< the number of the first descriptor
  ErrorRule error_rule = ErrorRule::last_error;
  /// How long nobody may have polled before a background thread does. It is what saves a thread that only
  /// computes for a moment between two calls from having its stack taken over by another processor.
  Duration background_grace = Duration::milliseconds(5);

  OfferedOptions offers;

  /// SO_SNDBUF and SO_RCVBUF as on Linux: what is read is twice what was set, too little is raised, nothing fails. All of
  /// the double is for data to send, the half of it for data that came.
  bool doubled_buffers = false;
  /// The first connect() after the one that did not wait tells that it succeeded, as on Linux; else EISCONN, as in lwIP.
  bool connect_tells_success = false;
  /// SO_LINGER with a time lets close() wait on a non-blocking descriptor, too, as on Linux.
  bool linger_always = false;

  static constexpr Config device() { return {}; }
  static constexpr Config linux_host() {
    return {.max_sockets = 4096, .error_rule = ErrorRule::asynchronous, .doubled_buffers = true,
            .connect_tells_success = true, .linger_always = true};
  }
};

}  // namespace linnet::sockets
