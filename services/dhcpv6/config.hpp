// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/time.hpp"

namespace linnet::dhcpv6 {

/// What is wanted, as a Router Advertisement says (RFC 4861 4.2).
enum class Mode : std::uint8_t {
  stateless,  ///< the O flag: Information-request
  stateful,   ///< the M flag: addresses, and the rest with them
};

/// The retransmission parameters are those of RFC 8415 7.6 (retransmission.hpp).
struct Config {
  Bytes duid{};            ///< 3 to 130 bytes, copied; otherwise a DUID-LL of the MAC address
  std::uint32_t iaid = 0;  ///< of the one IA_NA; the same after a restart. 0: the last four bytes of the MAC
  std::uint8_t zone = 0;   ///< given to link-local addresses of DNS and time servers
  bool rapid_commit =
      false;  ///< RFC 8415 18.2.1: whoever answers first has committed, others' addresses wait
  Duration minimum_renewal_gap = Duration::seconds(60);  ///< T1 is no sooner, unless the lease is shorter
  Duration minimum_valid_lifetime =
      Duration::seconds(10);  ///< addresses of less are not taken: they would be a storm
};

}  // namespace linnet::dhcpv6
