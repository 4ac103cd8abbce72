// SPDX-License-Identifier: Apache-2.0
// dhcps_t: dhcps::Server with the options that programs set before it is made.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "compat/lwip/calls.hpp"
#include "compat/lwip/interfaces.hpp"
#include "services/dhcps/server.hpp"

#include <dhcpserver/dhcpserver.h>

struct dhcps_t final : linnet::sockets::Service {
  // What programs set.
  dhcps_offer_t router = OFFER_ROUTER;
  dhcps_offer_t dns_offered = OFFER_START;
  dhcps_time_t lease_time = DHCPS_LEASE_TIME_DEF;
  dhcps_lease_t pool{};
  ip4_addr_t mask{};
  std::string portal;
  ip4_addr_t dns[DNS_TYPE_MAX]{};
  dhcps_cb_t on_lease = nullptr;
  void* on_lease_argument = nullptr;

  // Under the host's lock.

  err_t start(linnet::Stack& stack, std::uint8_t interface, const linnet::IpAddress& own);
  void stop();
  bool running() const { return running_; }
  linnet::IpAddress address_of(const linnet::MacAddress& mac) const;
  linnet::Instant poll(linnet::Instant now) override;

 private:
  /// Nothing: `own` is not of that network, or the pool is not.
  std::optional<linnet::dhcps::Config> config(const linnet::Prefix& network,
                                              const linnet::IpAddress& own) const;
  bool choose_pool(const linnet::Prefix& network, std::uint32_t own, linnet::dhcps::Config& config) const;
  void tell(const linnet::dhcps::News& news) const;

  std::unique_ptr<std::uint8_t[]> memory_;
  std::unique_ptr<linnet::dhcps::Server> server_;
  bool running_ = false;
};
