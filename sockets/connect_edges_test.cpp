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
                                         [&] { s.close(fd); }};
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
