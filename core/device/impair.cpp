// SPDX-License-Identifier: Apache-2.0
#include "core/device/impair.hpp"

#include "core/device/segmentation.hpp"

namespace linnet {
namespace {

/// How long to leave a busy neighbour alone; without it the owner's loop would spin on a deadline in the
/// past.
constexpr Duration pause = Duration::milliseconds(1);

}  // namespace

Impair::Impair(Arena& arena, Device& device, const ImpairConfig& config)
    : device_(&device),
      pool_(arena, config.blocks),
      transmit_model_(config.transmit, config.seed),
      receive_model_(config.receive, ~config.seed),
      to_send_(arena, capacity(config)),
      to_receive_(arena, capacity(config)) {}

Capabilities Impair::capabilities() const {
  Capabilities result = device_->capabilities();
  result.segmentation = 0;
  return result;
}

void Impair::set_time(Instant now) {
  now_ = now;
  send_due();
}

Instant Impair::next_deadline() const {
  const Instant send = to_send_.empty() ? Instant::never() : std::max(to_send_.earliest(), send_again_);
  const Instant receive =
      to_receive_.empty() ? Instant::never() : std::max(to_receive_.earliest(), receive_again_);
  return earlier(send, receive);
}

void Impair::change(const Impairments& transmit, const Impairments& receive) {
  transmit_model_.change(transmit);
  receive_model_.change(receive);
}

void Impair::flush() { device_->flush(); }

Transmit Impair::transmit(const Frame& frame) {
  const auto segments = Segmenter::of(frame, capabilities().link);
  if (!segments || segments->count() == 1) return transmit_one(frame);
  if (segments->count() > pool_.small_count()) {
    ++no_block_;
    return Transmit::taken;
  }
  if (pool_.small_free() < segments->count()) return Transmit::busy;
  for (std::size_t i = 0; i < segments->count(); ++i) {
    Frame segment;
    segments->write(i, segment);  // of at most as many pieces as the frame that it comes from
    transmit_one(segment);
  }
  return Transmit::taken;
}

Transmit Impair::transmit_one(const Frame& frame) {
  if (transmit_model_.impairments().none() && to_send_.empty()) return device_->transmit(frame);
  if (frame.size() > std::max(pool_.small_size(), pool_.large_size())) {
    ++no_block_;
    return Transmit::taken;
  }
  // Asked before the dice are thrown: a frame that has to come again must not be decided twice.
  Packet copy = gather(frame);
  if (copy.size() == 0 || to_send_.room() == 0) return Transmit::busy;
  const auto decision = transmit_model_.decide(frame.size(), now_);
  hold(to_send_, decision, std::move(copy));
  send_due();
  return Transmit::taken;
}

Packet Impair::gather(const Frame& frame) {
  Block block = pool_.allocate(frame.size());
  if (!block) return {};
  frame.gather(block.data());
  Packet packet(std::move(block), 0, static_cast<std::uint32_t>(frame.size()));
  if (frame.checksum.header_from_end != 0) {
    // Now, not by the device: it would give a corrupted packet a good checksum.
    const std::size_t transport = frame.header().size() - frame.checksum.header_from_end;
    complete_checksum(packet.mutable_bytes().subspan(transport), frame.checksum.field);
  }
  return packet;
}

void Impair::hold(HeldFrames& held, const ImpairModel::Decision& decision, Packet packet) {
  std::array<Packet, ImpairModel::max_deliveries> packets;
  for (std::size_t i = 1; i < decision.count; ++i) packets[i] = copy_of(packet);
  packets[0] = std::move(packet);
  if (decision.corrupt) {
    if (!corrupt_frame(packets[0].mutable_bytes(), device_->capabilities().link, decision.corruption)) {
      packets[0] = Packet();
    }
    packets[0].info.checksum_verified = false;  // nobody vouches for it any more
  }
  for (std::size_t i = 0; i < decision.count; ++i) {
    if (packets[i].size() > 0 && held.room() > 0) {
      held.push(std::move(packets[i]), decision.deliveries[i]);
    } else if (i > 0 || packets[i].size() > 0) {
      ++no_block_;
    }
  }
}

Packet Impair::copy_of(const Packet& packet) {
  Block block = pool_.allocate(packet.end());
  if (!block) return {};
  copy_bytes(block.data() + packet.begin(), packet.bytes());
  Packet copy(std::move(block), packet.begin(), packet.end());
  copy.info = packet.info;
  return copy;
}

void Impair::send_due() {
  if (now_ < send_again_) return;
  while (!to_send_.empty() && to_send_.earliest() <= now_) {
    Frame frame;
    frame.add_payload(to_send_.front());
    if (device_->transmit(frame) == Transmit::busy) {
      send_again_ = now_ + pause;
      return;
    }
    to_send_.pop();
  }
}

void Impair::collect(std::size_t most) {
  std::array<Packet, 8> arrived;
  while (most > 0 && to_receive_.room() > 0) {
    const std::size_t wanted = std::min({most, arrived.size(), to_receive_.room()});
    const std::size_t count = device_->receive(pool_, std::span(arrived).first(wanted));
    if (count == 0) return;
    for (Packet& packet : std::span(arrived).first(count)) {
      const auto decision = receive_model_.decide(packet.size(), now_);
      hold(to_receive_, decision, std::move(packet));
    }
    most -= count;
  }
}

std::size_t Impair::receive(BlockPool& pool, std::span<Packet> batch) {
  if (receive_model_.impairments().none() && to_receive_.empty()) return device_->receive(pool, batch);
  collect(batch.size());
  std::size_t received = 0;
  while (received < batch.size() && !to_receive_.empty() && to_receive_.earliest() <= now_) {
    Block block = pool.allocate(to_receive_.front_end());
    if (!block) {
      receive_again_ = now_ + pause;
      break;
    }
    const Packet held = to_receive_.pop();
    copy_bytes(block.data() + held.begin(), held.bytes());
    Packet packet(std::move(block), held.begin(), held.end());
    packet.info = held.info;
    batch[received++] = std::move(packet);
  }
  return received;
}

}  // namespace linnet
