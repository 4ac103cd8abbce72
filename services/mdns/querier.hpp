// SPDX-License-Identifier: Apache-2.0
// Querier: asks on one link until told to stop (RFC 6762 5), and keeps what others say there. No input or
// output of its own.
#pragma once

#include "core/base/object_pool.hpp"
#include "core/base/result.hpp"
#include "services/mdns/cache.hpp"

namespace linnet::mdns {

/// Shared by all who ask the same.
struct Query {
  Name name{};
  std::uint16_t type = 0;
  std::uint32_t references = 1;
  std::uint32_t version = 0;         ///< moves when an answer comes or goes
  std::uint16_t times = 0;           ///< asked
  Duration interval{};               ///< to the question after the next
  Instant next{};                    ///< question
  Instant again = Instant::never();  ///< beside: an answer is about to end (5.2)
  bool in_message = false;           ///< its known answers are being told
};

class Querier {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return ObjectPool<Query>::memory_needed(config.queries) + Cache::memory_needed(config) +
           Arena::bytes_for<std::uint8_t>(maximum_data);
  }
  /// `random` must outlive it.
  Querier(const Config& config, Arena& arena, Random& random);

  /// Asks for the records of a type (or type::any) of a name, until `release`d as often as asked for. What is
  /// known already is there at once.
  Result<QueryHandle, Error> query(const Name& name, std::uint16_t record_type, Instant now);
  void release(QueryHandle query);
  /// Null when the handle is stale.
  const Query* find(QueryHandle query) const { return queries_.find(query); }
  /// Somebody could not reach what a record told of (10.4): it is asked for again, and gone in ten seconds
  /// unless somebody answers.
  void doubt(const Name& name, std::uint16_t record_type, Instant now);

  const Cache& cache() const { return cache_; }
  /// The link may be another one: nothing that is known holds (RFC 6762 10.3), all is asked anew.
  void restart(Instant now);
  /// There is no link.
  void halt();

  void on_query(const Message& message, const Arrival& arrival, Instant now);
  void on_response(const Message& message, const Arrival& arrival, Instant now);
  /// Does what is due. A question to be sent now, written into `room`; call until there is none.
  std::optional<Outgoing> next_message(MutableBytes room, Instant now);
  Instant next_deadline() const;
  void digest(Digest& digest) const;

 private:
  Query* wanted_by(const Name& name, std::uint16_t record_type) const;
  void changed(const Name& name, std::uint16_t record_type);
  bool knows_all_of(const Message& message, const Question& question, Instant now);
  void asked(Query& query, Instant now);
  bool write_known_answers(MessageWriter& writer, Instant now);

  Random& random_;
  Cache cache_;
  ObjectPool<Query> queries_;
  MutableBytes data_;
  bool running_ = false;
  bool more_known_ = false;         // the known answers go on in another message (7.2)
  std::size_t known_position_ = 0;  // from this place in the cache on
};

}  // namespace linnet::mdns
