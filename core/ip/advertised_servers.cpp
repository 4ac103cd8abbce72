// SPDX-License-Identifier: Apache-2.0
#include "core/ip/advertised_servers.hpp"

namespace linnet::ip {

void AdvertisedServers::receive(std::uint8_t interface, const nd::RecursiveDns& option, Instant now) {
  const Instant expires = now + nd::lifetime(option.lifetime());
  for (std::size_t i = 0; i < option.size(); ++i) {
    IpAddress address = option.server(i);
    if (address.is_multicast() || address.is_unspecified() || address.is_loopback() || address.is_v4())
      continue;
    if (address.is_link_local()) address = address.with_zone(static_cast<std::uint8_t>(interface + 1));
    take({.address = address, .interface = interface, .expires = expires},
         [&](const AdvertisedServer& known) { return known.address == address; });
  }
  expire(now);  // a lifetime of zero: not to be used any more
}

void AdvertisedServers::digest(Digest& digest) const {
  for (const AdvertisedServer& server : all()) digest.add(server.address.bytes());
}

}  // namespace linnet::ip
