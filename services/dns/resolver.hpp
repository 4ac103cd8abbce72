// SPDX-License-Identifier: Apache-2.0
// Resolver: a stub resolver (RFC 1034 5.3.1, RFC 1123 6.1.3.1) for A records over UDP. What users call is in
// resolver.cpp, the exchange with the servers in exchange.cpp.
#pragma once

#include "core/base/object_pool.hpp"
#include "core/stack.hpp"
#include "services/dns/cache.hpp"

namespace linnet::dns {

/// A name on its way to a result, shared by all who asked for it meanwhile.
struct Lookup {
  Name name;
  udp::SocketHandle socket;      ///< while a server is being asked
  std::uint32_t references = 1;  ///< handles given out and not released
  std::uint16_t id = 0;
  std::uint8_t server = 0;  ///< being asked
  std::uint8_t tries = 0;   ///< of that server
  bool failed = false;      ///< that server answered, but not usefully
  bool any_failed = false;  ///< likewise any of them
  Error error = Error::pending;
  Answer answer;
  Instant due = Instant::never();  ///< then the next try
};

/// Asynchronous: `resolve`, then `poll`, then `result`. Not thread safe; call `poll` after each Stack::poll
/// and when its deadline has come, and Stack::poll after it. With all servers silent a lookup ends after the
/// sum of its gaps for each server: 10 s each as configured by default.
class Resolver {
 public:
  static constexpr std::size_t maximum_servers = 4;
  static constexpr std::size_t memory_needed(const Config& config) {
    return ObjectPool<Lookup>::memory_needed(config.queries) + Cache::memory_needed(config) +
           Arena::bytes_for<std::uint8_t>(buffer_size(config));
  }
  /// `stack` must outlive the resolver, which uses one of its UDP sockets for each name being resolved.
  Resolver(Stack& stack, const Config& config, Arena& arena);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Servers are asked in the order of their index, 0 to 3; an unspecified address takes one away. Lookups
  /// that are asking go on with the address they have. False: no such index.
  bool set_server(std::size_t index, const IpAddress& address);
  /// Unspecified when none is set there.
  IpAddress server(std::size_t index) const;
  /// For a move to another network, where names may mean something else.
  void clear_cache() { cache_.clear(); }

  /// Begins to resolve a host name. Addresses of either family as text, "localhost" and what is cached are
  /// answered without a query; a name that is being resolved already is not asked for twice (RFC 5452 5).
  /// Each handle must be released. Errors: bad_name, no_server, no_memory.
  Result<QueryHandle, Error> resolve(std::string_view name, Instant now);
  /// The addresses, 1 to 8 of them, or why there are none: pending until it is known.
  Result<Answer, Error> result(QueryHandle query) const;
  /// Gives a handle back; the last one of a pending query cancels it. A stale handle does nothing.
  void release(QueryHandle query);

  /// Reads answers, asks again where that is due, and yields when it wants to be asked again.
  Instant poll(Instant now);

  std::size_t lookups() const { return lookups_.used(); }
  void digest(Digest& digest) const;

 private:
  static constexpr std::size_t datagrams_per_poll = 8;
  static constexpr std::size_t buffer_size(const Config& config) {
    return config.message_size < 512 ? std::size_t{512} : std::size_t{config.message_size};
  }

  // resolver.cpp
  Result<QueryHandle, Error> answered(Error error, const Answer& answer);
  Result<QueryHandle, Error> answered(const IpAddress& address);
  Lookup* pending(const Name& name) const;
  void put_in_cache(const Lookup& lookup, Duration ttl, Instant now);

  // exchange.cpp
  bool next_server(Lookup& lookup, std::size_t from);
  void ask(Lookup& lookup, Instant now);
  bool open_socket(Lookup& lookup, Instant now);
  void close_socket(Lookup& lookup);
  void gap_over(Lookup& lookup, Instant now);
  bool receive(Lookup& lookup, Instant now);
  void handle(Lookup& lookup, const Response& response, Instant now);
  void filter(Answer& answer) const;
  void finish(Lookup& lookup, Error error);

  Stack& stack_;
  Config config_;
  std::array<IpAddress, maximum_servers> servers_{};
  ObjectPool<Lookup> lookups_;
  Cache cache_;
  MutableBytes buffer_;  // one message, received or sent
};

}  // namespace linnet::dns
