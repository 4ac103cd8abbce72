// SPDX-License-Identifier: Apache-2.0
// DHCP by esp_netif.h, tcpip_adapter.h and dhcpserver/dhcpserver.h: what each call says and does.
#include "compat/esp_idf/dhcp_server.hpp"
#include "compat/esp_idf/last_address.hpp"
#include "compat/esp_idf/netif.hpp"
#include "compat/esp_idf/nvs_store.hpp"
#include "services/dhcp/client.hpp"
#include "services/dhcps/server.hpp"
#include "tests/esp_idf/test_segment.hpp"

#include <esp_netif.h>
#include <esp_netif_net_stack.h>
#include <nvs_flash.h>
#include <tcpip_adapter.h>

#include <cstring>

namespace linnet::esp {
namespace {

using namespace test;

/// The access point's network is the station's here: the one interface.
class DhcpCalls : public Segment {
 protected:
  DhcpCalls() {
    Arena arena(memory_);
    client_.emplace(host_.host.stack(), interface_, dhcp::Config{}, arena);
    client_service_.emplace(*client_);
    host_.host.add(*client_service_);
    compat::attach(host_.host, &*resolver_, {.first_descriptor = 1000, .mdns = &*agent_, .dhcp = &*client_});
    access_point = esp_netif_create_default_wifi_ap();
    esp_netif_ip_info_t info{};
    info.ip.addr = info.gw.addr = lwip_htonl(own_address.v4_value());
    info.netmask.addr = PP_HTONL(0xffffff00);
    EXPECT_EQ(esp_netif_dhcps_stop(access_point), ESP_OK);
    EXPECT_EQ(esp_netif_set_ip_info(access_point, &info), ESP_OK);
  }
  ~DhcpCalls() override {
    client_service_->unlink();
    client_->stop(now(), false);
    static_cast<void>(esp_netif_dhcps_stop(access_point));
    take_down(*access_point);
    esp_netif_destroy(access_point);
  }
  static ip_addr_t address(std::uint8_t last) { return compat::ip_addr_of(IpAddress::v4(192, 0, 2, last)); }
  /// The lease of a client at the peer.
  dhcp::Lease lease() {
    std::vector<std::uint8_t> memory(dhcp::Client::memory_needed({}) + Arena::alignment);
    Arena arena(memory);
    dhcp::Client client(peer.stack(), 1, {}, arena);
    EXPECT_TRUE(client.start(now()));
    peer.service = [&](Instant at) { return client.poll(at); };
    for (int i = 0; i < 100; ++i) pass(Duration::milliseconds(100));  // the peer is asked after each
    peer.service = nullptr;
    const dhcp::Lease* found = client.status().lease;
    const dhcp::Lease copy = found != nullptr ? *found : dhcp::Lease{};
    client.stop(now(), false);
    return copy;
  }
  esp_netif_dhcp_status_t server_status() const {
    esp_netif_dhcp_status_t status = ESP_NETIF_DHCP_STATUS_MAX;
    EXPECT_EQ(esp_netif_dhcps_get_status(access_point, &status), ESP_OK);
    return status;
  }

