// SPDX-License-Identifier: Apache-2.0
// AF_INET6: RFC 3493 3.7 (mapped addresses), 5.1 to 5.3 (options), over ::1 and 127.0.0.1.
#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

constexpr Endpoint any_v6(std::uint16_t port) { return {IpAddress::any_v6(), port}; }
constexpr Endpoint loopback_v6(std::uint16_t port) { return {IpAddress::loopback_v6(), port}; }
constexpr IpAddress mapped_elsewhere = IpAddress::v4(192, 0, 2, 1);

class Ipv6SocketsTest : public SocketsTest {
 protected:
  int tcp6() { return s.socket(af::inet6, sock::stream); }
  int udp6() { return s.socket(af::inet6, sock::dgram); }
  int listener6(std::uint16_t number, int v6_only = 0) {
    const int fd = tcp6();
    EXPECT_EQ(s.set_option(fd, ipproto::ipv6, ipv6_option::v6_only, v6_only), 0);
    EXPECT_EQ(s.bind(fd, any_v6(number)), 0);
    EXPECT_EQ(s.listen(fd, 4), 0);
    return fd;
  }
};

TEST_F(Ipv6SocketsTest, RFC3493_3_7_a_listener_of_both_families) {
  const int listening = listener6(test_port);
  const int six = tcp6();
  EXPECT_EQ(s.connect(six, loopback_v6(test_port)), 0);
  const int four = tcp();
  EXPECT_EQ(s.connect(four, loopback(test_port)), 0);
  Endpoint peer;
  EXPECT_GE(s.accept(listening, &peer), 0);
  EXPECT_EQ(peer.address, IpAddress::loopback_v6());
  const int accepted = s.accept(listening, &peer);
  EXPECT_TRUE(peer.address.is_v4()) << "::ffff:127.0.0.1, as an address of both families";
  Endpoint local;
  EXPECT_EQ(s.getsockname(accepted, local), 0);
  EXPECT_EQ(local, loopback(test_port));
}

TEST_F(Ipv6SocketsTest, RFC3493_3_7_a_socket_of_both_families_connects_to_either) {
  listener6(test_port);
  for (const Endpoint& to : {loopback(test_port), loopback_v6(test_port)}) {
    const int fd = tcp6();
    EXPECT_EQ(s.connect(fd, to), 0);
    Endpoint peer;
    EXPECT_EQ(s.getpeername(fd, peer), 0);
    EXPECT_EQ(peer, to);
  }
  EXPECT_EQ(s.connect(tcp(), loopback_v6(test_port)), -error::family_not_supported) << "AF_INET speaks one";
}

TEST_F(Ipv6SocketsTest, RFC3493_5_3_v6only_leaves_ipv4_to_others) {
  listener6(test_port, 1);
  listener(test_port);  // 0.0.0.0 with the same port
  EXPECT_EQ(s.connect(tcp6(), loopback_v6(test_port)), 0);
  EXPECT_EQ(s.connect(tcp(), loopback(test_port)), 0);
  const int only = tcp6();
  EXPECT_EQ(s.set_option(only, ipproto::ipv6, ipv6_option::v6_only, 1), 0);
  EXPECT_EQ(s.option(only, ipproto::ipv6, ipv6_option::v6_only), 1);
  EXPECT_EQ(s.connect(only, loopback(test_port)), -error::network_unreachable);
  EXPECT_EQ(s.bind(only, loopback(0)), -error::invalid) << "a mapped address";
}

TEST_F(Ipv6SocketsTest, a_port_of_both_families_is_taken_for_both) {
  listener6(test_port);
  EXPECT_EQ(s.bind(tcp(), {IpAddress::any_v4(), test_port}), -error::address_in_use);
  EXPECT_EQ(s.bind(tcp6(), any_v6(test_port)), -error::address_in_use);
  const int datagram = udp6();
  EXPECT_EQ(s.bind(datagram, any_v6(500)), 0);
  EXPECT_EQ(s.bind(udp(), {IpAddress::any_v4(), 500}), -error::address_in_use);
  EXPECT_EQ(s.set_option(datagram, ipproto::ipv6, ipv6_option::v6_only, 1), -error::invalid) << "as on Linux: too late";
}

TEST_F(Ipv6SocketsTest, datagrams_of_either_family_by_one_socket) {
  const int server = udp6();
  ASSERT_EQ(s.bind(server, any_v6(500)), 0);
  const std::string text = "hello";
  for (const bool six : {true, false}) {
    const int client = six ? udp6() : udp();
    const Endpoint to = six ? loopback_v6(500) : loopback(500);
    ASSERT_EQ(s.sendto(client, bytes_of(text), 0, &to), 5);
    std::array<std::uint8_t, 16> buffer{};
    Endpoint from;
    ASSERT_EQ(s.recvfrom(server, buffer, 0, &from), 5);
    EXPECT_EQ(from.address, to.address);
    ASSERT_EQ(s.sendto(server, bytes_of(text), 0, &from), 5);
    EXPECT_EQ(s.recv(client, buffer), 5);
  }
}

