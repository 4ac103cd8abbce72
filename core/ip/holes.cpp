// SPDX-License-Identifier: Apache-2.0
#include "core/ip/holes.hpp"

namespace linnet::ip {

Holes::Hole Holes::load(const BlockHeader& block, std::uint16_t at) {
  Hole hole;
  std::memcpy(&hole, block.data() + header_room + std::size_t{at} * 8, sizeof hole);
  return hole;
}

void Holes::store(BlockHeader& block, std::uint16_t at, const Hole& hole) {
  std::memcpy(block.data() + header_room + std::size_t{at} * 8, &hole, sizeof hole);
}

/// Makes `at` the hole behind `previous`, or the first one.
void Holes::link(BlockHeader& block, std::uint16_t previous, std::uint16_t at) {
  if (previous == none) {
    first_ = at;
    return;
  }
  Hole hole = load(block, previous);
  hole.next = at;
  store(block, previous, hole);
}

void Holes::begin(BlockHeader& block) {
  *this = Holes{};
  store(block, 0, Hole{});
  first_ = 0;
  count_ = 1;
}

/// What a fragment says about the datagram's end against what is known of it.
bool Holes::contradicts(std::uint32_t end, bool last) const {
  if (last_seen_) return last ? end != end_ : end >= end_;
  return last && end < highest_;
}

Drop Holes::insert(BlockHeader& block, Bytes payload, std::uint32_t offset, bool last, bool& duplicate) {
  duplicate = false;
  const std::uint32_t end = offset + static_cast<std::uint32_t>(payload.size());
  if (payload.empty() || (!last && payload.size() % 8 != 0) || end > room(block)) return Drop::fragment_size;
  if (contradicts(end, last)) return Drop::fragment_overlap;
  const auto from = static_cast<std::uint16_t>(offset / 8);
  const auto to = static_cast<std::uint16_t>((end + 7) / 8);
  std::uint16_t previous = none;
  std::uint16_t at = first_;
  Hole hole;
  while (at != none) {
    hole = load(block, at);
    if (hole.end > from) break;  // the first hole that does not end before the fragment
    previous = at;
    at = hole.next;
  }
  std::uint8_t* place = block.data() + header_room + offset;
  if (at == none || at >= to) {  // no hole is touched: all of it is there
    duplicate =
        end <= highest_ && !(last && !last_seen_) && std::memcmp(place, payload.data(), payload.size()) == 0;
    return duplicate ? Drop::none : Drop::fragment_overlap;
  }
  if (from < at || to > hole.end) return Drop::fragment_overlap;
  const bool before = at < from;
  const bool behind = to < hole.end && !(last && hole.end == infinite);
  const auto count = static_cast<std::uint8_t>(count_ - 1 + (before ? 1 : 0) + (behind ? 1 : 0));
  if (count > maximum) return Drop::fragment_limit;

  copy_bytes(place, payload);
  count_ = count;
  if (behind) store(block, to, {.end = hole.end, .next = hole.next});
  const std::uint16_t next = behind ? to : hole.next;
  if (before) {
    store(block, at, {.end = from, .next = next});
  } else {
    link(block, previous, next);
  }
  if (last) {
    last_seen_ = true;
    end_ = end;
  }
  if (end > highest_) highest_ = end;
  return Drop::none;
}

}  // namespace linnet::ip
