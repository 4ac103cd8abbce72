// SPDX-License-Identifier: Apache-2.0
#include "compat/lwip/names.hpp"

#include <vector>

namespace linnet::compat {

namespace {

/// Under the host's lock.
Found take(Stack& stack, dns::Resolver& resolver, dns::QueryHandle query) {
  const auto answer = resolver.result(query);
  if (!answer) return {.error = answer.error(), .answer = {}};
  std::vector<IpAddress> addresses(answer->addresses().begin(), answer->addresses().end());
  stack.ip().order_destinations(addresses);
  Found found{.error = dns::Error::none, .answer = {}};
  for (const IpAddress& address : addresses) found.answer.add(address);
  return found;
}

/// An address needs no resolver.
bool is_address(std::string_view name, dns::Families families, Found& found) {
  const auto address = IpAddress::parse(name);
  if (!address) return false;
  const bool wanted = dns::has(families, address->is_v4() ? dns::Families::v4 : dns::Families::v6);
  found.error = wanted ? dns::Error::none : dns::Error::no_data;
  if (wanted) found.answer.add(*address);
  return true;
}

}  // namespace

Found look_up(std::string_view name, dns::Families families) {
  Found found;
  if (is_address(name, families, found)) return found;
  if (const auto local = local_name(name)) {
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
  found = take(lock.stack(), *resolver, query);
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
  if (local_name(name)) return false;
  sockets::Host* host = attached_host();
  dns::Resolver* resolver = attached_resolver();
  if (host == nullptr || resolver == nullptr) return true;
  const sockets::Host::Lock lock(*host);
  const auto begun = resolver->resolve(name, lock.now(), families);
  if (!begun) {
    found.error = begun.error();
    return true;
  }
  found = take(lock.stack(), *resolver, *begun);
  resolver->release(*begun);
  return found.error != dns::Error::pending;
}

}  // namespace linnet::compat
