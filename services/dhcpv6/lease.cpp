// SPDX-License-Identifier: Apache-2.0
#include "services/dhcpv6/lease.hpp"

namespace linnet::dhcpv6 {

namespace {

Duration lifetime(std::uint32_t seconds) {
  return seconds == infinity ? Duration::max() : Duration::seconds(seconds);
}

Duration part(Duration whole, std::int64_t numerator, std::int64_t denominator) {
  return whole == Duration::max() ? whole : whole * numerator / denominator;
}

bool contains(const GrantedAddresses& addresses, const IpAddress& address) {
  return std::any_of(addresses.begin(), addresses.end(),
                     [&address](const GrantedAddress& granted) { return granted.address == address; });
}

}  // namespace

bool is_assignable(const IpAddress& address) {
  return address.is_v6() && !address.is_unspecified() && !address.is_loopback() && !address.is_multicast() &&
         !address.is_link_local();
}

std::size_t Grant::usable(const Config& config) const {
  return static_cast<std::size_t>(
      std::count_if(addresses.begin(), addresses.end(), [&config](const GrantedAddress& granted) {
        return granted.valid >= config.minimum_valid_lifetime && granted.valid > Duration();
      }));
}

ExtensionTimes choose_times(std::uint32_t t1, std::uint32_t t2, const GrantedAddresses& addresses,
                            const Config& config) {
  Duration shortest = Duration::max();  // preferred; of deprecated addresses valid
  Duration longest;                     // valid
  for (const GrantedAddress& granted : addresses) {
    if (granted.valid == Duration()) continue;
    shortest = std::min(shortest, granted.preferred > Duration() ? granted.preferred : granted.valid);
    longest = std::max(longest, granted.valid);
  }
  ExtensionTimes times{lifetime(t1), lifetime(t2)};
  if (t1 == 0) times.t1 = part(shortest, 1, 2);
  if (t2 == 0) times.t2 = std::max(part(shortest, 4, 5), times.t1);
  if (times.t1 > times.t2) times.t1 = part(times.t2, 5, 8);
  // RFC 8415 14.2: however early the server wants to be asked, no storm comes of it.
  times.t1 = std::max(times.t1, std::min(config.minimum_renewal_gap, part(longest, 1, 2)));
  times.t2 = std::max(times.t2, times.t1);
  return times;
}

std::optional<Grant> read_grant(const Message& message, std::uint32_t iaid) {
  const std::optional<IaNa> ia = message.ia_na(iaid);
  if (!ia) return std::nullopt;
  Grant grant;
  grant.status = ia->status();
  grant.t1 = ia->t1();
  grant.t2 = ia->t2();
  if (grant.status != StatusCode::success) return grant;
  ia->for_each_address([&grant](const IaAddress& option) {
    if (option.preferred_lifetime() > option.valid_lifetime()) return;
    if (option.status() != StatusCode::success || !is_assignable(option.address())) return;
    if (contains(grant.addresses, option.address())) return;
    grant.addresses.add({.address = option.address(),
                         .preferred = lifetime(option.preferred_lifetime()),
                         .valid = lifetime(option.valid_lifetime())});
  });
  return grant;
}

}  // namespace linnet::dhcpv6
