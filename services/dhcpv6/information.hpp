// SPDX-License-Identifier: Apache-2.0
// Information: what a server tells beside addresses, stateful or not.
#pragma once

#include "services/dhcpv6/wire.hpp"

namespace linnet::dhcpv6 {

struct Information {
  List<IpAddress, 4> dns_servers;   ///< RFC 3646 3
  List<DomainName, 4> domains;      ///< the search list, RFC 3646 4
  List<IpAddress, 4> sntp_servers;  ///< RFC 4075
  List<IpAddress, 4> ntp_servers;   ///< RFC 5908 4.1; its multicast addresses are not taken
  List<DomainName, 2> ntp_names;    ///< RFC 5908 4.3

  bool operator==(const Information&) const = default;
  void clear() {
    dns_servers.clear();
    domains.clear();
    sntp_servers.clear();
    ntp_servers.clear();
    ntp_names.clear();
  }
};

/// `zone` is given to link-local addresses. Servers that are no unicast addresses are left out, and what is
/// more than there is room for; a list of names of which one is malformed counts as absent.
Information read_information(const Message& message, std::uint8_t zone);

}  // namespace linnet::dhcpv6
