// SPDX-License-Identifier: Apache-2.0
// What comes: RFC 4861 6.3.4, 7.2.3, 7.2.5, 8.3; RFC 4862 5.4.3, 5.4.4.
#include "core/ip/neighbour_discovery.hpp"

namespace linnet::ip {
namespace {

// RFC 4861 leaves a redirect's end to the size of the destination cache; a router that still knows better says so again.
constexpr Duration redirect_lifetime = Duration::seconds(600);

std::optional<MacAddress> address_option(Bytes options, std::uint8_t type) {
  const auto option = nd::Options::find(options, type);
  return option ? nd::link_layer_address(*option, type) : std::nullopt;
}

/// RFC 7527 4.1: only one of the length that we send can be ours.
std::optional<Ipv6Address::Nonce> nonce_option(Bytes options) {
  const auto option = nd::Options::find(options, nd::option::nonce);
  const auto bytes = option ? nd::nonce(*option) : std::nullopt;
  Ipv6Address::Nonce nonce{};
  if (!bytes || bytes->size() != nonce.size()) return std::nullopt;
  copy_bytes(nonce.data(), *bytes);
  return nonce;
}

}  // namespace

NeighbourDiscovery::NeighbourDiscovery(const Config& config, Arena& arena, Random& random,
                                       ethernet::Ethernet& ethernet, Routes& routes, const Interfaces& interfaces)
    : ethernet_(ethernet),
      routes_(routes),
      interfaces_(interfaces),
      addresses_(config, arena, random),
      discovery_(config, arena, random, routes, addresses_),
      // RFC 4861 8.2: never a router.
      accept_redirects_(config.accept_redirects && !config.forward_v6),
      router_(config.forward_v6),
      accept_advertisements_(!config.forward_v6 || config.router_accepts_advertisements) {}

void NeighbourDiscovery::start(std::uint8_t interface, Instant now) {
  const ethernet::Link& link = ethernet_.link(interface);
  discovery_.start(interface, link.mac, link.mtu, now, accept_advertisements_);
  discovery_.add_link_local(interface, link.framed(), now);
  // RFC 4862 5.4: the link may be another one.
  if (link.framed()) addresses_.detect_all(interface, now);
}

void NeighbourDiscovery::stop(std::uint8_t interface) {
  discovery_.stop(interface);
  ++version_;
}

bool NeighbourDiscovery::is_solicited_node(const IpAddress& group, std::uint8_t interface) const {
  for (const Ipv6Address& own : addresses_.all()) {
    const bool ours = own.state != Ipv6AddressState::absent && own.state != Ipv6AddressState::duplicate;
    if (ours && own.interface == interface && nd::solicited_node(own.address).bytes() == group.bytes()) return true;
  }
  return false;
}

Drop NeighbourDiscovery::receive(const Datagram& datagram, Instant now) {
  const nd::Envelope envelope{datagram.source.with_zone(0), datagram.destination.with_zone(0), datagram.ttl};
  switch (datagram.packet.bytes()[0]) {
    case icmpv6::neighbour_solicitation: return receive_solicitation(datagram, envelope, now);
    case icmpv6::neighbour_advertisement: return receive_advertisement(datagram, envelope, now);
    case icmpv6::router_advertisement: return receive_router(datagram, envelope, now);
    case icmpv6::redirect: return receive_redirect(datagram, envelope, now);
    default: break;
  }
  return Drop::icmp_type;  // RFC 4861 6.2.6: router solicitations are not for hosts
}

/// RFC 4861 7.2.3.
Drop NeighbourDiscovery::receive_solicitation(const Datagram& datagram, const nd::Envelope& envelope,
                                              Instant now) {
  Drop reason = Drop::none;
  const auto message = nd::NeighbourSolicitation::parse(datagram.packet.bytes(), envelope, reason);
  if (!message) return reason;
  const std::uint8_t interface = datagram.interface;
  const IpAddress target = message->target();
  const Ipv6Address* own = addresses_.find(interface, target);
  if (own == nullptr) return Drop::ip_not_for_us;
  if (own->state == Ipv6AddressState::tentative) {
    // RFC 4862 5.4.3: somebody else detects duplicates of it, or we hear ourselves. One that only resolves it gets no
    // answer, unless the address is optimistic.
    if (envelope.source.is_unspecified()) {
      const auto nonce = nonce_option(message->options());
      claimed(interface, target, nonce ? &*nonce : nullptr, now);
      return Drop::none;
    }
  }
  if (!own->usable()) return Drop::ip_not_for_us;
  if (!envelope.source.is_unspecified()) learn_source(interface, envelope.source, message->options(), false, now);
  advertise(*own, envelope.source, now);
  return Drop::none;
}

/// RFC 4861 7.2.5, and before it RFC 4862 5.4.4.
Drop NeighbourDiscovery::receive_advertisement(const Datagram& datagram, const nd::Envelope& envelope, Instant now) {
  Drop reason = Drop::none;
  const auto message = nd::NeighbourAdvertisement::parse(datagram.packet.bytes(), envelope, reason);
  if (!message) return reason;
  const std::uint8_t interface = datagram.interface;
  const IpAddress target = message->target();
  if (addresses_.find(interface, target) != nullptr) {
    claimed(interface, target, nullptr, now);
    return Drop::none;
  }
  const auto mac = address_option(message->options(), nd::option::target_link_layer_address);
  learn(ethernet_.learn_advertisement(interface, target, mac ? &*mac : nullptr, message->flags(), now), interface,
        target);
  return Drop::none;
}

/// RFC 4862 5.4.5: one of ours is another's. A made-up address is replaced by the next one (RFC 7217 6).
void NeighbourDiscovery::claimed(std::uint8_t interface, const IpAddress& target, const Ipv6Address::Nonce* nonce,
                                 Instant now) {
  if (addresses_.claimed(interface, target, nonce) != Ipv6Addresses::Claim::duplicate) return;
  const Ipv6Address duplicate = *addresses_.find(interface, target);
  discovery_.replace_duplicate(duplicate, now);
}

/// RFC 4861 6.3.4; 6.2.7: it is for hosts.
Drop NeighbourDiscovery::receive_router(const Datagram& datagram, const nd::Envelope& envelope, Instant now) {
  if (!accept_advertisements_) return Drop::icmp_type;
  Drop reason = Drop::none;
  const auto message = nd::RouterAdvertisement::parse(datagram.packet.bytes(), envelope, reason);
  if (!message) return reason;
  const std::uint8_t interface = datagram.interface;
  learn_source(interface, envelope.source, message->options(), true, now);
  ethernet_.mark_router(interface, envelope.source);
  discovery_.receive(interface, envelope.source, *message, now);
  const LinkParameters& parameters = discovery_.parameters(interface);
  ethernet_.set_times(interface, {.reachable_time = parameters.reachable_time,
                                  .request_interval = parameters.retransmit_time});
  ++version_;
  return Drop::none;
}

/// RFC 4861 8.1, 8.3: only from the router that we use for that destination.
Drop NeighbourDiscovery::receive_redirect(const Datagram& datagram, const nd::Envelope& envelope, Instant now) {
  if (!accept_redirects_) return Drop::icmp_type;
  Drop reason = Drop::none;
  const auto message = nd::Redirect::parse(datagram.packet.bytes(), envelope, reason);
  if (!message) return reason;
  const std::uint8_t interface = datagram.interface;
  if (!is_first_hop(envelope.source, message->destination(), interface)) return Drop::nd_malformed;
  const auto mac = address_option(message->options(), nd::option::target_link_layer_address);
  if (mac) {
    learn(ethernet_.learn_source(interface, message->target(), *mac, !message->on_link(), now), interface,
          message->target());
  }
  routes_.remove_redirect(message->destination(), interface);
  static_cast<void>(routes_.add({.destination = {message->destination(), 128},
                                 .gateway = message->on_link() ? IpAddress{} : message->target(),
                                 .interface = interface,
                                 .origin = RouteOrigin::redirect,
                                 .expires = now + redirect_lifetime}));
  ++version_;
  return Drop::none;
}

/// Any router that could be the one in use counts: which of several it is changes with what is reachable. What is on the
/// link has none.
bool NeighbourDiscovery::is_first_hop(const IpAddress& router, const IpAddress& destination,
                                      std::uint8_t interface) const {
  const Route* best =
      routes_.find(destination, [&](const Route& route) { return route.interface == interface; });
  return best != nullptr && routes_.find(destination, [&](const Route& route) {
           return route.interface == interface && route.destination.length == best->destination.length &&
                  route.gateway.bytes() == router.bytes();
         }) != nullptr;
}

void NeighbourDiscovery::learn_source(std::uint8_t interface, const IpAddress& source, Bytes options, bool router,
                                      Instant now) {
  const auto mac = address_option(options, nd::option::source_link_layer_address);
  if (!mac || !ethernet_.link(interface).framed()) return;
  learn(ethernet_.learn_source(interface, source, *mac, router, now), interface, source);
}

void NeighbourDiscovery::learn(const ethernet::Ethernet::Learned& learned, std::uint8_t interface,
                               const IpAddress& address) {
  if (learned.solicit != nullptr) solicit_neighbour(*learned.solicit);
  // RFC 4861 7.2.5: whoever led by it leads nowhere.
  if (learned.routes_no_more && routes_.forget_gateway(address, interface)) ++version_;
}

void NeighbourDiscovery::digest(Digest& digest) const {
  addresses_.digest(digest);
  discovery_.digest(digest);
}

}  // namespace linnet::ip
