// SPDX-License-Identifier: Apache-2.0
// Writes captures that every packet analyser reads: pcapng (draft-ietf-opsawg-pcapng), little-endian.
#pragma once

#include <string_view>

#include "core/base/address.hpp"
#include "core/device/device.hpp"

namespace linnet {

/// Where bytes of a file go; the core itself writes no files.
struct ByteSink {
  virtual void write(Bytes bytes) = 0;

 protected:
  ~ByteSink() = default;
};

enum class Direction : std::uint8_t { inbound = 1, outbound = 2 };  // values of the epb_flags option

/// One packet, in pieces.
struct PcapngPacket {
  std::uint32_t interface = 0;          ///< what add_interface gave
  std::uint64_t wall_microseconds = 0;  ///< since 1970
  Direction direction = Direction::inbound;
  std::span<const Bytes> pieces{};
  std::size_t missing = 0;   ///< bytes at the packet's end that are in no piece
  std::string_view comment;  ///< shown with the packet; at most 65,535 bytes
};

class PcapngWriter {
 public:
  /// Begins the file: the section header block, naming the program that captures. `sink` must outlive the
  /// writer.
  PcapngWriter(ByteSink& sink, std::string_view application);
  PcapngWriter(const PcapngWriter&) = delete;
  PcapngWriter& operator=(const PcapngWriter&) = delete;

  /// An interface description block; packets are cut to `snap_length` bytes. Yields the interface's number.
  std::uint32_t add_interface(LinkType link, std::string_view name, std::string_view description,
                              std::uint32_t snap_length);
  void write(const PcapngPacket& packet, std::uint32_t snap_length) { encode(*sink_, packet, snap_length); }
  /// Blocks made by `encode`.
  void write_encoded(Bytes blocks) { sink_->write(blocks); }

  /// An enhanced packet block into any sink, and how many bytes that is.
  static void encode(ByteSink& sink, const PcapngPacket& packet, std::uint32_t snap_length);
  static std::size_t encoded_size(const PcapngPacket& packet, std::uint32_t snap_length);

 private:
  ByteSink* sink_;
  std::uint32_t interfaces_ = 0;
};

}  // namespace linnet
