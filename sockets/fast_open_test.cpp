// SPDX-License-Identifier: Apache-2.0
// RFC 7413 through the sockets calls. Client and server are one host, which so learns its own cookie.
#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

class FastOpen : public SocketsTest {
 protected:
  int set(int fd, int name, int value) { return s.set_option(fd, ipproto::tcp, name, value); }
  int get(int fd, int name) { return s.option(fd, ipproto::tcp, name); }
  int serve() {
    const int fd = tcp();
    EXPECT_EQ(set(fd, tcp_option::fast_open, 4), 0);
    EXPECT_EQ(s.bind(fd, {IpAddress::any_v4(), test_port}), 0);
    EXPECT_EQ(s.listen(fd, 4), 0);
    return fd;
  }
  std::ptrdiff_t send_open(int fd, const std::string& text, int flags = 0) {
    const Endpoint to = loopback(test_port);
    return s.sendto(fd, bytes_of(text), msg::fast_open | flags, &to);
  }
  /// A first connection, by which the client learns the cookie.
  void learn(int listening) {
    const int client = tcp();
    EXPECT_EQ(send_open(client, "first"), 5);
    const int server = s.accept(listening);
    EXPECT_EQ(recv(server), "first");
    EXPECT_FALSE(s.status(client)->syn_data);
    s.close(server);
    s.close(client);
  }
};

TEST_F(FastOpen, RFC7413_4_2_data_travels_on_the_second_syn) {
  const int listening = serve();
  learn(listening);
  const int client = tcp();
  EXPECT_EQ(s.set_non_blocking(client, true), 0);
  EXPECT_EQ(send_open(client, "early"), 5);
  EXPECT_EQ(send_open(client, "again"), -error::already);
  const int server = s.accept(listening);
  EXPECT_EQ(recv(server), "early");
  EXPECT_TRUE(s.status(server)->syn_data);
  EXPECT_EQ(send(server, "answer"), 6);
  EXPECT_EQ(recv(client), "answer");
  EXPECT_TRUE(s.status(client)->syn_data);
  EXPECT_EQ(send_open(client, "again"), 5);  // the first call after the one that did not wait
  EXPECT_EQ(send_open(client, "again"), -error::is_connected);
  EXPECT_EQ(recv(server), "again");
  for (const int fd : {client, server, listening}) s.close(fd);
}

TEST_F(FastOpen, a_write_longer_than_a_syn_arrives_whole) {
  const int listening = serve();
  learn(listening);
  const int client = tcp();
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>('a' + i % 26);
  EXPECT_EQ(send_open(client, text), 5000);
  const int server = s.accept(listening);
  EXPECT_EQ(recv(server, 5000, msg::wait_all), text);
  for (const int fd : {client, server, listening}) s.close(fd);
}

TEST_F(FastOpen, without_a_cookie_a_non_blocking_send_only_connects) {
  const int listening = serve();
  const int client = tcp();
  EXPECT_EQ(send_open(client, "data", msg::dont_wait), -error::in_progress);
  const int server = s.accept(listening);
  EXPECT_EQ(send(client, "data"), 4);
  EXPECT_EQ(recv(server), "data");
  for (const int fd : {client, server, listening}) s.close(fd);
}

TEST_F(FastOpen, connect_option_defers_to_the_first_write) {
  const int listening = serve();
  learn(listening);
  const int client = tcp();
  EXPECT_EQ(set(client, tcp_option::fast_open_connect, 1), 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), -error::is_connected);
  EXPECT_EQ(events(client), event::out | event::write_normal);
  EXPECT_EQ(events(listening) & event::in, 0);
  EXPECT_EQ(send(client, "early"), 5);
  const int server = s.accept(listening);
  EXPECT_EQ(recv(server), "early");
  EXPECT_TRUE(s.status(server)->syn_data);
  for (const int fd : {client, server, listening}) s.close(fd);
}

TEST_F(FastOpen, connect_option_without_a_cookie_connects_and_asks_for_one) {
  const int listening = serve();
  for (const bool known : {false, true}) {
    const int client = tcp();
    EXPECT_EQ(set(client, tcp_option::fast_open_connect, 1), 0);
    EXPECT_EQ(s.connect(client, loopback(test_port)), 0);
    EXPECT_EQ(s.status(client).has_value(), !known);
    EXPECT_EQ(send(client, "data"), 4);
    const int server = s.accept(listening);
    EXPECT_EQ(s.status(server)->syn_data, known);
    s.close(client);
    s.close(server);
  }
  s.close(listening);
}

