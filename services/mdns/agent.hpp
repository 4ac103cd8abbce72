// SPDX-License-Identifier: Apache-2.0
// Agent: a Machine with a socket at port 5353, and the addresses of its interface.
#pragma once

#include "core/stack.hpp"
#include "services/mdns/machine.hpp"

namespace linnet::mdns {

/// Speaks Multicast DNS on one interface of a stack, over IPv4 and IPv6: for the own host, which has the
/// addresses that the interface has, whatever they become. Not thread safe; call `poll` after each
/// Stack::poll and when its deadline has come, and Stack::poll after it. Uses one UDP socket and two
/// memberships while it runs.
class Agent {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Machine::memory_needed(config) + Arena::bytes_for<std::uint8_t>(buffer_size);
  }
  /// `stack` must outlive the agent; `interface` must be one of its Ethernet interfaces.
  Agent(Stack& stack, std::uint8_t interface, const Config& config, Arena& arena);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// `host_name`: as in "host_name.local"; empty: only asks. False: no host can be called so, no memory, no
  /// free UDP socket, or port 5353 is taken by somebody who does not share it.
  bool start(std::string_view host_name, Instant now);
  /// Goodbyes from now on, as `poll` is called; `stop` is to follow, when they are said or at any time.
  void leave(Instant now);
  /// There are still some to be said.
  bool leaving() const { return open_ && left_ && !machine_.next_deadline().is_never(); }
  /// Goodbyes at once, those that are not said yet, then the end.
  void stop(Instant now);
  bool running() const { return open_; }

  /// Another name for the own host, or its first. False: as of `start`, or it does not run.
  bool set_host_name(std::string_view host_name, Instant now);

  /// The own host, for Responder::remove_host and the like; stale while it only asks.
  HostHandle host() const { return host_; }
  Machine& machine() { return machine_; }
  const Machine& machine() const { return machine_; }
  std::uint8_t interface() const { return interface_; }

  /// Reads its socket, does what is due, and yields when it wants to be asked again.
  Instant poll(Instant now);
  Status status() const { return machine_.status(); }
  void digest(Digest& digest) const { machine_.digest(digest); }

 private:
  // Larger messages than an Ethernet's are allowed (RFC 6762 17), and seen where a record does not fit
  // otherwise.
  static constexpr std::size_t buffer_size = 9000;
  static constexpr std::size_t datagrams_per_poll = 16;
  static constexpr std::size_t most_addresses = 16;
  // Who has thousands of services to tell of must not fill the queues of all who listen: they would hear half
  // of it.
  static constexpr std::size_t messages_at_once = 4;
  static constexpr Duration pause = Duration::milliseconds(10);

  bool speaks_ipv6() const;
  void join(Instant now);
  void watch_link(Instant now);
  void watch_addresses(Instant now);
  bool receive(Instant now);
  bool is_neighbour(const IpAddress& address) const;
  void send_due(std::size_t most, Instant now);
  void send(Bytes message, const Endpoint& to, Instant now);

  Stack& stack_;
  std::uint8_t interface_;
  Machine machine_;
  MutableBytes buffer_;  // one message received
  udp::SocketHandle socket_;
  HostHandle host_;
  bool open_ = false;
  bool left_ = false;
  bool up_ = false;  // as the machine knows it
  bool joined_v4_ = false;
  bool joined_v6_ = false;
  Instant resume_at_{};           // sending
  std::uint32_t generation_ = 0;  // Ip::generation, of the addresses that the machine knows
};

}  // namespace linnet::mdns
