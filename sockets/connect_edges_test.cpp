// SPDX-License-Identifier: Apache-2.0
// Sockets and connections at their edges: Fast Open's keys and states, tables that are full, and the lock.
#include <functional>

#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

class ConnectEdges : public SocketsTest {
 protected:
  int set(int fd, int name, int value) { return s.set_option(fd, ipproto::tcp, name, value); }
  int serve(const std::array<std::uint8_t, 16>& key) {
    const int fd = tcp();
    EXPECT_EQ(set(fd, tcp_option::fast_open, 4), 0);
    EXPECT_EQ(s.setsockopt(fd, ipproto::tcp, tcp_option::fast_open_key, key.data(), key.size()), 0);
    EXPECT_EQ(s.bind(fd, {IpAddress::any_v4(), ++port_}), 0);
    EXPECT_EQ(s.listen(fd, 4), 0);
    return fd;
  }
  std::ptrdiff_t send_open(int fd, const std::string& text) {
    const Endpoint to = loopback(port_);
    return s.sendto(fd, bytes_of(text), msg::fast_open, &to);
  }
  /// Whether the data travelled on the SYN to a listener with that key.
  bool on_syn(const std::array<std::uint8_t, 16>& key) {
    const int listening = serve(key);
    const int client = tcp();
    EXPECT_EQ(send_open(client, "data"), 4);
    const int server = s.accept(listening);
    EXPECT_EQ(recv(server), "data");
    const bool early = s.status(server)->syn_data;
    for (const int fd : {server, client, listening}) s.close(fd);
    return early;
  }
  std::uint16_t port_ = 100;  ///< of the last that serves: one before may be in TIME-WAIT
  const std::array<std::uint8_t, 16> first_key{1, 2, 3};
  const std::array<std::uint8_t, 16> other_key{4, 5, 6};
};

TEST_F(ConnectEdges, RFC7413_4_1_2_a_cookie_is_good_at_listeners_of_its_key_whoever_set_it_before_listening) {
  EXPECT_FALSE(on_syn(first_key)) << "learns the cookie";
  EXPECT_TRUE(on_syn(first_key));
  EXPECT_FALSE(on_syn(other_key));
}

TEST_F(ConnectEdges, RFC7413_4_2_a_server_that_was_accepted_before_the_last_acknowledgment_knows_its_peer) {
  EXPECT_FALSE(on_syn(first_key));
  const int listening = serve(first_key);
  const int client = s.socket(af::inet, sock::stream | sock::nonblock);
  EXPECT_EQ(s.bind(client, loopback(4000)), 0);
  EXPECT_EQ(send_open(client, "data"), 4);
  const int server = s.accept(listening);
  ASSERT_GE(server, 0);
  ASSERT_EQ(s.status(server)->state, linnet::tcp::State::syn_received);
  Endpoint peer;
  EXPECT_EQ(s.getpeername(server, peer), 0);
  EXPECT_EQ(peer, loopback(4000));
  for (const int fd : {server, client, listening}) s.close(fd);
}

TEST_F(ConnectEdges, MSG_FASTOPEN_on_what_it_has_connected_is_EISCONN_whatever_was_tried_before) {
  const int listening = serve(first_key);
  const int client = s.socket(af::inet, sock::stream | sock::nonblock);
  EXPECT_EQ(s.connect(client, loopback(9)), -error::in_progress);
  for (int round = 0; round < 4; ++round) host.poll_once();
  EXPECT_EQ(s.bind(client, loopback(0)), 0);  // the attempt is over, its error not told
  EXPECT_EQ(s.option(client, sol::socket, so::error), error::connection_refused);
  EXPECT_EQ(s.set_non_blocking(client, false), 0);
  EXPECT_EQ(send_open(client, "one"), 3);
  EXPECT_EQ(send_open(client, "two"), -error::is_connected);
  for (const int fd : {client, listening}) s.close(fd);
}

TEST_F(ConnectEdges, RFC7413_4_2_one_byte_on_the_SYN_is_told_and_is_all_that_there_was) {
  EXPECT_FALSE(on_syn(first_key));
  const int listening = serve(first_key);
  const int client = s.socket(af::inet, sock::stream | sock::nonblock);
  EXPECT_EQ(send_open(client, "x"), 1);
  const int server = s.accept(listening);
  EXPECT_TRUE(s.status(server)->syn_data);
  EXPECT_EQ(recv(server), "x");
  for (const int fd : {server, client, listening}) s.close(fd);
}

