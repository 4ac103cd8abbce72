// SPDX-License-Identifier: Apache-2.0
// UDP and raw sockets.
#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

class DatagramTest : public SocketsTest {
 protected:
  DatagramTest() : SocketsTest({}, stack()) {}
  static linnet::Config stack() {
    linnet::Config config = linnet::Config::device();
    // Room for a few datagrams of the largest size on the way and in a queue.
    config.blocks = {.small_size = 1664, .small_count = 64, .large_size = 66048, .large_count = 8};
    config.udp.receive_buffer = 200000;
    return config;
  }
  std::ptrdiff_t sendto(int fd, const std::string& text, std::uint16_t number) {
    const Endpoint to = loopback(number);
    return s.sendto(fd, bytes_of(text), 0, &to);
  }
};

TEST_F(DatagramTest, a_server_answers_whoever_asks) {
  const int server = udp_on(53);
  const int client = udp();  // sendto without bind
  EXPECT_EQ(sendto(client, "question", 53), 8);
  std::array<std::uint8_t, 100> buffer{};
  Endpoint from;
  EXPECT_EQ(s.recvfrom(server, buffer, 0, &from), 8);
  Endpoint name;
  EXPECT_EQ(s.getsockname(client, name), 0);
  EXPECT_EQ(from, loopback(name.port));
  EXPECT_EQ(s.sendto(server, bytes_of("answer"), 0, &from), 6);
  EXPECT_EQ(s.recvfrom(client, buffer, 0, &from), 6);
  EXPECT_EQ(from, loopback(53));
  s.close(server);
  s.close(client);
}

TEST_F(DatagramTest, boundaries_stay_and_nothing_is_a_datagram_too) {
  const int server = udp_on(53);
  const int client = udp_on(54);
  EXPECT_EQ(sendto(client, "a", 53), 1);
  EXPECT_EQ(sendto(client, "", 53), 0);
  EXPECT_EQ(sendto(client, "bcd", 53), 3);
  EXPECT_EQ(recv(server), "a");
  EXPECT_EQ(recv(server), "");
  EXPECT_EQ(recv(server), "bcd");
  s.close(server);
  s.close(client);
}

