// SPDX-License-Identifier: Apache-2.0
#include "sim/wire.hpp"

#include <algorithm>
#include <utility>

#include "core/device/segmentation.hpp"

namespace linnet::sim {
namespace {

constexpr std::size_t link_header = 18;  // Ethernet II with an 802.1Q tag
constexpr std::size_t large_frame = 65'536 + link_header + 32;
constexpr std::uint32_t large_frames = 16;

/// Empty bytes in front of an Ethernet frame, so that its IP header is aligned to four bytes.
std::uint32_t front(LinkType link) { return link == LinkType::ethernet ? 2 : 0; }

}  // namespace

struct WireEnd::Storage {
  explicit Storage(const BlockPoolConfig& config)
      : memory(BlockPool::memory_needed(config) + Arena::alignment), arena(memory), pool(arena, config) {}
  std::vector<std::uint8_t> memory;
  Arena arena;
  BlockPool pool;
};

WireEnd::WireEnd(const WireEndConfig& config, std::size_t queue_length)
    : config_(config), queue_(queue_length) {}

WireEnd::~WireEnd() {
  // The registered pool may be gone before the wire: its blocks are its memory, nothing leaks.
  for (; count_ > 0; pop()) {
    if (!slot(0).stored) slot(0).packet.take_block().release();
  }
}

BlockPool& WireEnd::pool() {
  if (pool_ != nullptr) return *pool_;
  if (storage_ == nullptr) {
    const bool large = config_.capabilities.segmentation > 0;
    storage_ = std::make_unique<Storage>(BlockPoolConfig{
        .small_size = static_cast<std::uint32_t>(config_.mtu + link_header + front(LinkType::ethernet)),
        .small_count = static_cast<std::uint32_t>(queue_.size()),
        .large_size = large ? static_cast<std::uint32_t>(large_frame) : 0,
        .large_count = large ? large_frames : 0});
  }
  return storage_->pool;
}

WireEnd::Slot& WireEnd::slot(std::size_t index) {
  const std::size_t at = first_ + index;
  return queue_[at < queue_.size() ? at : at - queue_.size()];
}

void WireEnd::pop() {
  slot(0).packet = Packet();
  first_ = first_ + 1 == queue_.size() ? 0 : first_ + 1;
  --count_;
}

bool WireEnd::room_for(std::size_t frames, std::size_t size) {
  const BlockPool& blocks = pool();
  const std::size_t needed = front(config_.capabilities.link) + size;
  const std::size_t free = needed <= blocks.small_size() ? blocks.small_free() : blocks.large_free();
  return queue_.size() - count_ >= frames && free >= frames;
}

bool WireEnd::fits(const Frame& frame) const {
  const std::size_t link = config_.capabilities.link == LinkType::ethernet ? link_header : 0;
  return frame.size() <= config_.mtu + link;
}

Transmit WireEnd::transmit(const Frame& frame) {
  if (!up_) {
    ++lost_;
    return Transmit::taken;
  }
  const bool super = frame.segment_size != 0 && frame.payload_size() > frame.segment_size;
  // A receiver that does not coalesce sees what a wire would carry.
  if (super && peer_->config_.capabilities.segmentation == 0) return transmit_segments(frame);
  if (!super && (!fits(frame) || !peer_->fits(frame))) {
    ++oversized_;
    return Transmit::taken;
  }
  return carry(frame);
}

Transmit WireEnd::transmit_segments(const Frame& super) {
  const auto segments = Segmenter::of(super, config_.capabilities.link);
  if (!segments) {
    ++oversized_;
    return Transmit::taken;
  }
  // All or none: a super-segment is transmitted again as a whole when the wire is busy.
  if (!peer_->room_for(segments->count(), super.header().size() + super.segment_size)) return Transmit::busy;
  const bool left = super.checksum.header_from_end != 0 && peer_->config_.capabilities.receive_checksum;
  for (std::size_t i = 0; i < segments->count(); ++i) {
    Frame segment;
    const bool written =
        segments->write(i, segment, left ? SegmentChecksum::left : SegmentChecksum::complete);
    if (!written || !fits(segment) || carry(segment) != Transmit::taken) ++oversized_;
  }
  return Transmit::taken;
}

Transmit WireEnd::carry(const Frame& frame) {
  const Transmit result = peer_->accept(frame);
  if (result == Transmit::taken) {
    ++frames_sent_;
    bytes_sent_ += frame.size();
  }
  return result;
}

Transmit WireEnd::accept(const Frame& frame) {
  if (count_ == queue_.size()) return Transmit::busy;
  const std::uint32_t begin = front(config_.capabilities.link);
  const std::uint32_t end = begin + static_cast<std::uint32_t>(frame.size());
  Block block = pool().allocate(end);
  if (!block) return Transmit::busy;
  frame.gather(block.data() + begin);
  const bool offloaded = frame.checksum.header_from_end != 0;
  if (offloaded && !config_.capabilities.receive_checksum) {
    const std::size_t transport = frame.header().size() - frame.checksum.header_from_end;
    complete_checksum(MutableBytes(block.data() + begin, frame.size()).subspan(transport),
                      frame.checksum.field);
  }
  Packet packet(std::move(block), begin, end);
  packet.info.checksum_verified = offloaded && config_.capabilities.receive_checksum;
  packet.info.segment_size = frame.segment_size;
  slot(count_) = {.packet = std::move(packet), .stored = pool_ == nullptr};
  ++count_;
  return Transmit::taken;
}

std::size_t WireEnd::receive(BlockPool& pool, std::span<Packet> batch) {
  std::size_t received = 0;
  while (received < batch.size() && count_ > 0) {
    Packet& packet = slot(0).packet;
    if (slot(0).stored) {
      Block block = pool.allocate(packet.end());
      if (!block) break;
      copy_bytes(block.data() + packet.begin(), packet.bytes());
      Packet copy(std::move(block), packet.begin(), packet.end());
      copy.info = packet.info;
      packet = std::move(copy);
    }
    batch[received++] = std::move(packet);
    pop();
  }
  return received;
}

void WireEnd::detach() {
  while (count_ > 0) pop();
  pool_ = nullptr;
}

Wire::Wire(const WireConfig& config)
    : left_(config.left, config.queue_length), right_(config.right, config.queue_length) {
  left_.peer_ = &right_;
  right_.peer_ = &left_;
}

void Wire::set_up(bool up) {
  left_.up_ = up;
  right_.up_ = up;
}

}  // namespace linnet::sim
