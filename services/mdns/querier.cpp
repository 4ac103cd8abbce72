// SPDX-License-Identifier: Apache-2.0
#include "services/mdns/querier.hpp"

#include <algorithm>

namespace linnet::mdns {

namespace {

// RFC 6762 5.2.
constexpr Duration first_least = Duration::milliseconds(20);
constexpr Duration first_most = Duration::milliseconds(120);
constexpr Duration first_interval = Duration::seconds(1);
constexpr Duration most_interval = Duration::seconds(3600);
// RFC 6762 7.3: a question of somebody else's stands for one that we are about to ask.
constexpr Duration about_to = Duration::seconds(1);

}  // namespace

Querier::Querier(const Config& config, Arena& arena, Random& random)
    : random_(random),
      cache_(config, arena, random),
      queries_(arena, config.queries),
      data_(arena.make_array<std::uint8_t>(maximum_data)) {}

Result<QueryHandle, Error> Querier::query(const Name& name, std::uint16_t record_type, Instant now) {
  Query* same = nullptr;
  queries_.for_each([&](Query& query) {
    if (query.type == record_type && query.name.same_as(name)) same = &query;
  });
  if (same != nullptr) {
    ++same->references;
    return queries_.handle_of(*same);
  }
  Query* query = queries_.create();
  if (query == nullptr) return Failure{Error::no_memory};
  query->name = name;
  query->type = record_type;
  query->interval = first_interval;
  query->next = now + random_.between(first_least, first_most);
  return queries_.handle_of(*query);
}

void Querier::release(QueryHandle handle) {
  Query* query = queries_.find(handle);
  if (query != nullptr && --query->references == 0) queries_.destroy(*query);
}

void Querier::restart(Instant now) {
  halt();
  running_ = true;
  queries_.for_each([&](Query& query) {
    query.times = 0;
    query.interval = first_interval;
    query.next = now + random_.between(first_least, first_most);
    query.again = Instant::never();
  });
}

void Querier::halt() {
  running_ = more_known_ = false;
  cache_.clear();
  queries_.for_each([](Query& query) { ++query.version; });
}

void Querier::doubt(const Name& name, std::uint16_t record_type, Instant now) {
  cache_.doubt(name, record_type, now);
  if (Query* query = wanted_by(name, record_type)) query->again = now;
}

Query* Querier::wanted_by(const Name& name, std::uint16_t record_type) const {
  Query* found = nullptr;
  queries_.for_each([&](Query& query) {
    const bool of_type = query.type == record_type || query.type == type::any;
    if (of_type && query.name.same_as(name)) found = &query;
  });
  return found;
}

/// An answer came or went. That there is none is an answer, too.
void Querier::changed(const Name& name, std::uint16_t record_type) {
  queries_.for_each([&](Query& query) {
    const bool of_type = query.type == record_type || query.type == type::any || record_type == type::nsec;
    if (of_type && query.name.same_as(name)) ++query.version;
  });
}

/// RFC 6762 7.3: whether the asker knows no more answers than we do.
bool Querier::knows_all_of(const Message& message, const Question& question, Instant now) {
  bool all = true;
  message.for_each_record([&](const Record& record) {
    if (record.section != Section::answer || !question.asks(record.type) ||
        !record.owner.same_as(question.name))
      return;
    const std::optional<Bytes> data = message.data_of(record, data_);
    if (!data) return;
    bool known = false;
    cache_.for_each(record.owner, record.type, now, [&](const RecordView& view) {
      known = known || same_data(record.type, *data, view.data);
    });
    all = all && known;
  });
  return all;
}

void Querier::on_query(const Message& message, const Arrival& arrival, Instant now) {
  // What is asked in one message and known in the next cannot be judged.
  if (!running_ || message.header().truncated() || arrival.source.port != port || !arrival.multicast) return;
  message.for_each_question([&](const Question& question) {
    if (question.unicast || !question.of_internet()) return;
    queries_.for_each([&](Query& query) {
      const bool soon = earlier(query.next, query.again) <= now + about_to;
      if (!soon || query.type != question.type || !query.name.same_as(question.name)) return;
      if (knows_all_of(message, question, now)) asked(query, now);
    });
  });
}

void Querier::on_response(const Message& message, const Arrival& arrival, Instant now) {
  if (!running_) return;
  message.for_each_record([&](const Record& record) {
    if (record.section == Section::authority || record.record_class != dns::class_in) return;
    const std::optional<Bytes> data = message.data_of(record, data_);
    if (!data) return;
    const Cache::Hearing hearing{.over_v4 = arrival.source.address.is_v4(),
                                 .wanted = wanted_by(record.owner, record.type) != nullptr};
    if (cache_.hear(record, *data, hearing, now) == Cache::Change::added) changed(record.owner, record.type);
  });
}

/// RFC 6762 5.2: the next time later and later.
void Querier::asked(Query& query, Instant now) {
  ++query.times;
  query.again = Instant::never();
  if (query.next > now + about_to) return;  // it was only a refresh
  query.next = now + query.interval;
  query.interval = std::min(query.interval * 2, most_interval);
}

std::optional<Outgoing> Querier::next_message(MutableBytes room, Instant now) {
  if (!running_) return std::nullopt;
  cache_.expire(now, [this](const Name& name, std::uint16_t record_type) { changed(name, record_type); });
  cache_.refresh(now, [&](const Name& name, std::uint16_t record_type) {
    if (Query* query = wanted_by(name, record_type)) query->again = now;
  });
  MessageWriter writer(room, 0, 0);
  if (!more_known_) {
    known_position_ = 0;
    queries_.for_each([&](Query& query) {
      query.in_message = false;
      if (earlier(query.next, query.again) > now) return;
      // RFC 6762 5.4: the first time, who answers need not tell all. But two who have one name notice only by
      // each other's answers (9), so what is to be one host's alone is asked before everybody.
      const bool unicast = query.times == 0 && query.type == type::ptr;
      if (!writer.question(query.name, query.type, unicast)) return;
      query.in_message = true;
      asked(query, now);
    });
    if (writer.empty()) return std::nullopt;
  }
  more_known_ = !write_known_answers(writer, now);
  if (more_known_) writer.add_flags(flag::truncated);
  if (writer.empty()) return std::nullopt;
  return Outgoing{writer.finish(), std::nullopt};
}

/// RFC 6762 7.1; false when there are more than the message has room for (7.2).
bool Querier::write_known_answers(MessageWriter& writer, Instant now) {
  const std::size_t first = known_position_;
  for (; known_position_ < cache_.size(); ++known_position_) {
    bool room = true;
    bool told = false;
    queries_.for_each([&](Query& query) {
      if (!query.in_message || !room || told) return;
      const auto known = cache_.known_answer(known_position_, query.name, query.type, now);
      if (!known) return;
      told = true;
      const auto ttl = static_cast<std::uint32_t>(known->ttl.as_seconds());
      room = writer.record(Section::answer, known->name,
                           {.type = known->type, .flush = false, .ttl = ttl, .data = known->data});
    });
    // One that fits no message at all is left out.
    if (!room && (known_position_ != first || !writer.empty())) return false;
  }
  return true;
}

Instant Querier::next_deadline() const {
  if (!running_) return Instant::never();
  if (more_known_) return Instant();
  Instant next = cache_.next_deadline();
  queries_.for_each([&](const Query& query) { next = earlier(next, earlier(query.next, query.again)); });
  return next;
}

void Querier::digest(Digest& digest) const {
  cache_.digest(digest);
  queries_.for_each([&digest](const Query& query) {
    digest.add(query.name.wire());
    digest.add((std::uint64_t{query.type} << 32) | query.references);
  });
}

}  // namespace linnet::mdns
