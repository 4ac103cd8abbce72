// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "compat/lwip/test_compat.hpp"

namespace linnet::compat::test {
namespace {

class Options : public CompatTest {
 protected:
  static int get(int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(getsockopt(fd, level, name, &value, &size), 0) << name << ": " << lwip_strerror(errno);
    return value;
  }
  static int set(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof value);
  }
};

TEST_F(Options, KeepAliveTimesAreOneSettingInTwoUnits) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(set(fd, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
  EXPECT_EQ(set(fd, IPPROTO_TCP, TCP_KEEPALIVE, 7000), 0);
  EXPECT_EQ(get(fd, IPPROTO_TCP, TCP_KEEPIDLE), 7);
  EXPECT_EQ(set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 3), 0);
  EXPECT_EQ(set(fd, IPPROTO_TCP, TCP_KEEPCNT, 4), 0);
  EXPECT_EQ(get(fd, IPPROTO_TCP, TCP_KEEPINTVL), 3);
  EXPECT_EQ(get(fd, IPPROTO_TCP, TCP_KEEPCNT), 4);
  close(fd);
}

TEST_F(Options, ESP_2_1_WindowAndSendBufferOfEspIdf2AreTheBuffersOfAStream) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(set(fd, IPPROTO_TCP, TCP_WINDOW, 6000), 0);
  EXPECT_EQ(set(fd, IPPROTO_TCP, TCP_SNDBUF, 5000), 0);
  EXPECT_EQ(get(fd, SOL_SOCKET, SO_RCVBUF), get(fd, IPPROTO_TCP, TCP_WINDOW));
  EXPECT_EQ(get(fd, SOL_SOCKET, SO_SNDBUF), get(fd, IPPROTO_TCP, TCP_SNDBUF));
  EXPECT_EQ(get(fd, IPPROTO_TCP, TCP_WINDOW), 6000);
  EXPECT_EQ(get(fd, IPPROTO_TCP, TCP_SNDBUF), 5000);
  const int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_EQ(set(datagrams, IPPROTO_TCP, TCP_WINDOW, 6000), -1);
  EXPECT_EQ(errno, ENOPROTOOPT);
  close(datagrams);
  close(fd);
}

TEST_F(Options, TimeOutsAreTimevals) {
  const int fd = bound(SOCK_DGRAM);
  const timeval time{.tv_sec = 2, .tv_usec = 500000};
  EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time), 0);
  timeval back{};
  socklen_t size = sizeof back;
  EXPECT_EQ(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &back, &size), 0);
  EXPECT_EQ(back.tv_sec, 2);
  EXPECT_EQ(back.tv_usec, 500000);
  const Instant before = host_.port.now();
  char text[1];
  EXPECT_EQ(recv(fd, text, 1, 0), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(host_.port.now() - before, Duration::milliseconds(2500));
  EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, 4), -1);
  EXPECT_EQ(errno, EINVAL);
  close(fd);
}

