// SPDX-License-Identifier: Apache-2.0
#include "sockets/tcp_info.hpp"
#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

class TcpOptions : public SocketsTest {
 protected:
  std::string congestion(int fd) {
    char name[16] = {};
    std::size_t length = sizeof name;
    EXPECT_EQ(s.getsockopt(fd, ipproto::tcp, tcp_option::congestion, name, &length), 0);
    EXPECT_EQ(length, sizeof name);
    return name;
  }
  int set_congestion(int fd, const std::string& name) {
    return s.setsockopt(fd, ipproto::tcp, tcp_option::congestion, name.data(), name.size());
  }
  TcpInfo info(int fd) {
    TcpInfo info;
    std::size_t length = sizeof info;
    EXPECT_EQ(s.getsockopt(fd, ipproto::tcp, tcp_option::info, &info, &length), 0);
    EXPECT_EQ(length, sizeof info);
    return info;
  }
  int set(int fd, int name, int value) { return s.set_option(fd, ipproto::tcp, name, value); }
  int get(int fd, int name) { return s.option(fd, ipproto::tcp, name); }
};

TEST_F(TcpOptions, numbers_come_back_as_linux_gives_them) {
  const int fd = tcp();
  EXPECT_EQ(get(fd, tcp_option::cork), 0);
  EXPECT_EQ(set(fd, tcp_option::cork, 1), 0);
  EXPECT_EQ(get(fd, tcp_option::cork), 1);
  EXPECT_EQ(get(fd, tcp_option::syn_count), 7);
  EXPECT_EQ(set(fd, tcp_option::syn_count, 0), -error::invalid);
  EXPECT_EQ(set(fd, tcp_option::syn_count, 128), -error::invalid);
  EXPECT_EQ(set(fd, tcp_option::syn_count, 3), 0);
  EXPECT_EQ(get(fd, tcp_option::syn_count), 3);
  EXPECT_EQ(get(fd, tcp_option::linger2), 60);
  EXPECT_EQ(set(fd, tcp_option::linger2, 5), 0);
  EXPECT_EQ(get(fd, tcp_option::linger2), 5);
  EXPECT_EQ(set(fd, tcp_option::linger2, 1000), 0);
  EXPECT_EQ(get(fd, tcp_option::linger2), 120);
  EXPECT_EQ(set(fd, tcp_option::linger2, -7), 0);
  int value = 0;
  std::size_t length = sizeof value;
  EXPECT_EQ(s.getsockopt(fd, ipproto::tcp, tcp_option::linger2, &value, &length), 0);
  EXPECT_EQ(value, -1);
  EXPECT_EQ(get(fd, tcp_option::quick_ack), 1);
  EXPECT_EQ(set(fd, tcp_option::quick_ack, 0), 0);
  EXPECT_EQ(get(fd, tcp_option::quick_ack), 0);
  EXPECT_EQ(set(fd, tcp_option::window_clamp, 1), 0);
  EXPECT_EQ(get(fd, tcp_option::window_clamp), 1152);
  EXPECT_EQ(set(fd, tcp_option::window_clamp, 0), 0);
  EXPECT_EQ(set(fd, tcp_option::unsent_low_water, 4096), 0);
  EXPECT_EQ(get(fd, tcp_option::unsent_low_water), 4096);
  EXPECT_EQ(set(fd, tcp_option::maximum_segment, 87), -error::invalid);
  EXPECT_EQ(set(fd, tcp_option::maximum_segment, 0), 0);
  s.close(fd);
}

TEST_F(TcpOptions, defer_accept_seconds_become_whole_timeouts) {
  const int fd = tcp();
  EXPECT_EQ(get(fd, tcp_option::defer_accept), 0);
  EXPECT_EQ(set(fd, tcp_option::defer_accept, 1), 0);
  EXPECT_EQ(get(fd, tcp_option::defer_accept), 1);
  EXPECT_EQ(set(fd, tcp_option::defer_accept, 5), 0);
  EXPECT_EQ(get(fd, tcp_option::defer_accept), 7);  // 1 + 2 + 4
  EXPECT_EQ(set(fd, tcp_option::defer_accept, INT32_MAX), 0);
  const int most = get(fd, tcp_option::defer_accept);
  EXPECT_GT(most, 250 * 60) << "255 time-outs";
  EXPECT_EQ(set(fd, tcp_option::defer_accept, most + 1), 0);
  EXPECT_EQ(get(fd, tcp_option::defer_accept), most);
  EXPECT_EQ(set(fd, tcp_option::defer_accept, -1), 0);
  EXPECT_EQ(get(fd, tcp_option::defer_accept), 0);
  s.close(fd);
}

