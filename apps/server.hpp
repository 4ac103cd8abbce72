// SPDX-License-Identifier: Apache-2.0
// Server: something that serves non-blocking sockets. ServerLoop: one thread that drives any number of them.
#pragma once

#include <functional>
#include <vector>

#include "sockets/sockets.hpp"

namespace linnet::apps {

class Server {
 public:
  virtual ~Server() = default;
  /// Appends what to wait for.
  virtual void fill(std::vector<sockets::PollEntry>& entries) = 0;
  /// `entries` are those that the last `fill` appended, with their revents.
  virtual void process(std::span<const sockets::PollEntry> entries, Instant now) = 0;
  /// When it wants `expire` to be called.
  virtual Instant deadline() const { return Instant::never(); }
  virtual void expire(Instant) {}
  /// Closes everything.
  virtual void stop() = 0;
};

class ServerLoop {
 public:
  /// `now` is the clock of the sockets' host.
  ServerLoop(sockets::Sockets& sockets, std::function<Instant()> now)
      : sockets_(&sockets), now_(std::move(now)) {}
  void add(Server& server) { servers_.push_back(&server); }
  /// Serves until `ended()`, which is asked after each round and after each interruption. Throws Problem.
  void run(const std::function<bool()>& ended);

 private:
  int wait(Instant now);

  sockets::Sockets* sockets_;
  std::function<Instant()> now_;
  std::vector<Server*> servers_;
  std::vector<sockets::PollEntry> entries_;
  std::vector<std::size_t> ends_;  // of each server's share of the entries
};

/// A non-blocking listening socket on `port` of every address. Throws Problem naming what failed.
int listen_on(sockets::Sockets& sockets, std::uint16_t port, int backlog);

}  // namespace linnet::apps
