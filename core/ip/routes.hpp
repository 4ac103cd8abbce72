// SPDX-License-Identifier: Apache-2.0
// Routes: longest prefix first, then the smaller metric (RFC 1122 3.3.1).
#pragma once

#include "core/base/address.hpp"
#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
#include "core/ip/config.hpp"
#include "core/ip/datagram.hpp"

namespace linnet::ip {

struct Route {
  Prefix destination{};        ///< 0.0.0.0/0: the default route
  IpAddress gateway{};         ///< unspecified: the destination is on the link itself
  std::uint8_t interface = 0;
  std::uint16_t metric = 0;    ///< of two equally long prefixes the smaller one wins
};

class Routes {
 public:
  /// Room for the configured routes and one on-link route of each address.
  static constexpr std::size_t capacity(const Config& config) {
    return std::size_t{config.routes} + config.addresses;
  }
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Route>(capacity(config));
  }
  Routes(const Config& config, Arena& arena) : table_(arena.make_array<Route>(capacity(config))) {}

  /// A route to the same prefix by the same gateway and interface is replaced. False when the table is full.
  bool add(const Route& route);
  bool remove(const Prefix& destination, const IpAddress& gateway, std::uint8_t interface);
  void remove_interface(std::uint8_t interface);
  std::span<const Route> all() const { return table_.first(count_); }

  /// The best route to `destination` for which `usable(route)` holds, or null.
  template <typename Usable>
  const Route* find(const IpAddress& destination, Usable&& usable) const {
    for (const Route& route : all()) {
      if (route.destination.contains(destination) && usable(route)) return &route;
    }
    return nullptr;
  }
  void digest(Digest& digest) const;

 private:
  std::span<Route> table_;  // best first
  std::size_t count_ = 0;
};

}  // namespace linnet::ip
