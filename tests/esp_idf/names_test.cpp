// SPDX-License-Identifier: Apache-2.0
// Whom names are asked of: the link, and the servers of the interface that is the default one.
#include "compat/esp_idf/netif.hpp"
#include "compat/lwip/calls.hpp"
#include "compat/lwip/test_name_server.hpp"
#include "tests/esp_idf/test_segment.hpp"

#include <esp_netif.h>
#include <esp_netif_net_stack.h>
#include <lwip/dns.h>
#include <lwip/netdb.h>

namespace linnet::esp {
namespace {

using namespace test;
using compat::test::AskedServer;
using compat::test::NameServer;
using compat::test::reply_to;

constexpr IpAddress other_server = IpAddress::v4(192, 0, 2, 21);

/// All addresses in the order in which they are to be tried, or the error.
std::string resolve(const char* name) {
  addrinfo* list = nullptr;
  if (const int error = lwip_getaddrinfo(name, nullptr, nullptr, &list); error != 0)
    return std::to_string(error);
  std::string result;
  for (const addrinfo* info = list; info != nullptr; info = info->ai_next) {
    char text[64];
    EXPECT_EQ(
        lwip_getnameinfo(info->ai_addr, info->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST), 0);
    result += (result.empty() ? "" : " ") + std::string(text);
  }
  lwip_freeaddrinfo(list);
  return result;
}

class EspNames : public Segment {
 protected:
  EspNames() {
    Stack& stack = peer.stack();
    EXPECT_TRUE(stack.ip().add_address(1, {other_server, 24}, false, now()));
    first.emplace(stack, peer_address, [](const AskedServer& asked) { return say(asked, 1); });
    second.emplace(stack, other_server, [](const AskedServer& asked) { return say(asked, 2); });
    peer.service = [this](Instant at) { return earlier(first->poll(at), second->poll(at)); };
  }
  ~EspNames() override { peer.service = nullptr; }
  static dns::test::Buffer say(const AskedServer& asked, std::uint8_t which) {
    if (asked.name == "mixed.example") return mixed(asked);
    if (asked.record_type != dns::type::a) return reply_to(asked).soa(60, 60).finish();
    return reply_to(asked).a(asked.name, IpAddress::v4(198, 51, 100, which)).finish();
  }
  static dns::test::Buffer mixed(const AskedServer& asked) {
    auto reply = reply_to(asked);
    if (asked.record_type == dns::type::a) return reply.a(asked.name, IpAddress::v4(192, 0, 2, 7)).finish();
    for (const char* text : {"fd00::7", "2001:db8:ff::7", "2001:db8:1::7"}) {
      reply.aaaa(asked.name, *IpAddress::parse(text));
    }
    return reply.finish();
  }
  void add(const char* address, std::uint8_t length) {
    EXPECT_TRUE(
        host_.host.stack().ip().add_address(interface_, {*IpAddress::parse(address), length}, false, now()));
  }

  std::optional<NameServer> first;
  std::optional<NameServer> second;
};

TEST_F(EspNames, local_name_that_neither_table_nor_link_know_is_asked_of_the_server) {
  EXPECT_EQ(resolve("disk.local"), std::to_string(EAI_NONAME)) << "no server is set";
  EXPECT_TRUE(resolver_->set_server(0, peer_address));
  const Instant began = now();
  EXPECT_EQ(resolve("disk.local"), "198.51.100.1");
  EXPECT_GE(now() - began, Duration::seconds(1)) << "the link was asked first";
  EXPECT_EQ(first->queries.size(), 2u) << "A and AAAA";
}

TEST_F(EspNames, local_name_of_the_table_is_asked_of_nobody) {
  EXPECT_TRUE(resolver_->set_server(0, peer_address));
  EXPECT_EQ(resolver_->hosts().add_line("192.0.2.50 disk.local"), dns::HostsError::none);
  EXPECT_EQ(resolve("disk.local"), "192.0.2.50");
  EXPECT_EQ(first->queries.size(), 0u);
}

TEST_F(EspNames, local_name_that_the_link_knows_is_not_asked_of_the_server) {
  ASSERT_TRUE(peer.agent().start("disk", now()));
  pass(Duration::seconds(5));
  EXPECT_TRUE(resolver_->set_server(0, peer_address));
  const std::string addresses = resolve("disk.local");
  EXPECT_NE(addresses.find("192.0.2.20"), std::string::npos) << addresses;
  EXPECT_EQ(first->queries.size(), 0u);
}

TEST_F(EspNames, RFC6724_6_order_of_mixed_addresses_by_two_sources) {
  EXPECT_TRUE(resolver_->set_server(0, peer_address));
  add("2001:db8:1::10", 64);
  EXPECT_TRUE(host_.host.stack().ip().add_route({*IpAddress::parse("2001:db8::"), 32},
                                                *IpAddress::parse("2001:db8:1::1"), interface_));
  add("fd00:1::10", 8);
  pass(Duration::seconds(3));
  // Rule 5 and 6: fd00::/8 is of label 13 and precedence 3, IPv4 of 35, the rest of 40; rule 9 among these.
  EXPECT_EQ(resolve("mixed.example"), "2001:db8:1::7 2001:db8:ff::7 192.0.2.7 fd00::7");
}

TEST_F(EspNames, RFC6724_6_destinations_without_a_source_come_last) {
  EXPECT_TRUE(resolver_->set_server(0, peer_address));
  add("fd00:1::10", 8);
  pass(Duration::seconds(3));
  // Rule 1: there is no way to 2001:db8::/32; what rules 8 to 10 leave equal stays as the server put it.
  EXPECT_EQ(resolve("mixed.example"), "192.0.2.7 fd00::7 2001:db8:ff::7 2001:db8:1::7");
}

class EspNameServers : public EspNames {
 protected:
  EspNameServers() {
    station = esp_netif_create_default_wifi_sta();
    if (esp_netif_t* older = esp_netif_get_handle_from_ifkey("ETH_DEF")) esp_netif_destroy(older);
    const esp_netif_config_t config = ESP_NETIF_DEFAULT_ETH();
    ethernet = esp_netif_new(&config);
    EXPECT_NE(ethernet, nullptr);
  }
  ~EspNameServers() override { esp_netif_destroy(ethernet); }
  static void set(esp_netif_t* netif, const IpAddress& address,
                  esp_netif_dns_type_t type = ESP_NETIF_DNS_MAIN) {
    esp_netif_dns_info_t dns{.ip = compat::ip_addr_of(address)};
    EXPECT_EQ(esp_netif_set_dns_info(netif, type, &dns), ESP_OK);
  }
  static IpAddress get(esp_netif_t* netif, esp_netif_dns_type_t type = ESP_NETIF_DNS_MAIN) {
    esp_netif_dns_info_t dns{};
    EXPECT_EQ(esp_netif_get_dns_info(netif, type, &dns), ESP_OK);
    return ip_addr_isany(&dns.ip) ? IpAddress() : compat::address_of(dns.ip);
  }

