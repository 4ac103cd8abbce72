// SPDX-License-Identifier: Apache-2.0
// Server: RFC 2131's server side for one interface. Its life and what owners call are in server.cpp, what
// messages do in server_receive.cpp, answers in server_send.cpp.
#pragma once

#include "core/stack.hpp"
#include "services/dhcp/option_area.hpp"
#include "services/dhcps/lease_table.hpp"

namespace linnet::dhcps {

/// What changed at a lease since the owner looked last.
enum class NewsKind : std::uint8_t { granted, released, expired, declined };
struct News {
  NewsKind kind = NewsKind::granted;
  IpAddress address;
  MacAddress mac;
  dhcp::Text<63> host_name;
};

struct Status {
  bool running = false;
  std::uint32_t received = 0;  ///< messages that meant something
  std::uint32_t ignored = 0;   ///< datagrams that did not, or that were for another server
  std::uint32_t offers = 0;
  std::uint32_t acks = 0;
  std::uint32_t naks = 0;
  std::uint32_t conflicts = 0;  ///< addresses that somebody had already: probed or declined
  std::uint32_t full = 0;       ///< clients for whom there was no address
  std::uint32_t lost_news = 0;  ///< the owner did not take them in time
};

/// Not thread safe; `poll` after each Stack::poll and when its deadline has come, and Stack::poll after it.
/// The interface must have a fixed address, in whose subnet the pool is; nothing is answered while it has
/// none.
class Server {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return LeaseTable::memory_needed(config) + Arena::bytes_for<std::uint8_t>(message_size) +
           Arena::bytes_for<std::uint8_t>(config.option_bytes);
  }
  /// `stack` must outlive the server; `interface` must be one of its Ethernet interfaces.
  Server(Stack& stack, std::uint8_t interface, const Config& config, Arena& arena);
  ~Server() { stop(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// False: no memory, a pool that is none, no free UDP socket, or port 67 is taken. Does nothing when
  /// running.
  bool start();
  /// Leases stay: clients go on with them.
  void stop();

  /// A static entry: always that address, in the pool or beside it, for that hardware address. False: no
  /// room, or it is somebody else's.
  bool add_static(const MacAddress& mac, const IpAddress& address) { return leases_.fix(mac, address); }
  /// A further option in each DHCPOFFER and DHCPACK; the same code again replaces it, an empty value takes it
  /// away. False: no room, or one that the server writes itself.
  bool set_option(std::uint8_t code, Bytes value);

  /// Reads messages, answers, does what is due, and yields when it wants to be asked again.
  Instant poll(Instant now);

  /// The oldest news not taken yet; up to sixteen are kept.
  std::optional<News> take_news();
  const Status& status() const { return status_; }
  std::span<const Lease> leases() const { return leases_.all(); }
  /// For a restart: see LeaseTable.
  std::size_t save(MutableBytes bytes, Instant now) const { return leases_.save(bytes, now); }
  bool restore(Bytes bytes, Duration away, Instant now) { return leases_.restore(bytes, away, now); }
  void digest(Digest& digest) const;

 private:
  static constexpr std::size_t datagrams_per_poll = 8;
  static constexpr std::size_t message_size = 1472;
  // RFC 2131 2: what every client takes; we never write more.
  static constexpr std::size_t answer_size = dhcp::minimum_maximum - 28;

  /// A message with what is asked of each first.
  struct Request {
    dhcp::Message message;
    ClientKey client;
    std::optional<IpAddress> requested;
    std::optional<IpAddress> server;
    Prefix subnet;  // of our address
  };

  // server.cpp
  std::optional<Prefix> own_prefix() const;
  bool pool_in(const Prefix& subnet) const;
  void tell(NewsKind kind, const Lease& lease);

  // server_receive.cpp
  bool receive(Instant now);
  void handle(Bytes datagram, Instant now);
  void ignore();
  bool on_subnet(const Request& request, const IpAddress& address) const;
  void handle_discover(const Request& request, Instant now);
  void handle_request(const Request& request, Instant now);
  void handle_selecting(const Request& request, Lease* lease, Instant now);
  void handle_known(const Request& request, Lease* lease, const IpAddress& address, Instant now);
  void handle_decline(const Request& request, Instant now);
  void handle_release(const Request& request, Instant now);
  void grant(const Request& request, Lease& lease, const IpAddress& ciaddr, Instant now);
  void take_name(const Request& request, Lease& lease);

  // server_send.cpp
  void probe(Lease& lease, Instant now);
  Instant watch_probes(Instant now);
  bool somebody_has(const Lease& lease) const;
  void send_offer(Lease& lease, Instant now);
  void send_ack(const Request& request, const Lease* lease, const IpAddress& ciaddr, Instant now);
  void send_nak(const Request& request, Instant now);
  void add_options(dhcp::MessageWriter& writer, const Prefix& own, bool times) const;
  bool transmit(dhcp::MessageWriter& writer, const IpAddress& own, const IpAddress& giaddr,
                const IpAddress& ciaddr, Instant now);

  Stack& stack_;
  std::uint8_t interface_;
  Config config_;  // its views are not used after construction
  dhcp::Text<63> domain_name_;
  LeaseTable leases_;
  MutableBytes buffer_;   // one message, received; the answer is written behind it is read
  dhcp::OptionArea options_;  // the owner's
  udp::SocketHandle socket_;
  BoundedList<News, 16> news_;
  Status status_;
};

}  // namespace linnet::dhcps
