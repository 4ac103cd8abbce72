// SPDX-License-Identifier: Apache-2.0
#include "core/ip/routes.hpp"

#include <utility>

namespace linnet::ip {
namespace {

bool same(const Route& a, const Prefix& destination, const IpAddress& gateway, std::uint8_t interface,
          RouteOrigin origin) {
  return a.destination.length == destination.length && a.destination.contains(destination.address) &&
         a.gateway == gateway && a.interface == interface && a.origin == origin;
}

bool better(const Route& a, const Route& b) {
  if (a.destination.length != b.destination.length) return a.destination.length > b.destination.length;
  if (a.preference != b.preference) return a.preference > b.preference;
  return a.metric < b.metric;
}

}  // namespace

/// Removes every route of which `goes` holds; the others stay in their order.
template <typename Goes>
bool Routes::remove_if(Goes&& goes) {
  std::size_t kept = 0;
  deadline_ = Instant::never();
  for (std::size_t i = 0; i < count_; ++i) {
    if (goes(table_[i])) continue;
    table_[kept++] = table_[i];
    deadline_ = earlier(deadline_, table_[kept - 1].expires);
  }
  return std::exchange(count_, kept) != kept;
}

std::size_t Routes::learned() const {
  std::size_t count = 0;
  for (const Route& route : all()) count += route.origin != RouteOrigin::configured ? 1 : 0;
  return count;
}

bool Routes::make_room(RouteOrigin origin) {
  if (origin == RouteOrigin::configured) return count_ - learned() < table_.size() - most_learned_;
  if (learned() < most_learned_) return true;
  if (origin == RouteOrigin::advertised) return false;
  const Route* first = nullptr;
  for (const Route& route : all()) {
    if (route.origin != RouteOrigin::redirect) continue;
    if (first == nullptr || route.expires < first->expires) first = &route;
  }
  return first != nullptr && remove_if([&](const Route& route) { return &route == first; });
}

bool Routes::add(const Route& route) {
  remove(route.destination, route.gateway, route.interface, route.origin);
  if (!make_room(route.origin)) return false;
  std::size_t at = count_++;
  for (; at > 0 && better(route, table_[at - 1]); --at) table_[at] = table_[at - 1];
  table_[at] = route;
  deadline_ = earlier(deadline_, route.expires);
  return true;
}

bool Routes::remove(const Prefix& destination, const IpAddress& gateway, std::uint8_t interface,
                    RouteOrigin origin) {
  return remove_if([&](const Route& route) { return same(route, destination, gateway, interface, origin); });
}

void Routes::remove_interface(std::uint8_t interface) {
  remove_if([&](const Route& route) { return route.interface == interface; });
}

bool Routes::forget_gateway(const IpAddress& gateway, std::uint8_t interface) {
  return remove_if([&](const Route& route) {
    return route.origin != RouteOrigin::configured && route.gateway == gateway && route.interface == interface;
  });
}

void Routes::remove_redirect(const IpAddress& destination, std::uint8_t interface) {
  remove_if([&](const Route& route) {
    return route.origin == RouteOrigin::redirect && route.interface == interface &&
           route.destination.address == destination;
  });
}

void Routes::forget_learned(std::uint8_t interface) {
  remove_if([&](const Route& route) { return route.origin != RouteOrigin::configured && route.interface == interface; });
}

bool Routes::expire(Instant now) {
  return deadline_ <= now && remove_if([&](const Route& route) { return route.expires <= now; });
}

void Routes::digest(Digest& digest) const {
  for (const Route& route : all()) {
    digest.add(route.destination.address.bytes());
    digest.add(route.gateway.bytes());
    digest.add((std::uint64_t{route.destination.length} << 24) | (std::uint64_t{route.interface} << 16) |
               route.metric);
    digest.add((static_cast<std::uint64_t>(route.preference) << 8) | static_cast<std::uint64_t>(route.origin));
  }
}

}  // namespace linnet::ip
