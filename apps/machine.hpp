// SPDX-License-Identifier: Apache-2.0
// Machine: a running device of ours in this process: network, stack, services and sockets, put together from
// options.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>

#include "apps/autoip_service.hpp"
#include "apps/device_options.hpp"
#include "apps/dhcpv6_service.hpp"
#include "apps/lease_file.hpp"
#include "apps/name_service.hpp"
#include "apps/secure_names.hpp"
#include "core/device/capture.hpp"
#include "core/device/impair.hpp"
#include "platform/linux/packet_socket.hpp"
#include "platform/linux/sockets_port.hpp"
#include "platform/linux/tap.hpp"
#include "platform/linux/user_network.hpp"
#include "sockets/host.hpp"

namespace linnet::apps {

/// A capture file that is being written.
class CaptureFile final : public ByteSink {
 public:
  /// Throws Problem.
  explicit CaptureFile(const std::string& name);
  CaptureFile(const CaptureFile&) = delete;
  CaptureFile& operator=(const CaptureFile&) = delete;
  ~CaptureFile();
  void write(Bytes bytes) override;

 private:
  std::string name_;
  std::FILE* file_;
  bool failed_ = false;
};

class Machine {
 public:
  /// Opens the network and builds the stack; it has no address yet. Throws Problem, whose text says what to
  /// do.
  explicit Machine(const DeviceOptions& options);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  /// Gets an address: the fixed one, with what DHCPINFORM brings if that is wanted, or one by DHCP within
  /// `patience`; when no server answers, and the options say so, a link-local one until one does. False when
  /// it was interrupted. Throws Problem.
  bool configure(Duration patience = Duration::seconds(30));
  /// Leads `host_port` of this machine to `port` (user-mode network). Throws Problem naming the port.
  void add_forward(const Forward& forward);
  /// Waits for connections to end, for `patience` at most, and gives the lease back. Further calls do
  /// nothing.
  void shut_down(Duration patience = Duration::seconds(1));

  const DeviceOptions& options() const { return options_; }
  sockets::Host& host() { return *host_; }
  sockets::Sockets& sockets() { return host_->sockets(); }
  platform::SocketsPort& port() { return port_; }
  Instant now() { return port_.now(); }
  NameService& names() { return *names_; }
  /// Names are asked for so from now on, instead of as the options said. Throws Problem.
  void use_dns_over_tls(const DnsOverTls& options);
  /// Under the host's lock: null when the address is fixed, and DHCPINFORM is not wanted.
  dhcp::Client* dhcp() { return dhcp_.get(); }
  /// Under the host's lock: null where no link-local address of IPv4 is wanted.
  const AutoipService* autoip() const { return autoip_.get(); }
  /// Under the host's lock: null without IPv6.
  dhcpv6::Client* dhcpv6() { return dhcpv6_ != nullptr ? &dhcpv6_->client() : nullptr; }
  /// Under the host's lock: null where there is nobody to ask, or it is switched off. It runs once it is needed.
  mdns::Agent* mdns() { return mdns_.get(); }
  std::uint8_t interface() const { return interface_; }
  /// The second one, of a router; Stack::loopback_interface without one.
  std::uint8_t lan_interface() const { return lan_interface_; }
  Duration uptime() { return now() - started_; }
  const ImpairModel::Counters* transmit_faults() const;
  const ImpairModel::Counters* receive_faults() const;
  /// The device's own address; unspecified while it has none.
  IpAddress address();
  /// Waits, for a few seconds at most, until there is a way to an IPv6 address: the link-local address has to prove that
  /// nobody else has it, and a router has to answer.
  void await_path(const IpAddress& remote);
  /// "lo", "net0", ...
  std::string interface_name(std::uint8_t interface) const;
  /// `host` with its zone as a number, if it has one that names an interface ("fe80::1%tap0", "fe80::1%net0").
  std::string with_numeric_zone(const std::string& host) const;

 private:
  Device& open_network();
  Device& open_tap();
  std::unique_ptr<platform::Tap> open_tap(const std::string& name);
  void open_lan();
  Device& open_packet_socket();
  Device& open_user_network();
  Device& add_middleware(Device& device);
  MutableBytes memory(std::size_t bytes);
  void make_mdns();
  void start_dhcpv6();
  void release_dhcpv6();
  void say_goodbye(Duration patience);
  void configure_ipv6();
  void configure_fixed();
  bool be_informed();
  bool configure_by_dhcp(Duration patience);

  DeviceOptions options_;
  platform::SocketsPort port_;
  Instant started_;
  std::unique_ptr<platform::Tap> tap_;
  std::unique_ptr<platform::Tap> lan_tap_;
  std::unique_ptr<platform::PacketSocket> packet_socket_;
  std::unique_ptr<platform::UserNetwork> user_network_;
  std::vector<std::unique_ptr<std::uint8_t[]>> memory_;
  std::unique_ptr<Impair> impair_;
  std::unique_ptr<CaptureFile> capture_file_;
  std::unique_ptr<PcapngWriter> capture_writer_;
  std::unique_ptr<Capture> capture_;
  std::unique_ptr<sockets::ClockedFor<Impair>> clocked_impair_;
  std::unique_ptr<sockets::ClockedFor<Capture>> clocked_capture_;
  std::unique_ptr<sockets::Host> host_;
  std::uint8_t interface_ = 0;
  std::uint8_t lan_interface_ = Stack::loopback_interface;
  std::unique_ptr<SecureNames> secure_names_;  // outlives the next
  std::unique_ptr<NameService> names_;
  std::unique_ptr<dhcp::Client> dhcp_;
  std::unique_ptr<sockets::ServiceFor<dhcp::Client>> dhcp_service_;
  std::unique_ptr<LeaseFile> lease_file_;
  std::unique_ptr<AutoipService> autoip_;
  std::unique_ptr<Dhcpv6Service> dhcpv6_;
  std::unique_ptr<mdns::Agent> mdns_;
  std::unique_ptr<sockets::ServiceFor<mdns::Agent>> mdns_service_;
  bool shut_down_ = false;
};

}  // namespace linnet::apps
