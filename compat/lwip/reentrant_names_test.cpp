// SPDX-License-Identifier: Apache-2.0
// ESP-IDF 2's names of the calls (lwip_..._r), and those of lwIP itself (lwip_...), call by call, on a
// connection and with datagrams.
#include <fcntl.h>

#include <thread>

#include "compat/lwip/test_compat.hpp"

namespace linnet::compat::test {
namespace {

class ReentrantNames : public CompatTest {
 protected:
  static sockaddr* writable(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }
};

TEST_F(ReentrantNames, AStreamFromItsBeginningToItsEnd) {
  const int listener = lwip_socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(lwip_socket_offset(), first_descriptor);
  EXPECT_EQ(LWIP_SOCKET_OFFSET, first_descriptor);
  sockaddr_in address = loopback();
  ASSERT_EQ(lwip_bind_r(listener, generic(address), sizeof address), 0);
  ASSERT_EQ(lwip_listen_r(listener, 2), 0);
  const int client = lwip_socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(lwip_connect_r(client, generic(address), sizeof address), 0);
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  const int server = lwip_accept_r(listener, writable(peer), &size);
  ASSERT_GE(server, first_descriptor);
  sockaddr_in own{};
  size = sizeof own;
  EXPECT_EQ(lwip_getsockname_r(client, writable(own), &size), 0);
  EXPECT_EQ(own.sin_port, peer.sin_port);
  size = sizeof own;
  EXPECT_EQ(lwip_getpeername_r(client, writable(own), &size), 0);
  EXPECT_EQ(own.sin_port, htons(port));

  const int on = 1;
  EXPECT_EQ(lwip_setsockopt_r(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
  int value = 0;
  size = sizeof value;
  EXPECT_EQ(lwip_getsockopt_r(client, IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
  EXPECT_EQ(value, 1);

  EXPECT_EQ(lwip_send_r(client, "ab", 2, 0), 2);
  EXPECT_EQ(lwip_write_r(client, "cd", 2), 2);
  char one = 'e', two = 'f';
  iovec pieces[] = {{&one, 1}, {&two, 1}};
  EXPECT_EQ(lwip_writev_r(client, pieces, 2), 2);
  char third[] = "gh";
  iovec piece{third, 2};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  EXPECT_EQ(lwip_sendmsg_r(client, &message, 0), 2);
  EXPECT_EQ(lwip_sendto_r(client, "ij", 2, 0, nullptr, 0), 2);

  char text[4] = {};
  EXPECT_EQ(lwip_recv_r(server, text, 2, 0), 2);
  EXPECT_STREQ(text, "ab");
  int waiting = 0;
  EXPECT_EQ(lwip_ioctl_r(server, FIONREAD, &waiting), 0);
  EXPECT_EQ(waiting, 8) << "the rest";
  EXPECT_EQ(lwip_read_r(server, text, 2), 2);
  EXPECT_STREQ(text, "cd");
  iovec into[] = {{text, 1}, {text + 1, 1}};
  EXPECT_EQ(lwip_readv(server, into, 2), 2);
  EXPECT_STREQ(text, "ef");
  iovec room{text, 2};
  message.msg_iov = &room;
  EXPECT_EQ(lwip_recvmsg_r(server, &message, 0), 2);
  EXPECT_STREQ(text, "gh");
  EXPECT_EQ(lwip_recvfrom_r(server, text, 2, 0, nullptr, nullptr), 2);
  EXPECT_STREQ(text, "ij");

  EXPECT_EQ(lwip_fcntl_r(server, F_SETFL, O_NONBLOCK), 0);
  EXPECT_NE(lwip_fcntl_r(server, F_GETFL, 0) & O_NONBLOCK, 0);
  EXPECT_EQ(lwip_recv_r(server, text, 2, 0), -1);
  EXPECT_EQ(errno, EWOULDBLOCK);
  EXPECT_EQ(lwip_shutdown_r(client, SHUT_WR), 0);
  EXPECT_EQ(lwip_recv_r(server, text, 2, 0), 0) << "the end";
  for (const int fd : {server, client, listener}) EXPECT_EQ(lwip_close_r(fd), 0);
  EXPECT_EQ(lwip_close_r(client), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST_F(ReentrantNames, DatagramsAndWaitingByLwipsNames) {
  const int receiver = bound(SOCK_DGRAM);
  const int sender = lwip_socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in address = loopback();
  pollfd entry{.fd = receiver, .events = POLLIN, .revents = 0};
  EXPECT_EQ(lwip_poll(&entry, 1, 0), 0);
  EXPECT_EQ(lwip_sendto(sender, "datagram", 8, 0, generic(address), sizeof address), 8);
  EXPECT_EQ(lwip_poll(&entry, 1, 1000), 1);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(receiver, &set);
  timeval now{0, 0};
  EXPECT_EQ(lwip_select(receiver + 1, &set, nullptr, nullptr, &now), 1);
  EXPECT_TRUE(FD_ISSET(receiver, &set));
  EXPECT_EQ(entry.revents, POLLIN);
  char text[16] = {};
  sockaddr_in from{};
  socklen_t size = sizeof from;
  EXPECT_EQ(lwip_recvfrom(receiver, text, sizeof text, MSG_DONTWAIT, writable(from), &size), 8);
  EXPECT_STREQ(text, "datagram");
  sockaddr_in own{};
  size = sizeof own;
  EXPECT_EQ(lwip_getsockname(sender, writable(own), &size), 0);
  EXPECT_EQ(from.sin_port, own.sin_port);
  EXPECT_EQ(lwip_connect(sender, generic(address), sizeof address), 0);
  EXPECT_EQ(lwip_write(sender, "more", 4), 4);
  EXPECT_EQ(lwip_read(receiver, text, sizeof text), 4);
  int error = -1;
  size = sizeof error;
  EXPECT_EQ(lwip_getsockopt(sender, SOL_SOCKET, SO_TYPE, &error, &size), 0);
  EXPECT_EQ(error, SOCK_DGRAM);
  int on = 1;
  EXPECT_EQ(lwip_ioctl(sender, FIONBIO, &on), 0);
  EXPECT_NE(lwip_fcntl(sender, F_GETFL, 0) & O_NONBLOCK, 0);
  EXPECT_EQ(lwip_shutdown(sender, SHUT_RDWR), 0);
  for (const int fd : {receiver, sender}) EXPECT_EQ(lwip_close(fd), 0);
  in_addr parsed{};
  EXPECT_EQ(lwip_inet_pton(AF_INET, "192.0.2.1", &parsed), 1);
  EXPECT_STREQ(lwip_inet_ntop(AF_INET, &parsed, text, sizeof text), "192.0.2.1");
  EXPECT_EQ(lwip_inet_pton(AF_INET, "192.0.2", &parsed), 0);
}

/// RFC 6093: lwIP declares these requests; the mark is known here, watermarks are not.
TEST_F(ReentrantNames, RequestsThatLwipDeclares) {
  const int listening = listener();
  const int client = connected();
  const int server = accept(listening, nullptr, nullptr);
  int mark = -1;
  EXPECT_EQ(ioctlsocket(server, SIOCATMARK, &mark), 0);
  EXPECT_EQ(mark, 0) << "nothing is urgent";
  EXPECT_EQ(ioctlsocket(server, 0x40047307, &mark), 0) << "lwIP's own number";
  EXPECT_EQ(ioctlsocket(server, 0x40087307, &mark), 0) << "and what it is where a long has eight bytes";
  for (const unsigned long request :
       std::initializer_list<unsigned long>{SIOCSHIWAT, SIOCGHIWAT, SIOCSLOWAT, SIOCGLOWAT}) {
    EXPECT_EQ(ioctlsocket(server, static_cast<long>(request), &mark), -1);
    EXPECT_EQ(errno, ENOTTY) << request;
  }
  for (const int fd : {server, client, listening}) close(fd);
  static_assert(LWIP_SOCKET_HAS_SOCKETPAIR == 1);
  static_assert(NETDB_ELEM_SIZE > sizeof(addrinfo) + sizeof(sockaddr_storage) + DNS_MAX_NAME_LENGTH);
  int pair[2];
  ASSERT_EQ(lwip_socketpair(AF_INET, SOCK_STREAM, 0, pair), 0);
  EXPECT_EQ(lwip_send(pair[0], "x", 1, 0), 1);
  char byte = 0;
  EXPECT_EQ(lwip_recv(pair[1], &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'x');
  for (const int fd : pair) close(fd);
}

/// What takes both kinds of descriptors knows by the number which it is.
TEST_F(ReentrantNames, CallsOfPosixTakeTheHostsDescriptorsToo) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  char first[] = "fi", second[] = "le";
  iovec out[] = {{first, 2}, {second, 2}};
  EXPECT_EQ(lwip_posix_writev(ends[1], out, 2), 4);
  EXPECT_EQ(lwip_posix_write(ends[1], "!", 1), 1);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  timeval now{0, 0};
  EXPECT_EQ(lwip_posix_select(ends[0] + 1, &set, nullptr, nullptr, &now), 1);
  int waiting = 0;
  EXPECT_EQ(lwip_posix_ioctl(ends[0], FIONREAD, &waiting), 0);
  EXPECT_EQ(waiting, 5);
  char text[8] = {};
  iovec into[] = {{text, 2}, {text + 2, 2}};
  EXPECT_EQ(lwip_posix_readv(ends[0], into, 2), 4);
  EXPECT_STREQ(text, "file");
  EXPECT_EQ(lwip_posix_read(ends[0], text, 1), 1);
  EXPECT_EQ(lwip_posix_fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  EXPECT_EQ(lwip_posix_read(ends[0], text, 1), -1);
  EXPECT_EQ(errno, EAGAIN);
  for (const int fd : ends) EXPECT_EQ(lwip_posix_close(fd), 0);
  EXPECT_EQ(lwip_posix_close(ends[0]), -1);

  const int fd = lwip_socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_EQ(lwip_posix_fcntl(fd, F_SETFL, O_NONBLOCK), 0);
  EXPECT_EQ(lwip_posix_read(fd, text, 1), -1);
  EXPECT_EQ(errno, EWOULDBLOCK);
  EXPECT_EQ(lwip_posix_close(fd), 0);
}

/// 1.3.32: each thread has its own, also of the thread that runs at the same time.
TEST_F(ReentrantNames, ErrnoIsOfTheThread) {
  EXPECT_EQ(lwip_close(first_descriptor), -1);
  EXPECT_EQ(errno, EBADF);
  const int fd = lwip_socket(AF_INET, SOCK_STREAM, 0);
  int seen_at_first = -1;
  int seen = -1;
  std::thread other([&] {
    seen_at_first = errno;
    const sockaddr_in nowhere = loopback();
    EXPECT_EQ(lwip_connect(fd, generic(nowhere), 3), -1);
    seen = errno;
  });
  other.join();
  EXPECT_EQ(seen_at_first, 0);
  EXPECT_EQ(seen, EINVAL);
  EXPECT_EQ(errno, EBADF) << "the other thread's is not this one's";
  lwip_close(fd);
}

}  // namespace
}  // namespace linnet::compat::test
