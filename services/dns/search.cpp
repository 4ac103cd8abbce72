// SPDX-License-Identifier: Apache-2.0
// The names that one name may stand for, one after the other: in the order and with the ends that glibc has.
#include "services/dns/resolver.hpp"

namespace linnet::dns {

/// RFC 1535 6: a name with dots is asked as it is first, so that no domain of the list can stand in for a
/// name that exists; a name without may be meant within a domain.
void Resolver::begin_search(Lookup& lookup, Instant now) {
  Search& search = lookup.search;
  search.on = true;
  if (lookup.name.labels() <= config_.ndots) {
    if (const std::optional<Name> within = search_list_.complete(lookup.name, search.next, now)) {
      lookup.name = *within;
      return;
    }
  }
  search.as_is_asked = true;
}

/// True when there is another name to be asked about: `name` then has it, and the lookup is pending again. If
/// not, `error` is what the search as a whole came to.
bool Resolver::search_further(Lookup& lookup, Instant now) {
  Search& search = lookup.search;
  const Error said = lookup.error;
  if (!search.on || said == Error::none || said == Error::no_server) return false;
  const bool as_is = lookup.name.wire().size() == lookup.own_size;
  if (as_is && search.next == 0) search.as_is = said;
  search.no_data = search.no_data || said == Error::no_data;
  search.failed = search.failed || said == Error::server_failure;
  // Where nobody answers, each further name would cost as long; the name as it is may still be known
  // elsewhere.
  if (!as_is && (said == Error::timeout || said == Error::insecure)) search.next = search_list_.size();

  const Name own = lookup.name.beginning(lookup.own_size);
  std::optional<Name> next = search_list_.complete(own, search.next, now);
  if (!next && !search.as_is_asked) next = own;
  if (next) {
    search.as_is_asked = search.as_is_asked || next->wire().size() == lookup.own_size;
    lookup.name = *next;
    lookup.error = Error::pending;
    lookup.partial_at = Instant::never();
    return true;
  }
  if (search.as_is != Error::none) {
    lookup.error = search.as_is;
  } else if (search.no_data) {
    lookup.error = Error::no_data;
  } else if (search.failed) {
    lookup.error = Error::server_failure;
  }
  return false;
}

}  // namespace linnet::dns
