// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "compat/lwip/host.hpp"

namespace linnet::compat {

struct Found {
  dns::Error error = dns::Error::no_server;
  dns::Answer answer;  ///< in the order in which the addresses are to be tried (RFC 6724 6)
  std::string
      name{};  ///< that was found: with the domain that completed it; a host's first name in the table
};
/// An address as text: of IPv6 with a zone that is a number or an interface's name ("fe80::1%st1"), of IPv4
/// in all forms of inet_aton. The host's lock is not held by the caller.
std::optional<IpAddress> literal_address(std::string_view text);
/// Waits until the addresses of `name`, which may be an address itself, are known. No lock is held by the
/// caller.
Found look_up(std::string_view name, dns::Families families);
/// The families in the order in which lwip/dns.h asks for them; the second where the first has nothing.
struct Wanted {
  dns::Families first = dns::Families::v4;
  std::optional<dns::Families> otherwise{};
};
Found look_up(std::string_view name, const Wanted& wanted);
/// Of LWIP_DNS_ADDRTYPE_...; nothing: there is no such type.
std::optional<Wanted> wanted_of(std::uint8_t type);
/// True when nobody has to be asked: an address, "localhost", what is cached, what cannot be a name.
bool known_at_once(std::string_view name, dns::Families families, Found& found);

// records.cpp
/// The name at the end of the aliases (RFC 1035 3.3.1): `found.name` itself where nobody says that it is one,
/// or dns::Config::record_queries is 0. No lock is held by the caller.
std::string canonical_name(const Found& found);
/// The name of an address: that of the table of static names, "localhost", or what servers say.
struct NameFound {
  dns::Error error = dns::Error::no_server;
  std::string name{};
};
NameFound name_of_address(const IpAddress& address);

// local_names.cpp
/// The name, where Multicast DNS is to be asked for it (RFC 6762 3): it is under "local", and there is
/// somebody to ask.
std::optional<mdns::Name> local_name(std::string_view name);
/// Waits, for five seconds at most, for what those on the link say. No lock is held by the caller.
Found look_up_local(const mdns::Name& name, dns::Families families);

}  // namespace linnet::compat
