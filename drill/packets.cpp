// SPDX-License-Identifier: Apache-2.0
#include "drill/packets.hpp"

#include <cstdio>

#include "drill/error.hpp"

namespace linnet::drill {
namespace {

std::string seconds(std::int64_t microseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", static_cast<double>(microseconds) / 1e6);
  return text;
}

bool is_first_syn(const PacketSpec& packet) {
  return packet.protocol == Protocol::tcp && packet.has(tcp_flag::syn) && !packet.has(tcp_flag::ack);
}

/// What is never an answer of its own, but about a packet.
bool is_icmp_error(const PacketSpec& packet) {
  if (packet.ip.flow_label) return packet.icmp_type < 128;  // IPv6
  const std::uint8_t type = packet.icmp_type;
  return (type >= 3 && type <= 5) || type == 11 || type == 12;
}

/// What a host of IPv6 tells its link, and no script asks about: reports of groups, solicitations.
bool is_to_group(Bytes packet) { return packet.size() >= 40 && packet[0] >> 4 == 6 && packet[24] == 0xff; }

std::string window_text(const Window& window) {
  if (window.any) return "at any time";
  if (window.end != window.begin) return "between " + seconds(window.begin) + " and " + seconds(window.end);
  return "at " + seconds(window.begin);
}

}  // namespace

Flow* Packets::open_flow(Protocol protocol) {
  Flow* flow = flows_.current(protocol);
  if (flow != nullptr && flow->state != FlowState::open) flow = flows_.find_state(protocol, FlowState::open);
  return flow;
}

/// A conversation that the script's side begins.
Flow& Packets::child(const PacketSpec& packet) {
  const Flow* listening = flows_.find_state(packet.protocol, FlowState::listening);
  const Flow* before = listening != nullptr ? listening : flows_.current(packet.protocol);
  const std::uint16_t bound = before != nullptr ? before->ends.source.port : 0;
  const std::uint16_t local = packet.has_ports ? packet.destination_port
                              : bound != 0     ? bound
                                               : settings_.bind_port;
  Flow& flow = flows_.add(packet.protocol);
  flow.state = FlowState::open;
  flow.ends.source = {settings_.local(), local};
  flow.ends.destination = {settings_.remote(),
                           packet.has_ports ? packet.source_port : flows_.next_remote_port()};
  return flow;
}

Flow& Packets::inbound_flow(const PacketSpec& packet) {
  const Protocol protocol = packet.protocol;
  for (Flow* waiting = flows_.find_state(protocol, FlowState::connecting); waiting != nullptr;
       waiting = nullptr) {
    adopt(*waiting, packet);
  }
  if (packet.has_ports) {
    Flow* flow = flows_.find(protocol, packet.destination_port, packet.source_port);
    return flow != nullptr ? *flow : child(packet);
  }
  Flow* flow = flows_.current(protocol);
  if (flow == nullptr) return child(packet);
  if (flow->state == FlowState::listening) return child(packet);
  if (flow->state == FlowState::open) return *flow;
  if (protocol == Protocol::udp) {
    // A bound socket's first datagram comes from somebody new.
    if (flow->ends.source.port == 0) flow->ends.source.port = settings_.bind_port;
    flow->ends.source.address = settings_.local();
    flow->ends.destination = {settings_.remote(), flows_.next_remote_port()};
    flow->state = FlowState::open;
    return *flow;
  }
  Flow* open = is_first_syn(packet) ? nullptr : open_flow(protocol);
  return open != nullptr ? *open : child(packet);
}

Flow* Packets::outbound_flow(const PacketSpec& packet) {
  Flow* connecting = flows_.find_state(packet.protocol, FlowState::connecting);
  if (!packet.has_ports) {
    Flow* flow = flows_.current(packet.protocol);
    if (flow != nullptr && flow->state == FlowState::connecting) return flow;
    return open_flow(packet.protocol);
  }
  if (Flow* flow = flows_.find(packet.protocol, packet.source_port, packet.destination_port)) return flow;
  if (connecting == nullptr || connecting->ends.destination.port != packet.destination_port) return nullptr;
  return connecting;
}

/// The first packet of an active open tells which port the stack chose.
bool Packets::adopt(Flow& flow, const PacketSpec& expected) {
  for (const Carried& carried : machine_.network().carried()) {
    std::string problem;
    if (carried.inbound || carried.taken) continue;
    const auto packet = decode(carried.bytes, problem);
    if (!packet || packet->spec.protocol != flow.protocol ||
        packet->ends.destination != flow.ends.destination)
      continue;
    // The same ends may come again when their socket was closed.
    const Flow* other = flows_.find_ends(flow.protocol, packet->ends);
    if (other != nullptr && (other->fd >= 0 || !is_first_syn(packet->spec))) continue;
    flow.ends.source = packet->ends.source;
    flow.state = FlowState::open;
    if (expected.has_ports && !expected.inbound) flow.script_port = expected.source_port;
    return true;
  }
  return false;
}

void Packets::inject(const PacketSpec& packet, int line) {
  if (packet.protocol != Protocol::icmp) {
    Flow& flow = inbound_flow(packet);
    const Addresses ends{flow.ends.destination, flow.ends.source};
    machine_.network().inject(build(flow.to_wire(packet), ends));
    return;
  }
  const Addresses ends{{settings_.remote(), 0}, {settings_.local(), 0}};
  const Protocol about = packet.quoted ? packet.quoted->protocol : Protocol::tcp;
  Flow* flow = flows_.current(about);
  if (flow != nullptr && flow->state == FlowState::connecting) adopt(*flow, packet);
  flow = open_flow(about);
  if (packet.quoted && flow == nullptr)
    throw Mismatch(line, "an ICMP message about a packet of no conversation");
  PacketSpec message = packet;
  // Without a word of which one, it is about the first number of the conversation.
  if (!message.quoted && flow != nullptr && is_icmp_error(message)) message.quoted.emplace();
  machine_.network().inject(build(flow != nullptr ? flow->to_wire(message) : message, ends,
                                  flow != nullptr ? flow->ends : Addresses{}));
}

/// The first packet of the flow that no event has seen yet.
Carried* Packets::candidate(const PacketSpec& expected, Flow* flow, WirePacket& packet, int line) {
  for (Carried& carried : machine_.network().carried()) {
    if (carried.inbound || carried.taken || is_to_group(carried.bytes)) continue;
    std::string problem;
    const auto decoded = decode(carried.bytes, problem);
    if (!decoded) throw Mismatch(line, "the stack sent " + problem);
    if (decoded->spec.protocol != expected.protocol) continue;
    const bool of_flow =
        expected.protocol == Protocol::icmp || flow->matches(expected.protocol, decoded->ends);
    if (!of_flow) continue;
    packet = *decoded;
    return &carried;
  }
  return nullptr;
}

bool Packets::expect(const PacketSpec& expected, const Window& window, int line) {
  Flow* flow = nullptr;
  if (expected.protocol != Protocol::icmp) {
    flow = outbound_flow(expected);
    if (flow == nullptr)
      throw Mismatch(line, "expected " + packet_text(expected) + " of a conversation that does not exist");
    if (flow->state == FlowState::connecting && !adopt(*flow, expected)) return false;
  }
  for (;;) {
    WirePacket packet;
    Carried* carried = candidate(expected, flow, packet, line);
    if (carried == nullptr) return false;
    carried->taken = true;
    Flow* about =
        flow != nullptr ? flow : open_flow(packet.spec.quoted ? packet.spec.quoted->protocol : Protocol::tcp);
    const PacketSpec actual = about != nullptr ? about->to_script(packet.spec, expected) : packet.spec;
    PacketSpec part = expected;
    part.seq += merged_;
    part.payload -= merged_;
    const bool may_merge =
        !settings_.strict_segments && expected.protocol == Protocol::tcp && actual.payload > 0;
    const bool last = !may_merge || actual.payload >= part.payload;
    if (!last) part.payload = actual.payload;
    const bool without_push = last && may_lack_push(flow, *carried, actual);
    const std::string wrong = difference(part, actual, last, without_push);
    if (!wrong.empty()) {
      throw Mismatch(
          line, "expected " + packet_text(expected) + " " + window_text(window) + "\n    the stack sent " +
                    packet_text(actual) + " at " + seconds((carried->at - Machine::at(0)).as_microseconds()) +
                    "\n    " + wrong +
                    (merged_ > 0 ? ", after " + std::to_string(merged_) + " bytes of it that fit" : ""));
    }
    check_time(*carried, actual, window, line);
    if (actual.payload > 0 && actual.protocol == Protocol::tcp) {
      before_ = {.flow = flow, .end = actual.seq + actual.payload, .payload = actual.payload, .at = carried->at};
      if (actual.has(tcp_flag::psh)) pushed_.emplace(flow, before_.end);
    }
    merged_ = last ? 0 : merged_ + actual.payload;
    if (last) return true;
  }
}

/// Where Linux sets PSH, and a stack need not (RFC 9293 3.9.1.2).
bool Packets::may_lack_push(const Flow* flow, const Carried& carried, const PacketSpec& actual) const {
  if (actual.protocol != Protocol::tcp || actual.payload == 0) return false;
  // On every packet that its device cuts into several, whatever was written. Here they are cut already.
  if (merged_ > 0) return true;
  const std::uint32_t end = actual.seq + actual.payload;
  // On what is sent again as it was the first time, although more stands behind it by now.
  if (pushed_.contains({flow, end})) return true;
  // On the last segment of such a packet in the middle of what is sent at once.
  const bool follows = before_.flow == flow && before_.end == actual.seq && before_.at == carried.at &&
                       before_.payload == actual.payload;
  return follows && !settings_.strict_segments && goes_on(*flow, carried, end);
}

/// Has the stack sent more data of the flow in the same instant?
bool Packets::goes_on(const Flow& flow, const Carried& carried, std::uint32_t end) const {
  for (const Carried& other : machine_.network().carried()) {
    std::string problem;
    if (other.inbound || other.taken || other.at != carried.at) continue;
    const auto packet = decode(other.bytes, problem);
    if (!packet || !flow.matches(Protocol::tcp, packet->ends)) continue;
    if (packet->spec.payload > 0 && flow.shown(packet->spec, false).seq == end) return true;
  }
  return false;
}

void Packets::check_time(const Carried& carried, const PacketSpec& script, const Window& window,
                         int line) const {
  if (window.any) return;
  const std::int64_t at = (carried.at - Machine::at(0)).as_microseconds();
  if (at >= window.begin - window.tolerance && at <= window.end + window.tolerance) return;
  throw Mismatch(line, "expected " + packet_text(script) + " " + window_text(window) +
                           "\n    the stack sent it at " + seconds(at) + "; the tolerance is " +
                           seconds(window.tolerance));
}

/// Why the stack threw the last packet away, if it did.
std::string Packets::drops_text() const {
  const auto& all = machine_.network().carried();
  for (auto carried = all.rbegin(); carried != all.rend(); ++carried) {
    if (!carried->inbound) continue;
    if (carried->dropped == Drop::none) return "";
    return "\n    it dropped the last packet that it got: " + std::string(drop_text(carried->dropped));
  }
  return "";
}

std::string Packets::trace() {
  std::string text;
  for (const Carried& carried : machine_.network().carried()) {
    std::string problem;
    const auto packet = decode(carried.bytes, problem);
    text += "\n    " + seconds((carried.at - Machine::at(0)).as_microseconds()) + " ";
    if (!packet) {
      text += problem;
      continue;
    }
    const Addresses outbound =
        carried.inbound ? Addresses{packet->ends.destination, packet->ends.source} : packet->ends;
    const Flow* flow = flows_.find_ends(packet->spec.protocol, outbound);
    PacketSpec shown = packet->spec;
    shown.inbound = carried.inbound;
    text += packet_text(flow != nullptr ? flow->shown(packet->spec, carried.inbound) : shown);
    if (carried.dropped != Drop::none) text += "   // dropped: " + std::string(drop_text(carried.dropped));
    if (!carried.inbound && !carried.taken) text += "   // no event has seen it";
  }
  return text;
}

void Packets::missing(const PacketSpec& packet, const Window& window, int line) {
  throw Mismatch(
      line, "expected " + packet_text(packet) + " " + window_text(window) + "\n    the stack sent " +
                (merged_ > 0 ? "only " + std::to_string(merged_) + " bytes of it" : std::string("nothing")) +
                " until " + seconds(machine_.time()) + drops_text());
}

std::string Packets::option_difference(const PacketSpec& expected, const PacketSpec& actual) const {
  if (expected.any_options) return "";
  std::vector<TcpOption> said = expected.options;
  for (std::size_t i = 0; i < said.size() && i < actual.options.size(); ++i) {
    if (said[i].kind != TcpOptionKind::timestamp || actual.options[i].kind != TcpOptionKind::timestamp)
      continue;
    const std::int64_t tick = settings_.tcp_ts_tick_usecs;
    const auto off = static_cast<std::int32_t>(actual.options[i].value - said[i].value);
    const bool near = tick > 0 && std::abs(std::int64_t{off}) <= settings_.tolerance_usecs / tick + 1;
    if (tick == 0 || near || said[i].any_value) said[i].value = actual.options[i].value;
    // The original does not look at it: many scripts are careless there.
    if (!settings_.strict_timestamps || said[i].any_echo) said[i].echo = actual.options[i].echo;
    said[i].any_value = said[i].any_echo = false;
  }
  if (said == actual.options) return "";
  return "the TCP options differ: expected <" + options_text(expected.options) + ">, sent <" +
         options_text(actual.options) + ">";
}

std::string Packets::difference(const PacketSpec& expected, const PacketSpec& actual, bool last,
                                bool without_push) const {
  const auto differ = [](const char* what, std::uint32_t said, std::uint32_t sent) {
    return std::string("the ") + what + " differs: expected " + std::to_string(said) + ", sent " +
           std::to_string(sent);
  };
  const std::uint8_t traffic_class = actual.ip.value;
  const std::uint8_t ecn = traffic_class & 3;
  if (expected.ip.check == IpInfo::Check::ecn && ecn != expected.ip.value)
    return differ("ECN field", expected.ip.value, ecn);
  if (expected.ip.check == IpInfo::Check::ect0_or_1 && ecn != 1 && ecn != 2)
    return "the ECN field is neither ECT(0) nor ECT(1)";
  if (expected.ip.check == IpInfo::Check::traffic_class && traffic_class != expected.ip.value)
    return differ("traffic class", expected.ip.value, traffic_class);
  if (expected.ip.ttl && *expected.ip.ttl != 0 && *expected.ip.ttl != actual.ip.ttl)
    return differ("TTL", *expected.ip.ttl, *actual.ip.ttl);
  if (expected.protocol == Protocol::icmp) {
    if (expected.icmp_type != actual.icmp_type)
      return differ("ICMP type", expected.icmp_type, actual.icmp_type);
    if (expected.icmp_code != actual.icmp_code)
      return differ("ICMP code", expected.icmp_code, actual.icmp_code);
    if (expected.mtu && expected.mtu != actual.mtu)
      return differ("MTU", *expected.mtu, actual.mtu.value_or(0));
    if (expected.echo_id != actual.echo_id) return differ("identifier", expected.echo_id, actual.echo_id);
    return "";
  }
  if (expected.protocol == Protocol::udp)
    return expected.payload == actual.payload ? ""
                                              : differ("payload's size", expected.payload, actual.payload);
  // PSH and FIN belong to the end of what is expected; between its parts PSH may be or not.
  const std::uint16_t at_end = last ? 0 : tcp_flag::psh | tcp_flag::fin;
  auto said = static_cast<std::uint16_t>(expected.flags & ~at_end);
  const auto sent = static_cast<std::uint16_t>(actual.flags & ~(last ? 0 : std::uint16_t{tcp_flag::psh}));
  if (without_push && !actual.has(tcp_flag::psh))
    said = static_cast<std::uint16_t>(said & ~tcp_flag::psh);
  if (said != sent) return "the flags differ";
  if (expected.seq != actual.seq) return differ("sequence number", expected.seq, actual.seq);
  if (expected.payload != actual.payload) return differ("payload's size", expected.payload, actual.payload);
  if (expected.has(tcp_flag::ack) && expected.ack != actual.ack)
    return differ("acknowledgment number", expected.ack, actual.ack);
  if (expected.window && expected.window != actual.window)
    return differ("window", *expected.window, *actual.window);
  if (expected.urgent_pointer != actual.urgent_pointer)
    return differ("urgent pointer", expected.urgent_pointer, actual.urgent_pointer);
  return option_difference(expected, actual);
}

}  // namespace linnet::drill
