// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/vnet_header.hpp"

#include <gtest/gtest.h>

#include "platform/linux/test_support.hpp"

namespace linnet::platform {
namespace {

using namespace test;

const Flow v4{.our_mac = {{2, 0, 0, 0, 0, 1}},
              .peer_mac = {{2, 0, 0, 0, 0, 2}},
              .our_address = IpAddress::v4(192, 0, 2, 1),
              .peer_address = IpAddress::v4(192, 0, 2, 2),
              .our_port = 1,
              .peer_port = 2};

TEST(VnetHeader, an_ordinary_frame_asks_for_nothing) {
  Frame frame;
  build_udp(frame, v4, {}, false);
  const VnetHeader header = vnet_header_of(frame);
  EXPECT_EQ(header.flags, 0);
  EXPECT_EQ(header.gso_type, VnetHeader::gso_none);
}

TEST(VnetHeader, names_the_place_of_an_undone_checksum) {
  Frame frame;
  const Payload payload = pattern(10);
  build_udp(frame, v4, payload, true);
  const VnetHeader header = vnet_header_of(frame);
  EXPECT_EQ(header.flags, VnetHeader::needs_checksum);
  EXPECT_EQ(header.checksum_start, 34);
  EXPECT_EQ(header.checksum_offset, 6);
  EXPECT_EQ(header.gso_type, VnetHeader::gso_none);
}

TEST(VnetHeader, describes_a_super_segment) {
  const Payload payload = pattern(5000);
  constexpr std::array<std::uint8_t, 12> options = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
  Flow v6 = v4;
  v6.our_address = *IpAddress::parse("2001:db8::1");
  v6.peer_address = *IpAddress::parse("2001:db8::2");
  for (const bool ipv6 : {false, true}) {
    for (const bool congestion_window_reduced : {false, true}) {
      Segment segment{.sequence = 1,
                      .acknowledgement = 1,
                      .flags = ack,
                      .options = options,
                      .segment_size = 1448,
                      .offload = true,
                      .payload = {payload}};
      if (congestion_window_reduced) segment.flags |= cwr;
      Frame frame;
      build_tcp(frame, ipv6 ? v6 : v4, segment);
      const VnetHeader header = vnet_header_of(frame);
      const int type = (ipv6 ? VnetHeader::gso_tcp_v6 : VnetHeader::gso_tcp_v4) |
                       (congestion_window_reduced ? VnetHeader::gso_ecn : 0);
      EXPECT_EQ(header.gso_type, type);
      EXPECT_EQ(header.gso_size, 1448);
      EXPECT_EQ(header.checksum_start, ipv6 ? 54 : 34);
      EXPECT_EQ(header.checksum_offset, 16);
      EXPECT_EQ(header.header_length, header.checksum_start + 32);
    }
  }
}

TEST(VnetHeader, tells_what_the_kernel_vouches_for) {
  ReceiveInfo info;
  read_vnet_header({}, info);
  EXPECT_FALSE(info.checksum_verified);
  EXPECT_EQ(info.segment_size, 0);
  VnetHeader header;
  header.flags = VnetHeader::data_valid;
  header.gso_size = 1448;  // means nothing without a type
  read_vnet_header(header, info);
  EXPECT_TRUE(info.checksum_verified);
  EXPECT_EQ(info.segment_size, 0);
  header.flags = VnetHeader::needs_checksum;
  header.gso_type = VnetHeader::gso_tcp_v4 | VnetHeader::gso_ecn;
  read_vnet_header(header, info);
  EXPECT_TRUE(info.checksum_verified);
  EXPECT_EQ(info.segment_size, 1448);
}

}  // namespace
}  // namespace linnet::platform
