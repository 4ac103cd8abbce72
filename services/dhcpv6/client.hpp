// SPDX-License-Identifier: Apache-2.0
// Client: a Machine with a socket at port 546, and its addresses in the stack.
#pragma once

#include "core/stack.hpp"
#include "services/dhcpv6/machine.hpp"

namespace linnet::dhcpv6 {

/// Keeps one interface of a stack configured by DHCPv6. Not thread safe; call `poll` after each Stack::poll
/// and when its deadline has come, and Stack::poll after it. The interface needs Ip::enable_ipv6: messages
/// are sent as soon as there is a usable link-local address. Uses one UDP socket while it runs, and up to
/// four addresses of the stack.
class Client {
 public:
  static constexpr std::size_t memory_needed() { return Arena::bytes_for<std::uint8_t>(buffer_size); }
  /// `stack` must outlive the client; `interface` must be one of its Ethernet interfaces. `config.zone` is
  /// set to the interface's.
  Client(Stack& stack, std::uint8_t interface, const Config& config, Arena& arena);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// As a Router Advertisement says: stateful for M, stateless for O alone (RFC 4861 4.2). Changes the mode
  /// of a client that runs. False: no memory, no free UDP socket, or port 546 is taken.
  bool start(Mode mode, Instant now);
  /// Takes everything away; `release`: tells the server, which takes polls until the state is `stopped`.
  void stop(Instant now, bool release);

  /// Reads its socket, does what is due, and yields when it wants to be asked again.
  Instant poll(Instant now);

  Status status() const { return machine_.status(); }
  std::uint8_t interface() const { return interface_; }
  void digest(Digest& digest) const { machine_.digest(digest); }

 private:
  static constexpr std::size_t buffer_size = 1500;
  static constexpr std::size_t datagrams_per_poll = 8;
  // Owners poll after each Stack::poll; those who only keep the deadline must not miss that an address is
  // there.
  static constexpr Duration check_interval = Duration::milliseconds(250);

  bool running() const { return machine_.status().state != State::stopped; }
  bool ready() const;
  void watch_link(Instant now);
  void watch_duplicates(Instant now);
  bool receive(Instant now);
  void send(Bytes message, Instant now);
  void install(Instant now);
  const ip::Ipv6Address* find(const IpAddress& address) const;

  Stack& stack_;
  std::uint8_t interface_;
  Machine machine_;
  MutableBytes buffer_;  // one message received
  udp::SocketHandle socket_;
  bool open_ = false;
  bool ready_ = false;                            // as the machine knows it
  List<IpAddress, maximum_addresses> installed_;  // by this client
  std::uint32_t version_ = 0;                     // of what is installed
};

}  // namespace linnet::dhcpv6
