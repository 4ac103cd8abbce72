// SPDX-License-Identifier: Apache-2.0
#include "services/dns/cache.hpp"

namespace linnet::dns {

std::optional<Cache::Found> Cache::find(const Name& name, std::uint16_t record_type, Instant now) {
  for (Entry& entry : entries_) {
    if (!entry.is(name, record_type) || entry.expires <= now) continue;
    entry.used = now;
    Found found{.error = entry.error, .answer = entry.answer};
    found.answer.ttl = entry.expires - now;
    return found;
  }
  return std::nullopt;
}

Cache::Entry& Cache::place_for(const Name& name, std::uint16_t record_type, Instant now) {
  Entry* best = &entries_[0];
  for (Entry& entry : entries_) {
    if (entry.is(name, record_type)) return entry;
    const bool entry_free = !entry.live || entry.expires <= now;
    const bool best_free = !best->live || best->expires <= now;
    if (best_free) continue;
    if (entry_free || entry.used < best->used) best = &entry;
  }
  return *best;
}

void Cache::put(const Name& name, std::uint16_t record_type, Error error, const Answer& answer, Duration ttl,
                Instant now) {
  if (entries_.empty() || ttl <= Duration()) return;
  Entry& entry = place_for(name, record_type, now);
  entry.name = name;
  entry.record_type = record_type;
  entry.error = error;
  entry.live = true;
  entry.answer = answer;
  entry.expires = now + ttl;
  entry.used = now;
}

void Cache::clear() {
  for (Entry& entry : entries_) entry = Entry();
}

void Cache::digest(Digest& digest) const {
  for (const Entry& entry : entries_) {
    if (!entry.live) continue;
    digest.add(entry.name.wire());
    digest.add(entry.record_type);
    digest.add(static_cast<std::uint64_t>(entry.error));
    for (const IpAddress& address : entry.answer.addresses()) digest.add(address.bytes());
  }
}

}  // namespace linnet::dns
