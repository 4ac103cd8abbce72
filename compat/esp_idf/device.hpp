// SPDX-License-Identifier: Apache-2.0
// What the shim has to know of the device that it runs on, beside the host that compat/lwip is attached to.
#pragma once

#include "core/base/address.hpp"
#include "core/base/time.hpp"

namespace linnet::esp {

struct DeviceInfo {
  std::uint8_t interface = 1;  ///< of the host: the network
  MacAddress mac;
};
/// Before app_main, and before there are tasks.
void set_device(const DeviceInfo& info);
const DeviceInfo& device();

/// Waits until the network has an IPv4 address, and for at most `patience_v6` for a link-local one of IPv6.
void await_network(Duration patience_v6);

/// Runs `app_main` as the task "main"; yields at once.
void start_main_task(void (*app_main)());
/// Tasks that have not ended.
std::size_t tasks();

}  // namespace linnet::esp
