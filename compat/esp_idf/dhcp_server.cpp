// SPDX-License-Identifier: Apache-2.0
// dhcpserver/dhcpserver.h.
#include "compat/esp_idf/dhcp_server.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "compat/esp_idf/device.hpp"

#include <lwip/tcpip.h>

using namespace linnet;

namespace {

constexpr std::uint32_t pool_size = DHCPS_MAX_LEASE;

std::uint32_t value_of(const ip4_addr_t& address) { return lwip_ntohl(address.addr); }

/// A lease that a program is to be told of, on its way to the thread that tells.
struct NewLease {
  dhcps_cb_t callback = nullptr;
  void* argument = nullptr;
  std::array<std::uint8_t, 4> address{};
  MacAddress mac;
};

void tell_program(void* context) {
  const std::unique_ptr<NewLease> lease(static_cast<NewLease*>(context));
  lease->callback(lease->argument, lease->address.data(), lease->mac.bytes.data());
}

/// Where the value of an option is, and how large; nullptr: no such option, or one whose value has no fixed
/// place.
std::pair<void*, std::size_t> place_of(dhcps_t& server, u8_t id) {
  switch (id) {
    case SUBNET_MASK:
      return {&server.mask, sizeof server.mask};
    case DOMAIN_NAME_SERVER:
      return {&server.dns_offered, sizeof server.dns_offered};
    case ROUTER_SOLICITATION_ADDRESS:
      return {&server.router, sizeof server.router};
    case REQUESTED_IP_ADDRESS:
      return {&server.pool, sizeof server.pool};
    case IP_ADDRESS_LEASE_TIME:
      return {&server.lease_time, sizeof server.lease_time};
    default:
      return {nullptr, 0};
  }
}

}  // namespace

bool dhcps_t::choose_pool(const Prefix& network, std::uint32_t own, dhcps::Config& config) const {
  if (network.length < 1 || network.length > 30) return false;
  const std::uint32_t hosts = (std::uint32_t{1} << (32 - network.length)) - 2;
  const std::uint32_t lowest = (own & ~(hosts + 1)) + 1;
  const std::uint32_t highest = lowest + hosts - 1;
  std::uint32_t first = pool.enable ? value_of(pool.start_ip) : own + 1;
  std::uint32_t last = pool.enable ? value_of(pool.end_ip) : std::min(highest, own + pool_size);
  if (!pool.enable && own == highest) {
    last = own - 1;
    first = own - lowest > pool_size ? own - pool_size : lowest;
  }
  config.first = IpAddress::v4(first);
  config.last = IpAddress::v4(last);
  const bool within = lowest <= first && first <= last && last <= highest;
  return within && (own < first || own > last);
}

std::optional<dhcps::Config> dhcps_t::config(const Prefix& network, const IpAddress& own) const {
  dhcps::Config config;
  const bool other_mask = mask.addr != 0 && mask.addr != compat::mask_of(network.length);
  if (network.address != own || other_mask || !choose_pool(network, own.v4_value(), config))
    return std::nullopt;
  const std::int64_t units = lease_time == 0 ? DHCPS_LEASE_TIME_DEF : lease_time;
  config.lease_time = Duration::seconds(units * esp::device().dhcp_server_unit.as_seconds());
  config.leases = esp::device().dhcp_server_leases;
  config.option_bytes = static_cast<std::uint16_t>(2 + portal.size());
  config.offer_router = dhcps_router_enabled(router);
  if (dhcps_dns_enabled(dns_offered)) {
    for (const ip4_addr_t& server : dns) {
      if (server.addr != 0) config.dns_servers.add(IpAddress::v4(value_of(server)));
    }
  } else {
    config.dns_servers.add(own);
  }
  return config;
}

err_t dhcps_t::start(Stack& stack, std::uint8_t interface, const IpAddress& own) {
  if (running_) return ERR_OK;
  const auto chosen = config(compat::ipv4_setting(stack, interface).prefix, own);
  if (!chosen) return ERR_ARG;
  server_.reset();
  const std::size_t size = dhcps::Server::memory_needed(*chosen) + Arena::alignment;
  memory_.reset(new std::uint8_t[size]());
  Arena arena({memory_.get(), size});
  server_ = std::make_unique<dhcps::Server>(stack, interface, *chosen, arena);
  const auto* text = reinterpret_cast<const std::uint8_t*>(portal.data());
  const bool told = portal.empty() || server_->set_option(CAPTIVEPORTAL_URI, {text, portal.size()});
  running_ = told && server_->start();
  return running_ ? ERR_OK : ERR_USE;
}

void dhcps_t::stop() {
  if (running_) server_->stop();
  running_ = false;
}

IpAddress dhcps_t::address_of(const MacAddress& mac) const {
  if (server_ == nullptr) return IpAddress::any_v4();
  for (const dhcps::Lease& lease : server_->leases()) {
    if (lease.state == dhcps::LeaseState::bound && lease.mac == mac) return lease.address;
  }
  return IpAddress::any_v4();
}

