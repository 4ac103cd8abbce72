// SPDX-License-Identifier: Apache-2.0
// lwip/netdb.h: getaddrinfo (RFC 3493 6.1).
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>

#include "compat/lwip/calls.hpp"
#include "compat/lwip/names.hpp"
#include "compat/lwip/service_names.hpp"

using namespace linnet;

namespace {

constexpr int known_flags =
    AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_NUMERICSERV | AI_V4MAPPED | AI_ALL | AI_ADDRCONFIG;

/// One addrinfo, with all that it points to, in one piece of memory.
struct Info {
  addrinfo info;
  sockaddr_storage address;
};

/// `name`: the canonical one; empty: not wanted.
Info* info_of(const IpAddress& address, std::uint16_t port, const addrinfo& hints, std::string_view name) {
  const std::size_t name_size = name.empty() ? 0 : name.size() + 1;
  auto* info = static_cast<Info*>(std::calloc(1, sizeof(Info) + name_size));
  if (info == nullptr) return nullptr;
  const bool v6 = address.is_v6() || hints.ai_family == AF_INET6;  // one of IPv4 is mapped there
  socklen_t size = sizeof info->address;
  compat::put_endpoint({address, port}, v6, reinterpret_cast<sockaddr*>(&info->address), &size);
  info->info.ai_flags = hints.ai_flags;
  info->info.ai_family = v6 ? AF_INET6 : AF_INET;
  info->info.ai_socktype = hints.ai_socktype;
  info->info.ai_protocol = hints.ai_protocol;
  info->info.ai_addrlen = size;
  info->info.ai_addr = reinterpret_cast<sockaddr*>(&info->address);
  if (name_size != 0)
    info->info.ai_canonname = static_cast<char*>(std::memcpy(info + 1, name.data(), name.size()));
  return info;
}

int eai_of(dns::Error error) {
  switch (error) {
    case dns::Error::none:
      return 0;
    case dns::Error::no_memory:
      return EAI_MEMORY;
    case dns::Error::timeout:
    case dns::Error::insecure:
    case dns::Error::server_failure:
      return EAI_AGAIN;
    case dns::Error::no_server:
      return EAI_FAIL;
    default:
      return EAI_NONAME;
  }
}

/// 0, or what is wrong with the request whatever the name. Of type and protocol the one that is missing is
/// set.
int complete(addrinfo& hints, const char* nodename, const char* servname) {
  if (nodename == nullptr && servname == nullptr) return EAI_NONAME;
  if ((hints.ai_flags & ~known_flags) != 0) return EAI_BADFLAGS;
  if ((hints.ai_flags & AI_CANONNAME) != 0 && nodename == nullptr) return EAI_BADFLAGS;
  if (hints.ai_family != AF_UNSPEC && hints.ai_family != AF_INET && hints.ai_family != AF_INET6)
    return EAI_FAMILY;
  int& type = hints.ai_socktype;
  int& protocol = hints.ai_protocol;
  if (type == 0 && protocol == IPPROTO_TCP) type = SOCK_STREAM;
  if (type == 0 && protocol == IPPROTO_UDP) type = SOCK_DGRAM;
  if (type == 0 && protocol != 0) return servname != nullptr ? EAI_SERVICE : 0;
  const int own = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
  switch (type) {
    case 0:
    case SOCK_RAW:
      return 0;
    case SOCK_STREAM:
    case SOCK_DGRAM:
      if (protocol != 0 && protocol != own) return EAI_SOCKTYPE;
      protocol = own;
      return 0;
    default:
      return EAI_SOCKTYPE;
  }
}

/// A decimal port, or the name of one: 0, or why there is none.
int find_port(const char* service, const addrinfo& hints, std::uint16_t& port) {
  if (service == nullptr) return 0;
  const char* end = service + std::strlen(service);
  const auto read = std::from_chars(service, end, port);
  const bool number = read.ptr == end && service != end;
  if (!number && (hints.ai_flags & AI_NUMERICSERV) != 0) return EAI_NONAME;
  if (hints.ai_socktype == SOCK_RAW) return EAI_SERVICE;  // it has no ports
  if (number) return read.ec == std::errc() ? 0 : EAI_SERVICE;
  const auto by = hints.ai_socktype == SOCK_STREAM  ? compat::Transport::tcp
                  : hints.ai_socktype == SOCK_DGRAM ? compat::Transport::udp
                                                    : compat::Transport::any;
  const auto known = compat::service_port(service, by);
  if (!known) return EAI_SERVICE;
  port = *known;
  return 0;
}

dns::Families families_of(const addrinfo& hints) {
  if (hints.ai_family == AF_INET) return dns::Families::v4;
  if (hints.ai_family == AF_INET6 && (hints.ai_flags & AI_V4MAPPED) == 0) return dns::Families::v6;
  return dns::Families::both;
}

/// AI_ADDRCONFIG: of which family this host has addresses other than loopback's. Both where it has none at
/// all: then names of this host are all that it can use.
dns::Families configured() {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return dns::Families::both;
  const sockets::Host::Lock lock(*host);
  bool four = false;
  bool six = false;
  for (const ip::AddressView& view : lock.stack().ip().addresses()) {
    four = four || (view.usable() && !view.prefix.address.is_loopback());
  }
  for (const ip::Ipv6Address& own : lock.stack().ip().neighbour_discovery().addresses().all()) {
    six = six || (own.usable() && !own.address.is_loopback());
  }
  if (four == six) return dns::Families::both;
  return four ? dns::Families::v4 : dns::Families::v6;
}

/// Without a name: of whoever is to be listened to, or this host.
compat::Found own_addresses(const addrinfo& hints) {
  compat::Found found{.error = dns::Error::none, .answer = {}};
  const bool passive = (hints.ai_flags & AI_PASSIVE) != 0;
  const IpAddress four = passive ? IpAddress::any_v4() : IpAddress::loopback_v4();
  const IpAddress six = passive ? IpAddress::any_v6() : IpAddress::loopback_v6();
  // A server that takes the first one is to be found by everybody; who connects, tries IPv6 first (RFC
  // 6724 2.1).
  if (passive && hints.ai_family != AF_INET6) found.answer.add(four);
  if (hints.ai_family != AF_INET) found.answer.add(six);
  if (!passive && hints.ai_family != AF_INET6) found.answer.add(four);
  return found;
}

compat::Found addresses_of(const char* name, const addrinfo& hints) {
  if (name == nullptr) return own_addresses(hints);
  dns::Families families = families_of(hints);
  if (!compat::literal_address(name)) {
    if ((hints.ai_flags & AI_NUMERICHOST) != 0) return {.error = dns::Error::bad_name, .answer = {}};
    if ((hints.ai_flags & AI_ADDRCONFIG) != 0) {
      families =
          static_cast<dns::Families>(static_cast<unsigned>(families) & static_cast<unsigned>(configured()));
      if (families == dns::Families::none) return {.error = dns::Error::no_data, .answer = {}};
    }
  }
  compat::Found found = compat::look_up(name, families);
  // RFC 3493 6.1: mapped addresses only where there are no others, unless all are wanted.
  if (hints.ai_family == AF_INET6 && (hints.ai_flags & AI_ALL) == 0) {
    dns::Answer six;
    for (const IpAddress& address : found.answer.addresses()) {
      if (address.is_v6()) six.add(address);
    }
    if (!six.empty()) found.answer = six;
  }
  return found;
}

}  // namespace

