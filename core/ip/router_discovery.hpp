// SPDX-License-Identifier: Apache-2.0
// RouterDiscovery: asks for routers, and takes over what they advertise (RFC 4861 6.3, RFC 4862 5.5, RFC
// 4191, RFC 8106, RFC 8781). Routes and addresses go to the tables that hold them; what only discovery knows
// is here.
#pragma once

#include "core/ip/advertised_domains.hpp"
#include "core/ip/advertised_servers.hpp"
#include "core/ip/ipv6_addresses.hpp"
#include "core/ip/nd_wire.hpp"
#include "core/ip/routes.hpp"

namespace linnet::ip {

/// What an interface has learned of its link (RFC 4861 6.3.2).
struct LinkParameters {
  std::uint8_t hop_limit = 64;
  std::uint16_t mtu = 0;  ///< 0: none advertised
  Duration base_reachable_time = Duration::seconds(30);
  Duration reachable_time = Duration::seconds(30);  ///< drawn anew from the base
  Duration retransmit_time = Duration::seconds(1);
  bool managed = false;              ///< addresses by DHCPv6
  bool other_configuration = false;  ///< other things by DHCPv6
};

class RouterDiscovery {
 public:
  // RFC 4861 10, RFC 7559 2.
  static constexpr Duration maximum_solicitation_delay = Duration::seconds(1);
  static constexpr Duration first_interval = Duration::seconds(4);
  static constexpr Duration maximum_interval = Duration::seconds(3600);
  /// RFC 7217 7: IDGEN_RETRIES.
  static constexpr std::uint8_t maximum_identifier_retries = 3;
  /// RFC 8200 5.
  static constexpr std::uint16_t minimum_mtu = 1280;

  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Link>(config.interfaces) + AdvertisedServers::memory_needed(config) +
           AdvertisedDomains::memory_needed(config);
  }
  RouterDiscovery(const Config& config, Arena& arena, Random& random, Routes& routes,
                  Ipv6Addresses& addresses);

  /// The link came up: routers are asked for (`solicit`), soon and again with growing intervals until one answers.
  void start(std::uint8_t interface, const MacAddress& mac, std::uint16_t link_mtu, Instant now,
             bool solicit = true);
  /// The link went away: what its routers said is forgotten, addresses included.
  void stop(std::uint8_t interface);

  /// The link-local address, with a stable identifier (RFC 4862 5.3, RFC 7217), in place of any other; `detect`: after
  /// duplicate address detection. False: no room.
  bool add_link_local(std::uint8_t interface, bool detect, Instant now);

  /// An advertisement that came by the interface from `router`, a link-local address without a zone.
  void receive(std::uint8_t interface, const IpAddress& router, const nd::RouterAdvertisement& message,
               Instant now);

  /// Another address in place of one that turned out to be taken (RFC 7217 6): false when it is not one of
  /// ours to choose, or has been replaced often enough.
  bool replace_duplicate(const Ipv6Address& own, Instant now);

  /// Keeps, while `wanted`, one more address on the interface for the translator to IPv4 (RFC 6877 6.3), of the prefix of one that
  /// is there. Yields it once it may be used.
  IpAddress follow_translator(std::uint8_t interface, bool wanted, Instant now);

  /// An interface by which a solicitation has to be sent now, or nothing. Call until nothing.
  std::optional<std::uint8_t> next_due(Instant now);
  Instant next_deadline() const;

  const LinkParameters& parameters(std::uint8_t interface) const { return links_[interface].parameters; }
  std::span<const AdvertisedServer> servers() const { return servers_.all(); }
  /// The search list (RFC 8106 5.2).
  std::span<const AdvertisedDomain> domains() const { return domains_.all(); }
  /// The prefix of NAT64 (RFC 8781), or one of length 0.
  const Prefix& nat64(std::uint8_t interface) const { return links_[interface].nat64; }
  /// Moves whenever anything does that is told here.
  std::uint32_t version() const { return version_; }
  /// Whose addresses are made with the same secret stay the same (RFC 7217 5).
  void set_secret(SipKey secret) { secret_ = secret; }
  void digest(Digest& digest) const;

 private:
  struct Link {
    bool started = false;
    MacAddress mac;
    std::uint16_t link_mtu = 0;
    LinkParameters parameters;
    Duration interval;  ///< RFC 7559: RT
    Instant solicit_at = Instant::never();
    Prefix nat64{};
    Instant nat64_expires = Instant::never();
  };
  void take_parameters(Link& link, const nd::RouterAdvertisement& message);
  void take_prefix(std::uint8_t interface, const nd::PrefixInformation& prefix, Instant now);
  void configure(std::uint8_t interface, const nd::PrefixInformation& prefix, Instant now);
  // temporary_addresses.cpp
  struct TemporaryOf {
    Prefix prefix;
    std::uint8_t interface = 0;
    Lifetimes lifetimes{};
    std::uint8_t retries = 0;  ///< so many before it turned out to be duplicates
  };
  Duration regeneration_advance() const;
  static bool is_temporary_of(const Ipv6Address& own, std::uint8_t interface, const Prefix& prefix);
  void configure_temporary(std::uint8_t interface, const Prefix& prefix, const Lifetimes& lifetimes, Instant now);
  bool add_temporary(const TemporaryOf& of, Instant now);
  void regenerate(Instant now);
  Instant regeneration_deadline() const;

  void remove_addresses(std::uint8_t interface, AddressOrigin origin);
  bool add_stable(Ipv6Addresses::Wanted wanted, Instant now);
  void take_route(const Route& route, std::uint32_t lifetime, Instant now);
  void take_nat64(Link& link, const nd::Pref64& option, Instant now);
  void take_option(std::uint8_t interface, const IpAddress& router, const nd::Option& option, Instant now);

  Random& random_;
  Routes& routes_;
  Ipv6Addresses& addresses_;
  SipKey secret_;
  std::span<Link> links_;
  AdvertisedServers servers_;
  AdvertisedDomains domains_;
  std::uint8_t most_stable_;
  std::uint8_t most_temporary_;
  std::uint8_t detection_transmits_;
  bool temporary_;
  bool autoconfigure_;
  bool route_information_;
  Duration temporary_valid_;
  Duration temporary_preferred_;
  std::uint32_t version_ = 0;
};

}  // namespace linnet::ip
