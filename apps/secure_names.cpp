// SPDX-License-Identifier: Apache-2.0
#include "apps/secure_names.hpp"

#include <algorithm>

#include "apps/authorities.hpp"

namespace linnet::apps {

SecureNames::SecureNames(sockets::Host& host, const DnsOverTls& options)
    : host_(host), opportunistic_(options.opportunistic) {
  const auto named = [](const SecureServer& server) { return !server.name.empty(); };
  const bool asked = !options.authorities.empty() || std::any_of(options.servers.begin(), options.servers.end(), named);
  if (!opportunistic_ && asked) {
    load_authorities(options.authorities, trust_, "--dns-cacert");
  }
  const auto add = [&](tls::DnsServer server) {
    streams_.push_back(std::make_unique<tls::DnsStream>(host_.stack(), host_.port(), std::move(server)));
  };
  for (const SecureServer& server : options.servers) {
    servers_.push_back(server.address);
    add({.name = server.name,
         .pins = server.pins,
         .authenticated = !opportunistic_,
         .trust = &trust_,
         .port = server.port});
  }
  while (opportunistic_ && streams_.size() < dns::Resolver::maximum_servers) add({.authenticated = false});
}

void SecureNames::attach(NameService& names) {
  if (!servers_.empty()) names.use_only(servers_);
  const sockets::Host::Lock lock(host_);
  dns::Resolver& resolver = names.resolver();
  for (std::size_t i = 0; i < dns::Resolver::maximum_servers; ++i) {
    resolver.set_secure_stream(i, i < streams_.size() ? streams_[i].get() : nullptr);
  }
  resolver.set_privacy(opportunistic_ ? dns::Privacy::opportunistic : dns::Privacy::strict);
}

}  // namespace linnet::apps
