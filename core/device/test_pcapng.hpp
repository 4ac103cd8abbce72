// SPDX-License-Identifier: Apache-2.0
// Reads captures back, by the draft's text and sharing no code with the writer.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/device/pcapng.hpp"

namespace linnet::test {

struct MemorySink final : ByteSink {
  void write(Bytes data) override { bytes.insert(bytes.end(), data.begin(), data.end()); }
  std::vector<std::uint8_t> bytes;
};

struct ReadBlock {
  std::uint32_t type = 0;
  std::vector<std::uint8_t> body;
};
struct ReadPacket {
  std::uint32_t interface = 0;
  std::uint64_t microseconds = 0;
  std::uint32_t original_length = 0;
  std::vector<std::uint8_t> bytes;
  std::string comment;
  std::uint32_t flags = 0;
};

inline std::uint32_t little(const std::vector<std::uint8_t>& bytes, std::size_t at, int size) {
  std::uint32_t value = 0;
  for (int i = 0; i < size; ++i) value |= static_cast<std::uint32_t>(bytes.at(at + i)) << (8 * i);
  return value;
}

inline std::vector<ReadBlock> read_blocks(const std::vector<std::uint8_t>& file) {
  std::vector<ReadBlock> blocks;
  for (std::size_t at = 0; at < file.size();) {
    const std::uint32_t length = little(file, at + 4, 4);
    EXPECT_EQ(length % 4, 0u);
    if (length < 12 || at + length > file.size()) {
      ADD_FAILURE() << "block of " << length << " bytes at " << at;
      break;
    }
    EXPECT_EQ(little(file, at + length - 4, 4), length) << "both lengths agree";
    const auto begin = file.begin() + static_cast<std::ptrdiff_t>(at);
    blocks.push_back({little(file, at, 4), {begin + 8, begin + static_cast<std::ptrdiff_t>(length) - 4}});
    at += length;
  }
  return blocks;
}

inline std::map<unsigned, std::string> read_options(const std::vector<std::uint8_t>& body, std::size_t at) {
  std::map<unsigned, std::string> options;
  while (true) {
    const unsigned code = little(body, at, 2);
    const std::size_t length = little(body, at + 2, 2);
    at += 4;
    if (code == 0) break;
    const auto begin = body.begin() + static_cast<std::ptrdiff_t>(at);
    options[code] = std::string(begin, begin + static_cast<std::ptrdiff_t>(length));
    at += (length + 3) / 4 * 4;
  }
  EXPECT_EQ(at, body.size()) << "the end of options ends the block";
  return options;
}

inline std::vector<ReadPacket> read_packets(const std::vector<std::uint8_t>& file) {
  std::vector<ReadPacket> packets;
  for (const ReadBlock& block : read_blocks(file)) {
    if (block.type != 6) continue;
    const std::uint32_t captured = little(block.body, 12, 4);
    const auto options = read_options(block.body, 20 + (captured + 3) / 4 * 4);
    const auto data = block.body.begin() + 20;
    ReadPacket packet{
        .interface = little(block.body, 0, 4),
        .microseconds = std::uint64_t{little(block.body, 4, 4)} << 32 | little(block.body, 8, 4),
        .original_length = little(block.body, 16, 4),
        .bytes = {data, data + static_cast<std::ptrdiff_t>(captured)}};
    if (options.contains(1)) packet.comment = options.at(1);
    const std::string flags = options.at(2);
    packet.flags = little({flags.begin(), flags.end()}, 0, 4);
    packets.push_back(packet);
  }
  return packets;
}

}  // namespace linnet::test