TEST_F(FastOpen, who_reads_before_the_first_write_connects_if_it_may_wait) {
  const int listening = serve();
  learn(listening);
  const int client = tcp();
  EXPECT_EQ(set(client, tcp_option::fast_open_connect, 1), 0);
  EXPECT_EQ(s.connect(client, loopback(0)), -error::address_not_available);
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0);
  EXPECT_EQ(recv(client, 1, msg::dont_wait), std::to_string(-error::try_again));
  EXPECT_EQ(s.set_non_blocking(client, true), 0);
  EXPECT_EQ(recv(client), std::to_string(-error::try_again));
  EXPECT_FALSE(s.status(client).has_value()) << "still deferred";
  EXPECT_EQ(s.set_non_blocking(client, false), 0);
  EXPECT_EQ(s.set_receive_timeout(client, Duration::milliseconds(50)), 0);
  EXPECT_EQ(recv(client), std::to_string(-error::try_again));
  const int server = s.accept(listening);
  ASSERT_GE(server, 0);
  EXPECT_EQ(send(client, "one"), 3);
  EXPECT_EQ(send(client, "two"), 3) << "connected: no longer deferred";
  EXPECT_EQ(recv(server, 6, msg::wait_all), "onetwo");
  for (const int fd : {client, server, listening}) s.close(fd);
}

TEST_F(FastOpen, AF_UNSPEC_forgets_a_deferred_connection) {
  const int listening = serve();
  learn(listening);
  const int client = tcp();
  EXPECT_EQ(set(client, tcp_option::fast_open_connect, 1), 0);
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0);
  EXPECT_EQ(s.connect(client, Endpoint{}), 0);
  EXPECT_EQ(send(client, "x"), -error::not_connected);
  for (const int fd : {client, listening}) s.close(fd);
}

TEST_F(FastOpen, without_the_option_connect_connects_although_the_server_is_known) {
  const int listening = serve();
  learn(listening);
  const Pair pair = connection(listening);
  EXPECT_FALSE(s.status(pair.client)->syn_data);
  for (const int fd : {pair.client, pair.server, listening}) s.close(fd);
}

TEST_F(FastOpen, a_key_set_while_listening_ends_the_cookies_of_the_last) {
  const int listening = serve();
  learn(listening);
  const std::uint8_t key[16] = {9, 9, 9};
  EXPECT_EQ(s.setsockopt(listening, ipproto::tcp, tcp_option::fast_open_key, key, sizeof key), 0);
  const int client = tcp();
  EXPECT_EQ(send_open(client, "early"), 5);
  const int server = s.accept(listening);
  EXPECT_EQ(recv(server), "early");
  EXPECT_FALSE(s.status(server)->syn_data) << "the cookie is not this key's";
  for (const int fd : {client, server, listening}) s.close(fd);
}

TEST_F(FastOpen, options_and_their_errors) {
  const int fd = tcp();
  EXPECT_EQ(get(fd, tcp_option::fast_open), 0);
  EXPECT_EQ(set(fd, tcp_option::fast_open, -1), -error::invalid);
  EXPECT_EQ(set(fd, tcp_option::fast_open, 7), 0);
  EXPECT_EQ(get(fd, tcp_option::fast_open), 7);
  EXPECT_EQ(set(fd, tcp_option::fast_open_connect, 2), -error::invalid);
  EXPECT_EQ(set(fd, tcp_option::fast_open_no_cookie, 1), 0);
  EXPECT_EQ(get(fd, tcp_option::fast_open_no_cookie), 1);
  std::uint8_t keys[32] = {1, 2, 3};
  EXPECT_EQ(s.setsockopt(fd, ipproto::tcp, tcp_option::fast_open_key, keys, 15), -error::invalid);
  const tcp::FastOpenKeys of_stack = host.stack().tcp().fast_open_keys();
  EXPECT_EQ(s.setsockopt(fd, ipproto::tcp, tcp_option::fast_open_key, keys, 32), 0);
  // Its own: the stack's are as they were.
  EXPECT_EQ(host.stack().tcp().fast_open_keys().cookie(IpAddress::loopback_v4(), IpAddress::loopback_v4()),
            of_stack.cookie(IpAddress::loopback_v4(), IpAddress::loopback_v4()));
  std::uint8_t read[40] = {};
  std::size_t length = sizeof read;
  EXPECT_EQ(s.getsockopt(fd, ipproto::tcp, tcp_option::fast_open_key, read, &length), 0);
  EXPECT_EQ(length, 32u);
  EXPECT_TRUE(std::equal(keys, keys + 32, read));
  EXPECT_EQ(s.send(fd, bytes_of("x"), msg::fast_open), -error::destination_required);
  const int listening = listener();
  EXPECT_EQ(set(listening, tcp_option::fast_open_connect, 1), -error::invalid);
  EXPECT_EQ(send_open(listening, "x"), -error::not_supported);
  const Pair pair = connection(listening);
  EXPECT_EQ(set(pair.client, tcp_option::fast_open, 1), -error::invalid);
  for (const int each : {pair.client, pair.server, listening, fd}) s.close(each);
}

}  // namespace
}  // namespace linnet::sockets::test
