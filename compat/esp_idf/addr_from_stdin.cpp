// SPDX-License-Identifier: Apache-2.0
// addr_from_stdin.h.
#include <addr_from_stdin.h>
#include <lwip/netdb.h>
#include <protocol_examples_common.h>

#include <cstring>
#include <iostream>
#include <string>

extern "C" esp_err_t get_addr_from_stdin(int port, int sock_type, int* ip_protocol, int* addr_family,
                                         struct sockaddr_storage* dest_addr) {
  std::string line;
  while (line.empty()) {
    if (!std::getline(std::cin, line)) return ESP_FAIL;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  }
  struct addrinfo hints {};
  hints.ai_socktype = sock_type;
  struct addrinfo* found = nullptr;
  if (lwip_getaddrinfo(line.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return ESP_FAIL;
  std::memcpy(dest_addr, found->ai_addr, sizeof *dest_addr);
  *addr_family = found->ai_family;
  *ip_protocol = found->ai_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
  lwip_freeaddrinfo(found);
  if (*addr_family == AF_INET6) {
    auto* v6 = reinterpret_cast<struct sockaddr_in6*>(dest_addr);
    if (v6->sin6_scope_id == 0)
      v6->sin6_scope_id = static_cast<u32_t>(esp_netif_get_netif_impl_index(get_example_netif()));
  }
  return ESP_OK;
}
