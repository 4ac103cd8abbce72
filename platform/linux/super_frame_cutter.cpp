// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/super_frame_cutter.hpp"

namespace linnet::platform {
namespace {

/// Bytes of the Ethernet, IP and TCP headers of `frame`; 0 when it has none such, or no payload behind them.
std::size_t header_size_of(Bytes frame) {
  const auto layout = FrameLayout::parse(frame, LinkType::ethernet);
  if (!layout || layout->protocol != ip_protocol::tcp || layout->fragment) return 0;
  const std::size_t tcp = layout->transport;
  if (frame.size() < tcp + 20) return 0;
  const std::size_t size = tcp + static_cast<std::size_t>(frame[tcp + 12] >> 4) * 4;
  return size < frame.size() ? size : 0;
}

}  // namespace

bool SuperFrameCutter::start(Bytes frame, const ReceiveInfo& info, std::uint32_t block_size) {
  segmenter_.reset();
  index_ = 0;
  const std::size_t header_size = header_size_of(frame);
  if (header_size == 0 || headroom + header_size + info.segment_size > block_size) return false;

  frame_.emplace();
  std::uint8_t* header = frame_->prepend(header_size);
  if (header == nullptr) return false;
  copy_bytes(header, frame.first(header_size));
  frame_->add_payload(frame.subspan(header_size));
  frame_->segment_size = info.segment_size;
  segmenter_ = Segmenter::of(*frame_, LinkType::ethernet);
  return pending();
}

bool SuperFrameCutter::next(BlockPool& pool, Packet& packet) {
  Frame segment;
  segmenter_->write(index_, segment, SegmentChecksum::left);  // one span: it always fits
  const auto end = static_cast<std::uint32_t>(headroom + segment.size());
  Block block = pool.allocate(end);
  if (!block) return false;
  segment.gather(block.data() + headroom);
  packet = Packet(std::move(block), headroom, end);
  packet.info.checksum_verified = true;
  if (++index_ == segmenter_->count()) segmenter_.reset();
  return true;
}

}  // namespace linnet::platform
