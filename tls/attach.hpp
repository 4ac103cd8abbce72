// SPDX-License-Identifier: Apache-2.0
// Which host's network the functions of mbedtls/net_sockets.h use: they are C, and name none.
#pragma once

#include <string_view>

#include "sockets/host.hpp"

namespace linnet::tls {

/// Looks a host name up for mbedtls_net_connect and mbedtls_net_bind.
struct NameLookup {
  void* context = nullptr;
  /// Writes the addresses of `name`, in the order in which they are to be tried, to the front of `to` and
  /// yields how many there are; 0: none. May wait. Null: only addresses are understood.
  std::size_t (*resolve)(void* context, std::string_view name, std::span<IpAddress> to) = nullptr;
};

/// From now on mbedtls_net_* opens its descriptors on `host`, and mbedTLS has that machine's wall clock
/// (tls/clock.hpp). One host for the process: attach before the first of these calls, detach after the last.
void attach(sockets::Host& host, const NameLookup& names = {});
void detach();
/// Null: none.
sockets::Host* attached_host();

/// What is to be done with a descriptor before it is connected to `remote`; false: that address is left out.
struct Preparation {
  void* context = nullptr;
  bool (*prepare)(void* context, int fd, const Endpoint& remote) = nullptr;
};
/// As mbedtls_net_connect over TCP: a descriptor, or a negative error of mbedtls/net_sockets.h. May wait.
int connect_stream(const char* host, const char* port, const Preparation& preparation);

}  // namespace linnet::tls
