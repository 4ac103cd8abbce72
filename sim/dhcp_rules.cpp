// SPDX-License-Identifier: Apache-2.0
#include "sim/dhcp_rules.hpp"

namespace linnet::sim {

RuleWords words_of(DhcpRule rule) {
  constexpr std::array<RuleWords, dhcp_rules> words{{
      {"RFC2131.4.1.discover", "DHCPDISCOVER is sent again after 4, 8, 16, 32, 64 s, less one at most"},
      {"RFC2131.4.1.discover_latest",
       "DHCPDISCOVER is sent again after 4, 8, 16, 32, 64 s, and one more at most"},
      {"RFC2131.4.1.request", "DHCPREQUEST is sent again after 4, 8, 16 s, less one at most"},
      {"RFC2131.4.1.request_latest", "DHCPREQUEST is sent again after 4, 8, 16 s, and one more at most"},
      {"RFC2131.3.1.tries", "who gets no answer to DHCPREQUEST begins anew after a minute"},
      {"RFC2131.4.3.2.offer", "DHCPREQUEST takes an offer: its number, its server and its address"},
      {"RFC2131.4.4.1.secs",
       "secs are those since the client began, and a DHCPREQUEST repeats the DHCPDISCOVER's"},
      {"RFC2131.3.1.decline", "after DHCPDECLINE ten seconds are waited"},
      {"RFC2131.4.4.5.T1", "a lease is not renewed before T1"},
      {"RFC2131.4.4.5.renewing", "until T2 the server of the lease is asked alone"},
      {"RFC2131.4.4.5.T2", "others are asked at T2 and not before"},
      {"RFC2131.4.4.5.half",
       "DHCPREQUEST is repeated after half of what is left until T2, or of the lease, or a minute"},
      {"RFC2131.4.4.5.expired", "an address is not used when its lease is over"},
      {"RFC2131.4.3.1.pool", "addresses of the pool are given, and no others"},
      {"RFC2131.1.6.one", "an address is one client's as long as its lease lasts"},
      {"RFC2131.4.3.xid", "an answer has the number and the hardware address of a request"},
  }};
  return words[static_cast<std::size_t>(rule)];
}

}  // namespace linnet::sim
