// SPDX-License-Identifier: Apache-2.0
// What Kconfig was set to, as the numbers that the stack, its sockets and its services are made with.
#pragma once

#include "linnet_settings.hpp"  // written by tools/settings
#include "services/dhcp/client.hpp"
#include "services/dhcps/server.hpp"
#include "services/dns/resolver.hpp"
#include "services/sntp/client.hpp"
#include "sockets/host.hpp"

namespace linnet::settings {

/// The defaults of a Settings are those of the build: its profile, or the sdkconfig that CMake was given.
constexpr linnet::Config stack_config(const Settings& settings = {});
constexpr sockets::Config sockets_config(const Settings& settings = {});
constexpr dns::Config dns_config(const Settings& settings = {});
/// What the resolver's owner sets, of its indexes: so many, and the last one from the beginning, whatever leases say.
struct NameServers {
  std::uint8_t most = 4;
  std::string_view last{};  ///< an address, or nothing
};
constexpr NameServers name_servers(const Settings& settings = {});
/// Its host name is a view of the settings'.
constexpr dhcp::Config dhcp_config(const Settings& settings = {});

constexpr sntp::Config sntp_config(const Settings& settings = {});
/// Its pool is the owner's to choose.
constexpr dhcps::Config dhcps_config(const Settings& settings = {});

/// Bytes of memory for everything: a host with its stack, its DHCP client, its resolver, its time client and, unless LWIP_DHCPS
/// is off, its DHCP server. Nothing is ever allocated beside it. (A program that announces itself by mDNS has an agent more.)
constexpr std::size_t memory_needed(const Settings& settings = {});

namespace detail {

/// Kconfig's ranges keep a number within its type; this is for settings that a program made itself.
template <typename T>
constexpr T clamped(std::uint32_t value) {
  constexpr std::uint32_t most = static_cast<T>(-1);
  return static_cast<T>(value < most ? value : most);
}

// lwIP's table has no setting either.
inline constexpr std::uint16_t napt_entries = 512;
inline constexpr std::uint8_t napt_port_maps = 32;
inline constexpr std::uint32_t most_time_servers = 8;

constexpr ethernet::Config ethernet_config(const Settings& settings) {
  ethernet::Config config;
  config.links = clamped<std::uint8_t>(settings.linnet_interfaces + 1);
  config.neighbours = clamped<std::uint16_t>(settings.linnet_neighbours);
  config.neighbours_v6 = settings.lwip_ipv6 ? clamped<std::uint16_t>(settings.lwip_ipv6_nd6_num_neighbors) : 0;
  config.addresses = clamped<std::uint16_t>(2 * (settings.linnet_interfaces + 1));
  config.queued_packets = clamped<std::uint16_t>(3 + (settings.lwip_ipv6 ? settings.lwip_ipv6_memp_num_nd6_queue : 0));
  return config;
}

constexpr ip::Config ip_config(const Settings& settings) {
  ip::Config config;
  const std::uint32_t interfaces = settings.linnet_interfaces + 1;
  config.interfaces = clamped<std::uint8_t>(interfaces);
  config.addresses = clamped<std::uint8_t>(2 * interfaces);
  config.addresses_v6 =
      settings.lwip_ipv6 ? clamped<std::uint8_t>(settings.linnet_interfaces * settings.lwip_ipv6_num_addresses + 1) : 0;
  config.duplicate_detection_transmits = clamped<std::uint8_t>(settings.lwip_ipv6_dup_detect_attempts);
  config.autoconfigure = settings.lwip_ipv6_autoconfig;
  config.route_information = settings.lwip_ipv6_nd6_route_info_option_support;
  config.temporary_addresses = settings.linnet_temporary_addresses;
  config.routes = clamped<std::uint8_t>(4 * interfaces);
  config.learned_routes = settings.lwip_ipv6
                              ? clamped<std::uint8_t>(settings.lwip_ipv6_nd6_num_prefixes + settings.lwip_ipv6_nd6_num_routers +
                                                      (config.route_information ? settings.lwip_ipv6_nd6_num_route_info : 0))
                              : 0;
  config.advertised_servers = clamped<std::uint8_t>(settings.lwip_ipv6_rdnss_max_dns_servers);
  const bool reassembles = settings.lwip_ip4_reassembly || settings.lwip_ip6_reassembly;
  config.reassemblies = reassembles ? clamped<std::uint8_t>(settings.lwip_ip_reass_max_pbufs / 10) : 0;
  config.path_mtu_entries = clamped<std::uint16_t>(settings.lwip_ipv6 ? settings.lwip_ipv6_nd6_num_destinations : 4);
  config.default_ttl = clamped<std::uint8_t>(settings.lwip_ip_default_ttl);
  config.raw_sockets = clamped<std::uint16_t>(settings.lwip_max_raw_pcbs);
  config.raw_queue = clamped<std::uint16_t>(2 * settings.lwip_max_raw_pcbs);
  config.answer_broadcast_echo = settings.lwip_broadcast_ping;
  config.forward = settings.lwip_ip_forward;
  config.forward_v6 = settings.lwip_ipv6_forward;
  config.napt_entries = settings.lwip_ipv4_napt ? napt_entries : 0;
  config.port_maps = settings.lwip_ipv4_napt_portmap ? napt_port_maps : 0;
  return config;
}

constexpr tcp::Config tcp_config(const Settings& settings) {
  tcp::Config config;
  config.connections = clamped<std::uint16_t>(settings.lwip_max_active_tcp);
  config.listeners = clamped<std::uint16_t>(settings.lwip_max_listening_tcp);
  config.syn_records = clamped<std::uint16_t>(settings.lwip_tcp_acceptmbox_size);
  config.time_wait_records = clamped<std::uint16_t>(2 * settings.lwip_max_active_tcp);
  config.transmissions = clamped<std::uint16_t>(8 * settings.lwip_max_active_tcp);
  config.recoveries = config.connections;
  config.reassembly_blocks = settings.lwip_tcp_queue_ooseq ? clamped<std::uint16_t>(settings.lwip_tcp_ooseq_max_pbufs) : 0;
  config.backlog_policy = settings.linnet_backlog_refuses ? tcp::BacklogPolicy::refuse : tcp::BacklogPolicy::drop;
  config.maximum_segment_size = clamped<std::uint16_t>(settings.lwip_tcp_mss);
  config.send_buffer = settings.lwip_tcp_snd_buf_default;
  config.receive_buffer = settings.lwip_tcp_wnd_default;
  config.selective_acknowledgment = settings.lwip_tcp_sack_out;
  config.window_scaling = settings.lwip_wnd_scale;
  config.initial_rto = Duration::milliseconds(settings.lwip_tcp_rto_time);
  config.syn_retransmissions = clamped<std::uint8_t>(settings.lwip_tcp_synmaxrtx);
  config.retransmissions = clamped<std::uint8_t>(settings.lwip_tcp_maxrtx);
  config.orphan_retransmissions = config.retransmissions;
  config.maximum_segment_lifetime = Duration::milliseconds(settings.lwip_tcp_msl);
  config.fin_wait_2_timeout = Duration::milliseconds(settings.lwip_tcp_fin_wait_timeout);
  return config;
}

}  // namespace detail

constexpr linnet::Config stack_config(const Settings& settings) {
  linnet::Config config;
  config.blocks.small_count = settings.linnet_small_blocks;
  config.blocks.large_count = settings.linnet_large_blocks;
  config.blocks.large_size = settings.linnet_large_blocks > 0 ? 66048 : 0;
  config.ethernet = detail::ethernet_config(settings);
  config.ip = detail::ip_config(settings);
  config.udp.sockets = detail::clamped<std::uint16_t>(settings.lwip_max_udp_pcbs);
  config.udp.queue_datagrams = detail::clamped<std::uint16_t>(settings.lwip_max_udp_pcbs * settings.lwip_udp_recvmbox_size);
  config.tcp = detail::tcp_config(settings);
  // As in lwIP, none at all for 0 means no limit: that of the buffers.
  config.loopback.queue_length = !settings.lwip_netif_loopback           ? 0
                                 : settings.lwip_loopback_max_pbufs == 0 ? settings.linnet_small_blocks
                                                                         : settings.lwip_loopback_max_pbufs;
  return config;
}

constexpr sockets::Config sockets_config(const Settings& settings) {
  sockets::Config config;
  config.max_sockets = detail::clamped<std::uint16_t>(settings.lwip_max_sockets);
  config.error_rule =
      settings.linnet_so_error_last ? sockets::ErrorRule::last_error : sockets::ErrorRule::asynchronous;
  config.offers = {.reuse_address = settings.lwip_so_reuse,
                   .linger = settings.lwip_so_linger,
                   .receive_buffer = settings.lwip_so_rcvbuf,
                   .packet_information = settings.lwip_netbuf_recvinfo};
  return config;
}

constexpr dns::Config dns_config(const Settings& settings) {
  dns::Config config;
  config.mix_case = settings.linnet_dns_0x20;
  config.refuse_local_answers = settings.linnet_dns_rebind_protection;
  return config;
}

constexpr NameServers name_servers(const Settings& settings) {
  const bool has_last = settings.lwip_fallback_dns_server_support && settings.lwip_dns_max_servers >= 3;
  return {.most = detail::clamped<std::uint8_t>(settings.lwip_dns_max_servers),
          .last = has_last ? settings.lwip_fallback_dns_server_address : std::string_view()};
}

constexpr dhcp::Config dhcp_config(const Settings& settings) {
  dhcp::Config config;
  config.host_name = settings.lwip_local_hostname;
  config.send_client_id = !settings.lwip_dhcp_disable_client_id;
  config.classless_routes = settings.linnet_dhcp_routes;
  config.rapid_commit = settings.linnet_dhcp_rapid_commit;
  config.probe = settings.lwip_dhcp_does_acd_check   ? dhcp::Probe::full
                 : settings.lwip_dhcp_does_arp_check ? dhcp::Probe::arp_check
                                                     : dhcp::Probe::none;
  return config;
}

constexpr sntp::Config sntp_config(const Settings& settings) {
  const auto servers = [](std::uint32_t number) {
    return static_cast<std::uint8_t>(number < detail::most_time_servers ? number : detail::most_time_servers);
  };
  sntp::Config config;
  config.servers = servers(settings.lwip_sntp_max_servers);
  config.offered_servers = settings.lwip_dhcp_get_ntp_srv ? servers(settings.lwip_dhcp_max_ntp_servers) : std::uint8_t{0};
  config.startup_delay =
      Duration::milliseconds(settings.lwip_sntp_startup_delay ? settings.lwip_sntp_maximum_startup_delay : 0);
  config.interval = Duration::milliseconds(settings.lwip_sntp_update_delay);
  return config;
}

constexpr dhcps::Config dhcps_config(const Settings& settings) {
  dhcps::Config config;
  config.leases = detail::clamped<std::uint16_t>(settings.lwip_dhcps_max_station_num);
  config.lease_time = Duration::seconds(std::int64_t{120} * settings.lwip_dhcps_lease_unit);  // ESP-IDF's DHCPS_LEASE_TIME_DEF
  return config;
}

constexpr std::size_t memory_needed(const Settings& settings) {
  return sockets::Host::memory_needed(stack_config(settings), sockets_config(settings)) +
         dhcp::Client::memory_needed(dhcp_config(settings)) + dns::Resolver::memory_needed(dns_config(settings)) +
         sntp::Client::memory_needed(sntp_config(settings)) +
         (settings.lwip_dhcps ? dhcps::Server::memory_needed(dhcps_config(settings)) : std::size_t{0});
}

}  // namespace linnet::settings
