// SPDX-License-Identifier: Apache-2.0
#include "compat/lwip/test_system_names.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <cstring>
#include <set>

namespace linnet::compat::test {

namespace {

std::string error_name(int error) {
  switch (error) {
    case EAI_NONAME:
    case -5:  // EAI_NODATA
    case -9:  // EAI_ADDRFAMILY
      return "NONAME";
    case EAI_SERVICE:
      return "SERVICE";
    case EAI_FAMILY:
      return "FAMILY";
    case EAI_SOCKTYPE:
      return "SOCKTYPE";
    case EAI_BADFLAGS:
      return "BADFLAGS";
    case EAI_OVERFLOW:
      return "OVERFLOW";
    default:
      return "other " + std::to_string(error);
  }
}

int family_of(int family) { return family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC; }

std::string text_of(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (address->sa_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, address, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    return std::string(text) + "|" + std::to_string(ntohs(in.sin_port));
  }
  sockaddr_in6 in;
  std::memcpy(&in, address, sizeof in);
  inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
  const std::string zone = in.sin6_scope_id != 0 ? "%" + std::to_string(in.sin6_scope_id) : "";
  return text + zone + "|" + std::to_string(ntohs(in.sin6_port));
}

}  // namespace

std::string system_resolve(const char* node, const char* service, const Asked& asked) {
  addrinfo hints{};
  hints.ai_family = family_of(asked.family);
  hints.ai_socktype = asked.type == 's' ? SOCK_STREAM : asked.type == 'd' ? SOCK_DGRAM : SOCK_RAW;
  hints.ai_flags = (asked.passive ? AI_PASSIVE : 0) | (asked.canonical ? AI_CANONNAME : 0) |
                   (asked.numeric_host ? AI_NUMERICHOST : 0) | (asked.numeric_service ? AI_NUMERICSERV : 0) |
                   (asked.mapped ? AI_V4MAPPED : 0) | (asked.all ? AI_ALL : 0);
  addrinfo* list = nullptr;
  const int error = getaddrinfo(node, service, &hints, &list);
  if (error != 0) return error_name(error);
  std::set<std::string> texts;
  for (const addrinfo* info = list; info != nullptr; info = info->ai_next)
    texts.insert(text_of(info->ai_addr));
  std::string result;
  for (const std::string& text : texts) result += text + " ";
  if (list->ai_canonname != nullptr) result += "=" + std::string(list->ai_canonname);
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
  return error != 0 ? error_name(error) : std::string(host) + "|" + service;
}

bool system_has_services() { return getservbyname("domain", "udp") != nullptr; }

}  // namespace linnet::compat::test
