// SPDX-License-Identifier: Apache-2.0
// What the kernel says of one of its network interfaces.
#pragma once

#include <optional>
#include <string>

#include "core/base/address.hpp"

namespace linnet::platform {

struct InterfaceInfo {
  int index = 0;
  std::uint16_t mtu = 0;  ///< bytes of an IP packet; a larger one (loopback's 65,536) is given as 65,535
  MacAddress mac;         ///< zero when the interface is not an Ethernet
  bool up = false;        ///< administratively up and with a carrier
  bool ethernet = false;
};

/// The interface in the calling thread's network namespace; nothing when there is none of that name.
std::optional<InterfaceInfo> interface_info(const std::string& name);

/// 1 to 15 characters, no '/', no white space, not "." or ".." (what the kernel accepts).
bool valid_interface_name(const std::string& name);

}  // namespace linnet::platform
