// SPDX-License-Identifier: Apache-2.0
// Ip: the internet layer of both families (RFC 791, RFC 792, RFC 1122 3; RFC 8200, RFC 4443). Receiving is in
// ipv4_receive.cpp and ipv6_receive.cpp, sending in ipv4_send.cpp and ipv6_send.cpp, forwarding in ipv4_forward.cpp,
// ipv4_napt.cpp and ipv6_forward.cpp, IPv4 over IPv6 in clat.cpp, ICMP in icmp.cpp and icmpv6.cpp, multicast in multicast.cpp, configuration in ip.cpp.
#pragma once

#include "core/base/random.hpp"
#include "core/ip/address_selection.hpp"
#include "core/ip/clat.hpp"
#include "core/ip/datagram.hpp"
#include "core/ip/forward.hpp"
#include "core/ip/fragments.hpp"
#include "core/ip/groups.hpp"
#include "core/ip/icmp_limiter.hpp"
#include "core/ip/identification.hpp"
#include "core/ip/interfaces.hpp"
#include "core/ip/napt.hpp"
#include "core/ip/neighbour_discovery.hpp"
#include "core/ip/path_mtu.hpp"
#include "core/ip/routes.hpp"

namespace linnet::ip {

class Ip {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Routes::memory_needed(config) + NeighbourDiscovery::memory_needed(config) +
           Interfaces::memory_needed(config) + Groups::memory_needed(config) +
           Arena::bytes_for<Followed>(config.addresses_v6) + PathMtu::memory_needed(config) + Fragments::memory_needed(config) +
           Napt::memory_needed(config);
  }
  Ip(const Config& config, Arena& arena, BlockPool& pool, Random& random, ethernet::Ethernet& ethernet,
     DropCounters& drops);
  Ip(const Ip&) = delete;
  Ip& operator=(const Ip&) = delete;

  // --- up ---

  /// Takes a packet from the link layer. Yields what somebody above must see: a datagram, or (`error` set) an
  /// ICMP message about one that we sent; `source` and `destination` are then those of the quoted packet.
  /// Echo requests are answered here, fragments wait here, neighbour discovery ends here.
  std::optional<Datagram> receive(Packet packet, Instant now);

  // --- down ---

  /// Sends frame's transport packet: puts the IP header in front, fills in the transport checksum that
  /// frame.checksum names, or leaves the pseudo header's sum to a device that does so; fragments when that is
  /// needed and allowed. Broadcasts and multicasts go by info.interface, or else where a zone or the route to them
  /// says. Whatever the result, `frame` is as it was, except for the checksum field.
  Send send(Frame& frame, const SendInfo& info, Instant now);
  /// The same by a path that is known: for connections. `info.source` must be `path.source`.
  Send send(Frame& frame, const Path& path, const SendInfo& info, Instant now);
  /// How to reach `destination` from `source` (unspecified: chosen) by `interface` (any_interface: chosen).
  /// Nothing when there is no route, or `source` is no usable address of ours.
  std::optional<Path> path(const IpAddress& destination, const IpAddress& source = {},
                           std::uint8_t interface = any_interface) const;
  /// Puts the addresses of one host into the order in which they are to be tried (RFC 6724 6). Those beyond
  /// most_destinations stay where they are.
  void order_destinations(std::span<IpAddress> addresses) const;
  static constexpr std::size_t most_destinations = 16;
  /// Moves with routes, addresses, link states and path MTUs: a Path of another generation has to be asked
  /// anew.
  std::uint32_t generation() const { return generation_; }

  /// ICMP port unreachable about a datagram that no socket wanted, and protocol unreachable about one that no
  /// transport wanted; where RFC 1122 3.2.2 allows, and not too often. The datagram must be as `receive`
  /// yielded it; a UDP checksum that a device vouched for without its being there is filled in.
  void transport_unreachable(Datagram& datagram, Instant now);
  void protocol_unreachable(Datagram& datagram, Instant now);
  /// A transport took a fragmentation_needed error for real (RFC 5927 7.2). Yields the path MTU now in force.
  std::uint16_t path_mtu_update(const IpAddress& destination, std::uint16_t mtu, Instant now);
  /// The peer acknowledges what we sent: its next hop works (RFC 4861 7.3.1).
  void confirm(const Path& path, Instant now) { ethernet_.confirm(path.interface, path.next_hop, now); }

  /// Does what is due and yields when it wants to be asked again.
  Instant poll(Instant now);

  // --- configuration ---

