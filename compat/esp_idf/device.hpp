// SPDX-License-Identifier: Apache-2.0
// What the shim has to know of the device that it runs on, beside the host that compat/lwip is attached to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/address.hpp"
#include "core/base/time.hpp"

namespace linnet::esp {

struct DeviceInfo {
  std::uint8_t interface = 1;      ///< of the host: the network
  std::uint8_t lan_interface = 0;  ///< the second one, an access point's; 0: none
  MacAddress mac;
  std::string_view host_name{};  ///< told by DHCP until the program sets another
  bool restore_address =
      false;  ///< LWIP_DHCP_RESTORE_LAST_IP: the address of a lease stays in nvs.h's storage
  std::uint16_t dhcp_server_leases = 8;               ///< of dhcps_*; 0: there is no server
  Duration dhcp_server_unit = Duration::seconds(60);  ///< of the lease times that programs give it
  /// ESP_NETIF_IP_LOST_TIMER_INTERVAL: how long an address may be away before programs are told.
  Duration lost_after = Duration::seconds(120);
};
/// Before app_main, and before there are tasks, with the host attached (compat/lwip/host.hpp), which polls
/// what watches its addresses until `forget_device`.
void set_device(const DeviceInfo& info);
void forget_device();
const DeviceInfo& device();

/// What programs' ticks are counted in, 1 to 1000 in a second (CONFIG_FREERTOS_HZ). Before app_main.
void set_tick_rate(std::uint32_t hertz);

/// Where the values of nvs.h stay; empty: nowhere. Before app_main.
void set_nvs_file(const std::string& file);
/// The address that a program before has left there, to be asked for again (RFC 2131 3.2).
std::optional<IpAddress> remembered_address(const std::string& nvs_file);

/// Begins to ask for an address where nobody did, waits until the network has one of IPv4, and for at most
/// `patience_v6` for a link-local one of IPv6.
void await_network(Duration patience_v6);

/// Runs `app_main` as the task "main"; yields at once.
void start_main_task(void (*app_main)());
/// Tasks that have not ended.
std::size_t tasks();

}  // namespace linnet::esp
