// SPDX-License-Identifier: Apache-2.0
// What getaddrinfo is asked and says, as text. It comes behind the headers of the library that it is about,
// lwIP's or the system's: their types have the same names, so that these functions are static, one for each
// file.
#pragma once

#include <cstring>
#include <set>
#include <string>

#include "compat/lwip/test_system_names.hpp"

namespace linnet::compat::test {

static std::string error_name(int error) {
  switch (error) {
    case EAI_NONAME:
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

static addrinfo hints_of(const Asked& asked) {
  addrinfo hints{};
  hints.ai_family = asked.family == 4 ? AF_INET : asked.family == 6 ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = asked.type == 's' ? SOCK_STREAM : asked.type == 'd' ? SOCK_DGRAM : SOCK_RAW;
  hints.ai_flags = (asked.passive ? AI_PASSIVE : 0) | (asked.canonical ? AI_CANONNAME : 0) |
                   (asked.numeric_host ? AI_NUMERICHOST : 0) | (asked.numeric_service ? AI_NUMERICSERV : 0) |
                   (asked.mapped ? AI_V4MAPPED : 0) | (asked.all ? AI_ALL : 0);
  return hints;
}

static std::string text_of(const sockaddr* address) {
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

/// All of a list, sorted, and its canonical name.
static std::string text_of(const addrinfo& list) {
  std::set<std::string> texts;
  for (const addrinfo* info = &list; info != nullptr; info = info->ai_next)
    texts.insert(text_of(info->ai_addr));
  std::string result;
  for (const std::string& text : texts) result += text + " ";
  if (list.ai_canonname != nullptr) result += "=" + std::string(list.ai_canonname);
  return result;
}

}  // namespace linnet::compat::test
