// SPDX-License-Identifier: Apache-2.0
// Transfers between two of our hosts over a link with faults, in virtual time, and what they cost: for goodput tests
// and for bench/goodput.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/world.hpp"

namespace linnet::test {

/// One direction's data segments, from their frames: which of them carried bytes that had been there before.
class SegmentCounter {
 public:
  /// The stream's first sequence number. Until it is known nothing is counted.
  void begin(std::uint32_t first) { first_ = first; }
  /// A data segment with the sequence number `seq`, `length` bytes.
  void take(std::uint32_t seq, std::uint32_t length);
  std::uint64_t segments() const { return segments_; }
  /// Those with nothing new in them.
  std::uint64_t repeated() const { return repeated_; }

 private:
  bool add(std::uint32_t begin, std::uint32_t end);

  std::optional<std::uint32_t> first_{};
  std::uint32_t next_ = 0;                          // all before it were there; counted from first_
  std::map<std::uint32_t, std::uint32_t> later_{};  // begin to end, disjoint
  std::uint64_t segments_ = 0;
  std::uint64_t repeated_ = 0;
};

struct GoodputFlow {
  Duration begins{};  ///< the connection is opened then
};

/// The link stands still: what enters it while it does leaves it `lasts` later than otherwise, in order.
struct Spikes {
  Duration every{};  ///< zero: none
  Duration lasts{};
};

struct GoodputCase {
  Impairments to_receiver{};  ///< the data's direction
  Impairments to_sender{};
  Spikes spikes{};
  std::vector<GoodputFlow> flows = std::vector<GoodputFlow>(1);  ///< all over the one link
  std::uint64_t bytes = 1000000;       ///< that each of them sends
  Duration limit = Duration::seconds(10);  ///< how long it may take, from the accepted connection on
  std::uint64_t seed = 1;
  std::uint32_t frames_under_way = 4096;  ///< in each direction; more find the link busy
  Config sender = Config::linux_host();
  Config receiver = Config::linux_host();
};

/// Config::linux_host with this send and receive buffer, and memory for it.
Config goodput_config(std::uint32_t buffer);

struct GoodputResult {
  std::string problem{};  ///< empty: the transfer ran, though it may be incomplete
  bool complete = false;
  std::uint64_t bytes = 0;  ///< that the receiving program got
  Duration took{};          ///< from the accepted connection to the last byte, or to the end of an incomplete transfer
  std::uint64_t segments = 0;         ///< with data, sent
  std::uint64_t retransmissions = 0;  ///< of these, segments sent before
  std::uint64_t timeouts = 0;         ///< retransmission timeouts
  std::uint64_t spurious = 0;         ///< segments that the receiver had already: what D-SACK would report
  std::vector<std::uint64_t> tenths{};  ///< bytes at each tenth of a second of the run
  double bits_per_second() const {
    const auto us = static_cast<double>(took.as_microseconds());
    return us > 0 ? static_cast<double>(bytes) * 8e6 / us : 0;
  }
};

struct GoodputOutcome {
  std::vector<GoodputResult> flows{};
  ImpairModel::Counters to_receiver{};
  ImpairModel::Counters to_sender{};
};

/// The same case gives the same outcome.
GoodputOutcome run_goodput(const GoodputCase& goodput);

}  // namespace linnet::test
