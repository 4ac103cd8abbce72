// SPDX-License-Identifier: Apache-2.0
// lwip/netdb.h: names to addresses.
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "compat/lwip/calls.hpp"
#include "compat/lwip/names.hpp"

using namespace linnet;

namespace {

/// One addrinfo, with all that it points to, in one piece of memory.
struct Info {
  addrinfo info;
  sockaddr_storage address;
};

int h_errno_of(dns::Error error) {
  switch (error) {
    case dns::Error::none:
      return 0;
    case dns::Error::no_data:
      return NO_DATA;
    case dns::Error::timeout:
    case dns::Error::server_failure:
      return TRY_AGAIN;
    case dns::Error::no_memory:
    case dns::Error::no_server:
      return NO_RECOVERY;
    default:
      return HOST_NOT_FOUND;
  }
}

int eai_of(dns::Error error) {
  switch (error) {
    case dns::Error::no_memory:
      return EAI_MEMORY;
    case dns::Error::timeout:
    case dns::Error::server_failure:
    case dns::Error::no_server:
      return EAI_FAIL;
    default:
      return EAI_NONAME;
  }
}

Info* info_of(const IpAddress& address, std::uint16_t port, const addrinfo& hints, const char* name) {
  const std::size_t name_size =
      name != nullptr && (hints.ai_flags & AI_CANONNAME) != 0 ? std::strlen(name) + 1 : 0;
  auto* info = static_cast<Info*>(std::calloc(1, sizeof(Info) + name_size));
  if (info == nullptr) return nullptr;
  const bool v6 = address.is_v6() || (hints.ai_family == AF_INET6 && (hints.ai_flags & AI_V4MAPPED) != 0);
  socklen_t size = sizeof info->address;
  compat::put_endpoint({address, port}, v6, reinterpret_cast<sockaddr*>(&info->address), &size);
  info->info.ai_flags = hints.ai_flags;
  info->info.ai_family = v6 ? AF_INET6 : AF_INET;
  info->info.ai_socktype = hints.ai_socktype;
  info->info.ai_protocol = hints.ai_protocol;
  info->info.ai_addrlen = size;
  info->info.ai_addr = reinterpret_cast<sockaddr*>(&info->address);
  if (name_size != 0) info->info.ai_canonname = static_cast<char*>(std::memcpy(info + 1, name, name_size));
  return info;
}

/// A decimal port.
std::optional<std::uint16_t> port_of(const char* service) {
  if (service == nullptr) return std::uint16_t{0};
  std::uint16_t port = 0;
  const char* end = service + std::strlen(service);
  const auto read = std::from_chars(service, end, port);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return port;
}

dns::Families families_of(const addrinfo& hints) {
  if (hints.ai_family == AF_INET) return dns::Families::v4;
  if (hints.ai_family == AF_INET6 && (hints.ai_flags & AI_V4MAPPED) == 0) return dns::Families::v6;
  return dns::Families::both;
}

compat::Found addresses_of(const char* name, const addrinfo& hints) {
  if (name != nullptr) {
    if ((hints.ai_flags & AI_NUMERICHOST) == 0) return compat::look_up(name, families_of(hints));
    if (!IpAddress::parse(name)) return {.error = dns::Error::bad_name, .answer = {}};
    return compat::look_up(name, families_of(hints));
  }
  const bool v6 = hints.ai_family == AF_INET6;
  compat::Found found{.error = dns::Error::none, .answer = {}};
  if ((hints.ai_flags & AI_PASSIVE) != 0) {
    found.answer.add(v6 ? IpAddress::any_v6() : IpAddress::any_v4());
  } else {
    found.answer.add(v6 ? IpAddress::loopback_v6() : IpAddress::loopback_v4());
  }
  return found;
}

/// What gethostbyname hands out, in the caller's memory.
struct HostLayout {
  char* aliases[1];
  char* list[DNS_MAX_ADDRS_PER_NAME + 1];
  in_addr addresses[DNS_MAX_ADDRS_PER_NAME];
};

void fill(hostent& entry, HostLayout& layout, char* name, const dns::Answer& answer) {
  std::size_t count = 0;
  for (const IpAddress& address : answer.addresses()) {
    if (!address.is_v4() || count == DNS_MAX_ADDRS_PER_NAME) continue;
    layout.addresses[count] = compat::in4_of(address);
    layout.list[count] = reinterpret_cast<char*>(&layout.addresses[count]);
    ++count;
  }
  layout.list[count] = nullptr;
  layout.aliases[0] = nullptr;
  entry = {.h_name = name,
           .h_aliases = layout.aliases,
           .h_addrtype = AF_INET,
           .h_length = sizeof(in_addr),
           .h_addr_list = layout.list};
}

/// A number, and 0, or EAI_OVERFLOW.
int put_text(std::string_view text, char* to, socklen_t size) {
  if (to == nullptr || size == 0) return 0;
  if (text.size() + 1 > size) return EAI_OVERFLOW;
  std::memcpy(to, text.data(), text.size());
  to[text.size()] = '\0';
  return 0;
}

}  // namespace

