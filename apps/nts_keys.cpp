// SPDX-License-Identifier: Apache-2.0
#include "apps/nts_keys.hpp"

#include <fmt/format.h>

#include "apps/authorities.hpp"
#include "apps/problem.hpp"
#include "apps/stream.hpp"

namespace linnet::apps {

std::string exchange_nts_keys(Machine& machine, const std::string& host,
                              const std::vector<std::string>& authorities, tls::Nts& nts) {
  if (!tls::Nts::possible) {
    throw Problem(
        "--nts needs TLS 1.3: this linnet was built with mbedTLS 2.28, which has none (docs/tls.md)",
        exit_code::usage);
  }
  constexpr Duration patience = Duration::seconds(10);
  tls::Trust trust;
  load_authorities(authorities, trust);
  const Stream tcp(machine, host, tls::nts::key_exchange_port, patience);
  tls::Stream stream(machine.host(), tcp.fd(),
                     {.host_name = host, .trust = &trust, .protocols = tls::Nts::protocols},
                     {.flight = patience, .read = patience, .write = patience});
  if (!nts.exchange_keys(stream)) throw Problem(fmt::format("{} gives no keys: {}", host, nts.words()));
  return nts.server().empty() ? std::string(AddressText(tcp.peer().address).view()) : nts.server();
}

}  // namespace linnet::apps
