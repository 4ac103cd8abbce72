// SPDX-License-Identifier: Apache-2.0
// Names under "local": the order is mDNS, then DNS (names.cpp).
#include "compat/lwip/names.hpp"

#include <vector>

namespace linnet::compat {

std::optional<mdns::Name> local_name(std::string_view name) {
  if (attached_host() == nullptr || attached_mdns() == nullptr || !attached_settings().mdns_names)
    return std::nullopt;
  const auto local = mdns::name_from_text(name);
  if (!local || !mdns::is_local(*local) || local->parent().is_root()) return std::nullopt;
  return local;
}

Found look_up_local(const mdns::Name& name, dns::Families families) {
  sockets::Host& host = *attached_host();
  mdns::Agent& agent = *attached_mdns();
  mdns::LookupHandle lookup;
  {
    const sockets::Host::Lock lock(host);
    // One that nobody gave a name asks only.
    if (!agent.running() && !agent.start({}, lock.now()))
      return {.error = dns::Error::no_such_name, .answer = {}};
    const auto begun = agent.machine().lookup(name, families, lock.now());
    if (!begun) return {.error = dns::Error::no_memory, .answer = {}};
    lookup = *begun;
  }
  const auto known = [&] { return agent.machine().result(lookup).error() != dns::Error::pending; };
  static_cast<void>(host.wait_until(known, Instant::never()));
  const sockets::Host::Lock lock(host);
  const auto answer = agent.machine().result(lookup);
  agent.machine().release(lookup);
  if (!answer) return {.error = answer.error(), .answer = {}};
  std::vector<IpAddress> addresses(answer->addresses().begin(), answer->addresses().end());
  lock.stack().ip().order_destinations(addresses);
  Found found{.error = dns::Error::none, .answer = {}};
  for (const IpAddress& address : addresses) found.answer.add(address);
  return found;
}

}  // namespace linnet::compat