  /// Begins to use an interface of the link layer.
  void add_interface(std::uint8_t interface);
  /// Speaks IPv6 on an interface as long as its link is up: makes a link-local address, asks for routers, and makes
  /// addresses of what they advertise (RFC 4862). Loopback gets ::1. False: no such interface, no room, or an MTU below
  /// the 1280 bytes that IPv6 needs (RFC 8200 5).
  bool enable_ipv6(std::uint8_t interface, Instant now);
  /// What addresses are made of, beside prefix and link (RFC 7217 5): secret, and the same for as long as addresses are to
  /// come back after a restart. Before enable_ipv6; a random one otherwise.
  void set_address_secret(const SipKey& secret) { neighbour_discovery_.discovery().set_secret(secret); }
  /// Takes away what enable_ipv6 and routers brought, and the IPv6 addresses that were added.
  void disable_ipv6(std::uint8_t interface, Instant now);
  /// Adds an own address and the on-link route that it brings (/32 and /128 bring none). `probe`: usable only after
  /// address conflict detection (RFC 5227), duplicate address detection for IPv6 (RFC 4862 5.4). An address
  /// that the interface already has is begun anew. False: no room, or IPv6 is not enabled there.
  bool add_address(std::uint8_t interface, const Prefix& prefix, bool probe, Instant now);
  bool remove_address(std::uint8_t interface, const IpAddress& address);
  /// An address that DHCPv6 gave, with no prefix on the link of its own (RFC 8415 18.2.10.1): begins with duplicate address
  /// detection; one that it gave before gets new lifetimes. False: no room, or the address is there from elsewhere.
  bool lease_address(std::uint8_t interface, const IpAddress& address, const Lifetimes& lifetimes, Instant now);
  ethernet::AddressState address_state(std::uint8_t interface, const IpAddress& address) const;
  /// An unspecified gateway: on-link. False: no room, or no such interface.
  bool add_route(const Prefix& destination, const IpAddress& gateway, std::uint8_t interface,
                 std::uint16_t metric = 0);
  bool remove_route(const Prefix& destination, const IpAddress& gateway, std::uint8_t interface);
  /// While true, hosts behind the interface share the addresses of the others: what they send beyond is translated (RFC
  /// 3022), and from beyond only answers reach them, and what a port map leads to them. False: no such interface, or
  /// Config has no forwarding or no napt_entries.
  bool set_napt(std::uint8_t interface, bool enable);
  /// What comes for a port of an address of ours goes to a host inside, by TCP or UDP. In effect while an interface
  /// translates. False: no room (Config::port_maps), or the port is a translation's already.
  bool add_port_map(std::uint8_t protocol, const Endpoint& outside, const Endpoint& inside);
  bool remove_port_map(std::uint8_t protocol, std::uint16_t outside_port) {
    return napt_.remove_port_map(protocol, outside_port);
  }
  const Napt& napt() const { return napt_; }
  /// The largest IPv4 packet that the interface sends, in bytes, where the link's owner says so (RFC 2132 5.1): at least
  /// 68; what the device takes remains the most; 0: that again. IPv6 has the routers' word for it, and needs more.
  /// False: no such interface, or too little.
  bool set_mtu_v4(std::uint8_t interface, std::uint16_t mtu);
  /// While true, and while a router on the interface tells the prefix of a NAT64 (RFC 8781), IPv4 that has no route of its own
  /// goes that way (464XLAT, RFC 6877), from 192.0.0.1 (RFC 7335). It takes one more address of the interface's /64. Poll
  /// after changes. False: no IPv6 on the interface, or another one has it.
  bool set_clat(std::uint8_t interface, bool enable, Instant now);
  const Clat& clat() const { return clat_; }
  /// While true, UDP to port 68 is accepted whatever its destination (RFC 2131 4.1).
  void set_accept_any(std::uint8_t interface, bool accept);

  /// Those of IPv4; `neighbour_discovery().addresses()` has those of IPv6.
  std::span<const AddressView> addresses() const { return interfaces_.addresses(); }
  const NeighbourDiscovery& neighbour_discovery() const { return neighbour_discovery_; }
  /// Which groups are listened to. Poll after changes.
  Groups& groups() { return groups_; }
  const Groups& groups() const { return groups_; }
  std::span<const Route> routes() const { return routes_.all(); }
  const Interfaces& interfaces() const { return interfaces_; }
  const Config& config() const { return config_; }
  bool is_own(const IpAddress& address) const { return interfaces_.is_own(address); }
  /// A link-local address with the zone that it has there; what went by loopback keeps that of its interface. Others as
  /// they are.
  IpAddress scoped(const IpAddress& address, std::uint8_t interface) const;
  /// The same for an address of ours, whichever interface has it.
  IpAddress scoped_own(const IpAddress& address) const {
    return scoped(address, interfaces_.interface_of(address).value_or(any_interface));
  }
  bool is_broadcast(const IpAddress& address, std::uint8_t interface) const {
    return interfaces_.is_broadcast(address, interface);
  }
  /// Datagrams being reassembled.
  std::size_t reassemblies() const { return fragments_.count(); }
  BlockPool& pool() { return pool_; }

