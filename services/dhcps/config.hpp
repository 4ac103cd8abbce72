// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/base/address.hpp"
#include "core/base/bounded_list.hpp"
#include "core/base/time.hpp"

namespace linnet::dhcps {

/// Texts are copied when the server is made.
struct Config {
  IpAddress first;  ///< of the pool, both included; all within the subnet of the interface's address
  IpAddress last;
  Duration lease_time = Duration::seconds(7200);  ///< also of those who ask for more; at least 60 s
  std::uint16_t leases = 8;                       ///< clients that can be remembered, static entries included
  std::uint16_t option_bytes = 64;                ///< of the options that the owner adds
  bool authoritative = true;  ///< RFC 2131 4.3.2: DHCPNAK also to clients that nothing is known of
  bool offer_router = true;   ///< option 3
  IpAddress router;           ///< unspecified: the interface's own address
  BoundedList<IpAddress, 3> dns_servers{};  ///< option 6; empty: not offered
  std::string_view domain_name{};           ///< option 15, at most 63 characters; empty: not offered
  std::uint16_t mtu = 0;                    ///< option 26; 0: not offered
  Duration probe_time =
      Duration::milliseconds(500);              ///< RFC 2131 2.2: who has the address already? 0: not asked
  Duration offer_time = Duration::seconds(60);  ///< an offer is kept for the client
  Duration declined_time = Duration::seconds(600);  ///< an address that is in use is left alone
};

}  // namespace linnet::dhcps
