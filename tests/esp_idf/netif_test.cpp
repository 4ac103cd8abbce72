// SPDX-License-Identifier: Apache-2.0
// esp_netif.h and dhcpserver/dhcpserver.h, call by call; the peer asks for an address.
#include "compat/esp_idf/dhcp_server.hpp"
#include "services/dhcp/client.hpp"
#include "tests/esp_idf/test_segment.hpp"

#include <esp_event.h>
#include <esp_netif.h>
#include <esp_netif_net_stack.h>

#include <condition_variable>
#include <cstring>
#include <mutex>

namespace linnet::esp {
namespace {

using namespace test;

constexpr const char* marker = "MARKER";

/// What handlers were called with. The loop is the process's, and so are they.
struct Events {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> told;
  bool marked = false;

  static void handle(void* self, esp_event_base_t base, std::int32_t id, void* data) {
    auto& own = *static_cast<Events*>(self);
    const std::lock_guard lock(own.mutex);
    if (std::string_view(base) == marker) own.marked = true;
    if (std::string_view(base) == IP_EVENT) own.told.push_back(text(id, data));
    own.changed.notify_all();
  }
  static std::string text(std::int32_t id, void* data) {
    if (id == IP_EVENT_STA_LOST_IP) return "lost";
    if (id != IP_EVENT_STA_GOT_IP) return "other";
    ip_event_got_ip_t got;
    std::memcpy(&got, data, sizeof got);
    return IpAddress::v4(lwip_ntohl(got.ip_info.ip.addr)) == own_address ? "got own" : "got other";
  }
  /// All that was told until now: what the first marker's predecessors led to is in front of the second.
  std::vector<std::string> take() {
    std::unique_lock lock(mutex);
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(esp_event_post(marker, 0, nullptr, 0, 0), ESP_OK);
      EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [this] { return marked; }));
      marked = false;
    }
    std::vector<std::string> all;
    for (std::string& event : std::exchange(told, {})) {
      if (event != "other") all.push_back(std::move(event));  // addresses of IPv6 are not this test's
    }
    return all;
  }
};

Events& heard() {
  static Events* const made = [] {
    auto* first = new Events;  // never destroyed, as the loop's thread
    static_cast<void>(esp_event_loop_create_default());
    EXPECT_EQ(esp_event_handler_register(ESP_EVENT_ANY_BASE, ESP_EVENT_ANY_ID, Events::handle, first),
              ESP_OK);
    return first;
  }();
  return *made;
}

using Texts = std::vector<std::string>;

esp_netif_ip_info_t info_of(const IpAddress& address) {
  esp_netif_ip_info_t info{};
  info.ip.addr = lwip_htonl(address.v4_value());
  info.netmask.addr = PP_HTONL(0xffffff00);
  return info;
}

class EspNetif : public Segment {
 protected:
  EspNetif() {
    netif = esp_netif_get_default_netif();
    EXPECT_EQ(esp_event_post(WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, nullptr, 0, 0), ESP_OK);
    EXPECT_EQ(events.take(), Texts{"got own"}) << "told when it is connected";
  }
  void set(const IpAddress& address) {
    const esp_netif_ip_info_t info = info_of(address);
    EXPECT_EQ(esp_netif_set_ip_info(netif, &info), ESP_OK);
    pass(Duration());
  }
  Events& events = heard();
  esp_netif_t* netif = nullptr;
};

