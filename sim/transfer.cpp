// SPDX-License-Identifier: Apache-2.0
#include "sim/transfer.hpp"

#include <algorithm>
#include <utility>

namespace linnet::sim {

namespace {

bool is_wait(tcp::Error error) {
  return error == tcp::Error::would_block || error == tcp::Error::in_progress;
}

}  // namespace

void fill_pattern(MutableBytes to, std::uint64_t stream, std::uint64_t position) {
  for (std::size_t i = 0; i < to.size();) {
    std::uint64_t word = pattern_word(stream, (position + i) >> 3) >> (((position + i) & 7) * 8);
    do {
      to[i++] = static_cast<std::uint8_t>(word);
      word >>= 8;
    } while (i < to.size() && ((position + i) & 7) != 0);
  }
}

bool is_pattern(Bytes bytes, std::uint64_t stream, std::uint64_t position) {
  std::array<std::uint8_t, 1024> expected;
  for (std::size_t at = 0; at < bytes.size(); at += expected.size()) {
    const Bytes piece = bytes.subspan(at, std::min(expected.size(), bytes.size() - at));
    fill_pattern(MutableBytes(expected).first(piece.size()), stream, position + at);
    if (!std::equal(piece.begin(), piece.end(), expected.begin())) return false;
  }
  return true;
}

void Side::connect(const Endpoint& remote, const tcp::Options& options, Instant now) {
  const auto connection = host_.tcp().connect({}, remote, options, now);
  if (connection) {
    connection_ = *connection;
  } else if (config_.may_break) {
    done_ = true;
  } else {
    fail("connect", connection.error());
  }
}

void Side::listen(const Endpoint& local, const tcp::Options& options, std::uint16_t backlog) {
  const auto listener = host_.tcp().bind(local, false);
  if (!listener) return fail("bind", listener.error());
  listener_ = *listener;
  if (const auto result = host_.tcp().listen(listener_, backlog, options); !result)
    fail("listen", result.error());
}

Instant Side::step(Instant now) {
  if (done_ || failed()) return Instant::never();
  if (!connection_ && !accept(now)) return Instant::never();
  if (now < resume_) return resume_;
  if (!readiness_is_true(now)) return now;
  const bool wrote = write(now);
  if (done_ || failed()) return now;
  const bool read_some = read(now);
  if (done_ || failed()) return now;
  if (finish(now) || wrote || read_some) {
    if (config_.rest != Duration()) {
      resume_ = now + std::exchange(config_.rest, {});
    } else if (choices_.chance(config_.pause_percent)) {
      pause(now);
    }
    return now;
  }
  return Instant::never();
}

void Side::host_lost() {
  listener_ = {};
  connection_ = {};
  reset_ = !done_;
  done_ = true;
}

void Side::give_up(Instant now) {
  if (connection_) host_.tcp().abort(connection_, now);
  if (listener_) host_.tcp().close(listener_, now);
  host_lost();
}

bool Side::stop_waiting(Instant now) {
  if (connection_ || !(config_.peer_may_reset || config_.may_break)) return false;
  if (!waiting_since_) waiting_since_ = now;
  if (now - *waiting_since_ < Duration::seconds(300)) return false;
  if (listener_) host_.tcp().close(listener_, now);
  listener_ = {};
  done_ = true;
  return true;
}

std::string Side::problem() const {
  return std::string(problem_ == nullptr ? "unfinished" : problem_) + " (error " +
         std::to_string(static_cast<int>(error_)) + ", sent " + std::to_string(sent_) + " of " +
         std::to_string(config_.to_send) + ", received " + std::to_string(received_) + " of " +
         std::to_string(config_.peer_sends) + ")";
}

void Side::fail(const char* problem, tcp::Error error) {
  problem_ = problem;
  error_ = error;
}

void Side::pause(Instant now) {
  const auto most = static_cast<std::uint64_t>(config_.longest_pause.as_microseconds());
  if (most != 0) resume_ = now + Duration::microseconds(static_cast<std::int64_t>(choices_.between(1, most)));
}

bool Side::accept(Instant now) {
  if (!listener_) return false;
  const auto connection = host_.tcp().accept(listener_);
  if (!connection) return false;
  connection_ = *connection;
  host_.tcp().close(listener_, now);
  listener_ = {};
  return true;
}

/// What ends a connection from outside: fine when it was to be expected.
void Side::ended(const char* where, tcp::Error error, Instant now) {
  if (config_.may_break || (error == tcp::Error::reset && config_.peer_may_reset)) {
    reset_ = true;
    host_.tcp().close(connection_, now);
    done_ = true;
    return;
  }
  fail(where, error);
}

/// Level-triggered truth: what readiness says is what a call that does not wait then does.
bool Side::readiness_is_true(Instant now) {
  const tcp::Readiness ready = host_.tcp().readiness(connection_);
  if (ready.error) return true;  // asking would clear it
  std::array<std::uint8_t, 1> byte;
  const auto peeked = host_.tcp().receive(connection_, byte, true, now);
  const bool waits = !peeked && is_wait(peeked.error());
  if (ready.data == !waits) return true;
  fail(ready.data ? "readable, but a read would wait" : "not readable, but a read would not wait");
  return false;
}

bool Side::write(Instant now) {
  bool progress = false;
  for (int turns = 0; turns < 8 && sent_ < config_.to_send; ++turns) {
    const std::uint64_t left = config_.to_send - sent_;
    const std::size_t size = static_cast<std::size_t>(
        choices_.between(1, std::min<std::uint64_t>(left, std::min(config_.largest_write, buffer_.size()))));
    fill_pattern(MutableBytes(buffer_).first(size), config_.stream, sent_);
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

bool Side::read(Instant now) {
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
  if (!is_pattern(Bytes(buffer_).first(*result), config_.peer_stream, received_))
    return fail("a wrong byte"), true;
  received_ += *result;
  if (received_ > config_.peer_sends) fail("more bytes than were sent");
  return true;
}

bool Side::finish(Instant now) {
  tcp::Tcp& tcp = host_.tcp();
  const auto status = tcp.status(connection_);
  if (status && status->state < tcp::State::established && status->state != tcp::State::closed) return false;
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

}  // namespace linnet::sim
