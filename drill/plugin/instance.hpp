// SPDX-License-Identifier: Apache-2.0
// One host for one run of the original packetdrill.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "drill/epoll.hpp"
#include "drill/network.hpp"
#include "drill/plugin/clock.hpp"
#include "drill/settings.hpp"
#include "sockets/host.hpp"

namespace linnet::drill {

class Instance {
 public:
  /// The descriptors begin here, so that they are never mistaken for the system's.
  static constexpr int first_descriptor = 10000;

  explicit Instance(const Settings& settings);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  sockets::Sockets& sockets() { return host_.sockets(); }
  Clock& clock() { return clock_; }

  void send(Bytes packet);
  /// Lets the time pass until a packet leaves; its size, or 0 when none will.
  std::size_t receive(MutableBytes to, std::int64_t& time);
  void sleep(Duration time);
  Instant look_at_clock();

  /// Whoever uses an epoll instance holds this, but not while it sleeps.
  std::mutex& epoll_mutex() { return epoll_mutex_; }
  int epoll_create();
  Epoll* epoll(int number);
  void forget(int fd);
  bool close_epoll(int number) { return epolls_.erase(number) != 0; }

 private:
  /// Lets the stack do what is due; its next deadline, or that of a sleeper.
  Instant poll();
  bool take(MutableBytes to, std::size_t& size, std::int64_t& time);

  Clock clock_;
  Network network_;
  std::vector<std::uint8_t> memory_;
  sockets::Host host_;
  std::mutex epoll_mutex_{};
  std::map<int, Epoll> epolls_{};
  Instant deadline_ = Instant::never();
};

/// Options as on the command line of `linnet drill`, without their "--", with commas between.
Settings settings_of(const char* flags);

}  // namespace linnet::drill
