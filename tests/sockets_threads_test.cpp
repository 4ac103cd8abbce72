// SPDX-License-Identifier: Apache-2.0
// Many threads, one host, the Linux port, connections over 127.0.0.1: meant for ThreadSanitizer too.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/test_threaded_host.hpp"

namespace linnet::sockets {
namespace {

using test::loopback;
using test::ThreadedHost;
using Clock = std::chrono::steady_clock;

std::vector<std::uint8_t> pattern(std::size_t size, unsigned seed) {
  std::vector<std::uint8_t> data(size);
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>((i + seed) * 2654435761u >> 24);
  return data;
}

TEST(SocketsThreads, clients_and_servers_echo_at_the_same_time) {
  ThreadedHost h;
  constexpr int clients = 4;
  constexpr std::size_t size = 300000;
  const int listening = h.listener(7);
  std::vector<std::jthread> threads;
  threads.emplace_back([&] {
    std::vector<std::jthread> servers;
    for (int i = 0; i < clients; ++i) {
      const int fd = h.s.accept(listening);
      ASSERT_GE(fd, 0);
      servers.emplace_back([&h, fd] {
        std::vector<std::uint8_t> buffer(20000);
        for (;;) {
          const auto count = h.s.recv(fd, buffer);
          ASSERT_GE(count, 0);
          if (count == 0) break;
          ASSERT_EQ(h.s.send(fd, Bytes(buffer).first(static_cast<std::size_t>(count))), count);
        }
        EXPECT_EQ(h.s.close(fd), 0);
      });
    }
  });
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&h, i] {
      const int fd = h.s.socket(af::inet, sock::stream);
      ASSERT_EQ(h.s.connect(fd, loopback(7)), 0);
      const auto data = pattern(size, static_cast<unsigned>(i));
      std::vector<std::uint8_t> got(size);
      {
        std::jthread sender([&] {  // one thread sends while another receives on the same descriptor
          ASSERT_EQ(h.s.send(fd, data), static_cast<std::ptrdiff_t>(size));
          EXPECT_EQ(h.s.shutdown(fd, shut::write), 0);
        });
        ASSERT_EQ(h.s.recv(fd, got, msg::wait_all), static_cast<std::ptrdiff_t>(size));
      }
      EXPECT_TRUE(got == data);
      EXPECT_EQ(h.s.recv(fd, MutableBytes(got).first(1)), 0);
      EXPECT_EQ(h.s.close(fd), 0);
    });
  }
  threads.clear();
  EXPECT_EQ(h.s.close(listening), 0);
}

/// What the call on `fd`, made by a thread of its own, yields when `fd` is closed while it waits.
template <typename Call>
std::ptrdiff_t result_when_closed(Sockets& s, int fd, Call call) {
  std::atomic<bool> started{false};
  std::ptrdiff_t result = 0;
  std::jthread waiter([&] {
    started = true;
    result = call();
  });
  while (!started) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(s.close(fd), 0);
  waiter.join();
  return result;
}

