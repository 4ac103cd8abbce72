// SPDX-License-Identifier: Apache-2.0
// Machine: Multicast DNS and service discovery on one link (RFC 6762, RFC 6763), without any input or output
// of its own: a responder, a querier, and lookups of host names.
#pragma once

#include "services/dns/types.hpp"
#include "services/mdns/querier.hpp"
#include "services/mdns/responder.hpp"

namespace linnet::mdns {

/// A host name on its way to addresses, by a query for each family that is wanted. Shared by nobody.
struct Lookup {
  Name name{};
  dns::Families families = dns::Families::both;
  QueryHandle v4{};
  QueryHandle v6{};
  Instant settles = Instant::never();  ///< then what is known must do
  Instant ends{};
  dns::Error error = dns::Error::pending;
  dns::Answer answer{};
};

/// Its owner calls `next_message` until there is none, after every other call and when the deadline has come;
/// sends what it yields from port 5353 with a TTL of 255, to 224.0.0.251 and ff02::fb port 5353 or to whom it
/// says; and hands in what arrives at port 5353, but for what this host sent itself.
class Machine {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Responder::memory_needed(config) + Querier::memory_needed(config) +
           ObjectPool<Lookup>::memory_needed(config.lookups) +
           Arena::bytes_for<std::uint8_t>(config.message_size);
  }
  /// `random` must outlive the machine. `zone`: given to link-local addresses that lookups find.
  Machine(const Config& config, Arena& arena, Random& random, std::uint8_t zone);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// The link is up, which may be another than before: names are claimed anew, nothing that was known holds.
  void start(Instant now);
  /// Goodbyes, which take calls of next_message; the link is there still.
  void stop(Instant now);
  /// The link is gone.
  void halt();

  /// To change something: what it leads to comes out of next_message.
  Responder& responder() {
    deadline_ = Instant();
    return responder_;
  }
  Querier& querier() {
    deadline_ = Instant();
    return querier_;
  }
  const Responder& responder() const { return responder_; }
  const Querier& querier() const { return querier_; }
  /// What is known in answer to a query, our own records among it: visit(const RecordView&).
  template <typename Visit>
  void for_each_answer(QueryHandle handle, Instant now, Visit&& visit) const {
    const Query* query = querier_.find(handle);
    if (query == nullptr) return;
    responder_.for_each_answer(query->name, query->type, visit);
    querier_.cache().for_each(query->name, query->type, now, visit);
  }

  /// Looks a host's addresses up, for five seconds at most. Errors: no_memory.
  Result<LookupHandle, Error> lookup(const Name& name, dns::Families families, Instant now);
  /// The addresses, IPv6 before IPv4; or pending, no_such_name (nobody answered), no_data (of these
  /// families), closed.
  Result<dns::Answer, dns::Error> result(LookupHandle lookup) const;
  void release(LookupHandle lookup);

  /// A message that came to port 5353. False when it was not looked at, which is counted with its reason.
  bool receive(Bytes bytes, const Arrival& arrival, Instant now);
  /// It was this host's own.
  void drop_own() { drop(Drop::own); }
  std::optional<Outgoing> next_message(Instant now);
  /// When `next_message` wants to be called again; in the past while there is more to be done.
  Instant next_deadline() const { return deadline_; }

  Status status() const;
  void digest(Digest& digest) const;

 private:
  bool drop(Drop reason) {
    ++status_.drops[static_cast<std::size_t>(reason)];
    return false;
  }
  Instant step_lookups(Instant now);
  void step(Lookup& lookup, Instant now);
  bool collect(Lookup& lookup, std::uint16_t record_type, Instant now) const;
  void finish(Lookup& lookup, dns::Error error);

  Responder responder_;
  Querier querier_;
  ObjectPool<Lookup> lookups_;
  MutableBytes buffer_;
  std::uint8_t zone_;
  Instant deadline_{};
  Status status_;
};

}  // namespace linnet::mdns
