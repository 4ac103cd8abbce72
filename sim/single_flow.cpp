// SPDX-License-Identifier: Apache-2.0
#include "sim/single_flow.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::sim {

namespace {

constexpr double handshake_timeout = 1.0;  // RFC 6298 2.1; ARP and ND ask again after a second, too
constexpr double least_timeout = 0.2;      // tcp::Config::minimum_rto

double seconds(Duration duration) { return static_cast<double>(duration.as_microseconds()) / 1e6; }

double headers(const Scenario& scenario) { return 14 + (scenario.ipv6 ? 40 : 20) + 20 + 12; }

PortFaults fair_link(Choices& choices, bool loses) {
  PortFaults faults;
  faults.link.delay = choices.time_between(Duration::microseconds(50), Duration::milliseconds(200));
  faults.link.rate = choices.log_between(100'000, 10'000'000);
  faults.link.queue = 1024;  // more than a window has segments
  faults.link.loss = choices.log_between32(100, 10'000);
  if (!loses) faults.link.loss = 0;
  faults.receive_ring = 4096;
  return faults;
}

void make_fair(MachineConfig& machine, const Scenario& scenario, Choices& choices) {
  machine.clock = {.start = scenario.start};
  machine.poll_twice = 0;
  machine.faults = fair_link(choices, scenario.faults.has(Fault::loss));
  machine.stack.blocks.small_count = 1024;
  tcp::Config& tcp = machine.stack.tcp;
  tcp.send_buffer = std::max(tcp.send_buffer, 16384u);
  tcp.receive_buffer = std::max(tcp.receive_buffer, 16384u);
  tcp.maximum_send_buffer = tcp.maximum_receive_buffer = 0;
  tcp.reassembly_blocks = 128;                      // a window's
  tcp.path_mtu_probing = tcp::PathMtuProbing::off;  // it would begin with segments of its own size
}

}  // namespace

void make_single_flow(Scenario& scenario) {
  Choices choices(scenario.seed, "single flow");
  FaultSet faults;
  for (const Fault fault : {Fault::delay, Fault::rate}) faults.add(fault);
  if (choices.chance(50)) faults.add(Fault::loss);
  for (std::size_t i = 0; i < fault_count; ++i) {
    if (scenario.omissions.faults.has(static_cast<Fault>(i))) faults.remove(static_cast<Fault>(i));
  }
  scenario.length = Length::flow;
  scenario.faults = faults;
  scenario.chaos = Duration::seconds(1000);  // it is long over then
  scenario.events.clear();
  scenario.flows.clear();
  scenario.services = {};
  scenario.adversary = {};
  scenario.breakable = scenario.forgeable = scenario.copies = false;
  for (MachineConfig& machine : scenario.machines) make_fair(machine, scenario, choices);

  const bool upward = choices.chance(50);
  TcpPlan plan{.port = 1000};
  plan.client = static_cast<unsigned>(choices.between(0, 1));
  plan.server = 1 - plan.client;
  SideConfig& from = upward ? plan.client_side : plan.server_side;
  SideConfig& to = upward ? plan.server_side : plan.client_side;
  from.to_send = to.peer_sends = choices.log_between(50'000, 1'000'000) >> scenario.omissions.halvings;
  from.stream = to.peer_stream = mixed(scenario.seed, 1);
  to.stream = from.peer_stream = mixed(scenario.seed, 2);
  for (SideConfig* side : {&from, &to}) side->largest_write = side->largest_read = 8192;
  plan.client_options.no_delay = choices.chance(30);
  scenario.transfers.assign(1, plan);
}

FlowPath flow_path(const Scenario& scenario, const TcpPlan& plan) {
  const bool upward = plan.client_side.to_send > 0;
  const MachineConfig& from = scenario.machines[upward ? plan.client : plan.server];
  const MachineConfig& to = scenario.machines[upward ? plan.server : plan.client];
  const double overhead = headers(scenario);
  FlowPath path;
  path.segment = std::min(from.stack.tcp.maximum_segment_size, to.stack.tcp.maximum_segment_size);
  if (scenario.ipv6) path.segment = std::min(path.segment, 1440.0);
  path.segment -= 12;  // of timestamps
  const auto rate_of = [](const MachineConfig& machine) {
    return machine.faults.link.rate == 0 ? 1e9 : static_cast<double>(machine.faults.link.rate);
  };
  path.round_trip = seconds(from.faults.link.delay + to.faults.link.delay) +
                    (path.segment + overhead) / rate_of(from) + overhead / rate_of(to);
  // At worst every segment is acknowledged by itself.
  path.rate = path.segment * std::min(rate_of(from) / (path.segment + overhead), rate_of(to) / overhead);
  double window = std::min(from.stack.tcp.send_buffer, to.stack.tcp.receive_buffer);
  window = std::min(window, 65535.0);
  path.window = window - path.segment;  // no segment goes out that does not fit whole
  path.initial_window = path.segment * from.stack.tcp.initial_window;
  path.delayed_ack = seconds(to.stack.tcp.delayed_ack);
  path.retransmission_timeout = least_timeout + 4 * (path.round_trip + window / path.rate);
  return path;
}

double plain_seconds(const FlowPath& path, double bytes, const std::set<double>& lost) {
  const double allowed = std::min(path.rate, path.window / path.round_trip);
  // The handshake, the neighbour's address before it, and the last acknowledgment that a sender may wait for.
  double time = 4 * path.round_trip + 2 * path.delayed_ack;
  double window = std::min(path.initial_window, path.window);
  double threshold = path.window;
  for (double at = 0; at < bytes;) {
    const bool whole = window >= allowed * path.round_trip;
    const double end = at + std::min(window, path.window);
    time += whole ? (end - at) / allowed : path.round_trip;
    const auto loss = lost.lower_bound(at);
    if (loss != lost.end() && *loss < end) {
      threshold = window = std::max(window / 2, 2 * path.segment);
      time += path.round_trip;  // in which it is found out and mended
    } else {
      window = window < threshold ? window * 1.5 : window + path.segment;
    }
    window = std::min(window, path.window);
    at = end;
  }
  return time;
}

GoodputFloor::GoodputFloor(const Scenario& scenario, const TcpPlan& plan, Instant begins)
    : path_(flow_path(scenario, plan)),
      bytes_(plan.client_side.to_send + plan.server_side.to_send),
      begins_(begins) {}

void GoodputFloor::sent(Bytes frame) {
  if (ended_ || frame_class(frame) != FrameClass::data) return;
  if (++segments_ == 1) first_ = tcp_view(frame)->seq;
}

void GoodputFloor::lost(Bytes frame) {
  if (ended_) return;
  Lost what{.kind = frame_class(frame)};
  if (const auto tcp = tcp_view(frame))
    what.sequence = what.kind == FrameClass::bare_ack ? tcp->ack : tcp->seq;
  if (what.kind == FrameClass::data || what.kind == FrameClass::fin)
    positions_.insert(what.sequence - first_);
  ++lost_[what];
}

void GoodputFloor::end(Instant now) {
  if (!ended_) ended_ = now;
}

Duration GoodputFloor::allowed() const {
  double time = plain_seconds(path_, static_cast<double>(bytes_), positions_) / 0.75;
  for (const auto& [what, times] : lost_) {
    const bool of_flow =
        what.kind == FrameClass::data || what.kind == FrameClass::bare_ack || what.kind == FrameClass::fin;
    time += (of_flow ? path_.retransmission_timeout : handshake_timeout) * (std::pow(2.0, times) - 1);
  }
  return Duration::microseconds(static_cast<std::int64_t>(time * 1e6));
}

std::string GoodputFloor::problem() const {
  const std::string text = std::to_string(bytes_) + " bytes with " + std::to_string(positions_.size()) +
                           " of " + std::to_string(segments_) + " segments lost";
  if (!ended_) return text + " are not there in the end";
  const Duration took = *ended_ - begins_;
  if (took <= allowed()) return {};
  return text + " took " + std::to_string(took.as_microseconds() / 1000) + " ms, of at most " +
         std::to_string(allowed().as_microseconds() / 1000);
}

}  // namespace linnet::sim
