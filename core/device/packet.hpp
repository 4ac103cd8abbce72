// SPDX-License-Identifier: Apache-2.0
// Packet: a received frame on its way up. Layers trim it; whoever wants its bytes for longer takes the block.
#pragma once

#include "core/base/address.hpp"
#include "core/base/block.hpp"

namespace linnet {

/// What is known of a received frame beside its bytes.
struct ReceiveInfo {
  std::uint8_t interface = 0;       ///< filled in by the stack
  bool checksum_verified = false;   ///< the device vouches for the transport checksum (or it never left this host)
  bool link_broadcast = false;      ///< sent to a broadcast or multicast link address
  bool reassembled = false;         ///< put together from fragments: anybody may have sent any but the first
  std::uint16_t segment_size = 0;   ///< payload of each original segment, if the device coalesced several; else 0
  std::uint16_t ethertype = 0;      ///< filled in by the link layer
};

class Packet {
 public:
  Packet() = default;
  /// The bytes [begin, end) of `block` are the frame.
  Packet(Block block, std::uint32_t begin, std::uint32_t end)
      : block_(std::move(block)), begin_(begin), end_(end) {}

  Bytes bytes() const { return {block_.data() + begin_, static_cast<std::size_t>(end_ - begin_)}; }
  MutableBytes mutable_bytes() { return {block_.data() + begin_, static_cast<std::size_t>(end_ - begin_)}; }
  std::uint32_t size() const { return end_ - begin_; }
  /// Steps over `n` bytes at the front (n <= size()): a header that was read.
  void consume(std::uint32_t n) { begin_ += n; }
  /// Gives back what `consume` stepped over, for quoting a packet in an ICMP error.
  void restore(std::uint32_t n) { begin_ -= n; }
  /// Cuts the end off so that `n` bytes stay (n <= size()): padding, trailers.
  void truncate(std::uint32_t n) { end_ = begin_ + n; }

  std::uint32_t begin() const { return begin_; }
  std::uint32_t end() const { return end_; }
  /// Bytes of the block that it stands in.
  std::uint32_t capacity() const { return block_.capacity(); }
  Block take_block() { return std::move(block_); }

  ReceiveInfo info;

 private:
  Block block_;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
};

}  // namespace linnet
