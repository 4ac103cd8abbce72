// SPDX-License-Identifier: Apache-2.0
// Echo (RFC 862), discard (RFC 863) and chargen (RFC 864), over TCP and UDP.
#pragma once

#include "apps/server.hpp"

namespace linnet::apps {

enum class SmallService : std::uint8_t { echo, discard, chargen };

/// The well-known port.
constexpr std::uint16_t port_of(SmallService service) {
  return service == SmallService::echo ? 7 : service == SmallService::discard ? 9 : 19;
}

class TcpSmallService final : public Server {
 public:
  static constexpr std::size_t max_connections = 1024;

  /// Throws Problem when the port cannot be had.
  TcpSmallService(sockets::Sockets& sockets, SmallService service, std::uint16_t port, int backlog);
  ~TcpSmallService() override { stop(); }
  TcpSmallService(const TcpSmallService&) = delete;
  TcpSmallService& operator=(const TcpSmallService&) = delete;

  void fill(std::vector<sockets::PollEntry>& entries) override;
  void process(std::span<const sockets::PollEntry> entries, Instant now) override;
  Instant deadline() const override { return accept_again_ == Instant() ? Instant::never() : accept_again_; }
  void expire(Instant) override { accept_again_ = Instant(); }
  void stop() override;

 private:
  struct Connection {
    int fd = -1;
    std::vector<std::uint8_t> unsent{};  // echo: received, not taken by the socket yet
    std::size_t unsent_begin = 0;
    std::size_t line_at = 0;  // chargen: where in the lines we are
    bool input_ended = false;
  };

  void accept(Instant now);
  bool serve(Connection& connection, std::uint16_t events);
  bool serve_echo(Connection& connection);
  bool send_unsent(Connection& connection);
  bool serve_chargen(Connection& connection);
  bool drain(Connection& connection);

  sockets::Sockets* sockets_;
  SmallService service_;
  int listener_;
  std::vector<Connection> connections_;
  std::vector<std::uint8_t> scratch_;
  std::vector<std::uint8_t> lines_;
  Instant accept_again_;
};

class UdpSmallService final : public Server {
 public:
  /// Throws Problem when the port cannot be had.
  UdpSmallService(sockets::Sockets& sockets, SmallService service, std::uint16_t port);
  ~UdpSmallService() override { stop(); }
  UdpSmallService(const UdpSmallService&) = delete;
  UdpSmallService& operator=(const UdpSmallService&) = delete;

  void fill(std::vector<sockets::PollEntry>& entries) override;
  void process(std::span<const sockets::PollEntry> entries, Instant now) override;
  void stop() override;

  /// False for source ports behind which something answers by itself, so that one forged datagram would keep
  /// two machines busy for ever (CERT VU#417980), and for port 0, to which nobody can answer.
  static bool may_answer(std::uint16_t source_port);

 private:
  void answer(Bytes datagram, const sockets::ReceiveMessage& message);

  sockets::Sockets* sockets_;
  SmallService service_;
  int fd_;
  std::vector<std::uint8_t> scratch_;
  std::uint64_t lines_sent_ = 0;
};

/// RFC 864: lines of 72 characters out of the 95 printable ones, each begun one character further on, with CR
/// LF. `count` lines from line `first` on.
std::vector<std::uint8_t> chargen_lines(std::uint64_t first, std::size_t count);

}  // namespace linnet::apps
