// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/poller.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <csignal>
#include <mutex>
#include <thread>

#include "platform/linux/clock.hpp"

namespace linnet::platform {
namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) std::abort();
    out = FileDescriptor(ends[0]);
    in = FileDescriptor(ends[1]);
  }
  void put() { ASSERT_EQ(::write(in.get(), "x", 1), 1); }
  bool take() {
    char c = 0;
    return ::read(out.get(), &c, 1) == 1;
  }
  FileDescriptor out;
  FileDescriptor in;
};

/// A device that is a pipe.
struct PipeDevice final : Pollable {
  void fill(std::vector<pollfd>& fds, Duration& timeout) override {
    timeout = std::min(timeout, due);
    for (int i = 0; i < descriptors; ++i) fds.push_back({pipe.out.get(), POLLIN, 0});
  }
  void process(std::span<const pollfd> fds) override {
    EXPECT_EQ(fds.size(), static_cast<std::size_t>(descriptors));
    for (const pollfd& fd : fds) {
      EXPECT_EQ(fd.fd, pipe.out.get());
      ready += (fd.revents & POLLIN) != 0 ? 1 : 0;
    }
    ++processed;
  }
  using Pollable::changed;

  Pipe pipe;
  int descriptors = 1;
  Duration due = Duration::max();
  int ready = 0;
  int processed = 0;
};

constexpr Duration soon = Duration::milliseconds(20);
constexpr Duration long_time = Duration::seconds(20);

TEST(Poller, waits_until_the_deadline_and_not_longer) {
  Poller poller;
  const Instant start = monotonic_now();
  EXPECT_FALSE(poller.wait(start + soon));
  EXPECT_GE(monotonic_now(), start + soon);
  EXPECT_LT(monotonic_now(), start + Duration::seconds(5));
}

TEST(Poller, a_deadline_in_the_past_only_looks) {
  Poller poller;
  PipeDevice device;
  poller.add(device);
  EXPECT_FALSE(poller.wait(monotonic_now() - long_time));
  device.pipe.put();
  EXPECT_TRUE(poller.wait(monotonic_now() - long_time));
  EXPECT_EQ(device.ready, 1);
  EXPECT_EQ(device.processed, 2);
}

TEST(Poller, each_device_gets_its_own_descriptors) {
  Poller poller;
  PipeDevice a;
  PipeDevice b;
  a.descriptors = 3;
  b.descriptors = 2;
  poller.add(a);
  poller.add(b);
  b.pipe.put();
  EXPECT_TRUE(poller.wait(monotonic_now() + long_time));
  EXPECT_EQ(a.ready, 0);
  EXPECT_EQ(b.ready, 2);
  poller.remove(b);
  EXPECT_FALSE(poller.wait(monotonic_now()));
  EXPECT_EQ(b.processed, 1);
}

TEST(Poller, a_device_that_is_no_more_is_forgotten) {
  Poller poller;
  PipeDevice stays;
  poller.add(stays);
  {
    PipeDevice goes;
    poller.add(goes);
    goes.pipe.put();
  }
  EXPECT_FALSE(poller.wait(monotonic_now()));
  stays.pipe.put();
  EXPECT_TRUE(poller.wait(monotonic_now()));
}

TEST(Poller, a_device_may_be_due_sooner) {
  Poller poller;
  PipeDevice device;
  device.due = soon;
  poller.add(device);
  const Instant start = monotonic_now();
  EXPECT_FALSE(poller.wait(start + long_time));
  EXPECT_LT(monotonic_now(), start + Duration::seconds(5));
  EXPECT_FALSE(poller.wait(Instant::never()));
}

TEST(Poller, wake_before_a_wait_ends_it_at_once_and_only_once) {
  Poller poller;
  poller.wake();
  poller.wake();
  EXPECT_TRUE(poller.wait(monotonic_now() + long_time));
  EXPECT_FALSE(poller.wait(monotonic_now() + soon));
}

TEST(Poller, wake_from_another_thread_ends_a_wait) {
  Poller poller;
  for (int i = 0; i < 200; ++i) {
    std::thread waker([&] { poller.wake(); });
    const Instant start = monotonic_now();
    EXPECT_TRUE(poller.wait(start + long_time));
    EXPECT_LT(monotonic_now(), start + Duration::seconds(10));
    waker.join();
  }
}

