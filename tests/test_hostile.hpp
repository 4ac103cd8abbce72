// SPDX-License-Identifier: Apache-2.0
// What the generators of hostile frames are run against: a stack with a user of everything, in each state,
// and one good frame of each kind for it (docs/hostile-packets.md).
#pragma once

#include <memory>
#include <string>

#include "core/test_hostile.hpp"
#include "services/dhcp/client.hpp"
#include "services/dns/resolver.hpp"

namespace linnet::test {

struct Golden {
  std::string name;
  Buffer frame;
};

/// A stack with a UDP socket at port 7, a listener at 80, one TCP connection with the peer's port 4321 in a
/// state, a resolver and a DHCP client in one of theirs.
class Target : public Victim {
 public:
  static constexpr unsigned states = 12;  ///< of TCP, and an orphan; the resolver has 3, the DHCP client 4
  static constexpr unsigned orphan = 11;  ///< FIN-WAIT-2 of a connection that its user has closed
  static std::string state_name(unsigned state) {
    return state == orphan ? "FIN-WAIT-2 as an orphan"
                           : std::string(tcp::state_text(static_cast<tcp::State>(state)));
  }
  static constexpr IpAddress name_server = IpAddress::v4(192, 0, 2, 53);
  static constexpr IpAddress dhcp_server = IpAddress::v4(192, 0, 2, 67);
  static constexpr IpAddress offered = IpAddress::v4(192, 0, 2, 50);

  /// `state`: a tcp::State, or `orphan`; what the others do follows from it, so that each of their states
  /// meets some of TCP's.
  explicit Target(unsigned state, const Config& config = default_config());
  ~Target();

  /// One good frame of each kind, with the numbers that this stack expects now.
  std::vector<Golden> golden() const;
  /// Reads what has come, so that queues do not stay full.
  void read_all();
  /// Ends everything and sees that nothing is left (O3, O4).
  void finish();

  tcp::State tcp_state() const;

  std::uint16_t peer_port = 4321;
  std::uint16_t our_port = 80;
  std::uint32_t peer_nxt = 1000;
  std::uint32_t our_nxt = 0;

 private:
  void reach(tcp::State state);
  void start_resolver(unsigned state);
  void start_client(unsigned state);
  /// What a service sent last, by its destination port: the UDP datagram with its header.
  Buffer datagram_to(std::uint16_t port);
  Buffer segment(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack, const Buffer& payload = {},
                 const Buffer& options = {}) const;
  void add_arp(std::vector<Golden>& all) const;
  void add_ip(std::vector<Golden>& all) const;
  void add_icmp(std::vector<Golden>& all) const;
  void add_udp(std::vector<Golden>& all) const;
  void add_tcp(std::vector<Golden>& all) const;
  void add_dhcp(std::vector<Golden>& all) const;
  void add_dns(std::vector<Golden>& all) const;

  Digest::Value idle_;
  Buffer dns_memory_, dhcp_memory_;
  std::unique_ptr<dns::Resolver> resolver_;
  std::unique_ptr<dhcp::Client> client_;
  std::optional<dns::QueryHandle> query_;
  std::uint16_t query_id_ = 0, query_port_ = 0;
  std::uint32_t xid_ = 0;
  std::optional<udp::SocketHandle> socket_;
  std::optional<tcp::ListenerHandle> listener_;
  std::optional<tcp::ConnectionHandle> connection_;
};

/// Makes IPv4's and the transport's checksums right for what the frame says now, as far as it is there.
void fix_checksums(Buffer& frame);

/// A field that says how long something is, how many there are, or where it lies.
struct LengthField {
  std::size_t offset = 0;
  std::size_t size = 1;       ///< bytes
  std::uint32_t mask = 0xff;  ///< of the value, at its low end after `shift`
  unsigned shift = 0;
  std::uint32_t get(const Buffer& frame) const;
  void set(Buffer& frame, std::uint32_t value) const;
};
std::vector<LengthField> length_fields(const Buffer& frame);

}  // namespace linnet::test