TEST_F(Options, NonBlockingByTheHostsFlagLwipsFlagAndIoctl) {
  const int fd = bound(SOCK_DGRAM);
  char text[1];
  for (const int flag : {O_NONBLOCK, 1}) {
    EXPECT_EQ(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL, 0) | flag), 0) << lwip_strerror(errno);
    EXPECT_EQ(fcntl(fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
    EXPECT_EQ(recv(fd, text, 1, 0), -1);
    EXPECT_EQ(errno, EWOULDBLOCK);
    EXPECT_EQ(fcntl(fd, F_SETFL, 0), 0);
  }
  for (const long request : {static_cast<long>(FIONBIO), 0x8004667eL, 0x8008667eL}) {
    int on = 1;
    EXPECT_EQ(ioctlsocket(fd, request, &on), 0);
    EXPECT_EQ(fcntl(fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
    on = 0;
    EXPECT_EQ(ioctl(fd, static_cast<unsigned long>(request), &on), 0);
  }
  const int client = socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in to = loopback();
  EXPECT_EQ(sendto(client, "four", 4, 0, generic(to), sizeof to), 4);
  host_.host.poll_once();
  int readable = 0;
  EXPECT_EQ(ioctl(fd, FIONREAD, &readable), 0);
  EXPECT_EQ(readable, 4);
  close(client);
  close(fd);
}

TEST_F(Options, LingerAndTypes) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const linger wanted{1, 5};
  EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_LINGER, &wanted, sizeof wanted), 0);
  linger got{};
  socklen_t size = sizeof got;
  EXPECT_EQ(getsockopt(fd, SOL_SOCKET, SO_LINGER, &got, &size), 0);
  EXPECT_EQ(got.l_linger, 5);
  EXPECT_EQ(get(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
  EXPECT_EQ(set(fd, SOL_SOCKET, 0x7777, 1), -1);
  EXPECT_EQ(errno, ENOPROTOOPT);
  close(fd);
}

TEST_F(Options, MulticastOptionsOfOneByte) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  const u8_t ttl = 7;
  EXPECT_EQ(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl), 0);
  EXPECT_EQ(get(fd, IPPROTO_IP, IP_MULTICAST_TTL), 7);
  const int six = socket(AF_INET6, SOCK_DGRAM, 0);
  EXPECT_EQ(setsockopt(six, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &ttl, sizeof ttl), 0) << lwip_strerror(errno);
  EXPECT_EQ(get(six, IPPROTO_IPV6, IPV6_MULTICAST_HOPS), 7);
  close(fd);
  close(six);
}

TEST_F(Options, WhatGoesToAGroupComesBackOnlyWhereItIsWantedAsWithLwip) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_EQ(get(fd, IPPROTO_IP, IP_MULTICAST_LOOP), 0);
  const u8_t on = 1;
  EXPECT_EQ(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &on, sizeof on), 0);
  EXPECT_EQ(get(fd, IPPROTO_IP, IP_MULTICAST_LOOP), 1);
  const int six = socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
  EXPECT_EQ(get(six, IPPROTO_IPV6, IPV6_MULTICAST_LOOP), 0);
  EXPECT_EQ(get(six, IPPROTO_IP, IP_MULTICAST_LOOP), 0) << "of what it sends to mapped addresses";
  close(fd);
  close(six);
}

