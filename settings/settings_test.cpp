// SPDX-License-Identifier: Apache-2.0
#include "settings/settings.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "linnet_corners.hpp"
#include "linnet_profiles.hpp"
#include "sockets/single_thread_port.hpp"

namespace linnet::settings {
namespace {

static_assert(profile_esp32_seed.lwip_max_sockets == 4);

struct Number {
  const char* name;
  std::uint32_t Settings::* member;
};

/// A setting that sizes memory, and is in one table or more.
constexpr Number sizes[] = {
    {"LWIP_MAX_SOCKETS", &Settings::lwip_max_sockets},
    {"LWIP_IP_REASS_MAX_PBUFS", &Settings::lwip_ip_reass_max_pbufs},
    {"LWIP_IPV6_NUM_ADDRESSES", &Settings::lwip_ipv6_num_addresses},
    {"LWIP_IPV6_RDNSS_MAX_DNS_SERVERS", &Settings::lwip_ipv6_rdnss_max_dns_servers},
    {"LWIP_LOOPBACK_MAX_PBUFS", &Settings::lwip_loopback_max_pbufs},
    {"LWIP_MAX_ACTIVE_TCP", &Settings::lwip_max_active_tcp},
    {"LWIP_MAX_LISTENING_TCP", &Settings::lwip_max_listening_tcp},
    {"LWIP_TCP_ACCEPTMBOX_SIZE", &Settings::lwip_tcp_acceptmbox_size},
    {"LWIP_MAX_UDP_PCBS", &Settings::lwip_max_udp_pcbs},
    {"LWIP_UDP_RECVMBOX_SIZE", &Settings::lwip_udp_recvmbox_size},
    {"LWIP_IPV6_ND6_NUM_NEIGHBORS", &Settings::lwip_ipv6_nd6_num_neighbors},
    {"LWIP_IPV6_ND6_NUM_PREFIXES", &Settings::lwip_ipv6_nd6_num_prefixes},
    {"LWIP_IPV6_ND6_NUM_ROUTERS", &Settings::lwip_ipv6_nd6_num_routers},
    {"LWIP_IPV6_ND6_NUM_DESTINATIONS", &Settings::lwip_ipv6_nd6_num_destinations},
    {"LWIP_IPV6_ND6_NUM_ROUTE_INFO", &Settings::lwip_ipv6_nd6_num_route_info},
    {"LWIP_MAX_RAW_PCBS", &Settings::lwip_max_raw_pcbs},
    {"LWIP_DHCPS_MAX_STATION_NUM", &Settings::lwip_dhcps_max_station_num},
    {"LINNET_INTERFACES", &Settings::linnet_interfaces},
    {"LINNET_NEIGHBOURS", &Settings::linnet_neighbours},
    {"LINNET_SMALL_BLOCKS", &Settings::linnet_small_blocks},
    {"LINNET_LARGE_BLOCKS", &Settings::linnet_large_blocks},
};

Settings everything_on() {
  Settings settings;
  settings.lwip_ipv6 = settings.lwip_ip4_reassembly = settings.lwip_ip6_reassembly = true;
  settings.lwip_tcp_queue_ooseq = settings.lwip_netif_loopback = settings.lwip_dhcps = true;
  settings.lwip_ipv6_autoconfig = settings.lwip_ipv6_nd6_route_info_option_support = true;
  return settings;
}

TEST(Settings, each_that_sizes_memory_shows_in_memory_needed) {
  for (const Number& number : sizes) {
    Settings less = everything_on();
    Settings more = less;
    less.*number.member = 20;
    more.*number.member = 60;
    EXPECT_GT(memory_needed(more), memory_needed(less)) << number.name;
  }
}

TEST(Settings, ipv6_off_has_no_ipv6_tables) {
  Settings without = everything_on();
  without.lwip_ipv6 = false;
  const ip::Config ip = stack_config(without).ip;
  EXPECT_EQ(ip.addresses_v6, 0);
  EXPECT_EQ(ip.learned_routes, 0);
  EXPECT_LT(memory_needed(without), memory_needed(everything_on()));
}

TEST(Settings, reassembly_off_keeps_no_datagram) {
  Settings settings = everything_on();
  settings.lwip_ip4_reassembly = settings.lwip_ip6_reassembly = false;
  EXPECT_EQ(stack_config(settings).ip.reassemblies, 0);
  settings.lwip_ip4_reassembly = true;
  settings.lwip_ip_reass_max_pbufs = 100;
  EXPECT_EQ(stack_config(settings).ip.reassemblies, 10);
}

TEST(Settings, a_router_has_its_tables_and_others_have_none) {
  Settings settings;
  EXPECT_FALSE(stack_config(settings).ip.forward);
  EXPECT_EQ(stack_config(settings).ip.napt_entries, 0);
  EXPECT_EQ(stack_config(settings).ip.port_maps, 0);
  settings.lwip_ip_forward = settings.lwip_ipv6_forward = true;
  EXPECT_TRUE(stack_config(settings).ip.forward);
  EXPECT_TRUE(stack_config(settings).ip.forward_v6);
  const std::size_t without = memory_needed(settings);
  settings.lwip_ipv4_napt = true;
  EXPECT_EQ(stack_config(settings).ip.napt_entries, 512);
  const std::size_t with_napt = memory_needed(settings);
  EXPECT_GT(with_napt, without);
  settings.lwip_ipv4_napt_portmap = true;
  EXPECT_EQ(stack_config(settings).ip.port_maps, 32);
  EXPECT_GT(memory_needed(settings), with_napt);
}

TEST(Settings, the_time_client_is_as_said) {
  Settings settings;
  settings.lwip_sntp_max_servers = 16;
  settings.lwip_dhcp_max_ntp_servers = 2;
  settings.lwip_sntp_update_delay = 4294967295;
  settings.lwip_sntp_maximum_startup_delay = 300;
  settings.lwip_sntp_startup_delay = settings.lwip_dhcp_get_ntp_srv = true;
  sntp::Config config = sntp_config(settings);
  EXPECT_EQ(config.servers, 8);
  EXPECT_EQ(config.offered_servers, 2);
  EXPECT_EQ(config.interval, Duration::milliseconds(4294967295));
  EXPECT_EQ(config.startup_delay, Duration::milliseconds(300));
  const std::size_t with_offered = memory_needed(settings);
  settings.lwip_sntp_startup_delay = settings.lwip_dhcp_get_ntp_srv = false;
  config = sntp_config(settings);
  EXPECT_EQ(config.offered_servers, 0);
  EXPECT_EQ(config.startup_delay, Duration());
  EXPECT_LT(memory_needed(settings), with_offered);
}

TEST(Settings, a_dhcp_server_takes_memory_where_there_is_one) {
  Settings settings;
  settings.lwip_dhcps = true;
  settings.lwip_dhcps_lease_unit = 30;
  EXPECT_EQ(dhcps_config(settings).lease_time, Duration::seconds(3600));
  const std::size_t with = memory_needed(settings);
  settings.lwip_dhcps = false;
  EXPECT_LT(memory_needed(settings), with);
}

TEST(Settings, numbers_beyond_their_type_are_its_largest) {
  Settings settings;
  settings.lwip_max_udp_pcbs = 1024;
  settings.lwip_udp_recvmbox_size = 1024;
  EXPECT_EQ(stack_config(settings).udp.queue_datagrams, 65535);
}

TEST(Settings, dhcp_looks_for_others_as_chosen) {
  Settings settings;
  settings.lwip_dhcp_does_arp_check = settings.lwip_dhcp_does_acd_check = false;
  EXPECT_EQ(dhcp_config(settings).probe, dhcp::Probe::none);
  settings.lwip_dhcp_does_acd_check = true;
  EXPECT_EQ(dhcp_config(settings).probe, dhcp::Probe::full);
}

TEST(Settings, name_servers_are_as_many_as_said_and_one_may_be_there_from_the_beginning) {
  Settings settings;
  settings.lwip_dns_max_servers = 2;
  settings.lwip_fallback_dns_server_support = true;
  settings.lwip_fallback_dns_server_address = "192.0.2.53";
  EXPECT_EQ(name_servers(settings).most, 2);
  EXPECT_EQ(name_servers(settings).last, "") << "of two, both are the network's";
  settings.lwip_dns_max_servers = 3;
  EXPECT_EQ(name_servers(settings).last, "192.0.2.53");
  settings.lwip_fallback_dns_server_support = false;
  EXPECT_EQ(name_servers(settings).last, "");
}

TEST(Settings, what_routers_say_is_taken_as_said) {
  Settings settings = everything_on();
  EXPECT_TRUE(stack_config(settings).ip.autoconfigure);
  EXPECT_TRUE(stack_config(settings).ip.route_information);
  const unsigned routes = stack_config(settings).ip.learned_routes;
  settings.lwip_ipv6_autoconfig = settings.lwip_ipv6_nd6_route_info_option_support = false;
  EXPECT_FALSE(stack_config(settings).ip.autoconfigure);
  EXPECT_FALSE(stack_config(settings).ip.route_information);
  EXPECT_EQ(stack_config(settings).ip.learned_routes, routes - settings.lwip_ipv6_nd6_num_route_info);
}

struct SettingsHost {
  explicit SettingsHost(const Settings& settings)
      : memory(sockets::Host::memory_needed(stack_config(settings), sockets_config(settings))),
        port(seed(), Instant::from_microseconds(1000000)),
        host(stack_config(settings), sockets_config(settings), memory, port) {}
  static Random::Seed seed() {
    Random::Seed bytes{};
    bytes.fill(7);
    return bytes;
  }
  std::vector<std::uint8_t> memory;
  sockets::SingleThreadPort port;
  sockets::Host host;
};

Bytes bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

/// Nothing asks for more memory than was said: there is no more.
TEST(Settings, a_host_of_each_corner_sends_itself_a_datagram) {
  const Endpoint here{IpAddress::loopback_v4(), 7};
  for (const Settings& settings : {profile_esp32_seed, profile_esp32_today, profile_linux, all_off, all_on, minimum, maximum}) {
    SettingsHost made(settings);
    ASSERT_TRUE(made.host.ok());
    sockets::Sockets& s = made.host.sockets();
    const int fd = s.socket(sockets::af::inet, sockets::sock::dgram);
    ASSERT_EQ(fd, 0);
    ASSERT_EQ(s.bind(fd, here), 0);
    s.set_receive_timeout(fd, Duration::seconds(1));
    const std::ptrdiff_t sent = s.sendto(fd, bytes_of("nine bytes"), 0, &here);
    EXPECT_EQ(sent, settings.lwip_netif_loopback ? 10 : -sockets::error::host_unreachable);
    std::uint8_t got[16];
    EXPECT_EQ(s.recv(fd, got), settings.lwip_netif_loopback ? 10 : -sockets::error::try_again);
    EXPECT_EQ(s.close(fd), 0);
    for (int round = 0; round < 10; ++round) made.host.poll_once();
    EXPECT_TRUE(made.host.stack().pool().full());
  }
}

TEST(Settings, a_host_of_the_build_s_profile_talks_to_itself_by_tcp) {
  SettingsHost made(Settings{});
  ASSERT_TRUE(made.host.ok());
  sockets::Sockets& s = made.host.sockets();
  const Endpoint here{IpAddress::loopback_v4(), 7};
  const int listener = s.socket(sockets::af::inet, sockets::sock::stream);
  ASSERT_EQ(s.bind(listener, here), 0);
  ASSERT_EQ(s.listen(listener, 1), 0);
  const int client = s.socket(sockets::af::inet, sockets::sock::stream);
  ASSERT_EQ(s.connect(client, here), 0);
  const int server = s.accept(listener);
  ASSERT_GE(server, 0);
  ASSERT_EQ(s.send(client, bytes_of("nine bytes")), 10);
  std::uint8_t got[16];
  EXPECT_EQ(s.recv(server, got), 10);
  for (const int fd : {listener, client, server}) EXPECT_EQ(s.close(fd), 0);
}

TEST(Settings, sockets_are_as_many_as_said_and_the_next_is_enfile) {
  Settings settings;
  settings.lwip_max_sockets = 4;
  SettingsHost made(settings);
  sockets::Sockets& s = made.host.sockets();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(s.socket(sockets::af::inet, sockets::sock::dgram), i);
  EXPECT_EQ(s.socket(sockets::af::inet, sockets::sock::dgram), -sockets::error::file_table_overflow);
}

}  // namespace
}  // namespace linnet::settings
