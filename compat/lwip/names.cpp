// SPDX-License-Identifier: Apache-2.0
#include "compat/lwip/names.hpp"

#include <algorithm>

#include "compat/lwip/calls.hpp"
#include "services/mdns/names.hpp"

#include <lwip/netif.h>

namespace linnet::compat {

namespace {

/// Under the host's lock.
Found take(Stack& stack, dns::Resolver& resolver, dns::QueryHandle query, std::string_view asked) {
  const auto answer = resolver.result(query);
  if (!answer) return {.error = answer.error(), .answer = {}};
  std::vector<IpAddress> addresses(answer->addresses().begin(), answer->addresses().end());
  stack.ip().order_destinations(addresses);
  Found found{.error = dns::Error::none, .answer = {}};
  for (const IpAddress& address : addresses) found.answer.add(address);
  auto name = resolver.name(query);
  const auto own = name ? std::nullopt : dns::Name::from_text(asked);
  const bool is_static = own && !resolver.hosts().find(*own, dns::Families::both).empty();
  if (is_static) name = resolver.hosts().name_of(addresses[0]);
  if (name) found.name = std::string(mdns::NameText(*name).view());
  return found;
}

/// An address needs no resolver.
bool is_address(std::string_view name, dns::Families families, Found& found) {
  const auto address = literal_address(name);
  if (!address) return false;
  found.name = std::string(name);
  const bool wanted = dns::has(families, address->is_v4() ? dns::Families::v4 : dns::Families::v6);
  found.error = wanted ? dns::Error::none : dns::Error::no_data;
  if (wanted) found.answer.add(*address);
  return true;
}

/// Static names go before Multicast DNS, too.
bool is_static(std::string_view text, dns::Families families) {
  sockets::Host* host = attached_host();
  const dns::Resolver* resolver = attached_resolver();
  const auto name = dns::Name::from_text(text);
  if (host == nullptr || resolver == nullptr || !name) return false;
  const sockets::Host::Lock lock(*host);
  return !resolver->hosts().find(*name, families).empty();
}

}  // namespace

std::optional<IpAddress> literal_address(std::string_view text) {
  if (const auto address = IpAddress::parse(text)) return address;
  const std::size_t percent = text.find('%');
  if (percent != std::string_view::npos) {
    const auto address = IpAddress::parse(text.substr(0, percent));
    const unsigned int index = lwip_if_nametoindex(std::string(text.substr(percent + 1)).c_str());
    const bool has_zones =
        address && address->is_v6() && (address->is_link_local() || address->is_multicast());
    if (!has_zones || index == 0) return std::nullopt;
    return address->with_zone(static_cast<std::uint8_t>(index));
  }
  // inet_aton takes what is behind a space for something else, and begins with a digit.
  const bool number = !text.empty() && text[0] >= '0' && text[0] <= '9';
  if (!number || text.find_first_of(" \t\n\v\f\r") != std::string_view::npos) return std::nullopt;
  ip4_addr_t address{};
  if (ip4addr_aton(std::string(text).c_str(), &address) == 0) return std::nullopt;
  return IpAddress::v4(lwip_ntohl(address.addr));
}

Found look_up(std::string_view name, dns::Families families) {
  Found found;
  if (is_address(name, families, found)) return found;
  if (const auto local = is_static(name, families) ? std::nullopt : local_name(name)) {
    found = look_up_local(*local, families);
    if (found.error != dns::Error::no_such_name) return found;
  }
  sockets::Host* host = attached_host();
  dns::Resolver* resolver = attached_resolver();
  if (host == nullptr || resolver == nullptr) return found;
  dns::QueryHandle query;
  {
    const sockets::Host::Lock lock(*host);
    const auto begun = resolver->resolve(name, lock.now(), families);
    // Without a server it stays at what the link said.
    if (!begun && begun.error() == dns::Error::no_server) return found;
    if (!begun) return {.error = begun.error(), .answer = {}};
    query = *begun;
  }
  const auto known = [&] { return resolver->result(query).error() != dns::Error::pending; };
  static_cast<void>(host->wait_until(known, Instant::never()));
  const sockets::Host::Lock lock(*host);
  found = take(lock.stack(), *resolver, query, name);
  resolver->release(query);
  return found;
}

Found look_up(std::string_view name, const Wanted& wanted) {
  Found found = look_up(name, wanted.first);
  if (found.error != dns::Error::none && wanted.otherwise) found = look_up(name, *wanted.otherwise);
  return found;
}

bool known_at_once(std::string_view name, dns::Families families, Found& found) {
  if (is_address(name, families, found)) return true;
  if (!is_static(name, families) && local_name(name)) return false;
  sockets::Host* host = attached_host();
  dns::Resolver* resolver = attached_resolver();
  if (host == nullptr || resolver == nullptr) return true;
  const sockets::Host::Lock lock(*host);
  const auto begun = resolver->resolve(name, lock.now(), families);
  if (!begun) {
    found.error = begun.error();
    return true;
  }
  found = take(lock.stack(), *resolver, *begun, name);
  resolver->release(*begun);
  return found.error != dns::Error::pending;
}

}  // namespace linnet::compat
