// SPDX-License-Identifier: Apache-2.0
#include "core/device/capture.hpp"

#include <algorithm>

#include "core/base/checksum.hpp"
#include "core/device/segmentation.hpp"

namespace linnet {
namespace {

/// Where a transport keeps its checksum, if it is one that devices take over.
std::optional<std::uint16_t> checksum_field(std::uint8_t protocol) {
  if (protocol == ip_protocol::tcp) return std::uint16_t{16};
  if (protocol == ip_protocol::udp) return std::uint16_t{6};
  return std::nullopt;
}

/// The length of the IP packet as its header says; the frame may be longer (padding).
std::size_t packet_length(Bytes ip, std::uint8_t version) {
  return version == 4 ? load16(ip.data() + 2) : std::size_t{load16(ip.data() + 4)} + 40;
}

/// The pseudo header's sum of a TCP or UDP packet of `length` transport bytes (RFC 9293 3.1, RFC 8200 8.1).
std::uint16_t pseudo_sum(Bytes ip, const FrameLayout& layout, std::size_t length) {
  Checksum sum;
  sum.add(layout.version == 4 ? ip.subspan(12, 8) : ip.subspan(8, 32));
  sum.add16(layout.protocol);
  sum.add32(static_cast<std::uint32_t>(length));
  return sum.sum();
}

/// A packet that came from this host's own kernel may carry the pseudo header's sum where its checksum would
/// be.
void complete_received(MutableBytes frame, LinkType link) {
  const auto layout = FrameLayout::parse(frame, link);
  if (!layout || layout->fragment) return;
  const auto field = checksum_field(layout->protocol);
  const Bytes ip = frame.subspan(layout->network);
  const std::size_t length = packet_length(ip, layout->version);
  const std::size_t header = static_cast<std::size_t>(layout->transport - layout->network);
  if (!field || length > ip.size() || length < header + *field + 2) return;
  const MutableBytes transport = frame.subspan(layout->transport, length - header);
  // A right checksum that happens to look like the pseudo header's sum comes out as it was.
  if (load16(transport.data() + *field) == pseudo_sum(ip, *layout, transport.size())) {
    complete_checksum(transport, *field);
  }
}

}  // namespace

Capture::Capture(Arena& arena, Device& device, PcapngWriter& writer, const CaptureConfig& config)
    : device_(&device),
      writer_(&writer),
      name_(config.name),
      wall_clock_offset_(config.wall_clock_offset),
      snap_length_(config.snap_length),
      interface_(writer.add_interface(device.capabilities().link, config.name, config.description,
                                      config.snap_length)),
      received_(arena.make_array<std::uint8_t>(config.snap_length)) {
  answers_.buffer = arena.make_array<std::uint8_t>(answers_size);
}

std::size_t Capture::receive(BlockPool& pool, std::span<Packet> batch) {
  settle({});
  const std::size_t count = device_->receive(pool, batch.first(std::min<std::size_t>(batch.size(), 1)));
  if (count == 1) keep(batch[0]);
  return count;
}

void Capture::keep(const Packet& packet) {
  const Bytes bytes = packet.bytes();
  received_size_ = bytes.size();
  received_info_ = packet.info;
  received_at_ = now_;
  copy_bytes(received_.data(), bytes.first(std::min(bytes.size(), received_.size())));
}

Transmit Capture::transmit(const Frame& frame) {
  const Transmit result = device_->transmit(frame);
  if (result == Transmit::taken) record_transmitted(frame);
  return result;
}

void Capture::dropped(Drop reason) {
  std::array<std::uint8_t, 160> text{};
  std::size_t size = 0;
  for (const std::string_view part : {std::string_view("dropped: "), drop_text(reason),
                                      std::string_view(" ("), name_, std::string_view(")")}) {
    const std::size_t count = std::min(part.size(), text.size() - size);
    std::memcpy(text.data() + size, part.data(), count);
    size += count;
  }
  settle({reinterpret_cast<const char*>(text.data()), size});
  device_->dropped(reason);
}

void Capture::flush() {
  settle({});
  device_->flush();
}

void Capture::settle(std::string_view comment) {
  if (received_size_ == 0) return;
  write_received(comment);
  received_size_ = 0;
  if (answers_.size > 0) writer_->write_encoded({answers_.buffer.data(), answers_.size});
  answers_.size = 0;
}

void Capture::write_received(std::string_view comment) {
  const MutableBytes kept = received_.first(std::min(received_size_, received_.size()));
  const bool whole = kept.size() == received_size_;
  const LinkType link = device_->capabilities().link;
  const auto layout =
      whole && received_info_.segment_size != 0 ? FrameLayout::parse(kept, link) : std::nullopt;
  if (layout && kept.size() >= layout->transport + 20u) {
    // What the device or the kernel joined is taken apart again.
    const std::size_t headers = layout->transport + std::size_t{kept[layout->transport + 12u]} / 16 * 4;
    const std::size_t end = layout->network + packet_length(kept.subspan(layout->network), layout->version);
    Frame super;
    std::uint8_t* header = headers <= end && end <= kept.size() ? super.prepend(headers) : nullptr;
    if (header != nullptr) {
      std::memcpy(header, kept.data(), headers);
      super.add_payload(kept.subspan(headers, end - headers));
      super.segment_size = received_info_.segment_size;
      if (Segmenter::of(super, link)) return write(super, Direction::inbound, received_at_, comment);
    }
  }
  if (whole && received_info_.checksum_verified) complete_received(kept, link);
  const std::array<Bytes, 1> pieces{kept};
  write({.interface = interface_,
         .wall_microseconds = wall(received_at_),
         .direction = Direction::inbound,
         .pieces = pieces,
         .missing = received_size_ - kept.size(),
         .comment = comment});
}

void Capture::record_transmitted(const Frame& frame) { write(frame, Direction::outbound, now_, {}); }

void Capture::write(const Frame& frame, Direction direction, Instant at, std::string_view comment) {
  const LinkType link = device_->capabilities().link;
  const auto segments = Segmenter::of(frame, link);
  const std::size_t count = segments ? segments->count() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    Frame copy;
    if (segments) {
      segments->write(i, copy);  // of at most as many pieces as its super-segment, which was a frame
    } else {
      const Bytes header = frame.header();
      std::memcpy(copy.prepend(header.size()), header.data(), header.size());
      frame.slice_payload_into(copy, 0, frame.payload_size());
      copy.checksum = frame.checksum;
      complete_checksum(copy);
    }
    std::array<Bytes, 1 + Frame::max_payload_spans> pieces;
    pieces[0] = std::as_const(copy).header();
    std::copy(copy.payload().begin(), copy.payload().end(), pieces.begin() + 1);
    const PcapngPacket packet{.interface = interface_,
                              .wall_microseconds = wall(at),
                              .direction = direction,
                              .pieces = std::span(pieces).first(1 + copy.payload().size()),
                              .comment = comment};
    write(packet);
  }
}

void Capture::write(const PcapngPacket& packet) {
  ++frames_;
  if (packet.direction == Direction::inbound || received_size_ == 0)
    return writer_->write(packet, snap_length_);
  // An answer to the frame that still waits comes after it in the file.
  if (PcapngWriter::encoded_size(packet, snap_length_) > answers_.buffer.size() - answers_.size) {
    settle({});
    return writer_->write(packet, snap_length_);
  }
  PcapngWriter::encode(answers_, packet, snap_length_);
}

std::uint64_t Capture::wall(Instant at) const {
  return static_cast<std::uint64_t>((at + wall_clock_offset_).as_microseconds());
}

}  // namespace linnet
