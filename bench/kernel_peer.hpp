// SPDX-License-Identifier: Apache-2.0
// The kernel's TCP as one end of a transfer: a thread with an ordinary blocking socket, in this process, so that its
// time counts.
#pragma once

#include <atomic>
#include <exception>
#include <thread>

#include "bench/namespaces.hpp"
#include "bench/stream.hpp"

namespace linnet::bench {

/// The congestion control of all kernel sockets here (a machine's default may be another).
inline constexpr const char* congestion_control = "cubic";

/// An ordinary TCP socket in `where`, with the congestion control. Throws Failure.
platform::FileDescriptor kernel_socket(const Namespace& where);
/// One that listens on `port` of any address. Throws Failure.
platform::FileDescriptor kernel_listener(const Namespace& where, std::uint16_t port);

/// A thread whose work may fail: its Failure is thrown again by `join`.
class Worker {
 public:
  template <typename Work>
  explicit Worker(Work work)
      : thread_([this, work = std::move(work)]() mutable {
          try {
            work();
          } catch (...) {
            failure_ = std::current_exception();
          }
          finished_.store(true, std::memory_order_release);
        }) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    if (thread_.joinable()) thread_.join();
  }
  bool finished() const { return finished_.load(std::memory_order_acquire); }
  void join() {
    if (thread_.joinable()) thread_.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::exception_ptr failure_{};
  std::atomic<bool> finished_{false};
  std::thread thread_;  // last: it uses the others
};

/// Connects to `address` (as text) and sends until `stop`, or a check's bytes. Waits for the other side's end.
class KernelSender {
 public:
  KernelSender(const Namespace& where, const std::string& address, std::uint16_t port, const Goal& goal);
  /// Ends the stream, waits for the other side to have it all, and yields the bytes sent.
  std::uint64_t finish();
  void stop() { stop_.store(true, std::memory_order_relaxed); }

 private:
  void run(const std::string& address, std::uint16_t port);

  Goal goal_;
  platform::FileDescriptor socket_;
  Source source_;
  std::atomic<bool> stop_{false};
  Worker worker_;
};

/// Accepts one connection and receives until its end.
class KernelReceiver {
 public:
  KernelReceiver(const Namespace& where, std::uint16_t port, const Goal& goal);
  /// So far; from any thread.
  std::uint64_t received() const { return received_.load(std::memory_order_relaxed); }
  /// Waits for the end, and yields the bytes received.
  std::uint64_t finish();

 private:
  void run();

  platform::FileDescriptor listener_;
  Sink sink_;
  std::atomic<std::uint64_t> received_{0};
  Worker worker_;
};

}  // namespace linnet::bench
