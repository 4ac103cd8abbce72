// SPDX-License-Identifier: Apache-2.0
// lwip/netdb.h: names to addresses, without getaddrinfo.
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "compat/lwip/calls.hpp"
#include "compat/lwip/names.hpp"

using namespace linnet;

namespace {

int h_errno_of(dns::Error error) {
  switch (error) {
    case dns::Error::none:
      return 0;
    case dns::Error::no_data:
      return NO_DATA;
    case dns::Error::timeout:
    case dns::Error::insecure:
    case dns::Error::server_failure:
      return TRY_AGAIN;
    case dns::Error::no_memory:
    case dns::Error::no_server:
      return NO_RECOVERY;
    default:
      return HOST_NOT_FOUND;
  }
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
  if (!found.name.empty()) host = found.name;
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

const char* lwip_gai_strerror(int error) {
  switch (error) {
    case 0:
      return "Success";
    case EAI_NONAME:
      return "Name or service not known";
    case EAI_SERVICE:
      return "No such service by this transport";
    case EAI_FAIL:
      return "No server answered";
    case EAI_MEMORY:
      return "Out of memory";
    case EAI_FAMILY:
      return "Address family not supported";
    case EAI_AGAIN:
      return "The servers fail, perhaps not for long";
    case EAI_BADFLAGS:
      return "Flags that are unknown, or do not fit the rest";
    case EAI_SOCKTYPE:
      return "Type of socket not supported, or not of this protocol";
    case EAI_OVERFLOW:
      return "Text does not fit";
    default:
      return "Unknown error";
  }
}

}  // extern "C"
