// SPDX-License-Identifier: Apache-2.0
// send and recv on streams.
#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

class StreamTest : public SocketsTest {
 protected:
  StreamTest() : StreamTest(Config{}) {}
  explicit StreamTest(const Config& config) : SocketsTest(config) {
    listening = listener();
    const Pair pair = connection(listening);
    client = pair.client;
    server = pair.server;
  }
  ~StreamTest() override {
    for (const int fd : {client, server, listening}) {
      if (fd >= 0) s.close(fd);
    }
  }
  /// Sends what both ends' buffers take while nobody reads; the last attempts, with time for probes between
  /// them, get EAGAIN.
  std::ptrdiff_t fill(const std::string& data) {
    std::ptrdiff_t total = 0;
    int refusals = 0;
    for (int i = 0; i < 1000 && refusals < 5; ++i) {
      const std::ptrdiff_t more = send(client, data.substr(static_cast<std::size_t>(total)), msg::dont_wait);
      refusals = more == -error::try_again ? refusals + 1 : 0;
      if (more > 0) total += more;
      port.set_time(now() + Duration::seconds(1));
      host.poll_once();
    }
    EXPECT_EQ(refusals, 5);
    return total;
  }
  int listening = -1;
  int client = -1;
  int server = -1;
};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 23);
  return text;
}

TEST_F(StreamTest, both_directions_at_any_time) {
  EXPECT_EQ(send(client, "ping"), 4);
  EXPECT_EQ(send(server, "pong"), 4);
  EXPECT_EQ(recv(client), "pong");
  EXPECT_EQ(recv(server, 2), "pi");
  EXPECT_EQ(recv(server, 100), "ng");
}

TEST_F(StreamTest, a_blocking_receive_times_out) {
  EXPECT_EQ(s.set_receive_timeout(client, Duration::milliseconds(1500)), 0);
  const Instant before = now();
  EXPECT_EQ(recv(client), std::to_string(-error::try_again));
  EXPECT_EQ(now() - before, Duration::milliseconds(1500));
  EXPECT_EQ(send(server, "late"), 4);
  EXPECT_EQ(recv(client), "late");
}

TEST_F(StreamTest, dont_wait_is_for_one_call) {
  const Instant before = now();
  EXPECT_EQ(recv(client, 10, msg::dont_wait), std::to_string(-error::try_again));
  EXPECT_EQ(now(), before);
  EXPECT_EQ(send(server, "x"), 1);
  EXPECT_EQ(recv(client, 10, msg::dont_wait), "x") << "it looked at the devices";
}

TEST_F(StreamTest, peek_leaves_the_bytes) {
  EXPECT_EQ(send(server, "twice"), 5);
  EXPECT_EQ(recv(client, 3, msg::peek), "twi");
  EXPECT_EQ(recv(client, 10, msg::peek), "twice");
  EXPECT_EQ(recv(client, 10), "twice");
  EXPECT_EQ(recv(client, 10, msg::dont_wait | msg::peek), std::to_string(-error::try_again));
}

TEST_F(StreamTest, wait_all_waits_for_all_or_the_end) {
  EXPECT_EQ(send(server, "one"), 3);
  EXPECT_EQ(s.set_receive_timeout(client, Duration::seconds(1)), 0);
  EXPECT_EQ(recv(client, 6, msg::wait_all), "one") << "the time-out yields what there is";
  EXPECT_EQ(send(server, "one"), 3);
  EXPECT_EQ(send(server, "two!"), 4);
  EXPECT_EQ(recv(client, 6, msg::wait_all), "onetwo");
  EXPECT_EQ(s.shutdown(server, shut::write), 0);
  EXPECT_EQ(recv(client, 6, msg::wait_all), "!") << "the end of file too";
  EXPECT_EQ(recv(client, 6, msg::wait_all), "");
}

TEST_F(StreamTest, a_non_blocking_send_takes_what_fits) {
  EXPECT_EQ(s.set_non_blocking(client, true), 0);
  const std::string data = pattern(100000);
  const std::ptrdiff_t taken = send(client, data);
  EXPECT_GT(taken, 0);
  EXPECT_LT(taken, 100000);
  std::ptrdiff_t total = taken;
  total += fill(data.substr(static_cast<std::size_t>(total)));
  EXPECT_EQ(events(client) & event::out, 0);
  EXPECT_EQ(s.set_non_blocking(server, true), 0);
  std::string got;
  for (int i = 0; i < 1000 && got.size() < static_cast<std::size_t>(total); ++i) {
    const std::string piece = recv(server);
    if (piece != std::to_string(-error::try_again)) got += piece;
    port.set_time(now() + Duration::milliseconds(10));
  }
  EXPECT_TRUE(got == data.substr(0, static_cast<std::size_t>(total))) << got.size() << " of " << total;
  EXPECT_EQ(recv(server), std::to_string(-error::try_again));
  EXPECT_NE(events(client) & event::out, 0) << "writable again";
}

TEST_F(StreamTest, a_blocking_send_that_times_out_yields_what_was_taken) {
  EXPECT_EQ(s.set_send_timeout(client, Duration::seconds(2)), 0);
  const std::string data = pattern(60000);
  const Instant before = now();
  std::ptrdiff_t taken = send(client, data);
  EXPECT_GE(now() - before, Duration::seconds(2));
  EXPECT_GT(taken, 0);
  EXPECT_LT(taken, 60000);
  taken += fill(data.substr(static_cast<std::size_t>(taken)));
  std::string got(static_cast<std::size_t>(taken), '\0');
  EXPECT_EQ(s.recv(server, {reinterpret_cast<std::uint8_t*>(got.data()), got.size()}, msg::wait_all), taken);
  EXPECT_TRUE(got == data.substr(0, got.size()));
}

