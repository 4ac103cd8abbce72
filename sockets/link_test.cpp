// SPDX-License-Identifier: Apache-2.0
// What options and control data do to packets on a link, and what a busy device does to who sends.
#include "sockets/test_link.hpp"

namespace linnet::sockets::test {
namespace {

constexpr Endpoint there{link_peer, 9};
constexpr std::size_t tos_at = 1;  // RFC 791 3.1
constexpr std::size_t ttl_at = 8;

class LinkOptions : public LinkTest {
 protected:
  /// The packet that one byte makes.
  linnet::test::Octets packet(int fd, const PacketInfo& info = {}) {
    link.sent.clear();
    const std::string one = "x";
    const Bytes part = bytes_of(one);
    const SendMessage message{.parts = {&part, 1}, .to = &there, .info = info};
    EXPECT_EQ(s.sendmsg(fd, message), 1);
    EXPECT_EQ(link.sent.size(), 1u);
    return last();
  }
  /// What happens while somebody waits: the device has room.
  static void room_again(void* self, Instant until) {
    auto& test = *static_cast<LinkOptions*>(self);
    test.port.set_time(until);
    test.link.result = Transmit::taken;
  }
};

TEST_F(LinkOptions, control_data_is_for_one_datagram) {
  const int datagram = udp();
  const int raw = s.socket(af::inet, sock::raw, 200);
  for (const int fd : {datagram, raw}) {
    ASSERT_EQ(s.set_option(fd, ipproto::ip, ip_option::ttl, 33), 0);
    ASSERT_EQ(s.set_option(fd, ipproto::ip, ip_option::tos, 0x20), 0);
    const auto own = packet(fd, {.ttl = 7, .traffic_class = 0x48});
    EXPECT_EQ(own.at(ttl_at), 7);
    EXPECT_EQ(own.at(tos_at), 0x48);
    const auto next = packet(fd);
    EXPECT_EQ(next.at(ttl_at), 33) << "the socket's";
    EXPECT_EQ(next.at(tos_at), 0x20);
    const auto by_link = packet(fd, {.interface = link_interface});
    EXPECT_EQ(by_link.at(ttl_at), 33);
    EXPECT_EQ(by_link.at(tos_at), 0x20);
  }
  const std::string one = "x";
  const Bytes part = bytes_of(one);
  const SendMessage by_loopback{
      .parts = {&part, 1}, .to = &there, .info = {.interface = Stack::loopback_interface}};
  for (const int fd : {datagram, raw}) {
    link.sent.clear();
    s.sendmsg(fd, by_loopback);
    EXPECT_TRUE(link.sent.empty()) << "IP_PKTINFO names the other interface";
    EXPECT_EQ(packet(fd).size(), fd == raw ? 21u : 29u) << "for that datagram only";
    s.close(fd);
  }
}

TEST_F(LinkOptions, SO_BINDTODEVICE_is_the_only_interface) {
  const int datagram = udp();
  const int raw = s.socket(af::inet, sock::raw, 200);
  const std::string one = "x";
  const Bytes part = bytes_of(one);
  const SendMessage message{.parts = {&part, 1}, .to = &there};
  for (const int fd : {datagram, raw}) {
    EXPECT_EQ(s.set_option(fd, sol::socket, so::bind_to_device, Stack::loopback_interface), 0);
    link.sent.clear();
    s.sendmsg(fd, message);
    EXPECT_TRUE(link.sent.empty());
    EXPECT_EQ(s.set_option(fd, sol::socket, so::bind_to_device, 2), -error::no_such_device);
    s.sendmsg(fd, message);
    EXPECT_TRUE(link.sent.empty()) << "what was refused changed nothing";
    for (const int free : {-1, int{ip::any_interface}}) {
      EXPECT_EQ(s.set_option(fd, sol::socket, so::bind_to_device, Stack::loopback_interface), 0);
      EXPECT_EQ(s.set_option(fd, sol::socket, so::bind_to_device, free), 0);
      packet(fd);
    }
    EXPECT_EQ(s.set_option(fd, sol::socket, so::bind_to_device, link_interface), 0);
    packet(fd);
    s.close(fd);
  }
  const int stream = s.socket(af::inet, sock::stream | sock::nonblock);
  EXPECT_EQ(s.set_option(stream, sol::socket, so::bind_to_device, Stack::loopback_interface), 0);
  link.sent.clear();
  s.connect(stream, there);
  EXPECT_TRUE(link.sent.empty());
  s.close(stream);
  const int free = s.socket(af::inet, sock::stream | sock::nonblock);
  EXPECT_EQ(s.set_option(free, sol::socket, so::bind_to_device, link_interface), 0);
  EXPECT_EQ(s.connect(free, there), -error::in_progress);
  host.poll_once();
  EXPECT_FALSE(link.sent.empty());
  EXPECT_EQ(s.connect(free, Endpoint{}), 0);
  s.close(free);
}

TEST_F(LinkOptions, IP_MTU_DISCOVER_says_whether_routers_may_fragment) {
  for (const auto& [value, dont_fragment] :
       {std::pair{mtu_discovery::off, 0}, {mtu_discovery::want, 0x40}, {mtu_discovery::always, 0x40}}) {
    const int fd = s.socket(af::inet, sock::stream | sock::nonblock);
    ASSERT_EQ(s.set_option(fd, ipproto::ip, ip_option::mtu_discover, value), 0);
    link.sent.clear();
    EXPECT_EQ(s.connect(fd, there), -error::in_progress);
    host.poll_once();
    ASSERT_FALSE(link.sent.empty());
    EXPECT_EQ(link.sent.front().at(6) & 0x40, dont_fragment) << value;
    EXPECT_EQ(s.connect(fd, Endpoint{}), 0);
    s.close(fd);
  }
}

TEST_F(LinkOptions, a_busy_device_is_waited_for_by_who_may_wait) {
  const int fd = udp();
  link.result = Transmit::busy;
  EXPECT_EQ(s.sendto(fd, bytes_of("x"), msg::dont_wait, &there), -error::try_again);
  ASSERT_EQ(s.set_send_timeout(fd, Duration::milliseconds(2)), 0);
  const Instant before = now();
  EXPECT_EQ(s.sendto(fd, bytes_of("x"), 0, &there), -error::try_again);
  EXPECT_EQ(now() - before, Duration::milliseconds(2));
  port.set_wait(room_again, this);
  EXPECT_EQ(s.sendto(fd, bytes_of("x"), 0, &there), 1);
  EXPECT_EQ(link.sent.size(), 1u);
  s.close(fd);
}

TEST_F(LinkOptions, a_peer_is_known_only_once_the_handshake_has_shown_it) {
  const int fd = s.socket(af::inet, sock::stream | sock::nonblock);
  EXPECT_EQ(s.connect(fd, there), -error::in_progress);
  Endpoint name;
  EXPECT_EQ(s.getpeername(fd, name), -error::not_connected);
  EXPECT_EQ(s.getsockname(fd, name), 0);
  EXPECT_EQ(name.address, link_address) << "but its own name is";
  EXPECT_EQ(s.option(fd, ipproto::tcp, tcp_option::info), 2) << "SYN_SENT";
  EXPECT_EQ(s.connect(fd, Endpoint{}), 0);
  EXPECT_EQ(s.getsockname(fd, name), 0);
  EXPECT_EQ(name, (Endpoint{IpAddress::any_v4(), 0})) << "dissolved: as new";
  s.close(fd);
}

}  // namespace
}  // namespace linnet::sockets::test
