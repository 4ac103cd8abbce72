// SPDX-License-Identifier: Apache-2.0
#include "core/device/segmentation.hpp"

#include <algorithm>

#include "core/base/checksum.hpp"

namespace linnet {
namespace {

constexpr std::size_t tcp_header = 20;
constexpr std::uint16_t tcp_checksum_field = 16;
constexpr std::uint16_t udp_checksum_field = 6;
constexpr std::uint8_t flag_fin = 0x01;
constexpr std::uint8_t flag_psh = 0x08;
constexpr std::uint8_t flag_urg = 0x20;
constexpr std::uint8_t flag_cwr = 0x80;

/// RFC 768: a UDP checksum of zero goes out as all ones, since zero means none. (Of the internet checksums
/// that are offloaded only UDP's stands at offset 6.)
constexpr std::uint16_t checksum_value(std::uint16_t value, std::uint16_t field) {
  return value == 0 && field == udp_checksum_field ? 0xffff : value;
}

Checksum pseudo_header(const std::uint8_t* ip, const FrameLayout& layout, std::size_t length) {
  Checksum sum;
  if (layout.version == 4) {
    sum.add(Bytes(ip + 12, 8));
  } else {
    sum.add(Bytes(ip + 8, 32));
  }
  sum.add16(layout.protocol);
  sum.add32(static_cast<std::uint32_t>(length));
  return sum;
}

}  // namespace

void complete_checksum(Frame& frame) {
  const ChecksumOffload wanted = frame.checksum;
  frame.checksum = {};
  const MutableBytes header = frame.header();
  if (wanted.header_from_end < wanted.field + 2u || wanted.header_from_end > header.size()) return;
  const MutableBytes transport = header.last(wanted.header_from_end);
  Checksum sum;
  sum.add(transport);
  for (const Bytes span : frame.payload()) sum.add(span);
  store16(transport.data() + wanted.field, checksum_value(sum.finish(), wanted.field));
}

void complete_checksum(MutableBytes transport, std::uint16_t field) {
  if (transport.size() < field + std::size_t{2}) return;
  Checksum sum;
  sum.add(transport);
  store16(transport.data() + field, checksum_value(sum.finish(), field));
}

std::optional<Segmenter> Segmenter::of(const Frame& super, LinkType link) {
  if (super.segment_size == 0 || super.payload_size() == 0) return std::nullopt;
  const Bytes header = super.header();
  const auto layout = FrameLayout::parse(header, link);
  if (!layout || layout->protocol != ip_protocol::tcp || layout->fragment) return std::nullopt;
  if (header.size() < layout->transport + tcp_header) return std::nullopt;
  const std::size_t length = std::size_t{header[layout->transport + 12u]} / 16 * 4;
  if (length < tcp_header || layout->transport + length != header.size()) return std::nullopt;
  return Segmenter(super, *layout);
}

Segmenter::Segmenter(const Frame& super, const FrameLayout& layout)
    : super_(&super),
      layout_(layout),
      count_((super.payload_size() + super.segment_size - 1) / super.segment_size) {}

bool Segmenter::write(std::size_t index, Frame& out, SegmentChecksum checksum) const {
  const std::size_t offset = index * super_->segment_size;
  const std::size_t length = std::min<std::size_t>(super_->segment_size, super_->payload_size() - offset);
  const Bytes header = super_->header();
  std::uint8_t* copy = out.prepend(header.size());
  std::memcpy(copy, header.data(), header.size());
  super_->slice_payload_into(out, offset, length);

  std::uint8_t* ip = copy + layout_.network;
  std::uint8_t* tcp = copy + layout_.transport;
  write_ip(ip, index, header.size() - layout_.network + length);
  write_tcp(tcp, index, offset);
  const std::size_t tcp_length = header.size() - layout_.transport + length;
  store16(tcp + tcp_checksum_field, pseudo_header(ip, layout_, tcp_length).sum());
  out.checksum = {.header_from_end = static_cast<std::uint16_t>(header.size() - layout_.transport),
                  .field = tcp_checksum_field};
  if (checksum == SegmentChecksum::complete) complete_checksum(out);
  return out.payload_size() == length;
}

void Segmenter::write_ip(std::uint8_t* ip, std::size_t index, std::size_t ip_length) const {
  if (layout_.version == 6) {
    store16(ip + 4, static_cast<std::uint16_t>(ip_length - 40));
    return;
  }
  store16(ip + 2, static_cast<std::uint16_t>(ip_length));
  // RFC 6864 4: each datagram that may be fragmented has its own identification; for the others it does no
  // harm.
  store16(ip + 4, static_cast<std::uint16_t>(load16(ip + 4) + index));
  store16(ip + 10, 0);
  Checksum sum;
  sum.add(Bytes(ip, static_cast<std::size_t>(layout_.transport - layout_.network)));
  store16(ip + 10, sum.finish());
}

void Segmenter::write_tcp(std::uint8_t* tcp, std::size_t index, std::size_t offset) const {
  store32(tcp + 4, load32(tcp + 4) + static_cast<std::uint32_t>(offset));
  unsigned flags = tcp[13];
  // FIN stands behind the last byte; PSH marks the end of what was sent; CWR is said once (RFC 3168 6.1.2).
  if (index + 1 < count_) flags &= ~unsigned{flag_fin | flag_psh};
  if (index > 0) flags &= ~unsigned{flag_cwr};
  const std::uint16_t urgent = load16(tcp + 18);
  if ((flags & flag_urg) != 0 && urgent > offset) {
    store16(tcp + 18,
            static_cast<std::uint16_t>(urgent - offset));  // relative to this segment's sequence number
  } else {
    flags &= ~unsigned{flag_urg};
    store16(tcp + 18, 0);
  }
  tcp[13] = static_cast<std::uint8_t>(flags);
}

}  // namespace linnet
