// SPDX-License-Identifier: Apache-2.0
// Router advertisements put together by hand, and a host that hears them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/ip/router_discovery.hpp"
#include "core/ip/test_ipv6.hpp"

namespace linnet::ip::test {

using Buffer = std::vector<std::uint8_t>;
inline constexpr MacAddress mac{{2, 0, 0, 0, 0, 1}};
inline constexpr std::uint32_t hour = 3600;

using test6::address;

inline void put32(Buffer& to, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<std::uint8_t>(value >> shift));
}
inline void put(Buffer& to, const IpAddress& a) { to.insert(to.end(), a.bytes().begin(), a.bytes().end()); }

struct Advertisement {
  std::uint8_t hop_limit = 0;
  std::uint8_t flags = 0;
  std::uint16_t lifetime = 1800;
  std::uint32_t reachable = 0;
  std::uint32_t retransmit = 0;
  Buffer options{};

  Advertisement& prefix(const char* text, std::uint32_t valid, std::uint32_t preferred,
                        std::uint8_t prefix_flags = 0xc0, std::uint8_t length = 64) {
    options.insert(options.end(), {3, 4, length, prefix_flags});
    put32(options, valid);
    put32(options, preferred);
    put32(options, 0);
    put(options, address(text));
    return *this;
  }
  Advertisement& mtu(std::uint32_t value) {
    options.insert(options.end(), {5, 1, 0, 0});
    put32(options, value);
    return *this;
  }
  Advertisement& servers(std::vector<const char*> list, std::uint32_t lifetime_seconds) {
    options.insert(options.end(), {25, static_cast<std::uint8_t>(1 + 2 * list.size()), 0, 0});
    put32(options, lifetime_seconds);
    for (const char* text : list) put(options, address(text));
    return *this;
  }
  Advertisement& route(const char* text, std::uint8_t length, std::uint8_t preference,
                       std::uint32_t seconds) {
    options.insert(options.end(), {24, 3, length, preference});
    put32(options, seconds);
    put(options, address(text));
    return *this;
  }
  Buffer bytes() const {
    Buffer message{134,
                   0,
                   0,
                   0,
                   hop_limit,
                   flags,
                   static_cast<std::uint8_t>(lifetime >> 8),
                   static_cast<std::uint8_t>(lifetime & 0xff)};
    put32(message, reachable);
    put32(message, retransmit);
    message.insert(message.end(), options.begin(), options.end());
    return message;
  }
};

struct DiscoveringHost {
  explicit DiscoveringHost(const Config& c = {})
      : config(c),
        memory(Routes::memory_needed(c) + Ipv6Addresses::memory_needed(c) +
               RouterDiscovery::memory_needed(c) + 64),
        arena(memory),
        routes(c, arena),
        addresses(c, arena, random),
        discovery(c, arena, random, routes, addresses) {
    EXPECT_FALSE(arena.exhausted());
    discovery.start(1, mac, 1500, now);
  }
  void hear(const Advertisement& a, const char* router = "fe80::1") {
    const Buffer bytes = a.bytes();
    Drop reason = Drop::none;
    const auto message = nd::RouterAdvertisement::parse(
        bytes, {.source = address(router), .destination = address("ff02::1"), .hop_limit = 255}, reason);
    ASSERT_TRUE(message.has_value()) << drop_text(reason);
    discovery.receive(1, address(router), *message, now);
  }
  std::string way_to(const char* text) const {
    const Route* route = routes.find(address(text), [](const Route&) { return true; });
    return route != nullptr ? AddressText(route->gateway).c_str() : "none";
  }
  std::vector<const Ipv6Address*> own() const {
    std::vector<const Ipv6Address*> list;
    for (const Ipv6Address& a : addresses.all()) {
      if (a.state != Ipv6AddressState::absent) list.push_back(&a);
    }
    return list;
  }
  std::vector<Duration> solicitations(Duration during) {
    std::vector<Duration> times;
    const Instant begin = now;
    const Instant end = now + during;
    while (discovery.next_deadline() <= end) {
      now = discovery.next_deadline();
      while (discovery.next_due(now)) times.push_back(now - begin);
    }
    now = end;
    return times;
  }
  Config config;
  Buffer memory;
  Arena arena;
  Random random{Random::Seed{1, 2, 3}};
  Routes routes;
  Ipv6Addresses addresses;
  RouterDiscovery discovery;
  Instant now = Instant::from_microseconds(1000000);
};

}  // namespace linnet::ip::test
