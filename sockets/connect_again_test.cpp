// SPDX-License-Identifier: Apache-2.0
// A stream's descriptor between its connections: connect again, AF_UNSPEC, adopt, and what an accepted one
// inherits.
#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

class ConnectAgain : public SocketsTest {
 protected:
  explicit ConnectAgain(const Config& config = {}) : SocketsTest(config) {}
  int tcp_non_blocking() { return s.socket(af::inet, sock::stream | sock::nonblock); }
  Endpoint name_of(int fd) {
    Endpoint name;
    EXPECT_EQ(s.getsockname(fd, name), 0);
    return name;
  }
};

TEST_F(ConnectAgain, AF_UNSPEC_resets_the_connection_and_leaves_a_socket_that_is_new_but_for_its_options) {
  const int listening = listener();
  const auto [client, server] = connection(listening);
  EXPECT_EQ(s.set_option(client, ipproto::tcp, tcp_option::no_delay, 1), 0);
  EXPECT_EQ(s.connect(client, Endpoint{}), 0);
  EXPECT_EQ(name_of(client), (Endpoint{IpAddress::any_v4(), 0}));
  EXPECT_EQ(events(client) & (event::out | event::hup), event::out | event::hup);
  EXPECT_EQ(send(client, "x"), -error::not_connected);
  EXPECT_EQ(recv(server), std::to_string(-error::connection_reset));
  EXPECT_EQ(s.option(client, ipproto::tcp, tcp_option::no_delay), 1);
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0) << "may connect again";
  const int second = s.accept(listening);
  EXPECT_EQ(send(client, "again"), 5);
  EXPECT_EQ(recv(second), "again");
  for (const int fd : {client, server, second, listening}) s.close(fd);
}

TEST_F(ConnectAgain, AF_UNSPEC_ends_listening) {
  const int listening = listener();
  EXPECT_EQ(s.connect(listening, Endpoint{}), 0);
  EXPECT_EQ(s.option(listening, sol::socket, so::accept_connections), 0);
  EXPECT_EQ(s.accept(listening), -error::invalid);
  const int client = tcp();
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::connection_refused);
  for (const int fd : {client, listening}) s.close(fd);
}

TEST_F(ConnectAgain, AF_UNSPEC_forgets_errors) {
  const int fd = tcp_non_blocking();
  EXPECT_EQ(s.connect(fd, loopback(9)), -error::in_progress);
  EXPECT_EQ(s.bind(fd, loopback(4000)), -error::invalid) << "the last error that it met";
  EXPECT_EQ(s.connect(fd, Endpoint{}), 0);
  EXPECT_EQ(s.option(fd, sol::socket, so::error), 0);
  s.close(fd);
}

TEST_F(ConnectAgain, a_bound_name_is_the_connections) {
  const int listening = listener();
  const int client = tcp();
  EXPECT_EQ(s.bind(client, {IpAddress::any_v4(), 4000}), 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0);
  EXPECT_EQ(name_of(client), loopback(4000));
  EXPECT_EQ(s.bind(client, loopback(4001)), -error::invalid);
  EXPECT_EQ(s.listen(client, 1), -error::invalid);
  const int server = s.accept(listening);
  for (const int fd : {client, server, listening}) s.close(fd);
}

TEST_F(ConnectAgain, an_accepted_socket_has_its_listeners_time_outs) {
  const int listening = listener();
  EXPECT_EQ(s.set_receive_timeout(listening, Duration::milliseconds(70)), 0);
  EXPECT_EQ(s.set_send_timeout(listening, Duration::milliseconds(80)), 0);
  const auto [client, server] = connection(listening);
  TimeValue time;
  std::size_t length = sizeof time;
  EXPECT_EQ(s.getsockopt(server, sol::socket, so::receive_timeout, &time, &length), 0);
  EXPECT_EQ(time.microseconds, 70000);
  EXPECT_EQ(s.getsockopt(server, sol::socket, so::send_timeout, &time, &length), 0);
  EXPECT_EQ(time.microseconds, 80000);
  for (const int fd : {client, server, listening}) s.close(fd);
}

TEST_F(ConnectAgain, listen_without_bind_takes_a_port) {
  const int fd = tcp();
  EXPECT_EQ(s.listen(fd, 1), 0);
  const std::uint16_t port_number = name_of(fd).port;
  EXPECT_NE(port_number, 0);
  EXPECT_EQ(s.option(fd, sol::socket, so::accept_connections), 1);
  const auto [client, server] = connection(fd, port_number);
  for (const int each : {client, server, fd}) s.close(each);
}

TEST_F(ConnectAgain, a_port_is_shared_by_those_who_all_asked_for_it) {
  for (const int name : {so::reuse_address, so::reuse_port}) {
    const int first = udp();
    const int second = udp();
    EXPECT_EQ(s.set_option(first, sol::socket, name, 1), 0);
    EXPECT_EQ(s.set_option(second, sol::socket, name, 1), 0);
    EXPECT_EQ(s.bind(first, loopback(600)), 0);
    EXPECT_EQ(s.bind(second, loopback(600)), 0) << name;
    for (const int fd : {first, second}) s.close(fd);
  }
}

TEST_F(ConnectAgain, names_of_raw_sockets_have_no_port) {
  const int fd = s.socket(af::inet, sock::raw, ipproto::icmp);
  Endpoint peer;
  EXPECT_EQ(s.getpeername(fd, peer), -error::not_connected);
  EXPECT_EQ(s.bind(fd, loopback(77)), 0);
  EXPECT_EQ(name_of(fd), loopback(0));
  EXPECT_EQ(s.connect(fd, loopback(88)), 0);
  EXPECT_EQ(s.getpeername(fd, peer), 0);
  EXPECT_EQ(peer, loopback(0));
  s.close(fd);
}

