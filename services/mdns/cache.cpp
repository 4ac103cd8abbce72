// SPDX-License-Identifier: Apache-2.0
#include "services/mdns/cache.hpp"

#include <algorithm>

namespace linnet::mdns {

namespace {

constexpr Duration grace = Duration::seconds(1);  // RFC 6762 10.1, 10.2
constexpr Duration doubted = Duration::seconds(10);
constexpr std::uint32_t most_ttl = 86400;  // seconds; longer is nobody's business to promise

constexpr std::uint8_t small(std::uint8_t c) {
  return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c;
}

/// FNV-1a of a record's name and data without regard to case: of records that are the same, it is the same.
std::uint32_t mark_of(const Name& name, Bytes data) {
  std::uint32_t mark = 2166136261u;
  const auto add = [&mark](Bytes bytes) {
    for (const std::uint8_t byte : bytes) mark = (mark ^ small(byte)) * 16777619u;
  };
  add(name.wire());
  add(data);
  return mark;
}

}  // namespace

Cache::Cache(const Config& config, Arena& arena, Random& random)
    : random_(random), entries_(arena.make_array<Entry>(config.cache_records)) {
  const auto bytes = arena.make_array<std::uint8_t>(std::size_t{config.cache_records} * config.record_size);
  if (arena.exhausted()) entries_ = {};
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].bytes = bytes.subspan(i * config.record_size, config.record_size);
  }
}

Name Cache::name_of(const Entry& entry) const {
  std::size_t at = 0;
  return Name::read(entry.bytes.first(entry.name_size), at, dns::Letters::as_written).value_or(Name());
}

/// As Name::same_as, without making a Name of each entry that is looked at: lengths are no letters.
bool Cache::is_named(const Entry& entry, const Name& name) const {
  const Bytes wire = name.wire();
  return entry.name_size == wire.size() &&
         std::equal(wire.begin(), wire.end(), entry.bytes.begin(),
                    [](std::uint8_t a, std::uint8_t b) { return small(a) == small(b); });
}

RecordView Cache::view(const Entry& entry, Instant now) const {
  return {.name = name_of(entry),
          .type = entry.type,
          .data = data_of(entry),
          .ttl = entry.expires - now,
          .own = false,
          .over_v4 = entry.over_v4,
          .over_v6 = entry.over_v6};
}

void Cache::end_in(Entry& entry, Duration rest, Instant now) {
  entry.expires = earlier(entry.expires, now + rest);
  expiry_ = earlier(expiry_, entry.expires);
}

/// RFC 6762 5.2: at 80, 85, 90 and 95 % of its time, and up to 2 % later by chance.
void Cache::plan_refresh(Entry& entry, Instant now) {
  entry.refresh = Instant::never();
  if (entry.stage >= 4 || entry.expires - entry.heard < Duration::seconds(entry.ttl)) return;
  const Duration hundredth = Duration::milliseconds(std::int64_t{entry.ttl} * 10);
  const std::int64_t percent = 80 + 5 * entry.stage++;
  const Duration chance = Duration::milliseconds(random_.below(entry.ttl * 20 + 1));
  entry.refresh = entry.heard + hundredth * percent + chance;
  if (entry.refresh <= now) entry.refresh = now + hundredth;
  refresh_ = earlier(refresh_, entry.refresh);
}

/// RFC 6762 10.2: others say all there is in messages within one second; what was not among it is over.
void Cache::flush_others(const Entry& heard, const Name& name, Instant now) {
  for (Entry& entry : entries_) {
    if (!entry.used || &entry == &heard || entry.type != heard.type || now - entry.heard <= grace) continue;
    if (is_named(entry, name)) end_in(entry, grace, now);
  }
}

