// SPDX-License-Identifier: Apache-2.0
#include "sim/frame_ipv6_addresses.hpp"

#include <algorithm>
#include <utility>

namespace linnet::sim {
namespace {

constexpr std::uint8_t prefix_information = 3;  // RFC 4861 4.6.2

}  // namespace

FrameIpv6Addresses::Own* FrameIpv6Addresses::find(const Ipv6Address& address) {
  const auto at =
      std::find_if(own_.begin(), own_.end(), [&](const Own& own) { return own.address == address; });
  return is_unspecified(address) || at == own_.end() ? nullptr : &*at;
}

const FrameIpv6Addresses::Own* FrameIpv6Addresses::find(const Ipv6Address& address) const {
  return const_cast<FrameIpv6Addresses*>(this)->find(address);
}

bool FrameIpv6Addresses::is_own(const Ipv6Address& address, Instant now) const {
  const Own* own = find(address);
  return own != nullptr && !own->conflict && may_advertise(address, now);
}

bool FrameIpv6Addresses::may_advertise(const Ipv6Address& address, Instant now) const {
  const Own* own = find(address);
  return own != nullptr && !is_lost(*own, now) && (own->given || derivable(address, now));
}

/// A free one, or one that was learned, in turn.
FrameIpv6Addresses::Own& FrameIpv6Addresses::slot() {
  const auto free =
      std::find_if(own_.begin(), own_.end(), [](const Own& own) { return is_unspecified(own.address); });
  if (free != own_.end()) return *free;
  forgot_address_ = true;
  for (std::size_t i = 0; i < own_.size(); ++i) {
    Own& victim = own_[next_victim_++ % own_.size()];
    if (!victim.given) return victim;
  }
  return own_[next_victim_++ % own_.size()];
}

void FrameIpv6Addresses::add(const Ipv6Address& address, std::uint8_t prefix_length, AddressUse use) {
  Own* known = find(address);
  Own& own = known != nullptr ? *known : slot();
  const bool usable = use == AddressUse::usable;
  // Its probes may have been seen before anybody told of it; one that is given once more is probed anew.
  const bool again = known != nullptr && own.given;
  const Own before = known != nullptr && !usable && own.tentative && !own.conflict ? own : Own{};
  own = {.address = address,
         .prefix_length = prefix_length,
         .given = true,
         .usable_at_once = usable,
         .tentative = !usable,
         .optimistic = use == AddressUse::optimistic,
         .anew = again && !usable,
         .probes = before.probes,
         .last_probe = before.last_probe};
}

void FrameIpv6Addresses::remove(const Ipv6Address& address) {
  if (Own* own = find(address)) *own = {};
  removed_any_ = true;
}

/// RFC 4429: what was the host's may go on while it is looked for again. Probes still count: the host may not
/// have noticed a link that was down for a moment.
void FrameIpv6Addresses::link_came_up() {
  for (Own& own : own_) {
    const bool probed = !own.tentative || own.probes >= transmits_;
    if (probed && !own.conflict) own.optimistic = true;
    own.conflict.reset();
    own.anew = true;
  }
}

/// What arrived together with another host's claim may have come before it, and is answered.
bool FrameIpv6Addresses::is_lost(const Own& own, Instant now) const {
  return own.conflict && now != *own.conflict;
}

bool FrameIpv6Addresses::is_settled(const Own& own, Instant now) const {
  if (!own.tentative || transmits_ == 0) return true;
  return own.probes >= transmits_ && now - own.last_probe >= retrans_timer_;
}

bool FrameIpv6Addresses::on_link(const Ipv6Address& address) const {
  return is_link_local(address) || std::any_of(own_.begin(), own_.end(), [&](const Own& own) {
           return own.given && own.prefix_length < 128 && in_prefix(address, own.address, own.prefix_length);
         });
}

bool FrameIpv6Addresses::derivable(const Ipv6Address& address, Instant now) const {
  if (is_link_local(address) || forgot_prefix_) return true;
  return std::any_of(prefixes_.begin(), prefixes_.end(), [&](const Prefix& prefix) {
    return prefix.used && now <= prefix.expires && in_prefix(address, prefix.prefix, prefix.length);
  });
}

void FrameIpv6Addresses::sent_from(FrameJudge& judge, Bytes header, const Ipv6Address& source, Instant now) {
  const auto require = [&](bool holds, Rule rule, const char* expected) {
    return judge.require(holds, rule, header, 8, source.low, expected);
  };
  Own* own = find(source);
  if (own == nullptr && transmits_ == 0 && learns_ && derivable(source, now)) {
    own = &slot();
    *own = {.address = source};
  }
  if (own == nullptr) {
    require(forgot_address_, Rule::ipv6_foreign_source, "an address of this host");
    return;
  }
  require(own->given || derivable(source, now), Rule::ipv6_expired_source,
          "an address whose prefix has not expired");
  if (!own->tentative) return;
  require(!is_lost(*own, now), Rule::ipv6_duplicate_source, "no address that another host has");
  const bool settled = is_settled(*own, now);
  require(settled || own->optimistic, Rule::ipv6_tentative_source,
          "an address that was probed, and a second");
  if (settled && judge.ok()) own->tentative = false;
}

void FrameIpv6Addresses::sent_probe(FrameJudge& judge, Bytes message, const Ipv6Address& target,
                                    Instant now) {
  Own* own = find(target);
  if (own == nullptr) {
    const bool derived = learns_ && derivable(target, now);
    if (!judge.require(derived || forgot_address_, Rule::nd_probe_target, message, 8, target.low,
                       "an address given, or one of a prefix that a router advertised")) {
      return;
    }
    own = &slot();
    *own = {.address = target, .tentative = true, .optimistic = optimistic_};
  }
  if (!own->tentative && !own->usable_at_once) {
    // RFC 4862 5.4: what is probed anew is tentative anew.
    own->tentative = true;
    own->conflict.reset();
    own->probes = own->ambiguous ? transmits_ - 1u : 0u;
    own->ambiguous = own->ambiguous && own->anew;
  } else if (own->anew) {
    // An ambiguous last one may have been the first.
    if (own->probes >= transmits_) own->probes = own->ambiguous && transmits_ > 1 ? 1 : 0;
    if (now - own->last_probe < retrans_timer_) own->probes = 0;
    own->ambiguous = own->probes > 0;
  }
  judge.require(own->probes == 0 || own->anew || now - own->last_probe >= retrans_timer_,
                Rule::nd_probe_interval, message, 8, target.low, "RetransTimer since the last probe");
  own->anew = false;
  ++own->probes;
  own->last_probe = now;
}

/// RFC 4862 5.4: only while its probes have their time; afterwards it is the host's, though nobody may have
/// seen it used yet.
void FrameIpv6Addresses::claimed(const Ipv6Address& address, Instant now) {
  Own* own = find(address);
  if (own == nullptr || own->probes == 0 || is_settled(*own, now)) return;
  own->conflict = now;
}

/// Judged in favour of the host: every prefix that it may have taken, and the least RetransTimer.
void FrameIpv6Addresses::advertised(Bytes message, Instant now) {
  if (message.size() < 16) return;
  const std::uint32_t retrans = load32(message.data() + 12);
  if (retrans != 0) retrans_timer_ = std::min(retrans_timer_, Duration::milliseconds(retrans));
  for (std::size_t at = 16; at + 8 <= message.size();) {
    const std::size_t size = std::size_t{message[at + 1]} * 8;
    if (size == 0 || size > message.size() - at) return;
    if (message[at] == prefix_information && size == 32) advertised_prefix(message.subspan(at, size), now);
    at += size;
  }
}

void FrameIpv6Addresses::advertised_prefix(Bytes option, Instant now) {
  constexpr std::uint8_t autonomous = 0x40;
  if (!learns_ || (option[3] & autonomous) == 0 || option[2] > 128) return;
  const std::uint32_t valid = load32(option.data() + 4);
  const Instant expires = valid == 0xffffffffu ? Instant::never() : now + Duration::seconds(valid);
  const Ipv6Address prefix = load_ipv6(option.data() + 16);
  const auto same = [&](const Prefix& p) {
    return p.used && p.length == option[2] && in_prefix(prefix, p.prefix, p.length);
  };
  auto at = std::find_if(prefixes_.begin(), prefixes_.end(), same);
  if (at != prefixes_.end()) {
    at->expires = std::max(at->expires, expires);
    return;
  }
  if (valid == 0) return;
  at = std::find_if(prefixes_.begin(), prefixes_.end(),
                    [&](const Prefix& p) { return !p.used || p.expires < now; });
  if (at == prefixes_.end()) {
    forgot_prefix_ = true;
    return;
  }
  *at = {.used = true, .prefix = prefix, .length = option[2], .expires = expires};
}

}  // namespace linnet::sim
