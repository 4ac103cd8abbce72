// SPDX-License-Identifier: Apache-2.0
// Machine: RFC 8415's client side for one interface, without any input or output of its own. The states and
// their timers are in machine.cpp, what messages do in machine_receive.cpp, the addresses in
// machine_addresses.cpp, messages sent in machine_send.cpp.
#pragma once

#include "core/base/digest.hpp"
#include "services/dhcpv6/lease.hpp"
#include "services/dhcpv6/offers.hpp"
#include "services/dhcpv6/retransmission.hpp"
#include "services/dhcpv6/status.hpp"

namespace linnet::dhcpv6 {

/// One IA_NA, or information only. Its owner calls `next_message` until that is empty, after every other call
/// and when the deadline has come; sends what it yields from a link-local address and port 546 to
/// `all_servers` port 547; hands in what arrives at port 546; installs what `status` says when its `version`
/// has moved; and says `declined` when duplicate address detection fails.
class Machine {
 public:
  /// `random` must outlive the machine; the config's views are not used after construction.
  Machine(const Config& config, const MacAddress& mac, Random& random);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Begins, or changes the mode; does nothing when running so already. The link counts as up.
  void start(Mode mode, Instant now);
  /// Takes everything away. `release`: tells the server in the state `releasing` (18.2.7), else ends at once.
  void stop(Instant now, bool release);
  /// A link that is up again may be another one: 18.2.12.
  void link_changed(bool up, Instant now);
  /// Somebody else has this address: it is taken away, and the server told (18.2.8). Does nothing for others.
  void declined(const IpAddress& address, Instant now);

  /// A datagram that came to port 546. False when it changed nothing, which is counted with its reason.
  bool receive(Bytes message, const IpAddress& server, Instant now);
  /// Does what is due. A message to be sent now, valid until the next call; empty: nothing more.
  Bytes next_message(Instant now);
  /// When `next_message` wants to be called again; in the past while there is more to be done.
  Instant next_deadline() const;

  Status status() const;
  const Duid& duid() const { return duid_; }
  std::uint32_t iaid() const { return config_.iaid; }
  void digest(Digest& digest) const;

 private:
  static constexpr std::size_t buffer_size = 512;  // two DUIDs and four addresses are less

  // machine.cpp
  bool running() const { return state_ != State::stopped; }
  bool in_exchange() const {
    return state_ != State::stopped && state_ != State::bound && state_ != State::informed;
  }
  void begin(State state, Instant now, Duration most_delay = Duration());
  void begin_discovery(Instant now);
  void discover_after_failure(Instant now);
  void enter_bound(Instant now);
  void enter_stopped();
  bool step(Instant now);
  bool exchange_failed(Instant now);
  void extend(Instant now);
  void ask_next_server(Instant now);
  void end_decline(Instant now);
  Instant fails_at() const;
  RetransmissionParameters parameters() const;

  // machine_receive.cpp
  std::optional<Drop> handle(Bytes bytes, const IpAddress& server, Instant now);
  std::optional<Drop> validate(const Message& message) const;
  void take_maximum_rts(const Message& message);
  std::optional<Drop> handle_advertise(const Message& message, Instant now);
  std::optional<Drop> handle_reply(const Message& message, Instant now);
  std::optional<Drop> handle_rapid_reply(const Message& message, Instant now);
  std::optional<Drop> handle_request_reply(const Message& message, Instant now);
  std::optional<Drop> handle_extension_reply(const Message& message, Instant now);
  std::optional<Drop> handle_confirm_reply(const Message& message, Instant now);
  std::optional<Drop> handle_information_reply(const Message& message, Instant now);

  // machine_addresses.cpp
  void accept(const Message& message, const Grant& grant, Instant now);
  void update(const GrantedAddress& granted, Instant now);
  void set_information(const Message& message);
  GrantedAddresses lifetimes_left(Instant now) const;
  void expire(Instant now);
  void drop_lease();
  std::size_t find(const IpAddress& address) const;

  // machine_send.cpp
  Bytes transmit(Instant now);
  void write_options(MessageWriter& writer) const;

  Config config_;
  Duid duid_;
  Random& random_;
  std::array<std::uint8_t, buffer_size> buffer_{};

  State state_ = State::stopped;
  Mode mode_ = Mode::stateless;
  bool link_up_ = true;
  bool to_confirm_ = false;    // the link has changed, and nobody said yet that it is the same
  bool not_on_link_ = false;   // said in answer to this Confirm
  std::uint8_t failures_ = 0;  // returns to discovery since a lease was held for a while
  std::uint32_t xid_ = 0;
  Retransmission retransmission_;
  RateLimit rate_limit_;
  MaximumRt sol_max_rt_{parameter::sol_max_rt};
  MaximumRt inf_max_rt_{parameter::inf_max_rt};
  Instant due_ = Instant::never();

  Offers offers_;
  Duid server_;                                  // asked, or the lease's
  Addresses addresses_;                          // in force
  List<IpAddress, maximum_addresses> given_up_;  // being declined or released
  bool informed_ = false;                        // information_ is in force
  Information information_;
  Instant held_since_ = Instant::never();  // there has been an address
  Instant renew_at_ = Instant::never();
  Instant rebind_at_ = Instant::never();
  Instant refresh_at_ = Instant::never();
  Status counters_;  // its counters and version only
};

}  // namespace linnet::dhcpv6
