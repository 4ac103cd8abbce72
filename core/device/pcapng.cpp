// SPDX-License-Identifier: Apache-2.0
#include "core/device/pcapng.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace linnet {
namespace {

// Block types (section 11.1 of the draft).
constexpr std::uint32_t section_header_block = 0x0a0d0d0a;
constexpr std::uint32_t interface_description_block = 1;
constexpr std::uint32_t enhanced_packet_block = 6;
// Options.
constexpr std::uint16_t opt_endofopt = 0;
constexpr std::uint16_t opt_comment = 1;
constexpr std::uint16_t shb_userappl = 4;
constexpr std::uint16_t if_name = 2;
constexpr std::uint16_t if_description = 3;
constexpr std::uint16_t if_tsresol = 9;
constexpr std::uint16_t epb_flags = 2;
// Link types.
constexpr std::uint16_t linktype_ethernet = 1;
constexpr std::uint16_t linktype_raw = 101;

constexpr std::size_t padding(std::size_t length) { return (4 - length % 4) % 4; }
/// Empty options are left out.
constexpr std::size_t option_size(std::size_t length) {
  return length == 0 ? 0 : 4 + length + padding(length);
}
constexpr std::size_t end_of_options = 4;

/// Little-endian fields into a sink.
class Out {
 public:
  explicit Out(ByteSink& sink) : sink_(&sink) {}

  void u8(std::uint8_t value) { sink_->write({&value, 1}); }
  void u16(std::uint16_t value) {
    const std::array<std::uint8_t, 2> bytes{static_cast<std::uint8_t>(value & 0xff),
                                            static_cast<std::uint8_t>(value >> 8)};
    sink_->write(bytes);
  }
  void u32(std::uint32_t value) {
    std::array<std::uint8_t, 4> bytes{};
    for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>((value >> (8 * i)) & 0xff);
    sink_->write(bytes);
  }
  void bytes(Bytes value) {
    if (!value.empty()) sink_->write(value);
  }
  void pad(std::size_t length) {
    constexpr std::array<std::uint8_t, 3> zeros{};
    bytes(Bytes(zeros).first(padding(length)));
  }
  void option(std::uint16_t code, std::string_view text) {
    if (text.empty()) return;
    u16(code);
    u16(static_cast<std::uint16_t>(text.size()));
    bytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    pad(text.size());
  }
  void end() {
    u16(opt_endofopt);
    u16(0);
  }

 private:
  ByteSink* sink_;
};

std::string_view limited(std::string_view text) { return slice(text, 0, 0xffff); }

std::size_t size_of(std::span<const Bytes> pieces) {
  std::size_t size = 0;
  for (const Bytes piece : pieces) size += piece.size();
  return size;
}

}  // namespace

PcapngWriter::PcapngWriter(ByteSink& sink, std::string_view application) : sink_(&sink) {
  application = limited(application);
  Out out(sink);
  const auto length = static_cast<std::uint32_t>(28 + option_size(application.size()) + end_of_options);
  out.u32(section_header_block);
  out.u32(length);
  out.u32(0x1a2b3c4d);  // byte order magic
  out.u16(1);           // version 1.0
  out.u16(0);
  out.u32(0xffffffff);  // section length: not specified
  out.u32(0xffffffff);
  out.option(shb_userappl, application);
  out.end();
  out.u32(length);
}

std::uint32_t PcapngWriter::add_interface(LinkType link, std::string_view name, std::string_view description,
                                          std::uint32_t snap_length) {
  name = limited(name);
  description = limited(description);
  Out out(*sink_);
  const auto length = static_cast<std::uint32_t>(
      20 + option_size(name.size()) + option_size(description.size()) + option_size(1) + end_of_options);
  out.u32(interface_description_block);
  out.u32(length);
  out.u16(link == LinkType::ethernet ? linktype_ethernet : linktype_raw);
  out.u16(0);
  out.u32(snap_length);
  out.option(if_name, name);
  out.option(if_description, description);
  out.u16(if_tsresol);
  out.u16(1);
  out.u8(6);  // 10^-6 s
  out.pad(1);
  out.end();
  out.u32(length);
  return interfaces_++;
}

std::size_t PcapngWriter::encoded_size(const PcapngPacket& packet, std::uint32_t snap_length) {
  const std::size_t captured = std::min<std::size_t>(size_of(packet.pieces), snap_length);
  return 32 + captured + padding(captured) + option_size(limited(packet.comment).size()) + option_size(4) +
         end_of_options;
}

void PcapngWriter::encode(ByteSink& sink, const PcapngPacket& packet, std::uint32_t snap_length) {
  const std::size_t available = size_of(packet.pieces);
  const std::size_t captured = std::min<std::size_t>(available, snap_length);
  const auto length = static_cast<std::uint32_t>(encoded_size(packet, snap_length));
  Out out(sink);
  out.u32(enhanced_packet_block);
  out.u32(length);
  out.u32(packet.interface);
  out.u32(static_cast<std::uint32_t>(packet.wall_microseconds >> 32));
  out.u32(static_cast<std::uint32_t>(packet.wall_microseconds & 0xffffffff));
  out.u32(static_cast<std::uint32_t>(captured));
  out.u32(static_cast<std::uint32_t>(available + packet.missing));
  std::size_t left = captured;
  for (const Bytes piece : packet.pieces) {
    const std::size_t count = std::min(left, piece.size());
    out.bytes(piece.first(count));
    left -= count;
  }
  out.pad(captured);
  out.option(opt_comment, limited(packet.comment));
  out.u16(epb_flags);
  out.u16(4);
  out.u32(static_cast<std::uint32_t>(packet.direction));
  out.end();
  out.u32(length);
}

}  // namespace linnet
