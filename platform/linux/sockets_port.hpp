// SPDX-License-Identifier: Apache-2.0
// SocketsPort: the sockets facade's operating system, on pthreads and the Poller.
#pragma once

#include <pthread.h>

#include <atomic>

#include "platform/linux/poller.hpp"
#include "sockets/port.hpp"

namespace linnet::platform {

class SocketsPort final : public sockets::Port {
 public:
  SocketsPort();
  SocketsPort(const SocketsPort&) = delete;
  SocketsPort& operator=(const SocketsPort&) = delete;
  ~SocketsPort();

  /// Add the devices to it (under the host's lock once there are threads), and other descriptors to watch.
  Poller& poller() { return poller_; }
  /// Every call that waits on the host returns error::interrupted. From any thread and from signal handlers.
  void interrupt();

  Instant now() override;
  Duration wall_clock() override;
  void fill_entropy(MutableBytes out) override;
  void lock() override;
  void unlock() override;
  void yield() override;
  void wait(Instant deadline) override;
  void wake() override;
  bool take_interrupt() override;
  Thread current_thread() override;
  void park(Instant deadline) override;
  void unpark(Thread thread) override;

 private:
  pthread_mutex_t mutex_;
  std::atomic<int> contenders_{0};  // threads that found the mutex taken
  std::atomic<bool> interrupted_{false};
  Poller poller_;
};

}  // namespace linnet::platform
