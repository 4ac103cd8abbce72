// SPDX-License-Identifier: Apache-2.0
// Two hosts of a world on a wire with faults, and a FrameChecker on each: what really goes out, held against
// the RFCs.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "sim/frame_checker.hpp"
#include "sim/world.hpp"

namespace linnet::sim::test {

/// A device in front of another that shows a checker every frame, as the stack's own.
class CheckedDevice final : public Device {
 public:
  CheckedDevice(Impair& device, const FrameCheckerConfig& config, const World& world)
      : checker(config), device_(device), world_(world) {}

  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override {
    device_.set_time(world_.now());
    const std::size_t count = device_.receive(pool, batch);
    for (const Packet& packet : batch.first(count)) checker.received(packet.bytes(), world_.now());
    return count;
  }
  Transmit transmit(const Frame& frame) override {
    device_.set_time(world_.now());
    const Transmit result = device_.transmit(frame);
    if (result != Transmit::taken) return result;
    bytes_.resize(frame.size());
    frame.gather(bytes_.data());
    if (const auto violation = checker.sent(bytes_, world_.now())) note(*violation);
    return result;
  }
  std::uint16_t mtu() const override { return device_.mtu(); }
  MacAddress mac() const override { return device_.mac(); }
  Capabilities capabilities() const override { return device_.capabilities(); }
  bool link_up() const override { return device_.link_up(); }
  void flush() override { device_.flush(); }

  FrameChecker checker;
  std::vector<std::string> violations;

 private:
  void note(const FrameViolation& violation) {
    if (violations.size() >= 3) return;
    std::string text = violation.rule + ": " + violation.text + " at " +
                       std::to_string(world_.now().as_microseconds()) + " us in";
    for (const std::uint8_t byte : Bytes(bytes_).first(std::min<std::size_t>(bytes_.size(), 96))) {
      constexpr char digits[] = "0123456789abcdef";
      text += {' ', digits[byte >> 4], digits[byte & 15]};
    }
    violations.push_back(std::move(text));
  }
  Impair& device_;
  const World& world_;
  std::vector<std::uint8_t> bytes_;
};

/// A host on an end of the wire.
struct CheckedHost {
  CheckedHost(World& world, WireEnd& wire, const Config& config, const Impairments& faults,
              std::uint64_t seed)
      : host(world.add_host(config, seed)),
        memory(Impair::memory_needed({}) + Arena::alignment),
        arena(memory.bytes()),
        impair(arena, wire, {.transmit = faults, .seed = seed}),
        device(impair, {.mtu = wire.mtu(), .mac = wire.mac().bytes}, world) {
    wire.register_pool(host.stack().pool());
    interface = host.stack().add_interface(device).value();
  }
  Stack& stack() { return host.stack(); }
  void add_address(std::uint32_t address, bool probe, Instant now) {
    device.checker.address_added(address, 24, probe ? AddressUse::tentative : AddressUse::usable);
    stack().ip().add_address(interface, {IpAddress::v4(address), 24}, probe, now);
  }

  Host& host;
  Memory memory;
  Arena arena;
  Impair impair;
  CheckedDevice device;
  std::uint8_t interface = 0;
};

struct CheckedNetwork final : Program {
  explicit CheckedNetwork(std::uint64_t seed, const Impairments& faults = {}, const Config& left_config = {},
                          const Config& right_config = {})
      : left(world, wire.left(), left_config, faults, seed * 2 + 1),
        right(world, wire.right(), right_config, faults, seed * 2 + 2) {
    world.add_program(*this);
  }
  ~CheckedNetwork() {
    wire.left().detach();
    wire.right().detach();
  }
  CheckedNetwork(const CheckedNetwork&) = delete;
  CheckedNetwork& operator=(const CheckedNetwork&) = delete;

  /// Both have their addresses, 10.0.0.1 and 10.0.0.2.
  void configure(bool probe = false) {
    left.add_address(0x0a000001, probe, world.now());
    right.add_address(0x0a000002, probe, world.now());
    wait(Duration::seconds(15));
  }
  /// Plugs the cable in or out, which the checkers hear of.
  void set_up(bool up) {
    wire.set_up(up);
    if (!up) return;
    left.device.checker.link_came_up();
    right.device.checker.link_came_up();
  }
  void wait(Duration time) { world.run_until(world.now() + time); }
  /// Programs have their turns before the wire: what they send must not be overslept.
  void add_program(Program& program) { programs.push_back(&program); }
  Instant step(Instant now) override {
    for (CheckedHost* end : {&left, &right}) end->impair.set_time(now);
    Instant next = Instant::never();
    for (Program* program : programs) next = earlier(next, program->step(now));
    next = earlier(next, earlier(left.impair.next_deadline(), right.impair.next_deadline()));
    return wire.idle() ? next : now;
  }
  std::string violations() const {
    std::string all;
    for (const CheckedHost* end : {&left, &right}) {
      for (const std::string& text : end->device.violations) all += text + "\n";
    }
    return all;
  }

  Wire wire;
  std::vector<Program*> programs;
  World world{Instant::from_microseconds(1000000)};
  CheckedHost left;
  CheckedHost right;
};

}  // namespace linnet::sim::test
