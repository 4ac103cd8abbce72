// SPDX-License-Identifier: Apache-2.0
// Capture: a device in front of another that writes down every frame as a wire would have carried it, and why
// the stack dropped those that it dropped.
#pragma once

#include "core/base/arena.hpp"
#include "core/base/time.hpp"
#include "core/device/frame_layout.hpp"
#include "core/device/pcapng.hpp"

namespace linnet {

struct CaptureConfig {
  std::string_view name = "linnet";   ///< the interface's name; must stay valid as long as the device
  std::string_view description;       ///< such as what kind of device it is; used at construction only
  Duration wall_clock_offset{};       ///< what to add to an Instant for the time since 1970
  std::uint32_t snap_length = 65600;  ///< bytes kept of each frame
};

/// A received frame waits in a buffer of its own until the stack has said whether it dropped it, so frames
/// are received one at a time. Super-segments are written as the segments that they stand for, with their
/// checksums.
class Capture final : public Device {
 public:
  static constexpr std::size_t memory_needed(const CaptureConfig& config) {
    return Arena::bytes_for<std::uint8_t>(config.snap_length) + Arena::bytes_for<std::uint8_t>(answers_size);
  }
  /// Adds an interface to `writer`, which like `device` must outlive this one.
  Capture(Arena& arena, Device& device, PcapngWriter& writer, const CaptureConfig& config = {});
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() { settle({}); }

  /// The time of what is captured from now on; to be said before every poll of the stack.
  void set_time(Instant now) { now_ = now; }

  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override;
  Transmit transmit(const Frame& frame) override;
  std::uint16_t mtu() const override { return device_->mtu(); }
  MacAddress mac() const override { return device_->mac(); }
  Capabilities capabilities() const override { return device_->capabilities(); }
  bool link_up() const override { return device_->link_up(); }
  /// Writes the last received frame with "dropped: <why> (<interface>)" as its comment.
  void dropped(Drop reason) override;
  void flush() override;

  /// Frames written, each segment counted.
  std::uint64_t frames() const { return frames_; }

 private:
  /// Room for the answers that a stack gives to a frame before it reports its drop: a reset, an ICMP error.
  static constexpr std::uint32_t answers_size = 4096;

  struct BufferSink final : ByteSink {
    void write(Bytes bytes) override {
      copy_bytes(buffer.data() + size, bytes);
      size += bytes.size();
    }
    MutableBytes buffer;
    std::size_t size = 0;
  };

  void keep(const Packet& packet);
  void settle(std::string_view comment);
  void write_received(std::string_view comment);
  void record_transmitted(const Frame& frame);
  void write(const Frame& frame, Direction direction, Instant at, std::string_view comment);
  void write(const PcapngPacket& packet);
  std::uint64_t wall(Instant at) const;

  Device* device_;
  PcapngWriter* writer_;
  std::string_view name_;
  Duration wall_clock_offset_;
  std::uint32_t snap_length_;
  std::uint32_t interface_;
  Instant now_{};
  std::uint64_t frames_ = 0;

  MutableBytes received_;          ///< the frame that waits for its verdict
  std::size_t received_size_ = 0;  ///< of the frame, even when it was cut to the buffer; 0: none waits
  ReceiveInfo received_info_{};
  Instant received_at_{};
  BufferSink answers_;  ///< what was transmitted while it waits, encoded
};

}  // namespace linnet
