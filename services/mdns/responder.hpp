// SPDX-License-Identifier: Apache-2.0
// Responder: answers for the own records on one link (RFC 6762 6 to 10), without any input or output of its
// own. Its life and when things are due is in responder.cpp, what its owner changes in changes.cpp, how names
// become its own in probing.cpp, what is asked of it in answering.cpp, the messages in responses.cpp.
#pragma once

#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "services/mdns/own_records.hpp"

namespace linnet::mdns {

class Responder {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return OwnRecords::memory_needed(config) + Arena::bytes_for<RecordState>(OwnRecords::count(config)) +
           2 * Arena::bytes_for<std::uint8_t>(maximum_data);
  }
  /// `random` must outlive it.
  Responder(const Config& config, Arena& arena, Random& random);

  /// Claims the names of hosts with an address, and of their services. A link that is up again may be another
  /// one: everything is probed anew (RFC 6762 8).
  void start(Instant now);
  /// Goodbyes for what was announced (10.1): messages to come. The link is there still.
  void stop(Instant now);
  /// The link is gone: nothing is sent, nothing is ours until `start`.
  void halt();
  bool running() const { return running_; }

  // What there is to say. Names are not checked against those of others: that is what claims are for.
  Result<HostHandle, Error> add_host(std::string_view label, Instant now);
  Result<void, Error> set_host_name(HostHandle host, std::string_view label, Instant now);
  /// All addresses of a host; those that are gone are said goodbye to (8.4). More than there is room for are
  /// left out.
  Result<void, Error> set_addresses(HostHandle host, std::span<const IpAddress> addresses, Instant now);
  Result<void, Error> remove_host(HostHandle host, Instant now);
  Result<ServiceHandle, Error> add_service(const ServiceOptions& options, Instant now);
  Result<void, Error> set_instance(ServiceHandle service, std::string_view label, Instant now);
  Result<void, Error> set_txt(ServiceHandle service, Bytes txt, Instant now);
  Result<void, Error> set_port(ServiceHandle service, std::uint16_t number, Instant now);
  /// One more, which is announced. To take one away, remove the service and add it anew.
  Result<void, Error> add_subtype(ServiceHandle service, std::string_view subtype, Instant now);
  Result<void, Error> remove_service(ServiceHandle service, Instant now);

  /// Null when the handle is stale.
  const Host* host(HostHandle handle) const;
  const Service* service(ServiceHandle handle) const;
  const OwnRecords& records() const { return records_; }