TEST_F(Ipv6SocketsTest, a_socket_of_ipv4_hears_nothing_of_ipv6) {
  const int four = udp();
  ASSERT_EQ(s.bind(four, {IpAddress::any_v4(), 500}), 0);
  const int client = udp6();
  ASSERT_EQ(s.connect(client, loopback_v6(500)), 0);
  const std::string text = "hello";
  EXPECT_EQ(s.send(client, bytes_of(text)), 5);
  std::array<std::uint8_t, 16> buffer{};
  EXPECT_EQ(s.recv(client, buffer), -error::connection_refused);
  EXPECT_EQ(s.recv(four, buffer, msg::dont_wait), -error::try_again);
}

TEST_F(Ipv6SocketsTest, names_of_sockets_are_of_their_family) {
  Endpoint name{mapped_elsewhere, 1};
  EXPECT_EQ(s.getsockname(udp6(), name), 0);
  EXPECT_EQ(name, any_v6(0));
  EXPECT_EQ(s.getsockname(udp(), name), 0);
  EXPECT_EQ(name, (Endpoint{IpAddress::any_v4(), 0}));
}

TEST_F(Ipv6SocketsTest, RFC3493_5_1_options_of_level_ipv6) {
  const int fd = udp6();
  using namespace ipv6_option;
  for (const auto& [name, value] : {std::pair{unicast_hops, 7}, {multicast_hops, 9}, {traffic_class, 0xb8}, {multicast_loop, 0}}) {
    EXPECT_EQ(s.set_option(fd, ipproto::ipv6, name, value), 0) << name;
    EXPECT_EQ(s.option(fd, ipproto::ipv6, name), value) << name;
  }
  EXPECT_EQ(s.set_option(fd, ipproto::ipv6, unicast_hops, -1), 0);
  EXPECT_EQ(s.option(fd, ipproto::ipv6, unicast_hops), 64);
  EXPECT_EQ(s.set_option(fd, ipproto::ipv6, unicast_hops, 256), -error::invalid);
  EXPECT_EQ(s.set_option(fd, ipproto::ipv6, 9999, 1), -error::no_such_option);
  EXPECT_EQ(s.set_option(udp(), ipproto::ipv6, unicast_hops, 7), -error::no_such_option) << "AF_INET";
  EXPECT_EQ(s.set_option(fd, ipproto::ipv6, multicast_if, 99), -error::no_such_device);
}

TEST_F(Ipv6SocketsTest, RFC3542_3_raw_icmpv6_without_its_ip_header) {
  const int raw = s.socket(af::inet6, sock::raw, ipproto::icmpv6);
  ASSERT_GE(raw, 0);
  const std::array<std::uint8_t, 10> request{128, 0, 0, 0, 1, 2, 0, 1, 'h', 'i'};
  const Endpoint to = loopback_v6(0);
  ASSERT_EQ(s.sendto(raw, request, 0, &to), 10);
  std::array<std::uint8_t, 100> reply{};
  ASSERT_EQ(s.recv(raw, reply), 10);
  EXPECT_EQ(reply[0], 129);
  EXPECT_EQ(reply[8], 'h');
  const Endpoint four = loopback(0);
  EXPECT_EQ(s.sendto(raw, request, 0, &four), -error::family_not_supported);
}

TEST_F(Ipv6SocketsTest, groups_want_a_group_an_interface_and_a_datagram_socket) {
  constexpr IpAddress group = IpAddress::v4(239, 1, 2, 3);
  EXPECT_EQ(s.change_group(tcp6(), GroupChange::join, group, 0), -error::no_such_option);
  EXPECT_EQ(s.change_group(99, GroupChange::join, group, 0), -error::bad_descriptor);
  const int fd = udp6();
  EXPECT_EQ(s.change_group(fd, GroupChange::join, mapped_elsewhere, 0), -error::invalid);
  EXPECT_EQ(s.change_group(fd, GroupChange::leave, group, 0), -error::address_not_available);
  EXPECT_EQ(s.change_group(fd, GroupChange::join, group, 77), -error::no_such_device);
  EXPECT_EQ(s.change_group(fd, GroupChange::join, group, 0), 0);
  EXPECT_EQ(s.change_group(fd, GroupChange::join, group, 0), -error::address_in_use);
  EXPECT_EQ(s.change_group(fd, GroupChange::block_source, group, 0, mapped_elsewhere), 0);
  EXPECT_EQ(s.change_group(fd, GroupChange::block_source, group, 0, mapped_elsewhere), -error::address_not_available);
  EXPECT_EQ(s.change_group(fd, GroupChange::join_source, group, 0, mapped_elsewhere), -error::invalid) << "RFC 3678 4.1.3";
  EXPECT_EQ(s.change_group(fd, GroupChange::leave, group, 0), 0);
  std::array<std::uint8_t, 20> request{0xff, 0x15};
  request[15] = 7;
  EXPECT_EQ(s.setsockopt(fd, ipproto::ipv6, ipv6_option::join_group, request.data(), 19), -error::invalid) << "too short";
  const std::uint32_t index = 1;
  std::memcpy(request.data() + 16, &index, sizeof index);
  EXPECT_EQ(s.setsockopt(fd, ipproto::ipv6, ipv6_option::join_group, request.data(), request.size()), 0);
  EXPECT_EQ(s.setsockopt(fd, ipproto::ipv6, ipv6_option::leave_group, request.data(), request.size()), 0);
  EXPECT_EQ(s.close(fd), 0);
}

}  // namespace
}  // namespace linnet::sockets::test
