// SPDX-License-Identifier: Apache-2.0
// Loopback: what a stack sends to itself. A queue, never a call: a reply to a reply to a reply takes no C++
// stack.
#pragma once

#include "core/base/arena.hpp"
#include "core/device/device.hpp"

namespace linnet {

struct LoopbackConfig {
  std::uint32_t queue_length = 32;  ///< packets that wait to be received; more find the device busy, and with 0 it is gone
  std::uint16_t mtu = 65535;        ///< bytes; cut to the largest block of the pool
};

class Loopback final : public Device {
 public:
  static constexpr std::size_t memory_needed(const LoopbackConfig& config) {
    return Arena::bytes_for<Slot>(config.queue_length);
  }
  /// Packets wait in blocks of `pool`, which must outlive the device and should be the receiving stack's own.
  Loopback(Arena& arena, BlockPool& pool, const LoopbackConfig& config = {});
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;
  ~Loopback();

  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override;
  /// Busy when the queue is full or the pool has no block; a packet larger than the MTU is thrown away.
  Transmit transmit(const Frame& frame) override;
  std::uint16_t mtu() const override { return mtu_; }
  MacAddress mac() const override { return {}; }
  Capabilities capabilities() const override;

  std::size_t waiting() const { return count_; }
  std::uint64_t oversized() const { return oversized_; }

 private:
  struct Slot {
    BlockHeader* block = nullptr;
    std::uint16_t segment_size = 0;
    bool checksum_verified = false;
  };
  Packet take_first();

  BlockPool* pool_;
  std::span<Slot> slots_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::uint16_t mtu_;
  std::uint64_t oversized_ = 0;
};

}  // namespace linnet
