// SPDX-License-Identifier: Apache-2.0
// AdvertisedServers: the name servers that routers tell of (RFC 8106 5.1, 6.1).
#pragma once

#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
#include "core/ip/config.hpp"
#include "core/ip/nd_options.hpp"

namespace linnet::ip {

struct AdvertisedServer {
  IpAddress address;  ///< with its zone if it is link-local
  std::uint8_t interface = 0;
  Instant expires;
};

class AdvertisedServers {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<AdvertisedServer>(config.advertised_servers);
  }
  AdvertisedServers(const Config& config, Arena& arena)
      : table_(arena.make_array<AdvertisedServer>(config.advertised_servers)) {}

  /// An option of an advertisement that came by the interface. A full table takes no new ones.
  void receive(std::uint8_t interface, const nd::RecursiveDns& option, Instant now);
  void forget(std::uint8_t interface);
  /// Removes what has lived its time; true when there was any.
  bool expire(Instant now);
  Instant next_deadline() const;
  std::span<const AdvertisedServer> all() const { return table_.first(count_); }
  void digest(Digest& digest) const;

 private:
  AdvertisedServer* find(const IpAddress& address, std::uint8_t interface);
  template <typename Goes>
  bool remove_if(Goes&& goes);

  std::span<AdvertisedServer> table_;
  std::size_t count_ = 0;
};

}  // namespace linnet::ip
