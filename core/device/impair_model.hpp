// SPDX-License-Identifier: Apache-2.0
// ImpairModel: decides what happens to each packet of a link, and touches none: the Impair device, the relay
// of `linnet link` and the simulator carry its decisions out.
#pragma once

#include <array>
#include <span>

#include "core/base/bytes.hpp"
#include "core/device/device.hpp"
#include "core/device/impairments.hpp"

namespace linnet {

/// One direction of a link. The same configuration, seed, packets and times give the same decisions. Each
/// fault has random numbers of its own, drawn for every packet, so that switching one fault off does not
/// shift the rest.
class ImpairModel {
 public:
  static constexpr std::size_t max_deliveries = 4;
  static constexpr std::size_t max_queue = 1024;

  enum class Fate : std::uint8_t {
    delivered,
    lost,      ///< by loss
    burst,     ///< by a bad time of the link
    overflow,  ///< the queue in front of the rate limit was full
  };
  struct Decision {
    Fate fate = Fate::delivered;
    bool reordered = false;  ///< deliveries[0] may be overtaken
    bool corrupt = false;    ///< deliveries[0] is to be passed through corrupt_frame with `corruption`
    std::uint64_t corruption = 0;
    std::size_t count = 0;  ///< of deliveries: 0 when dropped, more than 1 when duplicated
    std::array<Instant, max_deliveries> deliveries{};
  };

  struct Counters {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t lost = 0;
    std::uint64_t burst = 0;
    std::uint64_t overflow = 0;
    std::uint64_t reordered = 0;
    std::uint64_t duplicated = 0;  ///< copies made
    std::uint64_t corrupted = 0;
  };

  ImpairModel(const Impairments& impairments, std::uint64_t seed);

  /// What happens to a packet of `size` bytes that enters the link at `now`, which never goes back.
  Decision decide(std::size_t size, Instant now);
  const Counters& counters() const { return counters_; }
  const Impairments& impairments() const { return impairments_; }
  /// Other faults from now on; the random numbers go on.
  void change(const Impairments& impairments);

 private:
  /// SplitMix64: one word of state, good enough for faults and cheap.
  class Stream {
   public:
    std::uint64_t state = 0;
    std::uint64_t next();
    bool chance(std::uint32_t ppm);
    Duration up_to(Duration limit);
  };
  bool bad_time();
  bool pass_rate(std::size_t size, Instant now, Instant& departure);

  Impairments impairments_;
  Counters counters_;
  Stream loss_;
  Stream burst_;
  Stream burst_loss_;
  Stream jitter_;
  Stream reorder_;
  Stream duplicate_;
  Stream corrupt_;
  bool bad_ = false;
  Instant last_due_ = Instant::from_microseconds(std::numeric_limits<std::int64_t>::min());
  // The rate limit: when each waiting packet will have left, oldest first.
  std::array<Instant, max_queue> departures_{};
  std::size_t first_departure_ = 0;
  std::size_t waiting_ = 0;
  Instant free_at_ = last_due_;  ///< when the last of them has left
  std::uint64_t remainder_ = 0;  ///< of the last division by the rate, in bytes times 10^6
};

/// Flips one bit of the frame's IP packet, chosen by `corruption`. False when the frame carries no IP packet:
/// what has no checksum is protected by the link's own (the Ethernet FCS), so it is to be dropped instead.
bool corrupt_frame(MutableBytes frame, LinkType link, std::uint64_t corruption);

}  // namespace linnet
