// SPDX-License-Identifier: Apache-2.0
// What a machine's link does, drawn from a seed.
#include "sim/scenario.hpp"

namespace linnet::sim {

namespace {

void add_targets(Choices& choices, PortFaults& faults, bool flaps) {
  constexpr std::array<FrameClass, 9> kinds{
      FrameClass::syn,       FrameClass::syn_ack,  FrameClass::fin,
      FrameClass::data,      FrameClass::bare_ack, FrameClass::arp_request,
      FrameClass::arp_reply, FrameClass::dhcp,     FrameClass::udp};
  for (std::uint64_t n = choices.between(1, 4); n > 0; --n) {
    TargetedLoss target{.kind = kinds[choices.between(0, kinds.size() - 1)],
                        .skip = choices.log_between32(1, 32) - 1,
                        .count = static_cast<std::uint32_t>(choices.between(1, 4))};
    if (target.kind == FrameClass::bare_ack && choices.chance(30)) target.count = 30;
    if (flaps && choices.chance(30))
      target.down = choices.time_between(Duration::milliseconds(1), Duration::seconds(10));
    faults.targeted.push_back(target);
  }
}

}  // namespace

PortFaults port_faults(std::uint64_t seed, const FaultSet& on, Length length) {
  Choices choices(seed, "link");
  // Over hours, what is lost again and again would end what should go on.
  const bool hours = length == Length::longer || length == Length::soak;
  PortFaults faults;
  Impairments& link = faults.link;
  const auto draw = [&choices](std::uint32_t least, std::uint32_t most) {
    return choices.log_between32(least, most);
  };
  const bool has_loss = on.has(Fault::loss);
  link.loss = draw(100, hours ? 20000 : 300000);
  if (!has_loss) link.loss = 0;
  link.burst = draw(100, 10000);
  link.burst_length = draw(1, 50);
  link.burst_loss = draw(500000, 1000000);
  if (!on.has(Fault::burst)) link.burst = 0;
  link.delay = choices.time_between(Duration::microseconds(50), Duration::milliseconds(800));
  link.jitter = link.delay * static_cast<std::int64_t>(choices.between(0, 100)) / 100;
  if (!on.has(Fault::delay)) link.delay = link.jitter = Duration();
  link.reorder = draw(1000, 200000);
  link.reorder_delay = choices.time_between(Duration::microseconds(100), Duration::milliseconds(500));
  faults.late = draw(100, 20000);
  faults.late_delay = choices.time_between(Duration::seconds(1), Duration::seconds(120));
  if (!on.has(Fault::reorder)) link.reorder = faults.late = 0;
  link.duplicate = draw(1000, 100000);
  link.duplicate_copies = static_cast<std::uint32_t>(choices.between(1, 3));
  link.duplicate_delay = choices.time_between(Duration::microseconds(1), Duration::seconds(30));
  if (!on.has(Fault::duplicate)) link.duplicate = 0;
  link.corrupt = draw(100, 20000);
  faults.truncate = draw(100, 20000);
  faults.pad = draw(100, 50000);
  if (!on.has(Fault::corrupt)) link.corrupt = faults.truncate = faults.pad = 0;
  link.rate = choices.log_between(5000, 100000000);
  link.queue = draw(4, 256);
  if (!on.has(Fault::rate)) link.rate = 0;
  Choices targets(seed, "targets");
  if (on.has(Fault::targeted)) add_targets(targets, faults, on.has(Fault::flap));
  Choices mtu(seed, "mtu");
  constexpr std::array<std::uint16_t, 6> mtus{576, 1006, 1280, 1400, 1492, 1499};
  faults.path_mtu = mtus[mtu.between(0, mtus.size() - 1)];
  faults.mtu_mode = static_cast<MtuMode>(mtu.between(0, 2));
  if (!on.has(Fault::mtu)) faults.path_mtu = 0;
  Choices driver(seed, "driver");
  faults.busy = driver.log_between32(1000, 300000);
  faults.receive_ring = driver.log_between32(4, 128);
  if (!on.has(Fault::driver)) {
    faults.busy = 0;
    faults.receive_ring = 4096;
  }
  return faults;
}

}  // namespace linnet::sim
