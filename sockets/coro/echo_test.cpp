// SPDX-License-Identifier: Apache-2.0
// The example: a server and a client as one would write them, each line after the other, both on one thread.
#include "sockets/coro/test_coro.hpp"

namespace linnet::sockets::coro {
namespace {

/// Serves one partner: what comes goes back, until the partner closes.
Task serve(Executor&, TcpSocket partner) {
  std::array<std::uint8_t, 512> data{};
  for (;;) {
    const Outcome size = co_await partner.receive(data);
    if (size <= 0) co_return size;
    const Outcome sent = co_await partner.send(Bytes(data).first(static_cast<std::size_t>(size)));
    if (sent < size) co_return sent;
  }
}

/// Accepts partners, and serves them all at the same time.
Task server(Executor& executor, std::uint16_t port, int partners) {
  TcpListener listener(executor);
  const int listening = listener.listen({IpAddress::any_v4(), port}, 5);
  if (listening < 0) co_return listening;
  for (int i = 0; i < partners; ++i) {
    const Outcome descriptor = co_await listener.accept();
    if (descriptor < 0) co_return descriptor;
    const Outcome begun = executor.spawn(serve(executor, TcpSocket(executor, descriptor)));
    if (begun < 0) co_return begun;
  }
  co_return 0;
}

/// Connects, sends `text`, and expects it back.
Task client(Executor& executor, std::uint16_t port, Bytes text, MutableBytes answer) {
  TcpSocket socket(executor);
  const Outcome connected = co_await socket.connect({IpAddress::loopback_v4(), port});
  if (connected < 0) co_return connected;
  const Outcome sent = co_await socket.send(text);
  if (sent < 0) co_return sent;
  const Outcome received = co_await socket.receive_all(answer);
  co_return received;
}

class EchoTest : public test::CoroTest {};

TEST_F(EchoTest, a_server_and_a_client_on_one_thread) {
  const std::string text = "Hello, world";
  std::string answer(text.size(), '\0');
  EXPECT_EQ(executor.spawn(server(executor, 7, 1)), 0);
  const MutableBytes room{reinterpret_cast<std::uint8_t*>(answer.data()), answer.size()};
  EXPECT_EQ(executor.run(client(executor, 7, sockets::test::bytes_of(text), room)), 12);
  EXPECT_EQ(answer, text);
  EXPECT_TRUE(executor.run()) << "the server ends, too";
}

Task all_of(Executor&, Task& a, Task& b, Task& c) {
  co_await when_all(a, b, c);
  co_return a.outcome() + b.outcome() + c.outcome();
}

TEST_F(EchoTest, several_clients_at_the_same_time) {
  EXPECT_EQ(executor.spawn(server(executor, 7, 3)), 0);
  const std::string text(4000, 'e');
  std::array<std::string, 3> answers;
  const auto room = [&](std::size_t i, std::size_t size) {
    answers[i].resize(size);
    return MutableBytes{reinterpret_cast<std::uint8_t*>(answers[i].data()), size};
  };
  const Bytes data = sockets::test::bytes_of(text);
  Task a = client(executor, 7, data, room(0, 4000));
  Task b = client(executor, 7, data.first(3000), room(1, 3000));
  Task c = client(executor, 7, data.first(1), room(2, 1));
  EXPECT_EQ(executor.run(all_of(executor, a, b, c)), 7001);
  EXPECT_TRUE(executor.run());
  EXPECT_EQ(answers[0], text);
  EXPECT_EQ(answers[1], text.substr(0, 3000));
  EXPECT_EQ(answers[2], "e");
}

}  // namespace
}  // namespace linnet::sockets::coro