  std::vector<std::uint8_t> memory_ =
      std::vector<std::uint8_t>(dhcp::Client::memory_needed({}) + Arena::alignment);
  std::optional<dhcp::Client> client_;
  std::optional<sockets::ServiceFor<dhcp::Client>> client_service_;
  esp_netif_t* access_point = nullptr;
};

TEST_F(DhcpCalls, ClientOptionIsTheVendorClass) {
  char text[32] = "a class";
  esp_netif_t* station = esp_netif_get_default_netif();
  const auto option = [&](esp_netif_dhcp_option_mode_t mode, esp_netif_dhcp_option_id_t id,
                          std::uint32_t size) {
    return esp_netif_dhcpc_option(station, mode, id, text, size);
  };
  EXPECT_EQ(option(ESP_NETIF_OP_SET, ESP_NETIF_VENDOR_CLASS_IDENTIFIER, 7), ESP_OK);
  EXPECT_EQ(client_->vendor_class(), "a class");
  std::memset(text, 'x', sizeof text);
  EXPECT_EQ(option(ESP_NETIF_OP_GET, ESP_NETIF_VENDOR_CLASS_IDENTIFIER, 7), ESP_ERR_ESP_NETIF_INVALID_PARAMS)
      << "no room for its end";
  EXPECT_EQ(option(ESP_NETIF_OP_GET, ESP_NETIF_VENDOR_CLASS_IDENTIFIER, 8), ESP_OK);
  EXPECT_STREQ(text, "a class");
  EXPECT_EQ(option(ESP_NETIF_OP_START, ESP_NETIF_VENDOR_CLASS_IDENTIFIER, 8),
            ESP_ERR_ESP_NETIF_INVALID_PARAMS);
  EXPECT_EQ(option(ESP_NETIF_OP_GET, ESP_NETIF_REQUESTED_IP_ADDRESS, 8), ESP_ERR_ESP_NETIF_INVALID_PARAMS);
  EXPECT_EQ(
      esp_netif_dhcpc_option(access_point, ESP_NETIF_OP_GET, ESP_NETIF_VENDOR_CLASS_IDENTIFIER, text, 8),
      ESP_ERR_ESP_NETIF_INVALID_PARAMS)
      << "it is a server";

  char older[] = "older";
  EXPECT_EQ(tcpip_adapter_dhcpc_option(TCPIP_ADAPTER_OP_SET, ESP_NETIF_VENDOR_CLASS_IDENTIFIER, older, 5),
            ESP_OK);
  EXPECT_EQ(client_->vendor_class(), "older");
}

TEST_F(DhcpCalls, ServerStatusFollowsStartAndStop) {
  EXPECT_EQ(server_status(), ESP_NETIF_DHCP_STOPPED);
  EXPECT_EQ(esp_netif_dhcps_stop(access_point), ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED);
  EXPECT_EQ(esp_netif_dhcps_start(access_point), ESP_OK);
  EXPECT_EQ(server_status(), ESP_NETIF_DHCP_INIT) << "with the access point";
  bring_up(*access_point);
  EXPECT_EQ(esp_netif_dhcps_start(access_point), ESP_OK);
  EXPECT_EQ(server_status(), ESP_NETIF_DHCP_STARTED);
  EXPECT_EQ(esp_netif_dhcps_start(access_point), ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED);
  EXPECT_EQ(esp_netif_dhcps_stop(access_point), ESP_OK);
  EXPECT_EQ(server_status(), ESP_NETIF_DHCP_STOPPED);
  esp_netif_dhcp_status_t status = ESP_NETIF_DHCP_INIT;
  EXPECT_EQ(esp_netif_dhcps_get_status(esp_netif_get_default_netif(), &status),
            ESP_ERR_ESP_NETIF_INVALID_PARAMS)
      << "it has none";
  EXPECT_EQ(esp_netif_dhcps_get_status(access_point, nullptr), ESP_ERR_ESP_NETIF_INVALID_PARAMS);
}

TEST_F(DhcpCalls, AdapterStartsTheServerAndAsksIt) {
  tcpip_adapter_dhcp_status_t status = TCPIP_ADAPTER_DHCP_STATUS_MAX;
  EXPECT_EQ(tcpip_adapter_dhcps_get_status(TCPIP_ADAPTER_IF_STA, &status),
            ESP_ERR_TCPIP_ADAPTER_INVALID_PARAMS);
  EXPECT_EQ(tcpip_adapter_dhcps_get_status(TCPIP_ADAPTER_IF_AP, &status), ESP_OK);
  EXPECT_EQ(status, TCPIP_ADAPTER_DHCP_STOPPED);
  bring_up(*access_point);
  dhcps_time_t minutes = 5;
  EXPECT_EQ(tcpip_adapter_dhcps_option(TCPIP_ADAPTER_OP_SET, TCPIP_ADAPTER_IP_ADDRESS_LEASE_TIME, &minutes,
                                       sizeof minutes),
            ESP_OK);
  dhcps_lease_t pool{.enable = true, .start_ip = address(40).u_addr.ip4, .end_ip = address(49).u_addr.ip4};
  EXPECT_EQ(tcpip_adapter_dhcps_option(TCPIP_ADAPTER_OP_SET, TCPIP_ADAPTER_REQUESTED_IP_ADDRESS, &pool,
                                       sizeof pool),
            ESP_OK);
  EXPECT_EQ(tcpip_adapter_dhcps_start(TCPIP_ADAPTER_IF_AP), ESP_OK);
  EXPECT_EQ(tcpip_adapter_dhcps_get_status(TCPIP_ADAPTER_IF_AP, &status), ESP_OK);
  EXPECT_EQ(status, TCPIP_ADAPTER_DHCP_STARTED);
  EXPECT_EQ(tcpip_adapter_dhcps_option(TCPIP_ADAPTER_OP_SET, TCPIP_ADAPTER_IP_ADDRESS_LEASE_TIME, &minutes,
                                       sizeof minutes),
            ESP_ERR_TCPIP_ADAPTER_DHCP_ALREADY_STARTED);
  minutes = 0;
  EXPECT_EQ(tcpip_adapter_dhcps_option(TCPIP_ADAPTER_OP_GET, TCPIP_ADAPTER_IP_ADDRESS_LEASE_TIME, &minutes,
                                       sizeof minutes),
            ESP_OK);
  EXPECT_EQ(minutes, 5u);
  const dhcp::Lease given = lease();
  EXPECT_EQ(given.duration, Duration::seconds(300));
  EXPECT_EQ(given.prefix.address.v4_bytes()[3] / 10, 4) << "of the pool";
  EXPECT_EQ(tcpip_adapter_dhcps_stop(TCPIP_ADAPTER_IF_AP), ESP_OK);
  EXPECT_EQ(tcpip_adapter_dhcps_stop(TCPIP_ADAPTER_IF_AP), ESP_ERR_TCPIP_ADAPTER_DHCP_ALREADY_STOPPED);
  EXPECT_EQ(tcpip_adapter_dhcps_get_status(TCPIP_ADAPTER_IF_AP, &status), ESP_OK);
  EXPECT_EQ(status, TCPIP_ADAPTER_DHCP_STOPPED);
}

TEST_F(DhcpCalls, NameServersOfTheServerAreWhatItOffers) {
  dhcps_t* server = dhcps_new();
  auto* lwip = static_cast<::netif*>(esp_netif_get_netif_impl(access_point));
  const ip_addr_t main = address(53);
  const ip_addr_t backup = address(54);
  EXPECT_EQ(dhcps_dns_setserver(server, &main), ERR_OK);
  EXPECT_EQ(dhcps_dns_setserver_by_type(server, &backup, DNS_TYPE_BACKUP), ERR_OK);
  ip4_addr_t found{};
  EXPECT_EQ(dhcps_dns_getserver(server, &found), ERR_OK);
  EXPECT_EQ(found.addr, main.u_addr.ip4.addr);
  EXPECT_EQ(dhcps_dns_getserver_by_type(server, &found, DNS_TYPE_BACKUP), ERR_OK);
  EXPECT_EQ(found.addr, backup.u_addr.ip4.addr);
  EXPECT_EQ(dhcps_dns_getserver_by_type(server, &found, DNS_TYPE_MAX), ERR_VAL);
  EXPECT_EQ(dhcps_dns_getserver(server, nullptr), ERR_ARG);
  EXPECT_EQ(dhcps_dns_getserver(nullptr, &found), ERR_ARG);
  EXPECT_EQ(dhcps_dns_setserver(nullptr, &main), ERR_ARG);
  const ip_addr_t six = compat::ip_addr_of(*IpAddress::parse("2001:db8::53"));
  EXPECT_EQ(dhcps_dns_setserver(server, &six), ERR_VAL) << "DHCP has no room for it";
  EXPECT_EQ(dhcps_dns_setserver_by_type(server, &main, DNS_TYPE_MAX), ERR_VAL);

  dhcps_offer_t offer = OFFER_DNS;
  EXPECT_EQ(dhcps_set_option_info(server, DOMAIN_NAME_SERVER, &offer, sizeof offer), ERR_OK);
  ASSERT_EQ(dhcps_start(server, lwip, address(10).u_addr.ip4), ERR_OK);
  const dhcp::Lease given = lease();
  ASSERT_EQ(given.dns_servers.size(), 2u);
  EXPECT_EQ(given.dns_servers[0], compat::address_of(main));
  EXPECT_EQ(given.dns_servers[1], compat::address_of(backup));

  EXPECT_EQ(dhcps_stop(server, lwip), ERR_OK);
  EXPECT_FALSE(server->running());
  EXPECT_TRUE(lease().prefix.address.is_unspecified()) << "nobody answers";
  EXPECT_EQ(dhcps_stop(nullptr, lwip), ERR_ARG);
  EXPECT_EQ(dhcps_dns_setserver(server, nullptr), ERR_OK) << "takes it away";
  EXPECT_EQ(dhcps_dns_getserver(server, &found), ERR_OK);
  EXPECT_EQ(found.addr, 0u);
  dhcps_delete(server);
}

/// The peer gives addresses, from 192.0.2.90 on.
class RestoredAddress : public DhcpCalls {
 protected:
  RestoredAddress() {
    EXPECT_EQ(nvs_flash_init(), ESP_OK);
    EXPECT_EQ(nvs_flash_erase(), ESP_OK);
    EXPECT_EQ(nvs_flash_init(), ESP_OK);
    set_device({.interface = interface_, .mac = wire_.left().mac(), .restore_address = true});
    Arena arena(server_memory_);
    server_.emplace(peer.stack(), 1, server_config, arena);
    EXPECT_TRUE(server_->start());
    peer.service = [this](Instant at) { return server_->poll(at); };
  }
  ~RestoredAddress() override {
    peer.service = nullptr;
    server_->stop();
    static_cast<void>(nvs_flash_erase());
  }

