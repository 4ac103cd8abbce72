// SPDX-License-Identifier: Apache-2.0
// TcpMonitor: watches the frames of one host and judges its TCP by RFC 9293 and the RFCs around it, without knowing
// the stack: it works on captures as well. It accuses only where every right stack would have done otherwise: what was
// received may wait unprocessed, or be dropped for want of memory, and the user may do anything at any time.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "sim/tcp_monitor_connection.hpp"

namespace linnet::sim {

struct TcpViolation {
  std::string rule;  ///< "RFC9293.MUST-40"
  std::string text;  ///< what the rule asks for, the connection, and its last segments
};

class TcpMonitor {
 public:
  explicit TcpMonitor(const TcpMonitorConfig& config = {}) : config_(config) {}
  TcpMonitor(const TcpMonitor&) = delete;
  TcpMonitor& operator=(const TcpMonitor&) = delete;

  /// A frame that the host handed to its link. What is no TCP, or a fragment, is ignored.
  void sent(Bytes frame, Instant now);
  /// A frame that the host got. One with a wrong checksum counts as not received.
  void received(Bytes frame, Instant now);
  /// All that was received before has been processed, and what was due has been sent: the stack was polled. May be
  /// called or not; once called, it must be called after each poll that received.
  void turn(Instant now);
  /// The link was busy: what is due now may be sent later.
  void busy(Instant now) { busy_ = now; }

  /// The first one; nothing is judged after it.
  const std::optional<TcpViolation>& violation() const { return violation_; }
  /// How often each event met each state (the one that everything received leads to).
  const TcpCells& cells() const { return cells_; }
  /// How often each rule was really put to the test.
  const std::array<std::uint64_t, tcp_rules>& exercised() const { return judge_.exercised(); }
  std::uint64_t segments() const { return segments_; }

 private:
  struct Key {
    MonitorAddress own;
    MonitorAddress peer;
    std::uint16_t own_port = 0;
    std::uint16_t peer_port = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  static constexpr std::size_t connections_kept = 4096;
  struct Initial {
    Key key;
    std::uint32_t number = 0;
    Instant at;
  };

  bool is_own(const MonitorAddress& address) const;
  HostContext context(const TcpMonitorConnection& c, Instant now) const;
  TcpMonitorConnection& connection(const Key& key);
  void judge_initial(const Key& key, std::uint32_t number, Instant now);
  void report(const Key& key, const TcpMonitorConnection& connection, Instant now);

  TcpMonitorConfig config_;
  TcpJudge judge_;
  TcpCells cells_{};
  std::unordered_map<Key, std::unique_ptr<TcpMonitorConnection>, KeyHash> connections_;
  std::vector<std::pair<Key, TcpMonitorConnection*>> dirty_;
  std::optional<TcpViolation> violation_;
  Instant resolving_ = Instant::never();  ///< last asked for a neighbour
  Instant busy_ = Instant::never();
  std::array<Initial, 4> initials_{};  ///< of the first connections
  std::size_t initial_count_ = 0;
  bool turns_ = false;
  std::uint64_t segments_ = 0;
};

}  // namespace linnet::sim