/// The place of what is worth least; null when all is worth more. Where there are places.
Cache::Entry* Cache::place_for(bool wanted, Instant now) {
  Entry* best = entries_.data();
  const auto rank = [&](const Entry& entry) {
    return !entry.used || entry.expires <= now ? 0 : entry.wanted ? 2 : 1;
  };
  for (Entry& entry : entries_) {
    const bool better =
        rank(entry) < rank(*best) || (rank(entry) == rank(*best) && entry.heard < best->heard);
    if (better) best = &entry;
  }
  if (rank(*best) == 2 && !wanted) return nullptr;
  if (rank(*best) != 0) ++evicted_;
  if (rank(*best) == 2) ++missed_;
  return best;
}

Cache::Change Cache::hear(const Record& record, Bytes data, const Hearing& hearing, Instant now) {
  Entry* entry = nullptr;
  // On a link with thousands of services each record is looked for among hundreds of its kind.
  const std::uint32_t mark = mark_of(record.owner, data);
  for (Entry& one : entries_) {
    const bool same = one.mark == mark && one.used && one.expires > now && one.type == record.type &&
                      is_named(one, record.owner) && same_data(record.type, data_of(one), data);
    if (same) entry = &one;
  }
  if (record.ttl == 0) {
    if (entry != nullptr) end_in(*entry, grace, now);
    return Change::none;
  }
  Change change = Change::renewed;
  if (entry == nullptr) {
    const Bytes name = record.owner.wire();
    if (entries_.empty() || name.size() + data.size() > entries_[0].bytes.size()) {
      if (hearing.wanted) ++missed_;
      return Change::refused;
    }
    entry = place_for(hearing.wanted, now);
    if (entry == nullptr) return Change::refused;
    copy_bytes(entry->bytes.data(), name);
    copy_bytes(entry->bytes.data() + name.size(), data);
    entry->name_size = static_cast<std::uint8_t>(name.size());
    entry->data_size = static_cast<std::uint16_t>(data.size());
    entry->type = record.type;
    entry->mark = mark;
    entry->used = true;
    entry->over_v4 = entry->over_v6 = false;
  }
  bool& over = hearing.over_v4 ? entry->over_v4 : entry->over_v6;
  if (!std::exchange(over, true)) change = Change::added;
  entry->wanted = hearing.wanted;
  entry->ttl = record.ttl < most_ttl ? record.ttl : most_ttl;
  entry->heard = now;
  entry->expires = now + Duration::seconds(entry->ttl);
  entry->stage = 0;
  expiry_ = earlier(expiry_, entry->expires);
  plan_refresh(*entry, now);
  if (record.flush) flush_others(*entry, record.owner, now);
  return change;
}

bool Cache::denied(const Name& name, std::uint16_t record_type, Instant now) const {
  bool is_denied = false;
  for_each(name, type::nsec, now,
           [&](const RecordView& nsec) { is_denied = is_denied || denies(nsec.data, record_type); });
  return is_denied;
}

std::optional<RecordView> Cache::known_answer(std::size_t place, const Name& name, std::uint16_t record_type,
                                              Instant now) const {
  const Entry& entry = entries_[place];
  if (!entry.used || (entry.type != record_type && record_type != type::any)) return std::nullopt;
  if (entry.expires - now < Duration::seconds(entry.ttl) / 2 || !is_named(entry, name)) return std::nullopt;
  return view(entry, now);
}

void Cache::doubt(const Name& name, std::uint16_t record_type, Instant now) {
  for (Entry& entry : entries_) {
    if (entry.used && entry.type == record_type && is_named(entry, name)) end_in(entry, doubted, now);
  }
}

void Cache::clear() {
  for (Entry& entry : entries_) entry.used = false;
  expiry_ = refresh_ = Instant::never();
}

std::size_t Cache::used() const {
  std::size_t count = 0;
  for (const Entry& entry : entries_) count += entry.used ? 1 : 0;
  return count;
}

void Cache::digest(Digest& digest) const {
  for (const Entry& entry : entries_) {
    digest.add(entry.used);
    if (!entry.used) continue;
    digest.add(entry.bytes.first(std::size_t{entry.name_size} + entry.data_size));
    digest.add((std::uint64_t{entry.ttl} << 16) | entry.type);
  }
}

}  // namespace linnet::mdns
