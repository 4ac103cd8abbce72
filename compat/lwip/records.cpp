// SPDX-License-Identifier: Apache-2.0
// What servers say in records other than addresses.
#include "compat/lwip/names.hpp"
#include "services/dns/message.hpp"
#include "services/mdns/names.hpp"

namespace linnet::compat {

namespace {

struct Said {
  dns::Error error = dns::Error::no_server;
  std::vector<std::uint8_t> message{};
};

/// Waits until a server has said something about the records of a name, or none has.
Said ask(const dns::Name& name, std::uint16_t record_type) {
  sockets::Host* host = attached_host();
  dns::Resolver* resolver = attached_resolver();
  if (host == nullptr || resolver == nullptr) return {};
  dns::QueryHandle query;
  {
    const sockets::Host::Lock lock(*host);
    const auto begun = resolver->query(name, record_type, lock.now());
    if (!begun) return {.error = begun.error()};
    query = *begun;
  }
  const auto known = [&] { return resolver->result(query).error() != dns::Error::pending; };
  static_cast<void>(host->wait_until(known, Instant::never()));
  const sockets::Host::Lock lock(*host);
  const auto result = resolver->result(query);
  const Bytes message = resolver->message(query);
  Said said{.error = result ? dns::Error::none : result.error(), .message = {message.begin(), message.end()}};
  resolver->release(query);
  return said;
}

/// The name that a record of the answer section has for `owner`, in one of that type.
std::optional<dns::Name> name_for(const std::vector<std::uint8_t>& message, const dns::Name& owner,
                                  std::uint16_t record_type) {
  std::size_t position = dns::header_size;
  if (message.size() < dns::header_size || !dns::Name::read(message, position)) return std::nullopt;
  dns::Records records(message, position + 4, dns::Header(message.data()).answers());
  dns::Record record;
  while (records.next(record) == dns::Next::record) {
    if (record.type == record_type && record.record_class == dns::class_in && record.owner == owner)
      return dns::name_in(message, record);
  }
  return std::nullopt;
}

/// The one at the end of the aliases that the message tells of.
dns::Name end_of_aliases(const std::vector<std::uint8_t>& message, dns::Name name) {
  for (std::size_t i = 0; i < dns::maximum_cnames; ++i) {
    const auto next = name_for(message, name, dns::type::cname);
    if (!next) break;
    name = *next;
  }
  return name;
}

std::string text_of(const dns::Name& name) { return std::string(mdns::NameText(name).view()); }

}  // namespace

std::string canonical_name(const Found& found) {
  const auto name = dns::Name::from_text(found.name);
  sockets::Host* host = attached_host();
  const dns::Resolver* resolver = attached_resolver();
  if (!name || host == nullptr || resolver == nullptr || name->is_within("localhost")) return found.name;
  {
    const sockets::Host::Lock lock(*host);
    if (!resolver->hosts().find(*name, dns::Families::both).empty()) return found.name;
  }
  if (local_name(found.name)) return found.name;
  const bool six = !found.answer.empty() && found.answer.addresses()[0].is_v6();
  const Said said = ask(*name, six ? dns::type::aaaa : dns::type::a);
  return said.error == dns::Error::none ? text_of(end_of_aliases(said.message, *name)) : found.name;
}

NameFound name_of_address(const IpAddress& address) {
  if (address.is_loopback()) return {dns::Error::none, "localhost"};  // RFC 6761 6.3
  sockets::Host* host = attached_host();
  const dns::Resolver* resolver = attached_resolver();
  if (host == nullptr || resolver == nullptr) return {};
  {
    const sockets::Host::Lock lock(*host);
    if (const auto name = resolver->hosts().name_of(address)) return {dns::Error::none, text_of(*name)};
  }
  const dns::Name reverse = mdns::reverse_name(address);
  const Said said = ask(reverse, dns::type::ptr);
  if (said.error != dns::Error::none) return {.error = said.error};
  // RFC 2317 4: the reverse name may be an alias.
  const auto name = name_for(said.message, end_of_aliases(said.message, reverse), dns::type::ptr);
  if (!name) return {.error = dns::Error::no_data};
  return {dns::Error::none, text_of(*name)};
}

}  // namespace linnet::compat
