// SPDX-License-Identifier: Apache-2.0
#include "services/dns/resolver.hpp"

#include <algorithm>

namespace linnet::dns {

std::string_view error_text(Error error) {
  constexpr std::array<std::string_view, 10> texts = {
      "no error",         "still being resolved", "no such name",    "the name has no address",
      "server failure",   "no server answered",   "not a host name", "no DNS server is set",
      "too many lookups", "no such lookup"};
  const auto index = static_cast<std::size_t>(error);
  return index < texts.size() ? texts[index] : std::string_view("?");
}

Resolver::Resolver(Stack& stack, const Config& config, Arena& arena)
    : stack_(stack),
      config_(config),
      lookups_(arena, config.queries),
      cache_(config, arena),
      buffer_(arena.make_array<std::uint8_t>(buffer_size(config))) {}

Resolver::~Resolver() {
  lookups_.for_each([this](Lookup& lookup) { close_socket(lookup); });
}

bool Resolver::set_server(std::size_t index, const IpAddress& address) {
  if (index >= maximum_servers) return false;
  servers_[index] = address;
  return true;
}

IpAddress Resolver::server(std::size_t index) const {
  return index < maximum_servers ? servers_[index] : IpAddress();
}

Result<QueryHandle, Error> Resolver::resolve(std::string_view text, Instant now) {
  if (buffer_.empty()) return Failure{Error::no_memory};
  if (const std::optional<IpAddress> address = IpAddress::parse(text)) return answered(*address);
  const std::optional<Name> name = Name::from_text(text);
  if (!name) return Failure{Error::bad_name};
  // RFC 6761 6.3 and 6.4, RFC 7686 2: names that are not for the DNS.
  if (name->is_within("localhost")) return answered(IpAddress::loopback_v4());
  if (name->is_within("invalid") || name->is_within("onion")) return answered(Error::no_such_name, {});

  if (Lookup* same = pending(*name)) {
    ++same->references;
    return lookups_.handle_of(*same);
  }
  if (const std::optional<Cache::Found> found = cache_.find(*name, now))
    return answered(found->error, found->answer);

  Lookup* lookup = lookups_.create();
  if (lookup == nullptr) return Failure{Error::no_memory};
  if (!next_server(*lookup, 0)) {
    lookups_.destroy(*lookup);
    return Failure{Error::no_server};
  }
  lookup->name = *name;
  ask(*lookup, now);
  return lookups_.handle_of(*lookup);
}

Result<QueryHandle, Error> Resolver::answered(Error error, const Answer& answer) {
  Lookup* lookup = lookups_.create();
  if (lookup == nullptr) return Failure{Error::no_memory};
  lookup->error = error;
  lookup->answer = answer;
  return lookups_.handle_of(*lookup);
}

Result<QueryHandle, Error> Resolver::answered(const IpAddress& address) {
  Answer answer;
  answer.add(address);
  answer.ttl = config_.maximum_ttl;
  return answered(Error::none, answer);
}

Lookup* Resolver::pending(const Name& name) const {
  Lookup* found = nullptr;
  lookups_.for_each([&](Lookup& lookup) {
    if (lookup.error == Error::pending && lookup.name == name) found = &lookup;
  });
  return found;
}

Result<Answer, Error> Resolver::result(QueryHandle query) const {
  const Lookup* lookup = lookups_.find(query);
  if (lookup == nullptr) return Failure{Error::closed};
  if (lookup->error != Error::none) return Failure{lookup->error};
  return lookup->answer;
}

void Resolver::release(QueryHandle query) {
  Lookup* lookup = lookups_.find(query);
  if (lookup == nullptr || --lookup->references > 0) return;
  close_socket(*lookup);
  lookups_.destroy(*lookup);
}

Instant Resolver::poll(Instant now) {
  Instant next = Instant::never();
  lookups_.for_each([&](Lookup& lookup) {
    if (lookup.error != Error::pending) return;
    if (receive(lookup, now)) next = now;
    if (lookup.error == Error::pending && now >= lookup.due) gap_over(lookup, now);
    next = earlier(next, lookup.due);
  });
  return next;
}

void Resolver::put_in_cache(const Lookup& lookup, Duration ttl, Instant now) {
  const Duration most = lookup.error == Error::none ? config_.maximum_ttl : config_.maximum_negative_ttl;
  cache_.put(lookup.name, lookup.error, lookup.answer, std::min(ttl, most), now);
}

void Resolver::digest(Digest& digest) const {
  for (const IpAddress& server : servers_) digest.add(server.bytes());
  digest.add(lookups_.used());
  lookups_.for_each([&digest](const Lookup& lookup) {
    digest.add(lookup.name.wire());
    digest.add(lookup.id);
    digest.add(lookup.server);
    digest.add(lookup.tries);
    digest.add(lookup.failed);
    digest.add(static_cast<std::uint64_t>(lookup.error));
    digest.add(lookup.answer.addresses().size());
  });
  cache_.digest(digest);
}

}  // namespace linnet::dns
