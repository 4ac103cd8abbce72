// SPDX-License-Identifier: Apache-2.0
// Every call that waits is woken by the event it waits for: data, space, a connection, the end. Nobody closes
// a descriptor under a waiting call here, and what one thread waits for another does exactly once, so that a
// wake-up that is lost stays lost. The calls that sleep on although their event is there are counted; a
// thread that is never woken is seen by all the others coming to rest. On real threads, over 127.0.0.1: meant
// for ThreadSanitizer too.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>
#include <vector>

#include "tests/test_threaded_host.hpp"

namespace linnet::sockets {
namespace {

using test::loopback;
using test::ThreadedHost;

/// One thread's ways to wait, each as good as any other.
class Waiting {
 public:
  Waiting(ThreadedHost& host, unsigned seed, std::atomic<long>& calls)
      : s_(host.s), random_(seed), calls_(calls) {}

  unsigned any(unsigned below) { return static_cast<unsigned>(random_() % below); }
  /// Others come first, sometimes.
  void dawdle() {
    for (unsigned i = any(4) == 0 ? any(50) : 0; i > 0; --i) std::this_thread::yield();
  }
  /// By one of the calls that wait for one of these events; 3: it is to wait itself, by the call that wants
  /// it.
  void until(int fd, bool readable) {
    dawdle();
    switch (any(4)) {
      case 0: {
        PollEntry entry{.fd = fd, .events = readable ? event::in : event::out};
        ASSERT_EQ(s_.poll({&entry, 1}, patience()), 1);
        break;
      }
      case 1: {
        FdSet set;
        set.add(fd);
        ASSERT_EQ(
            s_.select(fd + 1, readable ? &set : nullptr, readable ? nullptr : &set, nullptr, patience()), 1);
        break;
      }
      case 2: {  // a wait that ends in vain gives its seat to the next
        PollEntry entry{.fd = fd, .events = readable ? event::in : event::out};
        ASSERT_GE(s_.poll({&entry, 1}, Duration::microseconds(1 + any(300))), 0);
        break;
      }
      default:
        break;
    }
    ++calls_;
  }
  void send(int fd, std::size_t size) {
    static const std::vector<std::uint8_t> data(1 << 20);
    while (size > 0) {
      until(fd, false);
      const std::ptrdiff_t sent = s_.send(fd, Bytes(data).first(size));
      ASSERT_GT(sent, 0);
      size -= static_cast<std::size_t>(sent);
    }
  }
  void receive(int fd, std::size_t size) {
    std::vector<std::uint8_t> buffer(20000);
    while (size > 0) {
      until(fd, true);
      const std::size_t most = std::min({size, buffer.size(), std::size_t{1} + any(20000)});
      const std::ptrdiff_t got =
          s_.recv(fd, MutableBytes(buffer).first(most), any(8) == 0 ? msg::wait_all : 0);
      ASSERT_GT(got, 0);
      size -= static_cast<std::size_t>(got);
    }
  }

 private:
  /// None, or longer than any test.
  std::optional<Duration> patience() {
    if (any(2) == 0) return std::nullopt;
    return Duration::seconds(7200);
  }

  Sockets& s_;
  std::mt19937 random_;
  std::atomic<long>& calls_;
};

/// Two threads: bursts of up to 300,000 bytes, so that the sender waits for space, and an answer for each.
void sender(ThreadedHost& h, Waiting wait, int fd, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    const std::size_t size = 1 + (wait.any(8) == 0 ? wait.any(300000) : wait.any(3000));
    const std::uint8_t header[] = {static_cast<std::uint8_t>(size >> 16),
                                   static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
    ASSERT_EQ(h.s.send(fd, header), 3);
    wait.send(fd, size);
    wait.receive(fd, 1);
  }
  EXPECT_EQ(h.s.shutdown(fd, shut::write), 0);
}

void receiver(ThreadedHost& h, Waiting wait, int fd) {
  for (;;) {
    std::uint8_t header[3];
    wait.until(fd, true);
    const std::ptrdiff_t got = h.s.recv(fd, header, msg::wait_all);
    if (got == 0) return;  // the end wakes, too
    ASSERT_EQ(got, 3);
    wait.receive(fd, static_cast<std::size_t>(header[0] << 16 | header[1] << 8 | header[2]));
    wait.send(fd, 1);
  }
}

/// Connections one after the other, each ended by its client, half of them by a reset.
void connector(ThreadedHost& h, Waiting wait, std::uint16_t port, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    const bool non_blocking = wait.any(2) == 0;
    const int fd = h.s.socket(af::inet, sock::stream | (non_blocking ? sock::nonblock : 0));
    ASSERT_GE(fd, 0);
    const int connected = h.s.connect(fd, loopback(port));
    if (non_blocking) {
      ASSERT_TRUE(connected == 0 || connected == -error::in_progress) << connected;
      PollEntry entry{.fd = fd, .events = event::out};
      ASSERT_EQ(h.s.poll({&entry, 1}, std::nullopt), 1);
      ASSERT_EQ(h.s.option(fd, sol::socket, so::error), 0);
      ASSERT_EQ(h.s.set_non_blocking(fd, false), 0);
    } else {
      ASSERT_EQ(connected, 0);
    }
    wait.receive(fd, 1);  // accepted: no reset overtakes that
    if (wait.any(2) == 0) h.s.set_linger(fd, Duration());
    ASSERT_EQ(h.s.close(fd), 0);
  }
}

void acceptor(ThreadedHost& h, Waiting wait, int listening, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    wait.until(listening, true);
    const int fd = h.s.accept(listening);
    ASSERT_GE(fd, 0);
    wait.send(fd, 1);
    wait.until(fd, true);
    std::uint8_t byte = 0;
    const std::ptrdiff_t end = h.s.recv(fd, {&byte, 1});
    ASSERT_TRUE(end == 0 || end == -error::connection_reset) << end;
    ASSERT_EQ(h.s.close(fd), 0);
  }
}

