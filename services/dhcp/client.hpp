// SPDX-License-Identifier: Apache-2.0
// Client: RFC 2131's client side for one interface. The states and their timers are in client.cpp, what
// messages do in client_receive.cpp, sending in client_send.cpp, the address and its routes in
// client_address.cpp, the one that only asks for parameters in client_inform.cpp.
#pragma once

#include <optional>

#include "core/stack.hpp"
#include "services/dhcp/option_area.hpp"
#include "services/dhcp/status.hpp"

namespace linnet::dhcp {

/// Keeps one interface of a stack configured. Not thread safe; call `poll` after each Stack::poll and when
/// its deadline has come, and Stack::poll after it. Uses one UDP socket while it runs, one address, and up to
/// eight routes of the stack.
class Client {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<std::uint8_t>(buffer_size(config)) +
           Arena::bytes_for<std::uint8_t>(config.option_bytes) +
           Arena::bytes_for<std::uint8_t>(config.kept_option_bytes);
  }
  /// `stack` must outlive the client; `interface` must be one of its Ethernet interfaces.
  Client(Stack& stack, std::uint8_t interface, const Config& config, Arena& arena);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Begins in INIT, or with a `remembered` address, such as one kept over a restart, in INIT-REBOOT (RFC
  /// 2131 3.2). False: no memory, no free UDP socket, or port 68 is taken. Does nothing when running.
  bool start(Instant now, const std::optional<IpAddress>& remembered = std::nullopt);
  /// Asks for parameters alone (RFC 2131 3.4): the interface has an address of its owner's, which the client
  /// neither adds nor takes away. It waits for that address and for the link, asks four times within a minute
  /// (4.4.3), and again when another link or address comes. `stop` ends it. False: as of `start`. Does
  /// nothing when running.
  bool inform(Instant now);
  /// Tells the server that the address is given up (RFC 2131 4.4.6), and keeps it: the message may have to wait for the
  /// server's Ethernet address, and leaves from this address or not at all. `stop` is to follow.
  void release(Instant now);
  /// Takes the address away and ends. `release`: tells the server (RFC 2131 4.4.6), which forgets the client
  /// then.
  void stop(Instant now, bool release);
  /// For owners of devices that cannot tell (`poll` sees what Device::link_up says by itself). A link that is
  /// up again may be another network: the address is verified (RFC 2131 3.7), and stays in use meanwhile.
  void link_changed(bool up, Instant now);

  /// A further option in each DHCPDISCOVER and DHCPREQUEST from now on; the same code again replaces it, an empty value
  /// takes it away. False: no room (Config::option_bytes), or one that the client writes itself.
  bool set_option(std::uint8_t code, Bytes value);
  /// In each message from now on, instead of Config's; empty: not sent. False: longer than 63 characters.
  bool set_host_name(std::string_view name) { return host_name_.assign(name); }
  bool set_vendor_class(std::string_view vendor_class) { return vendor_class_.assign(vendor_class); }
  std::string_view vendor_class() const { return vendor_class_.view(); }
  /// What the server says of one of Config::requested_options in the lease in force, unchecked: any bytes. Nothing when
  /// it says nothing, or more than there is room for. Valid until the client's next call.
  std::optional<Bytes> option(std::uint8_t code) const;

  /// Reads its socket, does what is due, and yields when it wants to be asked again.
  Instant poll(Instant now);

  Status status() const;
  std::uint8_t interface() const { return interface_; }
  void digest(Digest& digest) const;

 private:
  static constexpr std::size_t datagrams_per_poll = 8;
  // Owners poll after each Stack::poll; those who only keep the deadline must not miss the end of a probe.
  static constexpr Duration check_interval = Duration::milliseconds(250);
  static constexpr std::size_t buffer_size(const Config& config) {
    const std::size_t size = config.message_size;
    return size < minimum_maximum ? minimum_maximum : size > 1472 ? std::size_t{1472} : size;
  }

  // client.cpp
  bool running() const { return state_ != State::stopped; }
  bool holds_address() const { return installed_; }
  bool in_force() const { return installed_ || informed_; }
  bool open_socket();
  void forget_lease();
  void enter_init(Duration delay, Instant now);
  void enter_init_after_failure(Instant now);
  void enter_selecting(Instant now);
  void enter_rebooting(Instant now);
  void enter_bound(Instant now);
  void timer(Instant now);
  void discover_again(Instant now);
  void request_again(Instant now);
  void reboot_again(Instant now);
  void extend_again(Instant now);
  void watch_link(Instant now);
  Duration back_off(std::uint8_t attempt);
  Duration fraction_of_remaining(Instant until, Instant now) const;

  // client_receive.cpp
  bool receive(Instant now);
  void handle(Bytes datagram, Instant now);
  bool is_for_us(const Message& message) const;
  void handle_offer(const Message& message, Instant now);
  void handle_ack(const Message& message, Instant now);
  void handle_rapid_ack(const Message& message, Instant now);
  bool prefers_ipv6_only(const Message& message, Instant now);
  bool take_lease(const Message& message, Instant now);
  void keep_options(const Message& message);
  void handle_nak(const Message& message, Instant now);
  bool from_right_server(const Message& message) const;
  std::uint16_t link_mtu() const { return stack_.ethernet().link(interface_).mtu; }

  // client_inform.cpp
  bool informs() const {
    return state_ == State::informing || state_ == State::informed || state_ == State::uninformed;
  }
  std::optional<Prefix> own_prefix() const;
  void watch_own_address(Instant now);
  void enter_informing(Instant now);
  void inform_again(Instant now);
  void send_inform(Instant now);
  void handle_inform_ack(const Message& message, Instant now);
  void forget_information();

  // client_send.cpp
  void send_discover(Instant now);
  void send_request(Instant now);
  void send_decline(const Lease& lease, Instant now);
  void send_release(Instant now);
  void transmit(MessageWriter& writer, const IpAddress& to, const IpAddress& from, Instant now);
  RequestHeader header(Instant now) const;
  void add_client_id(MessageWriter& writer) const;
  enum class Asked : std::uint8_t { lease, parameters };
  void add_parameters(MessageWriter& writer, Asked asked = Asked::lease) const;

  // client_address.cpp
  void check_address(Instant now);
  void watch_check(Instant now);
  void decline(Instant now);
  bool add_address(bool probe, Instant now);
  void install(Instant now);
  void uninstall();
  void replace(const Lease& lease, Instant now);
  void apply_parameters();
  void withdraw_parameters();

  Stack& stack_;
  std::uint8_t interface_;
  Config config_;  // its views are not used after construction
  Text<63> host_name_;
  Text<63> vendor_class_;
  std::array<std::uint8_t, 32> client_id_{};
  std::size_t client_id_size_ = 0;
  MutableBytes buffer_;  // one message, received or sent
  OptionArea added_options_;
  OptionArea kept_options_;  // of lease_

  State state_ = State::stopped;
  udp::SocketHandle socket_;
  bool link_up_ = true;         // as used
  bool device_link_up_ = true;  // as the device said last
  bool installed_ = false;      // the stack has lease_'s address
  bool informed_ = false;       // lease_'s parameters are in force, its address is the owner's
  std::uint8_t attempts_ = 0;   // messages sent in this state
  std::uint8_t failures_ = 0;   // returns to INIT since an address was held for a while
  std::uint32_t xid_ = 0;
  std::uint16_t secs_ = 0;              // of the last DHCPDISCOVER: DHCPREQUEST repeats it (RFC 2131 4.4.1)
  IpAddress requested_;                 // in INIT-REBOOT
  std::optional<Prefix> own_;           // the owner's, that was asked for parameters with
  Lease lease_;                         // in force when in_force(); being requested or checked before
  Instant began_;                       // acquiring, or extending: secs counts from here
  Instant requested_at_;                // first DHCPREQUEST with this xid: the lease counts from here
  Instant due_ = Instant::never();
  Instant check_until_ = Instant::never();
  Instant bound_since_;
  Instant renew_at_ = Instant::never();
  Instant rebind_at_ = Instant::never();
  Instant expires_at_ = Instant::never();
  Status counters_;  // its counters and version only
};

}  // namespace linnet::dhcp