void close_under_waiting_calls(ThreadedHost& h) {
  const int listening = h.listener(7);
  std::uint8_t byte = 0;
  const auto receive = [&](int fd) { return h.s.recv(fd, {&byte, 1}); };
  int fd = h.s.socket(af::inet, sock::dgram);
  EXPECT_EQ(result_when_closed(h.s, fd, [&] { return receive(fd); }), -error::bad_descriptor);
  fd = h.listener(8);
  EXPECT_EQ(result_when_closed(h.s, fd, [&] { return h.s.accept(fd); }), -error::bad_descriptor);
  fd = h.s.socket(af::inet, sock::dgram);
  PollEntry entry{.fd = fd, .events = event::in};
  EXPECT_EQ(result_when_closed(h.s, fd, [&] { return h.s.poll(std::span(&entry, 1), std::nullopt); }), 1);
  EXPECT_EQ(entry.revents, event::nval);
  fd = h.s.socket(af::inet, sock::dgram);
  FdSet read;
  read.add(fd);
  const auto select = [&] { return h.s.select(fd + 1, &read, nullptr, nullptr, std::nullopt); };
  EXPECT_EQ(result_when_closed(h.s, fd, select), -error::bad_descriptor);
  // Streams: a receiver, and a sender whose peer does not read.
  fd = h.s.socket(af::inet, sock::stream);
  ASSERT_EQ(h.s.connect(fd, loopback(7)), 0);
  int server = h.s.accept(listening);
  EXPECT_EQ(result_when_closed(h.s, fd, [&] { return receive(fd); }), -error::bad_descriptor);
  EXPECT_EQ(h.s.close(server), 0);
  fd = h.s.socket(af::inet, sock::stream);
  ASSERT_EQ(h.s.connect(fd, loopback(7)), 0);
  server = h.s.accept(listening);
  const std::vector<std::uint8_t> much(8 << 20);
  const auto sent = result_when_closed(h.s, fd, [&] { return h.s.send(fd, much); });
  EXPECT_TRUE(sent > 0 && sent < static_cast<std::ptrdiff_t>(much.size())) << sent;
  EXPECT_EQ(receive(fd), -error::bad_descriptor);
  EXPECT_EQ(h.s.close(server), 0);
  EXPECT_EQ(h.s.close(listening), 0);
}

TEST(SocketsThreads, C26_02_close_while_another_thread_waits) {
  ThreadedHost h;
  close_under_waiting_calls(h);
}

TEST(SocketsThreads, C26_02_close_while_another_thread_waits_beside_a_background_thread) {
  ThreadedHost h;
  std::jthread background([&] { h.host.run_background(); });
  close_under_waiting_calls(h);
  h.host.stop_background();
}

TEST(SocketsThreads, several_waiters_of_one_descriptor_all_leave) {
  ThreadedHost h;
  const int fd = h.s.socket(af::inet, sock::dgram);
  std::atomic<int> left{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        std::uint8_t byte = 0;
        EXPECT_EQ(h.s.recv(fd, {&byte, 1}), -error::bad_descriptor);
        ++left;
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    EXPECT_EQ(left, 0);
    EXPECT_EQ(h.s.close(fd), 0);
  }
  EXPECT_EQ(left, 6);
}

TEST(SocketsThreads, the_seat_of_the_driver_goes_on) {
  // The first waiter drives; when its turn is over, the others must still be served.
  ThreadedHost h;
  constexpr int count = 5;
  std::vector<int> fds;
  for (int i = 0; i < count; ++i) {
    fds.push_back(h.s.socket(af::inet, sock::dgram));
    ASSERT_EQ(h.s.bind(fds.back(), loopback(static_cast<std::uint16_t>(100 + i))), 0);
  }
  std::atomic<int> served{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      std::uint8_t byte = 0;
      for (int round = 0; round < 50; ++round) {
        ASSERT_EQ(h.s.recv(fds[static_cast<std::size_t>(i)], {&byte, 1}), 1);
        ++served;
      }
    });
  }
  const int sender = h.s.socket(af::inet, sock::dgram);
  const std::uint8_t byte = 1;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < count; ++i) {
      const Endpoint to = loopback(static_cast<std::uint16_t>(100 + i));
      ASSERT_EQ(h.s.sendto(sender, {&byte, 1}, 0, &to), 1);
    }
    const auto until = Clock::now() + std::chrono::seconds(10);
    while (served < (round + 1) * count && Clock::now() < until) std::this_thread::yield();
    ASSERT_EQ(served, (round + 1) * count) << "a wake-up was lost";
  }
  threads.clear();
  fds.push_back(sender);
  for (const int fd : fds) EXPECT_EQ(h.s.close(fd), 0);
}

