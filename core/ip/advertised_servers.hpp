// SPDX-License-Identifier: Apache-2.0
// AdvertisedServers: the name servers that routers tell of (RFC 8106 5.1, 6.1).
#pragma once

#include "core/base/digest.hpp"
#include "core/ip/advertised_table.hpp"
#include "core/ip/config.hpp"
#include "core/ip/nd_options.hpp"

namespace linnet::ip {

struct AdvertisedServer {
  IpAddress address;  ///< with its zone if it is link-local
  std::uint8_t interface = 0;
  Instant expires;
};

class AdvertisedServers : public AdvertisedTable<AdvertisedServer> {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<AdvertisedServer>(config.advertised_servers);
  }
  AdvertisedServers(const Config& config, Arena& arena) : AdvertisedTable(config.advertised_servers, arena) {}

  /// An option of an advertisement that came by the interface. A full table takes no new ones.
  void receive(std::uint8_t interface, const nd::RecursiveDns& option, Instant now);
  void digest(Digest& digest) const;
};

}  // namespace linnet::ip
