// SPDX-License-Identifier: Apache-2.0
#include "core/device/impair_model.hpp"

#include <algorithm>

#include "core/base/siphash.hpp"
#include "core/device/frame_layout.hpp"

namespace linnet {
namespace {

constexpr std::uint64_t million = 1000000;

/// The first state of a fault's stream: a hash of the seed and the fault's name.
std::uint64_t stream_seed(std::uint64_t seed, std::string_view name) {
  SecretHasher hash(SipKey{seed, 0});
  std::array<std::uint8_t, 16> bytes{};
  const std::size_t length = std::min(name.size(), bytes.size());
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::uint8_t>(name[i]);
  return hash.finish(Bytes(bytes).first(length));
}

}  // namespace

std::uint64_t ImpairModel::Stream::next() {
  state += 0x9e3779b97f4a7c15ull;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

bool ImpairModel::Stream::chance(std::uint32_t ppm) { return ((next() >> 32) * million) >> 32 < ppm; }

Duration ImpairModel::Stream::up_to(Duration limit) {
  const std::uint64_t draw = next();
  if (limit <= Duration()) return Duration();
  return Duration::microseconds(
      static_cast<std::int64_t>(draw % (static_cast<std::uint64_t>(limit.as_microseconds()) + 1)));
}

ImpairModel::ImpairModel(const Impairments& impairments, std::uint64_t seed)
    : loss_{stream_seed(seed, "loss")},
      burst_{stream_seed(seed, "burst")},
      burst_loss_{stream_seed(seed, "burst loss")},
      jitter_{stream_seed(seed, "jitter")},
      reorder_{stream_seed(seed, "reorder")},
      duplicate_{stream_seed(seed, "duplicate")},
      corrupt_{stream_seed(seed, "corrupt")} {
  change(impairments);
}

void ImpairModel::change(const Impairments& impairments) {
  impairments_ = impairments;
  impairments_.burst_length = std::max<std::uint32_t>(impairments.burst_length, 1u);
  impairments_.duplicate_copies =
      std::clamp<std::uint32_t>(impairments.duplicate_copies, 1, max_deliveries - 1);
  impairments_.queue = std::clamp<std::uint32_t>(impairments.queue, 1, max_queue);
  if (impairments_.burst == 0) bad_ = false;  // a link without bad times is in none
}

ImpairModel::Decision ImpairModel::decide(std::size_t size, Instant now) {
  ++counters_.packets;
  counters_.bytes += size;
  // Every stream is drawn from for every packet, dropped ones too: packet k meets the same luck in each fault
  // whatever the other faults do.
  const bool lost = loss_.chance(impairments_.loss);
  const bool burst = bad_time();
  const Duration jitter = jitter_.up_to(impairments_.jitter);
  const bool reordered = reorder_.chance(impairments_.reorder);
  const bool duplicated = duplicate_.chance(impairments_.duplicate);
  std::array<Duration, max_deliveries> copy_delays{};
  for (std::size_t i = 1; i < max_deliveries; ++i)
    copy_delays[i] = duplicate_.up_to(impairments_.duplicate_delay);
  const bool corrupted = corrupt_.chance(impairments_.corrupt);
  const std::uint64_t corruption = corrupt_.next();

  Decision decision;
  Instant departure = now;
  decision.fate = lost ? Fate::lost : burst ? Fate::burst : Fate::delivered;
  if (decision.fate == Fate::delivered && !pass_rate(size, now, departure)) decision.fate = Fate::overflow;
  counters_.lost += decision.fate == Fate::lost ? 1 : 0;
  counters_.burst += decision.fate == Fate::burst ? 1 : 0;
  counters_.overflow += decision.fate == Fate::overflow ? 1 : 0;
  if (decision.fate != Fate::delivered) return decision;

  Instant due = departure + impairments_.delay + jitter;
  if (reordered) {
    due = due + impairments_.reorder_delay;
    ++counters_.reordered;
  } else {
    // Jitter alone never reorders: the packet queues behind the one before it.
    due = std::max(due, last_due_);
    last_due_ = due;
  }
  decision.reordered = reordered;
  decision.deliveries[decision.count++] = due;
  for (std::size_t i = 1; duplicated && i <= impairments_.duplicate_copies; ++i) {
    decision.deliveries[decision.count++] = due + copy_delays[i];
    ++counters_.duplicated;
  }
  decision.corrupt = corrupted;
  decision.corruption = corruption;
  counters_.corrupted += corrupted ? 1 : 0;
  return decision;
}

bool ImpairModel::bad_time() {
  const bool changes = burst_.chance(bad_ ? static_cast<std::uint32_t>(million / impairments_.burst_length)
                                          : impairments_.burst);
  bad_ = bad_ != changes;
  const bool loses = burst_loss_.chance(impairments_.burst_loss);
  return bad_ && loses;
}

bool ImpairModel::pass_rate(std::size_t size, Instant now, Instant& departure) {
  if (impairments_.rate == 0) return true;
  while (waiting_ > 0 && departures_[first_departure_] <= now) {
    first_departure_ = (first_departure_ + 1) % max_queue;
    --waiting_;
  }
  if (waiting_ >= impairments_.queue) return false;
  if (free_at_ < now) {
    free_at_ = now;
    remainder_ = 0;
  }
  // Whole microseconds, the rest carried to the next packet: a fast link would otherwise be rounded to
  // nothing.
  const std::uint64_t scaled = size * million + remainder_;
  remainder_ = scaled % impairments_.rate;
  departure = free_at_ + Duration::microseconds(static_cast<std::int64_t>(scaled / impairments_.rate));
  free_at_ = departure;
  departures_[(first_departure_ + waiting_) % max_queue] = departure;
  ++waiting_;
  return true;
}

bool corrupt_frame(MutableBytes frame, LinkType link, std::uint64_t corruption) {
  const auto layout = FrameLayout::parse(frame, link);
  if (!layout) return false;
  const MutableBytes packet = frame.subspan(layout->network);
  const std::size_t bit = static_cast<std::size_t>(corruption % (packet.size() * 8));
  packet[bit / 8] = static_cast<std::uint8_t>(packet[bit / 8] ^ (1u << (bit % 8)));
  return true;
}

}  // namespace linnet
