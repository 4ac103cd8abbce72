// SPDX-License-Identifier: Apache-2.0
#include "compat/lwip/test_system_names.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include "compat/lwip/test_names_text.hpp"

namespace linnet::compat::test {

namespace {

/// What POSIX has no more is no name, either.
int of_posix(int error) {
  return error == -5 /* EAI_NODATA */ || error == -9 /* EAI_ADDRFAMILY */ ? EAI_NONAME : error;
}

}  // namespace

std::string system_resolve(const char* node, const char* service, const Asked& asked) {
  const addrinfo hints = hints_of(asked);
  addrinfo* list = nullptr;
  const int error = getaddrinfo(node, service, &hints, &list);
  if (error != 0) return error_name(of_posix(error));
  const std::string result = text_of(*list);
  freeaddrinfo(list);
  return result;
}

std::string system_name(const char* address, std::uint16_t port, const AskedName& asked) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(address, std::to_string(port).c_str(), &hints, &list) != 0) return "no address";
  const int flags = (asked.numeric_host ? NI_NUMERICHOST : 0) | (asked.numeric_service ? NI_NUMERICSERV : 0) |
                    (asked.datagram ? NI_DGRAM : 0) | (asked.required ? NI_NAMEREQD : 0);
  char host[64] = "", service[32] = "";
  const int error =
      getnameinfo(list->ai_addr, list->ai_addrlen, asked.host_size != 0 ? host : nullptr, asked.host_size,
                  asked.service_size != 0 ? service : nullptr, asked.service_size, flags);
  freeaddrinfo(list);
  return error != 0 ? error_name(of_posix(error)) : std::string(host) + "|" + service;
}

bool system_has_services() { return getservbyname("domain", "udp") != nullptr; }

}  // namespace linnet::compat::test