  void digest(Digest& digest) const;

 private:
  std::nullopt_t drop(Drop reason) {
    drops_.add(reason);
    return std::nullopt;
  }
  void refresh_links();
  void refresh(Instant now);
  void follow_links(Instant now);
  void take_over_discovery(Instant now);
  bool add_address_v6(std::uint8_t interface, const Prefix& prefix, bool probe, Instant now);
  bool remove_address_v6(std::uint8_t interface, const IpAddress& address);

  // ipv4_receive.cpp
  std::optional<Datagram> receive_ipv4(Packet packet, Instant now);
  Drop check_addresses(const Ipv4Header& header, const Packet& packet, bool& group) const;
  Drop check_loopback_addresses(std::uint32_t source, std::uint32_t destination) const;
  bool acceptable_source(std::uint32_t source, std::uint32_t destination, std::uint8_t interface) const;
  bool accepts_any(const Ipv4Header& header, const Packet& packet) const;
  bool is_ours_elsewhere(std::uint32_t destination, const ReceiveInfo& info) const;
  std::optional<Datagram> deliver(const Ipv4Header& header, Packet packet, bool group, Instant now);

  // ipv4_send.cpp
  std::optional<Path> path_to_group(const IpAddress& destination, const IpAddress& source,
                                    std::uint8_t interface) const;
  std::optional<Path> make_path(const IpAddress& destination, const IpAddress& next_hop,
                                const IpAddress& source, std::uint8_t interface) const;
  const Route* route_by(const IpAddress& destination, std::uint8_t interface) const;
  const Route* choose_route(const IpAddress& destination, const IpAddress& source,
                            std::uint8_t interface) const;
  Send send_whole(Frame& frame, const Path& path, Ipv4Header::Values values, Instant now);
  Send send_fragments(Frame& frame, const Path& path, Ipv4Header::Values values, Instant now);

  Send send_v4(Frame& frame, const Path& path, const SendInfo& info, Instant now);
  Send send_fragment(Frame& fragment, const Path& path, std::uint16_t type, Instant now);

  // ipv4_forward.cpp
  std::nullopt_t forward_v4(Packet packet, Ipv4Header header, Instant now);
  Refusal check_transit_v4(const Packet& packet, const Ipv4Header& header, const IpAddress& destination,
                           Path& path) const;
  bool leads_back(const IpAddress& source, std::uint8_t interface) const;
  Refusal pass_on_v4(Packet& packet, const Ipv4Header& header, const Path& path, Instant now);
  std::nullopt_t refuse_transit_v4(const Refusal& refusal, const Packet& packet, Instant now);
  Send send_transit(Packet& packet, const Path& path, const TransportPlace& place, Instant now);
  Send send_transit_segments(const Frame& super, const Path& path, std::uint16_t type, Instant now);
  Send send_transit_frame(Frame& frame, const Path& path, std::uint16_t type, Instant now);
  Send send_transit_fragments(const Frame& whole, const Path& path, Instant now);
  void report_undelivered(Instant now);

  // ipv4_napt.cpp
  std::optional<Datagram> receive_translated(const Ipv4Header& header, Packet packet, Instant now);
  Refusal translate_outbound(Packet& packet, const Ipv4Header& header, const Path& path, Instant now);
  void napt_restore(MutableBytes packet);

  // ipv6_forward.cpp
  std::nullopt_t forward_v6(Packet packet, const Ipv6Header& header, Instant now);
  Refusal check_transit_v6(const Packet& packet, const Ipv6Header& header, std::size_t size, Path& path) const;

  // clat.cpp
  void follow_clat(Instant now);
  std::optional<Path> path_by_clat(const IpAddress& destination, const IpAddress& source, std::uint8_t interface) const;
  Send send_clat(Frame& frame, const Path& path, const SendInfo& info, Instant now);
  void send_clat_error(const clat::IcmpWords& error, const Ipv4Header& quoted, Bytes original, Instant now);
  std::optional<Datagram> receive_clat(const Ipv6Header& header, const ExtensionHeaders& chain, Packet packet, Instant now);
  Drop translate_icmp(const Ipv6Header& header, Packet& packet, std::uint32_t& at) const;
  Drop translate_quote(Packet& packet, std::uint32_t& at) const;

