// SPDX-License-Identifier: Apache-2.0
// socket, close, shutdown, and calls on what is no open socket.
#include <functional>

#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

using OpenTest = SocketsTest;

TEST_F(OpenTest, families_types_and_protocols) {
  EXPECT_EQ(s.socket(af::unspec, sock::stream), -error::family_not_supported);
  EXPECT_EQ(s.socket(1, sock::stream), -error::family_not_supported);
  EXPECT_EQ(s.socket(af::inet, 0), -error::type_not_supported);
  EXPECT_EQ(s.socket(af::inet, 4), -error::type_not_supported);
  EXPECT_EQ(s.socket(af::inet, sock::stream, ipproto::udp), -error::protocol_not_supported);
  EXPECT_EQ(s.socket(af::inet, sock::dgram, ipproto::tcp), -error::protocol_not_supported);
  for (const int protocol : {0, -1, int{ipproto::tcp}, int{ipproto::udp}, 255, 256}) {
    EXPECT_EQ(s.socket(af::inet, sock::raw, protocol), -error::protocol_not_supported) << protocol;
  }
  EXPECT_EQ(s.used(), 0u);
  EXPECT_EQ(s.socket(af::inet, sock::stream, 0), 0);
  EXPECT_EQ(s.socket(af::inet, sock::stream, ipproto::tcp), 1);
  EXPECT_EQ(s.socket(af::inet, sock::dgram, ipproto::udp), 2);
  EXPECT_EQ(s.socket(af::inet, sock::raw, ipproto::icmp), 3);
  EXPECT_EQ(s.socket(af::inet, sock::stream | sock::nonblock), 4);
  EXPECT_EQ(s.fcntl(4, fcntl_command::get_flags), status_flag::read_write | status_flag::nonblock);
  EXPECT_EQ(s.fcntl(1, fcntl_command::get_flags), status_flag::read_write);
  for (int fd = 0; fd < 5; ++fd) EXPECT_EQ(s.close(fd), 0);
  EXPECT_EQ(s.used(), 0u);
}

TEST_F(OpenTest, exhaustion_is_ENFILE_and_passes) {
  std::vector<int> open;
  for (std::size_t i = 0; i < s.capacity(); ++i) open.push_back(tcp());
  EXPECT_EQ(tcp(), -error::file_table_overflow);
  EXPECT_EQ(udp(), -error::file_table_overflow);
  EXPECT_EQ(s.close(open[3]), 0);
  EXPECT_EQ(udp(), open[3]);
  for (const int fd : open) EXPECT_EQ(s.close(fd), 0);
}

class FewUdpSockets : public SocketsTest {
 protected:
  static linnet::Config stack() {
    linnet::Config config = linnet::Config::device();
    config.udp.sockets = 1;
    return config;
  }
  FewUdpSockets() : SocketsTest({.max_sockets = 4}, stack()) {}
};

TEST_F(FewUdpSockets, a_stack_without_sockets_is_ENOBUFS_and_takes_no_descriptor) {
  const int only = udp();
  EXPECT_EQ(udp(), -error::no_buffers);
  EXPECT_EQ(s.used(), 1u);
  EXPECT_EQ(s.close(only), 0);
  EXPECT_EQ(udp(), only);
  s.close(only);
}

