// SPDX-License-Identifier: Apache-2.0
// One conversation of a script: where its numbers differ from those on the wire.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "drill/packet.hpp"

namespace linnet::drill {

enum class FlowState : std::uint8_t {
  fresh,       ///< socket() was called
  listening,   ///< listen(): the next inbound SYN begins a flow of its own
  connecting,  ///< connect(): the next outbound packet tells the local port
  open,        ///< both ends are known
};

/// Sequence numbers, timestamps and ports of a script are its own; the stack picks others. Both sides' numbers are what the
/// script says beside a SYN, and count from that side's SYN everywhere else.
class Flow {
 public:
  Protocol protocol = Protocol::tcp;
  FlowState state = FlowState::fresh;
  int fd = -1;       ///< the stack's descriptor; -1: none (yet)
  Addresses ends{};  ///< source: local, destination: remote
  std::uint16_t script_port =
      0;  ///< what the script calls the local port, when the stack chose it; 0: the same

  /// Does a packet with these ends, seen from the stack, belong to it?
  bool matches(Protocol of, const Addresses& outbound) const;

  /// A script's packet as it has to be on the wire.
  PacketSpec to_wire(const PacketSpec& script);
  /// A packet from the wire as the script would have written it. `expected` tells how the script calls a
  /// sequence or timestamp that was never seen before.
  PacketSpec to_script(const PacketSpec& wire, const PacketSpec& expected);

  /// The same for reading only.
  PacketSpec shown(const PacketSpec& wire, bool inbound) const;

  /// TS val of the script and on the wire of the first outbound packet with one; for the check of clock
  /// rates.
  std::optional<std::pair<std::uint32_t, std::uint32_t>> first_timestamp() const { return first_timestamp_; }

 private:
  std::uint32_t offset_of(const PacketSpec& packet) const { return packet.has(tcp_flag::syn) ? syn_offset_ : local_syn_; }
  void count_from_remote(PacketSpec& script) const;
  std::uint32_t echo_to_wire(std::uint32_t echo) const;

  std::optional<std::uint32_t> remote_syn_{};            ///< the number of the remote side's first SYN
  std::uint32_t local_syn_ = 0;                          ///< the number of our last SYN on the wire
  std::uint32_t syn_offset_ = 0;                         ///< ... less what the script calls it
  std::map<std::uint32_t, std::uint32_t> timestamps_{};  ///< TS val of outbound packets: script to wire
  std::optional<std::pair<std::uint32_t, std::uint32_t>> first_timestamp_{};
};

/// All flows of a script. References stay valid.
class Flows {
 public:
  Flow& add(Protocol protocol);
  /// The one that packets without ports belong to: the youngest of that protocol. Null: none.
  Flow* current(Protocol protocol);
  /// By the ports that a script names; null: none yet.
  Flow* find(Protocol protocol, std::uint16_t local_port, std::uint16_t remote_port);
  Flow* find_descriptor(int fd);
  Flow* find_ends(Protocol protocol, const Addresses& outbound);
  Flow* find_state(Protocol protocol, FlowState state);
  void make_current(Flow& flow) { youngest_ = &flow; }
  Flow* youngest() { return youngest_; }
  std::uint16_t next_remote_port() { return next_port_++; }

 private:
  std::deque<Flow> flows_{};
  Flow* youngest_ = nullptr;
  std::uint16_t next_port_ = 40001;
};

}  // namespace linnet::drill
