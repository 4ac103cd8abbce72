// SPDX-License-Identifier: Apache-2.0
// For tests of the TCP monitor: a trace made by hand, segment by segment.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/tcp_flags.hpp"
#include "sim/tcp_monitor.hpp"

namespace linnet::sim::test {

/// A segment with numbers that count from the SYNs.
struct Segment {
  std::uint8_t flags = tcp_flag::ack;
  std::int64_t seq = 1;
  std::int64_t acks = 1;
  std::size_t length = 0;
  std::uint16_t window = 8000;
  std::vector<std::pair<std::int64_t, std::int64_t>> sack{};
  std::optional<std::pair<std::uint32_t, std::uint32_t>> times{};
  std::optional<std::uint16_t> mss{};
  std::optional<std::uint8_t> scale{};
  bool sack_permitted = false;
  std::uint8_t fill = 0;  ///< added to each byte
};

/// An IPv4 packet without link header, between 10.0.0.1, which is judged, and 10.0.0.2.
std::vector<std::uint8_t> packet_of(const Segment& s, bool outgoing);

struct Handshake {
  std::optional<std::uint16_t> mss = 1000;
  std::uint16_t peer_window = 8000;
  bool times = false;
  bool sack = false;
  std::optional<std::uint8_t> scale{};
  TcpMonitorConfig config{.steps = false};  ///< of the monitor; windows are 8000 here, whatever came
};

/// A monitor and the connection that it watches; time goes on by a millisecond a segment.
class Trace {
 public:
  Trace() : Trace(Handshake{}) {}
  explicit Trace(const Handshake& handshake);
  static Trace empty() { return Trace(TcpMonitorConfig{.steps = false}); }

  Trace& out(const Segment& s) {
    now_ = now_ + Duration::milliseconds(1);
    monitor_->sent(packet_of(s, true), now_);
    return *this;
  }
  Trace& in(const Segment& s) {
    now_ = now_ + Duration::milliseconds(1);
    monitor_->received(packet_of(s, false), now_);
    return *this;
  }
  /// At once, without the millisecond that `out` takes.
  Trace& out_now(const Segment& s) {
    monitor_->sent(packet_of(s, true), now_);
    return *this;
  }
  Trace& turn() {
    monitor_->turn(now_);
    return *this;
  }
  Trace& wait(std::int64_t milliseconds) {
    now_ = now_ + Duration::milliseconds(milliseconds);
    return *this;
  }
  std::string rule() const { return monitor_->violation() ? monitor_->violation()->rule : ""; }
  std::string text() const { return monitor_->violation() ? monitor_->violation()->text : ""; }
  TcpMonitor& monitor() { return *monitor_; }

 private:
  explicit Trace(TcpMonitorConfig config);
  std::unique_ptr<TcpMonitor> monitor_;
  Instant now_ = Instant::from_microseconds(1000000);
};

inline Segment data(std::int64_t seq, std::size_t length, std::int64_t acks = 1) {
  return {.flags = tcp_flag::ack | tcp_flag::psh, .seq = seq, .acks = acks, .length = length};
}
inline Segment bare(std::int64_t seq, std::int64_t acks, std::uint16_t window = 8000) {
  return {.seq = seq, .acks = acks, .window = window};
}

}  // namespace linnet::sim::test
