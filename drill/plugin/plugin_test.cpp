// SPDX-License-Identifier: Apache-2.0
// liblinnet_packetdrill.so as the original packetdrill uses it: loaded, driven by packets, with blocking
// calls on a second thread, in virtual time.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <atomic>
#include <thread>

#include "drill/packet.hpp"
#include "drill/parser.hpp"
#include "drill/plugin/interface.h"

namespace linnet::drill {
namespace {

const Addresses inbound_ends{{IpAddress::v4(192, 0, 2, 1), 40000}, {IpAddress::v4(192, 168, 0, 1), 8080}};

class PluginTest : public ::testing::Test {
 protected:
  void SetUp() override {
    library = dlopen(LINNET_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    using Init = void (*)(const char*, packetdrill_interface*);
    const auto init = reinterpret_cast<Init>(dlsym(library, "packetdrill_interface_init"));
    ASSERT_NE(init, nullptr);
    init("mtu=1500,local_ip=192.168.0.1", &i);
  }
  void TearDown() override {
    i.free(i.userdata);
    dlclose(library);
  }
  std::int64_t now() {
    timeval time{};
    i.gettimeofday(i.userdata, &time, nullptr);
    return time.tv_sec * 1000000 + time.tv_usec;
  }
  /// Of a script's packet; `local` and `seq` move what depends on what the stack chose.
  void send(const std::string& text, std::uint16_t local = 8080, std::uint32_t offset = 0) {
    Definitions none;
    PacketSpec packet = std::get<PacketSpec>(parse("0 " + text, none).events.at(0).action);
    if (packet.has(tcp_flag::ack)) packet.ack += offset;
    Addresses ends = inbound_ends;
    if (local != 8080)
      ends = {{inbound_ends.source.address, 8080}, {inbound_ends.destination.address, local}};
    const auto bytes = build(packet, ends);
    EXPECT_EQ(i.netdev_send(i.userdata, bytes.data(), bytes.size()), 0);
  }
  std::optional<WirePacket> receive() {
    std::vector<std::uint8_t> buffer(2000);
    std::size_t size = buffer.size();
    EXPECT_EQ(i.netdev_receive(i.userdata, buffer.data(), &size, &received_at), 0);
    std::string problem;
    return size == 0 ? std::nullopt : decode(Bytes(buffer).first(size), problem);
  }
  sockaddr_in address(const char* ip, std::uint16_t port) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    inet_pton(AF_INET, ip, &a.sin_addr);
    return a;
  }
  int listener() {
    const int fd = i.socket(i.userdata, AF_INET, SOCK_STREAM, IPPROTO_TCP);
    const sockaddr_in local = address("0.0.0.0", 8080);
    EXPECT_EQ(i.bind(i.userdata, fd, reinterpret_cast<const sockaddr*>(&local), sizeof local), 0);
    EXPECT_EQ(i.listen(i.userdata, fd, 1), 0);
    return fd;
  }
  /// An accepted connection; `isn` is the stack's.
  int connection(std::uint32_t& isn) {
    const int listening = listener();
    send("< S 0:0(0) win 32792 <mss 1000>");
    const auto answer = receive();
    EXPECT_TRUE(answer && answer->spec.has(tcp_flag::syn));
    isn = answer ? answer->spec.seq : 0;
    send("< . 1:1(0) ack 1 win 32792", 8080, isn);
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    const int fd = i.accept(i.userdata, listening, reinterpret_cast<sockaddr*>(&peer), &length);
    EXPECT_EQ(ntohs(peer.sin_port), 40000);
    return fd;
  }

