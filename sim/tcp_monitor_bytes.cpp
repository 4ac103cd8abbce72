// SPDX-License-Identifier: Apache-2.0
#include "sim/tcp_monitor_bytes.hpp"

#include <algorithm>
#include <limits>

namespace linnet::sim {

void PositionSet::add(std::int64_t begin, std::int64_t end) {
  if (begin >= end) return;
  const auto ends_before = [](const PositionRange& range, std::int64_t position) { return range.end < position; };
  const auto first = std::lower_bound(ranges_.begin(), ranges_.end(), begin, ends_before);
  auto last = first;
  while (last != ranges_.end() && last->begin <= end) {
    begin = std::min(begin, last->begin);
    end = std::max(end, last->end);
    ++last;
  }
  if (first == last) {
    ranges_.insert(first, {begin, end});
    if (ranges_.size() > most) join_closest();
    return;
  }
  *first = {begin, end};
  ranges_.erase(first + 1, last);
}

void PositionSet::join_closest() {
  std::size_t at = 1;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 1; i < ranges_.size(); ++i) {
    const std::int64_t gap = ranges_[i].begin - ranges_[i - 1].end;
    if (gap >= least) continue;
    least = gap;
    at = i;
  }
  ranges_[at - 1].end = ranges_[at].end;
  ranges_.erase(ranges_.begin() + static_cast<std::ptrdiff_t>(at));
}

void PositionSet::drop_before(std::int64_t position) {
  std::size_t gone = 0;
  while (gone < ranges_.size() && ranges_[gone].end <= position) ++gone;
  ranges_.erase(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(gone));
  if (!ranges_.empty()) ranges_.front().begin = std::max(ranges_.front().begin, position);
}

bool PositionSet::contains(std::int64_t begin, std::int64_t end) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const PositionRange& r) { return r.begin <= begin && end <= r.end; });
}

bool PositionSet::overlaps(std::int64_t begin, std::int64_t end) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const PositionRange& r) { return r.begin < end && begin < r.end; });
}

void ArrivedBytes::add(std::int64_t begin, std::int64_t end) {
  if (begin > high_) return above_.add(begin, end);
  high_ = std::max(high_, end);
  while (!above_.empty() && above_.front().begin <= high_) {
    high_ = std::max(high_, above_.front().end);
    above_.drop_before(high_);
  }
}

void SentBytes::begin(std::int64_t position) {
  if (ring_.empty()) ring_.resize(first_size);
  known_from_ = end_ = position;
}

void SentBytes::grow(std::size_t needed) {
  std::size_t size = ring_.size();
  while (size < needed && size < most) size *= 2;
  if (size == ring_.size()) return;
  std::vector<std::uint8_t> larger(size);
  const auto old = static_cast<std::int64_t>(ring_.size());
  for (std::int64_t p = std::max(known_from_, end_ - old); p < end_; ++p) {
    larger[static_cast<std::size_t>(p) % size] = ring_[static_cast<std::size_t>(p) % ring_.size()];
  }
  ring_ = std::move(larger);
}

void SentBytes::put(std::int64_t position, Bytes bytes, std::int64_t needed) {
  const std::int64_t end = position + static_cast<std::int64_t>(bytes.size());
  if (position > end_) known_from_ = position;
  if (end > needed) grow(static_cast<std::size_t>(end - needed));
  end_ = end;
  const std::size_t size = ring_.size();
  for (std::size_t done = 0; done < bytes.size();) {
    const std::size_t at = (static_cast<std::size_t>(position) + done) % size;
    const std::size_t piece = std::min(size - at, bytes.size() - done);
    copy_bytes(ring_.data() + at, bytes.subspan(done, piece));
    done += piece;
  }
  known_from_ = std::max(known_from_, end_ - static_cast<std::int64_t>(size));
}

bool SentBytes::matches(std::int64_t position, Bytes bytes) const {
  const std::int64_t begin = std::max(position, known_from_);
  const std::int64_t end = std::min(position + static_cast<std::int64_t>(bytes.size()), end_);
  const std::size_t size = ring_.size();
  for (std::int64_t p = begin; p < end;) {
    const std::size_t at = static_cast<std::size_t>(p) % size;
    const std::size_t piece = std::min(size - at, static_cast<std::size_t>(end - p));
    if (std::memcmp(ring_.data() + at, bytes.data() + (p - position), piece) != 0) return false;
    p += static_cast<std::int64_t>(piece);
  }
  return true;
}

}  // namespace linnet::sim
