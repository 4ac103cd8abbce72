// SPDX-License-Identifier: Apache-2.0
// Programs that exchange datagrams and know each byte of them: UDP with an echo, and ping.
#pragma once

#include <string>

#include "sim/transfer.hpp"

namespace linnet::sim {

struct DatagramPlan {
  std::uint32_t flow = 0;  ///< its number, in every datagram
  std::uint32_t count = 0;
  std::uint32_t largest = 0;  ///< payload bytes, at least `smallest`
  Duration interval = Duration::milliseconds(100);
  Duration idle_interval = Duration::seconds(1);  ///< after these, as long as there are faults
  bool copies_may_come = false;                   ///< the network makes some
  bool may_be_forged = false;                     ///< an attacker sees and changes them
  static constexpr std::uint32_t smallest = 12;
};

/// Sends each datagram back to where it came from.
class EchoServer final : public Program {
 public:
  EchoServer(Host& host, const Endpoint& local) : host_(host), local_(local) {}
  Instant step(Instant now) override;
  void host_lost() { socket_ = {}; }

 private:
  Host& host_;
  Endpoint local_;
  udp::SocketHandle socket_;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(65536);
};

/// Sends datagrams whose every byte is known, and after these one a second until such a late one comes back.
class EchoClient final : public Program {
 public:
  EchoClient(Host& host, const Endpoint& server, const DatagramPlan& plan, std::uint64_t seed)
      : host_(host), server_(server), plan_(plan), choices_(seed, "datagrams"), copies_(plan.count + 1) {}
  Instant step(Instant now) override;
  void host_lost() { socket_ = {}; }
  /// Faults are over: what is sent from now on counts.
  void heal() {
    healed_ = true;
    due_ = Instant::from_microseconds(std::numeric_limits<std::int64_t>::min());
  }
  bool done() const { return done_; }
  bool failed() const { return !problem_.empty(); }
  std::string problem() const { return problem_.empty() ? "no echo" : problem_; }
  std::uint64_t bytes() const { return bytes_; }
  void close();

 private:
  bool open();
  void send(Instant now);
  bool receive();
  void check(Bytes datagram);

  Host& host_;
  Endpoint server_;
  DatagramPlan plan_;
  Choices choices_;
  udp::SocketHandle socket_;
  std::uint32_t sent_ = 0;
  std::vector<std::uint8_t> copies_;
  Instant due_{};
  bool healed_ = false;
  bool done_ = false;
  std::uint64_t bytes_ = 0;
  std::string problem_;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(65536);
};

}  // namespace linnet::sim
