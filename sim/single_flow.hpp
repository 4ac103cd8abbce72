// SPDX-License-Identifier: Apache-2.0
// Scenarios of one transfer over a link that is fair, and how long such a transfer may take at most (L7):
// against stacks that bring every byte, but at a hundredth of what the path allows.
#pragma once

#include <map>
#include <set>

#include "sim/frames.hpp"
#include "sim/scenario.hpp"

namespace linnet::sim {

/// 50 kB to 1 MB one way, buffers of at least 16 KiB and programs that do not wait, over a link with delay, a
/// rate, and in half of them up to 1 % of loss. `scenario` is the short one of the same seed.
void make_single_flow(Scenario& scenario);

/// What one way of the path, or one end, allows.
struct FlowPath {
  double round_trip = 0;      ///< s, of a full segment and its acknowledgment, with empty queues
  double rate = 0;            ///< bytes of payload per second that the link takes
  double window = 0;          ///< bytes that both ends' buffers allow to be on the way
  double segment = 0;         ///< bytes of payload of a full one
  double initial_window = 0;  ///< bytes
  double delayed_ack = 0;     ///< s
  double retransmission_timeout =
      0;  ///< s, an upper bound of the first one of a segment, whatever waits in the link's queue
};
FlowPath flow_path(const Scenario& scenario, const TcpPlan& plan);

/// s that a transfer of so many bytes takes by a plain sender: slow start that grows by half in a round trip
/// (as with delayed acknowledgments and no byte counting), then one segment a round trip (RFC 5681 3.1), half
/// the window after each round trip that loses something, and a round trip more to mend it. `lost`: where in
/// the stream something was lost.
double plain_seconds(const FlowPath& path, double bytes, const std::set<double>& lost);

/// Watches the flow of a scenario.
class GoodputFloor {
 public:
  GoodputFloor(const Scenario& scenario, const TcpPlan& plan, Instant begins);

  void sent(Bytes frame);
  void lost(Bytes frame);
  /// The last byte is where it should be.
  void end(Instant now);
  bool ended() const { return ended_.has_value(); }

  /// The plain sender's time and a third more ("within 25 %"), and what each frame that was lost may cost: a
  /// retransmission timeout, twice that when the same is lost once more, and so on (RFC 6298 5.5).
  Duration allowed() const;
  /// Empty when it was quick enough.
  std::string problem() const;

 private:
  struct Lost {
    FrameClass kind = FrameClass::other;
    std::uint32_t sequence = 0;
    bool operator<(const Lost& other) const {
      return kind != other.kind ? kind < other.kind : sequence < other.sequence;
    }
  };

  FlowPath path_;
  std::uint64_t bytes_;
  Instant begins_;
  std::optional<Instant> ended_;
  std::uint64_t segments_ = 0;  ///< with data, that were sent
  std::uint32_t first_ = 0;     ///< sequence number of the first
  std::set<double> positions_;  ///< in the stream, of segments that were lost
  std::map<Lost, unsigned> lost_;
};

}  // namespace linnet::sim
