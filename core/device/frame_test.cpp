// SPDX-License-Identifier: Apache-2.0
#include "core/device/frame.hpp"

#include "core/device/frame_layout.hpp"
#include "core/device/test_frames.hpp"

namespace linnet {
namespace {

using test::as_bytes;
using test::as_string;

TEST(Frame, layers_prepend_from_the_inside_out) {
  Frame frame;
  EXPECT_EQ(frame.size(), 0u);
  std::memcpy(frame.prepend(3), "tcp", 3);
  std::memcpy(frame.prepend(2), "ip", 2);
  std::memcpy(frame.prepend(4), "link", 4);
  EXPECT_EQ(as_string(frame.header()), "linkiptcp");
  frame.strip(4);
  EXPECT_EQ(as_string(frame.header()), "iptcp");
  std::memcpy(frame.prepend(4), "vlan", 4);
  EXPECT_EQ(as_string(frame.header()), "vlaniptcp");
}

TEST(Frame, a_full_header_area_says_so) {
  Frame frame;
  EXPECT_NE(frame.prepend(Frame::header_capacity - 1), nullptr);
  EXPECT_EQ(frame.prepend(2), nullptr);
  EXPECT_EQ(frame.header().size(), Frame::header_capacity - 1) << "a refused header changes nothing";
  EXPECT_NE(frame.prepend(1), nullptr);
  EXPECT_EQ(frame.prepend(1), nullptr);
  EXPECT_EQ(frame.prepend(static_cast<std::size_t>(-1)), nullptr);
}

TEST(Frame, points_at_so_many_spans_and_no_more) {
  const std::string text = "0123456789";
  Frame frame;
  EXPECT_TRUE(frame.add_payload({})) << "an empty piece takes no span";
  for (std::size_t i = 0; i < Frame::max_payload_spans; ++i) EXPECT_TRUE(frame.add_payload(as_bytes(text)));
  EXPECT_FALSE(frame.add_payload(as_bytes(text)));
  EXPECT_TRUE(frame.add_payload({}));
  EXPECT_EQ(frame.payload_size(), text.size() * Frame::max_payload_spans);
}

TEST(Frame, gathers_headers_and_payload) {
  const std::string one = "hello ";
  const std::string two = "world";
  Frame frame;
  std::memcpy(frame.prepend(2), "> ", 2);
  frame.add_payload(as_bytes(one));
  frame.add_payload(as_bytes(two));
  EXPECT_EQ(frame.size(), 13u);
  EXPECT_EQ(as_string(test::gathered(frame)), "> hello world");
}

TEST(Frame, slices_of_the_payload_are_the_payload) {
  const std::string text = "abcdefghijklmnopqrstuvwxyz";
  for (const std::size_t piece : {1u, 2u, 3u, 7u, 26u}) {
    if (text.size() / piece > Frame::max_payload_spans) continue;
    Frame frame;
    for (std::size_t i = 0; i < text.size(); i += piece)
      frame.add_payload(as_bytes(text).subspan(i, std::min(piece, text.size() - i)));
    for (std::size_t offset = 0; offset <= text.size(); ++offset) {
      for (std::size_t length = 0; offset + length <= text.size(); ++length) {
        Frame slice;
        frame.slice_payload_into(slice, offset, length);
        ASSERT_EQ(as_string(test::gathered(slice)), text.substr(offset, length));
      }
    }
  }
}

TEST(Packet, is_trimmed_and_restored) {
  test::OwnedPool owned({.small_size = 64, .small_count = 1});
  Block block = owned.pool.allocate(1);
  std::memcpy(block.data(), "..headbodytail", 14);
  Packet packet(std::move(block), 2, 14);
  EXPECT_EQ(packet.size(), 12u);
  packet.consume(4);
  packet.truncate(4);
  EXPECT_EQ(as_string(packet.bytes()), "body");
  packet.restore(4);
  EXPECT_EQ(as_string(packet.bytes()), "headbody");
  packet.mutable_bytes()[0] = 'H';
  Packet moved = std::move(packet);
  EXPECT_EQ(as_string(moved.bytes()), "Headbody");
  EXPECT_FALSE(owned.pool.full());
  { const Block taken = moved.take_block(); }
  EXPECT_TRUE(owned.pool.full());
}

TEST(FrameLayout, finds_the_headers_of_every_kind_of_packet) {
  for (const LinkType link : {LinkType::ethernet, LinkType::ip}) {
    for (const bool vlan : {false, true}) {
      for (const int version : {4, 6}) {
        for (const std::size_t options : {0u, 8u, 40u}) {
          for (const std::uint8_t protocol : {6, 17}) {
            const test::FrameSpec spec{
                .link = link, .vlan = vlan, .version = version, .protocol = protocol, .ip_options = options};
            const auto headers = test::make_headers(spec, 100);
            const auto layout = FrameLayout::parse(headers.bytes, link);
            ASSERT_TRUE(layout);
            EXPECT_EQ(layout->network, headers.network);
            EXPECT_EQ(layout->transport, headers.transport);
            EXPECT_EQ(layout->version, version);
            EXPECT_EQ(layout->protocol, protocol);
            EXPECT_FALSE(layout->fragment);
            for (std::size_t length = 0; length < headers.transport; ++length) {
              ASSERT_FALSE(FrameLayout::parse(Bytes(headers.bytes).first(length), link))
                  << "truncated to " << length;
            }
          }
        }
      }
    }
  }
}

TEST(FrameLayout, refuses_what_is_no_ip_packet) {
  test::Octets arp(60, 0);
  arp[12] = 0x08;
  arp[13] = 0x06;
  EXPECT_FALSE(FrameLayout::parse(arp, LinkType::ethernet));
  test::Octets tags(60, 0);
  for (std::size_t at = 12; at < 40; at += 4) tags[at] = 0x81;
  EXPECT_FALSE(FrameLayout::parse(tags, LinkType::ethernet)) << "tags without end";
  test::Octets short_header = test::make_headers({.link = LinkType::ip}, 0).bytes;
  short_header[0] = 0x44;
  EXPECT_FALSE(FrameLayout::parse(short_header, LinkType::ip));
  short_header[0] = 0x54;
  EXPECT_FALSE(FrameLayout::parse(short_header, LinkType::ip));
}

TEST(FrameLayout, IEEE_802_1ad_two_tags) {
  test::Octets plain = test::make_headers({}, 0).bytes;
  test::Octets tagged(plain.begin(), plain.begin() + 12);
  for (const std::uint8_t byte : {0x88, 0xa8, 0, 1, 0x81, 0, 0, 2}) tagged.push_back(byte);
  tagged.insert(tagged.end(), plain.begin() + 12, plain.end());
  EXPECT_EQ(FrameLayout::parse(tagged, LinkType::ethernet)->network, 22);
}

TEST(FrameLayout, RFC8200_4_5_fragments_of_IPv6_and_RFC6946_atomic_ones) {
  test::Octets packet(60, 0);
  packet[0] = 0x60;
  packet[6] = 44;   // a fragment header
  packet[40] = 17;  // UDP behind it
  EXPECT_FALSE(FrameLayout::parse(packet, LinkType::ip)->fragment) << "all of it";
  EXPECT_EQ(FrameLayout::parse(packet, LinkType::ip)->transport, 48);
  packet[43] = 1;
  EXPECT_TRUE(FrameLayout::parse(packet, LinkType::ip)->fragment) << "more fragments";
  packet[40] = 60;  // options behind it: still a fragment
  packet[48] = 17;
  EXPECT_TRUE(FrameLayout::parse(packet, LinkType::ip)->fragment);
  EXPECT_EQ(FrameLayout::parse(packet, LinkType::ip)->transport, 56);
  packet[49] = 1;  // longer than the packet
  EXPECT_FALSE(FrameLayout::parse(packet, LinkType::ip));
}

TEST(FrameLayout, extension_headers_longer_than_any_packet) {
  test::Octets packet(40 + 34 * 2048,
                      0);  // 34 headers of the largest size: more than offsets of 16 bits name
  packet[0] = 0x60;
  for (std::size_t at = 40; at < packet.size(); at += 2048) packet[at + 1] = 255;
  EXPECT_FALSE(FrameLayout::parse(packet, LinkType::ip));
  packet[40 + 30 * 2048] = 17;
  ASSERT_TRUE(FrameLayout::parse(packet, LinkType::ip));
  EXPECT_EQ(FrameLayout::parse(packet, LinkType::ip)->transport, 40 + 31 * 2048);
}

TEST(FrameLayout, tells_fragments) {
  auto headers = test::make_headers({}, 0);
  test::put_word(headers.bytes, headers.network + 6, 0x2000);
  EXPECT_TRUE(FrameLayout::parse(headers.bytes, LinkType::ethernet)->fragment) << "more fragments";
  test::put_word(headers.bytes, headers.network + 6, 0x0001);
  EXPECT_TRUE(FrameLayout::parse(headers.bytes, LinkType::ethernet)->fragment) << "a later fragment";
  test::put_word(headers.bytes, headers.network + 6, 0x4000);
  EXPECT_FALSE(FrameLayout::parse(headers.bytes, LinkType::ethernet)->fragment) << "don't fragment";
}

}  // namespace
}  // namespace linnet
