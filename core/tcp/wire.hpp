// SPDX-License-Identifier: Apache-2.0
// The TCP header (RFC 9293 3.1) and its options, bytes to values and back.
#pragma once

#include <optional>

#include "core/base/fields.hpp"
#include "core/base/result.hpp"
#include "core/base/sequence_number.hpp"
#include "core/base/writer.hpp"
#include "core/ip/datagram.hpp"
#include "core/tcp/config.hpp"

namespace linnet::tcp {

constexpr std::size_t header_size = 20;
constexpr std::size_t maximum_header_size = 60;
constexpr std::size_t timestamp_option_size = 12;  // with its two NOPs (RFC 7323 appendix A)

/// The control bits, RFC 9293 3.1.
struct Flags {
  static constexpr std::uint8_t fin = 0x01;
  static constexpr std::uint8_t syn = 0x02;
  static constexpr std::uint8_t rst = 0x04;
  static constexpr std::uint8_t psh = 0x08;
  static constexpr std::uint8_t ack = 0x10;
  static constexpr std::uint8_t urg = 0x20;
  static constexpr std::uint8_t ece = 0x40;
  static constexpr std::uint8_t cwr = 0x80;
};

/// One block of a SACK option (RFC 2018 3): [left, right).
struct SackBlock {
  SequenceNumber left;
  SequenceNumber right;
  bool operator==(const SackBlock&) const = default;
};

/// A Fast Open option (RFC 7413 4.1.1): without a cookie, the request for one.
struct FastOpenCookie {
  std::array<std::uint8_t, 16> bytes{};
  std::uint8_t size = 0;
  bool experimental = false;  ///< in option 254 with the magic number 0xf989, as before the RFC
  bool operator==(const FastOpenCookie&) const = default;
};

/// The options of a segment. Malformed ones are skipped, the rest of the area is then not looked at.
struct SegmentOptions {
  static constexpr std::size_t maximum_sack_blocks = 4;

  std::optional<std::uint16_t> maximum_segment_size;  ///< SYN only
  std::optional<std::uint8_t> window_scale;           ///< SYN only; at most 14 (RFC 7323 2.3)
  bool sack_permitted = false;                        ///< SYN only
  std::optional<FastOpenCookie> fast_open;            ///< SYN only
  bool has_timestamp = false;
  std::uint32_t timestamp_value = 0;
  std::uint32_t timestamp_echo = 0;
  std::uint8_t sack_count = 0;
  std::array<SackBlock, maximum_sack_blocks> sack{};

  /// `area` is what stands behind the fixed header. Yields nothing when an option's length is impossible
  /// (RFC 9293 MUST-7: an illegal option length must not crash or loop; the segment is then dropped).
  static std::optional<SegmentOptions> parse(Bytes area, bool syn);
};

/// A received segment: to hold one is to know that its lengths and its checksum are right.
class Segment {
 public:
  /// The names of RFC 9293 3.3.1.
  SequenceNumber seq;
  SequenceNumber ack;
  std::uint32_t wnd = 0;  ///< as sent: not scaled yet
  std::uint16_t up = 0;
  std::uint8_t flags = 0;
  std::uint8_t header_length = 0;
  std::uint32_t data_length = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  SegmentOptions options;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  /// SEG.LEN: data, SYN and FIN.
  std::uint32_t length() const { return data_length + (has(Flags::syn) ? 1u : 0u) + (has(Flags::fin) ? 1u : 0u); }

  /// Checks length, checksum and options of the datagram's payload; on failure the drop reason.
  static Result<Segment, Drop> parse(const ip::Datagram& datagram);
};

/// What goes into an outgoing header.
struct HeaderFields {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  SequenceNumber seq;
  SequenceNumber ack;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;
  std::uint16_t urgent_pointer = 0;
};

/// Writes a header of 20 + `options_size` bytes (a multiple of 4) with a zero checksum; the options' bytes are the caller's.
inline void write_header(std::uint8_t* at, const HeaderFields& fields, std::size_t options_size) {
  MutableFields<header_size> header(at);
  header.set16<0>(fields.source_port);
  header.set16<2>(fields.destination_port);
  header.set32<4>(fields.seq.value());
  header.set32<8>(fields.ack.value());
  header.set8<12>(static_cast<std::uint8_t>(((header_size + options_size) / 4) << 4));
  header.set8<13>(fields.flags);
  header.set16<14>(fields.window);
  header.set16<16>(0);
  header.set16<18>(fields.urgent_pointer);
}

/// The options of an outgoing SYN.
struct SynOptions {
  struct Timestamp {
    std::uint32_t value = 0;
    std::uint32_t echo = 0;
  };
  std::uint16_t maximum_segment_size = 0;
  bool sack_permitted = false;
  std::optional<Timestamp> timestamp;
  std::optional<std::uint8_t> window_scale;
  std::optional<FastOpenCookie> fast_open;
};

/// Writes a SACK option with two NOPs in front, a multiple of four bytes, and yields its size (RFC 2018 3).
inline std::size_t write_sack(std::uint8_t* at, std::span<const SackBlock> blocks) {
  const auto length = static_cast<std::uint32_t>(2 + 8 * blocks.size());
  store32(at, 0x01010500u | length);
  for (const SackBlock& block : blocks) {
    store32(at + 4, block.left.value());
    store32(at + 8, block.right.value());
    at += 8;
  }
  return length + 2;
}

/// Options of an outgoing segment, padded to a multiple of four bytes.
class OptionsWriter {
 public:
  void maximum_segment_size(std::uint16_t value);
  void window_scale(std::uint8_t shift);
  void sack_permitted();
  void timestamp(std::uint32_t value, std::uint32_t echo);
  /// All options of a SYN, in that order.
  void syn(const SynOptions& options, OptionOrder order);
  void fast_open(const FastOpenCookie& cookie);
  /// As many of the blocks as fit.
  void sack(std::span<const SackBlock> blocks);
  /// Pads and yields all options.
  Bytes finish();

 private:
  std::array<std::uint8_t, 40> buffer_{};
  Writer writer_{buffer_};
};

}  // namespace linnet::tcp