TEST_F(Options, Ipv6OnlyOfABoundDatagramSocketComesTooLateAndIsNoError) {
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  const int datagram = socket(AF_INET6, SOCK_DGRAM, IPPROTO_IPV6);  // as ESP-IDF's examples say it
  ASSERT_EQ(bind(datagram, reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
  EXPECT_EQ(set(datagram, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
  EXPECT_EQ(get(datagram, IPPROTO_IPV6, IPV6_V6ONLY), 0) << "it receives what it did";
  const int listener = socket(AF_INET6, SOCK_STREAM, IPPROTO_IPV6);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  EXPECT_EQ(set(listener, IPPROTO_IPV6, IPV6_V6ONLY, 1), -1);
  EXPECT_EQ(errno, EINVAL);
  close(datagram);
  close(listener);
}

TEST_F(Options, PacketInformationComesAsControlData) {
  const int fd = bound(SOCK_DGRAM);
  EXPECT_EQ(set(fd, IPPROTO_IP, IP_PKTINFO, 1), 0) << lwip_strerror(errno);
  const int client = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in to = loopback();
  char text[] = "abc";
  iovec part{text, 3};
  msghdr out{};
  out.msg_name = &to;
  out.msg_namelen = sizeof to;
  out.msg_iov = &part;
  out.msg_iovlen = 1;
  for (int round = 0; round < 2; ++round) ASSERT_EQ(sendmsg(client, &out, 0), 3);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in_pktinfo))];
  sockaddr_in from{};
  msghdr in{};
  in.msg_name = &from;
  in.msg_namelen = sizeof from;
  in.msg_iov = &part;
  in.msg_iovlen = 1;
  in.msg_control = control;
  in.msg_controllen = sizeof control;
  ASSERT_EQ(recvmsg(fd, &in, 0), 3);
  EXPECT_EQ(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  const cmsghdr* header = CMSG_FIRSTHDR(&in);
  ASSERT_NE(header, nullptr);
  EXPECT_EQ(header->cmsg_level, IPPROTO_IP);
  EXPECT_EQ(header->cmsg_type, IP_PKTINFO);
  in_pktinfo info;
  std::memcpy(&info, CMSG_DATA(header), sizeof info);
  EXPECT_EQ(info.ipi_ifindex, 1u);
  EXPECT_EQ(info.ipi_addr.s_addr, htonl(INADDR_LOOPBACK));
  EXPECT_EQ(CMSG_NXTHDR(&in, header), nullptr);
  in.msg_controllen = 4;
  ASSERT_EQ(recvmsg(fd, &in, 0), 3);
  EXPECT_EQ(in.msg_flags, MSG_CTRUNC);
  EXPECT_EQ(in.msg_controllen, 0u);
  close(fd);
  close(client);
}

TEST_F(Options, RFC3542_6_HopLimitAndTrafficClassGoAndComeAsControlData) {
  const int fd = socket(AF_INET6, SOCK_DGRAM, 0);
  sockaddr_in6 here{};
  here.sin6_family = AF_INET6;
  ASSERT_EQ(inet_pton(AF_INET6, "::1", &here.sin6_addr), 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&here), sizeof here), 0);
  socklen_t length = sizeof here;
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&here), &length), 0);
  for (const int name : {IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS}) {
    EXPECT_EQ(set(fd, IPPROTO_IPV6, name, 1), 0);
    EXPECT_EQ(get(fd, IPPROTO_IPV6, name), 1);
  }
  char text[] = "abc";
  iovec part{text, 3};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_name = &here;
  message.msg_namelen = sizeof here;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = 2 * CMSG_SPACE(sizeof(int));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  for (const auto& [type, value] : {std::pair{IPV6_HOPLIMIT, 9}, std::pair{IPV6_TCLASS, 0x2e}}) {
    header->cmsg_len = CMSG_LEN(sizeof value);
    header->cmsg_level = IPPROTO_IPV6;
    header->cmsg_type = type;
    std::memcpy(CMSG_DATA(header), &value, sizeof value);
    header = CMSG_NXTHDR(&message, header);
  }
  ASSERT_EQ(sendmsg(fd, &message, 0), 3) << lwip_strerror(errno);
  message.msg_controllen = sizeof control;
  ASSERT_EQ(recvmsg(fd, &message, 0), 3);
  EXPECT_EQ(message.msg_flags, 0);
  std::map<int, int> got;
  for (header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    EXPECT_EQ(header->cmsg_level, IPPROTO_IPV6);
    if (header->cmsg_len == CMSG_LEN(sizeof(int))) std::memcpy(&got[header->cmsg_type], CMSG_DATA(header), sizeof(int));
    else got[header->cmsg_type] = 0;
  }
  EXPECT_EQ(got, (std::map<int, int>{{IPV6_PKTINFO, 0}, {IPV6_HOPLIMIT, 9}, {IPV6_TCLASS, 0x2e}}));
  close(fd);
}

