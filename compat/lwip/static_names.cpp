// SPDX-License-Identifier: Apache-2.0
// lwip/dns.h: names that are set by hand.
#include <string>
#include <utility>
#include <vector>

#include "compat/lwip/calls.hpp"
#include "compat/lwip/names.hpp"
#include "services/mdns/names.hpp"

using namespace linnet;

namespace {

bool can_change() { return compat::attached_host() != nullptr && compat::attached_resolver() != nullptr; }

}  // namespace

extern "C" {

err_t dns_local_addhost(const char* hostname, const ip_addr_t* addr) {
  if (hostname == nullptr || addr == nullptr || !can_change()) return ERR_ARG;
  const auto name = dns::Name::from_text(hostname);
  if (!name) return ERR_ARG;
  const IpAddress address = compat::address_of(*addr);
  const sockets::Host::Lock lock(*compat::attached_host());
  switch (compat::attached_resolver()->hosts().add(address, *name)) {
    case dns::HostsError::none:
      return ERR_OK;
    case dns::HostsError::no_room:
      return ERR_MEM;
    default:
      return ERR_ARG;
  }
}

int dns_local_removehost(const char* hostname, const ip_addr_t* addr) {
  if (!can_change()) return 0;
  const auto name = hostname != nullptr ? dns::Name::from_text(hostname) : std::nullopt;
  if (hostname != nullptr && !name) return 0;
  const auto address = addr != nullptr ? std::optional(compat::address_of(*addr)) : std::nullopt;
  const sockets::Host::Lock lock(*compat::attached_host());
  return static_cast<int>(compat::attached_resolver()->hosts().remove(name, address));
}

err_t dns_local_lookup(const char* hostname, ip_addr_t* addr, u8_t type) {
  const auto wanted = compat::wanted_of(type);
  const auto name = hostname != nullptr ? dns::Name::from_text(hostname) : std::nullopt;
  if (!wanted || !name || !can_change()) return ERR_ARG;
  const sockets::Host::Lock lock(*compat::attached_host());
  const dns::Hosts& hosts = compat::attached_resolver()->hosts();
  dns::Answer answer = hosts.find(*name, wanted->first);
  if (answer.empty() && wanted->otherwise) answer = hosts.find(*name, *wanted->otherwise);
  if (answer.empty()) return ERR_ARG;
  if (addr != nullptr) *addr = compat::ip_addr_of(answer.addresses()[0]);
  return ERR_OK;
}

size_t dns_local_iterate(dns_found_callback visit, void* argument) {
  if (!can_change()) return 0;
  std::vector<std::pair<std::string, ip_addr_t>> all;  // the visitor may change them
  {
    const sockets::Host::Lock lock(*compat::attached_host());
    compat::attached_resolver()->hosts().for_each([&](const IpAddress& address, const dns::Name& name) {
      all.emplace_back(mdns::NameText(name).view(), compat::ip_addr_of(address));
    });
  }
  for (const auto& [name, address] : all) {
    if (visit != nullptr) visit(name.c_str(), &address, argument);
  }
  return all.size();
}

}  // extern "C"
