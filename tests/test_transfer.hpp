// SPDX-License-Identifier: Apache-2.0
// Programs that transfer bytes whose every position is known, for scenario tests; and a file to write
// captures to.
#pragma once

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

#include "sim/world.hpp"

namespace linnet::test {

/// The byte at one position of a stream; streams differ by their number.
inline std::uint8_t pattern(std::uint64_t stream, std::uint64_t position) {
  std::uint64_t z = (stream * 0x9e3779b97f4a7c15u) ^ (position >> 3);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return static_cast<std::uint8_t>((z ^ (z >> 31)) >> ((position & 7) * 8));
}

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
  Ending ending = Ending::shutdown;
  std::uint64_t abort_after = 0;  ///< bytes sent and received
  bool peer_may_reset = false;
};

/// One side of a connection, as a program without threads would be written.
class Side final : public sim::Program {
 public:
  Side(sim::Host& host, const SideConfig& config, std::uint64_t seed)
      : host_(host), config_(config), choices_(seed, "side") {}

  void connect(const Endpoint& remote, const tcp::Options& options, Instant now) {
    const auto connection = host_.tcp().connect({}, remote, options, now);
    if (!connection) return fail("connect", connection.error());
    connection_ = *connection;
  }
  void listen(std::uint16_t port, const tcp::Options& options, std::uint16_t backlog) {
    const auto listener = host_.tcp().bind({IpAddress::any_v4(), port}, false);
    if (!listener) return fail("bind", listener.error());
    listener_ = *listener;
    if (const auto result = host_.tcp().listen(listener_, backlog, options); !result)
      fail("listen", result.error());
  }

  Instant step(Instant now) override {
    if (done_ || failed()) return Instant::never();
    if (!connection_ && !accept(now)) return Instant::never();
    if (now < resume_) return resume_;
    const bool wrote = write(now);
    if (done_ || failed()) return now;
    const bool read_some = read(now);
    if (done_ || failed()) return now;
    if (finish(now) || wrote || read_some) {
      if (choices_.chance(config_.pause_percent)) pause(now);
      return now;
    }
    return Instant::never();
  }

  /// For a server whose client is over already: true when it has nothing to accept either, for a long time.
  bool stop_waiting(Instant now) {
    if (connection_ || !config_.peer_may_reset) return false;
    if (!waiting_since_) waiting_since_ = now;
    if (now - *waiting_since_ < Duration::seconds(300)) return false;
    if (listener_) host_.tcp().close(listener_, now);
    listener_ = {};
    return true;
  }
  bool done() const { return done_; }
  bool failed() const { return problem_ != nullptr; }
  std::string problem() const {
    return std::string(problem_ == nullptr ? "" : problem_) + " (error " +
           std::to_string(static_cast<int>(error_)) + ", sent " + std::to_string(sent_) + " of " +
           std::to_string(config_.to_send) + ", received " + std::to_string(received_) + " of " +
           std::to_string(config_.peer_sends) + ")";
  }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t received() const { return received_; }
  /// Every byte was written and read, though the connection may stay.
  bool all_moved() const { return sent_ == config_.to_send && received_ == config_.peer_sends; }
  bool was_reset() const { return reset_; }
  tcp::ConnectionHandle connection() const { return connection_; }

 private:
  void fail(const char* problem, tcp::Error error = tcp::Error::none) {
    problem_ = problem;
    error_ = error;
  }
  void pause(Instant now) {
    const auto most = static_cast<std::uint64_t>(config_.longest_pause.as_microseconds());
    if (most != 0)
      resume_ = now + Duration::microseconds(static_cast<std::int64_t>(choices_.between(1, most)));
  }
  bool accept(Instant now) {
    if (!listener_) return false;
    const auto connection = host_.tcp().accept(listener_);
    if (!connection) return false;
    connection_ = *connection;
    host_.tcp().close(listener_, now);
    listener_ = {};
    return true;
  }
  /// What ends a connection from outside: fine when it was to be expected.
  void ended(const char* where, tcp::Error error, Instant now) {
    if (error == tcp::Error::reset && config_.peer_may_reset) {
      reset_ = true;
      host_.tcp().close(connection_, now);
      done_ = true;
      return;
    }
    fail(where, error);
  }
  static bool is_wait(tcp::Error error) {
    return error == tcp::Error::would_block || error == tcp::Error::in_progress;
  }

