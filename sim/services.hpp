// SPDX-License-Identifier: Apache-2.0
// Servers of the world, which can be slow, silent or wrong; and the programs that use them.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "services/dhcp/client.hpp"
#include "services/dns/resolver.hpp"
#include "sim/faults.hpp"
#include "sim/frames.hpp"
#include "sim/simulation.hpp"

namespace linnet::sim {

enum class ServiceMode : std::uint8_t {
  right,
  silent,
  slow,       ///< answers seconds later
  wrong,      ///< refuses, or answers about something else
  truncated,  ///< messages end too early
};

/// What servers have in common: a socket, and answers that wait for their time.
class Server : public Program {
 public:
  Server(Machine& machine, std::uint16_t port, std::uint64_t seed)
      : machine_(machine), port_(port), choices_(seed, "server") {}
  Instant step(Instant now) final;
  void set_mode(ServiceMode mode) { mode_ = mode; }
  void host_lost() {
    socket_ = {};
    waiting_.clear();
  }

 protected:
  ~Server() = default;
  /// What to answer, in the right mode; empty: nothing. `wrong`: something that helps nobody.
  virtual Buffer answer(Bytes request, bool wrong) = 0;
  virtual Endpoint answer_to(const Endpoint& source) { return source; }
  Machine& machine_;

 private:
  struct Answer {
    Instant at;
    Endpoint to;
    Buffer bytes;
  };
  void take(Bytes request, const Endpoint& source, Instant now);
  std::uint16_t port_;
  Choices choices_;
  ServiceMode mode_ = ServiceMode::right;
  udp::SocketHandle socket_;
  std::deque<Answer> waiting_;
  std::array<std::uint8_t, 1500> buffer_;
};

/// RFC 2131, for a /24: gives the station with MAC ...:nn the address 10.0.0.(100 + nn).
class DhcpServer final : public Server {
 public:
  DhcpServer(Machine& machine, std::uint32_t address, std::uint32_t lease_seconds, std::uint64_t seed)
      : Server(machine, 67, seed), address_(address), lease_seconds_(lease_seconds) {}
  static IpAddress address_for(const MacAddress& mac) {
    return IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(100 + mac.bytes[5]));
  }

 private:
  Buffer answer(Bytes request, bool wrong) override;
  Endpoint answer_to(const Endpoint&) override { return {IpAddress::broadcast_v4(), 68}; }
  std::uint32_t address_;
  std::uint32_t lease_seconds_;
};

/// RFC 1035: knows hN.sim for every N below 256: 10.9.N.N.
class DnsServer final : public Server {
 public:
  DnsServer(Machine& machine, std::uint64_t seed) : Server(machine, 53, seed) {}

 private:
  Buffer answer(Bytes request, bool wrong) override;
};

/// Keeps a machine's address by DHCP.
class DhcpProgram final : public Program {
 public:
  /// `pooled`: what address it will get is not known.
  DhcpProgram(Machine& machine, const dhcp::Config& config, bool pooled)
      : machine_(machine), config_(config), pooled_(pooled) {
    start({});
  }
  Instant step(Instant now) override;
  void host_booted(bool remembers);
  dhcp::Client& client() { return *client_; }
  Machine& machine() const { return machine_; }
  bool bound() const { return client_->status().state == dhcp::State::bound; }
  /// Nothing while it has none.
  std::optional<IpAddress> address() const {
    const dhcp::Status status = client_->status();
    return status.lease != nullptr ? std::optional(status.lease->prefix.address) : std::nullopt;
  }
  /// Takes the address away and ends: nothing of it is left in the stack.
  void stop(Instant now) {
    client_->stop(now, false);
    stopped_ = true;
  }

 private:
  void start(const std::optional<IpAddress>& remembered);
  Machine& machine_;
  dhcp::Config config_;
  std::optional<Memory> memory_;
  std::optional<Arena> arena_;
  std::optional<dhcp::Client> client_;
  std::optional<IpAddress> had_;  ///< the last address
  bool pooled_;
  bool started_ = false;
  bool stopped_ = false;
};

/// Resolves names at intervals, and knows the right answers.
class DnsProgram final : public Program {
 public:
  DnsProgram(Machine& machine, const std::vector<IpAddress>& servers, unsigned count, Duration interval,
             std::uint64_t seed);
  Instant step(Instant now) override;
  void host_booted();
  /// The servers do what they should from now on: the next answer must be right.
  void heal() {
    healed_ = true;
    interval_ = Duration::seconds(1);
    due_ = Instant::from_microseconds(std::numeric_limits<std::int64_t>::min());
  }
  bool done() const { return done_; }
  const std::string& problem() const { return problem_; }

 private:
  void start();
  void ask(Instant now);
  void take_result(Instant now);

  Machine& machine_;
  std::vector<IpAddress> servers_;
  unsigned count_;
  Duration interval_;
  Choices choices_;
  std::optional<Memory> memory_;
  std::optional<Arena> arena_;
  std::optional<dns::Resolver> resolver_;
  dns::QueryHandle query_;
  bool asking_ = false;
  bool asked_healed_ = false;
  unsigned number_ = 0;
  unsigned asked_ = 0;
  Instant asked_at_{};
  Instant due_{};
  bool healed_ = false;
  bool done_ = false;
  std::string problem_;
};

}  // namespace linnet::sim
