// SPDX-License-Identifier: Apache-2.0
// What linnet_add_esp_app was told of a program's settings. Each program has its own `configuration`.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/time.hpp"
#include "core/config.hpp"
#include "services/dhcp/config.hpp"
#include "sockets/config.hpp"

namespace linnet::apps {

class Machine;

/// Of the services that a program's settings are about: ESP-IDF's defaults.
struct EspServices {
  std::string_view host_name{};           ///< told by DHCP unless --hostname is given; empty: the options' own
  std::uint8_t name_servers = 4;          ///< LWIP_DNS_MAX_SERVERS
  std::string_view last_name_server{};    ///< LWIP_FALLBACK_DNS_SERVER_ADDRESS; empty: none
  std::optional<dhcp::Config> dhcp{};      ///< LWIP_DHCP_..., LINNET_DHCP_...; nothing: the options' own. Its host name is not looked at
  bool mdns_names = true;                 ///< LWIP_DNS_SUPPORT_MDNS_QUERIES
  std::uint32_t mdns_services = 10;       ///< MDNS_MAX_SERVICES
  bool autoip = false;                    ///< LWIP_AUTOIP
  std::uint8_t autoip_tries = 2;          ///< LWIP_AUTOIP_TRIES
  Duration sntp_startup = Duration::seconds(5);
  Duration sntp_interval = Duration::seconds(3600);
  bool dns_mix_case = false;              ///< LINNET_DNS_0X20
  bool dns_refuse_local = false;          ///< LINNET_DNS_REBIND_PROTECTION
  bool restore_address = false;           ///< LWIP_DHCP_RESTORE_LAST_IP
  std::uint16_t dhcp_server_leases = 8;   ///< LWIP_DHCPS_MAX_STATION_NUM; 0: no server
  Duration dhcp_server_unit = Duration::seconds(60);  ///< LWIP_DHCPS_LEASE_UNIT
};

struct EspConfiguration {
  std::uint16_t max_sockets = 10;
  bool reuse_address = true;
  std::optional<Config> stack{};             ///< nothing: as large as this machine's
  std::optional<sockets::Config> sockets{};  ///< the same; its numbers of descriptors are not looked at
  EspServices services{};
  std::uint32_t tick_rate = 100;  ///< CONFIG_FREERTOS_HZ
  /// More that is to be done before the program begins: attach_tls, where it was asked for.
  void (*prepare)(Machine& machine) = nullptr;
};

extern const EspConfiguration esp_configuration;

}  // namespace linnet::apps
