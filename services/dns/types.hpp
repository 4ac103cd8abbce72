// SPDX-License-Identifier: Apache-2.0
// The words that users of the resolver need.
#pragma once

#include <string_view>

#include "core/base/handle.hpp"
#include "services/dns/wire.hpp"

namespace linnet::dns {

enum class Error : std::uint8_t {
  none,
  pending,         ///< no result yet: ask again after the next poll
  no_such_name,    ///< RCODE 3: NXDOMAIN
  no_data,         ///< the name exists, but has no address
  server_failure,  ///< servers answered, none of them usefully
  timeout,         ///< no server answered
  bad_name,        ///< no host name and no address
  no_server,       ///< none is set
  no_memory,       ///< Config::queries results are being waited for or not released
  closed,          ///< the handle is stale
};
std::string_view error_text(Error error);

struct Lookup;
using QueryHandle = Handle<Lookup>;

}  // namespace linnet::dns