extern "C" {

int* lwip_h_errno(void) {
  static thread_local int number = 0;
  return &number;
}

struct hostent* lwip_gethostbyname(const char* name) {
  static thread_local HostLayout layout;
  static thread_local hostent entry;
  static thread_local std::string host;
  if (name == nullptr) return nullptr;
  host = name;
  const compat::Found found = compat::look_up(host, dns::Families::v4);
  *lwip_h_errno() = h_errno_of(found.error);
  if (found.error != dns::Error::none) return nullptr;
  fill(entry, layout, host.data(), found.answer);
  return &entry;
}

int lwip_gethostbyname_r(const char* name, struct hostent* ret, char* buffer, size_t size,
                         struct hostent** result, int* h_errnop) {
  int ignored = 0;
  if (h_errnop == nullptr) h_errnop = &ignored;
  if (result == nullptr) return *h_errnop = EINVAL;
  *result = nullptr;
  if (name == nullptr || ret == nullptr || buffer == nullptr) return *h_errnop = EINVAL;
  void* place = buffer;
  std::size_t room = size;
  const std::size_t name_size = std::strlen(name) + 1;
  if (std::align(alignof(HostLayout), sizeof(HostLayout) + name_size, place, room) == nullptr)
    return *h_errnop = ERANGE;
  const compat::Found found = compat::look_up(name, dns::Families::v4);
  *h_errnop = h_errno_of(found.error);
  if (found.error != dns::Error::none) return *h_errnop;
  auto* layout = new (place) HostLayout;
  char* own_name = reinterpret_cast<char*>(layout + 1);
  std::memcpy(own_name, name, name_size);
  fill(*ret, *layout, own_name, found.answer);
  *result = ret;
  return 0;
}

int lwip_getaddrinfo(const char* nodename, const char* servname, const struct addrinfo* hints,
                     struct addrinfo** res) {
  if (res == nullptr) return EAI_FAIL;
  *res = nullptr;
  const addrinfo asked = hints != nullptr ? *hints : addrinfo{};
  if (nodename == nullptr && servname == nullptr) return EAI_NONAME;
  if (asked.ai_family != AF_UNSPEC && asked.ai_family != AF_INET && asked.ai_family != AF_INET6)
    return EAI_FAMILY;
  const auto port = port_of(servname);
  if (!port) return EAI_SERVICE;
  const compat::Found found = addresses_of(nodename, asked);
  if (found.error != dns::Error::none) return eai_of(found.error);
  addrinfo** next = res;
  for (const IpAddress& address : found.answer.addresses()) {
    Info* info = info_of(address, *port, asked, nodename);
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

int lwip_getnameinfo(const struct sockaddr* addr, socklen_t addrlen, char* host, socklen_t hostlen,
                     char* serv, socklen_t servlen, int flags) {
  const auto of = compat::endpoint_of(addr, addrlen);
  if (of.error != 0 || addr->sa_family == AF_UNSPEC) return EAI_FAMILY;
  if (host != nullptr && (flags & NI_NAMEREQD) != 0) return EAI_NONAME;
  IpAddress address = of.endpoint.address;
  if (addr->sa_family == AF_INET6 && address.is_v4()) {
    const std::string mapped = "::ffff:" + std::string(AddressText(address).view());
    if (const int wrong = put_text(mapped, host, hostlen); wrong != 0) return wrong;
  } else if (const int wrong = put_text(AddressText(address).view(), host, hostlen); wrong != 0) {
    return wrong;
  }
  return put_text(std::to_string(of.endpoint.port), serv, servlen);
}

const char* lwip_gai_strerror(int error) {
  switch (error) {
    case 0:
      return "Success";
    case EAI_NONAME:
      return "Name or service not known";
    case EAI_SERVICE:
      return "No such service: ports are numbers";
    case EAI_FAIL:
      return "No server answered";
    case EAI_MEMORY:
      return "Out of memory";
    case EAI_FAMILY:
      return "Address family not supported";
    case EAI_OVERFLOW:
      return "Text does not fit";
    default:
      return "Unknown error";
  }
}

}  // extern "C"
