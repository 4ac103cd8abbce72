// SPDX-License-Identifier: Apache-2.0
// NameService: the resolver, its servers as DHCP names them, and lookups that wait.
#pragma once

#include <vector>

#include "services/dhcp/client.hpp"
#include "services/dns/resolver.hpp"
#include "sockets/host.hpp"

namespace linnet::apps {

class NameService final : public sockets::Service {
 public:
  /// `fixed`: servers to be used whatever DHCP says.
  NameService(sockets::Host& host, Arena& arena, std::vector<IpAddress> fixed);

  /// Whose lease names the servers from now on; under the host's lock, or before there are threads.
  void follow(const dhcp::Client& client) { client_ = &client; }
  Instant poll(Instant now) override;

  /// The addresses of `name`, which may be an address itself. Throws Problem saying why there are none.
  dns::Answer resolve(const std::string& name);
  /// Under the host's lock.
  std::vector<IpAddress> servers();
  static dns::Config config() { return {.queries = 16, .cache_entries = 64, .message_size = 1472}; }

 private:
  void take_over_servers();

  sockets::Host& host_;
  std::vector<IpAddress> fixed_;
  dns::Resolver resolver_;
  const dhcp::Client* client_ = nullptr;
  std::uint32_t version_ = 0;
};

}  // namespace linnet::apps
