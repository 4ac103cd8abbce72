// SPDX-License-Identifier: Apache-2.0
// Cache: what others said on one link, for as long as it holds (RFC 6762 5.2, 10).
#pragma once

#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
#include "core/base/random.hpp"
#include "services/mdns/config.hpp"
#include "services/mdns/types.hpp"

namespace linnet::mdns {

/// A bounded table of records. When it is full, what expired, then what nobody asks for, then what was heard
/// of longest ago gives way.
class Cache {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Entry>(config.cache_records) +
           Arena::bytes_for<std::uint8_t>(std::size_t{config.cache_records} * config.record_size);
  }
  /// `random` must outlive it.
  Cache(const Config& config, Arena& arena, Random& random);

  enum class Change : std::uint8_t { none, renewed, added, refused };
  struct Hearing {
    bool over_v4 = true;  ///< else by IPv6
    bool wanted = false;  ///< somebody here asks for it
  };
  /// A record was heard; by IPv6 what was known by IPv4 counts as added, and the other way round. A TTL of
  /// zero leaves it a second (10.1); the cache-flush bit leaves others of its name and type, that were not
  /// heard of within the last second, as long (10.2).
  Change hear(const Record& record, Bytes data, const Hearing& hearing, Instant now);

  /// visit(const RecordView&) for each that is not over yet, of this name and type (or type any).
  template <typename Visit>
  void for_each(const Name& name, std::uint16_t record_type, Instant now, Visit&& visit) const {
    for (const Entry& entry : entries_) {
      if (!entry.used || entry.expires <= now) continue;
      if (entry.type != record_type && record_type != type::any) continue;
      if (is_named(entry, name)) visit(view(entry, now));
    }
  }
  /// Somebody says that there is no record of a type (6.1).
  bool denied(const Name& name, std::uint16_t record_type, Instant now) const;

  /// Ends what is over; visit(const Name&, std::uint16_t type) for each.
  template <typename Visit>
  void expire(Instant now, Visit&& visit) {
    if (expiry_ > now) return;
    expiry_ = Instant::never();
    for (Entry& entry : entries_) {
      if (!entry.used) continue;
      if (entry.expires <= now) {
        entry.used = false;
        visit(name_of(entry), entry.type);
      } else {
        expiry_ = earlier(expiry_, entry.expires);
      }
    }
  }
  /// 5.2: visit(const Name&, std::uint16_t type) for each record of which 80, 85, 90 or 95 % of its time have
  /// just gone by; true: somebody wants it, and asks again.
  template <typename Visit>
  void refresh(Instant now, Visit&& visit) {
    if (refresh_ > now) return;
    refresh_ = Instant::never();
    for (Entry& entry : entries_) {
      if (!entry.used) continue;
      if (entry.refresh <= now) {
        visit(name_of(entry), entry.type);
        plan_refresh(entry, now);
      }
      refresh_ = earlier(refresh_, entry.refresh);
    }
  }
  /// Somebody could not reach what a record told of (10.4): it has ten seconds to be heard again.
  void doubt(const Name& name, std::uint16_t record_type, Instant now);
  void clear();
  /// Moves by each change; the places of entries stay for as long as it does.
  std::size_t size() const { return entries_.size(); }
  /// The entry at a place, if it is of this name and type, half of its time is left (7.1), and it was heard;
  /// else nothing.
  std::optional<RecordView> known_answer(std::size_t place, const Name& name, std::uint16_t record_type,
                                         Instant now) const;
  Instant next_deadline() const { return earlier(expiry_, refresh_); }
  std::size_t used() const;
  std::uint32_t evicted() const { return evicted_; }
  /// Of those, and of what found no room at all, what somebody here asks for: there is more than is known.
  std::uint32_t missed() const { return missed_; }
  void digest(Digest& digest) const;

 private:
  struct Entry {
    bool used = false;
    bool wanted = false;
    bool over_v4 = false;
    bool over_v6 = false;
    std::uint8_t stage = 0;  // refreshes that were planned
    std::uint8_t name_size = 0;
    std::uint16_t data_size = 0;
    std::uint16_t type = 0;
    std::uint32_t ttl = 0;   // seconds
    std::uint32_t mark = 0;  // of name and data, whose equality it makes likely
    Instant heard{};
    Instant expires{};
    Instant refresh = Instant::never();
    MutableBytes bytes;  // name and data
  };
  Bytes data_of(const Entry& entry) const { return entry.bytes.subspan(entry.name_size, entry.data_size); }
  Name name_of(const Entry& entry) const;
  bool is_named(const Entry& entry, const Name& name) const;
  RecordView view(const Entry& entry, Instant now) const;
  Entry* place_for(bool wanted, Instant now);
  void flush_others(const Entry& heard, const Name& name, Instant now);
  void end_in(Entry& entry, Duration rest, Instant now);
  void plan_refresh(Entry& entry, Instant now);

  Random& random_;
  std::span<Entry> entries_;
  Instant expiry_ = Instant::never();
  Instant refresh_ = Instant::never();
  std::uint32_t evicted_ = 0;
  std::uint32_t missed_ = 0;
};

}  // namespace linnet::mdns