constexpr std::uint8_t last = 255;

/// Three threads at one descriptor: each datagram is for any of them, and wakes all.
void sharer(ThreadedHost& h, Waiting wait, int fd) {
  for (;;) {
    wait.until(fd, true);
    std::uint8_t byte = 0;
    Endpoint from;
    const std::ptrdiff_t got = h.s.recvfrom(fd, {&byte, 1}, wait.any(2) == 0 ? msg::dont_wait : 0, &from);
    if (got == -error::try_again) continue;  // another has it
    ASSERT_EQ(got, 1);
    if (byte == last) return;
    ASSERT_EQ(h.s.sendto(fd, {&byte, 1}, 0, &from), 1);
  }
}

void distributor(ThreadedHost& h, Waiting wait, int fd, std::uint16_t port, int rounds, int sharers) {
  const Endpoint to = loopback(port);
  std::uint8_t byte = 0;
  for (int i = 0; i < rounds; ++i) {
    const unsigned count = 1 + wait.any(6);
    for (unsigned k = 0; k < count; ++k) ASSERT_EQ(h.s.sendto(fd, {&byte, 1}, 0, &to), 1);
    for (unsigned k = 0; k < count; ++k) {
      wait.until(fd, true);
      ASSERT_EQ(h.s.recv(fd, {&byte, 1}), 1);
    }
  }
  byte = last;
  for (int i = 0; i < sharers; ++i) ASSERT_EQ(h.s.sendto(fd, {&byte, 1}, 0, &to), 1);
}

struct Numbers {
  int overlooked = 0;
  long calls = 0;
};

Numbers wait_for_events(int rounds, bool background_too) {
  ThreadedHost h({.max_sockets = 32, .background_grace = Duration::microseconds(200)});
  constexpr int sharers = 3;
  const int streams = h.listener(7);
  const int client = h.s.socket(af::inet, sock::stream);
  EXPECT_EQ(h.s.connect(client, loopback(7)), 0);
  const int server = h.s.accept(streams);
  const int listening = h.listener(8);
  const int shared = h.s.socket(af::inet, sock::dgram);
  EXPECT_EQ(h.s.bind(shared, loopback(9)), 0);
  const int distributing = h.s.socket(af::inet, sock::dgram);

  std::atomic<long> calls{0};
  std::atomic<int> playing{0};
  Numbers numbers;
  std::jthread background;
  if (background_too) background = std::jthread([&] { h.host.run_background(); });
  {
    std::vector<std::jthread> threads;
    const auto play = [&](auto function) {
      ++playing;
      const unsigned seed = 1000 + static_cast<unsigned>(threads.size());
      threads.emplace_back([&, seed, function] {
        function(Waiting(h, seed, calls));
        --playing;
      });
    };
    play([&](Waiting wait) { sender(h, wait, client, rounds); });
    play([&](Waiting wait) { receiver(h, wait, server); });
    play([&](Waiting wait) { connector(h, wait, 8, rounds); });
    play([&](Waiting wait) { acceptor(h, wait, listening, rounds); });
    for (int i = 0; i < sharers; ++i) play([&](Waiting wait) { sharer(h, wait, shared); });
    play([&](Waiting wait) { distributor(h, wait, distributing, 9, rounds, sharers); });

    long seen = -1;
    Instant since;
    while (playing > 0) {
      {
        HostInspector inspector(h.host);
        numbers.overlooked += inspector.overlooked();
        if (calls != seen) since = h.port.now();
        seen = calls;
        if (h.port.now() - since > Duration::seconds(60)) {
          std::cerr << "of " << playing << " threads " << inspector.waiting() << " wait for what is there\n";
          std::abort();
        }
      }
      for (int i = 0; i < 100; ++i) std::this_thread::yield();
    }
  }
  numbers.calls = calls;
  h.host.stop_background();
  if (background.joinable()) background.join();
  for (const int fd : {streams, client, server, listening, shared, distributing}) {
    if (fd == client || fd == server) h.s.set_linger(fd, Duration());
    EXPECT_EQ(h.s.close(fd), 0);
  }
  return numbers;
}

void every_wait_ends(int rounds, bool background) {
  const Numbers numbers = wait_for_events(rounds, background);
  EXPECT_EQ(numbers.overlooked, 0) << "calls slept on although what they waited for was there";
  EXPECT_GT(numbers.calls, rounds * 8);
  std::cout << numbers.calls << " waits\n";
}

TEST(SocketsWakeups, every_waiting_call_is_woken_by_what_it_waits_for) { every_wait_ends(200, false); }
TEST(SocketsWakeups, every_waiting_call_is_woken_beside_a_background_thread) { every_wait_ends(200, true); }
TEST(SocketsThreadsHeavy, every_waiting_call_is_woken_in_a_long_run) { every_wait_ends(1000, false); }
TEST(SocketsThreadsHeavy, every_waiting_call_is_woken_in_a_long_run_beside_a_background_thread) {
  every_wait_ends(1000, true);
}

}  // namespace
}  // namespace linnet::sockets
