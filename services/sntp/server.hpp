// SPDX-License-Identifier: Apache-2.0
// Server: answers SNTP requests (RFC 4330 6) from the clock of a client.
#pragma once

#include "services/sntp/client.hpp"

namespace linnet::sntp {

struct ServerConfig {
  std::uint16_t sources = 16;  ///< addresses whose requests are counted, the latest ones; at least 1
  Duration least_gap = Duration::seconds(2);  ///< between the requests of one source, in the long run
  std::uint8_t burst = 8;                     ///< requests that may come without a gap
  std::uint8_t local_stratum = 0;  ///< 1 to 15: answers also when the clock was only set, not synchronised
};

/// Never sends more than it got, and nothing but answers of mode 4 to requests of mode 3, so that no two
/// servers can be made to talk to each other. Not thread safe; `poll` after each Stack::poll, and Stack::poll
/// after it.
class Server {
 public:
  static constexpr std::size_t memory_needed(const ServerConfig& config) {
    return Arena::bytes_for<Source>(config.sources < 1 ? 1u : config.sources);
  }
  /// `stack` and `client` must outlive the server.
  Server(Stack& stack, const ServerConfig& config, const Client& client, Arena& arena);
  ~Server() { stop(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// False: no memory, no free UDP socket, or port 123 is taken. Does nothing when running.
  bool start();
  void stop();
  /// Answers what came; `now` when there may be more, else never.
  Instant poll(Instant now);

  struct Counters {
    std::uint32_t answered = 0;  ///< with the time
    std::uint32_t kisses = 0;    ///< RATE sent
    std::uint32_t ignored = 0;   ///< no requests, or too many of one source
  };
  const Counters& counters() const { return counters_; }

 private:
  static constexpr std::size_t datagrams_per_poll = 8;
  /// A bucket that leaks: `owed` is what its requests cost and time has not paid back yet.
  struct Source {
    IpAddress address;
    Instant last;
    Duration owed;
    bool kissed = false;  // since it was last within its rate
  };
  enum class Rate : std::uint8_t { within, kiss, silent };

  void handle(const udp::Received& received, Bytes bytes, Instant now);
  Rate rate_of(const IpAddress& address, Instant now);
  Source& source(const IpAddress& address, Instant now);
  bool fill(Message& answer, UnixTime time, Instant now) const;

  Stack& stack_;
  ServerConfig config_;
  const Client& client_;
  std::span<Source> sources_;
  udp::SocketHandle socket_;
  Counters counters_;
};

}  // namespace linnet::sntp
