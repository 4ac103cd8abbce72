// SPDX-License-Identifier: Apache-2.0
// Listener: a bound local endpoint, and the connections that wait to be accepted. SynRecord: a handshake in progress,
// far smaller than a connection, so that a flood of SYNs cannot use connections up.
#pragma once

#include <optional>

#include "core/base/hash_table.hpp"
#include "core/base/object_pool.hpp"
#include "core/base/sequence_number.hpp"
#include "core/base/timer_wheel.hpp"
#include "core/tcp/fast_open.hpp"
#include "core/tcp/tuple.hpp"
#include "core/tcp/types.hpp"

namespace linnet::tcp {

struct ChangedTag;
struct AcceptTag;
struct SynTag;
struct ListenerTag;
class Connection;

/// What may be on the list of changes: a connection or a listener.
struct Changeable : ListNode<ChangedTag> {
  static constexpr std::uint32_t no_tag = 0xffffffffu;
  std::uint32_t tag = no_tag;
};

class Listener : public Changeable, public HashNode<Listener, ListenerTag> {
 public:
  Endpoint local;          // an unspecified address means any of ours
  Options options;
  std::optional<FastOpenKeys> fast_open_keys;  // in place of the stack's
  IntrusiveList<Connection, AcceptTag> accept_queue;
  std::uint16_t backlog = 0;
  std::uint16_t waiting = 0;     // length of accept_queue
  std::uint16_t handshakes = 0;  // SYN records that belong to it
  std::uint16_t fast_open_pending = 0;  // Fast Open connections whose handshake is not over (RFC 7413 5.1)
  bool listening = false;
  bool reuse = false;

  bool full() const { return waiting + handshakes >= backlog; }
};

/// SYN-RECEIVED of a passive open.
struct SynRecord : HashNode<SynRecord, SynTag>, Timer {
  Endpoint local;
  Endpoint remote;
  ListenerHandle listener;
  SequenceNumber irs;
  SequenceNumber iss;
  Instant sent;                     // the first SYN-ACK, for an RTT sample when it was not retransmitted
  std::uint32_t ts_recent = 0;
  std::uint16_t peer_mss = 536;
  std::uint16_t window = 0;         // of the SYN, never scaled (RFC 7323 2.2)
  std::uint8_t peer_window_scale = 0;
  std::uint8_t window_scale = 0;    // of ours, as the SYN-ACK says
  std::uint8_t interface = 0;
  std::uint8_t retransmissions = 0;
  std::uint8_t challenges = 0;
  bool window_scaling = false;
  bool timestamps = false;
  bool sack = false;
  bool ecn = false;
  bool acknowledged = false;        // TCP_DEFER_ACCEPT: the handshake is over, its data is waited for
};

class SynTable {
 public:
  static constexpr std::size_t memory_needed(std::size_t capacity) {
    return ObjectPool<SynRecord>::memory_needed(capacity) + HashTable<SynRecord, SynTag>::memory_needed(capacity);
  }
  SynTable(Arena& arena, std::size_t capacity) : pool_(arena, capacity), table_(arena, capacity) {}

  SynRecord* find(std::uint32_t hash, const Endpoint& local, const Endpoint& remote) const {
    return table_.find(hash, [&](const SynRecord& r) { return r.remote == remote && r.local == local; });
  }
  SynRecord* create(std::uint32_t hash) {
    SynRecord* record = pool_.create();
    if (record != nullptr) table_.insert(*record, hash);
    return record;
  }
  /// The record's timer must be disarmed already.
  void remove(SynRecord& record) {
    table_.remove(record);
    pool_.destroy(record);
  }
  std::size_t used() const { return pool_.used(); }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    pool_.for_each(visit);
  }

 private:
  ObjectPool<SynRecord> pool_;
  HashTable<SynRecord, SynTag> table_;
};

}  // namespace linnet::tcp
