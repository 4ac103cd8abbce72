// SPDX-License-Identifier: Apache-2.0
#include "core/device/pcapng.hpp"

#include "core/device/test_frames.hpp"
#include "core/device/test_pcapng.hpp"

namespace linnet {
namespace {

using test::Octets;

TEST(Pcapng, the_section_header_byte_by_byte) {
  test::MemorySink sink;
  PcapngWriter writer(sink, "linnet");
  const Octets expected{0x0a, 0x0d, 0x0d, 0x0a, 44,   0,    0,    0,    0x4d, 0x3c, 0x2b, 0x1a, 1, 0,   0,
                        0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 4,    0,    6,    0, 'l', 'i',
                        'n',  'n',  'e',  't',  0,    0,    0,    0,    0,    0,    44,   0,    0, 0};
  EXPECT_EQ(sink.bytes, expected);
}

TEST(Pcapng, interfaces_are_described) {
  test::MemorySink sink;
  PcapngWriter writer(sink, "");
  EXPECT_EQ(writer.add_interface(LinkType::ethernet, "tap0", "Linux tap", 65'600), 0u);
  EXPECT_EQ(writer.add_interface(LinkType::ip, "lo", "", 100), 1u);
  const auto blocks = test::read_blocks(sink.bytes);
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[0].type, 0x0a0d0d0au);
  EXPECT_EQ(blocks[1].type, 1u);
  EXPECT_EQ(test::little(blocks[1].body, 0, 2), 1u) << "LINKTYPE_ETHERNET";
  EXPECT_EQ(test::little(blocks[1].body, 4, 4), 65'600u);
  auto options = test::read_options(blocks[1].body, 8);
  EXPECT_EQ(options[2], "tap0");
  EXPECT_EQ(options[3], "Linux tap");
  EXPECT_EQ(options[9], "\x06") << "microseconds";
  EXPECT_EQ(test::little(blocks[2].body, 0, 2), 101u) << "LINKTYPE_RAW";
  options = test::read_options(blocks[2].body, 8);
  EXPECT_EQ(options[2], "lo");
  EXPECT_FALSE(options.contains(3));
}

TEST(Pcapng, packets_of_every_length_and_comment_are_padded) {
  for (std::size_t size = 0; size < 20; ++size) {
    for (std::size_t comment = 0; comment < 9; ++comment) {
      test::MemorySink sink;
      PcapngWriter writer(sink, "x");
      writer.add_interface(LinkType::ip, "a", "", 1000);
      const Octets data(size, 0xd1);
      const std::string text(comment, 'c');
      const std::array<Bytes, 2> pieces{Bytes(data).first(size / 2), Bytes(data).subspan(size / 2)};
      const PcapngPacket packet{.interface = 0,
                                .wall_microseconds = 0x0006'1234'89ab'cdef,
                                .direction = Direction::outbound,
                                .pieces = pieces,
                                .comment = text};
      const std::size_t before = sink.bytes.size();
      writer.write(packet, 1000);
      EXPECT_EQ(sink.bytes.size() - before, PcapngWriter::encoded_size(packet, 1000));
      const auto packets = test::read_packets(sink.bytes);
      ASSERT_EQ(packets.size(), 1u);
      EXPECT_EQ(packets[0].bytes, data);
      EXPECT_EQ(packets[0].comment, text);
      EXPECT_EQ(packets[0].microseconds, 0x0006'1234'89ab'cdefu);
      EXPECT_EQ(packets[0].flags, 2u);
      EXPECT_EQ(packets[0].original_length, size);
    }
  }
}

TEST(Pcapng, packets_are_cut_to_the_snap_length) {
  test::MemorySink sink;
  PcapngWriter writer(sink, "x");
  writer.add_interface(LinkType::ip, "a", "", 10);
  const Octets one(7, 1);
  const Octets two(7, 2);
  const std::array<Bytes, 2> pieces{one, two};
  writer.write({.pieces = pieces, .missing = 100}, 10);
  const auto packets = test::read_packets(sink.bytes);
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].bytes, (Octets{1, 1, 1, 1, 1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(packets[0].original_length, 114u);
  EXPECT_EQ(packets[0].flags, 1u);
}

}  // namespace
}  // namespace linnet
