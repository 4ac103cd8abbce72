// SPDX-License-Identifier: Apache-2.0
#include "drill/flow.hpp"

namespace linnet::drill {

bool Flow::matches(Protocol of, const Addresses& outbound) const {
  return state == FlowState::open && of == protocol && outbound.source == ends.source &&
         outbound.destination == ends.destination;
}

std::uint32_t Flow::echo_to_wire(std::uint32_t echo) const {
  const auto found = timestamps_.find(echo);
  if (found != timestamps_.end()) return found->second;
  if (!first_timestamp_ || echo == 0) return echo;
  return first_timestamp_->second + (echo - first_timestamp_->first);
}

PacketSpec Flow::to_wire(const PacketSpec& script) {
  PacketSpec wire = script;
  if (wire.quoted) wire.quoted->seq += local_syn_;
  if (script.protocol != Protocol::tcp) return wire;
  if (wire.has(tcp_flag::syn)) {
    if (!remote_syn_) remote_syn_ = wire.seq;
  } else {
    wire.seq += remote_syn_.value_or(0);
  }
  if (wire.has(tcp_flag::ack)) wire.ack += offset_of(wire);
  for (TcpOption& option : wire.options) {
    if (option.kind == TcpOptionKind::timestamp && wire.has(tcp_flag::ack))
      option.echo = echo_to_wire(option.echo);
    for (auto& [left, right] : option.blocks) {
      left += local_syn_;
      right += local_syn_;
    }
  }
  return wire;
}

/// What an outbound packet says of the remote side's numbers, unless it is a SYN.
void Flow::count_from_remote(PacketSpec& script) const {
  if (script.has(tcp_flag::syn)) return;
  if (script.has(tcp_flag::ack)) script.ack -= remote_syn_.value_or(0);
  for (TcpOption& option : script.options) {
    for (auto& [left, right] : option.blocks) {
      left -= remote_syn_.value_or(0);
      right -= remote_syn_.value_or(0);
    }
  }
}

PacketSpec Flow::to_script(const PacketSpec& wire, const PacketSpec& expected) {
  PacketSpec script = wire;
  if (wire.protocol != Protocol::tcp) return script;
  // Each SYN may be of another incarnation.
  if (wire.has(tcp_flag::syn) && expected.has(tcp_flag::syn)) {
    local_syn_ = wire.seq;
    syn_offset_ = wire.seq - expected.seq;
  }
  script.seq -= offset_of(wire);
  count_from_remote(script);
  for (std::size_t i = 0; i < script.options.size(); ++i) {
    TcpOption& option = script.options[i];
    if (option.kind != TcpOptionKind::timestamp || i >= expected.options.size()) continue;
    const TcpOption& said = expected.options[i];
    if (said.kind != TcpOptionKind::timestamp || said.any_value) continue;
    if (!first_timestamp_) first_timestamp_ = {said.value, option.value};
    timestamps_[said.value] = option.value;
    option.value = first_timestamp_->first + (option.value - first_timestamp_->second);
  }
  return script;
}

PacketSpec Flow::shown(const PacketSpec& wire, bool inbound) const {
  PacketSpec script = wire;
  script.inbound = inbound;
  if (wire.protocol != Protocol::tcp) return script;
  if (!inbound) {
    script.seq -= offset_of(wire);
    count_from_remote(script);
  } else if (!script.has(tcp_flag::syn)) {
    script.seq -= remote_syn_.value_or(0);
  }
  if (inbound && script.has(tcp_flag::ack)) script.ack -= offset_of(wire);
  for (TcpOption& option : script.options) {
    const bool ours = inbound ? option.echo != 0 : true;
    if (option.kind == TcpOptionKind::timestamp && first_timestamp_ && ours) {
      std::uint32_t& number = inbound ? option.echo : option.value;
      number += first_timestamp_->first - first_timestamp_->second;
    }
    for (auto& [left, right] : option.blocks) {
      left -= inbound ? local_syn_ : 0;
      right -= inbound ? local_syn_ : 0;
    }
  }
  return script;
}

Flow& Flows::add(Protocol protocol) {
  flows_.emplace_back();
  flows_.back().protocol = protocol;
  youngest_ = &flows_.back();
  return flows_.back();
}

Flow* Flows::current(Protocol protocol) {
  if (youngest_ != nullptr && youngest_->protocol == protocol) return youngest_;
  for (auto flow = flows_.rbegin(); flow != flows_.rend(); ++flow) {
    if (flow->protocol == protocol) return &*flow;
  }
  return nullptr;
}

Flow* Flows::find(Protocol protocol, std::uint16_t local_port, std::uint16_t remote_port) {
  for (auto flow = flows_.rbegin(); flow != flows_.rend(); ++flow) {
    const std::uint16_t called = flow->script_port != 0 ? flow->script_port : flow->ends.source.port;
    if (flow->protocol == protocol && flow->state == FlowState::open && called == local_port &&
        flow->ends.destination.port == remote_port)
      return &*flow;
  }
  return nullptr;
}

Flow* Flows::find_descriptor(int fd) {
  for (auto flow = flows_.rbegin(); flow != flows_.rend(); ++flow) {
    if (flow->fd == fd) return &*flow;
  }
  return nullptr;
}

Flow* Flows::find_ends(Protocol protocol, const Addresses& outbound) {
  for (auto flow = flows_.rbegin(); flow != flows_.rend(); ++flow) {
    if (flow->matches(protocol, outbound)) return &*flow;
  }
  return nullptr;
}

Flow* Flows::find_state(Protocol protocol, FlowState state) {
  for (auto flow = flows_.rbegin(); flow != flows_.rend(); ++flow) {
    if (flow->protocol == protocol && flow->state == state) return &*flow;
  }
  return nullptr;
}

}  // namespace linnet::drill
