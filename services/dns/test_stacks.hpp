// SPDX-License-Identifier: Apache-2.0
// Two stacks at the ends of a cable.
#pragma once

#include <gtest/gtest.h>

#include <deque>

#include "core/stack.hpp"
#include "services/dns/test_message.hpp"

namespace linnet::dns::test {

class Cable final : public Device {
 public:
  explicit Cable(std::uint8_t number) : number_(number) {}
  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override {
    std::size_t count = 0;
    while (count < batch.size() && !in.empty()) {
      Block block = pool.allocate(in.front().size());
      if (!block) break;
      copy_bytes(block.data(), in.front());
      batch[count++] = Packet(std::move(block), 0, static_cast<std::uint32_t>(in.front().size()));
      in.pop_front();
    }
    return count;
  }
  Transmit transmit(const Frame& frame) override {
    Buffer bytes(frame.size());
    frame.gather(bytes.data());
    if (peer != nullptr) peer->in.push_back(std::move(bytes));
    return Transmit::taken;
  }
  std::uint16_t mtu() const override { return 1500; }
  MacAddress mac() const override { return {{0x02, 0, 0, 0, 0, number_}}; }
  Capabilities capabilities() const override { return {}; }
  bool link_up() const override { return true; }

  std::deque<Buffer> in;
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

}  // namespace linnet::dns::test
