// SPDX-License-Identifier: Apache-2.0
#include "apps/dhcp_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/problem.hpp"

namespace linnet::apps {

std::optional<DhcpPool> parse_pool(std::string_view text) {
  const std::size_t hyphen = text.find('-');
  if (hyphen == std::string_view::npos) return std::nullopt;
  const auto first = IpAddress::parse(text.substr(0, hyphen));
  const auto last = IpAddress::parse(text.substr(hyphen + 1));
  if (!first || !last || !first->is_v4() || !last->is_v4() || *last < *first) return std::nullopt;
  if (last->v4_value() - first->v4_value() > 0xffff) return std::nullopt;
  return DhcpPool{*first, *last};
}

DhcpServer::DhcpServer(Machine& machine, const DhcpPool& pool, Duration lease_time) : machine_(machine) {
  dhcps::Config config;
  config.first = pool.first;
  config.last = pool.last;
  config.lease_time = lease_time;
  const std::uint32_t count = pool.last.v4_value() - pool.first.v4_value() + 1;
  config.leases =
      static_cast<std::uint16_t>(std::min<std::uint32_t>(count + 1, 1024));  // one: our own address
  for (const IpAddress& server : machine.options().name_servers) {
    if (server.is_v4()) config.dns_servers.add(server);
  }
  memory_.resize(dhcps::Server::memory_needed(config) + Arena::alignment);
  Arena arena(memory_);
  const RouterOptions& router = machine.options().router;
  const bool lan = router.address && router.address->contains(pool.first);
  server_ = std::make_unique<dhcps::Server>(machine.host().stack(), lan ? machine.lan_interface() : machine.interface(), config,
                                            arena);
  if (!server_->start()) throw Problem("the DHCP server could not begin: no socket, or port 67 is taken");
}

DhcpServer::~DhcpServer() {
  const sockets::Host::Lock lock(machine_.host());
  unlink();
  server_.reset();
}

Instant DhcpServer::poll(Instant now) {
  const Instant next = server_->poll(now);
  constexpr std::array<std::string_view, 4> words = {"granted to", "released by", "expired for",
                                                     "in use, not by"};
  while (const auto news = server_->take_news()) {
    fmt::print("  {:<13}{} {} {}{}{}\n", "lease", AddressText(news->address).view(),
               words.at(static_cast<std::size_t>(news->kind)), AddressText(news->mac).view(),
               news->host_name.empty() ? "" : " ", news->host_name.view());
    std::fflush(stdout);
  }
  return next;
}

nlohmann::json DhcpServer::report(Instant now) const {
  nlohmann::json leases = nlohmann::json::array();
  for (const dhcps::Lease& lease : server_->leases()) {
    if (lease.state != dhcps::LeaseState::bound) continue;
    leases.push_back({{"address", AddressText(lease.address).view()},
                      {"mac", AddressText(lease.mac).view()},
                      {"host_name", lease.host_name.view()},
                      {"left_s", (lease.until - now).as_seconds()}});
  }
  const dhcps::Status& status = server_->status();
  return {{"leases", leases},         {"offers", status.offers},       {"acks", status.acks},
          {"naks", status.naks},      {"conflicts", status.conflicts}, {"full", status.full},
          {"ignored", status.ignored}};
}

}  // namespace linnet::apps
