// SPDX-License-Identifier: Apache-2.0
// Calls at their edges: how long they wait, what they leave behind, and the last size that still fits.
#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

using CallEdges = SocketsTest;

/// Two ends of a connection whose calls may take 10 s.
class StreamEdges : public SocketsTest {
 protected:
  StreamEdges() : listening_(listener()) {
    const Pair pair = connection(listening_);
    client = pair.client;
    server = pair.server;
    for (const int fd : {client, server}) {
      EXPECT_EQ(s.set_receive_timeout(fd, Duration::seconds(10)), 0);
      EXPECT_EQ(s.set_send_timeout(fd, Duration::seconds(10)), 0);
    }
  }
  ~StreamEdges() override {
    for (const int fd : {client, server, listening_}) s.close(fd);
  }
  /// As much as both ends' buffers take.
  std::size_t fill() {
    std::size_t total = 0;
    for (int refusals = 0; refusals < 5;) {
      const std::ptrdiff_t more = send(client, std::string(4000, 'x'), msg::dont_wait);
      if (more > 0) total += static_cast<std::size_t>(more);
      refusals = more > 0 ? 0 : refusals + 1;
      port.set_time(now() + Duration::seconds(1));
      host.poll_once();
    }
    return total;
  }
  int listening_ = -1;
  int client = -1;
  int server = -1;
};

TEST_F(StreamEdges, POSIX_recv_waits_for_no_more_than_one_byte_unless_it_is_asked_to) {
  const Instant before = now();
  EXPECT_EQ(send(client, "x"), 1);
  EXPECT_EQ(recv(server, 2000), "x");
  EXPECT_EQ(send(client, "y"), 1);
  std::array<std::uint8_t, 1> first{};
  std::array<std::uint8_t, 10> second{};
  const std::array<MutableBytes, 2> parts{MutableBytes(first), MutableBytes(second)};
  EXPECT_EQ(s.readv(server, parts), 1) << "though the next part is empty";
  EXPECT_LT(now() - before, Duration::seconds(1));
}

TEST_F(StreamEdges, peeking_for_more_than_the_window_lets_come_does_not_wait) {
  const std::size_t total = fill();
  const Instant before = now();
  const std::string seen = recv(server, total + 100000, msg::peek | msg::wait_all);
  EXPECT_GT(seen.size(), 4000u);
  EXPECT_LT(now() - before, Duration::seconds(5));
  EXPECT_EQ(s.set_linger(client, Duration()), 0);
}

TEST_F(StreamEdges, MSG_OOB_looks_at_the_devices_itself) {
  EXPECT_EQ(s.set_option(server, sol::socket, so::oob_inline, 0), 0);
  EXPECT_EQ(send(client, "!", msg::oob), 1);
  EXPECT_EQ(recv(server, 1, msg::oob), "!");
  EXPECT_EQ(recv(server, 1, msg::oob), std::to_string(-error::invalid)) << "once";
}

TEST_F(StreamEdges, shutdown_of_what_was_never_connected_is_refused_whichever_way) {
  const int fresh = tcp();
  for (const int how : {shut::read, shut::write, shut::both})
    EXPECT_EQ(s.shutdown(fresh, how), -error::not_connected);
  s.close(fresh);
}

TEST_F(CallEdges, a_name_goes_with_the_attempt_that_failed) {
  const int client = tcp();
  for (std::uint16_t number = 4000; number < 4100; ++number) {
    ASSERT_EQ(s.bind(client, loopback(number)), 0);
    ASSERT_EQ(s.connect(client, loopback(9)), -error::connection_refused)
        << "nothing of the last one is left";
  }
  s.close(client);
}

TEST_F(CallEdges, AF_UNSPEC_makes_a_stream_as_new) {
  const int client = s.socket(af::inet, sock::stream | sock::nonblock);
  EXPECT_EQ(s.connect(client, loopback(9)), -error::in_progress);
  for (int round = 0; round < 4; ++round) host.poll_once();
  EXPECT_EQ(s.bind(client, loopback(0)), 0);  // the refusal waits to be told
  EXPECT_EQ(s.connect(client, {}), 0);
  EXPECT_EQ(s.option(client, sol::socket, so::error), 0);
  s.close(client);
}

