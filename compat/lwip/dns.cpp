// SPDX-License-Identifier: Apache-2.0
// lwip/dns.h.
#include <string>
#include <thread>

#include "compat/lwip/calls.hpp"
#include "compat/lwip/names.hpp"

using namespace linnet;

namespace {

/// Waits and tells: the body of the thread that a lookup has.
void tell(const std::string& name, const compat::Wanted& wanted, dns_found_callback found, void* argument) {
  const compat::Found result = compat::look_up(name, wanted);
  const bool any = result.error == dns::Error::none;
  const ip_addr_t addr = any ? compat::ip_addr_of(result.answer.addresses()[0]) : ip_addr_t{};
  found(name.c_str(), any ? &addr : nullptr, argument);
}

}  // namespace

namespace linnet::compat {

std::optional<Wanted> wanted_of(u8_t type) {
  using dns::Families;
  switch (type) {
    case LWIP_DNS_ADDRTYPE_IPV4:
      return Wanted{Families::v4, {}};
    case LWIP_DNS_ADDRTYPE_IPV6:
      return Wanted{Families::v6, {}};
    case LWIP_DNS_ADDRTYPE_IPV4_IPV6:
      return Wanted{Families::v4, Families::v6};
    case LWIP_DNS_ADDRTYPE_IPV6_IPV4:
      return Wanted{Families::v6, Families::v4};
    default:
      return std::nullopt;
  }
}

err_t err_of(dns::Error error) {
  switch (error) {
    case dns::Error::none:
      return ERR_OK;
    case dns::Error::bad_name:
      return ERR_ARG;
    case dns::Error::no_memory:
      return ERR_MEM;
    default:
      return ERR_VAL;
  }
}

}  // namespace linnet::compat

extern "C" {

void dns_setserver(u8_t number, const ip_addr_t* server) {
  sockets::Host* host = compat::attached_host();
  dns::Resolver* resolver = compat::attached_resolver();
  if (host == nullptr || resolver == nullptr || number >= compat::attached_settings().name_servers) return;
  IpAddress address = server != nullptr ? compat::address_of(*server) : IpAddress();
  if (address.is_v4() && address.is_unspecified()) address = {};
  const sockets::Host::Lock lock(*host);
  resolver->set_server(number, address);
}

const ip_addr_t* lwip_dns_getserver(u8_t number) {
  static thread_local ip_addr_t server;
  server = ip_addr_any;
  sockets::Host* host = compat::attached_host();
  const dns::Resolver* resolver = compat::attached_resolver();
  if (host == nullptr || resolver == nullptr || number >= compat::attached_settings().name_servers)
    return &server;
  const sockets::Host::Lock lock(*host);
  const IpAddress address = resolver->server(number);
  if (!address.is_unspecified()) server = compat::ip_addr_of(address);
  return &server;
}

err_t dns_gethostbyname_addrtype(const char* name, ip_addr_t* addr, dns_found_callback found, void* argument,
                                 u8_t type) {
  const auto wanted = compat::wanted_of(type);
  if (name == nullptr || addr == nullptr || name[0] == '\0' || !wanted) return ERR_ARG;
  compat::Found result;
  if (compat::known_at_once(name, wanted->first, result)) {
    if (result.error == dns::Error::none) *addr = compat::ip_addr_of(result.answer.addresses()[0]);
    const bool other_may = result.error == dns::Error::no_data && wanted->otherwise;
    if (!other_may) return compat::err_of(result.error);
  }
  if (found == nullptr) return ERR_ARG;
  std::thread([text = std::string(name), own = *wanted, found, argument] {
    tell(text, own, found, argument);
  }).detach();
  return ERR_INPROGRESS;
}

err_t dns_gethostbyname(const char* name, ip_addr_t* addr, dns_found_callback found, void* argument) {
  return dns_gethostbyname_addrtype(name, addr, found, argument, LWIP_DNS_ADDRTYPE_DEFAULT);
}

void dns_clear_cache(void) {
  sockets::Host* host = compat::attached_host();
  dns::Resolver* resolver = compat::attached_resolver();
  if (host == nullptr || resolver == nullptr) return;
  const sockets::Host::Lock lock(*host);
  resolver->clear_cache();
}

}  // extern "C"
