// SPDX-License-Identifier: Apache-2.0
#include "apps/name_service.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/problem.hpp"
#include "apps/record_text.hpp"
#include "services/mdns/names.hpp"

namespace linnet::apps {

NameService::NameService(sockets::Host& host, Arena& arena, std::vector<IpAddress> fixed,
                         const dns::Config& wanted)
    : host_(host), fixed_(std::move(fixed)), resolver_(host.stack(), wanted, arena) {
  set_servers(fixed_);
}

void NameService::set_limits(std::uint8_t servers, const std::optional<IpAddress>& last) {
  most_servers_ = std::min<std::size_t>(servers, dns::Resolver::maximum_servers);
  last_server_ = last;
  set_servers(fixed_);
  version_.reset();
}

/// Those that there is no room for are left out.
void NameService::set_servers(const std::vector<IpAddress>& servers) {
  const std::size_t room = most_servers_ - (last_server_ ? 1 : 0);
  for (std::size_t i = 0; i < dns::Resolver::maximum_servers; ++i) {
    resolver_.set_server(i, i < std::min(room, servers.size()) ? servers[i] : IpAddress());
  }
  if (last_server_) resolver_.set_server(room, *last_server_);
}

Instant NameService::poll(Instant now) {
  take_over();
  return resolver_.poll(now);
}

void NameService::take_over() {
  const ip::RouterDiscovery& routers = host_.stack().ip().neighbour_discovery().discovery();
  const std::uint32_t version = routers.version() + (client_ != nullptr ? client_->status().version : 0) +
                                (client_v6_ != nullptr ? client_v6_->status().version : 0);
  if (version == version_) return;
  version_ = version;
  if (fixed_.empty()) take_over_servers();
  take_over_domains();
}

/// Those of leases come first, then those that routers advertise (RFC 8106 5.3.1).
void NameService::take_over_servers() {
  const ip::RouterDiscovery& routers = host_.stack().ip().neighbour_discovery().discovery();
  std::vector<IpAddress> servers;
  if (client_ != nullptr) {
    const dhcp::Status status = client_->status();
    for (std::size_t i = 0; status.lease != nullptr && i < status.lease->dns_servers.size(); ++i) {
      servers.push_back(status.lease->dns_servers[i]);
    }
  }
  const dhcpv6::Information* information = client_v6_ != nullptr ? client_v6_->status().information : nullptr;
  for (std::size_t i = 0; information != nullptr && i < information->dns_servers.size(); ++i) {
    servers.push_back(information->dns_servers[i]);
  }
  for (const ip::AdvertisedServer& server : routers.servers()) servers.push_back(server.address);
  set_servers(servers);
}

std::vector<std::string> NameService::search_domains() const {
  std::vector<std::string> list;
  const auto add = [&](std::string_view name) {
    if (!name.empty() && std::find(list.begin(), list.end(), name) == list.end()) list.emplace_back(name);
  };
  if (fixed_search_) return *fixed_search_;
  const dhcp::Lease* lease = client_ != nullptr ? client_->status().lease : nullptr;
  if (lease != nullptr && lease->search_list.empty()) add(lease->domain_name.view());
  if (lease != nullptr) {
    for (const std::string_view domain : lease->search_list) add(domain);
  }
  const dhcpv6::Information* information = client_v6_ != nullptr ? client_v6_->status().information : nullptr;
  for (std::size_t i = 0; information != nullptr && i < information->domains.size(); ++i) add(information->domains[i].view());
  for (const ip::AdvertisedDomain& domain : host_.stack().ip().neighbour_discovery().discovery().domains()) add(domain.name());
  return list;
}

/// What leases say ends with them, and what routers say with its lifetime: either moves the version.
void NameService::take_over_domains() {
  resolver_.search_list().clear();
  for (const std::string& domain : search_domains()) {
    if (const auto name = dns::Name::from_text(domain)) resolver_.search_list().add(*name);
  }
}

dns::Answer NameService::resolve(const std::string& name) {
  if (const auto static_answer = known(name)) return in_order(*static_answer);
  const auto local = local_name(name);
  if (!local) return in_order(resolve_by_server(name));
  const auto answer = resolve_local(name, *local);
  if (answer) return in_order(*answer);
  // Some networks have them in the DNS all the same; where nobody has, what was said on the link is told.
  const auto has_servers = [&] {
    const sockets::Host::Lock lock(host_);
    return !servers().empty();
  };
  if (answer.error() == dns::Error::no_such_name && has_servers()) {
    try {
      return in_order(resolve_by_server(name));
    } catch (const Problem& problem) {
      if (problem.code == exit_code::interrupted) throw;
    }
  }
  throw Problem(fmt::format("{}: {}", name, dns::error_text(answer.error())));
}

/// The name, where those on the link are asked for it.
std::optional<mdns::Name> NameService::local_name(const std::string& name) const {
  const auto local = agent_ != nullptr ? mdns::name_from_text(name) : std::nullopt;
  return local && mdns::is_local(*local) && !local->parent().is_root() ? local : std::nullopt;
}

sockets::Connected NameService::connect(const std::string& name, std::uint16_t port, Instant deadline) {
  if (local_name(name)) {
    const dns::Answer answer = resolve(name);
    return sockets::connect_to_any(host_, resolver_, answer.addresses(), port, deadline);
  }
  const std::string text = numeric_zone_ ? numeric_zone_(name) : name;
  const auto connect = [&] { return sockets::connect_by_name(host_, resolver_, text, port, deadline, families_); };
  sockets::Connected made = connect();
  if (made.fd < 0 && made.name_error == dns::Error::no_server && await_servers()) made = connect();
  if (made.fd >= 0 || made.name_error == dns::Error::none) return made;
  const sockets::Host::Lock lock(host_);
  throw Problem(fmt::format("{}: {}", name, why(made.name_error)));
}

std::string NameService::name_of(const IpAddress& address) {
  {
    const sockets::Host::Lock lock(host_);
    if (const auto name = resolver_.hosts().name_of(address)) return std::string(mdns::NameText(*name).view());
  }
  const std::string text(AddressText(address).view());
  const Said said = query(text, mdns::reverse_name(address), dns::type::ptr);
  for (const dns::Record& record : answers_of(said.message)) {
    const auto name = record.type == dns::type::ptr ? dns::name_in(said.message, record) : std::nullopt;
    if (name) return std::string(mdns::NameText(*name).view());
  }
  const bool none = said.error == dns::Error::none || said.error == dns::Error::no_data;
  throw Problem(fmt::format("{}: {}", text, none ? "the address has no name" : said.why));
}

/// What the table of static names has.
std::optional<dns::Answer> NameService::known(const std::string& name) {
  const auto own = dns::Name::from_text(name);
  if (!own) return std::nullopt;
  const sockets::Host::Lock lock(host_);
  const dns::Answer answer = resolver_.hosts().find(*own, families_);
  return answer.empty() ? std::nullopt : std::optional(answer);
}

Result<dns::Answer, dns::Error> NameService::resolve_local(const std::string& name, const mdns::Name& local) {
  Result<mdns::LookupHandle, mdns::Error> begun = Failure{mdns::Error::no_memory};
  {
    const sockets::Host::Lock lock(host_);
    if (agent_->running() || agent_->start({}, lock.now())) {
      begun = agent_->machine().lookup(local, families_, lock.now());
    }
  }
  if (!begun) return Failure{dns::Error::no_memory};
  const auto known = [&] { return agent_->machine().result(*begun).error() != dns::Error::pending; };
  const bool done = host_.wait_until(known, Instant::never());
  const sockets::Host::Lock lock(host_);
  const auto answer = agent_->machine().result(*begun);
  agent_->machine().release(*begun);
  if (!done) throw Problem(fmt::format("{}: interrupted", name), exit_code::interrupted);
  return answer;
}

dns::Answer NameService::resolve_by_server(const std::string& name) {
  const std::string text = numeric_zone_ ? numeric_zone_(name) : name;
  auto begun = begin(text);
  if (!begun && begun.error() == dns::Error::no_server && await_servers()) begun = begin(text);
  if (!begun) throw Problem(fmt::format("{}: {}", name, dns::error_text(begun.error())));
  const dns::QueryHandle query = *begun;
  const auto known = [&] { return resolver_.result(query).error() != dns::Error::pending; };
  const bool done = host_.wait_until(known, Instant::never());
  const sockets::Host::Lock lock(host_);
  const auto answer = resolver_.result(query);
  resolver_.release(query);
  if (!done) throw Problem(fmt::format("{}: interrupted", name), exit_code::interrupted);
  if (!answer) throw Problem(fmt::format("{}: {}", name, why(answer.error())));
  return *answer;
}

NameService::Said NameService::query(const std::string& text, const dns::Name& name, std::uint16_t record_type) {
  Instant begin;
  const auto ask = [&] {
    const sockets::Host::Lock lock(host_);
    take_over();
    begin = lock.now();
    return resolver_.query(name, record_type, begin);
  };
  auto begun = ask();
  if (!begun && begun.error() == dns::Error::no_server && await_servers()) begun = ask();
  if (!begun) throw Problem(fmt::format("{}: {}", text, dns::error_text(begun.error())));
  const dns::QueryHandle query = *begun;
  const auto known = [&] { return resolver_.result(query).error() != dns::Error::pending; };
  const bool done = host_.wait_until(known, Instant::never());
  const sockets::Host::Lock lock(host_);
  const auto result = resolver_.result(query);
  const Bytes message = resolver_.message(query);
  Said said{.message = {message.begin(), message.end()},
            .error = result ? dns::Error::none : result.error(),
            .server = resolver_.answerer(query),
            .by_stream = resolver_.by_stream(query),
            .by_tls = resolver_.by_secure_stream(query),
            .port = resolver_.answerer_port(query),
            .why = result ? std::string() : why(result.error()),
            .time = lock.now() - begin};
  resolver_.release(query);
  if (!done) throw Problem(fmt::format("{}: interrupted", text), exit_code::interrupted);
  return said;
}

std::vector<dns::Name> NameService::candidates(const std::string& text, const dns::Name& name) {
  std::vector<dns::Name> all{name};
  if (text.ends_with('.')) return all;
  {
    const sockets::Host::Lock lock(host_);
    take_over();
  }
  const auto servers_known = [&] {
    const sockets::Host::Lock lock(host_);
    return !servers().empty();
  };
  if (!servers_known()) await_servers();  // who brings the list, too
  const sockets::Host::Lock lock(host_);
  std::size_t index = 0;
  while (const auto within = resolver_.search_list().complete(name, index, lock.now()))
    all.push_back(*within);
  if (name.labels() <= config().ndots) std::rotate(all.begin(), all.begin() + 1, all.end());
  return all;
}

void NameService::use_only(const std::vector<IpAddress>& servers) {
  const sockets::Host::Lock lock(host_);
  fixed_ = servers;
  last_server_.reset();
  set_servers(servers);
}

/// Under the host's lock.
std::string NameService::why(dns::Error error) const {
  std::string text(dns::error_text(error));
  if (error != dns::Error::insecure) return text;
  for (std::size_t i = 0; i < dns::Resolver::maximum_servers; ++i) {
    const std::string_view words = resolver_.secure_words(i);
    if (!words.empty()) text += fmt::format("; {}: {}", AddressText(resolver_.server(i)).view(), words);
  }
  return text;
}

/// RFC 6724 6.
dns::Answer NameService::in_order(const dns::Answer& answer) {
  const sockets::Host::Lock lock(host_);
  std::vector<IpAddress> addresses(answer.addresses().begin(), answer.addresses().end());
  lock.stack().ip().order_destinations(addresses);
  dns::Answer ordered;
  for (const IpAddress& address : addresses) ordered.add(address);
  ordered.ttl = answer.ttl;
  return ordered;
}

Result<dns::QueryHandle, dns::Error> NameService::begin(const std::string& name) {
  const sockets::Host::Lock lock(host_);
  take_over();
  return resolver_.resolve(name, lock.now(), families_);
}

/// A router may be about to name some: the link-local address has to be there first, and the router has to be asked.
bool NameService::await_servers() {
  if (families_ == dns::Families::v4) return false;
  const auto known = [this] { return !servers().empty(); };
  Instant until;
  {
    const sockets::Host::Lock lock(host_);
    until = lock.now() + Duration::seconds(10);
  }
  return host_.wait_until(known, until);
}

std::vector<IpAddress> NameService::servers() {
  take_over();
  std::vector<IpAddress> servers;
  for (std::size_t i = 0; i < dns::Resolver::maximum_servers; ++i) {
    if (!resolver_.server(i).is_unspecified()) servers.push_back(resolver_.server(i));
  }
  return servers;
}

}  // namespace linnet::apps
