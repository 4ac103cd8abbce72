// SPDX-License-Identifier: Apache-2.0
// Resolver: a stub resolver (RFC 1034 5.3.1, RFC 1123 6.1.3.1) for A and AAAA records (RFC 3596) over UDP,
// and TCP where an answer is truncated; or over TLS (RFC 7858), which an owner brings. What users call is in
// resolver.cpp, the names that one name may stand for in search.cpp, the exchange with the servers in
// exchange.cpp, stream.cpp and secure.cpp, what the answers about both families come to in lookup.cpp.
#pragma once

#include "core/base/object_pool.hpp"
#include "core/stack.hpp"
#include "services/dns/cache.hpp"
#include "services/dns/conversation.hpp"
#include "services/dns/hosts.hpp"
#include "services/dns/lookup.hpp"
#include "services/dns/search_list.hpp"

namespace linnet::dns {

/// Asynchronous: `resolve`, then `poll`, then `result`. Not thread safe; call `poll` after each Stack::poll
/// and when its deadline has come, and Stack::poll after it. With all servers silent a lookup ends after the
/// sum of its gaps for each server: 10 s each as configured by default. Where both families are wanted and
/// one has an answer of use, the other is waited for no longer than Config::partial_wait.
class Resolver {
 public:
  static constexpr std::size_t maximum_servers = 4;
  static constexpr std::size_t memory_needed(const Config& config) {
    return ObjectPool<Lookup>::memory_needed(config.queries) + Cache::memory_needed(config) +
           SearchList::memory_needed(config) + Hosts::memory_needed(config) +
           Arena::bytes_for<std::uint8_t>(buffer_size(config)) +
           Arena::bytes_for<std::uint8_t>(config.record_queries * buffer_size(config)) +
           Arena::bytes_for<Conversation>(secure_servers(config)) +
           secure_servers(config) * Conversation::memory_needed(buffer_size(config));
  }
  /// `stack` must outlive the resolver, which uses one of its UDP sockets for each name and family being
  /// resolved (two with Config::beside_after), and a TCP connection for each whose answer is truncated.
  Resolver(Stack& stack, const Config& config, Arena& arena);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Servers are asked in the order of their index, 0 to 3; an unspecified address takes one away. Either
  /// family will do, whichever is asked about; a link-local one has its zone with it (RFC 4007 6). Lookups
  /// that are asking go on with the address they have. False: no such index.
  bool set_server(std::size_t index, const IpAddress& address);
  /// Unspecified when none is set there.
  IpAddress server(std::size_t index) const;
  /// The way to the servers from now on; what is cached is forgotten, since it may have come by another. At
  /// first off. Lookups that are asking go on as they began.
  void set_privacy(Privacy privacy);
  Privacy privacy() const { return privacy_; }
  /// By which a server is asked, unless privacy is off; null takes it away. Must outlive the resolver, or be
  /// taken away. False: no index below Config::secure_servers.
  bool set_secure_stream(std::size_t index, SecureStream* stream);
  /// What stands of the stream, and why there is none or was none last.
  StreamState secure_state(std::size_t index) const;
  std::string_view secure_words(std::size_t index) const;
  /// Closes those that nobody waits for, before their time.
  void close_streams(Instant now);
  /// For a move to another network, where names may mean something else.
  void clear_cache() { cache_.clear(); }
  /// The domains that names are completed with which do not end in a dot. Changes take effect at once; empty
  /// at first.
  SearchList& search_list() { return search_list_; }
  const SearchList& search_list() const { return search_list_; }
  /// Static names, which go before what servers say.
  Hosts& hosts() { return hosts_; }
  const Hosts& hosts() const { return hosts_; }

  /// Begins to resolve a host name to addresses of `families`. "localhost", static names that have such an
  /// address, and what is cached are answered without a query, and so is the text of an address, which is
  /// that address whatever families are wanted. Of the search list's domains one after the other is tried, as
  /// glibc does, while they say that there is no such name, nothing about it, or that they failed; silence
  /// ends it. A name that is being resolved for the same families already is not asked for twice (RFC 5452
  /// 5). Each handle must be released. Errors: bad_name, not_ascii, no_server, no_memory.
  Result<QueryHandle, Error> resolve(std::string_view name, Instant now, Families families = Families::v4);
  /// The addresses, 1 to 8 of them, IPv6 before IPv4, or why there are none: pending until it is known. Where
  /// both families have some, each has at least 4, or all of its own; where one of the two is not known, the
  /// other's stand alone.
  Result<Answer, Error> result(QueryHandle query) const;
  /// Likewise of one family alone, which may be known while the other is not.
  Result<Answer, Error> result(QueryHandle query, Families family) const;
  /// The name that the result is about, with the domain that completed it; nothing for what needed no query.
  std::optional<Name> name(QueryHandle query) const;
  /// Begins to ask for the records of one type of a name, whatever the cache knows: PTR, SRV, TXT, MX, any.
  /// Its result is an answer without addresses. Errors: no_server, no_memory.
  Result<QueryHandle, Error> query(const Name& name, std::uint16_t record_type, Instant now);
  /// What the server said to such a query, a failure too: to be read with `Header` and `Records`. Of more
  /// than Config::message_size bytes, the beginning. Empty when no server has said anything, and for other
  /// lookups.
  Bytes message(QueryHandle query) const;
  /// Who said it.
  IpAddress answerer(QueryHandle query) const;
  /// At which port.
  std::uint16_t answerer_port(QueryHandle query) const;
  /// Whether it was by TCP.
  bool by_stream(QueryHandle query) const;
  /// Whether that was a secure one.
  bool by_secure_stream(QueryHandle query) const;