TEST_F(Options, TimeToLiveAndTypeOfServiceGoAndComeAsControlData) {
  const int fd = bound(SOCK_DGRAM);
  EXPECT_EQ(set(fd, IPPROTO_IP, IP_RECVTTL, 1), 0);
  EXPECT_EQ(set(fd, IPPROTO_IP, IP_RECVTOS, 1), 0);
  sockaddr_in to = loopback();
  char text[] = "abc";
  iovec part{text, 3};
  alignas(cmsghdr) char control[2 * CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = sizeof to;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(sizeof(int));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  const int ttl = 7;
  header->cmsg_len = CMSG_LEN(sizeof ttl);
  header->cmsg_level = IPPROTO_IP;
  header->cmsg_type = IP_TTL;
  std::memcpy(CMSG_DATA(header), &ttl, sizeof ttl);
  ASSERT_EQ(sendmsg(fd, &message, 0), 3) << lwip_strerror(errno);
  message.msg_controllen = sizeof control;
  ASSERT_EQ(recvmsg(fd, &message, 0), 3);
  header = CMSG_FIRSTHDR(&message);
  ASSERT_NE(header, nullptr);
  EXPECT_EQ(header->cmsg_type, IP_TTL);
  EXPECT_EQ(*reinterpret_cast<int*>(CMSG_DATA(header)), 7);
  header = CMSG_NXTHDR(&message, header);
  ASSERT_NE(header, nullptr);
  EXPECT_EQ(header->cmsg_type, IP_TOS);
  EXPECT_EQ(header->cmsg_len, CMSG_LEN(1));
  close(fd);
}

TEST_F(Options, RFC3678_4_1_SourcesOfGroupsOfIPv4) {
  const int fd = bound(SOCK_DGRAM);
  ip_mreq_source request{};
  request.imr_multiaddr.s_addr = inet_addr("239.1.2.3");
  request.imr_interface.s_addr = htonl(INADDR_LOOPBACK);
  request.imr_sourceaddr.s_addr = inet_addr("192.0.2.7");
  const auto change = [&](int name, socklen_t size = sizeof request) {
    return setsockopt(fd, IPPROTO_IP, name, &request, size) == 0 ? 0 : errno;
  };
  EXPECT_EQ(change(IP_ADD_SOURCE_MEMBERSHIP), 0);
  EXPECT_EQ(change(IP_ADD_SOURCE_MEMBERSHIP), EADDRNOTAVAIL) << "listed already, as on Linux";
  EXPECT_EQ(change(IP_BLOCK_SOURCE), EINVAL) << "of a list of those wanted";
  EXPECT_EQ(change(IP_DROP_SOURCE_MEMBERSHIP), 0);
  EXPECT_EQ(change(IP_DROP_SOURCE_MEMBERSHIP), EADDRNOTAVAIL);
  EXPECT_EQ(change(IP_ADD_SOURCE_MEMBERSHIP, 8), EINVAL);
  request.imr_interface.s_addr = inet_addr("203.0.113.99");
  EXPECT_EQ(change(IP_ADD_SOURCE_MEMBERSHIP), ENODEV);
  close(fd);
}

TEST_F(Options, RFC3678_5_GroupsOfEitherFamilyByInterfaceNumber) {
  const int fd = bound(SOCK_DGRAM);
  group_req join{};
  join.gr_interface = 1;
  auto* group = reinterpret_cast<sockaddr_in*>(&join.gr_group);
  group->sin_family = AF_INET;
  group->sin_addr.s_addr = inet_addr("239.1.2.3");
  EXPECT_EQ(setsockopt(fd, IPPROTO_IP, MCAST_JOIN_GROUP, &join, sizeof join), 0) << lwip_strerror(errno);
  EXPECT_EQ(setsockopt(fd, IPPROTO_IP, MCAST_JOIN_GROUP, &join, sizeof join), -1);
  EXPECT_EQ(errno, EADDRINUSE);
  EXPECT_EQ(setsockopt(fd, IPPROTO_IP, MCAST_LEAVE_GROUP, &join, sizeof join), 0);
  EXPECT_EQ(setsockopt(fd, IPPROTO_IP, MCAST_LEAVE_GROUP, &join, 8), -1);
  EXPECT_EQ(errno, EINVAL);
  close(fd);
}

TEST_F(Options, InterfacesByName) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo0");
  EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, &request, sizeof request), 0);
  std::strcpy(request.ifr_name, "xy7");
  EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, &request, sizeof request), -1);
  EXPECT_EQ(errno, ENODEV);
  EXPECT_EQ(if_nametoindex("lo0"), 1u);
  close(fd);
}

class WithoutReuse : public CompatTest {
 protected:
  WithoutReuse() : CompatTest(4, false) {}
};

TEST_F(WithoutReuse, ESP_1_4_39_ReuseAddressIsNoOption) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), -1);
  EXPECT_EQ(errno, ENOPROTOOPT);
  socklen_t size = sizeof on;
  EXPECT_EQ(getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, &size), -1);
  EXPECT_EQ(errno, ENOPROTOOPT);
  close(fd);
}

}  // namespace
}  // namespace linnet::compat::test
