// SPDX-License-Identifier: Apache-2.0
// Time, deadlines, cancelling, several tasks, memory.
#include "sockets/coro/test_coro.hpp"

namespace linnet::sockets::coro {
namespace {

using sockets::test::loopback;

Task sleeper(Executor& executor, Duration time, std::vector<int>& log, int number) {
  const Outcome result = co_await executor.sleep_for(time);
  log.push_back(number);
  co_return result < 0 ? result : number;
}

Task after(Executor&, Task& task) {
  const Outcome result = co_await task;
  co_return result;
}

Task any_of(Executor&, Task& a, Task& b) {
  const std::size_t first = co_await when_any(a, b);
  co_return static_cast<Outcome>(first);
}

Task all_of(Executor&, Task& a, Task& b) {
  co_await when_all(a, b);
  co_return a.outcome() + b.outcome();
}

Task receive(Executor&, UdpSocket& socket, MutableBytes to, Instant deadline) {
  const Outcome result = co_await socket.receive_from(to, nullptr, deadline);
  co_return result;
}

Task connect(Executor& executor, Endpoint to, Instant deadline) {
  TcpSocket socket(executor);
  const Outcome result = co_await socket.connect(to, deadline);
  co_return result;
}

class CoroTest : public test::CoroTest {
 protected:
  std::vector<int> log;
  std::array<std::uint8_t, 100> bytes{};
};

TEST_F(CoroTest, sleepers_wake_in_the_order_of_their_times) {
  const Instant before = now();
  EXPECT_EQ(executor.spawn(sleeper(executor, Duration::seconds(3600), log, 3)), 0);
  EXPECT_EQ(executor.spawn(sleeper(executor, Duration::milliseconds(1), log, 1)), 0);
  EXPECT_EQ(executor.spawn(sleeper(executor, Duration::seconds(2), log, 2)), 0);
  EXPECT_FALSE(executor.run_until(before + Duration::seconds(60)));
  EXPECT_EQ(log, (std::vector<int>{1, 2}));
  EXPECT_EQ(now(), before + Duration::seconds(60));
  EXPECT_TRUE(executor.run());
  EXPECT_EQ(log, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(now(), before + Duration::seconds(3600));
}

TEST_F(CoroTest, a_deadline_ends_a_wait_and_the_socket_stays_usable) {
  UdpSocket socket(executor);
  EXPECT_EQ(socket.bind(loopback(100)), 0);
  const Instant deadline = now() + Duration::seconds(5);
  EXPECT_EQ(executor.run(receive(executor, socket, bytes, deadline)), -error::timed_out);
  EXPECT_EQ(now(), deadline);
  const Endpoint to = loopback(100);
  EXPECT_EQ(s.sendto(socket.fd(), Bytes(bytes).first(3), 0, &to), 3);
  EXPECT_EQ(executor.run(receive(executor, socket, bytes, Instant::never())), 3);
}

TEST_F(CoroTest, a_connection_that_is_refused_and_one_that_nobody_answers) {
  EXPECT_EQ(executor.run(connect(executor, loopback(9), Instant::never())), -error::connection_refused);
  EXPECT_EQ(executor.run(connect(executor, {IpAddress::v4(192, 0, 2, 1), 9}, Instant::never())),
            -error::network_unreachable);
}

TEST_F(CoroTest, when_any_cancels_the_others_and_waits_for_their_end) {
  UdpSocket socket(executor);
  EXPECT_EQ(socket.bind(loopback(100)), 0);
  Task data = receive(executor, socket, bytes, Instant::never());
  Task time = sleeper(executor, Duration::seconds(1), log, 1);
  EXPECT_EQ(executor.run(any_of(executor, data, time)), 1);
  EXPECT_TRUE(data.done());
  EXPECT_EQ(data.outcome(), -error::interrupted);
  EXPECT_EQ(time.outcome(), 1);
}

TEST_F(CoroTest, when_all_lets_each_end) {
  Task a = sleeper(executor, Duration::seconds(2), log, 20);
  Task b = sleeper(executor, Duration::seconds(1), log, 10);
  EXPECT_EQ(executor.run(all_of(executor, a, b)), 30);
  EXPECT_EQ(log, (std::vector<int>{10, 20}));
}

TEST_F(CoroTest, cancelling_reaches_what_a_task_awaits_and_all_that_it_awaits_later) {
  struct Again {
    static Task twice(Executor& executor, std::vector<int>& log) {
      const Outcome first = co_await executor.sleep_for(Duration::seconds(10));
      log.push_back(static_cast<int>(first));
      const Outcome second = co_await executor.sleep_for(Duration::seconds(10));
      log.push_back(static_cast<int>(second));
      co_return second;
    }
  };
  const Instant before = now();
  Task inner = Again::twice(executor, log);
  Task outer = after(executor, inner);
  Task time = sleeper(executor, Duration::seconds(1), log, 1);
  EXPECT_EQ(executor.run(any_of(executor, outer, time)), 1);
  EXPECT_EQ(outer.outcome(), -error::interrupted);
  EXPECT_EQ(log, (std::vector<int>{1, -error::interrupted, -error::interrupted}));
  EXPECT_EQ(now(), before + Duration::seconds(1));
}

TEST_F(CoroTest, a_descriptor_closed_under_a_waiting_task_ends_it) {
  UdpSocket socket(executor);
  EXPECT_EQ(socket.bind(loopback(100)), 0);
  struct Closing {
    static Task later(Executor& executor, Sockets& sockets, int fd) {
      co_await executor.sleep_for(Duration::seconds(1));
      co_return sockets.close(fd);
    }
  };
  Task data = receive(executor, socket, bytes, Instant::never());
  Task closing = Closing::later(executor, s, socket.fd());
  EXPECT_EQ(executor.run(all_of(executor, data, closing)), -error::bad_descriptor);
  EXPECT_EQ(socket.release() >= 0, true);
}

TEST_F(CoroTest, a_wait_that_nothing_can_end_is_cancelled) {
  UdpSocket socket(executor);
  EXPECT_EQ(socket.bind(loopback(100)), 0);
  EXPECT_EQ(executor.run(receive(executor, socket, bytes, Instant::never())), -error::interrupted);
}

TEST_F(CoroTest, cancel_all_ends_what_was_spawned) {
  EXPECT_EQ(executor.spawn(sleeper(executor, Duration::seconds(1), log, 1)), 0);
  EXPECT_EQ(executor.spawn(sleeper(executor, Duration::seconds(2), log, 2)), 0);
  EXPECT_FALSE(executor.run_until(now() + Duration::milliseconds(1)));
  executor.cancel_all();
  const Instant before = now();
  EXPECT_TRUE(executor.run());
  EXPECT_EQ(now(), before);
}

TEST_F(CoroTest, without_memory_a_task_does_not_begin_and_says_so) {
  std::array<std::uint8_t, 64> little{};
  Executor poor(host, little, entries);
  Task task = sleeper(poor, Duration::seconds(1), log, 1);
  EXPECT_TRUE(task.done());
  EXPECT_EQ(task.outcome(), -error::no_memory);
  EXPECT_EQ(poor.spawn(sleeper(poor, Duration::seconds(1), log, 1)), -error::no_memory);
  EXPECT_EQ(executor.run(after(executor, task)), -error::no_memory) << "who awaits it is told";
  Task other = sleeper(executor, Duration::seconds(1), log, 2);
  EXPECT_EQ(executor.run(any_of(executor, task, other)), 0) << "it ended first";
  EXPECT_EQ(other.outcome(), -error::interrupted);
}

TEST_F(CoroTest, frames_are_used_again) {
  // Ten thousand tasks, one after the other, in memory for a few.
  for (int i = 0; i < 10000; ++i) {
    log.clear();
    ASSERT_EQ(executor.run(sleeper(executor, Duration::microseconds(1), log, 5)), 5);
  }
}

TEST_F(CoroTest, more_waiting_operations_than_entries_are_refused) {
  std::array<PollEntry, 1> one{};
  std::array<std::uint8_t, 8192> space{};
  Executor small(host, space, one);
  UdpSocket a(small);
  UdpSocket b(small);
  EXPECT_EQ(a.bind(loopback(100)), 0);
  EXPECT_EQ(b.bind(loopback(101)), 0);
  Task first = receive(small, a, bytes, now() + Duration::seconds(1));
  Task second = receive(small, b, bytes, now() + Duration::seconds(1));
  EXPECT_EQ(small.run(all_of(small, first, second)), -error::timed_out - error::no_buffers);
  EXPECT_EQ(second.outcome(), -error::no_buffers);
  EXPECT_EQ(small.frames().in_use(), 2u);
}

TEST_F(CoroTest, a_thousand_finished_tasks_in_a_row_need_no_more_stack_than_one) {
  struct Deep {
    static Task down(Executor& executor, int depth) {
      if (depth == 0) co_return 0;
      Task below = down(executor, depth - 1);
      const Outcome result = co_await below;
      co_return result < 0 ? result : result + 1;
    }
  };
  std::vector<std::uint8_t> space(1 << 20);
  Executor large(host, space, entries);
  EXPECT_EQ(large.run(Deep::down(large, 1000)), 1000);
}

}  // namespace
}  // namespace linnet::sockets::coro