TEST_F(OpenTest, every_call_on_a_closed_descriptor_is_EBADF) {
  const int closed = tcp();
  EXPECT_EQ(s.close(closed), 0);
  std::uint8_t byte = 0;
  int number = 0;
  std::size_t length = sizeof number;
  Endpoint endpoint;
  ReceiveMessage message;
  for (const int fd : {closed, -1, 1000, 2147483647}) {
    EXPECT_EQ(s.close(fd), -error::bad_descriptor);
    EXPECT_EQ(s.shutdown(fd, shut::both), -error::bad_descriptor);
    EXPECT_EQ(s.bind(fd, loopback(1)), -error::bad_descriptor);
    EXPECT_EQ(s.listen(fd, 1), -error::bad_descriptor);
    EXPECT_EQ(s.accept(fd), -error::bad_descriptor);
    EXPECT_EQ(s.connect(fd, loopback(1)), -error::bad_descriptor);
    EXPECT_EQ(s.send(fd, {&byte, 1}), -error::bad_descriptor);
    EXPECT_EQ(s.recv(fd, {&byte, 1}), -error::bad_descriptor);
    EXPECT_EQ(s.recvmsg(fd, message), -error::bad_descriptor);
    EXPECT_EQ(s.getsockname(fd, endpoint), -error::bad_descriptor);
    EXPECT_EQ(s.getpeername(fd, endpoint), -error::bad_descriptor);
    EXPECT_EQ(s.fcntl(fd, fcntl_command::get_flags), -error::bad_descriptor);
    EXPECT_EQ(s.ioctl(fd, ioctl_request::bytes_readable, &number), -error::bad_descriptor);
    EXPECT_EQ(s.getsockopt(fd, sol::socket, so::type, &number, &length), -error::bad_descriptor);
    EXPECT_EQ(s.setsockopt(fd, sol::socket, so::keepalive, &number, length), -error::bad_descriptor);
    EXPECT_EQ(events(fd), fd < 0 ? 0 : event::nval);
  }
}

TEST_F(OpenTest, C26_08_every_call_in_the_wrong_state_is_an_error_and_harmless) {
  Endpoint endpoint;
  std::uint8_t byte = 0;
  const int fresh = tcp();
  EXPECT_EQ(s.accept(fresh), -error::invalid);
  EXPECT_EQ(s.send(fresh, {&byte, 1}), -error::not_connected);
  EXPECT_EQ(s.recv(fresh, {&byte, 1}), -error::not_connected);
  EXPECT_EQ(s.shutdown(fresh, shut::write), -error::not_connected);
  EXPECT_EQ(s.getpeername(fresh, endpoint), -error::not_connected);
  const int listening = listener();
  EXPECT_EQ(s.listen(listening, 2), 0) << "listening twice changes the backlog";
  EXPECT_EQ(s.bind(listening, loopback(8)), -error::invalid);
  EXPECT_EQ(s.connect(listening, loopback(8)), -error::not_supported);
  EXPECT_EQ(s.send(listening, {&byte, 1}), -error::not_connected);
  EXPECT_EQ(s.recv(listening, {&byte, 1}), -error::not_connected);
  EXPECT_EQ(s.shutdown(listening, shut::write), 0) << "of reading it would listen no more";
  const auto [client, server] = connection(listening);
  EXPECT_EQ(s.listen(client, 1), -error::invalid);
  EXPECT_EQ(s.bind(client, loopback(9)), -error::invalid);
  EXPECT_EQ(s.accept(client), -error::invalid);
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::is_connected);
  EXPECT_EQ(s.connect(server, loopback(test_port)), -error::is_connected);
  EXPECT_EQ(s.shutdown(client, 3), -error::invalid);
  EXPECT_EQ(s.shutdown(client, -1), -error::invalid);
  const int datagram = udp();
  EXPECT_EQ(s.listen(datagram, 1), -error::not_supported);
  EXPECT_EQ(s.accept(datagram), -error::not_supported);
  EXPECT_EQ(s.shutdown(datagram, shut::both), -error::not_connected);
  EXPECT_EQ(s.getpeername(datagram, endpoint), -error::not_connected);
  for (const int fd : {fresh, listening, client, server, datagram}) EXPECT_EQ(s.close(fd), 0);
}

TEST_F(OpenTest, half_close_shows_the_peer_the_end_and_leaves_the_other_direction) {
  const int listening = listener();
  const auto [client, server] = connection(listening);
  EXPECT_EQ(send(client, "question"), 8);
  EXPECT_EQ(s.shutdown(client, shut::write), 0);
  EXPECT_EQ(recv(server), "question");
  EXPECT_EQ(recv(server), "");
  EXPECT_EQ(recv(server), "") << "the end stays the end";
  EXPECT_EQ(send(client, "more"), -error::broken_pipe);
  EXPECT_EQ(send(server, "answer"), 6);
  EXPECT_EQ(recv(client), "answer");
  EXPECT_EQ(s.close(server), 0);
  EXPECT_EQ(recv(client), "");
  EXPECT_EQ(s.close(client), 0);
  EXPECT_EQ(s.close(listening), 0);
}

