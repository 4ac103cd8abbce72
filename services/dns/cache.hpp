// SPDX-License-Identifier: Apache-2.0
// Cache: answers, good and bad, for as long as they hold.
#pragma once

#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
#include "services/dns/config.hpp"
#include "services/dns/types.hpp"

namespace linnet::dns {

/// Holds answers under the name and the record type that were asked for, never under another that a message
/// happened to speak of (RFC 5452 6). When it is full, what expired or else was used longest ago gives way.
class Cache {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Entry>(config.cache_entries);
  }
  Cache(const Config& config, Arena& arena) : entries_(arena.make_array<Entry>(config.cache_entries)) {}

  struct Found {
    Error error = Error::none;
    Answer answer;  ///< its ttl is what is left
  };
  /// What is known of the records of one type of `name`, or nothing.
  std::optional<Found> find(const Name& name, std::uint16_t record_type, Instant now);
  /// `error` is none, no_such_name or no_data (RFC 2308 5), or for a while server_failure or timeout (RFC
  /// 2308 7); a `ttl` of zero or less is not kept.
  void put(const Name& name, std::uint16_t record_type, Error error, const Answer& answer, Duration ttl,
           Instant now);
  void clear();
  void digest(Digest& digest) const;

 private:
  struct Entry {
    bool is(const Name& other, std::uint16_t type) const {
      return live && record_type == type && name == other;
    }
    Name name;
    std::uint16_t record_type = 0;
    Error error = Error::none;
    bool live = false;
    Answer answer;
    Instant expires;
    Instant used;
  };
  Entry& place_for(const Name& name, std::uint16_t record_type, Instant now);

  std::span<Entry> entries_;
};

}  // namespace linnet::dns
