// SPDX-License-Identifier: Apache-2.0
// The addresses in force: how they come (RFC 8415 18.2.10.1), and how they go.
#include "services/dhcpv6/machine.hpp"

namespace linnet::dhcpv6 {

std::size_t Machine::find(const IpAddress& address) const {
  std::size_t i = 0;
  while (i < addresses_.size() && addresses_[i].address != address) ++i;
  return i;
}

/// One address of a Reply: new, longer or shorter valid, or taken back.
void Machine::update(const GrantedAddress& granted, Instant now) {
  const std::size_t at = find(granted.address);
  const bool held = at < addresses_.size();
  if (granted.valid == Duration()) {
    if (held) addresses_.remove(at);
    return;
  }
  const Address address{.address = granted.address,
                        .preferred_until = now + granted.preferred,
                        .valid_until = now + granted.valid};
  if (held) {
    addresses_[at] = address;
  } else if (granted.valid >= config_.minimum_valid_lifetime) {
    addresses_.add(address);
  }
}

/// 18.2.10.1: addresses that the server does not mention stay as they are. The other information is what this
/// message says, and nothing else (18.2.10.5).
void Machine::accept(const Message& message, const Grant& grant, Instant now) {
  const bool held = !addresses_.empty();
  for (const GrantedAddress& granted : grant.addresses) update(granted, now);
  if (addresses_.empty()) return discover_after_failure(now);
  if (!held) held_since_ = now;
  server_ = Duid::from(message.option(option::server_id).value_or(Bytes())).value_or(Duid());
  const ExtensionTimes times = choose_times(grant.t1, grant.t2, lifetimes_left(now), config_);
  renew_at_ = now + times.t1;
  rebind_at_ = now + times.t2;
  set_information(message);
  ++counters_.version;
  enter_bound(now);
}

/// Of all addresses: those that this Reply did not mention must not be forgotten until they expire.
GrantedAddresses Machine::lifetimes_left(Instant now) const {
  const auto left = [now](Instant until) { return until.is_never() ? Duration::max() : until - now; };
  GrantedAddresses all;
  for (const Address& address : addresses_) {
    all.add({.address = address.address,
             .preferred = left(address.preferred_until),
             .valid = left(address.valid_until)});
  }
  return all;
}

void Machine::set_information(const Message& message) {
  const Information information = read_information(message, config_.zone);
  if (informed_ && information == information_) return;
  information_ = information;
  informed_ = true;
  ++counters_.version;
}

/// Removes what has lived its time; begins anew when nothing is left.
void Machine::expire(Instant now) {
  bool removed = false;
  for (std::size_t i = addresses_.size(); i-- > 0;) {
    if (now < addresses_[i].valid_until) continue;
    addresses_.remove(i);
    removed = true;
  }
  if (!removed) return;
  ++counters_.version;
  if (addresses_.empty() && state_ != State::declining) discover_after_failure(now);
}

/// Nothing is in force any more; the owner takes it away.
void Machine::drop_lease() {
  if (!addresses_.empty() || informed_) ++counters_.version;
  addresses_.clear();
  informed_ = false;
  information_.clear();
  held_since_ = Instant::never();
  to_confirm_ = false;
}

void Machine::declined(const IpAddress& address, Instant now) {
  const std::size_t at = find(address);
  if (!running() || at == addresses_.size()) return;
  given_up_.add(address);
  addresses_.remove(at);
  ++counters_.version;
  ++counters_.conflicts;
  begin(State::declining, now);
}

}  // namespace linnet::dhcpv6
