// SPDX-License-Identifier: Apache-2.0
// Frame: what is transmitted. It lives on the C++ stack, holds the headers, and points at payload that the
// sender still owns; the device gathers both before `transmit` returns.
#pragma once

#include <array>

#include "core/base/bytes.hpp"

namespace linnet {

/// A transport checksum that is still to be filled in by the device (RFC 1071 over everything from `header` on,
/// the pseudo header's sum standing in the field).
struct ChecksumOffload {
  std::uint16_t header_from_end = 0;  ///< transport header begins this many bytes before the payload; 0: none
  std::uint16_t field = 0;            ///< offset of the checksum field inside the transport header
};

class Frame {
 public:
  static constexpr std::size_t header_capacity = 160;  // Ethernet + tag 18, IPv4 and TCP with options 60 each
  static constexpr std::size_t max_payload_spans = 20;

  Frame() = default;
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  /// Room for a header of `n` bytes in front of what is there: layers call it from the inside out. Null when
  /// the header area is full. The bytes are not cleared.
  std::uint8_t* prepend(std::size_t n) {
    if (n > begin_) return nullptr;
    begin_ -= n;
    return area_.data() + begin_;
  }
  /// Takes back what a lower layer prepended, so that the same packet can be framed for another try.
  void strip(std::size_t n) { begin_ += n; }

  /// Points at `bytes`, which must stay as they are until `transmit` returns. False when there is no span left.
  bool add_payload(Bytes bytes) {
    if (bytes.empty()) return true;
    if (span_count_ == max_payload_spans) return false;
    spans_[span_count_++] = bytes;
    payload_size_ += bytes.size();
    return true;
  }

  MutableBytes header() { return {area_.data() + begin_, header_capacity - begin_}; }
  Bytes header() const { return {area_.data() + begin_, header_capacity - begin_}; }
  std::span<const Bytes> payload() const { return {spans_.data(), span_count_}; }
  std::size_t payload_size() const { return payload_size_; }
  std::size_t size() const { return header_capacity - begin_ + payload_size_; }

  /// Writes the whole frame to `to`, which must hold size() bytes.
  void gather(std::uint8_t* to) const {
    const Bytes head = header();
    copy_bytes(to, head);
    to += head.size();
    for (const Bytes span : payload()) {
      copy_bulk(to, span);
      to += span.size();
    }
  }
  /// The payload bytes [offset, offset + length) as another frame's payload (for fragments and segments).
  void slice_payload_into(Frame& other, std::size_t offset, std::size_t length) const {
    for (const Bytes span : payload()) {
      if (length == 0) return;
      if (offset >= span.size()) {
        offset -= span.size();
        continue;
      }
      const std::size_t piece = span.size() - offset < length ? span.size() - offset : length;
      other.add_payload(span.subspan(offset, piece));
      offset = 0;
      length -= piece;
    }
  }

  ChecksumOffload checksum;
  /// Payload bytes of each segment to be cut from this super-segment; 0: the frame is an ordinary one.
  std::uint16_t segment_size = 0;
  bool transit = false;  ///< forwarded for others: its source is no address of ours

 private:
  std::size_t begin_ = header_capacity;
  std::size_t span_count_ = 0;
  std::size_t payload_size_ = 0;
  std::array<std::uint8_t, header_capacity> area_;
  std::array<Bytes, max_payload_spans> spans_;
};

}  // namespace linnet
