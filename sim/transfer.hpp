// SPDX-License-Identifier: Apache-2.0
// Side: one end of a TCP connection, as a program without threads would be written, which knows every byte
// that it must see.
#pragma once

#include <array>
#include <string>

#include "sim/host.hpp"

namespace linnet::sim {

/// The byte at one position of a stream; streams differ by their number.
inline std::uint64_t pattern_word(std::uint64_t stream, std::uint64_t word) {
  std::uint64_t z = (stream * 0x9e3779b97f4a7c15u) ^ word;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
inline std::uint8_t pattern(std::uint64_t stream, std::uint64_t position) {
  return static_cast<std::uint8_t>(pattern_word(stream, position >> 3) >> ((position & 7) * 8));
}
/// Bytes [position, position + size) of a stream.
void fill_pattern(MutableBytes to, std::uint64_t stream, std::uint64_t position);
bool is_pattern(Bytes bytes, std::uint64_t stream, std::uint64_t position);

/// How a side ends its connection.
enum class Ending : std::uint8_t {
  shutdown,   ///< FIN when everything is sent, then reads to the end
  after_eof,  ///< FIN only after the peer's: half-close
  abort,      ///< resets after some bytes
  rude,       ///< closes when everything is sent, without reading what comes
};

struct SideConfig {
  std::uint64_t to_send = 0;
  std::uint64_t stream = 0;       ///< of what it sends
  std::uint64_t peer_stream = 0;  ///< of what it receives
  std::uint64_t peer_sends = 0;
  std::size_t largest_write = 4096;
  std::size_t largest_read = 4096;
  std::uint32_t pause_percent = 0;  ///< chance to pause after a read or write
  Duration longest_pause{};
  Duration rest{};  ///< once, after it has read or written for the first time
  Ending ending = Ending::shutdown;
  std::uint64_t abort_after = 0;  ///< bytes sent and received
  bool peer_may_reset = false;
  bool may_break = false;  ///< whatever ends the connection is right: a host crashes, or loses its address
};

/// One side of a connection, as a program without threads would be written.
class Side final : public Program {
 public:
  Side(Host& host, const SideConfig& config, std::uint64_t seed)
      : host_(host), config_(config), choices_(seed, "side") {}

  void connect(const Endpoint& remote, const tcp::Options& options, Instant now);
  void listen(const Endpoint& local, const tcp::Options& options, std::uint16_t backlog);
  void listen(std::uint16_t port, const tcp::Options& options, std::uint16_t backlog) {
    listen({IpAddress::any_v4(), port}, options, backlog);
  }
  Instant step(Instant now) override;

  /// The host crashed: the connection is forgotten.
  void host_lost();
  /// Lets go of what it holds, however far it came.
  void give_up(Instant now);
  /// From now on it reads and writes as fast as it can.
  void hurry() {
    config_.pause_percent = 0;
    config_.rest = {};
    resume_ = Instant::from_microseconds(std::numeric_limits<std::int64_t>::min());
  }
  /// For a server whose client is over already: true when it has nothing to accept either, for a long time.
  bool stop_waiting(Instant now);
  bool done() const { return done_; }
  bool failed() const { return problem_ != nullptr; }
  std::string problem() const;
  std::uint64_t sent() const { return sent_; }
  std::uint64_t received() const { return received_; }
  /// Every byte was written and read, though the connection may stay.
  bool all_moved() const { return sent_ == config_.to_send && received_ == config_.peer_sends; }
  /// It ended otherwise than by its programs' leave.
  bool was_reset() const { return reset_; }
  tcp::ConnectionHandle connection() const { return connection_; }

 private:
  void fail(const char* problem, tcp::Error error = tcp::Error::none);
  void pause(Instant now);
  bool accept(Instant now);
  void ended(const char* where, tcp::Error error, Instant now);
  bool readiness_is_true(Instant now);
  bool write(Instant now);
  bool read(Instant now);
  bool finish(Instant now);

  Host& host_;
  SideConfig config_;
  Choices choices_;
  tcp::ListenerHandle listener_;
  tcp::ConnectionHandle connection_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  Instant resume_ = Instant::from_microseconds(std::numeric_limits<std::int64_t>::min());
  std::optional<Instant> waiting_since_;
  bool shut_ = false;
  bool eof_ = false;
  bool reset_ = false;
  bool done_ = false;
  const char* problem_ = nullptr;
  tcp::Error error_ = tcp::Error::none;
  std::array<std::uint8_t, 8192> buffer_;
};

}  // namespace linnet::sim