TEST_F(DatagramTest, sizes_up_to_65507) {
  const int server = udp_on(53);
  const int client = udp_on(54);
  for (const std::size_t size : {1u, 1472u, 1473u, 9000u, 65507u}) {
    const std::string data(size, 'z');
    EXPECT_EQ(sendto(client, data, 53), static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(recv(server, 70000), data);
  }
  EXPECT_EQ(sendto(client, std::string(65508, 'z'), 53), -error::message_too_long);
  EXPECT_EQ(sendto(client, std::string(1 << 20, 'z'), 53), -error::message_too_long);
  s.close(server);
  s.close(client);
}

TEST_F(DatagramTest, a_short_buffer_cuts_and_says_so) {
  const int server = udp_on(53);
  const int client = udp_on(54);
  std::array<std::uint8_t, 4> small{};
  const std::array<MutableBytes, 1> parts{MutableBytes(small)};
  ReceiveMessage message;
  message.parts = parts;
  EXPECT_EQ(sendto(client, "0123456789", 53), 10);
  EXPECT_EQ(s.recvmsg(server, message, msg::peek | msg::trunc), 10) << "MSG_TRUNC yields the whole length";
  EXPECT_EQ(message.flags, msg::trunc);
  EXPECT_EQ(s.recvmsg(server, message), 4);
  EXPECT_EQ(message.flags, msg::trunc);
  EXPECT_EQ(message.from, loopback(54));
  EXPECT_EQ(message.info.address, IpAddress::loopback_v4());
  EXPECT_EQ(message.info.interface, Stack::loopback_interface);
  EXPECT_EQ(message.info.ttl, 64);
  EXPECT_EQ(recv(server, 4, msg::dont_wait), std::to_string(-error::try_again)) << "the rest is gone";
  EXPECT_EQ(sendto(client, "0123", 53), 4);
  EXPECT_EQ(s.recvmsg(server, message), 4);
  EXPECT_EQ(message.flags, 0);
  s.close(server);
  s.close(client);
}

TEST_F(DatagramTest, many_parts_out_and_in) {
  const int server = udp_on(53);
  const int client = udp_on(54);
  std::vector<std::string> texts;
  std::vector<Bytes> parts;
  std::string whole;
  for (int i = 0; i < 50; ++i)
    texts.push_back(std::string(static_cast<std::size_t>(i % 5), static_cast<char>('a' + i % 26)));
  for (const std::string& text : texts) {
    parts.push_back(bytes_of(text));
    whole += text;
  }
  const Endpoint to = loopback(53);
  EXPECT_EQ(s.sendmsg(client, {.parts = parts, .to = &to}), static_cast<std::ptrdiff_t>(whole.size()));
  std::string head(10, '\0');
  std::string tail(200, '\0');
  const std::array<MutableBytes, 2> into{
      MutableBytes(reinterpret_cast<std::uint8_t*>(head.data()), head.size()),
      MutableBytes(reinterpret_cast<std::uint8_t*>(tail.data()), tail.size())};
  ReceiveMessage message;
  message.parts = into;
  EXPECT_EQ(s.recvmsg(server, message), static_cast<std::ptrdiff_t>(whole.size()));
  tail.resize(whole.size() - 10);
  EXPECT_EQ(head + tail, whole);
  EXPECT_EQ(message.from, loopback(54));
  s.close(server);
  s.close(client);
}

TEST_F(DatagramTest, a_connected_socket_has_one_peer) {
  const int server = udp_on(53);
  const int other = udp_on(55);
  const int client = udp_on(54);
  EXPECT_EQ(send(client, "x"), -error::destination_required);
  EXPECT_EQ(s.connect(client, loopback(53)), 0);
  Endpoint peer;
  EXPECT_EQ(s.getpeername(client, peer), 0);
  EXPECT_EQ(peer, loopback(53));
  EXPECT_EQ(send(client, "to 53"), 5);
  EXPECT_EQ(recv(server), "to 53");
  EXPECT_EQ(sendto(other, "intruder", 54), 8);
  EXPECT_EQ(recv(client, 10, msg::dont_wait), std::to_string(-error::try_again)) << "only from the peer";
  EXPECT_EQ(s.connect(client, loopback(55)), 0) << "another peer";
  EXPECT_EQ(sendto(other, "welcome", 54), 7);
  EXPECT_EQ(recv(client), "welcome");
  EXPECT_EQ(s.connect(client, Endpoint{}), 0) << "AF_UNSPEC dissolves";
  EXPECT_EQ(s.getpeername(client, peer), -error::not_connected);
  EXPECT_EQ(send(client, "x"), -error::destination_required);
  EXPECT_EQ(sendto(server, "anybody", 54), 7);
  EXPECT_EQ(recv(client), "anybody");
  EXPECT_EQ(s.connect(client, {IpAddress::any_v4(), 5}), -error::address_not_available);
  EXPECT_EQ(s.connect(client, loopback(0)), -error::address_not_available);
  for (const int fd : {server, other, client}) s.close(fd);
}

TEST_F(DatagramTest, RFC1122_4_1_3_3_port_unreachable_is_told_to_a_connected_socket) {
  const int client = udp();
  EXPECT_EQ(s.connect(client, loopback(99)), 0);
  EXPECT_EQ(send(client, "anybody?"), 8);
  EXPECT_EQ(recv(client), std::to_string(-error::connection_refused)) << "a waiting receive is told";
  EXPECT_EQ(s.option(client, sol::socket, so::error), error::connection_refused) << "the last error it met";
  EXPECT_EQ(send(client, "anybody?"), 8);
  for (int i = 0; i < 3; ++i) host.poll_once();
  EXPECT_NE(events(client) & event::err, 0);
  EXPECT_EQ(s.option(client, sol::socket, so::error), error::connection_refused);
  EXPECT_EQ(events(client) & event::err, 0);
  s.close(client);
}

TEST_F(DatagramTest, time_outs_and_readiness) {
  const int server = udp_on(53);
  EXPECT_EQ(s.set_receive_timeout(server, Duration::milliseconds(100)), 0);
  const Instant before = now();
  EXPECT_EQ(recv(server), std::to_string(-error::try_again));
  EXPECT_EQ(now() - before, Duration::milliseconds(100));
  EXPECT_EQ(events(server) & (event::in | event::out), event::out);
  EXPECT_EQ(sendto(server, "self", 53), 4);
  EXPECT_EQ(events(server) & (event::in | event::out), event::in | event::out);
  int count = 0;
  EXPECT_EQ(s.ioctl(server, ioctl_request::bytes_readable, &count), 0);
  EXPECT_EQ(count, 4);
  EXPECT_EQ(recv(server), "self");
  s.close(server);
}

TEST_F(DatagramTest, families_and_flags_that_do_not_fit) {
  const int fd = udp();
  const Endpoint v6{IpAddress::any_v6(), 9};
  EXPECT_EQ(s.sendto(fd, {}, 0, &v6), -error::family_not_supported);
  const Endpoint to = loopback(9);
  EXPECT_EQ(s.sendto(fd, {}, msg::oob, &to), -error::not_supported);
  s.close(fd);
}

// --- raw ---

std::vector<std::uint8_t> echo_request(std::uint16_t sequence) {
  std::vector<std::uint8_t> bytes(8 + 16, 0x5a);
  bytes[0] = 8;
  bytes[1] = bytes[2] = bytes[3] = 0;
  store16(&bytes[4], 0x1234);
  store16(&bytes[6], sequence);
  return bytes;
}

TEST_F(DatagramTest, ping_by_a_raw_socket_sees_the_ip_header) {
  const int raw = s.socket(af::inet, sock::raw, ipproto::icmp);
  EXPECT_EQ(s.set_receive_timeout(raw, Duration::seconds(1)), 0);
  const Endpoint to = loopback(0);
  EXPECT_EQ(s.sendto(raw, echo_request(1), 0, &to), 24);
  std::array<std::uint8_t, 200> buffer{};
  Endpoint from;
  bool answered = false;
  for (int i = 0; i < 3 && !answered; ++i) {  // over loopback the request is seen too
    ASSERT_EQ(s.recvfrom(raw, buffer, 0, &from), 20 + 24);
    EXPECT_EQ(buffer[0], 0x45);
    EXPECT_EQ(load16(&buffer[2]), 44);
    EXPECT_EQ(buffer[9], ipproto::icmp);
    EXPECT_EQ(from, loopback(0));
    answered = buffer[20] == 0;
    EXPECT_EQ(load16(&buffer[26]), 1);
  }
  EXPECT_TRUE(answered);
  s.close(raw);
}

TEST_F(DatagramTest, raw_into_a_short_or_a_split_buffer) {
  const int raw = s.socket(af::inet, sock::raw, ipproto::icmp);
  EXPECT_EQ(s.connect(raw, loopback(0)), 0);
  EXPECT_EQ(s.send(raw, echo_request(1)), 24);
  host.poll_once();
  EXPECT_NE(events(raw) & event::in, 0);
  std::array<std::uint8_t, 10> small{};
  EXPECT_EQ(s.recv(raw, small, msg::peek), 10);
  EXPECT_EQ(small[0], 0x45);
  EXPECT_EQ(s.recv(raw, small, msg::peek | msg::trunc), 44);
  std::array<std::uint8_t, 20> header{};
  std::array<std::uint8_t, 50> rest{};
  const std::array<MutableBytes, 2> parts{MutableBytes(header), MutableBytes(rest)};
  EXPECT_EQ(s.readv(raw, parts), 44);
  EXPECT_EQ(header[0], 0x45);
  EXPECT_EQ(load16(&rest[4]), 0x1234);
  while (s.recv(raw, small, msg::dont_wait) >= 0) {
  }
  s.close(raw);
}

}  // namespace
}  // namespace linnet::sockets::test
