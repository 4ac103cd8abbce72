// SPDX-License-Identifier: Apache-2.0
#include "services/mdns/machine.hpp"

namespace linnet::mdns {

namespace {

constexpr Duration lookup_time = Duration::seconds(5);  // three questions
// For the other family, once one is known: most answers have both, or that there is none (RFC 6762 6.2).
constexpr Duration other_family = Duration::milliseconds(250);

}  // namespace

Machine::Machine(const Config& config, Arena& arena, Random& random, std::uint8_t zone)
    : responder_(config, arena, random),
      querier_(config, arena, random),
      lookups_(arena, config.lookups),
      buffer_(arena.make_array<std::uint8_t>(config.message_size)),
      zone_(zone) {
  if (arena.exhausted()) buffer_ = {};
}

void Machine::start(Instant now) {
  responder_.start(now);
  querier_.restart(now);
  deadline_ = Instant();
}

void Machine::stop(Instant now) {
  responder_.stop(now);
  querier_.halt();
  deadline_ = Instant();
}

void Machine::halt() {
  responder_.halt();
  querier_.halt();
  deadline_ = Instant();
}

bool Machine::receive(Bytes bytes, const Arrival& arrival, Instant now) {
  const std::optional<Header> header = Message::parse_header(bytes);
  if (!header) return drop(Drop::too_short);
  if (header->opcode() != 0) return drop(Drop::opcode);
  if (header->rcode() != 0) return drop(Drop::rcode);
  if (header->is_response() && arrival.source.port != port) return drop(Drop::source_port);
  if (!arrival.multicast && !arrival.on_link) return drop(Drop::off_link);
  const std::optional<Message> message = Message::parse(bytes);
  if (!message) return drop(Drop::malformed);
  ++status_.received;
  if (header->is_response()) {
    responder_.on_response(*message, now);
    querier_.on_response(*message, arrival, now);
  } else {
    responder_.on_query(*message, arrival, now);
    querier_.on_query(*message, arrival, now);
  }
  deadline_ = Instant();
  return true;
}

std::optional<Outgoing> Machine::next_message(Instant now) {
  if (now < deadline_ || buffer_.empty()) return std::nullopt;
  const Instant of_lookups = step_lookups(now);
  std::optional<Outgoing> message = responder_.next_message(buffer_, now);
  if (!message) message = querier_.next_message(buffer_, now);
  if (message) {
    ++status_.sent;
    return message;
  }
  deadline_ = earlier(of_lookups, earlier(responder_.next_deadline(), querier_.next_deadline()));
  return std::nullopt;
}

Result<LookupHandle, Error> Machine::lookup(const Name& name, dns::Families families, Instant now) {
  Lookup* lookup = lookups_.create();
  if (lookup == nullptr) return Failure{Error::no_memory};
  lookup->name = name;
  lookup->families = families;
  lookup->ends = now + lookup_time;
  const auto ask = [&](dns::Families family, std::uint16_t record_type, QueryHandle& handle) {
    if (!dns::has(families, family)) return true;
    const auto query = querier_.query(name, record_type, now);
    if (query) handle = *query;
    return query.ok();
  };
  if (!ask(dns::Families::v4, type::a, lookup->v4) || !ask(dns::Families::v6, type::aaaa, lookup->v6)) {
    finish(*lookup, dns::Error::no_memory);
    lookups_.destroy(*lookup);
    return Failure{Error::no_memory};
  }
  deadline_ = Instant();
  return lookups_.handle_of(*lookup);
}

Result<dns::Answer, dns::Error> Machine::result(LookupHandle handle) const {
  const Lookup* lookup = lookups_.find(handle);
  if (lookup == nullptr) return Failure{dns::Error::closed};
  if (lookup->error != dns::Error::none) return Failure{lookup->error};
  return lookup->answer;
}

void Machine::release(LookupHandle handle) {
  Lookup* lookup = lookups_.find(handle);
  if (lookup == nullptr) return;
  finish(*lookup, dns::Error::closed);
  lookups_.destroy(*lookup);
}

void Machine::finish(Lookup& lookup, dns::Error error) {
  lookup.error = error;
  querier_.release(lookup.v4);
  querier_.release(lookup.v6);
  lookup.v4 = lookup.v6 = {};
}

/// Takes the addresses of one family; false when nothing is known yet, neither that there are any nor that
/// there are none.
bool Machine::collect(Lookup& lookup, std::uint16_t record_type, Instant now) const {
  bool any = false;
  const auto take = [&](const RecordView& view) {
    any = true;
    IpAddress address =
        record_type == type::a ? IpAddress::v4(view.data.first<4>()) : IpAddress::v6(view.data.first<16>());
    // What no host has is no answer, and a mapped address would be an A record that nobody checked as one.
    if (address.is_multicast() || address.is_unspecified() || address.is_v4() != (record_type == type::a))
      return;
    if (address.is_v6() && address.is_link_local()) address = address.with_zone(zone_);
    if (lookup.answer.add(address) && view.ttl < lookup.answer.ttl) lookup.answer.ttl = view.ttl;
  };
  responder_.for_each_answer(lookup.name, record_type, take);
  // Nobody else speaks of a host that is ours.
  if (any) return true;
  querier_.cache().for_each(lookup.name, record_type, now, take);
  bool own_host = false;
  for (const std::uint16_t other : {type::a, type::aaaa}) {
    responder_.for_each_answer(lookup.name, other, [&](const RecordView&) { own_host = true; });
  }
  return any || own_host || querier_.cache().denied(lookup.name, record_type, now);
}

void Machine::step(Lookup& lookup, Instant now) {
  lookup.answer = {};
  lookup.answer.ttl = Duration::max();
  bool all = true;
  if (dns::has(lookup.families, dns::Families::v6)) all = collect(lookup, type::aaaa, now);
  if (dns::has(lookup.families, dns::Families::v4)) all = collect(lookup, type::a, now) && all;
  const bool some = !lookup.answer.empty();
  if (some && !all && lookup.settles.is_never()) lookup.settles = now + other_family;
  if (!all && now < earlier(lookup.settles, lookup.ends)) return;
  finish(lookup, some ? dns::Error::none : all ? dns::Error::no_data : dns::Error::no_such_name);
}

Instant Machine::step_lookups(Instant now) {
  Instant next = Instant::never();
  lookups_.for_each([&](Lookup& lookup) {
    if (lookup.error != dns::Error::pending) return;
    step(lookup, now);
    if (lookup.error == dns::Error::pending) next = earlier(next, earlier(lookup.settles, lookup.ends));
  });
  return next;
}

Status Machine::status() const {
  Status status = status_;
  status.conflicts = responder_.conflicts();
  status.evicted = querier_.cache().evicted();
  return status;
}

void Machine::digest(Digest& digest) const {
  responder_.digest(digest);
  querier_.digest(digest);
  lookups_.for_each([&digest](const Lookup& lookup) { digest.add(lookup.name.wire()); });
}

}  // namespace linnet::mdns
