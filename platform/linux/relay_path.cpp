// SPDX-License-Identifier: Apache-2.0
// One direction of the relayed link.
#include <unistd.h>

#include <cerrno>

#include "platform/linux/clock.hpp"
#include "platform/linux/relay.hpp"

namespace linnet::platform {
namespace {

constexpr std::uint32_t link_header = 18;  // Ethernet and one 802.1Q tag
constexpr int reads_at_once = 64;          // before the other direction gets its turn

// One byte more than any frame that may pass, so that a longer one shows.
BlockPoolConfig pool_config(const RelayOptions& options) {
  return {.small_size = options.mtu + link_header + 1u, .small_count = options.held + 1};
}

std::size_t memory_needed(const RelayOptions& options) {
  return BlockPool::memory_needed(pool_config(options)) + HeldFrames::memory_needed(options.held) +
         2 * Arena::alignment;
}

}  // namespace

RelayPath::RelayPath(int from, int to, const Impairments& impairments, std::uint64_t seed,
                     const RelayOptions& options)
    : from_(from),
      to_(to),
      memory_(memory_needed(options)),
      arena_(memory_),
      pool_(arena_, pool_config(options)),
      held_(arena_, options.held),
      model_(impairments, seed),
      block_(pool_.allocate(pool_.small_size())) {}

bool RelayPath::serve() {
  more_ = false;
  Instant now = monotonic_now();
  deliver_due(now);
  for (int i = 0; i < reads_at_once; ++i) {
    const Read result = read_one(now);
    if (result == Read::gone) return false;
    if (result == Read::nothing) return !gone_;
    deliver_due(now);
  }
  more_ = true;
  return !gone_;
}

/// `now` becomes the time at which the frame was there: not before it was read, or its delay would be too short.
RelayPath::Read RelayPath::read_one(Instant& now) {
  ssize_t n = 0;
  do {
    n = ::read(from_, block_.data(), block_.capacity());
  } while (n < 0 && errno == EINTR);
  if (n < 0) return errno == EAGAIN ? Read::nothing : Read::gone;
  now = monotonic_now();
  const auto size = static_cast<std::uint32_t>(n);
  if (size >= block_.capacity()) {
    ++counters_.too_long;
    return Read::frame;
  }
  carry_out(model_.decide(size, now), size, now);
  return Read::frame;
}

void RelayPath::carry_out(const ImpairModel::Decision& decision, std::uint32_t size, Instant now) {
  if (decision.count == 0) return;
  const MutableBytes frame(block_.data(), size);
  // The copies first: only deliveries[0] is corrupted.
  for (std::size_t i = 1; i < decision.count; ++i) {
    if (!hold_copy(frame, decision.deliveries[i])) ++counters_.no_room;
  }
  if (decision.corrupt && !corrupt_frame(frame, LinkType::ethernet, decision.corruption)) {
    ++counters_.bad_link;
    return;
  }
  if (decision.deliveries[0] <= now && held_.earliest() > decision.deliveries[0]) {
    deliver(frame);
    return;
  }
  Block next = held_.room() > 0 ? pool_.allocate(pool_.small_size()) : Block();
  if (!next) {
    ++counters_.no_room;
    return;
  }
  held_.push(Packet(std::move(block_), 0, size), decision.deliveries[0]);
  block_ = std::move(next);
}

bool RelayPath::hold_copy(Bytes frame, Instant due) {
  Block copy = held_.room() > 0 ? pool_.allocate(pool_.small_size()) : Block();
  if (!copy) return false;
  copy_bytes(copy.data(), frame);
  held_.push(Packet(std::move(copy), 0, static_cast<std::uint32_t>(frame.size())), due);
  return true;
}

void RelayPath::deliver_due(Instant now) {
  while (held_.earliest() <= now) {
    deliver(held_.front());
    held_.pop();
  }
}

void RelayPath::deliver(Bytes frame) {
  ssize_t n = 0;
  do {
    n = ::write(to_, frame.data(), frame.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0) {
    gone_ = gone_ || errno == EBADFD;
    ++counters_.undelivered;
    return;
  }
  ++counters_.delivered;
  counters_.bytes += frame.size();
}

}  // namespace linnet::platform
