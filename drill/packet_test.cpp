// SPDX-License-Identifier: Apache-2.0
#include "drill/packet.hpp"

#include <gtest/gtest.h>

#include "drill/parser.hpp"

namespace linnet::drill {
namespace {

const Addresses v4{{IpAddress::v4(192, 0, 2, 1), 5000}, {IpAddress::v4(192, 168, 0, 1), 8080}};
const Addresses v6{*Endpoint::parse("[2001:db8::1]:5000"), *Endpoint::parse("[2001:db8::2]:8080")};

PacketSpec packet(const std::string& text, bool of_v6 = false) {
  Definitions none;
  return std::get<PacketSpec>(parse("0 " + text, none, of_v6).events.at(0).action);
}

std::string there_and_back(const std::string& text, const Addresses& ends) {
  const bool of_v6 = ends.source.address.is_v6();
  std::string problem;
  auto back = decode(build(packet(text, of_v6), ends, ends), problem);
  if (!back) return problem;
  back->spec.inbound = text.starts_with("<");
  EXPECT_EQ(back->ends.source.address, ends.source.address);
  return packet_text(back->spec);
}

const char* const both[] = {
    "< S 0:0(0) win 32792 <mss 1000,sackOK,TS val 10 ecr 0,nop,wscale 7>",
    "< P. 1:1001(1000) ack 1 win 257",
    "< . 1:1(0) ack 1 win 257 <nop,nop,sack 2001:3001 5001:6001>",
    "< [ect0] FRPUEWA. 1:2(1) ack 4294967295 win 0 urg 65535",
    "< S 0:0(0) win 1 <FO aabbccddeeff0011,nop,nop>",
    "< S 0:0(0) win 1 <FOEXP aabb,nop,nop>",
    "< . 1:1(0) ack 1 win 1 <md5 000102030405060708090a0b0c0d0e0f,eol,eol>",
    "< udp (1000)",
    "< udp (0)",
};

TEST(Packet, ThereAndBackOverIPv4) {
  for (const char* text : both) EXPECT_EQ(there_and_back(text, v4), text);
  EXPECT_EQ(there_and_back("< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]", v4),
            "< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]");
  EXPECT_EQ(there_and_back("< icmp unreachable port_unreachable [udp (100)]", v4),
            "< icmp unreachable port_unreachable [udp (100)]");
  EXPECT_EQ(there_and_back("< icmp echo_request id 7", v4), "< icmp echo_request id 7");
}

TEST(Packet, ThereAndBackOverIPv6) {
  for (const char* text : both) EXPECT_EQ(there_and_back(text, v6), text);
  EXPECT_EQ(there_and_back("< icmp packet_too_big mtu 1280 [1:1461(1460)]", v6),
            "< icmp packet_too_big mtu 1280 [1:1461(1460)]");
  EXPECT_EQ(there_and_back("< icmp unreachable port_unreachable [udp (100)]", v6),
            "< icmp unreachable port_unreachable [udp (100)]");
}

TEST(Packet, RFC9293_3_1_BytesOfAHeader) {
  const auto bytes = build(packet("< S. 1:1(0) ack 2 win 3 <mss 1460>"), v4);
  ASSERT_EQ(bytes.size(), 44u);
  const std::vector<std::uint8_t> tcp(bytes.begin() + 20, bytes.end());
  const std::vector<std::uint8_t> expected{0x13, 0x88, 0x1f, 0x90, 0, 0, 0, 1, 0, 0, 0, 2, 0x60, 0x12, 0, 3};
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), tcp.begin()));
  EXPECT_EQ(std::vector<std::uint8_t>(tcp.begin() + 20, tcp.end()),
            (std::vector<std::uint8_t>{2, 4, 0x05, 0xb4}));
}

TEST(Packet, EveryTruncationAndEveryFlippedBitIsSeen) {
  for (const Addresses& ends : {v4, v6}) {
    const auto whole = build(packet("< P. 1:11(10) ack 1 win 257 <nop,nop,TS val 1 ecr 2>"), ends);
    std::string problem;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(decode(Bytes(whole).first(size), problem)) << size;
    }
    const std::size_t transport = ends.source.address.is_v4() ? 20 : 40;
    for (std::size_t bit = transport * 8; bit < whole.size() * 8; ++bit) {
      auto broken = whole;
      broken[bit / 8] = static_cast<std::uint8_t>(broken[bit / 8] ^ (1u << bit % 8));
      EXPECT_FALSE(decode(broken, problem)) << bit;
    }
  }
}

TEST(Packet, NamesOfIcmp) {
  EXPECT_EQ(icmp_type_of("unreachable", false), 3);
  EXPECT_EQ(icmp_type_of("unreachable", true), 1);
  EXPECT_EQ(icmp_type_of("77", false), 77);
  EXPECT_EQ(icmp_type_of("type_77", false), 77);
  EXPECT_EQ(icmp_type_of("address_mask_request", false), 17);
  EXPECT_EQ(icmp_code_of(3, "code_200", false), 200);
  EXPECT_FALSE(icmp_type_of("code_3", false));
  EXPECT_EQ(icmp_code_of(3, "frag_needed", false), 4);
  EXPECT_FALSE(icmp_code_of(3, "ttl_exceeded", false));
  EXPECT_FALSE(icmp_type_of("256", false));
  EXPECT_EQ(icmp_text(3, 99, false), "unreachable 99");
}

}  // namespace
}  // namespace linnet::drill