TEST_F(TcpOptions, congestion_control_by_name) {
  const int fd = tcp();
  EXPECT_EQ(congestion(fd), "cubic");
  EXPECT_EQ(set_congestion(fd, "reno"), 0);
  EXPECT_EQ(congestion(fd), "reno");
  EXPECT_EQ(set_congestion(fd, std::string("cubic\0more", 10)), 0);
  EXPECT_EQ(congestion(fd), "cubic");
  EXPECT_EQ(set_congestion(fd, "westwood"), -error::no_entry);
  EXPECT_EQ(set_congestion(fd, ""), -error::invalid);
  const int datagram = udp();
  EXPECT_EQ(set_congestion(datagram, "reno"), -error::no_such_option);
  s.close(fd);
  s.close(datagram);
}

TEST_F(TcpOptions, an_accepted_connection_has_its_listeners_options) {
  const int listening = tcp();
  EXPECT_EQ(set_congestion(listening, "reno"), 0);
  EXPECT_EQ(set(listening, tcp_option::linger2, 9), 0);
  EXPECT_EQ(s.bind(listening, {IpAddress::any_v4(), test_port}), 0);
  EXPECT_EQ(s.listen(listening, 2), 0);
  EXPECT_EQ(set(listening, tcp_option::cork, 1), 0);  // also what is set later
  const Pair pair = connection(listening);
  EXPECT_EQ(congestion(pair.server), "reno");
  EXPECT_EQ(get(pair.server, tcp_option::linger2), 9);
  EXPECT_EQ(get(pair.server, tcp_option::cork), 1);
  EXPECT_EQ(congestion(pair.client), "cubic");
  EXPECT_EQ(set(pair.client, tcp_option::window_clamp, 0), -error::invalid);
  for (const int fd : {pair.client, pair.server, listening}) s.close(fd);
}

TEST_F(TcpOptions, info_has_linuxs_numbers) {
  const int listening = listener();
  TcpInfo of_listener = info(listening);
  EXPECT_EQ(of_listener.state, 10);
  EXPECT_EQ(of_listener.sacked, 4u);
  const int closed = tcp();
  EXPECT_EQ(info(closed).state, 7);
  const Pair pair = connection(listening);
  EXPECT_EQ(send(pair.client, "hello"), 5);
  EXPECT_EQ(recv(pair.server), "hello");
  port.set_time(now() + Duration::milliseconds(300));
  host.poll_once();
  const TcpInfo client = info(pair.client);
  EXPECT_EQ(client.state, 1);
  EXPECT_EQ(client.options & (TcpInfo::timestamps | TcpInfo::sack), TcpInfo::timestamps | TcpInfo::sack);
  EXPECT_EQ(client.bytes_sent, 5u);
  EXPECT_EQ(client.bytes_acked, 5u);
  EXPECT_EQ(client.unacked, 0u);
  EXPECT_EQ(client.data_segs_out, 1u);
  EXPECT_GE(client.last_data_sent, 300u);
  EXPECT_EQ(client.snd_ssthresh, 0x7fffffffu);
  EXPECT_GE(client.rto, 200000u);
  const TcpInfo server = info(pair.server);
  EXPECT_EQ(server.bytes_received, 5u);
  EXPECT_EQ(server.data_segs_in, 1u);
  for (const int fd : {pair.client, pair.server, listening, closed}) s.close(fd);
}

TEST_F(TcpOptions, info_is_cut_to_the_room_there_is) {
  const int fd = tcp();
  std::uint8_t few[10] = {};
  std::size_t length = sizeof few;
  EXPECT_EQ(s.getsockopt(fd, ipproto::tcp, tcp_option::info, few, &length), 0);
  EXPECT_EQ(length, sizeof few);
  EXPECT_EQ(few[0], 7);
  s.close(fd);
}

TEST_F(TcpOptions, receive_low_water_makes_recv_wait) {
  const int listening = listener();
  const Pair pair = connection(listening);
  EXPECT_EQ(s.option(pair.server, sol::socket, so::receive_low_water), 1);
  EXPECT_EQ(s.option(pair.server, sol::socket, so::send_low_water), 1);
  EXPECT_EQ(s.set_option(pair.server, sol::socket, so::send_low_water, 2), -error::no_such_option);
  EXPECT_EQ(s.set_option(pair.server, sol::socket, so::receive_low_water, 4), 0);
  EXPECT_EQ(s.set_receive_timeout(pair.server, Duration::milliseconds(100)), 0);
  EXPECT_EQ(send(pair.client, "ab"), 2);
  EXPECT_EQ(events(pair.server) & event::in, 0);
  EXPECT_EQ(recv(pair.server, 10, msg::dont_wait), "ab");  // whoever does not wait takes what is there
  EXPECT_EQ(send(pair.client, "cd"), 2);
  const Instant before = now();
  EXPECT_EQ(recv(pair.server), "cd");
  EXPECT_GE(now() - before, Duration::milliseconds(100));
  EXPECT_EQ(send(pair.client, "efgh"), 4);
  EXPECT_NE(events(pair.server) & event::in, 0);
  EXPECT_EQ(recv(pair.server), "efgh");
  for (const int fd : {pair.client, pair.server, listening}) s.close(fd);
}

