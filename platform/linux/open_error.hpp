// SPDX-License-Identifier: Apache-2.0
// OpenError: why a device could not be opened, as a code to act on and a sentence to show.
#pragma once

#include <cstdint>
#include <string>

namespace linnet::platform {

enum class OpenFailure : std::uint8_t {
  none,
  permission,    ///< the process may not; the text says what to do
  no_driver,     ///< the kernel or the container offers no such device
  no_interface,  ///< no interface (or no network namespace) of that name
  busy,          ///< somebody else holds it
  bad_name,      ///< not a possible interface name, or an interface of another kind
  system,        ///< anything else: the text carries the system's words
};

struct OpenError {
  OpenFailure failure = OpenFailure::none;
  std::string text;  ///< one sentence, without a final newline
};

}  // namespace linnet::platform