TEST_F(EspNetif, AnAddressIsSetOnceDhcpIsStopped) {
  const esp_netif_ip_info_t wished = info_of(IpAddress::v4(192, 0, 2, 77));
  EXPECT_EQ(esp_netif_set_ip_info(netif, &wished), ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED);
  esp_netif_dhcp_status_t status = ESP_NETIF_DHCP_STATUS_MAX;
  EXPECT_TRUE(esp_netif_dhcpc_get_status(netif, &status) == ESP_OK && status == ESP_NETIF_DHCP_INIT);
  EXPECT_EQ(esp_netif_dhcpc_stop(netif), ESP_OK);
  EXPECT_EQ(esp_netif_dhcpc_stop(netif), ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED);
  EXPECT_TRUE(esp_netif_dhcpc_get_status(netif, &status) == ESP_OK && status == ESP_NETIF_DHCP_STOPPED);
  EXPECT_EQ(esp_netif_dhcpc_start(netif), ESP_ERR_ESP_NETIF_DHCPC_START_FAILED) << "there is no client";
  set(IpAddress::v4(192, 0, 2, 77));
  EXPECT_EQ(events.take(), Texts{"got other"});
  set(IpAddress::v4(192, 0, 2, 77));
  EXPECT_EQ(events.take(), Texts{}) << "nothing changed";
  esp_netif_ip_info_t own{};
  EXPECT_EQ(esp_netif_get_ip_info(netif, &own), ESP_OK);
  EXPECT_EQ(own.ip.addr, wished.ip.addr);
  EXPECT_EQ(own.netmask.addr, wished.netmask.addr);
  EXPECT_EQ(own.gw.addr, 0u);
}

TEST_F(EspNetif, AnAddressThatIsAwayForTwoMinutesIsLost) {
  EXPECT_EQ(esp_netif_dhcpc_stop(netif), ESP_OK);
  set(IpAddress::any_v4());
  EXPECT_FALSE(esp_netif_is_netif_up(netif));
  pass(Duration::seconds(119));
  EXPECT_EQ(events.take(), Texts{});
  set(own_address);
  pass(Duration::seconds(10));
  EXPECT_EQ(events.take(), Texts{}) << "the same one was back in time";
  set(IpAddress::any_v4());
  pass(Duration::seconds(119));
  EXPECT_EQ(events.take(), Texts{}) << "counted from the second loss on";
  pass(Duration::seconds(2));
  EXPECT_EQ(events.take(), Texts{"lost"});
  pass(Duration::seconds(300));
  EXPECT_EQ(events.take(), Texts{}) << "told once";
  set(own_address);
  EXPECT_EQ(events.take(), Texts{"got own"});
}

TEST_F(EspNetif, WhatIsDisconnectedTellsNothing) {
  EXPECT_EQ(esp_netif_dhcpc_stop(netif), ESP_OK);
  EXPECT_EQ(esp_event_post(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, nullptr, 0, 0), ESP_OK);
  EXPECT_EQ(events.take(), Texts{});
  set(IpAddress::v4(192, 0, 2, 77));
  EXPECT_EQ(events.take(), Texts{});
}

TEST_F(EspNetif, Ipv6AddressesAndGroupsComeAndGo) {
  esp_ip6_addr_t address{};
  EXPECT_EQ(esp_netif_get_ip6_global(netif, &address), ESP_FAIL);
  ASSERT_EQ(esp_netif_str_to_ip6("2001:db8::77", &address), ESP_OK);
  EXPECT_EQ(esp_netif_add_ip6_address(netif, address, true), ESP_OK);
  pass(Duration::seconds(3));
  esp_ip6_addr_t found{};
  EXPECT_EQ(esp_netif_get_ip6_global(netif, &found), ESP_OK);
  EXPECT_TRUE(ip6_addr_cmp_zoneless(&found, &address));
  esp_ip6_addr_t all[8];
  EXPECT_EQ(esp_netif_get_all_ip6(netif, all), 2);
  EXPECT_EQ(esp_netif_get_all_preferred_ip6(netif, all), 2);
  EXPECT_EQ(esp_netif_remove_ip6_address(netif, &address), ESP_OK);
  EXPECT_EQ(esp_netif_remove_ip6_address(netif, &address), ESP_ERR_ESP_NETIF_IP6_ADDR_FAILED);
  EXPECT_EQ(esp_netif_get_ip6_global(netif, &address), ESP_FAIL);
  esp_ip6_addr_t group{};
  ASSERT_EQ(esp_netif_str_to_ip6("ff02::77", &group), ESP_OK);
  const IpAddress wanted = *IpAddress::parse("ff02::77");
  const ip::Groups& groups = host_.host.stack().ip().groups();
  EXPECT_EQ(esp_netif_join_ip6_multicast_group(netif, &group), ESP_OK);
  EXPECT_TRUE(groups.wants(interface_, wanted, peer_address));
  EXPECT_EQ(esp_netif_leave_ip6_multicast_group(netif, &group), ESP_OK);
  EXPECT_FALSE(groups.wants(interface_, wanted, peer_address));
  EXPECT_EQ(esp_netif_join_ip6_multicast_group(netif, &address), ESP_ERR_ESP_NETIF_MLD6_FAILED);
}