TEST_F(OpenTest, shutting_down_reading_yields_the_end_of_file) {
  const int listening = listener();
  const auto [client, server] = connection(listening);
  EXPECT_EQ(s.shutdown(server, shut::read), 0);
  EXPECT_EQ(recv(server), "");
  EXPECT_EQ(send(server, "still"), 5);
  EXPECT_EQ(recv(client), "still");
  for (const int fd : {client, server, listening}) EXPECT_EQ(s.close(fd), 0);
}

TEST_F(OpenTest, a_stream_shut_in_both_directions_hangs_up) {
  const int listening = listener();
  const auto [client, server] = connection(listening);
  EXPECT_EQ(s.shutdown(server, shut::read), 0);
  EXPECT_EQ(events(server) & event::hup, 0);
  EXPECT_EQ(s.shutdown(server, shut::write), 0);
  EXPECT_NE(events(server) & event::hup, 0) << "nothing comes and nothing goes, whatever the peer does";
  for (const int fd : {client, server, listening}) EXPECT_EQ(s.close(fd), 0);
}

TEST_F(OpenTest, a_listener_shut_down_listens_no_more_and_keeps_its_name) {
  const int listening = listener();
  EXPECT_EQ(s.shutdown(listening, shut::write), 0) << "which means nothing to a listener";
  const int waiting = tcp();
  EXPECT_EQ(s.connect(waiting, loopback(test_port)), 0);
  EXPECT_EQ(s.shutdown(listening, shut::both), 0);
  EXPECT_EQ(s.accept(listening), -error::invalid);
  EXPECT_EQ(s.option(listening, sol::socket, so::accept_connections), 0);
  EXPECT_NE(events(listening) & event::hup, 0);
  EXPECT_EQ(recv(waiting), std::to_string(-error::connection_reset)) << "nobody will accept it";
  const int client = tcp();
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::connection_refused);
  EXPECT_EQ(s.shutdown(listening, shut::both), -error::not_connected);
  EXPECT_EQ(s.listen(listening, 4), 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0) << "the name was kept";
  for (const int fd : {client, waiting, listening}) EXPECT_EQ(s.close(fd), 0);
}

TEST_F(OpenTest, what_both_ends_have_finished_is_connected_no_more) {
  const int listening = listener();
  const auto [client, server] = connection(listening);
  EXPECT_EQ(s.shutdown(client, shut::write), 0);
  EXPECT_EQ(recv(server), "");
  EXPECT_EQ(s.shutdown(server, shut::write), 0);
  EXPECT_NE(events(client) & event::hup, 0);
  Endpoint peer;
  EXPECT_EQ(s.getpeername(client, peer), -error::not_connected);
  EXPECT_EQ(s.shutdown(client, shut::both), -error::not_connected);
  for (const int fd : {client, server, listening}) EXPECT_EQ(s.close(fd), 0);
}

TEST_F(OpenTest, a_connected_datagram_socket_shut_down) {
  const int a = udp_on(100);
  const int b = udp_on(200);
  EXPECT_EQ(s.connect(a, loopback(200)), 0);
  EXPECT_EQ(s.shutdown(a, shut::both), 0);
  EXPECT_EQ(events(a) & (event::in | event::hup | event::read_hup), event::in | event::hup | event::read_hup);
  EXPECT_EQ(send(a, "x"), -error::broken_pipe);
  EXPECT_EQ(recv(a), "");
  EXPECT_EQ(s.connect(a, loopback(200)), 0);
  EXPECT_EQ(send(a, "x"), 1) << "a new connection is open again";
  EXPECT_EQ(recv(b), "x");
  s.close(a);
  s.close(b);
}

TEST_F(OpenTest, linger_waits_until_the_peer_has_all) {
  const int listening = listener();
  const auto [client, server] = connection(listening);
  EXPECT_EQ(s.set_linger(client, Duration::seconds(5)), 0);
  EXPECT_EQ(send(client, "last words"), 10);
  const Instant before = now();
  EXPECT_EQ(s.close(client), 0);
  EXPECT_LT(now() - before, Duration::seconds(1)) << "acknowledged long before the time is over";
  EXPECT_EQ(recv(server), "last words");
  EXPECT_EQ(recv(server), "");
  s.close(server);
  s.close(listening);
}

