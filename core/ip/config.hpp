// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/time.hpp"

namespace linnet::ip {

struct Config {
  std::uint8_t interfaces = 2;           ///< loopback included
  std::uint8_t addresses = 8;            ///< own addresses, all interfaces together
  std::uint8_t addresses_v6 = 8;         ///< own IPv6 addresses, all interfaces together
  std::uint8_t duplicate_detection_transmits = 1;  ///< RFC 4862 5.1 DupAddrDetectTransmits; 0: no detection
  bool optimistic_detection = false;     ///< RFC 4429: addresses are used while they are still being detected
  bool autoconfigure = true;             ///< RFC 4862 5.5: addresses of the prefixes that routers advertise
  bool route_information = true;         ///< RFC 4191: routes that routers advertise beside themselves
  bool temporary_addresses = false;      ///< RFC 8981: beside the stable one of each prefix, another that changes
  Duration temporary_valid_lifetime = Duration::seconds(172800);     ///< RFC 8981 3.8: TEMP_VALID_LIFETIME
  Duration temporary_preferred_lifetime = Duration::seconds(86400);  ///< TEMP_PREFERRED_LIFETIME
  bool accept_redirects = true;          ///< RFC 4861 8.3: of the router in use
  std::uint8_t routes = 8;               ///< beside the on-link routes that addresses bring
  std::uint8_t learned_routes = 8;       ///< IPv6 prefixes, routers, and redirects that the network tells of
  std::uint8_t advertised_servers = 4;   ///< name servers that routers tell of (RFC 8106: at least 3)
  std::uint8_t advertised_domains = 4;   ///< names of the search lists that routers tell of (RFC 8106: at least 3)
  std::uint8_t reassemblies = 2;         ///< datagrams being reassembled at once; each holds one block
  std::uint8_t groups = 12;              ///< multicast groups listened to, all interfaces and both families together
  std::uint8_t group_requests = 8;       ///< (socket, interface, group) triples, each with a source filter
  std::uint8_t group_sources = 8;        ///< addresses in the filter of one socket, and in that of one interface
  std::uint16_t path_mtu_entries = 8;    ///< destinations whose path MTU is smaller than the link's
  std::uint8_t default_ttl = 64;
  std::uint16_t raw_sockets = 4;
  std::uint16_t raw_queue = 8;           ///< datagrams queued for all raw sockets together
  Duration reassembly_timeout = Duration::seconds(30);  ///< RFC 1122 3.3.2: 60 to 120 s suggested; see decisions
  Duration path_mtu_lifetime = Duration::seconds(600);  ///< RFC 1191 6.3: then a larger one is tried again
  std::uint16_t minimum_path_mtu = 552;  ///< what an ICMP "fragmentation needed" cannot push us below (RFC 5927)
  std::uint16_t icmp_errors_per_second = 10;  ///< token bucket a destination, RFC 1812 4.3.2.8
  bool answer_broadcast_echo = false;

  bool forward = false;             ///< RFC 1812: IPv4 packets for others go on by their routes
  bool forward_v6 = false;          ///< the same for IPv6: a router to its neighbours (RFC 4861), that advertises nothing
  bool check_reverse_path = true;   ///< RFC 3704 2.3: what is forwarded comes from where its source is
  bool router_accepts_advertisements = false;  ///< with forward_v6: obeys other routers all the same
  std::uint16_t napt_entries = 0;   ///< translations at once; 0: no port translation. Needs `forward`
  std::uint8_t port_maps = 0;       ///< ports that lead to hosts inside, beside these
  std::uint16_t napt_first_port = 20000;  ///< ports of translations: apart from those of our own sockets
  std::uint16_t napt_last_port = 49151;
};

}  // namespace linnet::ip