  /// Gives a handle back; the last one of a pending query cancels it. A stale handle does nothing.
  void release(QueryHandle query);

  /// Reads answers, asks again where that is due, and yields when it wants to be asked again.
  Instant poll(Instant now);

  std::size_t lookups() const { return lookups_.used(); }
  void digest(Digest& digest) const;

 private:
  static constexpr std::size_t datagrams_per_poll = 8;
  static constexpr std::size_t messages_per_poll = 8;  ///< of one secure stream
  static constexpr std::size_t secure_servers(const Config& config) {
    return config.secure_servers < maximum_servers ? config.secure_servers : maximum_servers;
  }
  static constexpr std::size_t buffer_size(const Config& config) {
    return config.message_size < plain_size ? plain_size : std::size_t{config.message_size};
  }

  // resolver.cpp
  Result<QueryHandle, Error> answered(Error error, std::span<const IpAddress> addresses);
  Result<QueryHandle, Error> begin(const Name& name, Families families, bool search, Instant now);
  void begin_questions(Lookup& lookup, Instant now);
  Lookup* pending(const Name& name, Families families, bool search) const;
  bool take_from_cache(const Lookup& lookup, Question& question, Instant now);
  void remember_failure(const Name& name, const Question& question, Instant now);
  MutableBytes room_for_message();
  bool complete(Lookup& lookup, Instant now);
  void settle(Lookup& lookup, Instant now);
  void close(Lookup& lookup);

  // search.cpp
  void begin_search(Lookup& lookup, Instant now);
  bool search_further(Lookup& lookup, Instant now);

  // exchange.cpp
  bool first_server(Question& question);
  bool next_server(Question& question);
  void ask(const Name& name, Question& question, Instant now);
  enum class Want : std::uint8_t { any, reachable, healthy };
  std::optional<std::uint8_t> find_server(unsigned without, Want want) const;
  bool is_avoided(std::size_t server) const;
  void avoid_silent(std::uint8_t server, Instant now);
  void send_query(const Name& name, const Question& question, Exchange& exchange, Instant now);
  void open_socket(Exchange& exchange, bool may_mix, Instant now);
  void close_socket(Exchange& exchange);
  void close_sockets(Question& question);
  void gap_over(const Name& name, Question& question, Instant now);
  bool receive(Lookup& lookup, Question& question, Exchange& exchange, Instant now);
  void begin_beside(const Name& name, Question& question, Instant now);
  bool take_turn(Question& question, const Response& response, Instant now);
  void handle(const Lookup& lookup, Question& question, const Response& response, Instant now);
  static void keep_message(Lookup& lookup, Bytes message, const Response& response);
  void ask_otherwise(const Name& name, Question& question, Verdict verdict, Instant now);
  void take_truncated(Question& question, const Response& response, Instant now);
  void filter(Answer& answer) const;
  void finish(Question& question, Error error);
  void put_in_cache(const Lookup& lookup, const Question& question, Duration ttl, Instant now);

  // stream.cpp
  void open_stream(Question& question, Instant now);
  void close_stream(Question& question);
  void lose_stream(Question& question, Instant now);
  bool ask_by_stream(const Name& name, Question& question, Instant now);
  void converse(Lookup& lookup, Question& question, Instant now);

  // secure.cpp
  /// Null: that server has none.
  SecureStream* stream_of(std::size_t server) const {
    return server < secure_.size() ? secure_[server].stream() : nullptr;
  }
  bool asked_securely(std::size_t server, Instant now) const;
  void ask_securely(Exchange& exchange, Instant now);
  bool id_taken(std::size_t server, std::uint16_t id);
  bool hear_stream(std::size_t server, Instant now);
  Instant tell_stream(std::size_t server, Instant now);
  bool send_waiting(std::size_t server, Instant now);
  bool take_message(std::size_t server, Bytes message, bool cut, Instant now);
  void take_answer(Lookup& lookup, Question& question, Exchange& exchange, Bytes message, bool cut,
                   Instant now);
  void leave_silent_stream(const Question& question, Instant now);
  void leave_stream(std::size_t server, Instant now);
  enum class Loss : std::uint8_t { ended, broken, unopened };
  void lose_secure(std::size_t server, Loss loss, Instant now);
  void lose_exchange(Lookup& lookup, Question& question, Exchange& exchange, Loss loss, Instant now);
  template <typename Visit>  // visit(lookup, question, exchange)
  void for_each_secure(std::size_t server, Visit&& visit);

  Stack& stack_;
  Config config_;
  std::array<IpAddress, maximum_servers> servers_{};
  Privacy privacy_ = Privacy::off;
  std::uint8_t silent_ = 0;  // bits of the servers that said nothing by UDP when they were asked last
  Instant silent_until_ = Instant();  // then they are forgotten to be so
  ObjectPool<Lookup> lookups_;
  Cache cache_;
  SearchList search_list_;
  Hosts hosts_;
  MutableBytes buffer_;             // one message, received or sent
  MutableBytes messages_;           // those of Config::record_queries
  std::span<Conversation> secure_;  // of the first servers: Config::secure_servers
  Instant now_;                     // of the last call that said it
};

}  // namespace linnet::dns