/// Who was given an address, told by another thread.
struct Granted {
  std::mutex mutex;
  std::condition_variable changed;
  std::uint32_t address = 0;
  static void tell(void* self, u8_t ip[4], u8_t*) {
    auto& own = *static_cast<Granted*>(self);
    const std::lock_guard lock(own.mutex);
    std::memcpy(&own.address, ip, 4);
    own.changed.notify_all();
  }
};

TEST_F(EspNetif, ADhcpServerGivesFromItsPool) {
  dhcps_t* server = dhcps_new();
  auto* lwip = static_cast<::netif*>(esp_netif_get_netif_impl(netif));
  const ip4_addr_t own = info_of(own_address).ip;
  EXPECT_EQ(dhcps_start(server, lwip, info_of(peer_address).ip), ERR_ARG) << "not its address";
  dhcps_lease_t pool{.enable = true, .start_ip = own, .end_ip = info_of(IpAddress::v4(192, 0, 2, 60)).ip};
  EXPECT_EQ(dhcps_set_option_info(server, REQUESTED_IP_ADDRESS, &pool, sizeof pool), ERR_OK);
  EXPECT_EQ(dhcps_start(server, lwip, own), ERR_ARG) << "it would give itself away";
  std::swap(pool.start_ip, pool.end_ip);
  EXPECT_EQ(dhcps_set_option_info(server, REQUESTED_IP_ADDRESS, &pool, sizeof pool), ERR_ARG);
  pool.start_ip = pool.end_ip = info_of(IpAddress::v4(192, 0, 2, 60)).ip;
  EXPECT_EQ(dhcps_set_option_info(server, REQUESTED_IP_ADDRESS, &pool, sizeof pool), ERR_OK);
  EXPECT_EQ(dhcps_set_option_info(server, REQUESTED_IP_ADDRESS, &pool, 4), ERR_ARG);
  EXPECT_EQ(dhcps_option_info(server, 12, 4), nullptr);
  dhcps_time_t minutes = 3;
  EXPECT_EQ(dhcps_set_option_info(server, IP_ADDRESS_LEASE_TIME, &minutes, sizeof minutes), ERR_OK);
  Granted granted;
  EXPECT_EQ(dhcps_set_new_lease_cb(server, Granted::tell, &granted), ERR_OK);
  ASSERT_EQ(dhcps_start(server, lwip, own), ERR_OK);

  std::vector<std::uint8_t> memory(dhcp::Client::memory_needed({}) + Arena::alignment);
  Arena arena(memory);
  dhcp::Client client(peer.stack(), 1, {}, arena);
  ASSERT_TRUE(client.start(now()));
  peer.service = [&](Instant at) { return client.poll(at); };
  for (int i = 0; i < 100; ++i) pass(Duration::milliseconds(100));  // the peer is asked after each
  const dhcp::Lease* lease = client.status().lease;
  ASSERT_NE(lease, nullptr);
  EXPECT_EQ(lease->prefix.address, IpAddress::v4(192, 0, 2, 60));
  EXPECT_EQ(lease->duration, Duration::seconds(180));
  ASSERT_EQ(lease->dns_servers.size(), 1u);
  EXPECT_EQ(lease->dns_servers[0], own_address) << "without OFFER_DNS it is the server itself";
  {
    std::unique_lock lock(granted.mutex);
    EXPECT_TRUE(
        granted.changed.wait_for(lock, std::chrono::seconds(20), [&] { return granted.address != 0; }));
    EXPECT_EQ(granted.address, pool.start_ip.addr);
  }
  MacAddress mac = peer.stack().ethernet().link(1).mac;
  ip4_addr_t found{};
  EXPECT_TRUE(dhcp_search_ip_on_mac(server, mac.bytes.data(), &found));
  EXPECT_EQ(found.addr, pool.start_ip.addr);
  peer.service = nullptr;
  client.stop(now(), false);
  dhcps_delete(server);
}

}  // namespace
}  // namespace linnet::esp
