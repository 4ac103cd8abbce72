// SPDX-License-Identifier: Apache-2.0
#include "compat/lwip/time_client.hpp"

#include <algorithm>

#include "compat/lwip/names.hpp"

namespace linnet::compat {

namespace {

using Lock = sockets::Host::Lock;

// Numbers of lookups: those of Multicast DNS have the highest bit.
constexpr std::uint32_t of_link = 0x80000000;

template <typename Handle>
std::uint32_t number_of(const Handle& handle) {
  return std::uint32_t{handle.index} << 16 | handle.generation;
}
template <typename Handle>
Handle handle_of(std::uint32_t number) {
  Handle handle;
  handle.index = static_cast<std::uint16_t>((number & ~of_link) >> 16);
  handle.generation = static_cast<std::uint16_t>(number & 0xffff);
  return handle;
}

sntp::Config config_of(sntp::Operation operation, Duration interval) {
  return {.operation = operation,
          .servers = TimeClient::most_servers,
          .offered_servers = TimeClient::most_servers,
          .name_size = 253,
          .startup_delay = attached_settings().sntp_startup,
          .interval = interval};
}

}  // namespace

std::optional<std::uint32_t> TimeNames::begin(std::string_view name, Instant now) {
  if (const auto local = local_name(name)) {
    mdns::Agent& agent = *attached_mdns();
    if (!agent.running() && !agent.start({}, now)) return std::nullopt;
    const auto lookup = agent.machine().lookup(*local, dns::Families::both, now);
    if (!lookup) return std::nullopt;
    return of_link | number_of(*lookup);
  }
  if (attached_resolver() == nullptr) return std::nullopt;
  const auto query = attached_resolver()->resolve(name, now, dns::Families::both);
  if (!query) return std::nullopt;
  return number_of(*query);
}

sntp::Names::Outcome TimeNames::result(std::uint32_t lookup, Addresses& addresses) {
  const auto answer = (lookup & of_link) != 0
                          ? attached_mdns()->machine().result(handle_of<mdns::LookupHandle>(lookup))
                          : attached_resolver()->result(handle_of<dns::QueryHandle>(lookup));
  if (!answer) return answer.error() == dns::Error::pending ? Outcome::pending : Outcome::failed;
  for (const IpAddress& address : answer->addresses()) addresses.add(address);
  return Outcome::found;
}

void TimeNames::release(std::uint32_t lookup) {
  if ((lookup & of_link) != 0) {
    attached_mdns()->machine().release(handle_of<mdns::LookupHandle>(lookup));
  } else {
    attached_resolver()->release(handle_of<dns::QueryHandle>(lookup));
  }
}

TimeClient& time_client() {
  static TimeClient client;
  return client;
}

void TimeClient::set_operation(sntp::Operation operation) {
  const Lock lock(*attached_host());
  if (client_ == nullptr) operation_ = operation;
}

sntp::Operation TimeClient::operation() const {
  const Lock lock(*attached_host());
  return operation_;
}

void TimeClient::start() {
  sockets::Host& host = *attached_host();
  const Lock lock(host);
  if (client_ != nullptr) return;
  const sntp::Config config = config_of(operation_, interval_.value_or(attached_settings().sntp_interval));
  memory_.resize(sntp::Client::memory_needed(config) + Arena::alignment);
  Arena arena(memory_);
  client_ = std::make_unique<sntp::Client>(lock.stack(), config, arena, &names_);
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (!servers_[i].name.empty()) {
      static_cast<void>(client_->set_server_name(i, servers_[i].name, lock.now()));
    } else if (servers_[i].set()) {
      static_cast<void>(client_->set_server(i, servers_[i].address, lock.now()));
    }
  }
  told_ = 0;
  lease_taken_ = false;
  follow_lease(lock.now());
  static_cast<void>(client_->start(lock.now()));
  host.add(*this);
  if (!attached_settings().threads) return;
  teller_ = std::thread([this, &host, own = ++start_] {
    const auto over = [&] { return client_ == nullptr || start_ != own; };
    const auto news = [&] { return over() || client_->status(host.port().now()).version != told_; };
    for (;;) {
      static_cast<void>(host.wait_until(news, Instant::never()));
      {
        const Lock inner(host);
        if (over()) return;
      }
      static_cast<void>(deliver_time());
    }
  });
}

