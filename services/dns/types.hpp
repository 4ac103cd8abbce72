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
  no_data,         ///< the name exists, but has no address of the families that are wanted
  server_failure,  ///< servers answered, none of them usefully
  timeout,         ///< no server answered
  bad_name,        ///< no host name and no address
  no_server,       ///< none is set
  no_memory,       ///< Config::queries results are being waited for or not released
  closed,          ///< the handle is stale
  insecure,        ///< Privacy::strict: no server could be reached by a secure stream
  not_ascii,       ///< has letters beyond ASCII, which nobody here writes as an A-label (RFC 5891 4.4)
};
std::string_view error_text(Error error);

/// Which addresses of a name are wanted. The values are bits.
enum class Families : std::uint8_t {
  none = 0,  ///< of queries for records
  v4 = 1,    ///< A records (RFC 1035 3.4.1)
  v6 = 2,    ///< AAAA records (RFC 3596 2.1)
  both = 3,  ///< asked for in parallel
};
constexpr bool has(Families families, Families one) {
  return (static_cast<unsigned>(families) & static_cast<unsigned>(one)) != 0;
}

struct Lookup;
using QueryHandle = Handle<Lookup>;

}  // namespace linnet::dns