TEST(Poller, no_wake_is_lost_between_threads) {
  Poller poller;
  std::atomic<int> posted{0};
  constexpr int rounds = 20000;
  std::thread waker([&] {
    for (int i = 0; i < rounds; ++i) {
      posted.store(i + 1, std::memory_order_relaxed);
      poller.wake();
    }
  });
  int seen = 0;
  while (seen < rounds) {
    ASSERT_TRUE(poller.wait(monotonic_now() + long_time)) << "stuck at " << seen;
    const int now = posted.load(std::memory_order_relaxed);
    ASSERT_GE(now, seen);
    seen = now;
  }
  waker.join();
}

TEST(Poller, changed_ends_a_wait_in_progress_but_leaves_no_trace_without_one) {
  Poller poller;
  PipeDevice device;
  poller.add(device);
  device.changed();
  EXPECT_FALSE(poller.wait(monotonic_now()));
  poller.prepare(monotonic_now() + long_time);
  device.changed();
  poller.block();
  EXPECT_TRUE(poller.dispatch());
  EXPECT_FALSE(poller.wait(monotonic_now()));
}

TEST(Poller, the_lock_is_free_while_it_waits) {
  Poller poller;
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::thread other([&] {
    const std::lock_guard guard(mutex);
    poller.wake();
  });
  EXPECT_TRUE(poller.wait(monotonic_now() + long_time, lock));
  EXPECT_TRUE(lock.owns_lock());
  other.join();
}

TEST(Poller, a_device_removed_during_a_wait_is_not_served) {
  Poller poller;
  PipeDevice device;
  poller.add(device);
  device.pipe.put();
  poller.prepare(monotonic_now() + long_time);
  poller.remove(device);
  poller.block();
  poller.dispatch();
  EXPECT_EQ(device.processed, 0);
}

TEST(Poller, calls_back_for_registered_descriptors) {
  Poller poller;
  Pipe pipe;
  int calls = 0;
  short seen = 0;
  poller.add_fd(pipe.out.get(), POLLIN, [&](short revents) {
    ++calls;
    seen = revents;
    pipe.take();
  });
  EXPECT_FALSE(poller.wait(monotonic_now()));
  pipe.put();
  EXPECT_TRUE(poller.wait(monotonic_now() + long_time));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(seen, POLLIN);
  pipe.in.reset();
  EXPECT_TRUE(poller.wait(monotonic_now() + long_time));
  EXPECT_EQ(seen & POLLHUP, POLLHUP);
  poller.remove_fd(pipe.out.get());
  EXPECT_FALSE(poller.wait(monotonic_now()));
}

TEST(Poller, a_callback_may_remove_itself_and_others) {
  Poller poller;
  Pipe a;
  Pipe b;
  int calls = 0;
  const auto ready = [&](short) {
    ++calls;
    poller.remove_fd(a.out.get());
    poller.remove_fd(b.out.get());
  };
  poller.add_fd(a.out.get(), POLLIN, ready);
  poller.add_fd(b.out.get(), POLLIN, ready);
  a.put();
  b.put();
  EXPECT_TRUE(poller.wait(monotonic_now() + long_time));
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(poller.wait(monotonic_now()));
}

TEST(Poller, a_second_registration_replaces_the_first) {
  Poller poller;
  Pipe pipe;
  int first = 0;
  int second = 0;
  poller.add_fd(pipe.out.get(), POLLIN, [&](short) { ++first; });
  poller.add_fd(pipe.out.get(), POLLIN, [&](short) { ++second; });
  pipe.put();
  poller.wait(monotonic_now());
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

Poller* signalled = nullptr;

TEST(Poller, a_signal_handler_may_wake_it) {
  Poller poller;
  signalled = &poller;
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { signalled->wake(); };
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  ASSERT_EQ(::raise(SIGUSR1), 0);
  EXPECT_TRUE(poller.wait(monotonic_now() + long_time));
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST(Clock, is_monotonic_and_agrees_with_the_wall_clock) {
  const Instant a = monotonic_now();
  const Duration wall = wall_clock_now();
  const Duration sum = wall_clock_offset() + Duration::microseconds(a.as_microseconds());
  EXPECT_LE(a, monotonic_now());
  EXPECT_LT(sum - wall, Duration::seconds(1));
  EXPECT_GT(sum - wall, -Duration::seconds(1));
}

}  // namespace
}  // namespace linnet::platform
