// SPDX-License-Identifier: Apache-2.0
// Host: a stack, its services and its sockets under one lock, and the threads that wait for them.
#pragma once

#include "sockets/sockets.hpp"

namespace linnet::sockets {

/// Nothing here starts a thread. A thread that would wait inside a call drives the stack itself (one at a
/// time; the others sleep until their descriptor's turn): waking another processor costs far more than
/// polling a device. A host whose threads may all be away from it for long gives one thread to
/// `run_background`.
class Host {
 public:
  static constexpr std::size_t memory_needed(const linnet::Config& stack, const Config& config) {
    return Stack::memory_needed(stack) + DescriptorTable::memory_needed(config.max_sockets) +
           2 * Arena::alignment;
  }
  /// `memory` and `port` must outlive the host. The stack's random seed comes from the port.
  Host(const linnet::Config& stack, const Config& config, MutableBytes memory, Port& port);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// False when `memory` was less than `memory_needed` or the port has no entropy: use nothing else then.
  bool ok() const { return stack_.ok() && !arena_.exhausted(); }

  /// From any thread.
  Sockets& sockets() { return sockets_; }
  Port& port() { return *port_; }

  /// Holds the host's lock for direct use of the stack and its services. Its end tells the driving thread
  /// that there may be more to do. Never call a socket while you hold one.
  class Lock {
   public:
    explicit Lock(Host& host) : host_(&host) { host.port_->lock(); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    ~Lock() {
      host_->driver_.services_due();
      host_->driver_.finish();
      host_->port_->unlock();
    }
    Stack& stack() const { return host_->stack_; }
    Instant now() const { return host_->driver_.now(); }

   private:
    Host* host_;
  };
  /// Only under a Lock, or before there are threads.
  Stack& stack() { return stack_; }

  /// Before there are threads, or under a Lock. They must stay until they are removed (`unlink`).
  void add(Service& service) { driver_.add(service); }
  void add(Clocked& device) { driver_.add(device); }

  /// Polls stack and services once, without waiting; yields the next deadline. For programs that only use
  /// non-blocking calls and have a loop of their own.
  Instant poll_once();

  /// Waits until `condition()`, which is called under the lock by any waiting thread, or `deadline`. False:
  /// it did not come true, or the wait was interrupted.
  template <typename Condition>
  bool wait_until(Condition condition, Instant deadline) {
    struct Asker : Waiter {
      Condition* condition;
    } asker;
    asker.condition = &condition;
    asker.ready = [](Waiter& self) { return static_cast<bool>((*static_cast<Asker&>(self).condition)()); };
    port_->lock();
    const bool done = condition() || driver_.wait(asker, deadline) == Wake::ready;
    port_->unlock();
    return done;
  }

  /// The body of a background thread (one at a time): drives while no caller waits, sleeps otherwise. Ends
  /// after `stop_background`, which any thread may call, also before it has begun.
  void run_background();
  void stop_background();

 private:
  friend class HostInspector;

  static Random::Seed seed_from(Port& port);

  Port* port_;
  Stack stack_;
  Arena arena_;
  DescriptorTable table_;
  Driver driver_;
  Sockets sockets_;
};

}  // namespace linnet::sockets
