// SPDX-License-Identifier: Apache-2.0
// HttpServer: the connections of a web site, with or without TLS, all served by one thread.
#pragma once

#include "apps/http_session.hpp"
#include "apps/server.hpp"
#include "tls/stream.hpp"

namespace linnet::apps {

class HttpServer final : public Server {
 public:
  /// Connections served at once; more wait at the listener.
  static constexpr std::size_t max_connections = 1024;

  /// Listens on `port`. Throws Problem.
  HttpServer(sockets::Host& host, std::uint16_t port, int backlog, HttpSite& site);
  /// Serves by TLS; what `options` points to must outlive the server. Before there are connections.
  void secure(const tls::Options& options) { tls_options_ = options; }
  ~HttpServer() override { stop(); }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void fill(std::vector<sockets::PollEntry>& entries) override;
  void process(std::span<const sockets::PollEntry> entries, Instant now) override;
  Instant deadline() const override;
  void expire(Instant now) override;
  void stop() override;

 private:
  struct Connection {
    int fd = -1;
    HttpSession session;
    bool shut = false;  // our FIN was sent
    std::unique_ptr<tls::Stream> tls{};
    bool tls_reads = false;  // what TLS waits for, whatever the session wants
    bool tls_writes = false;
  };

  void accept(Instant now);
  void add(int fd, Instant now);
  std::ptrdiff_t receive(Connection& connection);
  std::ptrdiff_t send(Connection& connection, Bytes bytes);
  std::ptrdiff_t result_of(Connection& connection, tls::Step step, std::size_t count);
  void shut(Connection& connection);
  bool serve(Connection& connection, std::uint16_t events, Instant now);
  bool take_input(Connection& connection, Instant now, bool& moved);
  bool give_output(Connection& connection, Instant now, bool& moved);
  void remove_closed();

  sockets::Host* host_;
  sockets::Sockets* sockets_;
  HttpSite* site_;
  std::optional<tls::Options> tls_options_;
  int listener_;
  std::vector<Connection> connections_;
  std::vector<std::uint8_t> scratch_;
  Instant accept_again_;  // after it failed for want of descriptors
};

}  // namespace linnet::apps