  static constexpr dhcps::Config server_config{.first = IpAddress::v4(192, 0, 2, 90),
                                               .last = IpAddress::v4(192, 0, 2, 99)};
  std::vector<std::uint8_t> server_memory_ =
      std::vector<std::uint8_t>(dhcps::Server::memory_needed(server_config) + Arena::alignment);
  std::optional<dhcps::Server> server_;
};

TEST_F(RestoredAddress, IsKeptOnceItIsLeased) {
  EXPECT_EQ(last_address(), std::nullopt);
  bring_up(station());
  EXPECT_EQ(last_address(), std::nullopt) << "the address is no lease";
  start_client_unless_stopped();
  for (int i = 0; i < 100; ++i) pass(Duration::milliseconds(100));
  const dhcp::Lease* lease = client_->status().lease;
  ASSERT_NE(lease, nullptr);
  EXPECT_EQ(last_address(), lease->prefix.address);
}

TEST_F(RestoredAddress, IsAskedForFirst) {
  EXPECT_TRUE(keep_address(IpAddress::v4(192, 0, 2, 95)));
  start_client_unless_stopped();
  EXPECT_EQ(client_->status().state, dhcp::State::rebooting);
  EXPECT_EQ(esp_netif_dhcpc_stop(&station()), ESP_OK);
  EXPECT_EQ(esp_netif_dhcpc_start(&station()), ESP_OK);
  EXPECT_EQ(client_->status().state, dhcp::State::rebooting);
}

TEST_F(RestoredAddress, IsNotLookedAtUnlessThatIsSet) {
  EXPECT_TRUE(keep_address(IpAddress::v4(192, 0, 2, 95)));
  set_device({.interface = interface_, .mac = wire_.left().mac()});
  start_client_unless_stopped();
  EXPECT_EQ(client_->status().state, dhcp::State::init);
}

TEST_F(RestoredAddress, IsForgottenWithTheStorage) {
  EXPECT_TRUE(keep_address(IpAddress::v4(192, 0, 2, 95)));
  EXPECT_EQ(last_address(), IpAddress::v4(192, 0, 2, 95));
  EXPECT_EQ(nvs_flash_erase(), ESP_OK);
  EXPECT_EQ(nvs_flash_init(), ESP_OK);
  EXPECT_EQ(last_address(), std::nullopt);
}

TEST(RememberedAddress, IsReadFromTheFileOfTheProgramBefore) {
  const std::string file = testing::TempDir() + "linnet_remembered_address";
  EXPECT_EQ(remembered_address(""), std::nullopt);
  EXPECT_EQ(remembered_address(file + ".none"), std::nullopt);
  NvsStore store;
  store.use_file(file);
  EXPECT_TRUE(store.make_space("dhcp_state"));
  EXPECT_TRUE(store.set({"dhcp_state", "sta"}, {NVS_TYPE_U32, {95, 2, 0, 192}}));
  EXPECT_TRUE(store.save());
  EXPECT_EQ(remembered_address(file), IpAddress::v4(192, 0, 2, 95));
  EXPECT_TRUE(store.set({"dhcp_state", "sta"}, {NVS_TYPE_U8, {95}}));
  EXPECT_TRUE(store.save());
  EXPECT_EQ(remembered_address(file), std::nullopt);
}

}  // namespace
}  // namespace linnet::esp