TEST_F(ConnectEdges, TCP_QUICKACK_is_off_after_a_SYN_that_did_not_take_all) {
  EXPECT_FALSE(on_syn(first_key));
  const int listening = serve(first_key);
  for (const std::size_t size : {10u, 4000u}) {
    const int client = tcp();
    EXPECT_EQ(set(client, tcp_option::quick_ack, 1), 0);
    EXPECT_EQ(send_open(client, std::string(size, 'x')), static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(s.option(client, ipproto::tcp, tcp_option::quick_ack), size == 10 ? 1 : 0) << size;
    const int server = s.accept(listening);
    for (const int fd : {server, client}) s.close(fd);
  }
  s.close(listening);
}

TEST_F(ConnectEdges,
       MSG_FASTOPEN_to_AF_UNSPEC_is_refused_and_without_the_flag_a_name_is_nothing_to_a_stream) {
  EXPECT_FALSE(on_syn(first_key));
  const int listening = serve(first_key);
  const Endpoint nobody;
  const int client = tcp();
  EXPECT_EQ(s.sendto(client, bytes_of("x"), msg::fast_open, &nobody), -error::not_supported);
  EXPECT_EQ(set(client, tcp_option::fast_open_connect, 1), 0);
  EXPECT_EQ(s.connect(client, loopback(port_)), 0) << "deferred";
  EXPECT_EQ(s.sendto(client, bytes_of("x"), 0, &nobody), 1);
  const int server = s.accept(listening);
  EXPECT_EQ(recv(server), "x");
  for (const int fd : {server, client, listening}) s.close(fd);
}

class NoFastOpenClients : public SocketsTest {
 protected:
  static linnet::Config stack() {
    linnet::Config config = linnet::Config::device();
    config.tcp.fast_open = linnet::tcp::FastOpen::server;
    return config;
  }
  NoFastOpenClients() : SocketsTest({}, stack()) {}
};

TEST_F(NoFastOpenClients, MSG_FASTOPEN_is_refused_where_clients_have_none) {
  const int listening = listener();
  const int client = tcp();
  const Endpoint to = loopback(test_port);
  EXPECT_EQ(s.sendto(client, bytes_of("x"), msg::fast_open, &to), -error::not_supported);
  EXPECT_EQ(s.connect(client, to), 0) << "nothing was begun";
  for (const int fd : {client, listening}) s.close(fd);
}

class FewRawSockets : public SocketsTest {
 protected:
  static linnet::Config stack() {
    linnet::Config config = linnet::Config::device();
    config.ip.raw_sockets = 1;
    return config;
  }
  FewRawSockets() : SocketsTest({.max_sockets = 4}, stack()) {}
};

TEST_F(FewRawSockets, a_stack_without_raw_sockets_is_ENOBUFS_and_takes_no_descriptor) {
  const int only = s.socket(af::inet, sock::raw, 200);
  EXPECT_EQ(s.socket(af::inet, sock::raw, 200), -error::no_buffers);
  EXPECT_EQ(s.used(), 1u);
  s.close(only);
}

/// Counts how often the lock is taken and given back; nobody waits on it.
class CountingPort final : public Port {
 public:
  Instant now() override { return {}; }
  Duration wall_clock() override { return {}; }
  void fill_entropy(MutableBytes out) override { random_.fill(out); }
  void lock() override {
    EXPECT_EQ(++held, 1) << "taken twice";
    ++taken;
  }
  void unlock() override { EXPECT_EQ(--held, 0); }
  void yield() override {}
  void wait(Instant) override { ADD_FAILURE(); }
  void wake() override {}
  bool take_interrupt() override { return false; }
  Thread current_thread() override { return this; }
  void park(Instant) override { ADD_FAILURE(); }
  void unpark(Thread) override {}
  int held = 0;
  int taken = 0;

 private:
  Random random_{seed_of(3)};
};

TEST(LockEdges, each_call_takes_the_lock_once_and_gives_it_back) {
  std::vector<std::uint8_t> memory(Host::memory_needed(linnet::Config::device(), {}));
  CountingPort port;
  Host host(linnet::Config::device(), {}, memory, port);
  Sockets& s = host.sockets();
  int fd = -1;
  Endpoint name;
  PollEntry entry;
  const std::function<void()> calls[] = {[&] { fd = s.socket(af::inet, sock::stream); },
                                         [&] { s.bind(fd, loopback(7)); },
                                         [&] { s.listen(fd, 1); },
                                         [&] { s.getsockname(fd, name); },
                                         [&] { s.getpeername(fd, name); },
                                         [&] { s.status(fd); },
                                         [&] { s.used(); },
                                         [&] {
                                           s.poll({&entry, 1}, Duration());
                                         },
                                         [&] { s.select(0, nullptr, nullptr, nullptr, Duration()); },
                                         [&] { s.send(fd, {}); },
                                         [&] { s.recv(fd, {}); },
                                         [&] { s.shutdown(fd, shut::both); },
                                         [&] { s.close(fd); },
                                         [&] { host.poll_once(); },
                                         [&] { host.stop_background(); },
                                         [&] { host.run_background(); }};
  int number = 0;
  for (const auto& call : calls) {
    const int before = port.taken;
    call();
    EXPECT_EQ(port.taken, before + 1) << number;
    EXPECT_EQ(port.held, 0) << number;
    ++number;
  }
}

}  // namespace
}  // namespace linnet::sockets::test
