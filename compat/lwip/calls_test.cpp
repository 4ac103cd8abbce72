// SPDX-License-Identifier: Apache-2.0
// The calls as programs make them.
#include <fcntl.h>

#include "compat/lwip/test_compat.hpp"
#include "compat/lwip/test_layout.h"

namespace linnet::compat::test {
namespace {

class Calls : public CompatTest {};

TEST_F(Calls, ESP_1_2_TheTextsOrderOfServerAndClient) {
  const int server = listener();
  ASSERT_GE(server, first_descriptor);
  const int client = connected();
  sockaddr_in peer;
  socklen_t size = sizeof peer;
  const int accepted = accept(server, reinterpret_cast<sockaddr*>(&peer), &size);
  ASSERT_GE(accepted, 0);
  EXPECT_NE(accepted, server);
  EXPECT_EQ(size, sizeof peer);
  EXPECT_EQ(peer.sin_len, sizeof peer);
  EXPECT_EQ(peer.sin_family, AF_INET);
  EXPECT_EQ(peer.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  sockaddr_in own;
  size = sizeof own;
  EXPECT_EQ(getsockname(client, reinterpret_cast<sockaddr*>(&own), &size), 0);
  EXPECT_EQ(own.sin_port, peer.sin_port);
  EXPECT_EQ(send(client, "GET", 3, 0), 3);
  char text[8] = {};
  EXPECT_EQ(recv(accepted, text, sizeof text, 0), 3);
  EXPECT_STREQ(text, "GET");
  EXPECT_EQ(write(accepted, "OK", 2), 2);
  EXPECT_EQ(read(client, text, 2), 2);
  EXPECT_EQ(close(client), 0);
  EXPECT_EQ(recv(accepted, text, sizeof text, 0), 0);
  EXPECT_EQ(close(accepted), 0);
  EXPECT_EQ(closesocket(server), 0);
}

TEST_F(Calls, ESP_1_2_15_WhatSnippetsLeaveUninitialisedIsNotLookedAt) {
  const int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  sockaddr_in address;
  std::memset(&address, 0xa5, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  address.sin_port = htons(port);
  EXPECT_EQ(bind(fd, generic(address), sizeof address), 0);
  const int second = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  EXPECT_EQ(bind(second, generic(address), sizeof address), -1);
  EXPECT_EQ(errno, 98);
  const int udp = socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_EQ(bind(udp, generic(address), sizeof address), 0) << "a port is a protocol's";
  close(fd);
  close(second);
  close(udp);
}

TEST_F(Calls, ESP_1_2_18_BoundButNotListeningRefuses) {
  const int fd = bound(SOCK_STREAM);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback();
  EXPECT_EQ(connect(client, generic(address), sizeof address), -1);
  EXPECT_EQ(errno, ECONNREFUSED);
  int error = 0;
  u32_t size = sizeof error;
  EXPECT_EQ(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &size), 0);
  EXPECT_EQ(error, 111) << "1.13 b: the last error that the socket met";
  EXPECT_EQ(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &size), 0);
  EXPECT_EQ(error, 0) << "asking clears it";
  close(client);
  close(fd);
}

TEST_F(Calls, WrongAddressesAndDescriptors) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback();
  EXPECT_EQ(connect(fd, generic(address), 4), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(connect(fd, nullptr, 0), -1);
  EXPECT_EQ(errno, EFAULT);
  address.sin_family = 77;
  EXPECT_EQ(bind(fd, generic(address), sizeof address), -1);
  EXPECT_EQ(errno, EAFNOSUPPORT);
  address.sin_family = AF_UNSPEC;
  EXPECT_EQ(bind(fd, generic(address), sizeof address), -1);
  EXPECT_EQ(errno, EAFNOSUPPORT);
  EXPECT_EQ(close(fd), 0);
  EXPECT_EQ(close(fd), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST_F(Calls, DatagramsSayWhoSentThem) {
  const int server = bound(SOCK_DGRAM);
  const int client = socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in to = loopback();
  EXPECT_EQ(sendto(client, "hello", 5, 0, generic(to), sizeof to), 5);
  char text[8] = {};
  sockaddr_storage from;
  socklen_t size = sizeof from;
  EXPECT_EQ(recvfrom(server, text, sizeof text, 0, reinterpret_cast<sockaddr*>(&from), &size), 5);
  EXPECT_EQ(from.ss_family, AF_INET);
  EXPECT_EQ(size, sizeof(sockaddr_in));
  EXPECT_EQ(sendto(server, "you", 3, 0, reinterpret_cast<sockaddr*>(&from), size), 3);
  EXPECT_EQ(recv(client, text, sizeof text, 0), 3);
  close(server);
  close(client);
}

TEST_F(Calls, AStreamsRecvfromTellsThePeer) {
  const int server = listener();
  const int client = connected();
  const int accepted = accept(server, nullptr, nullptr);
  EXPECT_EQ(send(accepted, "x", 1, 0), 1);
  char text[2];
  sockaddr_in from{};
  socklen_t size = sizeof from;
  EXPECT_EQ(recvfrom(client, text, sizeof text, 0, reinterpret_cast<sockaddr*>(&from), &size), 1);
  EXPECT_EQ(from.sin_port, htons(port));
  for (const int fd : {server, client, accepted}) close(fd);
}

TEST_F(Calls, BothFamiliesOnOneSocketAreToldAsIPv6) {
  const int server = socket(AF_INET6, SOCK_DGRAM, 0);
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_port = htons(port);
  bzero(&any.sin6_addr.un, sizeof any.sin6_addr.un);
  ASSERT_EQ(bind(server, reinterpret_cast<sockaddr*>(&any), sizeof any), 0) << lwip_strerror(errno);
  const int client = socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in to = loopback();
  EXPECT_EQ(sendto(client, "a", 1, 0, generic(to), sizeof to), 1);
  char text[2];
  sockaddr_in6 from{};
  socklen_t size = sizeof from;
  EXPECT_EQ(recvfrom(server, text, 1, 0, reinterpret_cast<sockaddr*>(&from), &size), 1);
  EXPECT_EQ(from.sin6_family, AF_INET6);
  EXPECT_EQ(size, sizeof from);
  char name[INET6_ADDRSTRLEN];
  EXPECT_STREQ(inet_ntop(AF_INET6, &from.sin6_addr, name, sizeof name), "::ffff:127.0.0.1");
  close(server);
  close(client);
}

TEST_F(Calls, PartsOfMessages) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_INET, SOCK_STREAM, 0, pair), 0) << lwip_strerror(errno);
  char a[] = "one", b[] = "two";
  const iovec out[] = {{a, 3}, {b, 3}};
  EXPECT_EQ(writev(pair[0], out, 2), 6);
  char first[2], second[4];
  const iovec in[] = {{first, 2}, {second, 4}};
  EXPECT_EQ(readv(pair[1], in, 2), 6);
  EXPECT_EQ(std::string(second, 4), "etwo");
  EXPECT_EQ(readv(pair[1], in, -1), -1);
  EXPECT_EQ(errno, EINVAL);
  close(pair[0]);
  close(pair[1]);
}

TEST_F(Calls, SelectAndPoll) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_INET, SOCK_STREAM, 0, pair), 0);
  fd_set reads, writes;
  FD_ZERO(&reads);
  FD_ZERO(&writes);
  for (const int fd : pair) {
    FD_SET(fd, &reads);
    FD_SET(fd, &writes);
  }
  timeval none{};
  const int count = std::max(pair[0], pair[1]) + 1;
  EXPECT_EQ(select(count, &reads, &writes, nullptr, &none), 2);
  EXPECT_FALSE(FD_ISSET(pair[1], &reads));
  EXPECT_TRUE(FD_ISSET(pair[1], &writes));
  EXPECT_EQ(send(pair[0], "x", 1, 0), 1);
  FD_SET(pair[0], &reads);
  FD_SET(pair[1], &reads);
  EXPECT_EQ(select(count, &reads, nullptr, nullptr, nullptr), 1);
  EXPECT_TRUE(FD_ISSET(pair[1], &reads));
  EXPECT_FALSE(FD_ISSET(pair[0], &reads));
  pollfd entries[] = {{pair[1], POLLIN, 0}, {-1, POLLIN, 7}};
  EXPECT_EQ(poll(entries, 2, 0), 1);
  EXPECT_EQ(entries[0].revents, POLLIN);
  EXPECT_EQ(entries[1].revents, 0);
  timeval wrong{.tv_sec = -1, .tv_usec = 0};
  EXPECT_EQ(select(count, &reads, nullptr, nullptr, &wrong), -1);
  EXPECT_EQ(errno, EINVAL);
  close(pair[0]);
  FD_ZERO(&reads);
  FD_SET(pair[0], &reads);
  EXPECT_EQ(select(count, &reads, nullptr, nullptr, nullptr), -1);
  EXPECT_EQ(errno, EBADF);
  close(pair[1]);
}

