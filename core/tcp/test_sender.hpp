// SPDX-License-Identifier: Apache-2.0
// For tests of what a sender does about losses: a connection whose peer announces segments of 1,000 bytes,
// over a round trip of 100 ms, so that the n-th segment begins n * 1,000 bytes behind the first.
#pragma once

#include <utility>
#include <vector>

#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {

constexpr std::uint32_t mss = 1000;
constexpr Duration round_trip = Duration::milliseconds(100);

inline HarnessOptions sender_options() {
  HarnessOptions options;
  options.tcp.send_buffer = 100 * mss;
  options.tcp.pacing = false;
  return options;
}

inline HarnessOptions without_probes() {
  HarnessOptions options = sender_options();
  options.tcp.tail_loss_probe = false;
  return options;
}

/// Losses by the count of what is SACKed behind them (RFC 6675), and no tail loss probes.
inline HarnessOptions by_count() {
  HarnessOptions options = without_probes();
  options.tcp.rack.enabled = false;
  return options;
}

struct Sender : Harness {
  /// [from, to) in segments.
  using Range = std::pair<double, double>;
  struct Peer {
    bool sack = true;
    bool timestamps = false;
    bool ecn = false;
    std::uint16_t window = 65535;
    Options user{};
  };

  explicit Sender(const HarnessOptions& options = sender_options()) : Sender(options, Peer{}) {}
  Sender(const HarnessOptions& options, const Peer& peer) : Harness(options), window(peer.window) {
    const ListenerHandle listener = listen(80, 8, peer.user);
    const unsigned flags = Flags::syn | (peer.ecn ? Flags::ece | Flags::cwr : 0u);
    inject({.seq = peer_iss,
            .flags = static_cast<std::uint8_t>(flags),
            .window = window,
            .options = syn_options(mss + (peer.timestamps ? 12 : 0), -1, peer.sack, peer.timestamps)});
    const Wire reply = expect_sent();
    our_iss = reply.seq;
    our_nxt = our_iss + 1;
    timestamps = reply.parsed.has_timestamp;
    echo = reply.parsed.timestamp_value;
    advance(round_trip);
    acknowledge(0);
    const auto accepted = tcp.accept(listener);
    EXPECT_TRUE(accepted.has_value());
    c = accepted.value_or(ConnectionHandle{});
    tcp.close(listener, now);
    discard_sent();
  }

  /// Writes so many segments; yields where those begin that went out, in segments.
  std::vector<double> send(double segments) {
    const std::string text(static_cast<std::size_t>(segments * mss), 'x');
    EXPECT_EQ(write(c, text), text.size());
    return gone();
  }
  /// Where the segments with data begin that were sent since it was last asked.
  std::vector<double> gone() {
    std::vector<double> out;
    while (const auto wire = sent()) {
      last = *wire;
      if (!wire->data.empty()) out.push_back(static_cast<double>(wire->seq - our_nxt) / mss);
    }
    return out;
  }
  /// Everything up to `segments`, and blocks as they stand in the option. `echo` is what a timestamp option
  /// echoes.
  Wire acknowledgment(double segments, const std::vector<Range>& ranges = {}) const {
    Wire wire = ack_of(place(segments));
    wire.window = window;
    OptionsWriter writer;
    if (timestamps) writer.timestamp(static_cast<std::uint32_t>(now.as_microseconds() / 1000), echo);
    std::vector<SackBlock> blocks;
    for (const Range& range : ranges) {
      blocks.push_back({SequenceNumber(place(range.first)), SequenceNumber(place(range.second))});
    }
    if (!blocks.empty()) writer.sack(blocks);
    const Bytes bytes = writer.finish();
    wire.options.assign(bytes.begin(), bytes.end());
    return wire;
  }
  void acknowledge(double segments, const std::vector<Range>& ranges = {}, std::uint8_t flags = 0) {
    Wire wire = acknowledgment(segments, ranges);
    wire.flags |= flags;
    inject(wire);
  }
  std::uint32_t place(double segments) const {
    return our_nxt + static_cast<std::uint32_t>(static_cast<std::int32_t>(segments * mss));
  }
  Status status() const { return *tcp.status(c); }
  CongestionState doing() const { return tcp.status(c)->measured.state; }
  double cwnd() const { return static_cast<double>(tcp.status(c)->congestion_window) / mss; }
  bool reduced() const { return tcp.status(c)->slow_start_threshold != Congestion::unlimited; }

  ConnectionHandle c;
  std::uint16_t window;    // that the peer offers
  std::uint32_t echo = 0;  // the timestamp that came last
  Wire last;               // that was sent
};

using Segments = std::vector<double>;

}  // namespace linnet::tcp::test
