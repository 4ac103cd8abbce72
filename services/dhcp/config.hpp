// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/base/bounded_list.hpp"
#include "core/base/bytes.hpp"
#include "core/base/time.hpp"

namespace linnet::dhcp {

/// How an offered address is looked for on the link before it is used (RFC 2131 4.4.1 "SHOULD").
enum class Probe : std::uint8_t {
  none,       ///< not at all
  arp_check,  ///< one ARP probe: Config::arp_check_time
  full,       ///< the whole of RFC 5227 2.1: 4 to 9 s
};

/// Texts are copied when the client is made.
struct Config {
  std::string_view host_name{};     ///< option 12, at most 63 characters; empty: not sent
  std::string_view vendor_class{};  ///< option 60, at most 63 characters; empty: not sent
  Bytes client_id{};  ///< option 61, 2 to 32 bytes with its type; empty: the MAC address (RFC 2132 9.14)
  bool send_client_id = true;  ///< false: the server tells clients by their MAC address
  bool broadcast = false;      ///< RFC 2131 4.1: asks for broadcast answers; this stack can do without
  Probe probe = Probe::arp_check;
  bool classless_routes =
      false;                  ///< RFC 3442, option 121. Off: whoever answers first could redirect all traffic
  bool rapid_commit = false;  ///< RFC 4039: a server may grant at once, without an offer
  bool ipv6_only = false;     ///< RFC 8925, option 108: where the network prefers that, no IPv4 address is asked for
  bool default_route = true;  ///< install the router as the default route
  bool use_unconfirmed_lease =
      false;  ///< RFC 2131 3.2 (3) "MAY": use a remembered lease that nobody confirmed

  BoundedList<std::uint8_t, 8> requested_options{};  ///< asked for beside those that Lease has
  std::uint16_t kept_option_bytes = 0;  ///< for what the server says of them: 2 an option, and its value
  std::uint16_t option_bytes = 0;       ///< for the options that the owner adds: likewise
  std::uint16_t message_size =
      1024;  ///< bytes of the largest message accepted, announced by option 57; 576 to 1472
  std::uint8_t request_attempts =
      4;  ///< DHCPREQUESTs in REQUESTING before INIT (RFC 2131 3.1 (5): 60 s in all)
  std::uint8_t reboot_attempts = 2;  ///< DHCPREQUESTs in REBOOTING before INIT: 12 s in all
  Duration startup_delay{};  ///< RFC 2131 4.4.1 "SHOULD" 1 to 10 s: the most of the random wait before INIT
  Duration first_retransmission =
      Duration::seconds(4);  ///< RFC 2131 4.1: then doubled, each plus or minus 1 s, and at least 100 ms
  Duration last_retransmission = Duration::seconds(64);
  Duration minimum_renewal_gap =
      Duration::seconds(60);                       ///< RFC 2131 4.4.5, between DHCPREQUESTs of one lease
  Duration minimum_lease = Duration::seconds(10);  ///< offers of less are ignored: they would be a storm
  Duration arp_check_time = Duration::milliseconds(1500);  ///< from the address's choice to its use
  Duration least_ipv6_only_wait = Duration::seconds(300);  ///< RFC 8925 3.4: MIN_V6ONLY_WAIT
  Duration decline_wait = Duration::seconds(10);  ///< RFC 2131 3.1 (5): at least that, after DHCPDECLINE
};

}  // namespace linnet::dhcp
