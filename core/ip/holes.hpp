// SPDX-License-Identifier: Apache-2.0
// The holes of a datagram being reassembled (RFC 815). A hole's descriptor stands in the hole itself (RFC 815
// 4), so that the block is all the memory that a reassembly takes.
#pragma once

#include "core/base/block.hpp"
#include "core/base/digest.hpp"
#include "core/base/drop.hpp"

namespace linnet::ip {

/// Offsets count bytes of the datagram's payload; descriptors count units of 8 bytes.
class Holes {
 public:
  static constexpr std::uint32_t header_room = 60;  ///< in front of the payload: the longest IPv4 header
  static constexpr std::uint8_t maximum = 64;

  /// Begins with one hole without end in an empty block.
  void begin(BlockHeader& block);
  /// Puts a fragment's payload into its hole. Drop::none, or what is wrong: fragment_size (nothing changed);
  /// fragment_overlap and fragment_limit (the datagram is not to be trusted, or not worth it).
  /// `duplicate` is set when those very bytes are there already; nothing changed then.
  Drop insert(BlockHeader& block, Bytes payload, std::uint32_t offset, bool last, bool& duplicate);

  bool complete() const { return count_ == 0; }
  /// Payload bytes in all; only when complete.
  std::uint32_t end() const { return end_; }
  /// Payload bytes from the beginning up to the first hole.
  std::uint32_t leading() const { return count_ == 0 ? end_ : first_ * 8u; }
  void digest(Digest& digest) const {
    digest.add((std::uint64_t{first_} << 32) | (std::uint64_t{count_} << 8) | (last_seen_ ? 1 : 0));
    digest.add((std::uint64_t{end_} << 32) | highest_);
  }
  /// How much payload a block can take.
  static std::uint32_t room(const BlockHeader& block) {
    return block.capacity < header_room + 8 ? 0 : block.capacity - header_room - 8;
  }

 private:
  static constexpr std::uint16_t none = 0xffff;      // end of the list
  static constexpr std::uint16_t infinite =
      0xffff;  // end of the last hole while the last fragment is missing

  struct Hole {
    std::uint16_t end = infinite;
    std::uint16_t next = none;
  };
  static Hole load(const BlockHeader& block, std::uint16_t at);
  static void store(BlockHeader& block, std::uint16_t at, const Hole& hole);
  void link(BlockHeader& block, std::uint16_t previous, std::uint16_t at);
  bool contradicts(std::uint32_t end, bool last) const;

  std::uint16_t first_ = none;
  std::uint8_t count_ = 0;
  bool last_seen_ = false;
  std::uint32_t end_ = 0;      // known once last_seen_
  std::uint32_t highest_ = 0;  // one past the last byte received
};

}  // namespace linnet::ip
