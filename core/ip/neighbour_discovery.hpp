// SPDX-License-Identifier: Apache-2.0
// NeighbourDiscovery: the host's side of RFC 4861 and RFC 4862. Messages that come are in neighbour_discovery.cpp, those
// that go in nd_send.cpp. Who is where, the link layer's neighbour cache knows; which addresses are ours,
// Ipv6Addresses; what routers said, RouterDiscovery and Routes.
#pragma once

#include "core/base/drop.hpp"
#include "core/ethernet/ethernet.hpp"
#include "core/ip/interfaces.hpp"
#include "core/ip/router_discovery.hpp"

namespace linnet::ip {

class NeighbourDiscovery {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Ipv6Addresses::memory_needed(config) + RouterDiscovery::memory_needed(config);
  }
  NeighbourDiscovery(const Config& config, Arena& arena, Random& random, ethernet::Ethernet& ethernet, Routes& routes,
                     const Interfaces& interfaces);

  /// IPv6 begins on an interface: with a link-local address, for which duplicates are looked for, and with questions for
  /// routers (RFC 4862 5.3, RFC 4861 6.3.7).
  void start(std::uint8_t interface, Instant now);
  /// The link went away: what routers said of it, and the addresses made of that, are forgotten.
  void stop(std::uint8_t interface);

  /// A message of neighbour discovery as IP hands it up. What it was dropped for, if anything.
  Drop receive(const Datagram& datagram, Instant now);
  /// Sends what is due, such as the first question for a neighbour that somebody has just sent to.
  void poll(Instant now);
  Instant next_deadline() const {
    const Instant discovery = version() == discovery_version_ ? discovery_deadline_ : discovery_.next_deadline();
    return earlier(earlier(addresses_.next_deadline(), discovery), routes_.next_deadline());
  }

  /// True for the groups that an own address, even a tentative one, is asked for by (RFC 4861 7.2.1).
  /// RFC 4861 6.2: we are a router to our neighbours.
  bool router() const { return router_; }
  bool is_solicited_node(const IpAddress& group, std::uint8_t interface) const;

  Ipv6Addresses& addresses() { return addresses_; }
  const Ipv6Addresses& addresses() const { return addresses_; }
  RouterDiscovery& discovery() { return discovery_; }
  const RouterDiscovery& discovery() const { return discovery_; }
  /// Moves whenever an address, a router, or what routers said does.
  std::uint32_t version() const { return version_ + addresses_.version() + discovery_.version(); }
  void digest(Digest& digest) const;

 private:
  static constexpr std::size_t largest_message = 24 + 8 + 8;  // a solicitation with an address and a nonce

  // neighbour_discovery.cpp
  Drop receive_solicitation(const Datagram& datagram, const nd::Envelope& envelope, Instant now);
  Drop receive_advertisement(const Datagram& datagram, const nd::Envelope& envelope, Instant now);
  Drop receive_router(const Datagram& datagram, const nd::Envelope& envelope, Instant now);
  Drop receive_redirect(const Datagram& datagram, const nd::Envelope& envelope, Instant now);
  void claimed(std::uint8_t interface, const IpAddress& target, const Ipv6Address::Nonce* nonce, Instant now);
  void learn(const ethernet::Ethernet::Learned& learned, std::uint8_t interface, const IpAddress& address);
  void learn_source(std::uint8_t interface, const IpAddress& source, Bytes options, bool router, Instant now);
  bool is_first_hop(const IpAddress& router, const IpAddress& destination, std::uint8_t interface) const;

  // nd_send.cpp
  void poll_discovery(Instant now);
  void solicit_router(std::uint8_t interface, Instant now);
  void solicit_neighbour(const ethernet::Neighbour& neighbour);
  bool detect_duplicate(const Ipv6Address& own, Instant now);  // false: it is not out
  void advertise(const Ipv6Address& own, const IpAddress& to, Instant now);
  void finish(Frame& frame, MutableBytes message, const nd::Envelope& envelope) const;
  ethernet::Send send(std::uint8_t interface, MutableBytes message, const nd::Envelope& envelope, Instant now);

  ethernet::Ethernet& ethernet_;
  Routes& routes_;
  const Interfaces& interfaces_;
  Ipv6Addresses addresses_;
  RouterDiscovery discovery_;
  bool accept_redirects_;
  bool router_;                 // RFC 4861 6.2: to others
  bool accept_advertisements_;  // and obeys other routers
  std::uint32_t version_ = 0;
  // Of discovery_, as long as version() stands: it takes a walk, and polls are many.
  Instant discovery_deadline_ = Instant::never();
  std::uint32_t discovery_version_ = 0;
};

}  // namespace linnet::ip
