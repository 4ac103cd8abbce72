// SPDX-License-Identifier: Apache-2.0
#include "services/dhcps/server.hpp"

#include <algorithm>

namespace linnet::dhcps {

Server::Server(Stack& stack, std::uint8_t interface, const Config& config, Arena& arena)
    : stack_(stack),
      interface_(interface),
      config_(config),
      leases_(config, arena),
      buffer_(arena.make_array<std::uint8_t>(message_size)),
      options_(arena.make_array<std::uint8_t>(config.option_bytes)) {
  domain_name_.assign(config.domain_name);
  config_.domain_name = {};  // the owner's bytes, which may be gone soon
  config_.lease_time = std::max(config.lease_time, Duration::seconds(60));
}

bool Server::start() {
  if (socket_) return true;
  const bool pool = config_.first.is_v4() && config_.last.is_v4() && config_.first <= config_.last;
  if (!pool || buffer_.empty() || leases_.all().empty()) return false;
  const auto socket = stack_.udp().open();
  if (!socket) return false;
  udp::Options& options = *stack_.udp().options(*socket);
  options.broadcast = true;
  options.interface = interface_;
  if (!stack_.udp().bind(*socket, {IpAddress::any_v4(), dhcp::server_port}, true)) {
    stack_.udp().close(*socket);
    return false;
  }
  socket_ = *socket;
  status_.running = true;
  return true;
}

void Server::stop() {
  if (socket_) stack_.udp().close(socket_);
  socket_ = {};
  status_.running = false;
  for (Lease& lease : leases_.all()) {
    if (lease.state == LeaseState::probing || lease.state == LeaseState::offered)
      lease.state = LeaseState::free;
  }
}

Instant Server::poll(Instant now) {
  if (!socket_) return Instant::never();
  const auto ended = [this](const Lease& lease) { tell(NewsKind::expired, lease); };
  leases_.expire(now, ended);
  const bool more = receive(now);
  const Instant probes = watch_probes(now);
  return more ? now : earlier(probes, leases_.expire(now, ended));
}

/// The address that clients know us by, and its subnet.
std::optional<Prefix> Server::own_prefix() const {
  for (const ip::AddressView& view : stack_.ip().addresses()) {
    if (view.interface == interface_ && view.usable()) return view.prefix;
  }
  return std::nullopt;
}

bool Server::pool_in(const Prefix& subnet) const {
  return subnet.contains(config_.first) && subnet.contains(config_.last);
}

void Server::tell(NewsKind kind, const Lease& lease) {
  if (news_.size() == news_.capacity) {
    news_.remove(0);
    ++status_.lost_news;
  }
  news_.add({.kind = kind, .address = lease.address, .mac = lease.mac, .host_name = lease.host_name});
}

std::optional<News> Server::take_news() {
  if (news_.empty()) return std::nullopt;
  const News oldest = news_[0];
  news_.remove(0);
  return oldest;
}

bool Server::set_option(std::uint8_t code, Bytes value) {
  namespace option = dhcp::option;
  constexpr std::array<std::uint8_t, 8> own = {
      option::subnet_mask,  option::requested_address, option::lease_time,             option::server_id,
      option::renewal_time, option::rebinding_time,    option::parameter_request_list, option::client_id};
  return std::find(own.begin(), own.end(), code) == own.end() && options_.set(code, value);
}

void Server::digest(Digest& digest) const {
  for (const Lease& lease : leases_.all()) {
    digest.add(static_cast<std::uint64_t>(lease.state));
    digest.add(lease.address.bytes());
    digest.add(lease.mac.bytes);
    digest.add(lease.client.bytes);
    digest.add(lease.host_name.bytes());
  }
}

}  // namespace linnet::dhcps