  void* library = nullptr;
  packetdrill_interface i{};
  long long received_at = 0;
};

TEST_F(PluginTest, PassiveOpenWriteAndClose) {
  std::uint32_t isn = 0;
  const int fd = connection(isn);
  ASSERT_GE(fd, 0);
  const std::vector<char> data(1500);
  EXPECT_EQ(i.write(i.userdata, fd, data.data(), data.size()), 1500);
  EXPECT_EQ(receive()->spec.payload, 1000u);
  EXPECT_EQ(receive()->spec.payload, 500u);
  send("< P. 1:101(100) ack 1501 win 32792", 8080, isn);
  std::vector<char> buffer(1000);
  EXPECT_EQ(i.read(i.userdata, fd, buffer.data(), buffer.size()), 100);
  EXPECT_EQ(i.close(i.userdata, fd), 0);
  EXPECT_TRUE(receive()->spec.has(tcp_flag::ack));
}

TEST_F(PluginTest, TheClockMovesByAMicrosecondEachLookAndByTheTimersWhilePacketsAreAwaited) {
  const std::int64_t begun = now();
  EXPECT_GE(now(), begun + 1);
  i.usleep(i.userdata, 1000000);
  EXPECT_GE(now(), begun + 1000000);
  const int fd = i.socket(i.userdata, AF_INET, SOCK_STREAM, IPPROTO_TCP);
  i.fcntl(i.userdata, fd, F_SETFL, O_RDWR | O_NONBLOCK);
  EXPECT_EQ(i.fcntl(i.userdata, fd, F_GETFL), O_RDWR | O_NONBLOCK);
  const sockaddr_in peer = address("192.0.2.1", 8080);
  EXPECT_EQ(i.connect(i.userdata, fd, reinterpret_cast<const sockaddr*>(&peer), sizeof peer), -1);
  EXPECT_EQ(errno, EINPROGRESS);
  ASSERT_TRUE(receive());
  const std::int64_t first = received_at;
  ASSERT_TRUE(receive());
  EXPECT_EQ(received_at - first, 1000000);
  ASSERT_TRUE(receive());
  EXPECT_EQ(received_at - first, 3000000);
}

TEST_F(PluginTest, NothingToSendEndsWithZeroBytes) {
  listener();
  EXPECT_FALSE(receive());
}

TEST_F(PluginTest, ABlockingConnectOnASecondThreadReturnsWhenItsTimeHasCome) {
  const int fd = i.socket(i.userdata, AF_INET, SOCK_STREAM, IPPROTO_TCP);
  const sockaddr_in peer = address("192.0.2.1", 8080);
  int result = -1;
  std::int64_t returned = 0;
  const std::int64_t begun = now();
  std::thread caller([&] {
    result = i.connect(i.userdata, fd, reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
    returned = now();
  });
  const auto syn = receive();
  ASSERT_TRUE(syn && syn->spec.has(tcp_flag::syn));
  i.usleep(i.userdata, 150000);
  send("< S. 0:0(0) ack 1 win 5792 <mss 1460>", syn->ends.source.port, syn->spec.seq);
  ASSERT_TRUE(receive());
  i.usleep(i.userdata, 10000000);
  caller.join();
  EXPECT_EQ(result, 0);
  EXPECT_NEAR(static_cast<double>(returned - begun), 150000, 1000);
}

TEST_F(PluginTest, ABlockingReadWithATimeoutSleepsInVirtualTime) {
  std::uint32_t isn = 0;
  const int fd = connection(isn);
  const timeval timeout{.tv_sec = 3600, .tv_usec = 0};
  EXPECT_EQ(i.setsockopt(i.userdata, fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout), 0);
  std::atomic<bool> entering = false;
  ssize_t result = 0;
  int error = 0;
  std::thread caller([&] {
    char byte = 0;
    entering = true;
    result = i.read(i.userdata, fd, &byte, 1);
    error = errno;
    now();
  });
  while (!entering) std::this_thread::yield();
  EXPECT_FALSE(
      receive());  // nothing leaves within 300 s of its clock, and it gives the caller a moment to sleep
  const std::int64_t begun = now();
  for (int hours = 0; hours < 2; ++hours) {
    for (int minutes = 0; minutes < 60; ++minutes) i.usleep(i.userdata, 60000000);
  }
  caller.join();
  EXPECT_EQ(result, -1);
  EXPECT_EQ(error, EAGAIN);
  EXPECT_GE(now() - begun, 7200000000);
}

TEST_F(PluginTest, OptionsAndNumbersAreLinuxs) {
  std::uint32_t isn = 0;
  const int fd = connection(isn);
  const int on = 1;
  EXPECT_EQ(i.setsockopt(i.userdata, fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
  int value = 0;
  socklen_t length = sizeof value;
  EXPECT_EQ(i.getsockopt(i.userdata, fd, IPPROTO_TCP, TCP_NODELAY, &value, &length), 0);
  EXPECT_EQ(value, 1);
  EXPECT_EQ(i.setsockopt(i.userdata, fd, SOL_SOCKET, 12345, &on, sizeof on), -1);
  EXPECT_EQ(errno, ENOPROTOOPT);
  EXPECT_EQ(i.write(i.userdata, fd, nullptr, 5), -1);
  EXPECT_EQ(errno, EFAULT);
  pollfd entry{.fd = fd, .events = POLLIN | POLLOUT, .revents = 0};
  EXPECT_EQ(i.poll(i.userdata, &entry, 1, 0), 1);
  EXPECT_EQ(entry.revents, POLLOUT);
  // As the library's getsockopt sees it when it is preloaded.
  using GetSockOpt = int (*)(int, int, int, void*, socklen_t*);
  const auto preloaded = reinterpret_cast<GetSockOpt>(dlsym(library, "getsockopt"));
  tcp_info info{};
  length = sizeof info;
  EXPECT_EQ(preloaded(fd, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
  EXPECT_EQ(info.tcpi_snd_cwnd, 10u);
  EXPECT_EQ(info.tcpi_snd_mss, 1000u);
}

TEST_F(PluginTest, Epoll) {
  std::uint32_t isn = 0;
  const int fd = connection(isn);
  const int epoll = i.epoll_create(i.userdata, 1);
  ::epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.fd = 77;
  EXPECT_EQ(i.epoll_ctl(i.userdata, epoll, EPOLL_CTL_ADD, fd, &event), 0);
  ::epoll_event ready{};
  EXPECT_EQ(i.epoll_wait(i.userdata, epoll, &ready, 1, 0), 0);
  send("< P. 1:101(100) ack 1 win 32792", 8080, isn);
  EXPECT_EQ(i.epoll_wait(i.userdata, epoll, &ready, 1, 0), 1);
  EXPECT_EQ(ready.events, EPOLLIN);
  EXPECT_EQ(ready.data.fd, 77);
  EXPECT_EQ(i.epoll_wait(i.userdata, epoll, &ready, 1, 0), 0);
  EXPECT_EQ(i.close(i.userdata, epoll), 0);
}

}  // namespace
}  // namespace linnet::drill
