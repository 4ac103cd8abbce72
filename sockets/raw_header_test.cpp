// SPDX-License-Identifier: Apache-2.0
#include "sockets/raw_header.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace linnet::sockets {
namespace {

std::vector<std::uint8_t> prefix_of(const ip::RawReceived& received) {
  std::array<std::uint8_t, raw_prefix_limit> bytes{};
  const std::size_t size = raw_prefix(received, bytes);
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(RawHeader, a_datagram_has_its_ip_header_in_front) {
  ip::RawReceived received;
  received.source = IpAddress::v4(192, 0, 2, 1);
  received.destination = IpAddress::v4(198, 51, 100, 7);
  received.protocol = 1;
  received.ttl = 63;
  received.traffic_class = 0xb8;
  received.datagram_size = 64;
  const std::vector<std::uint8_t> header = prefix_of(received);
  ASSERT_EQ(header.size(), 20u);
  const std::vector<std::uint8_t> expected{0x45, 0xb8, 0x00, 0x54, 0x00, 0x00, 0x00, 0x00, 0x3f, 0x01,
                                           header[10], header[11], 192, 0, 2, 1, 198, 51, 100, 7};
  EXPECT_EQ(header, expected);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2) sum += load16(&header[i]);
  EXPECT_EQ((sum & 0xffff) + (sum >> 16), 0xffffu);
}

TEST(RawHeader, an_icmp_error_is_put_together_again) {
  ip::RawReceived received;
  received.source = IpAddress::v4(192, 0, 2, 1);         // ours: the quoted packet's source
  received.destination = IpAddress::v4(198, 51, 100, 7);
  received.protocol = 1;
  received.datagram_size = 8;
  received.error = ip::ErrorKind::fragmentation_needed;
  received.icmp_type = 3;
  received.icmp_code = 4;
  received.mtu = 1280;
  received.reporter = IpAddress::v4(203, 0, 113, 9);
  const std::vector<std::uint8_t> prefix = prefix_of(received);
  ASSERT_EQ(prefix.size(), 48u);
  EXPECT_EQ(load16(&prefix[2]), 20 + 8 + 20 + 8);
  EXPECT_EQ(prefix[9], 1);
  EXPECT_EQ(IpAddress::v4(load32(&prefix[12])), received.reporter);
  EXPECT_EQ(IpAddress::v4(load32(&prefix[16])), received.source);
  const std::vector<std::uint8_t> icmp(prefix.begin() + 20, prefix.begin() + 28);
  EXPECT_EQ(icmp, (std::vector<std::uint8_t>{3, 4, 0, 0, 0, 0, 0x05, 0x00}));
  EXPECT_EQ(load16(&prefix[30]), 20 + 8);
  EXPECT_EQ(IpAddress::v4(load32(&prefix[40])), received.source);
  EXPECT_EQ(IpAddress::v4(load32(&prefix[44])), received.destination);
}

}  // namespace
}  // namespace linnet::sockets
