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

TEST(RawHeader, RFC3542_3_of_ipv6_the_header_is_never_shown) {
  ip::RawReceived received;
  received.source = IpAddress::loopback_v6();
  received.destination = IpAddress::loopback_v6();
  received.datagram_size = 64;
  EXPECT_EQ(prefix_of(received).size(), 0u);
}

TEST(RawHeader, an_icmpv6_error_has_its_own_header_and_the_quoted_one) {
  std::array<std::uint8_t, 16> source{0xfd, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  std::array<std::uint8_t, 16> destination{0xfd, 0x81, 0x82};
  ip::RawReceived received;
  received.source = IpAddress::v6(source);
  received.destination = IpAddress::v6(destination);
  received.protocol = 58;
  received.ttl = 63;
  received.traffic_class = 0xb8;
  received.datagram_size = 0x0102;
  received.error = ip::ErrorKind::fragmentation_needed;
  received.icmp_type = 2;
  received.icmp_code = 0;
  received.mtu = 1280;
  received.reporter = IpAddress::v6(destination);
  // RFC 4443 3.2: the MTU in the last bytes; RFC 8200 3: version, class, payload length, next header, hop
  // limit, addresses.
  std::vector<std::uint8_t> expected{2, 0, 0, 0, 0, 0, 0x05, 0x00, 0x6b, 0x80, 0, 0, 0x01, 0x02, 58, 63};
  expected.insert(expected.end(), source.begin(), source.end());
  expected.insert(expected.end(), destination.begin(), destination.end());
  EXPECT_EQ(expected.size(), 48u);
  std::array<std::uint8_t, raw_prefix_limit> bytes{};
  bytes.fill(0xee);  // whatever was there
  ASSERT_EQ(raw_prefix(received, bytes), expected.size());
  EXPECT_EQ(std::vector<std::uint8_t>(bytes.begin(), bytes.end()), expected);
}

TEST(RawHeader, nothing_of_what_was_there_shows_through_and_nothing_behind_is_touched) {
  ip::RawReceived received;
  received.source = IpAddress::v4(192, 0, 2, 1);
  received.destination = IpAddress::v4(198, 51, 100, 7);
  received.protocol = 17;
  received.ttl = 9;
  received.datagram_size = 1;
  std::array<std::uint8_t, raw_prefix_limit> bytes{};
  bytes.fill(0xee);
  ASSERT_EQ(raw_prefix(received, bytes), 20u);
  EXPECT_EQ(std::vector<std::uint8_t>(bytes.begin() + 4, bytes.begin() + 8), std::vector<std::uint8_t>(4, 0))
      << "no identification, no fragment";
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2) sum += load16(&bytes[i]);
  EXPECT_EQ((sum & 0xffff) + (sum >> 16), 0xffffu);
  EXPECT_EQ(bytes[20], 0xee);

  received.error = ip::ErrorKind::time_exceeded;
  received.icmp_type = 11;
  received.mtu = 1280;  // of no such error
  received.reporter = IpAddress::v4(203, 0, 113, 9);
  bytes.fill(0xee);
  ASSERT_EQ(raw_prefix(received, bytes), 48u);
  EXPECT_EQ(bytes[1], 0);
  EXPECT_EQ(bytes[8], 9);
  EXPECT_EQ(std::vector<std::uint8_t>(bytes.begin() + 20, bytes.begin() + 28),
            (std::vector<std::uint8_t>{11, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(bytes[28 + 8], 9);
  EXPECT_EQ(bytes[28 + 9], 17);
}

}  // namespace
}  // namespace linnet::sockets