void TimeClient::stop() {
  std::thread teller;
  {
    const Lock lock(*attached_host());
    if (client_ == nullptr) return;
    unlink();
    client_.reset();
    teller = std::move(teller_);
  }
  if (!teller.joinable()) return;
  // A callback may be what stops it.
  if (teller.get_id() == std::this_thread::get_id()) {
    teller.detach();
  } else {
    teller.join();
  }
}

bool TimeClient::running() const {
  const Lock lock(*attached_host());
  return client_ != nullptr;
}

void TimeClient::set_server(std::size_t index, Server server) {
  if (index >= servers_.size()) return;
  const Lock lock(*attached_host());
  servers_[index] = std::move(server);
  if (client_ == nullptr) return;
  if (!servers_[index].name.empty()) {
    static_cast<void>(client_->set_server_name(index, servers_[index].name, lock.now()));
  } else {
    static_cast<void>(client_->set_server(index, servers_[index].address, lock.now()));
  }
}

const char* TimeClient::name(std::size_t index) const {
  if (index >= servers_.size()) return nullptr;
  const Lock lock(*attached_host());
  return servers_[index].name.empty() ? nullptr : servers_[index].name.c_str();
}

/// Those that were set are told first, in the order of their indexes; then those that were offered.
TimeClient::View TimeClient::view(std::size_t index) const {
  if (index >= servers_.size()) return {};
  const Lock lock(*attached_host());
  const auto before = static_cast<std::size_t>(
      std::count_if(servers_.begin(), servers_.begin() + static_cast<std::ptrdiff_t>(index),
                    [](const Server& server) { return server.set(); }));
  const auto all = static_cast<std::size_t>(
      std::count_if(servers_.begin(), servers_.end(), [](const Server& server) { return server.set(); }));
  const std::size_t place = servers_[index].set() ? before : all + index - before;
  if (client_ == nullptr) {
    const std::size_t number = index - before;
    if (servers_[index].set()) return {.address = servers_[index].address};
    return number < offered().size() ? View{.address = offered()[number]} : View{};
  }
  View view;
  std::size_t at = 0;
  client_->for_each_server([&](const sntp::ServerStatus& server) {
    if (at++ == place) view = {.address = server.address, .reach = server.reach, .refused = server.refused};
  });
  return view;
}

void TimeClient::set_from_dhcp(bool from_dhcp) {
  const Lock lock(*attached_host());
  from_dhcp_ = from_dhcp;
  lease_taken_ = false;
  if (client_ != nullptr) follow_lease(lock.now());
}

void TimeClient::set_interval(Duration interval) {
  const Lock lock(*attached_host());
  interval_ = std::max(interval, sntp::minimum_interval);
  if (client_ != nullptr) client_->set_interval(*interval_);
}

Duration TimeClient::interval() const {
  const Lock lock(*attached_host());
  return interval_.value_or(attached_settings().sntp_interval);
}

std::optional<sntp::UnixTime> TimeClient::take_news() {
  const Lock lock(*attached_host());
  if (client_ == nullptr) return std::nullopt;
  const std::uint32_t version = client_->status(lock.now()).version;
  if (version == told_) return std::nullopt;
  told_ = version;
  return client_->unix_time(lock.now());
}

std::span<const IpAddress> TimeClient::offered() const {
  const dhcp::Client* dhcp = attached_settings().dhcp;
  const dhcp::Lease* lease = dhcp != nullptr && from_dhcp_ ? dhcp->status().lease : nullptr;
  if (lease == nullptr) return {};
  return {lease->ntp_servers.begin(), lease->ntp_servers.size()};
}

void TimeClient::follow_lease(Instant now) {
  const dhcp::Client* dhcp = attached_settings().dhcp;
  const std::uint32_t version = dhcp != nullptr ? dhcp->status().version : 0;
  if (lease_taken_ && version == lease_version_) return;
  lease_taken_ = true;
  lease_version_ = version;
  client_->set_offered_servers(offered(), now);
}

Instant TimeClient::poll(Instant now) {
  if (client_ == nullptr) return Instant::never();
  follow_lease(now);
  return client_->poll(now);
}

}  // namespace linnet::compat