Instant dhcps_t::poll(Instant now) {
  if (!running_) return Instant::never();
  const Instant next = server_->poll(now);
  while (const auto news = server_->take_news()) tell(*news);
  return next;
}

void dhcps_t::tell(const dhcps::News& news) const {
  if (on_lease == nullptr || news.kind != dhcps::NewsKind::granted) return;
  auto lease = std::make_unique<NewLease>(
      NewLease{.callback = on_lease, .argument = on_lease_argument, .mac = news.mac});
  store32(lease->address.data(), news.address.v4_value());
  if (tcpip_callback(tell_program, lease.get()) == ERR_OK) static_cast<void>(lease.release());
}

extern "C" {

dhcps_t* dhcps_new(void) { return new (std::nothrow) dhcps_t; }

void dhcps_delete(dhcps_t* server) {
  if (server == nullptr) return;
  static_cast<void>(dhcps_stop(server, nullptr));
  if (sockets::Host* host = compat::attached_host(); host != nullptr) {
    const sockets::Host::Lock lock(*host);
    server->unlink();
  }
  delete server;
}

err_t dhcps_start(dhcps_t* server, netif* netif, ip4_addr_t ip) {
  sockets::Host* host = compat::attached_host();
  if (server == nullptr || netif == nullptr || host == nullptr) return ERR_ARG;
  const sockets::Host::Lock lock(*host);
  if (!server->linked()) host->add(*server);
  return server->start(lock.stack(), netif->num, IpAddress::v4(value_of(ip)));
}

err_t dhcps_stop(dhcps_t* server, netif*) {
  sockets::Host* host = compat::attached_host();
  if (server == nullptr || host == nullptr) return ERR_ARG;
  const sockets::Host::Lock lock(*host);
  server->stop();
  return ERR_OK;
}

void* dhcps_option_info(dhcps_t* server, u8_t id, u32_t size) {
  if (server == nullptr) return nullptr;
  if (id == CAPTIVEPORTAL_URI) return server->portal.data();
  const auto [place, own_size] = place_of(*server, id);
  return size == own_size ? place : nullptr;
}

err_t dhcps_set_option_info(dhcps_t* server, u8_t id, void* value, u32_t size) {
  if (server == nullptr || value == nullptr) return ERR_ARG;
  if (id == CAPTIVEPORTAL_URI) {
    const auto* text = static_cast<const char*>(value);
    const std::size_t length = strnlen(text, size);
    if (length > 255) return ERR_ARG;
    server->portal.assign(text, length);
    return ERR_OK;
  }
  const auto [place, own_size] = place_of(*server, id);
  if (place == nullptr || size != own_size) return ERR_ARG;
  if (id == REQUESTED_IP_ADDRESS) {
    dhcps_lease_t pool;
    std::memcpy(&pool, value, sizeof pool);
    if (pool.enable && value_of(pool.start_ip) > value_of(pool.end_ip)) return ERR_ARG;
  }
  std::memcpy(place, value, size);
  return ERR_OK;
}

bool dhcp_search_ip_on_mac(dhcps_t* server, u8_t* mac, ip4_addr_t* ip) {
  sockets::Host* host = compat::attached_host();
  if (server == nullptr || mac == nullptr || ip == nullptr || host == nullptr) return false;
  MacAddress wanted;
  std::memcpy(wanted.bytes.data(), mac, wanted.bytes.size());
  const sockets::Host::Lock lock(*host);
  const IpAddress found = server->address_of(wanted);
  if (found.is_unspecified()) return false;
  ip->addr = lwip_htonl(found.v4_value());
  return true;
}

err_t dhcps_dns_setserver(dhcps_t* server, const ip_addr_t* dns) {
  return dhcps_dns_setserver_by_type(server, dns, DNS_TYPE_MAIN);
}

err_t dhcps_dns_setserver_by_type(dhcps_t* server, const ip_addr_t* dns, dns_type_t type) {
  if (server == nullptr) return ERR_ARG;
  if (type >= DNS_TYPE_MAX || (dns != nullptr && !IP_IS_V4(dns))) return ERR_VAL;
  server->dns[type].addr = dns != nullptr ? ip_2_ip4(dns)->addr : 0;
  return ERR_OK;
}

err_t dhcps_dns_getserver(dhcps_t* server, ip4_addr_t* dns) {
  return dhcps_dns_getserver_by_type(server, dns, DNS_TYPE_MAIN);
}

err_t dhcps_dns_getserver_by_type(dhcps_t* server, ip4_addr_t* dns, dns_type_t type) {
  if (server == nullptr || dns == nullptr) return ERR_ARG;
  if (type >= DNS_TYPE_MAX) return ERR_VAL;
  *dns = server->dns[type];
  return ERR_OK;
}

err_t dhcps_set_new_lease_cb(dhcps_t* server, dhcps_cb_t callback, void* argument) {
  if (server == nullptr) return ERR_ARG;
  server->on_lease = callback;
  server->on_lease_argument = argument;
  return ERR_OK;
}

}  // extern "C"
