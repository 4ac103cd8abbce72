// SPDX-License-Identifier: Apache-2.0
#include "apps/machine_config.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace linnet::apps {

Config stack_config(const DeviceOptions& options, const Device& device) {
  if (options.stack) {
    Config config = *options.stack;
    config.ip.temporary_addresses = config.ip.temporary_addresses || options.temporary_addresses;
    if (options.backlog_policy) config.tcp.backlog_policy = *options.backlog_policy;
    return config;
  }
  Config config = options.profile == Profile::device ? Config::device() : Config::linux_host();
  if (options.profile == Profile::linux_host) {
    config.tcp.backlog_policy = tcp::BacklogPolicy::drop;
    // RFC 9293 3.7.1: what the link takes, without the smallest IP and TCP headers.
    config.tcp.maximum_segment_size = static_cast<std::uint16_t>(std::max<int>(device.mtu(), 576) - 40);
  }
  config.ip.temporary_addresses = options.temporary_addresses;
  const RouterOptions& router = options.router;
  if (router.on() && config.ip.interfaces < 3) config.ip.interfaces = config.ethernet.links = 3;
  config.ip.forward = router.on() && (router.address || router.nat);
  config.ip.forward_v6 = router.on() && router.address_v6;
  if (router.nat) {
    config.ip.napt_entries = options.profile == Profile::device ? 128 : 8192;
    config.ip.port_maps = static_cast<std::uint8_t>(router.ports.size());
  }
  if (options.backlog_policy) config.tcp.backlog_policy = *options.backlog_policy;
  return config;
}

std::optional<SipKey> address_secret() {
  std::ifstream file("/etc/machine-id");
  std::string id;
  if (!(file >> id) || id.size() < 16) return std::nullopt;
  const Bytes bytes(reinterpret_cast<const std::uint8_t*>(id.data()), id.size());
  // Not the identifier itself, which machine-id(5) wants kept from others.
  return SipKey{siphash_2_4({0x6c696e6e65740001u, 0x61646472657373u}, bytes),
                siphash_2_4({0x6c696e6e65740002u, 0x61646472657373u}, bytes)};
}

sockets::Config sockets_config(const DeviceOptions& options) {
  if (options.sockets) return *options.sockets;
  if (options.profile == Profile::linux_host) return sockets::Config::linux_host();
  sockets::Config config = sockets::Config::device();
  config.max_sockets = 16;  // the most that the ESP32 text names
  return config;
}

dhcp::Config dhcp_config(const DeviceOptions& options) {
  dhcp::Config config = options.dhcp.config.value_or(dhcp::Config{});
  config.host_name = options.host_name;
  config.ipv6_only = options.clat || options.dhcp.ipv6_only;  // RFC 8925 3.2
  config.classless_routes = config.classless_routes || options.dhcp.classless_routes;
  config.rapid_commit = config.rapid_commit || options.dhcp.rapid_commit;
  config.vendor_class = options.dhcp.vendor_class;
  config.default_route = !options.gateway;
  // The user-mode network has nobody else on it, so nobody else has the address.
  if (options.network == Network::user) config.probe = dhcp::Probe::none;
  return config;
}

mdns::Config mdns_config(const DeviceOptions& options) {
  if (options.mdns_numbers) return *options.mdns_numbers;
  if (options.profile == Profile::device) return {};
  mdns::Config config;
  config.addresses = 16;
  config.services = static_cast<std::uint16_t>(std::max<std::size_t>(8, options.services.size() + 1));
  config.txt_size = 512;
  config.queries = 512;
  config.lookups = 16;
  config.cache_records = 4096;
  config.record_size = 1024;
  return config;
}

ImpairConfig impair_config(const DeviceOptions& options, const Device& device, std::uint64_t seed) {
  ImpairConfig config{
      .transmit = options.impairments, .receive = options.impairments, .seed = seed, .blocks = {}};
  config.blocks.small_count = 4096;
  config.blocks.small_size = std::max<std::uint32_t>(2048, device.mtu() + 64u);
  config.blocks.large_count = 0;
  return config;
}

}  // namespace linnet::apps
