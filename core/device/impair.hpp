// SPDX-License-Identifier: Apache-2.0
// Impair: a device in front of another that loses, delays, reorders, duplicates, corrupts and throttles
// frames, by a seed. What it holds lies in blocks of its own, never in those of the stack.
#pragma once

#include "core/device/held_frames.hpp"
#include "core/device/impair_model.hpp"

namespace linnet {

struct ImpairConfig {
  Impairments transmit{};
  Impairments receive{};
  std::uint64_t seed = 1;
  /// Memory of the frames that are under way: at least rate times delay, for both directions together. Large
  /// blocks are needed only when the device behind coalesces.
  BlockPoolConfig blocks{.small_count = 256};
};

class Impair final : public Device {
 public:
  static constexpr std::size_t memory_needed(const ImpairConfig& config) {
    return BlockPool::memory_needed(config.blocks) + 2 * HeldFrames::memory_needed(capacity(config));
  }
  /// `device` must outlive this one.
  Impair(Arena& arena, Device& device, const ImpairConfig& config);
  Impair(const Impair&) = delete;
  Impair& operator=(const Impair&) = delete;

  /// Says what time it is, before every poll of the stack, and sends what is due.
  void set_time(Instant now);
  /// When the next held frame is due, in either direction; then set the time and poll.
  Instant next_deadline() const;

  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override;
  /// Busy when there is no block to hold another frame; a frame larger than any block is thrown away.
  Transmit transmit(const Frame& frame) override;
  std::uint16_t mtu() const override { return device_->mtu(); }
  MacAddress mac() const override { return device_->mac(); }
  /// Those of the device, without segmentation: faults befall each packet on its own.
  Capabilities capabilities() const override;
  bool link_up() const override { return device_->link_up(); }
  void dropped(Drop reason) override { device_->dropped(reason); }
  void flush() override;

  const ImpairModel::Counters& transmit_counters() const { return transmit_model_.counters(); }
  const ImpairModel::Counters& receive_counters() const { return receive_model_.counters(); }
  /// Frames thrown away because no block was large enough, or copies not made for want of blocks.
  std::uint64_t no_block() const { return no_block_; }
  /// Other faults from now on; what is under way stays so.
  void change(const Impairments& transmit, const Impairments& receive);
  std::size_t held() const { return to_send_.size() + to_receive_.size(); }

 private:
  static constexpr std::size_t capacity(const ImpairConfig& config) {
    return std::size_t{config.blocks.small_count} + config.blocks.large_count;
  }
  Transmit transmit_one(const Frame& frame);
  void hold(HeldFrames& held, const ImpairModel::Decision& decision, Packet packet);
  Packet copy_of(const Packet& packet);
  Packet gather(const Frame& frame);
  void send_due();
  void collect(std::size_t most);

  Device* device_;
  BlockPool pool_;
  ImpairModel transmit_model_;
  ImpairModel receive_model_;
  HeldFrames to_send_;
  HeldFrames to_receive_;
  Instant now_{};
  Instant send_again_{};     ///< the device was busy: not before this
  Instant receive_again_{};  ///< the stack had no block: not before this
  std::uint64_t no_block_ = 0;
};

}  // namespace linnet
