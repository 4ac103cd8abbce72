// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/buffer_tuning.hpp"

#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {

constexpr std::uint32_t longest_rtt = 60000000;  // microseconds: beyond that it is no round trip
constexpr Duration reclaim_period = Duration::seconds(1);

}  // namespace

// --- ReaderPace ---

void ReaderPace::sample(Duration rtt) {
  const auto measured = static_cast<std::uint32_t>(std::clamp<std::int64_t>(rtt.as_microseconds(), 1, longest_rtt));
  rtt_ = rtt_ == 0 || measured < rtt_ ? measured : rtt_ + (measured - rtt_) / 8;
}

void ReaderPace::answered(std::uint32_t echo, std::uint32_t clock) {
  if (echo == turn_) return;  // what followed it in the same flight
  turn_ = echo;
  const std::uint32_t elapsed = clock - echo;
  if (elapsed > longest_rtt / 1000) return;
  // The clock has milliseconds: below two of them the handshake's measurement is the better one.
  if (elapsed < 2 && timed()) return sample(std::min(rtt(), Duration::milliseconds(2)));
  sample(Duration::milliseconds(elapsed));
}

void ReaderPace::received(SequenceNumber nxt, SequenceNumber edge, Instant now) {
  const bool first = turn_began_ == Instant();
  if (!first && nxt < SequenceNumber(turn_)) return;
  if (!first) sample(now - turn_began_);
  turn_ = edge.value();
  turn_began_ = now;
}

std::uint32_t ReaderPace::read(std::uint32_t count, Instant now) {
  read_ = count > 0xffffffffu - read_ ? 0xffffffffu : read_ + count;
  const Duration elapsed = now - began_;
  if (!timed() || elapsed < rtt()) return 0;
  // A reader that waited longer, or for a gap to fill, took more at once.
  const std::uint64_t pace = std::uint64_t{read_} * rtt_ / static_cast<std::uint64_t>(elapsed.as_microseconds());
  // Slow start doubles each round trip, and the window must be there before: what grew may grow as much again. A pause
  // says nothing of that.
  std::uint64_t next = pace;
  const bool steady = elapsed < rtt() + rtt() / 2;
  if (steady && before_ > 0 && pace > before_) next = std::min(pace * pace / before_, pace * 2);
  began_ = now;
  before_ = steady ? static_cast<std::uint32_t>(pace) : 0;
  read_ = 0;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(next * 2, 1u << 30));
}

// --- ReceiveBudget ---

/// Three quarters of the pool, which is what receive_space promises.
ReceiveBudget::ReceiveBudget(const Config& config, const BlockPool& pool) {
  const std::uint64_t payload = std::min<std::uint32_t>(config.maximum_segment_size, pool.small_size());
  limit_ = std::uint64_t{pool.small_count()} * 3 / 4 * payload +
           std::uint64_t{pool.large_count()} * 3 / 4 * pool.large_size();
}

std::uint32_t ReceiveBudget::admit(std::uint32_t own, std::uint32_t wanted) const {
  const std::uint64_t others = granted_ - own;
  const std::uint64_t left = others < limit_ ? (limit_ - others) / 2 : 0;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, left));
}

// --- Tcp ---

/// Unless the user has set its size, or it is as large as it may get from the beginning.
bool Tcp::tunes_receive_buffer(const Connection& c) const {
  return c.options.receive_buffer == 0 && config_.maximum_receive_buffer > config_.receive_buffer;
}

/// What a connection's receive buffer has grown by.
std::uint32_t Tcp::receive_grant(const Connection& c) const {
  return tunes_receive_buffer(c) && c.receive_buffer > config_.receive_buffer ? c.receive_buffer - config_.receive_buffer : 0;
}

void Tcp::set_receive_grant(Connection& c, std::uint32_t grant) {
  receive_budget_.change(receive_grant(c), grant);
  c.receive_buffer = config_.receive_buffer + grant;  // a window offered before stays (SHLD-14)
}

/// A segment with data at RCV.NXT: the receiver's round trip, by the timestamp that it echoes, or by the time that a window
/// takes.
void Tcp::time_reader(Connection& c, const Segment& segment, Instant now) {
  if (!tunes_receive_buffer(c)) return;
  if (!c.pace.timed() && c.rtt.measured()) c.pace.sample(c.rtt.smoothed());  // the handshake's
  // Not the edge that was told: what lies before that may be under way already.
  if (!c.timestamps) return c.pace.received(c.rcv.nxt, c.rcv.nxt + c.receive_buffer, now);
  if (!segment.options.has_timestamp) return;
  c.pace.answered(segment.options.timestamp_echo - c.timestamp_offset, Secrets::milliseconds(now));
}

/// The user has read: the receive buffer follows its pace (dynamic right-sizing).
void Tcp::tune_receive_buffer(Connection& c, std::size_t count, Instant now) {
  if (!tunes_receive_buffer(c)) return;
  const std::uint32_t target = std::min(c.pace.read(static_cast<std::uint32_t>(count), now), config_.maximum_receive_buffer);
  if (target == 0) return;
  const std::uint32_t own = receive_grant(c);
  if (target <= c.receive_buffer) {
    // What is not needed goes back when others may want it, by halves: the pace may have been an accident.
    if (own > 0 && target < c.receive_buffer / 4 && receive_budget_.scarce()) set_receive_grant(c, own / 2);
    return;
  }
  const std::uint32_t wanted = target - config_.receive_buffer;
  if (receive_budget_.admit(own, wanted) < wanted) reclaim_receive_buffers(now);
  const std::uint32_t granted = receive_budget_.admit(own, wanted);
  if (granted > own) set_receive_grant(c, granted);
}

/// Takes back what connections have grown by that do not read any more. A walk over all, but only when memory is scarce,
/// and once a second at most.
void Tcp::reclaim_receive_buffers(Instant now) {
  if (now - receive_budget_.reclaimed_at < reclaim_period) return;
  receive_budget_.reclaimed_at = now;
  connections_.for_each([&](Connection& c) {
    if (receive_grant(c) > 0 && c.pace.idle(now)) set_receive_grant(c, 0);
  });
}

/// The windows have grown: room for what is under way and for as much again, while memory for it is plentiful.
void Tcp::tune_send_buffer(Connection& c) {
  if (c.options.send_buffer != 0 || c.send_buffer >= config_.maximum_send_buffer) return;
  const std::uint64_t window = std::min(c.congestion.window(), c.snd.wnd);
  const std::uint64_t wanted = std::min<std::uint64_t>(2 * (window + largest_segment(c)), config_.maximum_send_buffer);
  if (wanted <= c.send_buffer) return;
  const std::uint64_t memory = std::uint64_t{pool_.sendable_small()} * pool_.small_size() +
                               std::uint64_t{pool_.sendable_large()} * pool_.large_size();
  if (memory / 2 < wanted - c.send_buffer) return;
  c.send_buffer = static_cast<std::uint32_t>(wanted);
  changed(c);
}

}  // namespace linnet::tcp
