// SPDX-License-Identifier: Apache-2.0
// Wire: joins two stacks in one process. What one end transmits, the other end receives, in order, at once.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/device/device.hpp"

namespace linnet::sim {

struct WireEndConfig {
  Capabilities
      capabilities{};  ///< what this end offers to its stack; `segmentation` also says that it coalesces
  std::uint16_t mtu = 1500;
  MacAddress mac{};
};

struct WireConfig {
  WireEndConfig left{.mac = {{0x02, 0, 0, 0, 0, 1}}};
  WireEndConfig right{.mac = {{0x02, 0, 0, 0, 0, 2}}};
  std::size_t queue_length = 256;  ///< frames in flight in each direction; more find the wire busy
};

/// One end, as its stack sees it. A frame waits at the receiving end, in a block of the pool registered
/// there, so that the stack gets it without another copy; without a registered pool, in blocks of the wire's
/// own.
class WireEnd final : public Device {
 public:
  WireEnd(const WireEndConfig& config, std::size_t queue_length);
  WireEnd(const WireEnd&) = delete;
  WireEnd& operator=(const WireEnd&) = delete;
  ~WireEnd();

  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override;
  Transmit transmit(const Frame& frame) override;
  std::uint16_t mtu() const override { return config_.mtu; }
  MacAddress mac() const override { return config_.mac; }
  Capabilities capabilities() const override { return config_.capabilities; }
  bool link_up() const override { return up_; }

  /// Frames for this end are put into blocks of `pool` from now on: the pool of the stack that receives here.
  /// Before the pool ends, call detach() or end the wire.
  void register_pool(BlockPool& pool) { pool_ = &pool; }
  /// Throws away what waits here and forgets the registered pool: the stack at this end goes away.
  void detach();

  /// Frames that wait to be received at this end.
  std::size_t waiting() const { return count_; }
  /// Frames and bytes that this end has handed to the other.
  std::uint64_t frames_sent() const { return frames_sent_; }
  std::uint64_t bytes_sent() const { return bytes_sent_; }
  /// Frames larger than the MTU allows, and frames sent while the link was down: thrown away.
  std::uint64_t oversized() const { return oversized_; }
  std::uint64_t lost() const { return lost_; }

 private:
  friend class Wire;
  struct Storage;
  struct Slot {
    Packet packet;
    bool stored = false;  ///< in a block of the wire's own
  };
  Transmit transmit_segments(const Frame& super);
  Transmit carry(const Frame& frame);
  Transmit accept(const Frame& frame);
  bool fits(const Frame& frame) const;
  BlockPool& pool();
  bool room_for(std::size_t frames, std::size_t size);
  Slot& slot(std::size_t index);
  void pop();

  WireEndConfig config_;
  WireEnd* peer_ = nullptr;
  BlockPool* pool_ = nullptr;
  std::unique_ptr<Storage> storage_;  // blocks of its own, made when first needed
  std::vector<Slot> queue_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::uint64_t frames_sent_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t oversized_ = 0;
  std::uint64_t lost_ = 0;
  bool up_ = true;
};

class Wire {
 public:
  explicit Wire(const WireConfig& config = {});
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  WireEnd& left() { return left_; }
  WireEnd& right() { return right_; }
  /// Plugs the cable in or out; what is in flight arrives all the same.
  void set_up(bool up);
  bool idle() const { return left_.waiting() == 0 && right_.waiting() == 0; }

 private:
  WireEnd left_;
  WireEnd right_;
};

}  // namespace linnet::sim