  bool write(Instant now) {
    bool progress = false;
    for (int turns = 0; turns < 8 && sent_ < config_.to_send; ++turns) {
      const std::uint64_t left = config_.to_send - sent_;
      const std::size_t size = static_cast<std::size_t>(choices_.between(
          1, std::min<std::uint64_t>(left, std::min(config_.largest_write, buffer_.size()))));
      for (std::size_t i = 0; i < size; ++i) buffer_[i] = pattern(config_.stream, sent_ + i);
      const auto result =
          host_.tcp().send(connection_, Bytes(buffer_).first(size), {.more = choices_.chance(10)}, now);
      if (!result) {
        if (!is_wait(result.error())) ended("send", result.error(), now);
        break;
      }
      if (*result == 0 || *result > size) return fail("send took an impossible number of bytes"), true;
      sent_ += *result;
      progress = true;
      if (*result < size || choices_.chance(config_.pause_percent)) break;
    }
    return progress;
  }
  bool read(Instant now) {
    if (eof_ || config_.ending == Ending::rude) return false;
    const auto size =
        static_cast<std::size_t>(choices_.between(1, std::min(config_.largest_read, buffer_.size())));
    const auto result = host_.tcp().receive(connection_, MutableBytes(buffer_).first(size), false, now);
    if (!result) {
      if (!is_wait(result.error())) ended("receive", result.error(), now);
      return false;
    }
    if (*result == 0) {
      eof_ = true;
      // Even from a rude peer: it sent everything, and a reset is no end of file.
      if (received_ != config_.peer_sends) fail("end of file too early");
      return true;
    }
    for (std::size_t i = 0; i < *result; ++i) {
      if (buffer_[i] != pattern(config_.peer_stream, received_ + i)) return fail("a wrong byte"), true;
    }
    received_ += *result;
    if (received_ > config_.peer_sends) fail("more bytes than were sent");
    return true;
  }
  bool finish(Instant now) {
    tcp::Tcp& tcp = host_.tcp();
    const auto status = tcp.status(connection_);
    if (status && status->state < tcp::State::established && status->state != tcp::State::closed)
      return false;
    if (config_.ending == Ending::abort && sent_ + received_ >= config_.abort_after) {
      tcp.abort(connection_, now);
      return done_ = true;
    }
    const bool all_sent = sent_ == config_.to_send;
    if (config_.ending == Ending::rude && all_sent) {
      tcp.close(connection_, now);
      return done_ = true;
    }
    const bool may_shut = config_.ending != Ending::after_eof || eof_;
    if (all_sent && may_shut && !shut_) {
      if (const auto result = tcp.shutdown_send(connection_, now); !result) {
        // A connection that is over says why only once.
        const tcp::Error why = tcp.take_error(connection_);
        ended("shutdown", why == tcp::Error::none ? result.error() : why, now);
        return true;
      }
      return shut_ = true;
    }
    if (!shut_ || !eof_) return false;
    tcp.close(connection_, now);
    return done_ = true;
  }

  sim::Host& host_;
  SideConfig config_;
  sim::Choices choices_;
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

/// A file of captured frames.
class CaptureFile final : public ByteSink {
 public:
  explicit CaptureFile(const std::filesystem::path& path) {
    std::filesystem::create_directories(path.parent_path());
    file_ = std::fopen(path.c_str(), "wb");
  }
  CaptureFile(const CaptureFile&) = delete;
  CaptureFile& operator=(const CaptureFile&) = delete;
  ~CaptureFile() {
    if (file_ != nullptr) std::fclose(file_);
  }
  void write(Bytes bytes) override {
    if (file_ != nullptr) std::fwrite(bytes.data(), 1, bytes.size(), file_);
  }

 private:
  std::FILE* file_ = nullptr;
};

}  // namespace linnet::test
