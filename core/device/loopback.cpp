// SPDX-License-Identifier: Apache-2.0
#include "core/device/loopback.hpp"

#include <algorithm>

namespace linnet {
namespace {

std::uint16_t largest_packet(const BlockPool& pool, std::uint16_t wanted) {
  const std::uint32_t block = std::max(pool.large_count() > 0 ? pool.large_size() : 0, pool.small_size());
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(wanted, block));
}

}  // namespace

Loopback::Loopback(Arena& arena, BlockPool& pool, const LoopbackConfig& config)
    : pool_(&pool),
      slots_(arena.make_array<Slot>(config.queue_length)),
      mtu_(largest_packet(pool, config.mtu)) {}

Loopback::~Loopback() {
  while (count_ > 0) take_first();
}

Capabilities Loopback::capabilities() const {
  // Bytes that never leave memory need no checksum; a "super-segment" is simply a packet as large as the MTU.
  return {.link = LinkType::ip,
          .loopback = true,
          .transmit_checksum = true,
          .receive_checksum = true,
          .segmentation = mtu_ > 120u ? mtu_ - 120u : 0u};  // less the largest IPv4 and TCP headers
}

Transmit Loopback::transmit(const Frame& frame) {
  const std::size_t size = frame.size();
  if (size > mtu_) {
    ++oversized_;
    return Transmit::taken;
  }
  if (slots_.empty()) return Transmit::gone;  // configured away: there will never be room
  if (count_ == slots_.size()) return Transmit::busy;
  Block block = pool_->allocate(size);
  if (!block) return Transmit::busy;
  frame.gather(block.data());
  block.header()->end = static_cast<std::uint32_t>(size);
  const std::size_t last = first_ + count_;
  slots_[last < slots_.size() ? last : last - slots_.size()] = {
      .block = block.release(), .segment_size = frame.segment_size, .checksum_verified = true};
  ++count_;
  return Transmit::taken;
}

std::size_t Loopback::receive(BlockPool&, std::span<Packet> batch) {
  std::size_t received = 0;
  while (received < batch.size() && count_ > 0) batch[received++] = take_first();
  return received;
}

Packet Loopback::take_first() {
  const Slot& slot = slots_[first_];
  first_ = first_ + 1 < slots_.size() ? first_ + 1 : 0;
  --count_;
  const std::uint32_t end = slot.block->end;
  Packet packet(Block(slot.block), 0, end);
  packet.info.checksum_verified = slot.checksum_verified;
  packet.info.segment_size = slot.segment_size;
  return packet;
}

}  // namespace linnet