TEST_F(TcpOptions, discard_reads_without_copying) {
  const int listening = listener();
  const Pair pair = connection(listening);
  EXPECT_EQ(send(pair.client, "abcdef"), 6);
  std::uint8_t untouched[4] = {1, 2, 3, 4};
  EXPECT_EQ(s.recv(pair.server, untouched, msg::discard | msg::peek), 4);
  EXPECT_EQ(s.recv(pair.server, untouched, msg::discard), 4);
  EXPECT_EQ(untouched[0], 1);
  EXPECT_EQ(recv(pair.server), "ef");
  for (const int fd : {pair.client, pair.server, listening}) s.close(fd);
}

TEST_F(TcpOptions, queue_sizes_by_ioctl) {
  const int listening = listener();
  const Pair pair = connection(listening);
  int value = -1;
  EXPECT_EQ(set(pair.client, tcp_option::cork, 1), 0);
  EXPECT_EQ(send(pair.client, "held"), 4);
  EXPECT_EQ(s.ioctl(pair.client, ioctl_request::bytes_unsent, &value), 0);
  EXPECT_EQ(value, 4);
  EXPECT_EQ(s.ioctl(pair.client, ioctl_request::bytes_unacknowledged, &value), 0);
  EXPECT_EQ(value, 4);
  EXPECT_EQ(set(pair.client, tcp_option::cork, 0), 0);
  EXPECT_EQ(recv(pair.server), "held");
  EXPECT_EQ(s.ioctl(pair.client, ioctl_request::bytes_unsent, &value), 0);
  EXPECT_EQ(value, 0);
  EXPECT_EQ(s.ioctl(listening, ioctl_request::bytes_unsent, &value), -error::invalid);
  EXPECT_EQ(s.ioctl(listening, ioctl_request::bytes_unacknowledged, &value), -error::invalid);
  for (const int fd : {pair.client, pair.server, listening}) s.close(fd);
}

class DoubledBuffers : public SocketsTest {
 protected:
  DoubledBuffers() : SocketsTest({.doubled_buffers = true}) {}
};

TEST_F(DoubledBuffers, are_read_as_linux_reads_them) {
  const int fd = tcp();
  EXPECT_EQ(s.set_option(fd, sol::socket, so::send_buffer, 10000), 0);
  EXPECT_EQ(s.option(fd, sol::socket, so::send_buffer), 20000);
  EXPECT_EQ(s.set_option(fd, sol::socket, so::receive_buffer, 0), 0);
  EXPECT_EQ(s.option(fd, sol::socket, so::receive_buffer), 2304);
  EXPECT_EQ(s.set_option(fd, sol::socket, so::send_buffer, -1), 0);
  EXPECT_EQ(s.option(fd, sol::socket, so::send_buffer), INT32_MAX - 1);
  const int datagram = udp();
  EXPECT_EQ(s.set_option(datagram, sol::socket, so::receive_buffer, 5000), 0);
  EXPECT_EQ(s.option(datagram, sol::socket, so::receive_buffer), 10000);
  s.close(fd);
  s.close(datagram);
}

class LingerAlways : public SocketsTest {
 protected:
  LingerAlways() : SocketsTest({.linger_always = true}) {}
};

TEST_F(LingerAlways, a_non_blocking_close_waits_as_on_linux) {
  const int listening = listener();
  const Pair pair = connection(listening);
  EXPECT_EQ(s.set_non_blocking(pair.client, true), 0);
  std::string much(20000, 'x');
  EXPECT_GT(send(pair.client, much), 0);
  EXPECT_EQ(s.set_linger(pair.client, Duration::seconds(2)), 0);
  const Instant before = now();
  EXPECT_EQ(s.close(pair.client), 0);  // the peer does not read
  EXPECT_GE(now() - before, Duration::seconds(2));
  s.close(pair.server);
  s.close(listening);
}

}  // namespace
}  // namespace linnet::sockets::test
