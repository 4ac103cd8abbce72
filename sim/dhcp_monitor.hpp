// SPDX-License-Identifier: Apache-2.0
// DhcpMonitor: watches the frames of one host and judges when it sends what as a DHCP client, and to whom it
// gives what as a server, by RFC 2131, without knowing the stack. What a client's messages hold is the frame
// checker's. It accuses only where every right host would have done otherwise: an answer may be lost on the
// way to the client, and what goes to one station may have waited for ARP.
#pragma once

#include <deque>
#include <map>

#include "core/base/time.hpp"
#include "sim/dhcp_rules.hpp"
#include "sim/dhcp_seen.hpp"
#include "sim/udp_seen.hpp"

namespace linnet::sim {

struct DhcpMonitorConfig {
  std::array<std::uint8_t, 6> mac{};
  /// The host is polled in time, and what it sends leaves: what it must do by a time is judged, too.
  bool timing = true;
  /// It may be polled so late: what waits for ARP waits as much longer, and it may not yet know that its lease is over.
  Duration lateness{};
  /// The addresses that it gives away; 0: it is no server.
  std::uint32_t pool_first = 0;
  std::uint32_t pool_last = 0;
};

class DhcpMonitor {
 public:
  explicit DhcpMonitor(const DhcpMonitorConfig& config) : config_(config), own_(station(config.mac.data())) {}

  void sent(Bytes frame, Instant now);
  void received(Bytes frame, Instant now);
  /// The link may be another one: everything begins anew, but for the lease's end.
  void link_came_up() { last_.reset(); }

  const std::optional<RuleViolation>& violation() const { return judge_.violation(); }
  const DhcpJudge::Exercised& exercised() const { return judge_.exercised(); }

 private:
  enum class Kind : std::uint8_t { discover, selecting, rebooting, renewing, rebinding, decline, other };
  /// The client's last message, and those like it before.
  struct Last {
    Kind kind = Kind::other;
    std::uint32_t xid = 0;
    std::uint16_t secs = 0;
    Instant at{};
    unsigned sent = 1;  ///< so many of that kind and number
    Instant first{};    ///< of those
  };
  struct Offer {
    std::uint32_t xid = 0;
    std::uint32_t server = 0;
    std::uint32_t address = 0;
  };
  struct Requested {
    std::uint32_t xid = 0;
    Instant soonest{};  ///< the first with that number may have been sent then
    Instant latest{};   ///< the last was
  };
  /// Each time within what is known of it.
  struct Lease {
    std::uint32_t address = 0;
    std::uint32_t server = 0;
    Instant renew_soonest{};
    Instant rebind_soonest{};
    Instant rebind_latest{};
    Instant expires_soonest{};
    Instant expires{};       ///< at the latest
    bool extending = false;  ///< a DHCPREQUEST was sent since it was given
  };
  struct Given {
    Station client = 0;
    Instant until{};
  };
  static Kind kind_of(const DhcpSeen& message, bool to_all);

  void check_use(Bytes frame, Instant now);
  void sent_by_client(const UdpSeen& udp, const DhcpSeen& message, Instant now);
  void check_repeated(const DhcpSeen& message, Kind kind, Instant now);
  void check_back_off(Kind kind, Instant now);
  void check_extension(const UdpSeen& udp, Kind kind, Instant now);
  /// Of a packet, for its neighbour.
  Duration longest_wait() const;
  void check_half(Kind kind, Instant now);
  void note_request(const DhcpSeen& message, Kind kind, Instant now);
  void heard_by_client(const DhcpSeen& message);
  void granted(const DhcpSeen& message, const Requested& request);
  void sent_by_server(const DhcpSeen& message, Instant now);
  void heard_by_server(const DhcpSeen& message);

  DhcpMonitorConfig config_;
  Station own_;
  DhcpJudge judge_;
  std::optional<Last> last_;
  std::deque<Offer> offers_;
  std::deque<Requested> requests_;
  std::optional<Lease> lease_;
  std::map<std::uint32_t, Given> given_;
  std::deque<std::pair<std::uint32_t, Station>> asked_;
};

}  // namespace linnet::sim
