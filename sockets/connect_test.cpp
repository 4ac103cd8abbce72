// SPDX-License-Identifier: Apache-2.0
// bind, listen, accept, connect.
#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

using ConnectTest = SocketsTest;

TEST_F(ConnectTest, a_port_belongs_to_one_socket_a_protocol) {
  const int a = tcp();
  const int b = tcp();
  const int c = udp();
  const int d = udp();
  EXPECT_EQ(s.bind(a, {IpAddress::any_v4(), 80}), 0);
  EXPECT_EQ(s.bind(b, {IpAddress::any_v4(), 80}), -error::address_in_use);
  EXPECT_EQ(s.bind(c, {IpAddress::any_v4(), 80}), 0) << "the port spaces of TCP and UDP are two";
  EXPECT_EQ(s.bind(d, {IpAddress::any_v4(), 80}), -error::address_in_use);
  EXPECT_EQ(s.bind(b, {IpAddress::v4(192, 0, 2, 99), 81}), -error::address_not_available);
  EXPECT_EQ(s.bind(d, {IpAddress::v4(192, 0, 2, 99), 81}), -error::address_not_available);
  EXPECT_EQ(s.bind(b, {IpAddress::any_v6(), 81}), -error::family_not_supported);
  EXPECT_EQ(s.close(a), 0);
  EXPECT_EQ(s.bind(b, {IpAddress::any_v4(), 80}), 0) << "free again at once";
  for (const int fd : {b, c, d}) s.close(fd);
}

TEST_F(ConnectTest, names) {
  Endpoint name;
  const int fd = tcp();
  EXPECT_EQ(s.getsockname(fd, name), 0);
  EXPECT_EQ(name, (Endpoint{IpAddress::any_v4(), 0}));
  EXPECT_EQ(s.bind(fd, {IpAddress::any_v4(), 0}), 0);
  EXPECT_EQ(s.getsockname(fd, name), 0);
  EXPECT_NE(name.port, 0) << "port 0 picks one";
  EXPECT_EQ(s.bind(fd, {IpAddress::any_v4(), 0}), -error::invalid) << "a second name";
  EXPECT_EQ(s.listen(fd, 1), 0);
  const auto [client, server] = connection(fd, name.port);
  Endpoint client_name;
  Endpoint peer;
  EXPECT_EQ(s.getsockname(client, client_name), 0);
  EXPECT_EQ(s.getpeername(server, peer), 0);
  EXPECT_EQ(peer, client_name);
  EXPECT_EQ(s.getpeername(client, peer), 0);
  EXPECT_EQ(peer, loopback(name.port));
  EXPECT_EQ(s.getsockname(server, peer), 0);
  EXPECT_EQ(peer, loopback(name.port));
  for (const int each : {fd, client, server}) s.close(each);
  const int datagram = udp();
  EXPECT_EQ(s.getsockname(datagram, name), 0);
  EXPECT_EQ(name, (Endpoint{IpAddress::any_v4(), 0}));
  s.close(datagram);
}

TEST_F(ConnectTest, accept_yields_a_new_descriptor_and_the_peer) {
  const int listening = listener();
  const int client = tcp();
  EXPECT_EQ(s.bind(client, {IpAddress::any_v4(), 4000}), 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0);
  Endpoint peer;
  const int server = s.accept(listening, &peer, sock::nonblock);
  EXPECT_GE(server, 0);
  EXPECT_NE(server, listening);
  EXPECT_EQ(peer, loopback(4000));
  EXPECT_EQ(recv(server), std::to_string(-error::try_again)) << "accepted as non-blocking";
  const auto [second, other] = connection(listening);
  EXPECT_EQ(send(second, "hi"), 2);
  EXPECT_EQ(recv(other), "hi") << "the listener stays usable";
  for (const int fd : {listening, client, server, second, other}) s.close(fd);
}

TEST_F(ConnectTest, a_bound_but_not_listening_port_refuses) {
  const int bound = tcp();
  EXPECT_EQ(s.bind(bound, {IpAddress::any_v4(), test_port}), 0);
  const int client = tcp();
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::connection_refused);
  EXPECT_EQ(s.listen(bound, 1), 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0) << "the descriptor may try again";
  const int server = s.accept(bound);
  for (const int fd : {bound, client, server}) s.close(fd);
}

TEST_F(ConnectTest, what_failed_to_connect_may_be_bound) {
  const int client = s.socket(af::inet, sock::stream | sock::nonblock);
  EXPECT_EQ(s.connect(client, loopback(9)), -error::in_progress);
  EXPECT_EQ(s.bind(client, loopback(4000)), -error::invalid) << "the attempt goes on";
  EXPECT_NE(events(client) & event::err, 0);
  EXPECT_EQ(s.bind(client, loopback(4000)), 0);
  Endpoint name;
  EXPECT_EQ(s.getsockname(client, name), 0);
  EXPECT_EQ(name, loopback(4000));
  EXPECT_EQ(s.option(client, sol::socket, so::error), error::connection_refused) << "it was told to nobody yet";
  s.close(client);
}

/// A listener whose backlog is full answers nobody.
class SilentConnectTest : public SocketsTest {
 protected:
  static linnet::Config stack() {
    linnet::Config config = linnet::Config::device();
    config.tcp.backlog_policy = tcp::BacklogPolicy::drop;
    return config;
  }
  SilentConnectTest() : SocketsTest({}, stack()) {}
};

