// SPDX-License-Identifier: Apache-2.0
#include "core/ip/routes.hpp"

namespace linnet::ip {
namespace {

bool same(const Route& a, const Prefix& destination, const IpAddress& gateway, std::uint8_t interface) {
  return a.destination.length == destination.length && a.destination.contains(destination.address) &&
         a.gateway == gateway && a.interface == interface;
}

bool better(const Route& a, const Route& b) {
  if (a.destination.length != b.destination.length) return a.destination.length > b.destination.length;
  return a.metric < b.metric;
}

}  // namespace

bool Routes::add(const Route& route) {
  remove(route.destination, route.gateway, route.interface);
  if (count_ == table_.size()) return false;
  std::size_t at = count_++;
  for (; at > 0 && better(route, table_[at - 1]); --at) table_[at] = table_[at - 1];
  table_[at] = route;
  return true;
}

bool Routes::remove(const Prefix& destination, const IpAddress& gateway, std::uint8_t interface) {
  for (std::size_t i = 0; i < count_; ++i) {
    if (!same(table_[i], destination, gateway, interface)) continue;
    for (std::size_t j = i + 1; j < count_; ++j) table_[j - 1] = table_[j];
    table_[--count_] = {};
    return true;
  }
  return false;
}

void Routes::remove_interface(std::uint8_t interface) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (table_[i].interface != interface) table_[kept++] = table_[i];
  }
  count_ = kept;
}

void Routes::digest(Digest& digest) const {
  for (const Route& route : all()) {
    digest.add(route.destination.address.bytes());
    digest.add(route.gateway.bytes());
    digest.add((std::uint64_t{route.destination.length} << 24) | (std::uint64_t{route.interface} << 16) |
               route.metric);
  }
}

}  // namespace linnet::ip
