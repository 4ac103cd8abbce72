// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/wire.hpp"

#include <algorithm>

#include "core/base/checksum.hpp"
#include "core/base/reader.hpp"

namespace linnet::tcp {
namespace {

enum OptionKind : std::uint8_t {
  end_of_list = 0,
  no_operation = 1,
  kind_maximum_segment_size = 2,
  kind_window_scale = 3,
  kind_sack_permitted = 4,
  kind_sack = 5,
  kind_timestamp = 8,
  kind_fast_open = 34,
  kind_experimental = 254,
};

void parse_sack(Reader& body, std::size_t length, SegmentOptions& options) {
  // RFC 2018 3: 8n bytes. A length that is none of these is a malformed option, ignored (C15-09).
  if (length % 8 != 0) return;
  for (std::size_t i = 0; i < length / 8 && i < SegmentOptions::maximum_sack_blocks; ++i) {
    const SequenceNumber left(body.u32());
    const SequenceNumber right(body.u32());
    options.sack[options.sack_count++] = {left, right};
  }
}

constexpr std::uint16_t fast_open_magic = 0xf989;  // RFC 6994

/// RFC 7413 4.1.1: a cookie has 4 to 16 bytes, an even number; an option of another length is ignored.
void parse_fast_open(Bytes cookie, bool experimental, SegmentOptions& options) {
  const bool possible = cookie.empty() || (cookie.size() >= 4 && cookie.size() <= 16 && cookie.size() % 2 == 0);
  if (!possible) return;
  FastOpenCookie& found = options.fast_open.emplace();
  found.size = static_cast<std::uint8_t>(cookie.size());
  found.experimental = experimental;
  std::copy(cookie.begin(), cookie.end(), found.bytes.begin());
}

void parse_option(std::uint8_t kind, Bytes bytes, bool syn, SegmentOptions& options) {
  Reader body(bytes);
  // An option with another length than its RFC's is ignored, like one that is not allowed here.
  if (kind == kind_maximum_segment_size && bytes.size() == 2 && syn) {
    options.maximum_segment_size = body.u16();
  } else if (kind == kind_window_scale && bytes.size() == 1 && syn) {
    options.window_scale = std::min<std::uint8_t>(body.u8(), 14);  // RFC 7323 2.3: more than 14 is taken as 14
  } else if (kind == kind_sack_permitted && bytes.empty() && syn) {
    options.sack_permitted = true;
  } else if (kind == kind_timestamp && bytes.size() == 8) {
    options.has_timestamp = true;
    options.timestamp_value = body.u32();
    options.timestamp_echo = body.u32();
  } else if (kind == kind_fast_open && syn) {
    parse_fast_open(bytes, false, options);
  } else if (kind == kind_experimental && syn && bytes.size() >= 2 && load16(bytes.data()) == fast_open_magic) {
    parse_fast_open(bytes.subspan(2), true, options);
  } else if (kind == kind_sack && !syn) {
    parse_sack(body, bytes.size(), options);
  }
}

}  // namespace

std::optional<SegmentOptions> SegmentOptions::parse(Bytes area, bool syn) {
  SegmentOptions options;
  // RFC 7323 appendix A: nearly every segment has just this layout.
  if (area.size() == timestamp_option_size && load32(area.data()) == 0x0101080au) {
    options.has_timestamp = true;
    options.timestamp_value = load32(area.data() + 4);
    options.timestamp_echo = load32(area.data() + 8);
    return options;
  }
  Reader reader(area);
  while (!reader.at_end()) {
    const std::uint8_t kind = reader.u8();
    if (kind == end_of_list) break;
    if (kind == no_operation) continue;
    const std::uint8_t length = reader.u8();
    if (!reader.ok() || length < 2 || length - 2u > reader.remaining()) return std::nullopt;
    parse_option(kind, reader.bytes(length - 2u), syn, options);
  }
  return options;
}

Result<Segment, Drop> Segment::parse(const ip::Datagram& datagram) {
  const Bytes bytes = datagram.packet.bytes();
  if (bytes.size() < header_size) return Failure{Drop::tcp_header_length};
  const Fields<header_size> header(bytes.data());
  const std::size_t header_length = static_cast<std::size_t>(header.get8<12>() >> 4) * 4;
  if (header_length < header_size || header_length > bytes.size()) return Failure{Drop::tcp_header_length};
  if (!datagram.packet.info.checksum_verified) {
    Checksum checksum = pseudo_header_checksum(datagram.source, datagram.destination, ip::protocol::tcp,
                                               static_cast<std::uint32_t>(bytes.size()));
    checksum.add(bytes);
    if (!checksum.good()) return Failure{Drop::tcp_checksum};  // RFC 9293 MUST-3
  }
  Segment segment;
  segment.source_port = header.get16<0>();
  segment.destination_port = header.get16<2>();
  segment.seq = SequenceNumber(header.get32<4>());
  segment.ack = SequenceNumber(header.get32<8>());
  segment.flags = header.get8<13>();
  segment.wnd = header.get16<14>();
  segment.up = header.get16<18>();
  segment.header_length = static_cast<std::uint8_t>(header_length);
  segment.data_length = static_cast<std::uint32_t>(bytes.size() - header_length);
  if (segment.source_port == 0 || segment.destination_port == 0) return Failure{Drop::tcp_port_zero};
  if (header_length > header_size) {
    const auto options =
        SegmentOptions::parse(bytes.subspan(header_size, header_length - header_size), segment.has(Flags::syn));
    if (!options) return Failure{Drop::tcp_options};
    segment.options = *options;
  }
  return segment;
}

void OptionsWriter::maximum_segment_size(std::uint16_t value) {
  writer_.u8(kind_maximum_segment_size);
  writer_.u8(4);
  writer_.u16(value);
}

void OptionsWriter::window_scale(std::uint8_t shift) {
  writer_.u8(no_operation);
  writer_.u8(kind_window_scale);
  writer_.u8(3);
  writer_.u8(shift);
}

void OptionsWriter::sack_permitted() {
  writer_.u8(no_operation);
  writer_.u8(no_operation);
  writer_.u8(kind_sack_permitted);
  writer_.u8(2);
}

void OptionsWriter::timestamp(std::uint32_t value, std::uint32_t echo) {
  writer_.u32(0x0101080au);
  writer_.u32(value);
  writer_.u32(echo);
}

void OptionsWriter::syn(const SynOptions& options, OptionOrder order) {
  maximum_segment_size(options.maximum_segment_size);
  if (order == OptionOrder::bsd) {
    if (options.window_scale) window_scale(*options.window_scale);
    if (options.sack_permitted) {
      writer_.u8(kind_sack_permitted);
      writer_.u8(2);
    }
    if (options.timestamp) {
      while (writer_.size() % 4 != 2) writer_.u8(no_operation);  // the numbers stand on word boundaries
      writer_.u8(kind_timestamp);
      writer_.u8(10);
      writer_.u32(options.timestamp->value);
      writer_.u32(options.timestamp->echo);
    }
  } else {
    if (options.timestamp) {
      // SACK-permitted takes the place of the two NOPs before a timestamp.
      writer_.u32(options.sack_permitted ? 0x0402080au : 0x0101080au);
      writer_.u32(options.timestamp->value);
      writer_.u32(options.timestamp->echo);
    } else if (options.sack_permitted) {
      sack_permitted();
    }
    if (options.window_scale) window_scale(*options.window_scale);
  }
  if (options.fast_open) fast_open(*options.fast_open);
}

void OptionsWriter::fast_open(const FastOpenCookie& cookie) {
  const std::size_t size = cookie.size + (cookie.experimental ? 4u : 2u);
  writer_.u8(cookie.experimental ? kind_experimental : kind_fast_open);
  writer_.u8(static_cast<std::uint8_t>(size));
  if (cookie.experimental) writer_.u16(fast_open_magic);
  writer_.bytes(Bytes(cookie.bytes).first(cookie.size));
  for (std::size_t i = size; i % 4 != 0; ++i) writer_.u8(no_operation);
}

void OptionsWriter::sack(std::span<const SackBlock> blocks) {
  const std::size_t count = std::min(blocks.size(), (writer_.room() - 4) / 8);
  if (count == 0) return;
  writer_.u8(no_operation);
  writer_.u8(no_operation);
  writer_.u8(kind_sack);
  writer_.u8(static_cast<std::uint8_t>(2 + 8 * count));
  for (std::size_t i = 0; i < count; ++i) {
    writer_.u32(blocks[i].left.value());
    writer_.u32(blocks[i].right.value());
  }
}

Bytes OptionsWriter::finish() {
  while (writer_.size() % 4 != 0) writer_.u8(end_of_list);
  return writer_.written();
}

}  // namespace linnet::tcp
