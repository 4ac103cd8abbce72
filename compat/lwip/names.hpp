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
/// True when nobody has to be asked: an address, "localhost", what is cached, what cannot be a name.
bool known_at_once(std::string_view name, dns::Families families, Found& found);

}  // namespace linnet::compat
