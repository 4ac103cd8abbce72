// SPDX-License-Identifier: Apache-2.0
#include "core/ip/router_discovery.hpp"

#include <algorithm>
#include <utility>

namespace linnet::ip {
namespace {

constexpr Prefix everything{IpAddress::any_v6(), 0};
constexpr std::uint32_t maximum_reachable_time = 3600000;  // RFC 4861 6.2.1, milliseconds
// A router that asks for more haste than this asks for a flood.
constexpr std::uint32_t least_retransmit_time = 100;
// And one that asks for more patience, for silence: whoever forges it would keep us from finding out who is gone, and
// addresses from being ours.
constexpr std::uint32_t greatest_retransmit_time = 2000;

/// RFC 4862 5.5.3 (a) to (c), and RFC 4291 2.5.1: the identifier has 64 bits.
bool makes_addresses(const nd::PrefixInformation& p) {
  return p.autonomous && !p.prefix.address.is_link_local() && p.preferred_lifetime <= p.valid_lifetime &&
         p.prefix.length == 64;
}

}  // namespace

RouterDiscovery::RouterDiscovery(const Config& config, Arena& arena, Random& random, Routes& routes,
                                 Ipv6Addresses& addresses)
    : random_(random),
      routes_(routes),
      addresses_(addresses),
      secret_(random.key()),
      links_(arena.make_array<Link>(config.interfaces)),
      servers_(config, arena),
      domains_(config, arena),
      most_stable_(config.addresses_v6 / 2),
      most_temporary_(config.addresses_v6 / 4),
      detection_transmits_(config.duplicate_detection_transmits),
      temporary_(config.temporary_addresses),
      autoconfigure_(config.autoconfigure),
      route_information_(config.route_information),
      temporary_valid_(config.temporary_valid_lifetime),
      temporary_preferred_(config.temporary_preferred_lifetime) {}

void RouterDiscovery::start(std::uint8_t interface, const MacAddress& mac, std::uint16_t link_mtu,
                            Instant now, bool solicit) {
  Link& link = links_[interface];
  link = {.started = true, .mac = mac, .link_mtu = link_mtu};
  if (solicit) link.solicit_at = now + random_.between({}, maximum_solicitation_delay);  // RFC 4861 6.3.7
  ++version_;
}

void RouterDiscovery::remove_addresses(std::uint8_t interface, AddressOrigin origin) {
  for (const Ipv6Address& own : addresses_.all()) {
    const bool there = own.state != Ipv6AddressState::absent && own.interface == interface;
    if (there && own.origin == origin) addresses_.remove(interface, own.address);
  }
}

bool RouterDiscovery::add_link_local(std::uint8_t interface, bool detect, Instant now) {
  constexpr std::array<std::uint8_t, 16> prefix{0xfe, 0x80};
  remove_addresses(interface, AddressOrigin::link_local);
  return add_stable({.address = IpAddress::v6(prefix),
                     .prefix_length = 64,
                     .interface = interface,
                     .origin = AddressOrigin::link_local,
                     .detect = detect},
                    now);
}

void RouterDiscovery::stop(std::uint8_t interface) {
  links_[interface] = {};
  routes_.forget_learned(interface);
  for (const AddressOrigin origin : {AddressOrigin::stable, AddressOrigin::temporary, AddressOrigin::translator}) {
    remove_addresses(interface, origin);
  }
  servers_.forget(interface);
  domains_.forget(interface);
  ++version_;
}

void RouterDiscovery::receive(std::uint8_t interface, const IpAddress& router,
                              const nd::RouterAdvertisement& message, Instant now) {
  Link& link = links_[interface];
  if (!link.started) return;
  // RFC 7559 2: somebody who routes has answered.
  if (message.lifetime() != 0) link.solicit_at = Instant::never();
  take_parameters(link, message);
  take_route({.destination = everything,
              .gateway = router,
              .interface = interface,
              .preference = message.preference()},
             message.lifetime(), now);
  nd::Options options(message.options());
  while (const auto option = options.next()) take_option(interface, router, *option, now);
  ++version_;
}

void RouterDiscovery::take_option(std::uint8_t interface, const IpAddress& router, const nd::Option& option,
                                  Instant now) {
  Link& link = links_[interface];
  switch (option.type) {
    case nd::option::prefix_information:
      if (const auto prefix = nd::PrefixInformation::parse(option)) take_prefix(interface, *prefix, now);
      break;
    case nd::option::route_information:
      if (!route_information_) break;
      if (const auto route = nd::RouteInformation::parse(option)) {
        take_route({.destination = route->prefix,
                    .gateway = router,
                    .interface = interface,
                    .preference = route->preference},
                   route->lifetime, now);
      }
      break;
    case nd::option::mtu:
      // RFC 4861 6.3.4: between the least that IPv6 needs and what the link takes; others are ignored.
      if (const auto mtu = nd::link_mtu(option); mtu && *mtu >= minimum_mtu && *mtu <= link.link_mtu) {
        link.parameters.mtu = static_cast<std::uint16_t>(*mtu);
      }
      break;
    case nd::option::recursive_dns:
      if (const auto servers = nd::RecursiveDns::parse(option)) servers_.receive(interface, *servers, now);
      break;
    case nd::option::dns_search_list:
      if (const auto names = nd::DnsSearchList::parse(option)) domains_.receive(interface, *names, now);
      break;
    case nd::option::pref64:
      if (const auto prefix = nd::Pref64::parse(option)) take_nat64(link, *prefix, now);
      break;
    default:
      break;
  }
}

/// RFC 4861 6.3.4: zero says nothing.
void RouterDiscovery::take_parameters(Link& link, const nd::RouterAdvertisement& message) {
  LinkParameters& parameters = link.parameters;
  // No router gets to make our packets die after a few hops (CVE-2015-2922): never below the default.
  if (message.hop_limit() >= LinkParameters{}.hop_limit) parameters.hop_limit = message.hop_limit();
  const std::uint32_t reachable = message.reachable_time();
  const Duration base = Duration::milliseconds(reachable);
  if (reachable != 0 && reachable <= maximum_reachable_time && base != parameters.base_reachable_time) {
    parameters.base_reachable_time = base;
    // RFC 4861 6.3.2: uniform between half of it and one and a half.
    parameters.reachable_time = random_.between(base / 2, base / 2 + base);
  }
  const std::uint32_t retransmit = message.retransmit_timer();
  if (retransmit >= least_retransmit_time && retransmit <= greatest_retransmit_time) {
    parameters.retransmit_time = Duration::milliseconds(retransmit);
  }
  parameters.managed = message.managed();
  parameters.other_configuration = message.other_configuration();
}

void RouterDiscovery::take_route(const Route& route, std::uint32_t seconds, Instant now) {
  if (seconds == 0) {
    routes_.remove(route.destination, route.gateway, route.interface, RouteOrigin::advertised);
    return;
  }
  Route learned = route;
  learned.origin = RouteOrigin::advertised;
  learned.expires = now + nd::lifetime(seconds);
  static_cast<void>(routes_.add(learned));  // no room: those that are known stay
}

void RouterDiscovery::take_prefix(std::uint8_t interface, const nd::PrefixInformation& prefix, Instant now) {
  // RFC 4861 6.3.4: without the L flag nothing is said; the link-local prefix is on the link by itself.
  if (prefix.on_link && !prefix.prefix.address.is_link_local()) {
    take_route({.destination = prefix.prefix, .interface = interface}, prefix.valid_lifetime, now);
  }
  if (autoconfigure_ && makes_addresses(prefix)) configure(interface, prefix, now);
}

/// RFC 4862 5.5.3 (d), (e).
void RouterDiscovery::configure(std::uint8_t interface, const nd::PrefixInformation& prefix, Instant now) {
  const Lifetimes lifetimes{nd::lifetime(prefix.preferred_lifetime), nd::lifetime(prefix.valid_lifetime)};
  std::size_t stable = 0;
  bool known = false;
  for (const Ipv6Address& own : addresses_.all()) {
    if (own.state == Ipv6AddressState::absent || own.origin != AddressOrigin::stable) continue;
    ++stable;
    if (own.interface != interface || !prefix.prefix.contains(own.address)) continue;
    known = true;
    addresses_.advertised(*addresses_.find(interface, own.address), lifetimes, now);
  }
  // A flood of prefixes leaves room for the addresses that others give.
  if (!known && (prefix.valid_lifetime == 0 || stable >= most_stable_)) return;
  if (!known) {
    add_stable({.address = prefix.prefix.address,
                .prefix_length = prefix.prefix.length,
                .interface = interface,
                .origin = AddressOrigin::stable,
                .lifetimes = lifetimes},
               now);
  }
  configure_temporary(interface, prefix.prefix, lifetimes, now);
}

IpAddress RouterDiscovery::follow_translator(std::uint8_t interface, bool wanted, Instant now) {
  Prefix base{};
  IpAddress known;
  IpAddress usable;
  for (const Ipv6Address& own : addresses_.all()) {
    if (own.state == Ipv6AddressState::absent || own.interface != interface) continue;
    if (own.origin == AddressOrigin::translator) known = own.address;
    const bool ours = own.origin == AddressOrigin::stable || own.origin == AddressOrigin::configured;
    const bool good = ours && own.prefix_length == 64 && own.state == Ipv6AddressState::preferred;
    if (good && !own.address.is_link_local() && base.length == 0) base = Prefix{own.address, 64}.network();
  }
  const bool fits = wanted && base.length != 0;
  if (!known.is_unspecified() && (!fits || !base.contains(known))) {
    addresses_.remove(interface, known);
    known = {};
  }
  if (known.is_unspecified() && fits) {
    add_stable({.address = base.address, .interface = interface, .origin = AddressOrigin::translator}, now);
  } else if (const Ipv6Address* own = addresses_.find(interface, known); own != nullptr && own->usable()) {
    usable = known;
  }
  return usable;
}

bool RouterDiscovery::replace_duplicate(const Ipv6Address& own, Instant now) {
  if (own.state != Ipv6AddressState::duplicate || own.dad_counter >= maximum_identifier_retries) return false;
  if (own.origin == AddressOrigin::temporary) {
    const TemporaryOf again{Prefix{own.address, own.prefix_length}.network(), own.interface, own.lifetimes_left(now),
                            static_cast<std::uint8_t>(own.dad_counter + 1)};
    addresses_.remove(own.interface, own.address);
    return add_temporary(again, now);
  }
  const bool stable = own.origin == AddressOrigin::stable || own.origin == AddressOrigin::translator;
  if (!stable && own.origin != AddressOrigin::link_local) return false;
  const Ipv6Addresses::Wanted other{.address = own.address,
                                    .prefix_length = own.prefix_length,
                                    .interface = own.interface,
                                    .origin = own.origin,
                                    .lifetimes = own.lifetimes_left(now),
                                    .dad_counter = static_cast<std::uint8_t>(own.dad_counter + 1)};
  addresses_.remove(own.interface, own.address);
  return add_stable(other, now);
}

/// `wanted` with the identifier that belongs to its prefix and its DAD counter (RFC 7217 5).
bool RouterDiscovery::add_stable(Ipv6Addresses::Wanted wanted, Instant now) {
  constexpr std::array<std::uint8_t, 4> translator{'c', 'l', 'a', 't'};
  StableInputs inputs{.prefix = wanted.address,
                      .mac = links_[wanted.interface].mac,
                      .network = wanted.origin == AddressOrigin::translator ? Bytes(translator) : Bytes(),
                      .dad_counter = wanted.dad_counter};
  wanted.address = with_identifier(wanted.address, stable_identifier(secret_, inputs));
  wanted.dad_counter = inputs.dad_counter;
  return addresses_.add(wanted, now) != nullptr;
}

void RouterDiscovery::take_nat64(Link& link, const nd::Pref64& option, Instant now) {
  if (option.lifetime == 0 && link.nat64 != option.prefix) return;  // another router's
  link.nat64 = option.lifetime != 0 ? option.prefix : Prefix{};
  link.nat64_expires = option.lifetime != 0 ? now + Duration::seconds(option.lifetime) : Instant::never();
}

std::optional<std::uint8_t> RouterDiscovery::next_due(Instant now) {
  if (servers_.expire(now)) ++version_;
  if (domains_.expire(now)) ++version_;
  regenerate(now);
  for (std::size_t i = 0; i < links_.size(); ++i) {
    Link& link = links_[i];
    if (link.nat64_expires <= now) {
      link.nat64 = {};
      link.nat64_expires = Instant::never();
      ++version_;
    }
    if (link.solicit_at > now) continue;
    link.interval =
        link.interval == Duration() ? first_interval : std::min(link.interval * 2, maximum_interval);
    // RFC 7559 2, RFC 8415 15: a tenth more or less, so that hosts do not stay in step.
    link.solicit_at =
        now + random_.between(link.interval - link.interval / 10, link.interval + link.interval / 10);
    return static_cast<std::uint8_t>(i);
  }
  return std::nullopt;
}

Instant RouterDiscovery::next_deadline() const {
  Instant deadline =
      earlier(earlier(servers_.next_deadline(), domains_.next_deadline()), regeneration_deadline());
  for (const Link& link : links_) deadline = earlier(deadline, earlier(link.solicit_at, link.nat64_expires));
  return deadline;
}

void RouterDiscovery::digest(Digest& digest) const {
  for (const Link& link : links_) {
    if (!link.started) continue;
    const LinkParameters& p = link.parameters;
    digest.add((std::uint64_t{p.mtu} << 16) | (std::uint64_t{p.hop_limit} << 8) | (p.managed ? 2u : 0u) |
               (p.other_configuration ? 1u : 0u));
    digest.add(static_cast<std::uint64_t>(p.base_reachable_time.as_microseconds()));
    digest.add(static_cast<std::uint64_t>(p.retransmit_time.as_microseconds()));
    digest.add(link.solicit_at.is_never() ? 1 : 0);
    digest.add(link.nat64.address.bytes());
    digest.add(link.nat64.length);
  }
  servers_.digest(digest);
  domains_.digest(digest);
}

}  // namespace linnet::ip
