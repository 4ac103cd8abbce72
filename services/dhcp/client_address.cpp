// SPDX-License-Identifier: Apache-2.0
// The address and its routes: checked (RFC 2131 4.4.1, RFC 5227), installed, changed, taken away.
#include "services/dhcp/client.hpp"

namespace linnet::dhcp {

namespace {
constexpr Prefix default_destination{IpAddress::any_v4(), 0};
}

/// After DHCPACK: the last look for somebody who has the address already.
void Client::check_address(Instant now) {
  if (!stack_.ip().add_address(interface_, lease_.prefix, config_.probe != Probe::none, now)) {
    return enter_init_after_failure(now);  // the stack has no room for another address
  }
  state_ = State::checking;
  check_until_ = config_.probe == Probe::arp_check ? now + config_.arp_check_time : Instant::never();
  due_ = earlier(check_until_, now + check_interval);  // `poll` looks at once
}

/// Looks at what conflict detection has found out, while checking and, when it defends the address, later.
void Client::watch_check(Instant now) {
  if (state_ != State::checking && !holds_address()) return;
  const ethernet::AddressState found = stack_.ip().address_state(interface_, lease_.prefix.address);
  if (found == ethernet::AddressState::conflict) return decline(now);
  if (state_ != State::checking) return;
  if (found != ethernet::AddressState::usable) {
    if (now < check_until_) return;
    stack_.ip().add_address(interface_, lease_.prefix, false, now);  // nobody objected in time
  }
  install(now);
}

/// RFC 2131 3.1 (5): tells the server, and waits before beginning anew.
void Client::decline(Instant now) {
  const Lease declined = lease_;
  ++counters_.conflicts;
  enter_init(config_.decline_wait, now);
  state_ = State::declined;
  if (link_up_) send_decline(declined, now);
}

void Client::install(Instant now) {
  installed_ = true;
  bound_since_ = now;
  apply_parameters();
  ++counters_.version;
  enter_bound(now);
}

void Client::uninstall() {
  if (state_ == State::checking) stack_.ip().remove_address(interface_, lease_.prefix.address);
  if (!installed_) return;
  withdraw_parameters();
  stack_.ip().remove_address(interface_, lease_.prefix.address);
  installed_ = false;
  renew_at_ = rebind_at_ = expires_at_ = Instant::never();
  ++counters_.version;
}

/// The lease was extended, perhaps with other parameters; connections keep their address.
void Client::replace(const Lease& lease, Instant now) {
  withdraw_parameters();
  // Another mask: this takes the place of the address as it was.
  if (lease.prefix != lease_.prefix) stack_.ip().add_address(interface_, lease.prefix, false, now);
  lease_ = lease;
  apply_parameters();
  ++counters_.version;
}

/// What the lease says about the link beside its address. Nothing said: the device's own MTU.
void Client::apply_parameters() {
  ip::Ip& ip = stack_.ip();
  ip.set_mtu_v4(interface_, lease_.mtu);
  // RFC 3442: with classless routes the router option does not count.
  for (const Route& route : lease_.routes) {
    const IpAddress gateway = route.gateway.is_unspecified() ? IpAddress() : route.gateway;
    ip.add_route(route.destination, gateway, interface_);
  }
  if (!config_.default_route || !lease_.routes.empty()) return;
  for (const IpAddress& router : lease_.routers) {
    if (!lease_.prefix.contains(router)) continue;  // could not be reached
    ip.add_route(default_destination, router, interface_);
    return;
  }
}

void Client::withdraw_parameters() {
  ip::Ip& ip = stack_.ip();
  ip.set_mtu_v4(interface_, 0);
  for (const Route& route : lease_.routes) {
    const IpAddress gateway = route.gateway.is_unspecified() ? IpAddress() : route.gateway;
    ip.remove_route(route.destination, gateway, interface_);
  }
  if (!lease_.routes.empty()) return;
  for (const IpAddress& router : lease_.routers) ip.remove_route(default_destination, router, interface_);
}

}  // namespace linnet::dhcp