TEST_F(CallEdges, a_datagram_longer_than_all_parts_is_cut_at_their_end) {
  const int fd = udp_on(53);
  const Endpoint to = loopback(53);
  EXPECT_EQ(s.sendto(fd, bytes_of("abcdef"), 0, &to), 6);
  std::array<std::uint8_t, 2> first{};
  std::array<std::uint8_t, 2> second{};
  const std::array<MutableBytes, 2> parts{MutableBytes(first), MutableBytes(second)};
  ReceiveMessage message;
  message.parts = parts;
  EXPECT_EQ(s.recvmsg(fd, message), 4);
  EXPECT_EQ(message.flags, msg::trunc);
  EXPECT_EQ(second, (std::array<std::uint8_t, 2>{'c', 'd'}));
  s.close(fd);
}

TEST_F(CallEdges, RFC768_the_longest_datagram_of_ipv6_is_not_too_long_for_the_call) {
  const int fd = s.socket(af::inet6, sock::dgram);
  const Endpoint to{IpAddress::loopback_v6(), 53};
  const std::string most(udp::Udp::maximum_payload_v6, 'x');
  EXPECT_EQ(s.sendto(fd, bytes_of(most), 0, &to), -error::no_buffers) << "loopback holds fewer fragments";
  EXPECT_EQ(s.sendto(fd, bytes_of(most + 'x'), 0, &to), -error::message_too_long);
  s.close(fd);
}

TEST_F(CallEdges, POSIX_select_takes_FD_SETSIZE_and_no_more) {
  EXPECT_EQ(s.select(FdSet::capacity, nullptr, nullptr, nullptr, Duration()), 0);
  EXPECT_EQ(s.select(FdSet::capacity + 1, nullptr, nullptr, nullptr, Duration()), -error::invalid);
  EXPECT_EQ(s.select(-1, nullptr, nullptr, nullptr, Duration()), -error::invalid);
}

TEST_F(CallEdges, POSIX_poll_and_select_without_time_do_not_wait_and_what_is_ready_ends_a_wait_at_once) {
  const int fd = udp_on(53);
  const Instant before = now();
  PollEntry entry{.fd = fd, .events = event::in};
  EXPECT_EQ(s.poll({&entry, 1}, Duration()), 0);
  entry.events = event::out;
  EXPECT_EQ(s.poll({&entry, 1}, Duration::seconds(10)), 1);
  FdSet write;
  write.add(fd);
  EXPECT_EQ(s.select(fd + 1, nullptr, &write, nullptr, Duration::seconds(10)), 1);
  FdSet read;
  read.add(fd);
  EXPECT_EQ(s.select(fd + 1, &read, nullptr, nullptr, Duration()), 0);
  EXPECT_EQ(now(), before);
  s.close(fd);
}

/// RFC 7413, with data on the SYN of a host that knows its cookie.
class FastOpenEdges : public SocketsTest {
 protected:
  FastOpenEdges() : listening_(tcp()) {
    EXPECT_EQ(s.set_option(listening_, ipproto::tcp, tcp_option::fast_open, 4), 0);
    EXPECT_EQ(s.bind(listening_, {IpAddress::any_v4(), test_port}), 0);
    EXPECT_EQ(s.listen(listening_, 4), 0);
    const int client = tcp();  // learns the cookie
    EXPECT_EQ(s.sendto(client, bytes_of("first"), msg::fast_open, &to_), 5);
    const int server = s.accept(listening_);
    EXPECT_EQ(recv(server), "first");
    for (const int fd : {client, server}) s.close(fd);
  }
  ~FastOpenEdges() override { s.close(listening_); }
  const Endpoint to_ = loopback(test_port);
  int listening_ = -1;
};

TEST_F(FastOpenEdges, parts_that_go_half_with_the_SYN_arrive_whole) {
  std::string text;
  for (int i = 0; i < 6000; ++i) text += static_cast<char>('a' + i % 26);
  const Bytes whole = bytes_of(text);
  const int client = tcp();
  const std::array<Bytes, 3> parts{whole.first(300), whole.subspan(300, 3000), whole.subspan(3300)};
  EXPECT_EQ(s.sendmsg(client, {.parts = parts, .to = &to_}, msg::fast_open), 6000);
  const int server = s.accept(listening_);
  EXPECT_TRUE(s.status(server)->syn_data);
  EXPECT_EQ(recv(server, 6000, msg::wait_all), text);
  for (const int fd : {client, server}) s.close(fd);
}

}  // namespace
}  // namespace linnet::sockets::test