TEST(SocketsThreads, time_outs_of_parked_threads) {
  ThreadedHost h;
  const int slow = h.s.socket(af::inet, sock::dgram);
  std::jthread driver([&] {
    std::uint8_t byte = 0;
    EXPECT_EQ(h.s.recv(slow, {&byte, 1}), -error::bad_descriptor);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const int fast = h.s.socket(af::inet, sock::dgram);
  ASSERT_EQ(h.s.set_receive_timeout(fast, Duration::milliseconds(40)), 0);
  const auto before = Clock::now();
  std::uint8_t byte = 0;
  EXPECT_EQ(h.s.recv(fast, {&byte, 1}), -error::try_again);
  const auto waited = Clock::now() - before;
  EXPECT_GE(waited, std::chrono::milliseconds(40));
  EXPECT_LT(waited, std::chrono::seconds(2));
  EXPECT_EQ(h.s.close(slow), 0);
  EXPECT_EQ(h.s.close(fast), 0);
}

TEST(SocketsThreads, a_background_thread_serves_who_is_away_and_steps_back_for_who_waits) {
  ThreadedHost h;
  std::jthread background([&] { h.host.run_background(); });
  const int listening = h.listener(7);
  // Nobody is in a call: the handshake of a non-blocking connect goes on all the same.
  const int client = h.s.socket(af::inet, sock::stream | sock::nonblock);
  ASSERT_EQ(h.s.connect(client, loopback(7)), -error::in_progress);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  {
    Host::Lock lock(h.host);
    bool established = false;
    lock.stack().tcp().for_each_connection([&](const tcp::Status& status) {
      established = established || status.state == tcp::State::established;
    });
    EXPECT_TRUE(established);
  }
  const int server = h.s.accept(listening);
  ASSERT_GE(server, 0);
  std::jthread echo([&] {
    std::uint8_t byte = 0;
    while (h.s.recv(server, {&byte, 1}) == 1) EXPECT_EQ(h.s.send(server, {&byte, 1}), 1);
    EXPECT_EQ(h.s.close(server), 0);
  });
  ASSERT_EQ(h.s.set_non_blocking(client, false), 0);
  for (int i = 0; i < 300; ++i) {
    const auto out = static_cast<std::uint8_t>(i);
    std::uint8_t in = 0;
    ASSERT_EQ(h.s.send(client, {&out, 1}), 1);
    ASSERT_EQ(h.s.recv(client, {&in, 1}), 1);
    ASSERT_EQ(in, out);
    if (i % 100 == 99)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // away: the background takes over
  }
  EXPECT_EQ(h.s.close(client), 0);
  echo.join();
  EXPECT_EQ(h.s.close(listening), 0);
  h.host.stop_background();
}

TEST(SocketsThreads, an_interrupt_ends_every_wait) {
  ThreadedHost h;
  const int fd = h.s.socket(af::inet, sock::dgram);
  std::atomic<int> interrupted{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        std::uint8_t byte = 0;
        PollEntry entry{.fd = fd, .events = event::in};
        const std::ptrdiff_t result =
            i % 2 == 0 ? h.s.recv(fd, {&byte, 1}) : h.s.poll({&entry, 1}, std::nullopt);
        EXPECT_EQ(result, -error::interrupted);
        ++interrupted;
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    h.port.interrupt();
  }
  EXPECT_EQ(interrupted, 4);
  EXPECT_EQ(h.s.close(fd), 0);
}

/// Eight threads make any calls on any descriptors of each other's, beside a background thread. Half of the sockets have
/// no time-outs: what waits for them ends when somebody closes them, as this thread does with all of them all the time.
/// A wake-up that is lost leaves a thread waiting for ever, which is seen by the calls that are made no more.
void play_randomly(int operations) {
  constexpr int threads_count = 8;
  constexpr int descriptors = 40;
  ThreadedHost h({.max_sockets = descriptors, .error_rule = ErrorRule::last_error});
  std::jthread background([&] { h.host.run_background(); });
  std::atomic<long> calls{0};
  std::atomic<int> playing{threads_count};
  const auto play = [&](unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::uint8_t> buffer(5000);
    const auto any_fd = [&] { return static_cast<int>(random() % (descriptors + 2)) - 1; };
    const auto some = [&] { return MutableBytes(buffer).first(random() % buffer.size()); };
    const auto port = [&] { return static_cast<std::uint16_t>(1000 + random() % 4); };
    for (int i = 0; i < operations; ++i) {
      calls.fetch_add(1, std::memory_order_relaxed);
      const int fd = any_fd();
      switch (random() % 18) {
        case 0:
        case 1: {
          const int opened = h.s.socket(af::inet, random() % 3 == 0 ? sock::dgram : sock::stream);
          if (opened < 0) break;
          if (random() % 2 == 0) break;  // waits until it is closed
          h.s.set_receive_timeout(opened, Duration::microseconds(1 + random() % 1000));
          h.s.set_send_timeout(opened, Duration::microseconds(1 + random() % 1000));
          break;
        }
        case 2: h.s.bind(fd, {IpAddress::any_v4(), port()}); break;
        case 3: h.s.listen(fd, static_cast<int>(random() % 3)); break;
        case 4: h.s.accept(fd); break;
        case 5: h.s.connect(fd, loopback(port())); break;
        case 6: h.s.send(fd, some(), random() % 2 == 0 ? msg::dont_wait : 0); break;
        case 7: h.s.recv(fd, some(), random() % 2 == 0 ? msg::dont_wait : msg::peek); break;
        case 8: h.s.recv(fd, some(), 0); break;
        case 9: {
          const Endpoint to = loopback(port());
          h.s.sendto(fd, some(), 0, &to);
          break;
        }
        case 10:
        case 11: h.s.close(fd); break;
        case 12: h.s.shutdown(fd, static_cast<int>(random() % 3)); break;
        case 13: {
          std::array<PollEntry, 4> entries{};
          for (PollEntry& entry : entries)
            entry = {.fd = any_fd(), .events = static_cast<std::uint16_t>(random() % 4)};
          h.s.poll(entries, Duration::microseconds(random() % 500));
          break;
        }
        case 14: {
          FdSet read;
          FdSet write;
          read.add(any_fd());
          write.add(any_fd());
          h.s.select(descriptors, &read, &write, nullptr, Duration::microseconds(random() % 500));
          break;
        }
        case 15: h.s.set_non_blocking(fd, random() % 2 == 0); break;
        case 16:
          h.s.set_linger(fd,
                         random() % 2 == 0 ? std::optional(Duration::seconds(random() % 2)) : std::nullopt);
          break;
        default: h.s.option(fd, sol::socket, so::error); break;
      }
    }
    --playing;
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < threads_count; ++t) threads.emplace_back(play, 1000 + t);
    int overlooked = 0;
    long seen = -1;
    Clock::time_point since;
    while (playing > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      for (int fd = 0; fd < descriptors; ++fd) {
        h.s.set_linger(fd, Duration());
        h.s.close(fd);
      }
      overlooked += HostInspector(h.host).overlooked();
      if (calls != seen) since = Clock::now();
      seen = calls;
      if (Clock::now() - since > std::chrono::seconds(60)) {
        std::cerr << playing << " threads wait for what was closed: a wake-up was lost\n";
        std::abort();
      }
    }
    EXPECT_EQ(overlooked, 0) << "calls slept on although what they waited for was there";
  }
  for (int fd = 0; fd < descriptors; ++fd) {
    h.s.set_linger(fd, Duration());  // what is left ends at once
    h.s.close(fd);
  }
  h.host.stop_background();
}

TEST(SocketsThreads, C26_01_random_calls_of_many_threads) { play_randomly(2500); }
TEST(SocketsThreadsHeavy, C26_01_a_million_random_calls_of_many_threads) { play_randomly(125000); }

}  // namespace
}  // namespace linnet::sockets
