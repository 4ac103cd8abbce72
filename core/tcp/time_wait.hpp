// SPDX-License-Identifier: Apache-2.0
// TIME-WAIT: a compact record that holds no descriptor, no buffer and no timer of its own.
#pragma once

#include "core/base/hash_table.hpp"
#include "core/base/intrusive_list.hpp"
#include "core/base/object_pool.hpp"
#include "core/base/sequence_number.hpp"
#include "core/base/time.hpp"
#include "core/tcp/tuple.hpp"

namespace linnet::tcp {

struct TimeWaitTag;

struct TimeWait : HashNode<TimeWait, TimeWaitTag>, ListNode<TimeWaitTag> {
  Endpoint local;
  Endpoint remote;
  Instant expires;
  SequenceNumber snd_nxt;
  SequenceNumber rcv_nxt;
  std::uint16_t window = 0;          // as it goes into a header
  std::uint8_t ttl = 0;              // the user's, as in Options
  std::uint8_t traffic_class = 0;
  bool has_timestamp = false;
  std::uint32_t ts_recent = 0;
  std::uint32_t timestamp_offset = 0;
};

/// All records last equally long, so the list in order of arrival is the list in order of expiry.
class TimeWaitTable {
 public:
  static constexpr std::size_t memory_needed(std::size_t capacity) {
    return ObjectPool<TimeWait>::memory_needed(capacity) + HashTable<TimeWait, TimeWaitTag>::memory_needed(capacity);
  }
  TimeWaitTable(Arena& arena, std::size_t capacity) : pool_(arena, capacity), table_(arena, capacity) {}

  TimeWait* find(std::uint32_t hash, const Endpoint& local, const Endpoint& remote) const {
    return table_.find(hash, [&](const TimeWait& t) { return t.remote == remote && t.local == local; });
  }
  /// A new record; the oldest gives way when all are in use (RFC 1122 4.2.2.13 asks for 2MSL, memory sets the bound).
  TimeWait* create(std::uint32_t hash, Instant expires) {
    if (pool_.capacity() == 0) return nullptr;
    if (pool_.free() == 0) remove(*order_.front());
    TimeWait& record = pool_.create_in_room();
    record.expires = expires;
    table_.insert(record, hash);
    order_.push_back(record);
    return &record;
  }
  /// RFC 9293 3.10.7.4: a retransmitted FIN restarts the 2MSL timer.
  void restart(TimeWait& record, Instant expires) {
    static_cast<ListNode<TimeWaitTag>&>(record).unlink();
    record.expires = expires;
    order_.push_back(record);
  }
  void remove(TimeWait& record) {
    table_.remove(record);
    static_cast<ListNode<TimeWaitTag>&>(record).unlink();
    pool_.destroy(record);
  }
  /// Removes what has expired; yields when the next one does.
  Instant expire(Instant now) {
    while (TimeWait* oldest = order_.front()) {
      if (oldest->expires > now) return oldest->expires;
      remove(*oldest);
    }
    return Instant::never();
  }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    pool_.for_each(visit);
  }

 private:
  ObjectPool<TimeWait> pool_;
  HashTable<TimeWait, TimeWaitTag> table_;
  IntrusiveList<TimeWait, TimeWaitTag> order_;
};

}  // namespace linnet::tcp