  /// What we say ourselves of a name: visit(const RecordView&), of this type (or type::any).
  template <typename Visit>
  void for_each_answer(const Name& name, std::uint16_t record_type, Visit&& visit) const {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const RecordKey key = records_.key(i);
      if (!answerable(key) || key.is_nsec()) continue;
      const std::uint16_t own_type = records_.record_type(key);
      if ((own_type != record_type && record_type != type::any) || !records_.name(key).same_as(name))
        continue;
      visit(RecordView{.name = records_.name(key),
                       .type = own_type,
                       .data = records_.data(key, own_data_),
                       .ttl = Duration::seconds(records_.ttl(key)),
                       .own = true});
    }
  }

  void on_query(const Message& message, const Arrival& arrival, Instant now);
  void on_response(const Message& message, Instant now);

  /// Does what is due. A message to be sent now, written into `room`; call until there is none.
  std::optional<Outgoing> next_message(MutableBytes room, Instant now);
  Instant next_deadline() const;

  std::uint32_t conflicts() const { return conflicts_; }
  void digest(Digest& digest) const;

 private:
  static constexpr std::uint8_t none = 0xff;
  static constexpr std::size_t reply_count = 4;
  static constexpr std::size_t wait_count = 4;
  static constexpr std::size_t conflict_burst = 15;  // RFC 6762 8.1

  /// What is to be done with a record.
  struct RecordState {
    bool was_sent = false;
    Instant sent{};                  // by multicast, when last
    Instant due = Instant::never();  // by multicast
    bool goodbye = false;            // due, with a TTL of zero
    bool announce = false;           // due whatever others say meanwhile
    std::uint8_t replies = 0;        // bit i: belongs into replies_[i]
    std::uint8_t wait = none;        // due, unless the asker of waits_[wait] knows it
    // While one message is read or written:
    bool asked = false;
    bool asked_unicast = false;
    bool known = false;
    bool additional = false;
  };
  /// An answer to one asker alone: QU (5.4) or legacy (6.7).
  struct Reply {
    bool used = false;
    bool legacy = false;
    Endpoint to{};
    std::uint16_t id = 0;
    Name name{};  // of the question, for a legacy asker
    std::uint16_t type = 0;
    Instant due = Instant::never();
  };
  /// Somebody whose known answers go on in another message (7.2).
  struct Wait {
    bool used = false;
    IpAddress source{};
    Instant due = Instant::never();
    Instant most = Instant::never();  // it is waited for no longer, whatever comes
  };
  struct Owner {
    bool of_host = true;
    std::uint16_t index = 0;
  };
  struct Contest {
    int order = 0;                  // above zero: our data come later
    std::uint32_t fingerprint = 0;  // of theirs
  };

  // changes.cpp
  Host* find(HostHandle handle);
  Service* find(ServiceHandle handle);
  HostHandle handle_of(std::uint8_t host) const { return {host, records_.hosts()[host].generation}; }
  std::optional<Error> fill(Service& service, const ServiceOptions& options);
  std::optional<Error> fill_subtype(Service& service, std::string_view text);

  // responder.cpp
  template <typename Visit>
  void for_each_record(Visit&& visit);
  template <typename Visit>
  void for_each_record_of(Owner owner, Visit&& visit);
  void clear_records(Owner owner);
  void say_goodbye(Owner owner, Instant now);
  void leave(Owner owner, Instant now);
  void finish_leaving(Instant now);
  template <typename Owned>
  void finish_leaving_of(Owner owner, Owned& one, Instant now);
  bool leaving_said(Owner owner);
  bool shares_type(std::uint16_t service) const;

  // probing.cpp
  void begin(Owner owner, Instant due);
  void begin_if_ready(Owner owner, Instant due);
  void claims_due(Instant now);
  void claim_due(Owner owner, Claim& claim, Instant now);
  void announce(Owner owner, Instant now);
  void announce_again(Owner owner, Instant now);
  void defend(const Message& message, Instant now);
  void tell_again(Owner owner, Claim& claim, Instant now);
  void rename(Owner owner);
  void conflict(Owner owner, Instant now);
  void tie_breaks(const Message& message, Instant now);
  void note_rivals(const Name& name);
  Contest compare_with(const Message& message, Owner owner, const Name& name);
  void check_record(const Message& message, const Record& record, Instant now);
  void check_claim(Owner owner, const Record& record, Bytes data, Instant now);
  Claim& claim_of(Owner owner);
  Name name_of(Owner owner) const;
  bool write_probe(MessageWriter& writer, Owner owner);

  // answering.cpp
  void ask(const Question& question, bool unicast);
  void strike_known(const Message& message);
  void keep_sets();
  void take_more_known(const Message& message, const Arrival& arrival, Instant now);
  std::uint8_t wait_for(const Arrival& arrival, Instant due, Instant now);
  std::uint8_t reply_to(const Message& message, const Arrival& arrival, bool legacy, Instant due);
  void schedule(const Message& message, const Arrival& arrival, bool legacy, Instant now);
  void schedule_multicast(RecordState& state, Instant due, bool defence, std::uint8_t wait, Instant now);
  void heard_answer(const Record& record, Bytes data, Instant now);
  bool answerable(const RecordKey& key) const { return records_.exists(key) && records_.claim(key).ours(); }

  // responses.cpp
  Bytes write_probes(MutableBytes room, Instant now);
  Bytes write_multicast(MutableBytes room, Instant now);
  Bytes write_reply(MutableBytes room, std::uint8_t reply);
  bool write_record(MessageWriter& writer, Section section, std::size_t number, std::uint32_t most_ttl,
                    bool flush);
  void mark_additionals(const RecordKey& answer);
  void mark_addresses(std::uint16_t host);

  std::span<RecordState> states_;  // one for each of the records; none, where there is no memory for both
  MutableBytes own_data_;
  MutableBytes their_data_;
  OwnRecords records_;
  Random& random_;
  std::array<Reply, reply_count> replies_{};
  std::array<Wait, wait_count> waits_{};
  std::array<Instant, conflict_burst> conflict_times_{};
  std::size_t next_conflict_ = 0;
  std::uint32_t conflicts_ = 0;
  bool too_many_conflicts_ = false;  // until a name is ours
  bool running_ = false;
};

template <typename Visit>
void Responder::for_each_record(Visit&& visit) {
  for (std::size_t i = 0; i < states_.size(); ++i) visit(records_.key(i), states_[i]);
}

template <typename Visit>
void Responder::for_each_record_of(Owner owner, Visit&& visit) {
  const std::size_t first = records_.first_of(owner.of_host, owner.index);
  for (std::size_t i = first; i < first + records_.count_of(owner.of_host); ++i) {
    visit(records_.key(i), states_[i]);
  }
}

}  // namespace linnet::mdns
