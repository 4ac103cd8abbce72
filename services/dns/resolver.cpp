// SPDX-License-Identifier: Apache-2.0
#include "services/dns/resolver.hpp"

#include <algorithm>

namespace linnet::dns {

std::string_view error_text(Error error) {
  constexpr std::array<std::string_view, 12> texts = {"no error",
                                                      "still being resolved",
                                                      "no such name",
                                                      "the name has no address",
                                                      "server failure",
                                                      "no server answered",
                                                      "not a host name",
                                                      "no DNS server is set",
                                                      "too many lookups",
                                                      "no such lookup",
                                                      "no server could be reached securely",
                                                      "write letters beyond ASCII as 'xn--...' (RFC 5891)"};
  return texts[static_cast<std::size_t>(error)];
}

namespace {

/// Of the servers: they were asked, and nothing is known.
bool is_failure(Error error) {
  return error == Error::server_failure || error == Error::timeout || error == Error::insecure;
}

/// Why a text is no host name.
Error wrong_name(std::string_view text) {
  const bool ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return ascii ? Error::bad_name : Error::not_ascii;
}

}  // namespace

Resolver::Resolver(Stack& stack, const Config& config, Arena& arena)
    : stack_(stack),
      config_(config),
      lookups_(arena, config.queries),
      cache_(config, arena),
      search_list_(config, arena),
      hosts_(config, arena),
      buffer_(arena.make_array<std::uint8_t>(buffer_size(config))),
      messages_(arena.make_array<std::uint8_t>(config.record_queries * buffer_size(config))),
      secure_(arena.make_array<Conversation>(secure_servers(config))) {
  for (Conversation& secure : secure_) secure = Conversation(arena, buffer_size(config));
}

Resolver::~Resolver() {
  lookups_.for_each([this](Lookup& lookup) { close(lookup); });
  for (Conversation& secure : secure_) secure.close(now_);
}

bool Resolver::set_server(std::size_t index, const IpAddress& address) {
  if (index >= maximum_servers) return false;
  if (servers_[index] == address) return true;
  leave_stream(index, now_);  // it leads to another
  servers_[index] = address;
  silent_ &= static_cast<std::uint8_t>(~(1u << index));
  return true;
}

IpAddress Resolver::server(std::size_t index) const {
  return index < maximum_servers ? servers_[index] : IpAddress();
}

Result<QueryHandle, Error> Resolver::resolve(std::string_view text, Instant now, Families families) {
  if (buffer_.empty()) return Failure{Error::no_memory};
  now_ = now;
  if (const std::optional<IpAddress> address = IpAddress::parse(text)) {
    return answered(Error::none, {&*address, 1});
  }
  const std::optional<Name> name = Name::from_text(text);
  if (!name) return Failure{wrong_name(text)};
  // RFC 6761 6.3 and 6.4, RFC 7686 2: names that are not for the DNS.
  if (name->is_within("localhost")) {
    constexpr std::array<IpAddress, 2> own = {IpAddress::loopback_v4(), IpAddress::loopback_v6()};
    const std::size_t first = has(families, Families::v4) ? 0 : 1;
    const std::size_t last = has(families, Families::v6) ? 2 : 1;
    return answered(Error::none, std::span(own).subspan(first, last - first));
  }
  if (const Answer known = hosts_.find(*name, families); !known.empty()) {
    return answered(Error::none, known.addresses());
  }
  if (name->is_within("invalid") || name->is_within("onion")) return answered(Error::no_such_name, {});

  const bool search = !text.ends_with('.') && !search_list_.empty();
  if (Lookup* same = pending(*name, families, search)) {
    ++same->references;
    return lookups_.handle_of(*same);
  }
  return begin(*name, families, search, now);
}

/// What needs no query.
Result<QueryHandle, Error> Resolver::answered(Error error, std::span<const IpAddress> addresses) {
  Lookup* lookup = lookups_.create();
  if (lookup == nullptr) return Failure{Error::no_memory};
  lookup->error = error;
  for (const IpAddress& address : addresses) lookup->add(address, config_.maximum_ttl);
  return lookups_.handle_of(*lookup);
}

Result<QueryHandle, Error> Resolver::begin(const Name& name, Families families, bool search, Instant now) {
  Lookup* lookup = lookups_.create();
  if (lookup == nullptr) return Failure{Error::no_memory};
  lookup->name = name;
  lookup->own_size = static_cast<std::uint8_t>(name.wire().size());
  lookup->families = families;
  if (search) begin_search(*lookup, now);
  begin_questions(*lookup, now);
  settle(*lookup, now);
  if (lookup->error == Error::no_server) {
    lookups_.destroy(*lookup);
    return Failure{Error::no_server};
  }
  return lookups_.handle_of(*lookup);
}

/// Asks for what the cache does not know.
void Resolver::begin_questions(Lookup& lookup, Instant now) {
  const Families families = lookup.families;
  if (has(families, Families::v4)) lookup.v4.error = Error::pending;
  if (has(families, Families::v6)) lookup.v6.error = Error::pending;
  lookup.for_each_question([&](Question& question) {
    if (question.error != Error::pending || take_from_cache(lookup, question, now)) return;
    if (first_server(question)) {
      question.any_failed = question.any_insecure = question.small_letters = false;
      ask(lookup.name, question, now);
    } else {
      question.error = Error::no_server;
    }
  });
}

Result<QueryHandle, Error> Resolver::query(const Name& name, std::uint16_t record_type, Instant now) {
  now_ = now;
  const MutableBytes room = room_for_message();
  Lookup* lookup = room.empty() ? nullptr : lookups_.create();
  if (lookup == nullptr) return Failure{Error::no_memory};
  lookup->name = name;
  lookup->families = Families::none;
  lookup->message = room;
  lookup->v4.record_type = record_type;
  if (!first_server(lookup->v4)) {
    lookups_.destroy(*lookup);
    return Failure{Error::no_server};
  }
  lookup->v4.error = Error::pending;
  ask(name, lookup->v4, now);
  return lookups_.handle_of(*lookup);
}

/// One of `messages_` that no lookup has; empty when there is none.
MutableBytes Resolver::room_for_message() {
  const std::size_t size = buffer_size(config_);
  for (std::size_t at = 0; at < messages_.size(); at += size) {
    bool taken = false;
    lookups_.for_each([&](const Lookup& lookup) { taken |= lookup.message.data() == messages_.data() + at; });
    if (!taken) return messages_.subspan(at, size);
  }
  return {};
}

Bytes Resolver::message(QueryHandle query) const {
  const Lookup* lookup = lookups_.find(query);
  return lookup == nullptr ? Bytes() : Bytes(lookup->message).first(lookup->message_size);
}

IpAddress Resolver::answerer(QueryHandle query) const {
  const Lookup* lookup = lookups_.find(query);
  return lookup == nullptr || lookup->message_size == 0 ? IpAddress() : servers_[lookup->v4.server];
}

std::uint16_t Resolver::answerer_port(QueryHandle query) const {
  const Lookup* lookup = lookups_.find(query);
  const SecureStream* stream =
      lookup != nullptr && lookup->message_secure ? stream_of(lookup->v4.server) : nullptr;
  return stream != nullptr ? stream->port() : server_port;
}

bool Resolver::by_stream(QueryHandle query) const {
  const Lookup* lookup = lookups_.find(query);
  return lookup != nullptr && lookup->message_by_stream;
}

bool Resolver::by_secure_stream(QueryHandle query) const {
  const Lookup* lookup = lookups_.find(query);
  return lookup != nullptr && lookup->message_secure;
}

/// RFC 2308 5, RFC 8020 2: a name that does not exist has no record of any type. That is believed of what was
/// said about A records only: servers that know no AAAA records say it of names that exist (RFC 4074 4.2).
bool Resolver::take_from_cache(const Lookup& lookup, Question& question, Instant now) {
  std::optional<Cache::Found> found = cache_.find(lookup.name, question.record_type, now);
  if (!found && question.record_type != type::a) {
    found = cache_.find(lookup.name, type::a, now);
    if (found && found->error != Error::no_such_name) return false;
  }
  if (!found || (is_failure(found->error) && lookup.families != Families::both)) return false;
  question.error = found->error;
  question.answer = found->answer;
  return true;
}

/// RFC 2308 7: that a family has brought nothing while the other did, so that the next who wants both need
/// not wait for it again. Who wants that family alone asks anew.
void Resolver::remember_failure(const Name& name, const Question& question, Instant now) {
  if (!is_failure(question.error) || cache_.find(name, question.record_type, now)) return;
  cache_.put(name, question.record_type, question.error, {}, config_.failure_ttl, now);
}

Lookup* Resolver::pending(const Name& name, Families families, bool search) const {
  Lookup* found = nullptr;
  lookups_.for_each([&](Lookup& lookup) {
    const bool same = lookup.families == families && lookup.search.on == search && lookup.is_for(name);
    if (lookup.error == Error::pending && same) found = &lookup;
  });
  return found;
}

/// True when the result is there: all is known, or A records are for a name that does not exist (RFC 8020 2);
/// or one family is known and the other was waited for long enough (RFC 4074 4.1: some servers never answer
/// about AAAA). What was still being asked is then no more.
bool Resolver::complete(Lookup& lookup, Instant now) {
  bool done = lookup.v4.error != Error::pending && lookup.v6.error != Error::pending;
  if (!done && lookup.is_of_use()) {
    if (lookup.partial_at == Instant::never()) lookup.partial_at = now + config_.partial_wait;
    done = now >= lookup.partial_at || lookup.v4.error == Error::no_such_name;
  }
  if (!done) return false;
  lookup.for_each_question([this](Question& question) {
    if (question.error != Error::pending) return;
    finish(question, question.answer.empty() ? Error::timeout : Error::none);  // what was truncated serves
  });
  return true;
}

/// Ends a lookup whose result is there, or goes on with the next name that it may stand for: at most one for
/// each domain of the search list, and one more.
void Resolver::settle(Lookup& lookup, Instant now) {
  while (lookup.error == Error::pending && complete(lookup, now)) {
    lookup.error = lookup.outcome();
    if (search_further(lookup, now)) begin_questions(lookup, now);
  }
  if (lookup.error != Error::none) return;
  lookup.for_each_question([&](Question& question) { remember_failure(lookup.name, question, now); });
}

void Resolver::close(Lookup& lookup) {
  lookup.for_each_question([this](Question& question) { close_sockets(question); });
}

Result<Answer, Error> Resolver::result(QueryHandle query) const {
  const Lookup* lookup = lookups_.find(query);
  if (lookup == nullptr) return Failure{Error::closed};
  if (lookup->error != Error::none) return Failure{lookup->error};
  return lookup->answer();
}

Result<Answer, Error> Resolver::result(QueryHandle query, Families family) const {
  const Lookup* lookup = lookups_.find(query);
  if (lookup == nullptr) return Failure{Error::closed};
  const Question& question = family == Families::v4 ? lookup->v4 : lookup->v6;
  if (!question.answer.empty() && question.error != Error::pending) return question.answer;
  // What is said of this name may not be the last that is tried.
  if (lookup->error == Error::pending) return Failure{Error::pending};
  if (lookup->error != Error::none) return Failure{lookup->error};
  return Failure{question.error == Error::none ? Error::no_data : question.error};
}

std::optional<Name> Resolver::name(QueryHandle query) const {
  const Lookup* lookup = lookups_.find(query);
  if (lookup == nullptr || lookup->name.is_root()) return std::nullopt;
  return lookup->name;
}

void Resolver::release(QueryHandle query) {
  Lookup* lookup = lookups_.find(query);
  if (lookup == nullptr || --lookup->references > 0) return;
  close(*lookup);
  lookups_.destroy(*lookup);
}

Instant Resolver::poll(Instant now) {
  now_ = now;
  Instant next = Instant::never();
  for (std::size_t i = 0; i < secure_.size(); ++i) {
    if (hear_stream(i, now)) next = now;
  }
  lookups_.for_each([&](Lookup& lookup) {
    if (lookup.error != Error::pending) return;
    lookup.for_each_question([&](Question& question) {
      for (Exchange* exchange : {static_cast<Exchange*>(&question), &question.beside}) {
        if (question.error == Error::pending && receive(lookup, question, *exchange, now)) next = now;
      }
      converse(lookup, question, now);
      if (question.error == Error::pending && now >= question.due) gap_over(lookup.name, question, now);
      if (question.error == Error::pending && now >= question.beside_due) {
        begin_beside(lookup.name, question, now);
      }
    });
    settle(lookup, now);
    if (lookup.error != Error::pending) return;
    next = earlier(next, earlier(lookup.partial_at, earlier(lookup.v4.due, lookup.v6.due)));
    next = earlier(next, earlier(lookup.v4.beside_due, lookup.v6.beside_due));
  });
  for (std::size_t i = 0; i < secure_.size(); ++i) next = earlier(next, tell_stream(i, now));
  return next;
}

void Resolver::digest(Digest& digest) const {
  for (const IpAddress& server : servers_) {
    digest.add(server.bytes());
    digest.add(server.zone());
  }
  digest.add(static_cast<std::uint64_t>(privacy_));
  digest.add(silent_);
  for (const Conversation& secure : secure_) digest.add(static_cast<std::uint64_t>(secure.state()));
  lookups_.for_each([&digest](Lookup& lookup) {
    digest.add(lookup.name.wire());
    digest.add(lookup.search.on);
    digest.add(lookup.search.next);  // which says how much of the name was given
    digest.add(static_cast<std::uint64_t>(lookup.families));
    digest.add(static_cast<std::uint64_t>(lookup.error));
    digest.add(lookup.partial_at == Instant::never());
    lookup.for_each_question([&digest](const Question& question) {
      digest.add(question.id);
      digest.add(question.server);
      digest.add(question.tries);
      digest.add(question.failed);
      digest.add(static_cast<std::uint64_t>(question.error));
      digest.add(question.answer.addresses().size());
    });
  });
  cache_.digest(digest);
  search_list_.digest(digest);
  hosts_.digest(digest);
}

}  // namespace linnet::dns
