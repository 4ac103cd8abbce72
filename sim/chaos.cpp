// SPDX-License-Identifier: Apache-2.0
#include "sim/chaos.hpp"

#include "sim/frames_ipv6.hpp"

namespace linnet::sim {

void Chaos::happen(const ChaosEvent& event, Instant now) {
  using Kind = ChaosEvent::Kind;
  Machine& machine = stage_.simulation_.machine(event.machine);
  Lan& lan = stage_.simulation_.lan();
  const std::size_t port = event.machine;
  if (!machine.running()) return;
  switch (event.kind) {
    case Kind::link_down:
      if (lan.fires(port, Fault::flap)) lan.take_down(port, event.length);
      break;
    case Kind::crash:
      crash(event, now);
      break;
    case Kind::pause:
      if (lan.fires(port, Fault::clock)) machine.pause(now + event.length);
      break;
    case Kind::hog:
      if (!lan.fires(port, Fault::pool)) return;
      hog(machine, event.value);
      later_.push_back({now + event.length, event});
      break;
    case Kind::address_lost:
      if (!stage_.scenario_.ipv6 && stage_.scenario_.by_dhcp(event.machine)) return;
      if (!lan.fires(port, Fault::address)) return;
      lose_address(event);
      later_.push_back({now + event.length, event});
      break;
    case Kind::address_claimed:
      if (!lan.fires(port, Fault::address)) break;
      claim_address(machine);
      if (stage_.scenario_.ipv6) claim_address_v6(machine, event.length.as_microseconds() % 2 == 1);
      break;
    case Kind::storm:
      if (lan.fires(port, Fault::driver)) storm(machine, event.value);
      break;
    case Kind::faults_change:
      if (lan.fires(port, Fault::mtu)) {
        machine.port().change(port_faults(event.value, stage_.scenario_.faults, stage_.scenario_.length));
      }
      break;
    case Kind::service_mode:
      stage_.set_service_mode(static_cast<ServiceMode>(event.value));
      break;
  }
  stage_.simulation_.wake(machine);
}

void Chaos::crash(const ChaosEvent& event, Instant now) {
  Machine& machine = stage_.simulation_.machine(event.machine);
  const Fault fault = event.length < Duration::milliseconds(1) ? Fault::own_crash : Fault::peer_crash;
  if (!stage_.simulation_.lan().fires(event.machine, fault)) return;
  hogged_.erase(event.machine);
  stage_.note_drops(machine.stack());
  stage_.end_monitors(machine);
  machine.crash();
  stage_.host_lost(event.machine);
  later_.push_back({now + event.length, event});
}

void Chaos::undo(const Later& later) {
  using Kind = ChaosEvent::Kind;
  Machine& machine = stage_.simulation_.machine(later.event.machine);
  if (later.event.kind == Kind::hog) hogged_.erase(later.event.machine);
  if (later.event.kind == Kind::address_lost && machine.running()) {
    if (!stage_.scenario_.by_dhcp(later.event.machine)) stage_.give_address(machine);
    stage_.give_address_v6(machine);
  }
  if (later.event.kind == Kind::crash) {
    std::optional<MacAddress> mac;
    if (later.event.value % 2 == 1) {
      mac = machine.port().mac();
      mac->bytes[4] = static_cast<std::uint8_t>(machine.boots());
      stage_.same_station_[later.event.machine] = false;
    }
    machine.boot(mixed(stage_.scenario_.seed, 1000 + machine.boots() * 16 + later.event.machine), mac);
    stage_.begin_monitors(machine, false);
    stage_.host_booted(later.event.machine, later.event.value >= 2);
  }
  stage_.simulation_.wake(machine);
}

void Chaos::hog(Machine& machine, std::uint64_t percent) {
  BlockPool& pool = machine.stack().pool();
  const std::uint64_t wanted = pool.small_free() * percent / 100;
  std::vector<Block>& blocks = hogged_[static_cast<unsigned>(machine.index())];
  for (std::uint64_t i = 0; i < wanted; ++i) {
    if (Block block = pool.allocate(1)) blocks.push_back(std::move(block));
  }
}

/// All that it was given: of both versions.
void Chaos::lose_address(const ChaosEvent& event) {
  Machine& machine = stage_.simulation_.machine(event.machine);
  const auto lose = [&](const IpAddress& address) {
    machine.stack().ip().remove_address(machine.interface(), address);
    stage_.monitors_[event.machine]->address_removed(address);
  };
  if (!stage_.scenario_.by_dhcp(event.machine)) lose(stage_.address_of(event.machine));
  if (stage_.scenario_.ipv6) lose(Scenario::address_v6(event.machine));
}

/// Advertised by another station to all, or probed by it, which the machine must object to (RFC 4862 5.4.3).
void Chaos::claim_address_v6(const Machine& machine, bool by_probe) {
  const MacAddress somebody{{0x02, 0, 0, 0, 0x66, 0x66}};
  const IpAddress address = Scenario::address_v6(static_cast<unsigned>(machine.index()));
  const IpAddress group = by_probe ? solicited_node_group(address) : all_nodes_group();
  FrameEnds ends{.source_mac = somebody,
                 .destination_mac = group_station(group),
                 .source = by_probe ? IpAddress{} : address,
                 .destination = group};
  constexpr std::uint8_t overrides = 0x20;
  const Buffer frame = by_probe ? neighbour_solicitation(ends, address, {})
                                : neighbour_advertisement(ends, address, overrides, station_option(2, somebody));
  Lan& lan = stage_.simulation_.lan();
  lan.port((machine.index() + 1) % stage_.simulation_.machines()).inject(frame);
}

void Chaos::claim_address(const Machine& machine) {
  const MacAddress somebody{{0x02, 0, 0, 0, 0x66, 0x66}};
  const IpAddress address = stage_.address_of(static_cast<unsigned>(machine.index()));
  const Buffer frame = arp_frame(1,
                                 {.source_mac = somebody,
                                  .destination_mac = MacAddress::broadcast(),
                                  .source = address,
                                  .destination = address},
                                 {});
  Lan& lan = stage_.simulation_.lan();
  lan.port((machine.index() + 1) % stage_.simulation_.machines()).inject(frame);
}

void Chaos::storm(Machine& machine, std::uint64_t frames) {
  // Of a protocol that nobody speaks, to all.
  Buffer frame(60);
  frame[0] = frame[1] = frame[2] = frame[3] = frame[4] = frame[5] = 0xff;
  frame[6] = 0x02;
  frame[10] = 0x77;
  store16(frame.data() + 12, 0x88b5);  // IEEE 802: for experiments
  Lan& lan = stage_.simulation_.lan();
  Port& from = lan.port((machine.index() + 1) % stage_.simulation_.machines());
  for (std::uint64_t i = 0; i < frames; ++i) from.inject(frame);
}

}  // namespace linnet::sim
