// SPDX-License-Identifier: Apache-2.0
// esp_netif.h's getters and setters (set S2 of the shim), the Wi-Fi and Ethernet drivers, tcpip_adapter.h
// call by call, and a ping that is stopped: on an interface with an address.
#include "compat/esp_idf/netif.hpp"
#include "tests/esp_idf/test_segment.hpp"

#include <esp_eth.h>
#include <esp_netif.h>
#include <esp_netif_net_stack.h>
#include <esp_wifi.h>
#include <ethernet_init.h>
#include <freertos/semphr.h>
#include <ping/ping_sock.h>
#include <protocol_examples_common.h>
#include <tcpip_adapter.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace linnet::esp {
namespace {

using namespace test;

esp_ip4_addr_t ip4(const IpAddress& address) { return {lwip_htonl(address.v4_value())}; }

class EspSurface : public Segment {
 protected:
  EspSurface() { static_cast<void>(esp_event_loop_create_default()); }
  /// The program is done with the client that there is none of.
  void stop_client() {
    const esp_err_t stopped = esp_netif_dhcpc_stop(netif);
    EXPECT_TRUE(stopped == ESP_OK || stopped == ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED);
  }
  esp_netif_t* netif = esp_netif_get_default_netif();
};

TEST_F(EspSurface, InterfacesAreFoundByKeyByOrderAndByWhatOneWants) {
  EXPECT_EQ(esp_netif_init(), ESP_OK);
  EXPECT_EQ(esp_netif_deinit(), ESP_ERR_NOT_SUPPORTED) << "as on a device";
  EXPECT_EQ(esp_netif_create_default_wifi_sta(), netif);
  EXPECT_EQ(esp_netif_get_handle_from_ifkey("WIFI_STA_DEF"), netif);
  EXPECT_EQ(esp_netif_get_handle_from_ifkey("none"), nullptr);
  EXPECT_STREQ(esp_netif_get_ifkey(netif), "WIFI_STA_DEF");
  EXPECT_STREQ(esp_netif_get_desc(netif), "sta");
  EXPECT_EQ(esp_netif_get_desc(nullptr), nullptr);
  EXPECT_TRUE(esp_netif_get_flags(netif) & ESP_NETIF_DHCP_CLIENT);
  EXPECT_EQ(esp_netif_get_route_prio(netif), 100);
  EXPECT_EQ(esp_netif_set_route_prio(netif, 120), ESP_OK);
  EXPECT_EQ(esp_netif_get_route_prio(netif), 120);
  EXPECT_EQ(esp_netif_set_route_prio(netif, 100), ESP_OK);
  EXPECT_EQ(esp_netif_set_route_prio(nullptr, 1), ESP_ERR_ESP_NETIF_INVALID_PARAMS);

  const esp_netif_config_t of_station = ESP_NETIF_DEFAULT_WIFI_STA();
  EXPECT_EQ(esp_netif_new(&of_station), netif) << "it is there already, and becomes the program's";
  const esp_netif_config_t of_access_point = ESP_NETIF_DEFAULT_WIFI_AP();
  EXPECT_STREQ(of_access_point.base->if_key, ESP_NETIF_INHERENT_DEFAULT_WIFI_AP().if_key);
  EXPECT_STREQ(ESP_NETIF_INHERENT_DEFAULT_ETH().if_key, "ETH_DEF");
  static_assert(std::is_same_v<struct esp_ip6_addr, ip6_addr_t>, "one type under two tags");
  const std::size_t before = esp_netif_get_nr_of_ifs();
  esp_netif_inherent_config_t own = ESP_NETIF_INHERENT_DEFAULT_WIFI_STA();
  own.if_key = "OWN";
  own.if_desc = "mine";
  const esp_netif_config_t config = {.base = &own, .driver = nullptr, .stack = nullptr};
  esp_netif_t* made = esp_netif_new(&config);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(esp_netif_new(&config), nullptr) << "the key is taken";
  const esp_netif_driver_ifconfig_t driver{.handle = &own};
  const esp_netif_config_t with_driver = {.base = &own, .driver = &driver, .stack = nullptr};
  EXPECT_EQ(esp_netif_new(&with_driver), nullptr) << "drivers of programs are not taken";
  EXPECT_EQ(esp_netif_attach(made, nullptr), ESP_OK);
  EXPECT_EQ(esp_netif_attach(nullptr, nullptr), ESP_ERR_ESP_NETIF_INVALID_PARAMS);
  EXPECT_EQ(esp_netif_attach_wifi_station(made), ESP_OK);
  EXPECT_EQ(esp_netif_attach_wifi_ap(nullptr), ESP_ERR_ESP_NETIF_INVALID_PARAMS);
  EXPECT_EQ(esp_netif_get_nr_of_ifs(), before + 1);
  std::size_t walked = 0;
  for (esp_netif_t* at = esp_netif_next_unsafe(nullptr); at != nullptr; at = esp_netif_next(at)) ++walked;
  EXPECT_EQ(walked, before + 1);
  const auto is_mine = [](esp_netif_t* one, void* wanted) {
    return std::strcmp(esp_netif_get_desc(one), static_cast<const char*>(wanted)) == 0;
  };
  char wanted[] = "mine";
  EXPECT_EQ(esp_netif_find_if(is_mine, wanted), made);
  char other[] = "nobody's";
  EXPECT_EQ(esp_netif_find_if(is_mine, other), nullptr);
  EXPECT_EQ(esp_netif_find_if(nullptr, nullptr), nullptr);
  EXPECT_EQ(esp_netif_set_default_netif(made), ESP_OK);
  EXPECT_EQ(esp_netif_get_default_netif(), made);
  esp_netif_destroy(made);
  EXPECT_EQ(esp_netif_get_default_netif(), netif) << "the default was the destroyed one";
  EXPECT_EQ(esp_netif_get_nr_of_ifs(), before);
  EXPECT_EQ(esp_netif_get_handle_from_ifkey("OWN"), nullptr);
  esp_netif_destroy_default_wifi(netif);
  EXPECT_EQ(esp_netif_get_handle_from_ifkey("WIFI_STA_DEF"), netif) << "always there";
}

TEST_F(EspSurface, AnInterfaceHasANumberANameAMacAddressAndAnMtu) {
  EXPECT_EQ(esp_netif_get_netif_impl_index(netif), interface_ + 1);
  EXPECT_EQ(esp_netif_get_netif_impl_index(nullptr), -1);
  char name[NETIF_NAMESIZE] = {};
  ASSERT_EQ(esp_netif_get_netif_impl_name(netif, name), ESP_OK);
  EXPECT_EQ(lwip_if_nametoindex(name), static_cast<unsigned>(interface_ + 1));
  EXPECT_EQ(esp_netif_get_netif_impl_name(nullptr, name), ESP_ERR_ESP_NETIF_INVALID_PARAMS);
  auto* impl = static_cast<::netif*>(esp_netif_get_netif_impl(netif));
  ASSERT_NE(impl, nullptr);
  EXPECT_EQ(esp_netif_get_handle_from_netif_impl(impl), netif);
  EXPECT_EQ(esp_netif_get_handle_from_netif_impl(nullptr), nullptr);
  std::uint8_t mac[6] = {};
  EXPECT_EQ(esp_netif_get_mac(netif, mac), ESP_OK);
  EXPECT_EQ(std::memcmp(mac, wire_.left().mac().bytes.data(), 6), 0);
  EXPECT_EQ(esp_netif_get_mac(netif, nullptr), ESP_ERR_ESP_NETIF_INVALID_PARAMS);
  std::uint16_t mtu = 0;
  EXPECT_EQ(esp_netif_get_mtu(netif, &mtu), ESP_OK);
  EXPECT_EQ(mtu, 1500);
  EXPECT_EQ(esp_netif_set_mtu(netif, 1400), ESP_OK);
  EXPECT_EQ(esp_netif_get_mtu(netif, &mtu), ESP_OK);
  EXPECT_EQ(mtu, 1400);
  EXPECT_EQ(esp_netif_set_mtu(netif, 9000), ESP_ERR_ESP_NETIF_INVALID_PARAMS) << "more than the device takes";
  EXPECT_EQ(esp_netif_set_mtu(netif, 0), ESP_ERR_ESP_NETIF_INVALID_PARAMS);
  EXPECT_EQ(esp_netif_set_hostname(netif, "thing"), ESP_OK);
  const char* host_name = nullptr;
  EXPECT_EQ(esp_netif_get_hostname(netif, &host_name), ESP_OK);
  EXPECT_STREQ(host_name, "thing");
  EXPECT_EQ(esp_netif_set_hostname(netif, std::string(64, 'x').c_str()), ESP_ERR_ESP_NETIF_INVALID_PARAMS);
  int calls = 0;
  const auto count = [](void* context) -> esp_err_t { return ++*static_cast<int*>(context) * 100; };
  EXPECT_EQ(esp_netif_tcpip_exec(count, &calls), 100) << "what the function returns";
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(esp_netif_tcpip_exec(nullptr, nullptr), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(esp_netif_napt_enable(netif), ESP_ERR_NOT_SUPPORTED) << "it is the outside";
  EXPECT_EQ(esp_netif_napt_disable(nullptr), ESP_ERR_ESP_NETIF_INVALID_PARAMS);
  char vendor[] = "linnet";
  EXPECT_EQ(esp_netif_dhcpc_option(netif, ESP_NETIF_OP_SET, ESP_NETIF_SUBNET_MASK, vendor, 6),
            ESP_ERR_ESP_NETIF_INVALID_PARAMS);
}

TEST_F(EspSurface, AddressesAreOfKinds) {
  esp_ip6_addr_t address{};
  EXPECT_EQ(esp_netif_create_ip6_linklocal(netif), ESP_OK);
  ASSERT_EQ(esp_netif_get_ip6_linklocal(netif, &address), ESP_OK);
  EXPECT_EQ(esp_netif_ip6_get_addr_type(&address), ESP_IP6_ADDR_IS_LINK_LOCAL);
  EXPECT_EQ(esp_netif_get_ip6_linklocal(nullptr, &address), ESP_ERR_ESP_NETIF_INVALID_PARAMS);
  const std::pair<const char*, esp_ip6_addr_type_t> rows[] = {
      {"2001:db8::1", ESP_IP6_ADDR_IS_GLOBAL},   {"fec0::1", ESP_IP6_ADDR_IS_SITE_LOCAL},
      {"fd00::1", ESP_IP6_ADDR_IS_UNIQUE_LOCAL}, {"::ffff:192.0.2.1", ESP_IP6_ADDR_IS_IPV4_MAPPED_IPV6},
      {"::", ESP_IP6_ADDR_IS_UNKNOWN},
  };
  for (const auto& [text, kind] : rows) {
    ASSERT_EQ(esp_netif_str_to_ip6(text, &address), ESP_OK);
    EXPECT_EQ(esp_netif_ip6_get_addr_type(&address), kind) << text;
  }
  esp_ip4_addr_t four{};
  EXPECT_EQ(esp_netif_str_to_ip4("192.0.2.77", &four), ESP_OK);
  EXPECT_EQ(esp_ip4_addr_get_byte(&four, 3), 77);
  EXPECT_EQ(esp_ip4addr_aton("192.0.2.77"), four.addr);
  char text[16];
  EXPECT_STREQ(esp_ip4addr_ntoa(&four, text, sizeof text), "192.0.2.77");
  EXPECT_EQ(esp_netif_str_to_ip4("192.0.2.x", &four), ESP_FAIL);
}

/// What the drivers post, which programs wait for.
struct Posted {
  SemaphoreHandle_t called = xSemaphoreCreateCounting(100, 0);
  std::vector<std::int32_t> ids;
  static void note(void* self, esp_event_base_t, std::int32_t id, void*) {
    static_cast<Posted*>(self)->ids.push_back(id);
    xSemaphoreGive(static_cast<Posted*>(self)->called);
  }
  std::vector<std::int32_t> take(int count) {
    for (int i = 0; i < count; ++i) EXPECT_EQ(xSemaphoreTake(called, portMAX_DELAY), pdTRUE);
    return std::exchange(ids, {});
  }
};

TEST_F(EspSurface, TheWifiDriverPostsItsEvents) {
  static Posted posted;
  ASSERT_EQ(esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, Posted::note, &posted), ESP_OK);
  const wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
  EXPECT_EQ(esp_wifi_init(&init), ESP_OK);
  EXPECT_EQ(esp_wifi_set_storage(WIFI_STORAGE_RAM), ESP_OK);
  EXPECT_EQ(esp_wifi_set_ps(WIFI_PS_NONE), ESP_OK);
  wifi_config_t config{};
  EXPECT_EQ(esp_wifi_set_config(ESP_IF_WIFI_STA, &config), ESP_OK);
  EXPECT_EQ(esp_wifi_set_config(ESP_IF_WIFI_STA, nullptr), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(esp_wifi_set_mode(WIFI_MODE_STA), ESP_OK);
  wifi_mode_t mode = WIFI_MODE_NULL;
  EXPECT_EQ(esp_wifi_get_mode(&mode), ESP_OK);
  EXPECT_EQ(mode, WIFI_MODE_STA);
  EXPECT_EQ(esp_wifi_start(), ESP_OK);
  EXPECT_EQ(esp_wifi_disconnect(), ESP_OK);
  EXPECT_EQ(esp_wifi_stop(), ESP_OK);
  EXPECT_EQ(posted.take(3), (std::vector<std::int32_t>{WIFI_EVENT_STA_START, WIFI_EVENT_STA_DISCONNECTED,
                                                       WIFI_EVENT_STA_STOP}));
  EXPECT_EQ(esp_wifi_set_mode(WIFI_MODE_AP), ESP_OK);
  EXPECT_EQ(esp_wifi_connect(), ESP_ERR_INVALID_STATE) << "an access point connects to nobody";
  EXPECT_EQ(esp_wifi_stop(), ESP_OK);
  EXPECT_EQ(posted.take(1), std::vector<std::int32_t>{WIFI_EVENT_AP_STOP});
  EXPECT_EQ(esp_wifi_set_mode(WIFI_MODE_APSTA), ESP_OK);
  EXPECT_EQ(esp_wifi_start(), ESP_ERR_NOT_SUPPORTED) << "without a second network";
  EXPECT_EQ(esp_wifi_set_mode(WIFI_MODE_STA), ESP_OK);
  EXPECT_EQ(esp_wifi_deinit(), ESP_OK);
  EXPECT_EQ(esp_event_handler_unregister(WIFI_EVENT, ESP_EVENT_ANY_ID, Posted::note), ESP_OK);
}

TEST_F(EspSurface, TheEthernetDriverPostsItsEvents) {
  static Posted posted;
  ASSERT_EQ(esp_event_handler_register(ETH_EVENT, ESP_EVENT_ANY_ID, Posted::note, &posted), ESP_OK);
  esp_eth_handle_t* handles = nullptr;
  std::uint8_t count = 0;
  ASSERT_EQ(ethernet_init_all(&handles, &count), ESP_OK);
  ASSERT_EQ(count, 1);
  const esp_eth_netif_glue_handle_t glue = esp_eth_new_netif_glue(handles[0]);
  EXPECT_EQ(esp_netif_attach(netif, glue), ESP_OK);
  EXPECT_EQ(esp_eth_stop(handles[0]), ESP_OK);
  EXPECT_EQ(posted.take(2), (std::vector<std::int32_t>{ETHERNET_EVENT_DISCONNECTED, ETHERNET_EVENT_STOP}));
  EXPECT_EQ(esp_eth_stop(nullptr), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(esp_eth_start(nullptr), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(esp_eth_del_netif_glue(glue), ESP_OK);
  EXPECT_EQ(ethernet_deinit_all(handles), ESP_OK);
  EXPECT_EQ(esp_event_handler_unregister(ETH_EVENT, ESP_EVENT_ANY_ID, Posted::note), ESP_OK);
}

TEST_F(EspSurface, ExamplesGoOntoTheNetworkAndLeaveIt) {
  EXPECT_EQ(example_configure_stdin_stdout(), ESP_OK);
  EXPECT_EQ(get_example_netif_from_desc(EXAMPLE_NETIF_DESC_STA), netif);
  EXPECT_EQ(example_connect(), ESP_OK);
  EXPECT_STREQ(esp_netif_get_desc(get_example_netif()), EXAMPLE_NETIF_DESC_STA);
  EXPECT_EQ(example_disconnect(), ESP_OK);
  esp::station().description = "sta";
}

/// tcpip_adapter.h: the same interfaces by their numbers. Each call beside esp_netif's.
TEST_F(EspSurface, TheAdapterOfEsp2SetsAndTellsTheSame) {
  constexpr tcpip_adapter_if_t sta = TCPIP_ADAPTER_IF_STA;
  tcpip_adapter_init();
  stop_client();
  tcpip_adapter_ip_info_t info{};
  ASSERT_EQ(tcpip_adapter_get_ip_info(sta, &info), ESP_OK);
  EXPECT_EQ(info.ip.addr, ip4(own_address).addr);
  EXPECT_TRUE(tcpip_adapter_is_netif_up(sta));
  std::uint8_t mac[6] = {};
  EXPECT_EQ(tcpip_adapter_start(sta, mac, nullptr), ESP_OK);
  info.ip = ip4(IpAddress::v4(192, 0, 2, 88));
  EXPECT_EQ(tcpip_adapter_start(sta, mac, &info), ESP_OK) << "with an address";
  esp_netif_ip_info_t seen{};
  EXPECT_EQ(esp_netif_get_ip_info(netif, &seen), ESP_OK);
  EXPECT_EQ(seen.ip.addr, info.ip.addr);
  EXPECT_EQ(tcpip_adapter_get_old_ip_info(sta, &seen), ESP_OK);
  EXPECT_EQ(esp_netif_get_old_ip_info(nullptr, &seen), ESP_ERR_ESP_NETIF_INVALID_PARAMS);
  EXPECT_EQ(tcpip_adapter_up(sta), ESP_OK);
  EXPECT_EQ(tcpip_adapter_up(TCPIP_ADAPTER_IF_MAX), ESP_ERR_TCPIP_ADAPTER_INVALID_PARAMS);
  EXPECT_EQ(tcpip_adapter_down(sta), ESP_ERR_NOT_SUPPORTED);
  EXPECT_EQ(tcpip_adapter_stop(sta), ESP_ERR_NOT_SUPPORTED);

  EXPECT_EQ(tcpip_adapter_create_ip6_linklocal(sta), ESP_OK);
  ip6_addr_t six{};
  EXPECT_EQ(tcpip_adapter_get_ip6_linklocal(sta, &six), ESP_OK);
  EXPECT_TRUE(ip6_addr_islinklocal(&six));
  EXPECT_EQ(tcpip_adapter_get_ip6_global(sta, &six), ESP_FAIL) << "there is none";

  tcpip_adapter_dns_info_t dns{};
  IP_ADDR4(&dns.ip, 192, 0, 2, 53);
  EXPECT_EQ(tcpip_adapter_set_dns_info(sta, TCPIP_ADAPTER_DNS_MAIN, &dns), ESP_OK);
  tcpip_adapter_dns_info_t told{};
  EXPECT_EQ(tcpip_adapter_get_dns_info(sta, TCPIP_ADAPTER_DNS_MAIN, &told), ESP_OK);
  EXPECT_TRUE(ip_addr_cmp(&told.ip, &dns.ip));
  EXPECT_EQ(tcpip_adapter_set_dns_info(sta, TCPIP_ADAPTER_DNS_MAX, &dns),
            ESP_ERR_TCPIP_ADAPTER_INVALID_PARAMS);
  EXPECT_EQ(tcpip_adapter_set_hostname(sta, "old"), ESP_OK);
  const char* name = nullptr;
  EXPECT_EQ(tcpip_adapter_get_hostname(sta, &name), ESP_OK);
  EXPECT_STREQ(name, "old");
  char vendor[] = "linnet";
  EXPECT_EQ(tcpip_adapter_dhcpc_option(TCPIP_ADAPTER_OP_SET, TCPIP_ADAPTER_DOMAIN_NAME_SERVER, vendor, 6),
            ESP_ERR_TCPIP_ADAPTER_INVALID_PARAMS);

  void* impl = nullptr;
  ASSERT_EQ(tcpip_adapter_get_netif(sta, &impl), ESP_OK);
  EXPECT_EQ(impl, esp_netif_get_netif_impl(netif));
  EXPECT_EQ(tcpip_adapter_get_netif(sta, nullptr), ESP_ERR_TCPIP_ADAPTER_INVALID_PARAMS);
  EXPECT_EQ(tcpip_adapter_get_esp_if(impl), sta);
  EXPECT_EQ(tcpip_adapter_get_esp_if(nullptr), TCPIP_ADAPTER_IF_MAX);
  for (const auto input : {tcpip_adapter_sta_input, tcpip_adapter_ap_input, tcpip_adapter_eth_input}) {
    EXPECT_EQ(input(vendor, sizeof vendor, nullptr), ESP_ERR_NOT_SUPPORTED) << "frames come from the device";
  }
}

TEST_F(EspSurface, TheAdaptersAccessPointHasAServer) {
  tcpip_adapter_dhcp_status_t status = TCPIP_ADAPTER_DHCP_STATUS_MAX;
  ASSERT_EQ(tcpip_adapter_dhcps_get_status(TCPIP_ADAPTER_IF_AP, &status), ESP_OK);
  EXPECT_EQ(status, TCPIP_ADAPTER_DHCP_INIT) << "with the access point";
  EXPECT_EQ(tcpip_adapter_dhcps_get_status(TCPIP_ADAPTER_IF_STA, &status),
            ESP_ERR_TCPIP_ADAPTER_INVALID_PARAMS);
  EXPECT_EQ(tcpip_adapter_dhcps_stop(TCPIP_ADAPTER_IF_AP), ESP_OK);
  EXPECT_EQ(tcpip_adapter_dhcps_stop(TCPIP_ADAPTER_IF_AP), ESP_ERR_TCPIP_ADAPTER_DHCP_ALREADY_STOPPED);
  ASSERT_EQ(tcpip_adapter_dhcps_get_status(TCPIP_ADAPTER_IF_AP, &status), ESP_OK);
  EXPECT_EQ(status, TCPIP_ADAPTER_DHCP_STOPPED);
  dhcps_time_t minutes = 7;
  EXPECT_EQ(tcpip_adapter_dhcps_option(TCPIP_ADAPTER_OP_SET, TCPIP_ADAPTER_IP_ADDRESS_LEASE_TIME, &minutes,
                                       sizeof minutes),
            ESP_OK);
  minutes = 0;
  EXPECT_EQ(tcpip_adapter_dhcps_option(TCPIP_ADAPTER_OP_GET, TCPIP_ADAPTER_IP_ADDRESS_LEASE_TIME, &minutes,
                                       sizeof minutes),
            ESP_OK);
  EXPECT_EQ(minutes, 7u);
  EXPECT_EQ(tcpip_adapter_dhcps_start(TCPIP_ADAPTER_IF_AP), ESP_OK) << "when the access point starts";
  wifi_sta_list_t stations{};
  stations.num = 1;
  std::memcpy(stations.sta[0].mac, "\2\0\0\0\0\7", 6);
  tcpip_adapter_sta_list_t addresses{};
  EXPECT_EQ(tcpip_adapter_get_sta_list(&stations, &addresses), ESP_OK);
  EXPECT_EQ(addresses.num, 1);
  EXPECT_EQ(std::memcmp(addresses.sta[0].mac, stations.sta[0].mac, 6), 0);
  EXPECT_EQ(addresses.sta[0].ip.addr, 0u) << "nobody was given one";
  stations.num = 99;
  EXPECT_EQ(tcpip_adapter_get_sta_list(&stations, &addresses), ESP_ERR_TCPIP_ADAPTER_INVALID_PARAMS);
}

/// dhcpserver/dhcpserver.h: name servers and offers.
TEST_F(EspSurface, ADhcpServerIsToldItsNameServers) {
  EXPECT_TRUE(dhcps_router_enabled(OFFER_ROUTER) && !dhcps_router_enabled(OFFER_DNS));
  EXPECT_TRUE(dhcps_dns_enabled(OFFER_DNS) && !dhcps_dns_enabled(OFFER_ROUTER));
  dhcps_t* server = dhcps_new();
  ip_addr_t first, second;
  IP_ADDR4(&first, 192, 0, 2, 53);
  IP_ADDR4(&second, 192, 0, 2, 54);
  EXPECT_EQ(dhcps_dns_setserver(server, &first), ERR_OK);
  EXPECT_EQ(dhcps_dns_setserver_by_type(server, &second, DNS_TYPE_BACKUP), ERR_OK);
  EXPECT_EQ(dhcps_dns_setserver_by_type(server, &second, DNS_TYPE_MAX), ERR_VAL);
  ip4_addr_t told{};
  EXPECT_EQ(dhcps_dns_getserver(server, &told), ERR_OK);
  EXPECT_EQ(told.addr, ip_2_ip4(&first)->addr);
  EXPECT_EQ(dhcps_dns_getserver_by_type(server, &told, DNS_TYPE_BACKUP), ERR_OK);
  EXPECT_EQ(told.addr, ip_2_ip4(&second)->addr);
  EXPECT_EQ(dhcps_stop(server, nullptr), ERR_OK) << "it does not run";
  dhcps_delete(server);
}

TEST_F(EspSurface, AnAddressIsSetPieceByPieceAsWithLwip) {
  auto* impl = static_cast<::netif*>(esp_netif_get_netif_impl(netif));
  ip4_addr_t mask{PP_HTONL(0xffff0000)};
  netif_set_netmask(impl, &mask);
  ip4_addr_t gateway = ip4(IpAddress::v4(192, 0, 2, 1));
  netif_set_gw(impl, &gateway);
  esp_netif_ip_info_t info{};
  ASSERT_EQ(esp_netif_get_ip_info(netif, &info), ESP_OK);
  EXPECT_EQ(info.ip.addr, ip4(own_address).addr) << "the address stays";
  EXPECT_EQ(info.netmask.addr, mask.addr);
  EXPECT_EQ(info.gw.addr, gateway.addr);
}

TEST(EspPing, AStoppedSessionMayBeDeleted) {
  EXPECT_EQ(esp_ping_stop(nullptr), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(esp_ping_start(nullptr), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(esp_ping_delete_session(nullptr), ESP_ERR_INVALID_ARG);
  const esp_ping_config_t config = ESP_PING_DEFAULT_CONFIG();
  esp_ping_handle_t session = nullptr;
  EXPECT_EQ(esp_ping_new_session(&config, nullptr, &session), ESP_FAIL)
      << "no stack is attached, so there is no socket";
  EXPECT_EQ(esp_ping_new_session(nullptr, nullptr, &session), ESP_ERR_INVALID_ARG);
}

}  // namespace
}  // namespace linnet::esp
