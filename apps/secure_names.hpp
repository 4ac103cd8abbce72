// SPDX-License-Identifier: Apache-2.0
// DNS over TLS (RFC 7858) for the commands: which servers, who they have to be, whom we trust about that.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/dns_over_tls.hpp"
#include "apps/name_service.hpp"
#include "tls/dns_stream.hpp"

namespace linnet::apps {

/// The streams of a machine's resolver.
class SecureNames {
 public:
  /// Reads the certificates of authorities. Throws Problem.
  SecureNames(sockets::Host& host, const DnsOverTls& options);
  /// From now on `names` asks by these streams; they must outlive it, or be replaced.
  void attach(NameService& names);

 private:
  sockets::Host& host_;
  bool opportunistic_;
  std::vector<IpAddress> servers_;
  tls::Trust trust_;
  std::vector<std::unique_ptr<tls::DnsStream>> streams_;
};

}  // namespace linnet::apps
