// SPDX-License-Identifier: Apache-2.0
// Streams: what a call with options or flags does to the other end, and what is told once.
#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

class StreamDetails : public SocketsTest {
 protected:
  StreamDetails() : listening_(listener()) {
    const Pair pair = connection(listening_);
    client = pair.client;
    server = pair.server;
  }
  ~StreamDetails() override {
    for (const int fd : {client, server, listening_}) s.close(fd);
  }
  int set(int fd, int name, int value) { return s.set_option(fd, ipproto::tcp, name, value); }
  int get(int fd, int name) { return s.option(fd, ipproto::tcp, name); }
  std::string at_once(int fd) { return recv(fd, 100, msg::dont_wait); }

  const std::string nothing = std::to_string(-error::try_again);
  int listening_ = -1;
  int client = -1;
  int server = -1;
};

TEST_F(StreamDetails, TCP_QUICKACK_stays_on_with_an_odd_number_only) {
  for (const auto& [value, read] : {std::pair{0, 0}, {1, 1}, {2, 0}, {3, 1}, {4, 0}, {-1, 1}}) {
    EXPECT_EQ(set(client, tcp_option::quick_ack, value), 0);
    EXPECT_EQ(get(client, tcp_option::quick_ack), read) << value;
  }
}

TEST_F(StreamDetails, TCP_NODELAY_pushes_what_a_cork_holds_whenever_it_is_set) {
  EXPECT_EQ(set(client, tcp_option::cork, 1), 0);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(send(client, "held"), 4);
    EXPECT_EQ(set(client, tcp_option::no_delay, 0), 0);
    EXPECT_EQ(at_once(server), nothing) << "switched off it pushes nothing";
    EXPECT_EQ(set(client, tcp_option::keep_count, 1), 0);
    EXPECT_EQ(at_once(server), nothing) << "nor does another option";
    EXPECT_EQ(set(client, tcp_option::no_delay, 1), 0);
    EXPECT_EQ(at_once(server), "held");
    EXPECT_EQ(send(client, "more"), 4);
    EXPECT_EQ(set(client, tcp_option::no_delay, 1), 0);
    EXPECT_EQ(at_once(server), "more") << "it was on";
  }
}

TEST_F(StreamDetails, TCP_MAXSEG_of_a_connection_is_what_it_sends) {
  const int small = tcp();
  EXPECT_EQ(set(small, tcp_option::maximum_segment, 600), 0);
  EXPECT_EQ(s.connect(small, loopback(test_port)), 0);
  const int peer = s.accept(listening_);
  EXPECT_EQ(get(small, tcp_option::maximum_segment), s.status(small)->segment_size);
  EXPECT_EQ(get(peer, tcp_option::maximum_segment), s.status(peer)->segment_size);
  EXPECT_LE(get(peer, tcp_option::maximum_segment), 600);
  EXPECT_GT(get(peer, tcp_option::maximum_segment), 500);
  for (const int fd : {small, peer}) s.close(fd);
}

TEST_F(StreamDetails, SIOCINQ_SIOCOUTQ_and_SIOCATMARK_of_what_has_none) {
  const int fresh = tcp();
  for (const auto request : {ioctl_request::bytes_readable, ioctl_request::bytes_unacknowledged,
                             ioctl_request::bytes_unsent, ioctl_request::at_mark}) {
    int value = 99;
    EXPECT_EQ(s.ioctl(fresh, request, &value), 0);
    EXPECT_EQ(value, 0) << request;
  }
  const int datagram = udp();
  int value = 99;
  EXPECT_EQ(s.ioctl(datagram, ioctl_request::at_mark, &value), -error::not_a_typewriter);
  EXPECT_EQ(s.ioctl(datagram, ioctl_request::bytes_readable, &value), 0);
  EXPECT_EQ(value, 0);
  for (const int fd : {fresh, datagram}) s.close(fd);
}

TEST_F(StreamDetails, SIOCATMARK_is_1_at_the_urgent_byte) {
  int value = 99;
  EXPECT_EQ(send(client, "!", msg::oob), 1);
  host.poll_once();
  EXPECT_EQ(s.ioctl(server, ioctl_request::at_mark, &value), 0);
  EXPECT_EQ(value, 1);
}

TEST_F(StreamDetails, FIONREAD_of_raw_sockets_counts_the_header_that_is_shown) {
  for (const bool six : {false, true}) {
    const int raw = s.socket(six ? af::inet6 : af::inet, sock::raw, 200);
    int value = 99;
    EXPECT_EQ(s.ioctl(raw, ioctl_request::bytes_readable, &value), 0);
    EXPECT_EQ(value, 0);
    const Endpoint to{six ? IpAddress::loopback_v6() : IpAddress::loopback_v4(), 0};
    EXPECT_EQ(s.sendto(raw, bytes_of("12345"), 0, &to), 5);
    host.poll_once();
    EXPECT_EQ(s.ioctl(raw, ioctl_request::bytes_readable, &value), 0);
    EXPECT_EQ(value, six ? 5 : 25) << "RFC 3542 3: IPv6 shows none";
    EXPECT_EQ(recv(raw).size(), six ? 5u : 25u);
    s.close(raw);
  }
}

