// SPDX-License-Identifier: Apache-2.0
// Lease: what a server grants, after every doubt about it was settled (RFC 2131 4.4.1, RFC 2132).
#pragma once

#include <optional>

#include "core/base/bounded_list.hpp"
#include "core/base/random.hpp"
#include "services/dhcp/config.hpp"
#include "services/dhcp/search_list.hpp"
#include "services/dhcp/text.hpp"
#include "services/dhcp/wire.hpp"

namespace linnet::dhcp {

/// At most `Capacity` of something, in the server's order of preference.
template <typename T, std::size_t Capacity>
using List = BoundedList<T, Capacity>;

/// A route of option 121 (RFC 3442); an unspecified gateway means that the destination is on the link.
struct Route {
  Prefix destination;
  IpAddress gateway = IpAddress::any_v4();
};

struct Lease {
  Prefix prefix;  ///< the address with all its bits, and the length of its subnet's prefix
  IpAddress server = IpAddress::any_v4();  ///< the server identifier
  Duration duration;   ///< all three from the request's sending; Duration::max(): for ever (RFC 2131 3.3)
  Duration renewal;    ///< T1
  Duration rebinding;  ///< T2
  List<IpAddress, 2> routers;
  List<IpAddress, 4> dns_servers;
  List<IpAddress, 4> ntp_servers;
  List<Route, 8> routes;  ///< only with Config::classless_routes; then the routers are not to be used
  Text<253> domain_name;
  SearchList search_list;  ///< option 119; where it is empty, `domain_name` is what names are completed with
  Text<63> host_name;
  std::uint16_t mtu = 0;  ///< bytes, in force for IPv4; 0: not given, below 68 (RFC 2132 5.1), or above the link's
};

/// The lease in a DHCPOFFER or DHCPACK, or nothing when it cannot be used: no server identifier or lease
/// time, a lease shorter than Config::minimum_lease, or an address that no host may have. Options that are
/// wrong in themselves count as absent. `link_mtu` in bytes. T1 and T2 are made to be in order, and apart:
/// by Config::minimum_renewal_gap, or by half of what there is.
std::optional<Lease> read_lease(const Message& message, const Config& config, std::uint16_t link_mtu,
                                Random& random);

/// What a DHCPACK to a DHCPINFORM says (RFC 2131 3.4), for a host whose address and mask are `own`: for ever.
/// Nothing without a server identifier, or when `own` would be its own router.
std::optional<Lease> read_information(const Message& message, const Config& config, std::uint16_t link_mtu,
                                      const Prefix& own);

/// The routes of option 121, or nothing when any of it is malformed (RFC 3442: ignored as a whole).
std::optional<List<Route, 8>> read_classless_routes(Bytes value);

}  // namespace linnet::dhcp
