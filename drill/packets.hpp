// SPDX-License-Identifier: Apache-2.0
// The packets of a script: those that it sends to the stack, and those that it expects of it.
#pragma once

#include "drill/flow.hpp"
#include "drill/machine.hpp"
#include "drill/script.hpp"

namespace linnet::drill {

/// When an outbound packet may leave, in microseconds since the script began.
struct Window {
  bool any = false;  ///< *
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t tolerance = 0;
};

class Packets {
 public:
  /// `cut_late`: the script's own device cuts what TCP leaves in one piece.
  Packets(Machine& machine, Flows& flows, const Settings& settings, bool cut_late)
      : machine_(machine), flows_(flows), settings_(settings), cut_late_(cut_late) {}

  void inject(const PacketSpec& packet, int line);
  /// Looks whether the expected packet has left. False: not yet, or not all of it. Throws Mismatch.
  bool expect(const PacketSpec& packet, const Window& window, int line);
  /// All packets so far, a line each, in the script's numbers.
  std::string trace();
  /// What an expectation that did not come true says.
  [[noreturn]] void missing(const PacketSpec& packet, const Window& window, int line);

 private:
  Flow& inbound_flow(const PacketSpec& packet);
  Flow* outbound_flow(const PacketSpec& packet);
  Flow* open_flow(Protocol protocol);
  Flow& child(const PacketSpec& packet);
  bool adopt(Flow& flow, const PacketSpec& expected);
  Carried* candidate(const PacketSpec& expected, Flow* flow, WirePacket& packet, int line);
  bool cut_from_the_next(const PacketSpec& expected, const Carried& carried, const WirePacket& packet, Flow* flow,
                         int line);
  void check_time(const Carried& carried, const PacketSpec& script, const Window& window, int line) const;
  std::string drops_text() const;
  std::string difference(const PacketSpec& expected, const PacketSpec& actual, bool last) const;
  std::string option_difference(const PacketSpec& expected, const PacketSpec& actual) const;

  Machine& machine_;
  Flows& flows_;
  const Settings& settings_;
  bool cut_late_;
  std::uint32_t merged_ = 0;  ///< payload bytes of the packet expected now that have been seen
};

}  // namespace linnet::drill