  esp_netif_t* station = nullptr;
  esp_netif_t* ethernet = nullptr;
};

TEST_F(EspNameServers, those_of_the_default_interface_are_asked) {
  set(station, peer_address);
  set(ethernet, other_server);
  EXPECT_EQ(get(station), peer_address);
  EXPECT_EQ(get(ethernet), other_server);
  EXPECT_EQ(resolve("a.example"), "198.51.100.1");
  EXPECT_EQ(esp_netif_set_default_netif(ethernet), ESP_OK);
  EXPECT_EQ(get(station), peer_address);
  EXPECT_EQ(get(ethernet), other_server);
  EXPECT_EQ(resolve("a.example"), "198.51.100.2") << "what is cached was the other network's";
  EXPECT_EQ(esp_netif_set_default_netif(station), ESP_OK);
  EXPECT_EQ(resolve("b.example"), "198.51.100.1");
}

TEST_F(EspNameServers, servers_of_a_lease_stay_those_of_its_interface) {
  EXPECT_TRUE(resolver_->set_server(0, peer_address));  // as who follows a lease does
  EXPECT_TRUE(resolver_->set_server(1, other_server));
  EXPECT_EQ(get(station), peer_address);
  EXPECT_EQ(get(station, ESP_NETIF_DNS_BACKUP), other_server);
  EXPECT_EQ(get(ethernet), IpAddress());
  set(ethernet, other_server);
  EXPECT_EQ(esp_netif_set_default_netif(ethernet), ESP_OK);
  EXPECT_EQ(get(station), peer_address);
  EXPECT_EQ(get(station, ESP_NETIF_DNS_BACKUP), other_server);
  EXPECT_EQ(get(ethernet, ESP_NETIF_DNS_BACKUP), IpAddress());
  EXPECT_TRUE(resolver_->server(1).is_unspecified());
}

TEST_F(EspNameServers, interface_without_servers_leaves_those_that_there_are) {
  set(station, peer_address);
  EXPECT_EQ(esp_netif_set_default_netif(ethernet), ESP_OK);
  EXPECT_EQ(resolve("a.example"), "198.51.100.1");
}

TEST_F(EspNameServers, the_default_one_is_the_first_by_priority_that_is_connected) {
  set(station, peer_address);
  set(ethernet, other_server);
  EXPECT_EQ(esp_netif_get_default_netif(), station);
  bring_up(*ethernet);
  EXPECT_EQ(esp_netif_get_default_netif(), ethernet) << "the station is not connected";
  EXPECT_EQ(resolve("a.example"), "198.51.100.2");
  bring_up(*station);
  EXPECT_EQ(esp_netif_get_default_netif(), station) << "100 is more than 50";
  EXPECT_EQ(resolve("a.example"), "198.51.100.1");
  EXPECT_EQ(esp_netif_set_route_prio(ethernet, 200), ESP_OK);
  EXPECT_EQ(resolve("a.example"), "198.51.100.2");
  take_down(*ethernet);
  EXPECT_EQ(resolve("a.example"), "198.51.100.1");
}

TEST_F(EspNameServers, interface_that_is_destroyed_hands_over_to_the_station) {
  set(station, peer_address);
  set(ethernet, other_server);
  EXPECT_EQ(esp_netif_set_default_netif(ethernet), ESP_OK);
  esp_netif_destroy(ethernet);
  EXPECT_EQ(resolve("a.example"), "198.51.100.1");
}

TEST_F(EspNameServers, lwip_sets_them_by_its_structures) {
  auto* lwip = static_cast<::netif*>(esp_netif_get_netif_impl(station));
  const ip_addr_t address = compat::ip_addr_of(peer_address);
  dns_setserver_with_netif(lwip, 0, &address);
  EXPECT_EQ(get(station), peer_address);
  dns_setserver_with_netif(nullptr, 1, &address);
  EXPECT_EQ(get(station, ESP_NETIF_DNS_BACKUP), peer_address) << "the default one's";
  dns_setserver_with_netif(lwip, 0, nullptr);
  EXPECT_EQ(get(station), IpAddress());
}

}  // namespace
}  // namespace linnet::esp