  // destination_order.cpp
  SourceCandidate source_of(const Path& path) const;

  // multicast.cpp
  struct Followed {
    IpAddress address{};  ///< unspecified: none
    std::uint8_t interface = 0;
    bool operator==(const Followed&) const = default;
  };
  void follow_addresses(Instant now);
  void follow_routers(std::uint8_t interface, bool listens, Instant now);
  std::optional<Datagram> receive_igmp(const Ipv4Header& header, const Packet& packet, Instant now);
  std::optional<Datagram> receive_mld(const Datagram& datagram, bool router_alert, Instant now);
  void send_group_messages(Instant now);
  void send_igmp(const GroupMessage& message, Bytes bytes, Instant now);
  void send_mld(const GroupMessage& message, MutableBytes bytes, Instant now);
  std::optional<Path> path_of_copy(const Path& path, const SendInfo& info) const;

  // ipv6_receive.cpp
  std::optional<Datagram> receive_v6(Packet packet, Instant now);
  std::nullopt_t refuse(Drop reason, const std::optional<OwedError>& error, const Packet& packet, Instant now);
  Drop check_addresses_v6(const Ipv6Header& header, const ReceiveInfo& info) const;
  Drop check_loopback_addresses_v6(const IpAddress& source, const IpAddress& destination) const;
  std::optional<Datagram> deliver_v6(const Ipv6Header& header, const ExtensionHeaders& chain, Packet packet,
                                     bool fragmented, Instant now);

  // ipv6_send.cpp
  std::optional<Path> path_v6(const IpAddress& destination, const IpAddress& source, std::uint8_t interface) const;
  std::optional<Path> path_to_self_v6(const IpAddress& destination, const IpAddress& source) const;
  std::optional<std::uint8_t> interface_for_v6(const IpAddress& destination, const IpAddress& source,
                                               std::uint8_t interface) const;
  std::uint8_t first_interface_v6() const;
  std::uint8_t only_interface_v6() const;
  const Route* route_by_v6(const IpAddress& destination, std::uint8_t interface) const;
  const Route* choose_route_v6(const IpAddress& destination, const IpAddress& source, std::uint8_t interface) const;
  std::uint32_t flow_label(const Frame& frame, const Ipv6Header::Values& values) const;
  Send send_v6(Frame& frame, const Path& path, const SendInfo& info, Instant now);
  Send send_whole_v6(Frame& frame, const Path& path, const Ipv6Header::Values& values, Instant now);
  Send send_fragments_v6(Frame& frame, const Path& path, Ipv6Header::Values values, Instant now);

  // icmpv6.cpp
  std::optional<Datagram> receive_icmpv6(Datagram datagram, const ExtensionHeaders& chain, bool fragmented, Instant now);
  std::uint8_t way_back(std::uint8_t interface) const;
  std::optional<Datagram> receive_error_v6(Datagram datagram);
  void report_v6(const OwedError& error, Datagram& datagram, Instant now);
  void send_error_v6(const OwedError& error, const Packet& original, Instant now);

  // icmp.cpp
  std::optional<Datagram> receive_icmp(Datagram datagram, Instant now);
  void answer_echo(const Datagram& datagram, std::uint8_t reply, Instant now);
  std::optional<Datagram> receive_error(Datagram datagram);
  void send_error(std::uint8_t type, std::uint8_t code, Bytes original, Instant now, std::uint32_t rest = 0);
  void unreachable(std::uint8_t code, const Datagram& datagram, Instant now);
  void expire_fragments(Instant now);

  Config config_;
  BlockPool& pool_;
  Random& random_;
  ethernet::Ethernet& ethernet_;
  DropCounters& drops_;
  Routes routes_;
  NeighbourDiscovery neighbour_discovery_;
  Interfaces interfaces_;
  Groups groups_;
  std::span<Followed> followed_;  // the address in the same place, as far as its group is joined
  PathMtu path_mtu_;
  Fragments fragments_;
  Identification identification_;
  IcmpLimiter limiter_;
  Napt napt_;
  bool napt_active_ = false;  // some interface is inside
  Clat clat_;
  std::uint32_t clat_version_ = 0;  // of what clat_ was made from
  SipKey flow_key_;
  std::uint32_t generation_ = 1;
  bool links_changed_ = true;  // and neighbour discovery and groups do not know it yet
  std::uint32_t ethernet_version_ = 0;
  std::uint32_t discovery_version_ = 0;
};

}  // namespace linnet::ip
