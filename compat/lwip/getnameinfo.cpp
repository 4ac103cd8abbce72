// SPDX-License-Identifier: Apache-2.0
// lwip/netdb.h: getnameinfo (RFC 3493 6.2).
#include <cstring>
#include <string>

#include "compat/lwip/calls.hpp"
#include "compat/lwip/names.hpp"
#include "compat/lwip/service_names.hpp"
#include "services/mdns/names.hpp"

#include <lwip/netif.h>

using namespace linnet;

namespace {

constexpr int known_flags =
    NI_NOFQDN | NI_NUMERICHOST | NI_NAMEREQD | NI_NUMERICSERV | NI_DGRAM | NI_NUMERICSCOPE;

/// 0, or EAI_OVERFLOW.
int put_text(std::string_view text, char* to, socklen_t size) {
  if (text.size() >= size) return EAI_OVERFLOW;
  std::memcpy(to, text.data(), text.size());
  to[text.size()] = '\0';
  return 0;
}

/// The address as a number; its zone by the interface's name, if it has one and it is wanted so.
std::string number_of(const IpAddress& address, bool in_v6, int flags) {
  std::string text(AddressText(address.with_zone(0)).view());
  if (in_v6 && address.is_v4()) text = "::ffff:" + text;
  if (address.zone() == 0) return text;
  char name[NETIF_NAMESIZE];
  const bool named = (flags & NI_NUMERICSCOPE) == 0 && lwip_if_indextoname(address.zone(), name) != nullptr;
  return text + "%" + (named ? std::string(name) : std::to_string(address.zone()));
}

/// NI_NOFQDN: without the domain, where it is the first of those that names are completed with.
std::string without_own_domain(const std::string& text) {
  sockets::Host* host = compat::attached_host();
  const dns::Resolver* resolver = compat::attached_resolver();
  const auto name = mdns::name_from_text(text);
  if (host == nullptr || resolver == nullptr || !name) return text;
  dns::Name first;
  if (!first.add_label(name->first_label())) return text;
  const sockets::Host::Lock lock(*host);
  std::size_t index = 0;
  const auto whole = resolver->search_list().complete(first, index, lock.now());
  return whole && whole->same_as(*name) ? std::string(mdns::NameText(first).view()) : text;
}

int put_host(const IpAddress& address, bool in_v6, int flags, char* to, socklen_t size) {
  if ((flags & NI_NUMERICHOST) == 0) {
    const compat::NameFound found = compat::name_of_address(address);
    if (found.error == dns::Error::none) {
      return put_text((flags & NI_NOFQDN) != 0 ? without_own_domain(found.name) : found.name, to, size);
    }
    const bool perhaps_later =
        found.error == dns::Error::timeout || found.error == dns::Error::server_failure;
    if ((flags & NI_NAMEREQD) != 0) return perhaps_later ? EAI_AGAIN : EAI_NONAME;
  }
  return put_text(number_of(address, in_v6, flags), to, size);
}

int put_service(std::uint16_t port, int flags, char* to, socklen_t size) {
  const auto by = (flags & NI_DGRAM) != 0 ? compat::Transport::udp : compat::Transport::tcp;
  const std::string_view name =
      (flags & NI_NUMERICSERV) != 0 ? std::string_view() : compat::service_name(port, by);
  return put_text(name.empty() ? std::to_string(port) : std::string(name), to, size);
}

}  // namespace

extern "C" int lwip_getnameinfo(const struct sockaddr* addr, socklen_t addrlen, char* host, socklen_t hostlen,
                                char* serv, socklen_t servlen, int flags) {
  if ((flags & ~known_flags) != 0) return EAI_BADFLAGS;
  const bool host_wanted = host != nullptr && hostlen > 0;
  const bool service_wanted = serv != nullptr && servlen > 0;
  if (!host_wanted && !service_wanted && (flags & NI_NAMEREQD) != 0) return EAI_NONAME;
  const auto of = compat::endpoint_of(addr, addrlen);
  if (of.error != 0 || addr->sa_family == AF_UNSPEC) return EAI_FAMILY;
  if (host_wanted) {
    const bool in_v6 = addr->sa_family == AF_INET6;
    const int wrong = put_host(of.endpoint.address, in_v6, flags, host, hostlen);
    if (wrong != 0) return wrong;
  }
  return service_wanted ? put_service(of.endpoint.port, flags, serv, servlen) : 0;
}
