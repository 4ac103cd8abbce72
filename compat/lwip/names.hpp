// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compat/lwip/host.hpp"

namespace linnet::compat {

struct Found {
  dns::Error error = dns::Error::no_server;
  dns::Answer answer;  ///< in the order in which the addresses are to be tried (RFC 6724 6)
};
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

// local_names.cpp
/// The name, where Multicast DNS is to be asked for it (RFC 6762 3): it is under "local", and there is
/// somebody to ask.
std::optional<mdns::Name> local_name(std::string_view name);
/// Waits, for five seconds at most, for what those on the link say. No lock is held by the caller.
Found look_up_local(const mdns::Name& name, dns::Families families);

}  // namespace linnet::compat