TEST_F(StreamTest, 65000_bytes_arrive_in_order_and_then_the_end) {
  EXPECT_EQ(s.set_non_blocking(client, true), 0);
  EXPECT_EQ(s.set_non_blocking(server, true), 0);
  const std::string data = pattern(65000);
  std::string got;
  std::size_t sent = 0;
  for (int i = 0; i < 10000 && got.size() < data.size(); ++i) {
    if (sent < data.size()) {
      const std::ptrdiff_t n = send(client, data.substr(sent, 3000));
      if (n > 0) sent += static_cast<std::size_t>(n);
      if (sent == data.size()) s.close(client);
    }
    const std::string piece = recv(server);
    if (piece != std::to_string(-error::try_again)) got += piece;
    port.set_time(now() + Duration::milliseconds(1));
  }
  EXPECT_TRUE(got == data) << got.size();
  EXPECT_EQ(recv(server), "");
  client = -1;
}

TEST_F(StreamTest, several_parts_are_one_message) {
  const std::string a = "gather ";
  const std::string b = "and ";
  const std::string c = "scatter";
  const std::array<Bytes, 5> parts{bytes_of(a), Bytes(), bytes_of(b), bytes_of(c), Bytes()};
  const std::uint64_t before = s.status(client)->segments_out;
  EXPECT_EQ(s.writev(client, parts), 18);
  EXPECT_EQ(s.status(client)->segments_out - before, 1u) << "parts do not become segments of their own";
  std::array<std::uint8_t, 7> x{};
  std::array<std::uint8_t, 0> y{};
  std::array<std::uint8_t, 20> z{};
  const std::array<MutableBytes, 3> into{MutableBytes(x), MutableBytes(y), MutableBytes(z)};
  EXPECT_EQ(s.readv(server, into), 18);
  EXPECT_EQ(std::string(x.begin(), x.end()), "gather ");
  EXPECT_EQ(std::string(z.begin(), z.begin() + 11), "and scatter");
}

TEST_F(StreamTest, nothing_to_send_or_receive_is_nothing) {
  EXPECT_EQ(s.send(client, {}), 0);
  EXPECT_EQ(s.writev(client, {}), 0);
  EXPECT_EQ(s.recv(client, {}), 0);
  EXPECT_EQ(s.readv(client, {}), 0);
  EXPECT_EQ(s.close(server), 0);
  server = -1;
  EXPECT_EQ(recv(client), "");
}

TEST_F(StreamTest, sending_to_one_who_is_gone) {
  EXPECT_EQ(s.set_linger(server, Duration()), 0);
  EXPECT_EQ(s.close(server), 0);
  server = -1;
  host.poll_once();
  EXPECT_EQ(send(client, "x"), -error::connection_reset);
  EXPECT_EQ(send(client, "x"), -error::broken_pipe);
  EXPECT_EQ(recv(client), "");
  EXPECT_EQ(events(client) & event::hup, event::hup);
}

TEST_F(StreamTest, closing_with_unread_data_resets) {  // RFC 2525 2.17
  EXPECT_EQ(send(client, "unread"), 6);
  host.poll_once();
  EXPECT_EQ(s.close(server), 0);
  server = -1;
  EXPECT_EQ(recv(client), std::to_string(-error::connection_reset));
}

TEST_F(StreamTest, RFC6093_urgent_data) {
  EXPECT_EQ(recv(server, 1, msg::oob), std::to_string(-error::invalid)) << "inline";
  EXPECT_EQ(s.set_option(server, sol::socket, so::oob_inline, 0), 0);
  EXPECT_EQ(recv(server, 1, msg::oob), std::to_string(-error::invalid)) << "there is none";
  EXPECT_EQ(send(client, "ab!", msg::oob), 3);
  host.poll_once();
  EXPECT_NE(events(server) & event::pri, 0);
  EXPECT_EQ(recv(server, 1, msg::oob), "!");
  EXPECT_EQ(recv(server, 10), "ab");
}

class LinuxStreamTest : public StreamTest {
 protected:
  LinuxStreamTest() : StreamTest(Config{.error_rule = ErrorRule::asynchronous}) {}
};

TEST_F(StreamTest, SO_ERROR_is_the_last_error_that_the_socket_met) {
  EXPECT_EQ(s.bind(client, loopback(1)), -error::invalid);
  EXPECT_EQ(s.option(client, sol::socket, so::error), error::invalid);
  EXPECT_EQ(s.option(client, sol::socket, so::error), 0);
  EXPECT_EQ(recv(client, 1, msg::dont_wait), std::to_string(-error::try_again));
  EXPECT_EQ(s.option(client, sol::socket, so::error), 0) << "EAGAIN is an answer, not an error";
  EXPECT_EQ(s.set_linger(server, Duration()), 0);
  EXPECT_EQ(s.close(server), 0);
  server = -1;
  host.poll_once();
  EXPECT_EQ(s.option(client, sol::socket, so::error), error::connection_reset);
}

TEST_F(LinuxStreamTest, SO_ERROR_is_what_happened_outside_of_calls) {
  EXPECT_EQ(s.bind(client, loopback(1)), -error::invalid);
  EXPECT_EQ(s.option(client, sol::socket, so::error), 0);
  EXPECT_EQ(s.set_linger(server, Duration()), 0);
  EXPECT_EQ(s.close(server), 0);
  server = -1;
  host.poll_once();
  EXPECT_NE(events(client) & event::err, 0);
  EXPECT_EQ(s.option(client, sol::socket, so::error), error::connection_reset);
  EXPECT_EQ(s.option(client, sol::socket, so::error), 0);
  EXPECT_EQ(events(client) & event::err, 0);
}

}  // namespace
}  // namespace linnet::sockets::test
