// SPDX-License-Identifier: Apache-2.0
#include "apps/dns_over_tls.hpp"

#include "apps/text.hpp"
#include "services/dns/name.hpp"
#include "services/dns/wire.hpp"
#include "tls/dns_stream.hpp"

namespace linnet::apps {
namespace {

constexpr std::string_view pin_word = "sha256/";

}  // namespace

bool parse_server_proof(std::string_view text, SecureServer& server) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    if (part.starts_with(pin_word)) {
      const auto pin = tls::pin_from_text(part.substr(pin_word.size()));
      if (!pin) return false;
      server.pins.push_back(*pin);
    } else {
      const bool name = server.name.empty() && !IpAddress::parse(part) && dns::Name::from_text(part);
      if (!name) return false;
      server.name = part.substr(0, part.size() - (part.ends_with('.') ? 1 : 0));
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return !server.name.empty() || !server.pins.empty();
}

std::optional<SecureServer> parse_secure_server(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  SecureServer server;
  if (!parse_server_proof(text.substr(0, at), server)) return std::nullopt;
  text.remove_prefix(at + 1);
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    server.port = parse_port(text.substr(hash + 1)).value_or(0);
    // RFC 7858 3.1: any but that of what everybody may read.
    if (server.port == 0 || server.port == dns::server_port) return std::nullopt;
    text = text.substr(0, hash);
  }
  const auto address = IpAddress::parse(text);
  if (!address || address->is_unspecified() || address->is_multicast()) return std::nullopt;
  server.address = *address;
  return server;
}

}  // namespace linnet::apps
