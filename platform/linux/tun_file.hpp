// SPDX-License-Identifier: Apache-2.0
// Opening /dev/net/tun, with errors that say what to do.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "platform/linux/file_descriptor.hpp"
#include "platform/linux/open_error.hpp"

namespace linnet::platform {

struct TunFile {
  FileDescriptor fd;  ///< non-blocking
  std::string name;   ///< what the kernel called it
};

struct TunOptions {
  bool vnet_header = false;  ///< each frame begins with a VnetHeader
  /// Frames that the kernel holds for us before it drops; 0: its default (500). Best effort.
  int queue = 0;
};

/// Attaches to the Ethernet interface `name`, which the kernel makes if it is not there ("tap%d" or empty: it
/// picks a number).
/// Errors: permission, no_driver, busy, bad_name, system.
Result<TunFile, OpenError> open_tap(const std::string& name, const TunOptions& options);

/// The same in the network namespace that `ip netns` knows by that name; the calling thread comes back from
/// it. Errors: as above, and no_interface when there is no such namespace.
Result<TunFile, OpenError> open_tap_in(const std::string& network_namespace, const std::string& name,
                                       const TunOptions& options);

}  // namespace linnet::platform
