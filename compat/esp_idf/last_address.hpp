// SPDX-License-Identifier: Apache-2.0
// LWIP_DHCP_RESTORE_LAST_IP: the address of the last lease, in the program's non-volatile storage.
#pragma once

#include <optional>

#include "core/base/address.hpp"

namespace linnet::esp {

/// Nothing where there is none, or the program has not begun nvs_flash.
std::optional<IpAddress> last_address();
/// False: the program has not begun nvs_flash, or there is no room.
bool keep_address(const IpAddress& address);

}  // namespace linnet::esp
