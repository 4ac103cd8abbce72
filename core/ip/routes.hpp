// SPDX-License-Identifier: Apache-2.0
// Routes: longest prefix first, then the higher preference (RFC 4191 3.2), then the smaller metric (RFC 1122
// 3.3.1). For IPv6 this is the prefix list, the default router list and what redirects teach (RFC 4861 5.1).
#pragma once

#include "core/base/address.hpp"
#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
#include "core/base/time.hpp"
#include "core/ip/config.hpp"
#include "core/ip/datagram.hpp"
#include "core/ip/nd_options.hpp"

namespace linnet::ip {

/// Who said so. What the network says has a lifetime, and room of its own: it cannot push out what was configured.
enum class RouteOrigin : std::uint8_t {
  configured,  ///< by the owner of the stack, or by an own address that is on the link
  advertised,  ///< by a router: a prefix, a default route, or a route of RFC 4191
  redirect,    ///< RFC 4861 8.3
};

struct Route {
  Prefix destination{};        ///< 0.0.0.0/0: the default route
  IpAddress gateway{};         ///< unspecified: the destination is on the link itself
  std::uint8_t interface = 0;
  std::uint16_t metric = 0;    ///< of two equally long prefixes the smaller one wins
  RouteOrigin origin = RouteOrigin::configured;
  nd::Preference preference = nd::Preference::medium;
  Instant expires = Instant::never();
};

class Routes {
 public:
  /// Room for the configured routes and one on-link route of each address, and for what the network says.
  static constexpr std::size_t capacity(const Config& config) {
    return std::size_t{config.routes} + config.addresses + config.learned_routes;
  }
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Route>(capacity(config));
  }
  Routes(const Config& config, Arena& arena)
      : table_(arena.make_array<Route>(capacity(config))), most_learned_(config.learned_routes) {}

  /// A route to the same prefix by the same gateway, interface and origin is replaced. False when there is no
  /// room: an advertisement pushes nothing out, a redirect takes the place of the one that expires first.
  bool add(const Route& route);
  bool remove(const Prefix& destination, const IpAddress& gateway, std::uint8_t interface,
              RouteOrigin origin = RouteOrigin::configured);
  /// Forgets what was learned that leads by a gateway: it is no router any more (RFC 4861 7.2.5).
  bool forget_gateway(const IpAddress& gateway, std::uint8_t interface);
  /// Forgets what a redirect said of a destination.
  void remove_redirect(const IpAddress& destination, std::uint8_t interface);
  /// Forgets all that was learned by an interface.
  void forget_learned(std::uint8_t interface);
  /// Removes what has lived its time; true when there was any.
  bool expire(Instant now);
  Instant next_deadline() const { return deadline_; }
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
  template <typename Goes>
  bool remove_if(Goes&& goes);
  std::size_t learned() const;
  bool make_room(RouteOrigin origin);

  std::span<Route> table_;  // best first
  std::size_t count_ = 0;
  std::size_t most_learned_;
  Instant deadline_ = Instant::never();
};

}  // namespace linnet::ip
