// SPDX-License-Identifier: Apache-2.0
// The same calls on the system's own library, of which no header may meet lwIP's.
#pragma once

#include <cstdint>
#include <string>

namespace linnet::compat::test {

/// In bits of its own, so that it serves both libraries.
struct Asked {
  int family = 0;   ///< 0, 4, 6
  char type = 's';  ///< 's'tream, 'd'gram, 'r'aw
  bool passive = false;
  bool canonical = false;
  bool numeric_host = true;
  bool numeric_service = false;
  bool mapped = false;
  bool all = false;
};
/// "192.0.2.1|80 fe80::1%2|80 =canonical", sorted, or the error's name without EAI_, NONAME for those that
/// POSIX has no more.
std::string system_resolve(const char* node, const char* service, const Asked& asked);

struct AskedName {
  bool numeric_host = true;
  bool numeric_service = false;
  bool datagram = false;
  bool required = false;
  unsigned host_size = 64;
  unsigned service_size = 32;
};
/// "host|service", or the error's name. `address`: a number.
std::string system_name(const char* address, std::uint16_t port, const AskedName& asked);
/// Whether the system knows the names of ports.
bool system_has_services();

}  // namespace linnet::compat::test