TEST_F(SilentConnectTest, a_second_call_that_waits_in_vain_tells_that_the_first_is_under_way) {
  const int listening = listener(test_port, 1);
  const int first = tcp();
  EXPECT_EQ(s.connect(first, loopback(test_port)), 0);
  const int client = tcp();
  EXPECT_EQ(s.set_send_timeout(client, Duration::milliseconds(10)), 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::in_progress);
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::already);
  for (const int fd : {client, first, listening}) s.close(fd);
}

TEST_F(ConnectTest, nobody_there_refuses) {
  const int client = tcp();
  EXPECT_EQ(s.connect(client, loopback(9)), -error::connection_refused);
  EXPECT_EQ(s.connect(client, {IpAddress::v4(192, 0, 2, 1), 9}), -error::network_unreachable) << "no route";
  EXPECT_EQ(s.connect(client, loopback(0)), -error::address_not_available);
  EXPECT_EQ(s.connect(client, {IpAddress::any_v4(), 9}), -error::address_not_available);
  EXPECT_EQ(s.connect(client, {IpAddress::any_v6(), 9}), -error::family_not_supported);
  s.close(client);
}

TEST_F(ConnectTest, backlog_overflow_is_refused_at_once) {
  const int listening = listener(test_port, 2);
  const int a = tcp();
  const int b = tcp();
  const int c = tcp();
  EXPECT_EQ(s.connect(a, loopback(test_port)), 0);
  EXPECT_EQ(s.connect(b, loopback(test_port)), 0);
  const Instant before = now();
  EXPECT_EQ(s.connect(c, loopback(test_port)), -error::connection_refused);
  EXPECT_LT(now() - before, Duration::milliseconds(100));
  const int server = s.accept(listening);
  EXPECT_GE(server, 0);
  EXPECT_EQ(s.connect(c, loopback(test_port)), 0) << "there is room again";
  for (const int fd : {a, b, c, server, listening}) s.close(fd);
}

TEST_F(ConnectTest, non_blocking_connect) {
  const int listening = listener();
  const int client = s.socket(af::inet, sock::stream | sock::nonblock);
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::in_progress);
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::already);
  PollEntry entry{.fd = client, .events = event::out};
  EXPECT_EQ(s.poll({&entry, 1}, Duration::seconds(1)), 1);
  EXPECT_EQ(entry.revents, event::out);
  EXPECT_EQ(s.option(client, sol::socket, so::error), 0) << "EINPROGRESS is no error that the socket met";
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::is_connected);
  s.close(client);
  s.close(listening);
}

TEST_F(ConnectTest, non_blocking_connect_that_fails) {
  const int client = s.socket(af::inet, sock::stream | sock::nonblock);
  EXPECT_EQ(s.connect(client, loopback(9)), -error::in_progress);
  PollEntry entry{.fd = client, .events = event::out};
  EXPECT_EQ(s.poll({&entry, 1}, Duration::seconds(1)), 1);
  EXPECT_NE(entry.revents & event::err, 0);
  EXPECT_EQ(s.option(client, sol::socket, so::error), error::connection_refused);
  EXPECT_EQ(s.option(client, sol::socket, so::error), 0) << "told once";
  EXPECT_EQ(s.connect(client, loopback(9)), -error::in_progress) << "another attempt";
  s.poll({&entry, 1}, Duration::seconds(1));
  EXPECT_EQ(s.connect(client, loopback(9)), -error::connection_refused) << "untold, the next call tells it";
  s.close(client);
}

TEST_F(ConnectTest, a_non_blocking_accept_looks_at_the_devices) {
  const int listening = listener();
  EXPECT_EQ(s.set_non_blocking(listening, true), 0);
  EXPECT_EQ(s.accept(listening), -error::try_again);
  const int client = s.socket(af::inet, sock::stream | sock::nonblock);
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::in_progress);
  int server = -1;
  for (int round = 0; round < 4 && server < 0; ++round) server = s.accept(listening);
  EXPECT_GE(server, 0) << "no other call polled";
  for (const int fd : {client, server, listening}) s.close(fd);
}

TEST_F(ConnectTest, time_outs_of_accept_and_connect) {
  const int listening = listener();
  EXPECT_EQ(s.set_receive_timeout(listening, Duration::milliseconds(250)), 0);
  Instant before = now();
  EXPECT_EQ(s.accept(listening), -error::try_again);
  EXPECT_EQ(now() - before, Duration::milliseconds(250));
  s.close(listening);
}

TEST_F(ConnectTest, accept_without_a_descriptor_leaves_the_connection_waiting) {
  const int listening = listener();
  const int client = tcp();
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0);
  std::vector<int> fill;
  while (s.used() < s.capacity()) fill.push_back(tcp());
  EXPECT_EQ(s.accept(listening), -error::file_table_overflow);
  s.close(fill.back());
  fill.pop_back();
  const int server = s.accept(listening);
  EXPECT_GE(server, 0);
  for (const int fd : fill) s.close(fd);
  for (const int fd : {client, server, listening}) s.close(fd);
}

TEST_F(ConnectTest, a_wait_for_ever_can_be_interrupted) {
  const int listening = listener();
  EXPECT_EQ(s.accept(listening), -error::interrupted);
  PollEntry entry{.fd = listening, .events = event::in};
  EXPECT_EQ(s.poll({&entry, 1}, std::nullopt), -error::interrupted);
  FdSet read;
  read.add(listening);
  EXPECT_EQ(s.select(listening + 1, &read, nullptr, nullptr, std::nullopt), -error::interrupted);
  EXPECT_TRUE(read.contains(listening)) << "the sets stay as they were";
  s.close(listening);
}

}  // namespace
}  // namespace linnet::sockets::test
