// SPDX-License-Identifier: Apache-2.0
// Connector: a TCP connection to a name: to the first of its addresses that answers (RFC 8305).
#pragma once

#include "services/dns/eyeballs.hpp"
#include "services/dns/resolver.hpp"

namespace linnet::dns {

/// `start`, then `poll` whenever the stack and the resolver were polled and when its deadline has come, until
/// it is `done`. Of the attempts that are under way the first that succeeds wins; the others are aborted.
class Connector {
 public:
  static constexpr std::size_t maximum_attempts = 6;  ///< at a time

  Connector(Stack& stack, Resolver& resolver, const EyeballsConfig& config = {})
      : stack_(stack), resolver_(resolver), eyeballs_(config) {}
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;
  ~Connector() { cancel(); }

  /// Begins, once: with a name, as `Resolver::resolve` takes it, and by the addresses of `families`; or with
  /// addresses in the order in which they are to be tried. What was wrong from the beginning is `error`, and
  /// it is done.
  void start(std::string_view name, std::uint16_t port, Families families, const tcp::Options& options,
             Instant now);
  void start(std::span<const IpAddress> addresses, std::uint16_t port, const tcp::Options& options,
             Instant now);
  Instant poll(Instant now);
  /// Aborts all that is under way; what has succeeded and was not taken, too.
  void cancel();

  bool done() const { return done_; }
  /// The connection that has been made, whose owner the caller is from here on; stale where there is none.
  tcp::ConnectionHandle take();
  /// The end of the connection, or of the last attempt that failed or was cancelled; unspecified before.
  const Endpoint& remote() const { return remote_; }
  /// Why there are no addresses: none, when there were some.
  Error error() const { return error_; }
  /// Of the last attempt that failed; none, when there is a connection, or nothing to connect to.
  tcp::Error connect_error() const { return connect_error_; }
  std::size_t attempts() const;  ///< under way

 private:
  struct Attempt {
    tcp::ConnectionHandle connection;
    Endpoint remote;
  };
  void take_addresses(Instant now);
  void take_family(Families family, const Result<Answer, Error>& result, Instant now);
  void look_at_attempts(Instant now);
  void begin_attempts(Instant now);
  void lose(const Endpoint& remote, tcp::Error error, Instant now);
  void abort_attempts(Instant now);
  void release_query();

  Stack& stack_;
  Resolver& resolver_;
  Eyeballs eyeballs_;
  QueryHandle query_;
  std::array<Attempt, maximum_attempts> attempts_{};
  tcp::Options options_;
  std::uint16_t port_ = 0;
  Attempt winner_;
  Endpoint remote_;
  Error error_ = Error::none;
  tcp::Error connect_error_ = tcp::Error::none;
  bool done_ = false;
  Instant now_;  // of the last call that said it
};

}  // namespace linnet::dns
