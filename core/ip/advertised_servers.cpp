// SPDX-License-Identifier: Apache-2.0
#include "core/ip/advertised_servers.hpp"

#include <algorithm>
#include <utility>

namespace linnet::ip {

template <typename Goes>
bool AdvertisedServers::remove_if(Goes&& goes) {
  const auto known = table_.first(count_);
  const auto kept =
      static_cast<std::size_t>(std::remove_if(known.begin(), known.end(), goes) - known.begin());
  return std::exchange(count_, kept) != kept;
}

AdvertisedServer* AdvertisedServers::find(const IpAddress& address, std::uint8_t interface) {
  for (AdvertisedServer& server : table_.first(count_)) {
    if (server.address == address && server.interface == interface) return &server;
  }
  return nullptr;
}

void AdvertisedServers::receive(std::uint8_t interface, const nd::RecursiveDns& option, Instant now) {
  const Instant expires = now + nd::lifetime(option.lifetime());
  for (std::size_t i = 0; i < option.size(); ++i) {
    IpAddress address = option.server(i);
    if (address.is_multicast() || address.is_unspecified() || address.is_loopback() || address.is_v4())
      continue;
    if (address.is_link_local()) address = address.with_zone(static_cast<std::uint8_t>(interface + 1));
    if (AdvertisedServer* known = find(address, interface)) {
      known->expires = expires;
    } else if (count_ < table_.size()) {
      table_[count_++] = {.address = address, .interface = interface, .expires = expires};
    }
  }
  expire(now);  // a lifetime of zero: not to be used any more
}

void AdvertisedServers::forget(std::uint8_t interface) {
  remove_if([&](const AdvertisedServer& server) { return server.interface == interface; });
}

bool AdvertisedServers::expire(Instant now) {
  return remove_if([&](const AdvertisedServer& server) { return server.expires <= now; });
}

Instant AdvertisedServers::next_deadline() const {
  Instant deadline = Instant::never();
  for (const AdvertisedServer& server : all()) deadline = earlier(deadline, server.expires);
  return deadline;
}

void AdvertisedServers::digest(Digest& digest) const {
  for (const AdvertisedServer& server : all()) digest.add(server.address.bytes());
}

}  // namespace linnet::ip
