// SPDX-License-Identifier: Apache-2.0
// What stands behind esp_netif's handles.
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <vector>

#include "compat/esp_idf/device.hpp"
#include "compat/esp_idf/dhcp_server.hpp"

#include <esp_netif.h>

/// One role of an interface. Several may be the same interface's. None is freed while the program runs:
/// events have their addresses.
struct esp_netif_obj {
  std::string key;
  std::string description;
  esp_netif_flags_t flags = ESP_NETIF_DHCP_CLIENT;
  std::uint32_t got_ip_event = IP_EVENT_STA_GOT_IP;
  std::uint32_t lost_ip_event = IP_EVENT_STA_LOST_IP;
  int priority = 0;
  bool destroyed = false;
  std::string host_name;         // what the program set
  dhcps_t server;                // of those with ESP_NETIF_DHCP_SERVER
  bool server_stopped = false;   // by the program: the access point's start leaves it so
  esp_netif_ip_info_t wished{};  // of an access point, until it starts
  /// Name servers, while those of another interface are asked. Under the host's lock.
  std::array<linnet::IpAddress, ESP_NETIF_DNS_MAX> name_servers{};

  std::atomic<bool> up{false};  // its events are told

  // Under the host's lock.
  linnet::compat::Ipv4Setting told;  // by the last one
  std::vector<linnet::IpAddress> told_v6;
  linnet::Instant lost_at = linnet::Instant::never();  // when the loss of `told` is told

  bool is_server() const { return (flags & ESP_NETIF_DHCP_SERVER) != 0; }
  /// Of the host.
  std::uint8_t interface() const;
};

namespace linnet::esp {

/// The one that is always there.
esp_netif_t& station();
/// Null: there is none.
esp_netif_t* find_netif(std::string_view key);
std::vector<esp_netif_t*> all_netifs();

/// True for the interface whose name servers are asked.
bool is_asked_by(const esp_netif_t& netif);
/// After the default interface may be another: its name servers are asked from now on (as with
/// ESP_NETIF_SET_DNS_PER_DEFAULT_NETIF), and those that were asked stay those of the interface before. One
/// that has none leaves them as they are. The host's lock is not held by the caller.
void follow_default_netif();
/// As if no program had chosen an interface or set its name servers.
void forget_name_servers();

esp_netif_ip_info_t ip_info_of(const compat::Ipv4Setting& setting);
compat::Ipv4Setting setting_of(const esp_netif_ip_info_t& info);
esp_ip6_addr_t ip6_of(const IpAddress& address);
std::optional<IpAddress> link_local(const esp_netif_t& netif);

/// From here on events tell of its addresses, and first of those that it has.
void bring_up(esp_netif_t& netif);
void take_down(esp_netif_t& netif);
/// After the handlers of an event ran: what ESP-IDF's own handlers do.
void after_event(std::string_view base, std::int32_t id);

/// Begins asking for an address unless the program stopped that.
void start_client_unless_stopped();
/// As if no program had stopped the client.
void forget_client();

}  // namespace linnet::esp
