// SPDX-License-Identifier: Apache-2.0
// Raw sockets of IPv6: what is read begins with the header, as programs for lwIP expect.
#include <lwip/icmp6.h>

#include <array>

#include "compat/lwip/test_compat.hpp"

namespace linnet::compat::test {
namespace {

class RawV6 : public CompatTest {
 protected:
  RawV6() : raw_(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)) {
    const timeval patience{.tv_sec = 1, .tv_usec = 0};
    EXPECT_EQ(setsockopt(raw_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
  }
  ~RawV6() override { close(raw_); }

  /// To ::1, which answers.
  void ping(std::uint16_t sequence) {
    struct {
      icmp6_echo_hdr header{ICMP6_TYPE_EREQ, 0, 0, 0, 0};
      std::array<char, 8> data{"1234567"};
    } request;
    request.header.seqno = htons(sequence);
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_addr.s6_addr[15] = 1;
    ASSERT_EQ(sendto(raw_, &request, sizeof request, 0, reinterpret_cast<sockaddr*>(&to), sizeof to), 16)
        << lwip_strerror(errno);
  }

  static void check_header(const void* packet) {
    ip6_hdr header;
    std::memcpy(&header, packet, sizeof header);
    static_assert(sizeof header == IP6_HLEN);
    EXPECT_EQ(IP6H_V(&header), 6u);
    EXPECT_EQ(IP6H_TC(&header), 0u);
    EXPECT_EQ(IP6H_PLEN(&header), 16);
    EXPECT_EQ(IP6H_NEXTH(&header), IP6_NEXTH_ICMP6);
    EXPECT_EQ(IP6H_HOPLIM(&header), 64);
    EXPECT_EQ(header.src.addr[3], PP_HTONL(1));
    EXPECT_EQ(header.dest.addr[3], PP_HTONL(1));
  }

  int raw_;
};

TEST_F(RawV6, EachCallGivesThePacketFromItsHeaderOn) {
  std::array<std::uint8_t, 100> packet{};
  ping(7);
  sockaddr_in6 from{};
  socklen_t size = sizeof from;
  ASSERT_EQ(recvfrom(raw_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&from), &size), 56);
  check_header(packet.data());
  EXPECT_EQ(packet[IP6_HLEN], ICMP6_TYPE_EREP);
  EXPECT_EQ(packet[IP6_HLEN + 7], 7);
  EXPECT_EQ(from.sin6_addr.s6_addr[15], 1);
  EXPECT_EQ(size, sizeof from);

  ping(8);
  std::array<std::uint8_t, 44> first{};
  std::array<std::uint8_t, 100> second{};
  const std::array<iovec, 2> parts{{{first.data(), first.size()}, {second.data(), second.size()}}};
  ASSERT_EQ(readv(raw_, parts.data(), 2), 56);
  check_header(first.data());
  EXPECT_EQ(first[IP6_HLEN], ICMP6_TYPE_EREP);
  EXPECT_EQ(second[3], 8) << "where the first part ended";

  ping(9);
  ASSERT_EQ(read(raw_, packet.data(), packet.size()), 56);
  check_header(packet.data());
}

TEST_F(RawV6, SmallRoomsGetWhatFits) {
  std::array<std::uint8_t, 100> packet{};
  ping(1);
  iovec part{packet.data(), 42};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ASSERT_EQ(recvmsg(raw_, &message, 0), 42);
  check_header(packet.data());
  EXPECT_EQ(message.msg_flags & MSG_TRUNC, MSG_TRUNC);
  EXPECT_EQ(packet[41], 0);
  EXPECT_EQ(packet[42], 0) << "nothing behind the room";
  ping(2);
  EXPECT_EQ(recv(raw_, packet.data(), 10, MSG_PEEK), 10) << "less than a header";
  EXPECT_EQ(packet[0], 0x60);
  EXPECT_EQ(recv(raw_, packet.data(), packet.size(), 0), 56) << "it was only looked at";
  EXPECT_EQ(recv(raw_, packet.data(), packet.size(), MSG_DONTWAIT), -1);
  EXPECT_EQ(errno, EAGAIN);
}

}  // namespace
}  // namespace linnet::compat::test