TEST_F(ConnectAgain, an_address_that_cannot_be_bound_says_why_by_family) {
  const int six = s.socket(af::inet6, sock::raw, ipproto::icmpv6);
  EXPECT_EQ(s.bind(six, loopback(0)), -error::family_not_supported)
      << "a raw socket of IPv6 knows no mapped ones";
  const int four = tcp();
  EXPECT_EQ(s.bind(four, {IpAddress::any_v6(), 1}), -error::family_not_supported);
  for (const int fd : {six, four}) s.close(fd);
}

TEST_F(ConnectAgain, port_1_is_a_port) {
  const int listening = listener(1);
  const auto [client, server] = connection(listening, 1);
  EXPECT_EQ(send(client, "x"), 1);
  EXPECT_EQ(recv(server), "x");
  for (const int fd : {client, server, listening}) s.close(fd);
}

TEST_F(ConnectAgain, a_datagram_socket_shut_down_reads_again_after_another_connect) {
  const int fd = udp_on(600);
  EXPECT_EQ(s.connect(fd, loopback(600)), 0);
  EXPECT_EQ(s.shutdown(fd, shut::both), 0);
  EXPECT_EQ(recv(fd), "") << "the end";
  EXPECT_EQ(events(fd) & event::read_hup, event::read_hup);
  EXPECT_EQ(s.connect(fd, loopback(600)), 0);
  EXPECT_EQ(events(fd) & (event::read_hup | event::hup), 0);
  EXPECT_EQ(send(fd, "self"), 4);
  EXPECT_EQ(recv(fd), "self");
  s.close(fd);
}

TEST_F(ConnectAgain, one_direction_shut_is_no_hang_up) {
  const int fd = udp_on(600);
  EXPECT_EQ(s.connect(fd, loopback(600)), 0);
  EXPECT_EQ(s.shutdown(fd, shut::write), 0);
  EXPECT_EQ(events(fd) & (event::hup | event::read_hup | event::in), 0);
  EXPECT_EQ(s.shutdown(fd, shut::read), 0);
  EXPECT_EQ(events(fd) & event::hup, event::hup);
  s.close(fd);
}

/// As Linux's: the first connect() after one that did not wait tells that it succeeded.
class ToldSuccess : public ConnectAgain {
 protected:
  ToldSuccess() : ConnectAgain({.connect_tells_success = true}) {}
};

TEST_F(ToldSuccess, once_after_a_connect_that_did_not_wait) {
  const int listening = listener();
  const int client = tcp_non_blocking();
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::in_progress);
  const int server = s.accept(listening);
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::is_connected);
  const int waited = tcp();
  EXPECT_EQ(s.connect(waited, loopback(test_port)), 0);
  EXPECT_EQ(s.connect(waited, loopback(test_port)), -error::is_connected) << "it was told";
  EXPECT_EQ(s.connect(client, Endpoint{}), 0);
  EXPECT_EQ(s.set_non_blocking(client, false), 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::is_connected);
  for (const int fd : {client, server, waited, listening}) s.close(fd);
}

class ToldLateSuccess : public SocketsTest {
 protected:
  static linnet::Config stack() {
    linnet::Config config = linnet::Config::device();
    config.tcp.backlog_policy = tcp::BacklogPolicy::drop;
    return config;
  }
  ToldLateSuccess() : SocketsTest({.connect_tells_success = true}, stack()) {}
};

TEST_F(ToldLateSuccess, once_after_a_connect_whose_time_out_was_over) {
  const int listening = listener(test_port, 1);
  const int first = tcp();
  EXPECT_EQ(s.connect(first, loopback(test_port)), 0);
  const int client = tcp();
  EXPECT_EQ(s.set_send_timeout(client, Duration::milliseconds(10)), 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::in_progress);
  const int server = s.accept(listening);
  const int second = s.accept(listening);  // the SYN that is sent again finds room
  EXPECT_GE(second, 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::is_connected);
  for (const int fd : {client, first, server, second, listening}) s.close(fd);
}

TEST_F(ConnectAgain, a_connection_that_finds_no_descriptor_is_aborted) {
  const int listening = listener();
  const auto made = host.stack().tcp().connect({}, loopback(test_port), {}, now(), {});
  ASSERT_TRUE(made);
  const int server = s.accept(listening);
  std::vector<int> fill;
  while (s.used() < s.capacity()) fill.push_back(tcp());
  EXPECT_EQ(s.adopt(*made), -error::file_table_overflow);
  EXPECT_EQ(recv(server), std::to_string(-error::connection_reset));
  EXPECT_EQ(s.adopt(*made), -error::bad_descriptor) << "it is no more";
  for (const int fd : fill) s.close(fd);
  for (const int fd : {server, listening}) s.close(fd);
}

TEST_F(ConnectAgain, keys_of_fast_open_are_the_listeners_own_from_the_beginning) {
  const int listening = tcp();
  const std::uint8_t keys[16] = {1, 2, 3};
  EXPECT_EQ(s.setsockopt(listening, ipproto::tcp, tcp_option::fast_open_key, keys, sizeof keys), 0);
  EXPECT_EQ(s.listen(listening, 1), 0);
  std::uint8_t read[32] = {};
  std::size_t length = sizeof read;
  EXPECT_EQ(s.getsockopt(listening, ipproto::tcp, tcp_option::fast_open_key, read, &length), 0);
  EXPECT_EQ(length, 16u);
  EXPECT_TRUE(std::equal(keys, keys + 16, read));
  s.close(listening);
}

}  // namespace
}  // namespace linnet::sockets::test