TEST_F(OpenTest, linger_zero_resets) {
  const int listening = listener();
  const auto [client, server] = connection(listening);
  EXPECT_EQ(s.set_linger(client, Duration()), 0);
  EXPECT_EQ(s.close(client), 0);
  EXPECT_EQ(recv(server), std::to_string(-error::connection_reset));
  EXPECT_EQ(recv(server), "") << "an end of a connection is told exactly once (C26-09)";
  EXPECT_EQ(send(server, "x"), -error::broken_pipe);
  s.close(server);
  s.close(listening);
}

TEST_F(OpenTest, C26_07_a_number_used_again_hears_nothing_of_its_past) {
  for (int round = 0; round < 100; ++round) {
    const int first = udp_on(100);
    const int sender = udp();
    const Endpoint to = loopback(100);
    ASSERT_EQ(s.sendto(sender, bytes_of("late"), 0, &to), 4);  // on its way
    ASSERT_EQ(s.close(first), 0);
    const int again = udp_on(101);
    ASSERT_EQ(again, first) << "the lowest free number";
    for (int i = 0; i < 3; ++i) host.poll_once();
    EXPECT_EQ(events(again) & (event::in | event::err | event::hup), 0);
    EXPECT_EQ(recv(again, 10, msg::dont_wait), std::to_string(-error::try_again));
    s.close(again);
    s.close(sender);
  }
  // The same of a connection, whose end comes after its number is another's.
  const int listening = listener();
  for (int round = 0; round < 4; ++round) {
    const auto [client, server] = connection(listening);
    ASSERT_EQ(send(server, "late"), 4);
    ASSERT_EQ(s.close(client), 0);
    const int again = tcp();
    ASSERT_EQ(again, client);
    for (int i = 0; i < 3; ++i) host.poll_once();
    EXPECT_EQ(recv(again, 10, msg::dont_wait), std::to_string(-error::not_connected));
    s.close(again);
    s.close(server);
  }
  s.close(listening);
}

TEST_F(OpenTest, C26_09_each_end_of_a_connection_is_told_once) {
  const int listening = listener();
  const std::string end;
  {  // its end by a FIN: the end of the file, as often as it is asked for, and no error
    const auto [client, server] = connection(listening);
    s.close(client);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(recv(server), end);
    s.close(server);
  }
  {  // by a reset: once, be it by reading,
    const auto [client, server] = connection(listening);
    EXPECT_EQ(s.set_linger(client, Duration()), 0);
    s.close(client);
    EXPECT_EQ(recv(server), std::to_string(-error::connection_reset));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(recv(server), end);
    s.close(server);
  }
  {  // or by writing
    const auto [client, server] = connection(listening);
    EXPECT_EQ(s.set_linger(client, Duration()), 0);
    s.close(client);
    host.poll_once();
    EXPECT_EQ(send(server, "x"), -error::connection_reset);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(send(server, "x"), -error::broken_pipe);
    EXPECT_EQ(recv(server), end);
    s.close(server);
  }
  s.close(listening);
  {  // by a refusal
    const int client = s.socket(af::inet, sock::stream | sock::nonblock);
    EXPECT_EQ(s.connect(client, loopback(9)), -error::in_progress);
    for (int i = 0; i < 3; ++i) host.poll_once();
    EXPECT_EQ(recv(client), std::to_string(-error::connection_refused));
    EXPECT_NE(recv(client), std::to_string(-error::connection_refused));
    s.close(client);
  }
}

TEST_F(OpenTest, closing_a_listener_resets_those_who_were_not_accepted) {
  const int listening = listener();
  const int client = tcp();
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0);
  EXPECT_EQ(s.close(listening), 0);
  EXPECT_EQ(recv(client), std::to_string(-error::connection_reset));
  s.close(client);
}

}  // namespace
}  // namespace linnet::sockets::test
