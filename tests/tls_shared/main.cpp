// SPDX-License-Identifier: Apache-2.0
// Linked with mbedTLS's shared libraries: whose is each function? Exit 0: TLS is theirs, and the network
// ours.
#include <dlfcn.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>

#include <cstdio>
#include <string>

namespace {

std::string object_of(const void* function) {
  Dl_info info{};
  return dladdr(function, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : "nobody";
}

}  // namespace

int main() {
  const std::string own = object_of(reinterpret_cast<const void*>(&main));
  bool right =
      object_of(reinterpret_cast<const void*>(&mbedtls_ssl_read)).find("libmbedtls.so") != std::string::npos;
  const void* const network[] = {reinterpret_cast<const void*>(&mbedtls_net_init),
                                 reinterpret_cast<const void*>(&mbedtls_net_connect),
                                 reinterpret_cast<const void*>(&mbedtls_net_bind),
                                 reinterpret_cast<const void*>(&mbedtls_net_accept),
                                 reinterpret_cast<const void*>(&mbedtls_net_poll),
                                 reinterpret_cast<const void*>(&mbedtls_net_set_block),
                                 reinterpret_cast<const void*>(&mbedtls_net_set_nonblock),
                                 reinterpret_cast<const void*>(&mbedtls_net_usleep),
                                 reinterpret_cast<const void*>(&mbedtls_net_recv),
                                 reinterpret_cast<const void*>(&mbedtls_net_send),
                                 reinterpret_cast<const void*>(&mbedtls_net_recv_timeout),
                                 reinterpret_cast<const void*>(&mbedtls_net_close),
                                 reinterpret_cast<const void*>(&mbedtls_net_free)};
  for (const void* function : network) right = right && object_of(function) == own;
  std::printf("mbedtls_ssl_read: %s, mbedtls_net_connect: %s\n",
              object_of(reinterpret_cast<const void*>(&mbedtls_ssl_read)).c_str(),
              object_of(network[1]).c_str());
  return right ? 0 : 1;
}
