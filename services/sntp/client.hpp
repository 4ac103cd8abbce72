// SPDX-License-Identifier: Apache-2.0
// Client: SNTP (RFC 4330) with the checks and the selection of RFC 5905. Servers and what owners call are in
// client.cpp, the rounds in which servers are asked in client_rounds.cpp, the messages in
// client_exchange.cpp, what is made of them in client_combine.cpp.
#pragma once

#include "core/base/arena.hpp"
#include "core/stack.hpp"
#include "services/sntp/association.hpp"
#include "services/sntp/check.hpp"
#include "services/sntp/clock.hpp"
#include "services/sntp/names.hpp"

namespace linnet::sntp {

/// Keeps a clock right. Not thread safe; call `poll` after each Stack::poll and when its deadline has come,
/// and Stack::poll after it. Uses a UDP socket for each of Config::compared servers while they are asked;
/// one, and port 123, all the time when it listens.
class Client {
 public:
  static constexpr std::size_t most_servers = 17;
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Association>(server_count(config)) +
           Arena::bytes_for<std::uint8_t>(std::size_t{config.name_size} * own_servers(config));
  }
  /// `stack` must outlive the client, and so must `names`, if there are any: without them, servers are set by
  /// their addresses.
  Client(Stack& stack, const Config& config, Arena& arena, Names* names = nullptr);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Servers are asked in the order of their index, 0 to Config::servers - 1, those that were offered behind
  /// them. An unspecified address and an empty name take one away. False: no such index, or a name that is
  /// too long or, without Names, could not be resolved.
  bool set_server(std::size_t index, const IpAddress& address, Instant now);
  bool set_server_name(std::size_t index, std::string_view name, Instant now);
  /// From now on the server at `index` is asked, and believed, by `security` only, which must outlive that.
  /// What is under way with it, and what it said before, does not count. Setting another server there ends it.
  /// False: no server is set there.
  bool set_security(std::size_t index, Security& security);
  /// The servers of a lease (DHCP option 42), in place of those of the one before. What was set stays.
  void set_offered_servers(std::span<const IpAddress> addresses, Instant now);

  /// Begins, after a random part of Config::startup_delay. False: no memory, or (listening) no socket. Does
  /// nothing when running.
  bool start(Instant now);
  /// Stops asking; the clock goes on.
  void stop();
  bool running() const { return running_; }

  /// Asks the servers anew, as soon as it may.
  void synchronise(Instant now);
  /// Not until a further answer is there does a new interval count.
  void set_interval(Duration interval) { config_.interval = interval; }
  Duration interval() const { return config_.interval; }
  void set_sync_mode(SyncMode mode) { config_.sync_mode = mode; }
  SyncMode sync_mode() const { return config_.sync_mode; }
  Operation operation() const { return config_.operation; }

  /// Nothing before it was had, or set.
  std::optional<UnixTime> unix_time(Instant now) const { return clock_.unix_time(now); }
  /// From a clock that went on while the device was off, or settimeofday: until the first answer.
  void set_unix_time(UnixTime time, Instant now) { clock_.set(time, now); }

  /// Reads answers, does what is due, and yields when it wants to be asked again.
  Instant poll(Instant now);

  Status status(Instant now) const;
  /// Indexes that nothing is set at are left out: visit(const ServerStatus&).
  template <typename Visit>
  void for_each_server(Visit&& visit) const {
    for (const Association& server : servers_) {
      if (server.set()) visit(view(server));
    }
  }
  void digest(Digest& digest) const;

 private:
  static constexpr std::size_t datagrams_per_poll = 8;
  // Owners poll when names are resolved; those who only keep the deadline must not miss it.
  static constexpr Duration check_interval = Duration::milliseconds(250);
  static constexpr std::size_t own_servers(const Config& config) {
    return config.servers < 1 ? 1u : config.servers > 8 ? 8u : config.servers;
  }
  static constexpr std::size_t offered_servers(const Config& config) {
    return config.offered_servers > 8 ? 8u : config.offered_servers;
  }
  /// The last is whoever broadcasts, where no server is set.
  static constexpr std::size_t server_count(const Config& config) {
    return own_servers(config) + offered_servers(config) + 1;
  }

  // client.cpp
  Association& anybody() { return servers_.back(); }
  void servers_changed(Instant now);
  ServerStatus view(const Association& server) const;

  // client_rounds.cpp
  void begin_round();
  void fill_round(Instant now);
  bool usable(const Association& server, Instant now) const;
  void begin_turn(Association& server, Instant now);
  void watch_lookup(Association& server, Instant now);
  void end_turn(Association& server, bool answered);
  void end_round(Instant now);
  Instant next_round(bool applied, Instant now);
  Duration interval_used() const;

  // client_exchange.cpp
  void ask(Association& server, Instant now);
  void open_socket(Association& server, Instant now);
  void close(Association& server);
  void receive(Association& server, Instant now);
  void handle(Association& server, const Message& message, Instant now);
  void take_time(Association& server, const Message& message, const Sample& sample);
  void kissed(Association& server, Verdict verdict, Instant now);
  bool open_listener();
  void listen(Instant now);
  Association* broadcaster(const IpAddress& address);

  // client_combine.cpp
  bool combine(bool last, Instant now);
  bool apply(const Candidate& chosen, std::size_t agreeing, Instant now);
  bool believable(Duration correction, const Candidate& chosen, std::size_t agreeing);
  void correct(Duration correction, const Candidate& chosen, Instant now);

  Stack& stack_;
  Config config_;
  Names* names_;
  std::span<Association> servers_;
  Clock clock_;
  bool running_ = false;
  bool in_round_ = false;
  bool applied_ = false;     // in this round
  std::uint8_t wanted_ = 0;  // servers in play in this round
  std::uint32_t round_ = 0;
  std::uint32_t suspected_round_ = 0;
  bool suspected_ = false;
  Duration suspected_offset_;
  Duration last_offset_;  // that was applied
  Duration retry_;
  Instant due_ = Instant::never();
  udp::SocketHandle listener_;
  Status status_;
};

}  // namespace linnet::sntp
