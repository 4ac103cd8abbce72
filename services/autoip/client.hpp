// SPDX-License-Identifier: Apache-2.0
// Client: an IPv4 link-local address for an interface for which nobody else has one (RFC 3927). The ARP of
// it, probes, announcements, defence and the limit of conflicts, is the link layer's address conflict
// detection.
#pragma once

#include <string_view>

#include "core/stack.hpp"

namespace linnet::autoip {

enum class State : std::uint8_t {
  stopped,
  probing,  ///< RFC 3927 2.2.1; after ten conflicts once a minute
  bound,    ///< announced and in use
};
std::string_view state_text(State state);

struct Status {
  State state = State::stopped;
  IpAddress address = IpAddress::any_v4();  ///< being probed, or in use
  std::uint32_t conflicts = 0;              ///< addresses that others had or took
};

/// Not thread safe; call `poll` after each Stack::poll and when its deadline has come, and Stack::poll after
/// it. Uses one address of the stack while it runs. A lease of DHCP is better: its owner stops this when
/// there is one.
class Client {
 public:
  /// `stack` must outlive the client; `interface` must be one of its Ethernet interfaces.
  Client(Stack& stack, std::uint8_t interface) : stack_(stack), interface_(interface) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Begins to look for an address, with the one that it had last if there was one (RFC 3927 2.1). False: the
  /// stack has no room for it. Does nothing when running.
  bool start(Instant now);
  /// Takes the address away.
  void stop();
  Instant poll(Instant now);

  Status status() const { return {state_, address_, conflicts_}; }
  void digest(Digest& digest) const;

 private:
  // Owners poll after each Stack::poll; those who only keep the deadline must not miss the end of a probe.
  static constexpr Duration check_interval = Duration::milliseconds(250);
  bool probe(Instant now);
  void choose();
  bool link_up() const { return stack_.ethernet().link(interface_).up; }

  Stack& stack_;
  std::uint8_t interface_;
  State state_ = State::stopped;
  bool link_was_up_ = false;
  IpAddress address_ = IpAddress::any_v4();
  std::uint32_t choices_ = 0;
  std::uint32_t conflicts_ = 0;
};

}  // namespace linnet::autoip