TEST_F(Calls, TheNumberTellsSocketsFromTheHostsDescriptors) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(write(ends[1], "pipe", 4), 4);
  char text[8] = {};
  EXPECT_EQ(read(ends[0], text, sizeof text), 4);
  EXPECT_STREQ(text, "pipe");
  EXPECT_EQ(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  EXPECT_EQ(read(ends[0], text, sizeof text), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(close(ends[0]), 0);
  EXPECT_EQ(close(ends[1]), 0);
}

TEST(CallsDetached, NothingIsThere) {
  errno = 0;
  EXPECT_EQ(socket(AF_INET, SOCK_STREAM, 0), -1);
  EXPECT_EQ(errno, ENETDOWN);
  EXPECT_EQ(lwip_send(1, "", 0, 0), -1);
  char name[NETIF_NAMESIZE];
  EXPECT_EQ(if_indextoname(1, name), nullptr);
}

class FewSockets : public CompatTest {
 protected:
  FewSockets() : CompatTest(2) {}
};

TEST_F(FewSockets, ESP_1_4_38_OneMoreThanMaxSocketsIsENFILE) {
  const int first = socket(AF_INET, SOCK_DGRAM, 0);
  const int second = socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_EQ(socket(AF_INET, SOCK_DGRAM, 0), -1);
  EXPECT_EQ(errno, 23);
  close(first);
  const int third = socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_EQ(third, first);
  close(second);
  close(third);
}

}  // namespace
}  // namespace linnet::compat::test
