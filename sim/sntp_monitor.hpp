// SPDX-License-Identifier: Apache-2.0
// SntpMonitor: watches the frames of one host and judges its SNTP, as a client and as a server, by RFC 4330
// and RFC 5905, without knowing the stack. It accuses only where every right host would have done otherwise:
// what is sent to one station may have waited for ARP, and what was received may be lost on the way to the
// client.
#pragma once

#include <deque>
#include <map>

#include "core/base/time.hpp"
#include "sim/frame_history.hpp"
#include "sim/sntp_rules.hpp"
#include "sim/udp_seen.hpp"

namespace linnet::sim {

struct SntpMonitorConfig {
  std::array<std::uint8_t, 6> mac{};
  /// From round to round, as the client is configured: by which it slows down.
  Duration interval = Duration::seconds(15);
  /// What was received reached the client: a kiss must be obeyed.
  bool kisses = true;
  /// What leaves from port 123 is a server of ours'.
  bool serves = true;
  /// It may be polled so late: what waits for ARP waits as much longer.
  Duration lateness{};
};

class SntpMonitor {
 public:
  explicit SntpMonitor(const SntpMonitorConfig& config) : config_(config) {}

  void sent(Bytes frame, Instant now);
  void received(Bytes frame, Instant now);
  /// The transmit ring took no more: some request of ARP may not have left.
  void busy(Instant now) { busy_ = now; }
  /// So many answers the client has taken the time from, since it began.
  void took(std::uint64_t answers);

  /// How far off a clock can be that was set by the latest answers: half of the way there and back, at most.
  struct Measured {
    Duration error{};
    Instant since{};  ///< the oldest of them
  };
  std::optional<Measured> measured() const;

  const std::optional<RuleViolation>& violation() const { return judge_.violation(); }
  const SntpJudge::Exercised& exercised() const { return judge_.exercised(); }

 private:
  struct Server {
    bool ever = false;
    Instant asked{};
    bool waited = false;  ///< for ARP, perhaps
    std::uint32_t own = 0;
    std::uint16_t port = 0;
    std::uint64_t transmit = 0;
    bool answered = false;
    bool denied = false;
    bool slower = false;
    std::deque<std::pair<Instant, Duration>> ways{};  ///< there and back, of the latest answers
  };
  struct Asked {
    std::uint32_t source = 0;
    std::uint16_t port = 0;
    std::uint8_t version = 0;
    std::uint8_t poll = 0;
    std::size_t size = 0;
    std::uint64_t transmit = 0;
  };
  void sent_request(const UdpSeen& udp, Instant now);
  void check_transmit(std::uint64_t transmit, Instant now);
  void check_pace(const Server& server, std::uint32_t address, Instant now);
  void sent_answer(const UdpSeen& udp);
  void heard_answer(const UdpSeen& udp, Instant now);
  void heard_request(const UdpSeen& udp);
  /// Of a packet, for its neighbour.
  Duration longest_wait() const;
  bool waits_for(std::uint32_t address, Instant now) const;

  SntpMonitorConfig config_;
  std::optional<Instant> busy_;
  SntpJudge judge_;
  std::map<std::uint32_t, Server> servers_;
  std::map<std::uint32_t, Instant> arp_;  ///< asked for, when last
  std::deque<std::uint64_t> transmits_;
  std::optional<Instant> last_request_;
  Steps high_steps_{3};
  Steps low_steps_{3};
  std::deque<Asked> asked_;
  bool forgot_ = false;  ///< requests of others, since there were too many
  std::uint64_t own_answers_ = 0;
  std::uint64_t took_ = 0;
};

}  // namespace linnet::sim
