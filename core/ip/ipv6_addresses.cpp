// SPDX-License-Identifier: Apache-2.0
#include "core/ip/ipv6_addresses.hpp"

#include <algorithm>
#include <utility>

namespace linnet::ip {
namespace {

Duration left_until(Instant end, Instant now) { return end.is_never() ? Duration::max() : end - now; }

}  // namespace

Lifetimes Ipv6Address::lifetimes_left(Instant now) const {
  return {left_until(preferred_until, now), left_until(valid_until, now)};
}

Ipv6Addresses::Ipv6Addresses(const Config& config, Arena& arena, Random& random)
    : random_(random),
      table_(arena.make_array<Ipv6Address>(config.addresses_v6)),
      transmits_(config.duplicate_detection_transmits),
      optimistic_(config.optimistic_detection) {}

const Ipv6Address* Ipv6Addresses::find(std::uint8_t interface, const IpAddress& address) const {
  for (const Ipv6Address& own : table_) {
    if (own.state != Ipv6AddressState::absent && own.interface == interface && own.address == address)
      return &own;
  }
  return nullptr;
}

Ipv6Address* Ipv6Addresses::find(std::uint8_t interface, const IpAddress& address) {
  return const_cast<Ipv6Address*>(std::as_const(*this).find(interface, address));
}

Ipv6Address* Ipv6Addresses::add(const Wanted& wanted, Instant now) {
  if (!wanted.address.is_v6() || wanted.address.is_unspecified() || wanted.address.is_multicast())
    return nullptr;
  Ipv6Address* own = find(wanted.interface, wanted.address);
  for (Ipv6Address& free : table_) {
    if (own != nullptr) break;
    if (free.state == Ipv6AddressState::absent) own = &free;
  }
  if (own == nullptr) return nullptr;
  *own = {.address = wanted.address,
          .prefix_length = wanted.prefix_length,
          .interface = wanted.interface,
          .origin = wanted.origin,
          .dad_counter = wanted.dad_counter,
          .created = now,
          .preferred_until = now + wanted.lifetimes.preferred,
          .valid_until = now + wanted.lifetimes.valid};
  if (wanted.detect && transmits_ > 0) {
    begin(*own, now);
  } else {
    change(*own, Ipv6AddressState::preferred);
  }
  look_ahead();
  return own;
}

void Ipv6Addresses::begin(Ipv6Address& own, Instant now) {
  change(own, Ipv6AddressState::tentative);
  own.optimistic = optimistic_;
  own.asked = own.looped = false;
  own.left = transmits_;
  own.next = now + random_.between({}, maximum_delay);  // RFC 4862 5.4.2
}

void Ipv6Addresses::change(Ipv6Address& own, Ipv6AddressState state) {
  own.state = state;
  own.next = Instant::never();
  ++version_;
}

void Ipv6Addresses::drop(Ipv6Address& own) {
  own = {};
  ++version_;
}

bool Ipv6Addresses::remove(std::uint8_t interface, const IpAddress& address) {
  Ipv6Address* own = find(interface, address);
  if (own == nullptr) return false;
  drop(*own);
  look_ahead();
  return true;
}

void Ipv6Addresses::remove_interface(std::uint8_t interface) {
  for (Ipv6Address& own : table_) {
    if (own.state != Ipv6AddressState::absent && own.interface == interface) drop(own);
  }
  look_ahead();
}

void Ipv6Addresses::detect_all(std::uint8_t interface, Instant now) {
  if (transmits_ == 0) return;
  for (Ipv6Address& own : table_) {
    if (own.state == Ipv6AddressState::absent || own.interface != interface) continue;
    const bool proven = own.usable();
    begin(own, now);
    own.optimistic = own.optimistic || proven;
    own.asked = proven;  // it does not wait for a solicitation to be used
  }
  look_ahead();
}

Ipv6Addresses::Claim Ipv6Addresses::claimed(std::uint8_t interface, const IpAddress& address,
                                            const Ipv6Address::Nonce* nonce) {
  Ipv6Address* own = find(interface, address);
  if (own == nullptr || own->state != Ipv6AddressState::tentative) return Claim::nothing;
  // RFC 7527 4.1: who reads our own nonce hears an echo, not a neighbour.
  if (nonce != nullptr && own->asked && *nonce == own->nonce) {
    own->looped = true;
    return Claim::looped;
  }
  change(*own, Ipv6AddressState::duplicate);
  own->optimistic = false;
  look_ahead();
  return Claim::duplicate;
}

void Ipv6Addresses::advertised(Ipv6Address& own, const Lifetimes& lifetimes, Instant now) {
  const Duration remaining = own.lifetimes_left(now).valid;
  Lifetimes taken = lifetimes;
  if (lifetimes.valid <= two_hours && lifetimes.valid <= remaining)
    taken.valid = std::min(remaining, two_hours);
  set_lifetimes(own, taken, now);
}

void Ipv6Addresses::set_lifetimes(Ipv6Address& own, const Lifetimes& lifetimes, Instant now) {
  own.preferred_until = now + lifetimes.preferred;
  own.valid_until = now + lifetimes.valid;
  age(own, now);
  look_ahead();
}

/// RFC 4862 5.5.4.
void Ipv6Addresses::age(Ipv6Address& own, Instant now) {
  if (own.valid_until <= now) return drop(own);
  const bool over = own.preferred_until <= now;
  if (own.state == Ipv6AddressState::preferred && over) change(own, Ipv6AddressState::deprecated);
  if (own.state == Ipv6AddressState::deprecated && !over) change(own, Ipv6AddressState::preferred);
}

/// The next step of detection: true when a solicitation has to be sent.
bool Ipv6Addresses::solicit(Ipv6Address& own, Instant now, Duration retransmit_time) {
  // RFC 7527 4.1: after an echo, MAX_MULTICAST_SOLICIT more.
  if (own.left == 0 && own.looped) own.left = maximum_multicast_solicit;
  own.looped = false;
  if (own.left == 0) {
    own.optimistic = false;
    change(own, Ipv6AddressState::preferred);
    age(own, now);
    return false;
  }
  --own.left;
  random_.fill(own.nonce);
  own.next = now + retransmit_time;
  return true;
}

void Ipv6Addresses::solicited(Ipv6Address& own, bool sent, Instant again) {
  if (sent) {
    if (own.optimistic && !own.asked) ++version_;  // it is usable now
    own.asked = true;
  } else {
    ++own.left;
    own.next = again;
  }
  look_ahead();
}

void Ipv6Addresses::look_ahead() {
  deadline_ = Instant::never();
  for (const Ipv6Address& own : table_) {
    if (own.state == Ipv6AddressState::absent) continue;
    deadline_ = earlier(deadline_, earlier(own.next, own.valid_until));
    if (own.state == Ipv6AddressState::preferred) deadline_ = earlier(deadline_, own.preferred_until);
  }
}

void Ipv6Addresses::digest(Digest& digest) const {
  for (const Ipv6Address& own : table_) {
    if (own.state == Ipv6AddressState::absent) continue;
    digest.add(own.address.bytes());
    digest.add((std::uint64_t{own.prefix_length} << 24) | (std::uint64_t{own.interface} << 16) |
               (static_cast<std::uint64_t>(own.state) << 8) | static_cast<std::uint64_t>(own.origin));
    digest.add((std::uint64_t{own.left} << 8) | own.dad_counter);
  }
}

}  // namespace linnet::ip
