// SPDX-License-Identifier: Apache-2.0
// UserNetwork: a whole network in the process (libslirp): a router with NAT, DHCP, DNS and port forwards from
// the host. It needs no privileges.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/device/device.hpp"
#include "platform/linux/device_counters.hpp"
#include "platform/linux/frame_ring.hpp"
#include "platform/linux/open_error.hpp"
#include "platform/linux/pollable.hpp"

struct Slirp;

namespace linnet::platform {

struct UserNetworkOptions {
  /// The network's first 24 bits count: the host is .2, the name server .3, DHCP gives out from .15 on.
  IpAddress network = IpAddress::v4(10, 0, 2, 0);
  bool ipv6 = false;  ///< also fec0::/64, with router advertisements
  /// Bytes of an IP packet on the virtual link, 576 to 65,521. More than 1500 is faster, and unlike any real
  /// link.
  std::uint16_t mtu = 1500;
  bool restricted = false;  ///< only the virtual hosts and the forwards: nothing reaches the host or beyond
  std::string host_name{};  ///< what DHCP tells the guest it is called; empty: nothing
  std::optional<MacAddress> mac{};
  std::optional<std::uint64_t> mac_seed{};
  std::size_t ring_bytes = 4u << 20;  ///< frames that wait for the stack; at least 64 of the largest are held
};

enum class ForwardProtocol : std::uint8_t { tcp, udp };

/// libslirp has state that all of a process's networks share: all calls to all of them must be made by one
/// thread or under one lock, the stack's. What it has to say arrives while the Poller serves it, and in
/// `receive`.
class UserNetwork final : public Device, public Pollable {
 public:
  /// Errors: bad_name (a network or MTU out of range), system.
  static Result<std::unique_ptr<UserNetwork>, OpenError> open(const UserNetworkOptions& options = {});
  ~UserNetwork();

  /// Connections and datagrams to `host` (an address of this machine and a port; 0: a free one is chosen) go
  /// on to `guest` (an unspecified address: the first that DHCP gives out). Yields the host's port. Errors,
  /// with a text that names the port: busy, permission, no_interface (not an address of this machine),
  /// system.
  Result<std::uint16_t, OpenError> add_forward(ForwardProtocol protocol, const Endpoint& host,
                                               const Endpoint& guest);

  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override;
  Transmit transmit(const Frame& frame) override;
  std::uint16_t mtu() const override { return options_.mtu; }
  MacAddress mac() const override { return mac_; }
  Capabilities capabilities() const override;

  void fill(std::vector<pollfd>& fds, Duration& timeout) override;
  void process(std::span<const pollfd> fds) override;

  IpAddress host_address() const;  ///< the host itself: its loopback, seen from the guest
  IpAddress name_server_address() const;
  IpAddress first_guest_address() const;  ///< what DHCP gives to the first client
  const DeviceCounters& counters() const { return counters_; }

 private:
  struct Timer;
  struct Callbacks;
  struct SlirpDeleter {
    void operator()(Slirp* slirp) const;
  };

  UserNetwork(const UserNetworkOptions& options, MacAddress mac);
  bool start();
  IpAddress address(std::uint8_t host) const;
  void pump();
  void run_timers();
  bool crowded() const { return ring_.used() > ring_.capacity() / 2; }
  std::size_t drain(BlockPool& pool, std::span<Packet> batch);

  UserNetworkOptions options_;
  MacAddress mac_;
  FrameRing ring_;
  std::unique_ptr<std::uint8_t[]> gather_;  // a frame in one piece, for slirp
  std::vector<pollfd> own_fds_;
  bool outside_fill_valid_ = false;  // the indices that slirp remembers are those of the Poller's fill
  bool starved_ = false;
  DeviceCounters counters_;
  std::vector<std::unique_ptr<Timer>> timers_;
  std::unique_ptr<Slirp, SlirpDeleter> slirp_;  // last: its end calls back
};

}  // namespace linnet::platform