TEST_F(StreamDetails, an_error_that_waited_is_told_once_by_any_data_call) {
  for (const bool reads : {false, true}) {
    const int fd = s.socket(af::inet, sock::stream | sock::nonblock);
    EXPECT_EQ(s.connect(fd, loopback(9)), -error::in_progress);
    for (int round = 0; round < 4; ++round) host.poll_once();
    EXPECT_EQ(s.bind(fd, loopback(0)), 0);
    const auto call = [&] { return reads ? std::stol(recv(fd)) : static_cast<long>(send(fd, "x")); };
    EXPECT_EQ(call(), -error::connection_refused);
    EXPECT_EQ(call(), -error::not_connected);
    s.close(fd);
  }
}

TEST_F(StreamDetails, recvmsg_has_no_flags_to_tell) {
  std::array<std::uint8_t, 2> buffer{};
  const MutableBytes part(buffer);
  ReceiveMessage message;
  message.parts = {&part, 1};
  message.flags = msg::trunc;
  EXPECT_EQ(send(client, "abcd"), 4);
  EXPECT_EQ(s.recvmsg(server, message), 2);
  EXPECT_EQ(message.flags, 0) << "a stream is not cut";
}

TEST_F(StreamDetails, peeking_for_all_waits_while_more_may_come) {
  EXPECT_EQ(s.set_receive_timeout(server, Duration::milliseconds(100)), 0);
  EXPECT_EQ(send(client, "ab"), 2);
  const Instant before = now();
  EXPECT_EQ(recv(server, 4, msg::peek | msg::wait_all), "ab");
  EXPECT_GE(now() - before, Duration::milliseconds(100));
  EXPECT_EQ(recv(server, 2, msg::wait_all), "ab");
}

TEST_F(StreamDetails, no_room_for_an_urgent_byte_is_none_read) {
  EXPECT_EQ(s.set_option(server, sol::socket, so::oob_inline, 0), 0);
  EXPECT_EQ(send(client, "!", msg::oob), 1);
  host.poll_once();
  EXPECT_EQ(s.recv(server, {}, msg::oob), 0);
  EXPECT_EQ(recv(server, 1, msg::oob), "!");
}

TEST_F(StreamDetails, RFC2525_2_17_close_with_one_unread_byte_does_not_linger) {
  EXPECT_EQ(send(server, "x"), 1);
  host.poll_once();
  EXPECT_EQ(s.set_linger(client, Duration::seconds(2)), 0);
  const Instant before = now();
  EXPECT_EQ(s.close(client), 0);
  EXPECT_EQ(now(), before);
  EXPECT_EQ(recv(server), std::to_string(-error::connection_reset));
}

TEST_F(StreamDetails, status_is_of_connections_only) {
  EXPECT_FALSE(s.status(99).has_value());
  EXPECT_FALSE(s.status(listening_).has_value());
  EXPECT_TRUE(s.status(client).has_value());
}

using DatagramDetails = SocketsTest;

TEST_F(DatagramDetails, an_empty_datagram_has_a_sender_too) {
  const int fd = udp_on(53);
  const int client = udp_on(54);
  const Endpoint to = loopback(53);
  EXPECT_EQ(s.sendto(client, {}, 0, &to), 0);
  Endpoint from;
  std::array<std::uint8_t, 4> buffer{};
  EXPECT_EQ(s.recvfrom(fd, buffer, 0, &from), 0);
  EXPECT_EQ(from, loopback(54));
  for (const int each : {fd, client}) s.close(each);
}

TEST_F(DatagramDetails, what_a_part_has_no_bytes_for_stays_as_it_was) {
  const int fd = udp_on(53);
  const Endpoint to = loopback(53);
  EXPECT_EQ(s.sendto(fd, bytes_of("abcdef"), 0, &to), 6);
  std::array<std::uint8_t, 4> first{};
  std::array<std::uint8_t, 10> second{};
  std::array<std::uint8_t, 10> third{};
  second.fill(9);
  third.fill(9);
  const std::array<MutableBytes, 3> parts{MutableBytes(first), MutableBytes(second), MutableBytes(third)};
  EXPECT_EQ(s.readv(fd, parts), 6);
  EXPECT_EQ(second, (std::array<std::uint8_t, 10>{'e', 'f', 9, 9, 9, 9, 9, 9, 9, 9}));
  EXPECT_EQ(third[0], 9);
  s.close(fd);
}

TEST_F(DatagramDetails, closed_sockets_of_each_kind_are_free_again) {
  for (int round = 0; round < 100; ++round) {
    for (const int fd : {tcp(), udp(), s.socket(af::inet, sock::raw, 200)}) {
      ASSERT_GE(fd, 0) << round;
      EXPECT_EQ(s.close(fd), 0);
    }
  }
}

}  // namespace
}  // namespace linnet::sockets::test
