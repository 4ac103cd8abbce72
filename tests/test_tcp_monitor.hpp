// SPDX-License-Identifier: Apache-2.0
// The TCP monitors of both hosts of a scenario, fed by its capture.
#pragma once

#include <deque>
#include <vector>

#include "core/device/pcapng.hpp"
#include "sim/tcp_monitor.hpp"

namespace linnet::test {

/// Takes a pcapng file as it is being written. Interface 0 is the left host's, 1 the right one's. When the time moves
/// on, all that was received before has been processed.
class MonitoredCapture final : public ByteSink {
 public:
  MonitoredCapture() : monitors_{sim::TcpMonitor(config_of(1)), sim::TcpMonitor(config_of(2))} {}

  void write(Bytes bytes) override {
    block_.insert(block_.end(), bytes.begin(), bytes.end());
    while (block_.size() >= 8 && block_.size() >= little32(4)) {
      const std::size_t length = little32(4);
      if (little32(0) == 6) packet(length);
      block_.erase(block_.begin(), block_.begin() + static_cast<std::ptrdiff_t>(length));
    }
  }
  const sim::TcpMonitor& left() const { return monitors_[0]; }
  const sim::TcpMonitor& right() const { return monitors_[1]; }

 private:
  static sim::TcpMonitorConfig config_of(std::uint8_t host) {
    sim::TcpMonitorConfig config;
    config.own = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, host}};
    return config;
  }
  std::uint32_t little32(std::size_t at) const {
    return block_[at] | std::uint32_t{block_[at + 1]} << 8 | std::uint32_t{block_[at + 2]} << 16 |
           std::uint32_t{block_[at + 3]} << 24;
  }
  /// epb_flags: the direction.
  bool inbound(std::size_t at, std::size_t end) const {
    while (at + 8 <= end) {
      const std::uint32_t code = little32(at) & 0xffff;
      const std::uint32_t size = little32(at) >> 16;
      if (code == 2) return (little32(at + 4) & 3) == 1;
      at += 4 + (size + 3) / 4 * 4;
    }
    return false;
  }
  void packet(std::size_t length) {
    const auto time = static_cast<std::int64_t>(std::uint64_t{little32(12)} << 32 | little32(16));
    const Instant at = Instant::from_microseconds(time);
    if (at != now_) {
      for (sim::TcpMonitor& monitor : monitors_) monitor.turn(now_);
      now_ = at;
    }
    const std::size_t captured = little32(20);
    const Bytes frame = Bytes(block_).subspan(28, captured);
    const std::size_t host = little32(8) == 0 ? 0 : 1;
    if (inbound(28 + (captured + 3) / 4 * 4, length)) {
      monitors_[host].received(frame, at);
      return;
    }
    monitors_[host].sent(frame, at);
    // The capture does not tell when the link is busy. It may be when so many frames are under way.
    sent_[host].push_back(at);
    while (at - sent_[host].front() > Duration::seconds(1)) sent_[host].pop_front();
    if (sent_[host].size() >= 200) monitors_[host].busy(at);
  }

  std::array<sim::TcpMonitor, 2> monitors_;
  std::vector<std::uint8_t> block_;
  std::array<std::deque<Instant>, 2> sent_;  // in the last second
  Instant now_;
};

}  // namespace linnet::test
