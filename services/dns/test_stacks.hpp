// SPDX-License-Identifier: Apache-2.0
// Two stacks at the ends of a cable.
#pragma once

#include "core/test_link.hpp"
#include "services/dns/test_message.hpp"

namespace linnet::dns::test {

class Cable final : public linnet::test::ScriptedDevice {
 public:
  explicit Cable(std::uint8_t number) : number_(number) {}
  Transmit transmit(const Frame& frame) override {
    Buffer bytes(frame.size());
    frame.gather(bytes.data());
    if (peer != nullptr) peer->in.push_back(std::move(bytes));
    return Transmit::taken;
  }
  MacAddress mac() const override { return {{0x02, 0, 0, 0, 0, number_}}; }

  Cable* peer = nullptr;

 private:
  std::uint8_t number_;
};

struct Node {
  Node(std::uint8_t number, const IpAddress& address)
      : device(number), memory(Stack::memory_needed(config())), stack(config(), memory, seed(number)) {
    const auto interface = stack.add_interface(device);
    EXPECT_TRUE(interface.has_value());
    EXPECT_TRUE(stack.ip().add_address(*interface, {address, 24}, false, Instant()));
  }
  static linnet::Config config() {
    linnet::Config config;
    config.blocks = {.small_size = 1664, .small_count = 64};
    return config;
  }
  static Random::Seed seed(std::uint8_t number) {
    Random::Seed bytes{};
    bytes[0] = number;
    bytes[31] = 1;
    return bytes;
  }
  Cable device;
  std::vector<std::uint8_t> memory;
  Stack stack;
};

/// Plays two stacks, and what `turn` does on them, for so long. `turn` gives when it must have its next one.
template <typename Turn>
void run_both(Node& one, Node& other, Instant& now, Duration duration, Turn&& turn) {
  const Instant until = now + duration;
  int idle = 0;  // what a stack takes in at the end of a turn is seen in the next
  for (int turns = 0; turns < 100'000; ++turns) {
    one.stack.poll(now);
    other.stack.poll(now);
    Instant next = turn();
    const auto under_way = [&] { return !one.device.in.empty() || !other.device.in.empty(); };
    const bool said = under_way();
    next = earlier(next, earlier(one.stack.poll(now), other.stack.poll(now)));
    idle = said || under_way() || next <= now ? 0 : idle + 1;
    if (idle < 2) continue;
    if (next > until) break;
    now = next;
    idle = 0;
  }
  now = until;
}

}  // namespace linnet::dns::test
