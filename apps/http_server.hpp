// SPDX-License-Identifier: Apache-2.0
// HttpServer: the connections of a web site, all served by one thread.
#pragma once

#include "apps/http_session.hpp"
#include "apps/server.hpp"

namespace linnet::apps {

class HttpServer final : public Server {
 public:
  /// Connections served at once; more wait at the listener.
  static constexpr std::size_t max_connections = 1024;

  /// Listens on `port`. Throws Problem.
  HttpServer(sockets::Sockets& sockets, std::uint16_t port, int backlog, HttpSite& site);
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
  };

  void accept(Instant now);
  bool serve(Connection& connection, std::uint16_t events, Instant now);
  bool take_input(Connection& connection, Instant now, bool& moved);
  bool give_output(Connection& connection, Instant now, bool& moved);
  void remove_closed();

  sockets::Sockets* sockets_;
  HttpSite* site_;
  int listener_;
  std::vector<Connection> connections_;
  std::vector<std::uint8_t> scratch_;
  Instant accept_again_;  // after it failed for want of descriptors
};

}  // namespace linnet::apps