extern "C" {

int lwip_getaddrinfo(const char* nodename, const char* servname, const struct addrinfo* hints,
                     struct addrinfo** res) {
  if (res == nullptr) return EAI_FAIL;
  *res = nullptr;
  addrinfo asked = hints != nullptr ? *hints : addrinfo{};
  std::uint16_t port = 0;
  if (const int wrong = complete(asked, nodename, servname); wrong != 0) return wrong;
  if (const int wrong = find_port(servname, asked, port); wrong != 0) return wrong;
  compat::Found found = addresses_of(nodename, asked);
  if (found.error != dns::Error::none) return eai_of(found.error);
  std::string canonical;
  if ((asked.ai_flags & AI_CANONNAME) != 0) {
    if (found.name.empty()) found.name = nodename;
    canonical = compat::literal_address(nodename) ? found.name : compat::canonical_name(found);
  }
  addrinfo** next = res;
  for (const IpAddress& address : found.answer.addresses()) {
    Info* info =
        info_of(address, port, asked, next == res ? std::string_view(canonical) : std::string_view());
    if (info == nullptr) {
      lwip_freeaddrinfo(*res);
      *res = nullptr;
      return EAI_MEMORY;
    }
    *next = &info->info;
    next = &info->info.ai_next;
  }
  return 0;
}

void lwip_freeaddrinfo(struct addrinfo* first) {
  while (first != nullptr) {
    addrinfo* next = first->ai_next;
    std::free(first);  // the first member of an Info
    first = next;
  }
}

}  // extern "C"
