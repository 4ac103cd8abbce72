// SPDX-License-Identifier: Apache-2.0
// What is said of DNS over TLS on the command line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address.hpp"
#include "tls/credentials.hpp"

namespace linnet::apps {

/// A server, and what it has to prove.
struct SecureServer {
  std::string name{};                    ///< that its certificate has to be for; or
  std::vector<tls::Fingerprint> pins{};  ///< of its key, of which one is enough
  IpAddress address;
  std::uint16_t port = 853;
};

struct DnsOverTls {
  bool on() const { return opportunistic || !servers.empty(); }
  bool opportunistic =
      false;  ///< with whatever servers there are, whoever they are; and without, where it must be
  std::vector<SecureServer> servers{};
  std::vector<std::string> authorities{};  ///< files; none: the system's
};

/// "NAME", "sha256/PIN", or several of these with commas between: sets `name` and `pins`. False: it is
/// neither.
bool parse_server_proof(std::string_view text, SecureServer& server);
/// The same with "@ADDRESS" or "@ADDRESS#PORT" behind it.
std::optional<SecureServer> parse_secure_server(std::string_view text);

}  // namespace linnet::apps
