// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/sockets_port.hpp"

#include <sched.h>

#include <limits>

#include "platform/linux/clock.hpp"
#include "platform/linux/entropy.hpp"

namespace linnet::platform {

namespace {

/// Where a thread sleeps; one for each thread, for whichever host it waits.
struct ParkingPlace {
  ParkingPlace() {
    pthread_condattr_t attributes;
    ::pthread_condattr_init(&attributes);
    ::pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    ::pthread_cond_init(&condition, &attributes);
    ::pthread_condattr_destroy(&attributes);
  }
  ParkingPlace(const ParkingPlace&) = delete;
  ParkingPlace& operator=(const ParkingPlace&) = delete;
  ~ParkingPlace() { ::pthread_cond_destroy(&condition); }

  pthread_cond_t condition;
  bool called = false;  // under the lock of the host that the thread waits for
};

ParkingPlace& own_place() {
  thread_local ParkingPlace place;
  return place;
}

timespec timespec_of(Instant instant) {
  const std::int64_t us = instant.as_microseconds();
  timespec result{};
  if (us <= 0) return result;
  result.tv_sec = static_cast<time_t>(us / 1000000);
  result.tv_nsec = static_cast<long>(us % 1000000) * 1000;
  return result;
}

}  // namespace

SocketsPort::SocketsPort() { ::pthread_mutex_init(&mutex_, nullptr); }
SocketsPort::~SocketsPort() { ::pthread_mutex_destroy(&mutex_); }

void SocketsPort::interrupt() {
  interrupted_.store(true, std::memory_order_release);
  poller_.wake();
}

bool SocketsPort::take_interrupt() {
  return interrupted_.load(std::memory_order_relaxed) &&
         interrupted_.exchange(false, std::memory_order_acquire);
}

Instant SocketsPort::now() { return monotonic_now(); }
Duration SocketsPort::wall_clock() { return wall_clock_now(); }
void SocketsPort::fill_entropy(MutableBytes out) { platform::fill_entropy(out); }

void SocketsPort::lock() {
  if (::pthread_mutex_trylock(&mutex_) == 0) return;
  contenders_.fetch_add(1, std::memory_order_relaxed);
  ::pthread_mutex_lock(&mutex_);
  contenders_.fetch_sub(1, std::memory_order_relaxed);
}

void SocketsPort::unlock() { ::pthread_mutex_unlock(&mutex_); }

void SocketsPort::yield() {
  if (contenders_.load(std::memory_order_relaxed) == 0) return;
  // The mutex is not fair: a thread that gives it up and takes it again at once would keep it.
  unlock();
  ::sched_yield();
  lock();
}

void SocketsPort::wait(Instant deadline) {
  poller_.prepare(deadline);
  unlock();
  poller_.block();
  lock();
  poller_.dispatch();
}

void SocketsPort::wake() { poller_.wake(); }

sockets::Port::Thread SocketsPort::current_thread() { return &own_place(); }

void SocketsPort::park(Instant deadline) {
  ParkingPlace& place = own_place();
  const timespec until = timespec_of(deadline);
  place.called = false;
  int result = 0;
  while (!place.called && result == 0) {
    result = deadline.is_never() ? ::pthread_cond_wait(&place.condition, &mutex_)
                                 : ::pthread_cond_timedwait(&place.condition, &mutex_, &until);
  }
}

void SocketsPort::unpark(Thread thread) {
  ParkingPlace& place = *static_cast<ParkingPlace*>(thread);
  place.called = true;
  ::pthread_cond_signal(&place.condition);
}

}  // namespace linnet::platform
