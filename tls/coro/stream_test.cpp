// SPDX-License-Identifier: Apache-2.0
// A client and a server as one would write them, both on one thread, in virtual time.
#include "tls/coro/stream.hpp"

#include "sockets/coro/test_coro.hpp"
#include "tls/test_tls.hpp"

namespace linnet::tls::coro {
namespace {

using sockets::coro::Outcome;
using sockets::coro::TcpListener;
using sockets::coro::TcpSocket;
using sockets::coro::UdpSocket;
using test::bytes_of;

constexpr Endpoint place{IpAddress::loopback_v4(), 443};

/// What each side saw, beside its outcome.
struct Seen {
  Outcome outcome = 1;
  Error error = Error::none;
  std::string words;
  std::string got;

  void take(const Stream& stream) {
    error = stream.error();
    words = stream.words();
  }
};

/// Sends back what it gets until the client is done; cut: and ends without close_notify.
Task serve(Executor& executor, TcpListener& listener, const Options& options, Seen& seen, bool cut) {
  const TcpSocket socket(executor, co_await listener.accept());
  Stream stream(executor, socket.fd(), options);
  std::array<std::uint8_t, 700> data{};
  for (;;) {
    seen.outcome = co_await stream.read(data);
    if (seen.outcome <= 0) break;
    const Bytes got = Bytes(data).first(static_cast<std::size_t>(seen.outcome));
    seen.got.append(got.begin(), got.end());
    if (const Outcome sent = co_await stream.write(got); sent < 0) co_return sent;
  }
  seen.take(stream);
  if (cut) co_return 0;
  const Outcome ended = co_await stream.close();
  co_return ended;
}

/// The head of a record of 16 KiB, and then a byte of it each 100 ms, as long as somebody is there.
Task trickle(Executor& executor, TcpListener& listener, int& sent) {
  TcpSocket socket(executor, co_await listener.accept());
  static constexpr std::array<std::uint8_t, 5> head{22, 3, 3, 0x3f, 0xff};
  Outcome outcome = co_await socket.send(head);
  while (outcome > 0) {
    co_await executor.sleep_for(Duration::milliseconds(100));
    outcome = co_await socket.send(Bytes(head).first(1));
    if (outcome > 0) ++sent;
  }
  co_return 0;
}

Task send_all(Executor&, Stream& stream, Bytes bytes) {
  const Outcome sent = co_await stream.write(bytes);
  if (sent < 0) co_return sent;
  const Outcome ended = co_await stream.close();
  co_return ended;
}

Task receive_all(Executor&, Stream& stream, Seen& seen) {
  std::array<std::uint8_t, 5000> data{};
  for (;;) {
    seen.outcome = co_await stream.read(data);
    if (seen.outcome <= 0) break;
    seen.got.append(data.begin(), data.begin() + seen.outcome);
  }
  seen.take(stream);
  co_return seen.outcome;
}

/// Sends and receives at the same time, on one connection.
Task ask(Executor& executor, const Options& options, Limits limits, std::string_view text, Seen& seen) {
  TcpSocket socket(executor);
  if (const Outcome connected = co_await socket.connect(place); connected < 0) co_return connected;
  Stream stream(executor, socket.fd(), options, limits);
  seen.outcome = co_await stream.handshake();
  seen.take(stream);
  if (seen.outcome < 0) co_return seen.outcome;
  Task up = send_all(executor, stream, bytes_of(text));
  Task down = receive_all(executor, stream, seen);
  co_await when_all(up, down);
  co_return up.outcome() < 0 ? up.outcome() : down.outcome();
}

class TlsCoro : public sockets::coro::test::CoroTest {
 protected:
  TlsCoro() { port.set_wall_clock(Duration::seconds(test::year_2026)); }
  Options client_options(std::string_view name = "device.example") {
    return {.host_name = name, .trust = &identity().trust};
  }
  Options server_options() { return {.role = Role::server, .identity = &identity().identity}; }
  static const test::TestIdentity& identity() {
    static const test::TestIdentity made({"device.example"});
    return made;
  }
  /// The client's outcome.
  Outcome play(const Options& options, std::string_view text, bool cut = false) {
    TcpListener listener(executor);
    EXPECT_EQ(listener.listen({IpAddress::any_v4(), place.port}, 1), 0);
    const Options serving = server_options();
    EXPECT_EQ(executor.spawn(serve(executor, listener, serving, server, cut)), 0);
    const Outcome outcome = executor.run(ask(executor, options, {}, text, client));
    EXPECT_TRUE(executor.run()) << "the server ends, too";
    return outcome;
  }
  Seen client, server;
};

TEST_F(TlsCoro, a_client_and_a_server_on_one_thread) {
  const std::string text(100000, 't');
  EXPECT_EQ(play(client_options(), text), 0);
  EXPECT_TRUE(client.got == text);
  EXPECT_TRUE(server.got == text);
  EXPECT_EQ(client.error, Error::none);
  EXPECT_EQ(server.outcome, 0) << "the client said that it is done";
}

TEST_F(TlsCoro, C27_05_another_host_is_refused_in_words) {
  EXPECT_EQ(play(client_options("other.example"), "secret"), -sockets::error::connection_aborted);
  EXPECT_EQ(client.error, Error::certificate);
  EXPECT_NE(client.words.find("not for other.example"), std::string::npos) << client.words;
  EXPECT_EQ(server.got, "");
}

TEST_F(TlsCoro, C27_03_a_FIN_without_close_notify_is_an_error) {
  EXPECT_LT(play(client_options(), "text", true), 0);
  EXPECT_EQ(client.got, "text");
  EXPECT_EQ(client.error, Error::truncated) << client.words;
}

TEST_F(TlsCoro, C27_04_bytes_that_trickle_in_are_no_excuse) {
  TcpListener listener(executor);
  EXPECT_EQ(listener.listen({IpAddress::any_v4(), place.port}, 1), 0);
  int sent = 0;
  EXPECT_EQ(executor.spawn(trickle(executor, listener, sent)), 0);
  const Options options = client_options();
  const Instant begin = now();
  EXPECT_EQ(executor.run(ask(executor, options, {.flight = Duration::seconds(3)}, "x", client)),
            -sockets::error::timed_out);
  EXPECT_EQ(client.error, Error::timed_out);
  EXPECT_LT(now() - begin, Duration::milliseconds(3100));
  EXPECT_GE(sent, 29);
  EXPECT_TRUE(executor.run());
}

TEST_F(TlsCoro, C27_04_a_stall_ends_in_time_and_a_wait_can_be_cancelled) {
  TcpListener silent(executor);
  EXPECT_EQ(silent.listen({IpAddress::any_v4(), place.port}, 2), 0);
  const Options options = client_options();
  const Instant begin = now();
  EXPECT_EQ(executor.run(ask(executor, options, {.flight = Duration::seconds(3)}, "x", client)),
            -sockets::error::timed_out);
  EXPECT_EQ(client.error, Error::timed_out);
  EXPECT_GE(now() - begin, Duration::seconds(3));
  EXPECT_LT(now() - begin, Duration::milliseconds(3100));
  EXPECT_EQ(executor.spawn(ask(executor, options, {.flight = Duration::max()}, "x", client)), 0);
  executor.run_until(now() + Duration::seconds(100));
  executor.cancel_all();
  EXPECT_TRUE(executor.run());
  EXPECT_EQ(client.outcome, -sockets::error::interrupted);
}

}  // namespace
}  // namespace linnet::tls::coro
