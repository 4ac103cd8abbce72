// SPDX-License-Identifier: Apache-2.0
// The states of RFC 2131 Figure 5 and their timers.
#include "services/dhcp/client.hpp"

#include <algorithm>

namespace linnet::dhcp {

std::string_view state_text(State state) {
  constexpr std::array<std::string_view, 13> texts = {
      "stopped", "init",     "selecting", "requesting", "checking", "declined",  "rebooting",
      "bound",   "renewing", "rebinding", "informing",  "informed", "uninformed"};
  return texts[static_cast<std::size_t>(state)];
}

Client::Client(Stack& stack, std::uint8_t interface, const Config& config, Arena& arena)
    : stack_(stack),
      interface_(interface),
      config_(config),
      buffer_(arena.make_array<std::uint8_t>(buffer_size(config))),
      added_options_(arena.make_array<std::uint8_t>(config.option_bytes)),
      kept_options_(arena.make_array<std::uint8_t>(config.kept_option_bytes)) {
  host_name_.assign(config.host_name);
  vendor_class_.assign(config.vendor_class);
  // RFC 2132 9.14: at least a type and one byte.
  if (config.client_id.size() >= 2 && config.client_id.size() <= client_id_.size()) {
    copy_bytes(client_id_.data(), config.client_id);
    client_id_size_ = config.client_id.size();
  }
  config_.host_name = {};  // the owner's bytes, which may be gone soon
  config_.vendor_class = {};
  config_.client_id = {};
}

bool Client::open_socket() {
  if (buffer_.empty()) return false;
  const auto socket = stack_.udp().open();
  if (!socket) return false;
  udp::Options& options = *stack_.udp().options(*socket);
  options.broadcast = true;
  options.interface = interface_;
  // Several interfaces have a client each, all at port 68.
  if (!stack_.udp().bind(*socket, {IpAddress::any_v4(), client_port}, true)) {
    stack_.udp().close(*socket);
    return false;
  }
  socket_ = *socket;
  link_up_ = device_link_up_ = stack_.ethernet().link(interface_).up;
  return true;
}

bool Client::start(Instant now, const std::optional<IpAddress>& remembered) {
  if (running()) return true;
  if (!open_socket()) return false;
  failures_ = 0;
  if (remembered) {
    requested_ = *remembered;
    enter_rebooting(now);
  } else {
    const auto most = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(config_.startup_delay.as_milliseconds(), 0, 3600000));
    enter_init(Duration::milliseconds(stack_.random().below(most + 1)), now);
  }
  return true;
}

void Client::release(Instant now) {
  if (running() && holds_address() && link_up_) send_release(now);
}

void Client::stop(Instant now, bool release) {
  if (!running()) return;
  if (release) this->release(now);
  uninstall();
  forget_information();
  stack_.ip().set_accept_any(interface_, false);
  stack_.udp().close(socket_);
  state_ = State::stopped;
  forget_lease();
}

/// Apart: a lease is large, and should not lie on its callers' stack.
[[gnu::noinline]] void Client::forget_lease() { lease_ = Lease(); }

void Client::link_changed(bool up, Instant now) {
  if (!running() || up == link_up_) return;
  link_up_ = up;
  if (informs()) {
    enter_informing(now);
  } else if (holds_address() || state_ == State::rebooting) {
    enter_rebooting(now);
  } else {
    enter_init(Duration(), now);
  }
}

/// The device's own view of the link, taken over when it changes.
void Client::watch_link(Instant now) {
  const bool up = stack_.ethernet().link(interface_).up;
  if (up == device_link_up_) return;
  device_link_up_ = up;
  link_changed(up, now);
}

bool Client::set_option(std::uint8_t code, Bytes value) {
  constexpr std::array<std::uint8_t, 8> own = {
      option::host_name,            option::requested_address, option::server_id, option::parameter_request_list,
      option::maximum_message_size, option::vendor_class,      option::client_id, option::rapid_commit};
  return std::find(own.begin(), own.end(), code) == own.end() && added_options_.set(code, value);
}

std::optional<Bytes> Client::option(std::uint8_t code) const {
  return in_force() ? kept_options_.find(code) : std::nullopt;
}

Instant Client::poll(Instant now) {
  if (!running()) return Instant::never();
  watch_link(now);
  watch_own_address(now);
  const bool more = receive(now);
  // RFC 2131 4.4.5: from here on the address must not be used.
  if (holds_address() && now >= expires_at_) enter_init_after_failure(now);
  watch_check(now);
  if (now >= due_) timer(now);
  return more ? now : holds_address() ? earlier(due_, expires_at_) : due_;
}

void Client::timer(Instant now) {
  switch (state_) {
    case State::init:
    case State::declined:
      return enter_selecting(now);
    case State::selecting:
      return discover_again(now);
    case State::requesting:
      return request_again(now);
    case State::rebooting:
      return reboot_again(now);
    case State::bound:
    case State::renewing:
    case State::rebinding:
      return extend_again(now);
    case State::informing:
      return inform_again(now);
    case State::checking:  // `watch_check` has looked
    case State::informed:  // nothing is due in these
    case State::uninformed:
    case State::stopped:
      due_ = earlier(now + check_interval, check_until_);
  }
}

/// Gives up whatever is held; begins anew after `delay`, or when the link is up.
void Client::enter_init(Duration delay, Instant now) {
  uninstall();
  state_ = State::init;
  forget_lease();
  // RFC 2131 4.1: before there is an address, answers come to 255.255.255.255 or to the offered one.
  stack_.ip().set_accept_any(interface_, true);
  due_ = link_up_ ? now + delay : Instant::never();
}

/// A server that refuses or falls silent again and again must not be asked as fast as it answers.
void Client::enter_init_after_failure(Instant now) {
  if (holds_address() && now - bound_since_ >= config_.minimum_renewal_gap) failures_ = 0;
  const Duration delay = failures_ == 0 ? Duration() : back_off(static_cast<std::uint8_t>(failures_ - 1));
  if (failures_ < 255) ++failures_;
  enter_init(delay, now);
}

void Client::enter_selecting(Instant now) {
  state_ = State::selecting;
  attempts_ = 0;
  began_ = now;
  xid_ = stack_.random().next32();
  discover_again(now);
}

/// RFC 2131 4.1: for as long as it takes. The xid stays, so that a late offer still counts.
void Client::discover_again(Instant now) {
  send_discover(now);
  due_ = now + back_off(attempts_);
  if (attempts_ < 16) ++attempts_;
}

void Client::request_again(Instant now) {
  if (attempts_ >= config_.request_attempts) return enter_init_after_failure(now);
  send_request(now);
  due_ = now + back_off(attempts_++);
}

/// RFC 2131 4.4.2: INIT-REBOOT. Without a link the address stays until the lease ends.
void Client::enter_rebooting(Instant now) {
  state_ = State::rebooting;
  attempts_ = 0;
  began_ = requested_at_ = now;
  xid_ = stack_.random().next32();
  if (holds_address()) requested_ = lease_.prefix.address;
  stack_.ip().set_accept_any(interface_, !holds_address());
  due_ = link_up_ ? now : Instant::never();
}

void Client::reboot_again(Instant now) {
  if (attempts_ >= config_.reboot_attempts) {
    // RFC 2131 3.2 (3): with nobody there to ask, the lease is still ours.
    if (holds_address() && config_.use_unconfirmed_lease) return enter_bound(now);
    return enter_init_after_failure(now);
  }
  send_request(now);
  due_ = now + back_off(attempts_++);
}

void Client::enter_bound(Instant now) {
  state_ = State::bound;
  attempts_ = 0;
  stack_.ip().set_accept_any(interface_, false);
  due_ = std::max(renew_at_, now);
}

/// RFC 2131 4.4.5: from T1 on the server is asked, from T2 on everybody, at half of the time that is left,
/// but not more often than once a minute. Each DHCPREQUEST has an xid of its own, so that an answer tells
/// from when it counts.
void Client::extend_again(Instant now) {
  const State next = now >= rebind_at_ ? State::rebinding : State::renewing;
  if (state_ == State::bound) began_ = now;
  if (state_ != next) attempts_ = 0;
  state_ = next;
  xid_ = stack_.random().next32();
  requested_at_ = now;
  send_request(now);
  if (attempts_ < 16) ++attempts_;
  due_ = now + fraction_of_remaining(next == State::renewing ? rebind_at_ : expires_at_, now);
  // Everybody is asked at T2: not right before it the one server again.
  if (next == State::renewing && due_ + config_.minimum_renewal_gap > rebind_at_) due_ = rebind_at_;
}

Duration Client::back_off(std::uint8_t attempt) {
  // RFC 2131 4.1: 4, 8, 16, 32, 64 s, each "randomized by the value of a uniform random number [...] -1 to
  // +1".
  Duration delay = config_.first_retransmission;
  for (std::uint8_t i = 0; i < attempt && delay < config_.last_retransmission; ++i) delay = delay * 2;
  delay = std::min(delay, config_.last_retransmission);
  const Duration second = Duration::seconds(1);
  return std::max(stack_.random().between(delay - second, delay + second), Duration::milliseconds(100));
}

Duration Client::fraction_of_remaining(Instant until, Instant now) const {
  return std::max((until - now) / 2, config_.minimum_renewal_gap);
}

Status Client::status() const {
  Status status = counters_;
  status.state = state_;
  status.attempts = attempts_;
  if (in_force()) status.lease = &lease_;
  if (holds_address()) {
    status.renew_at = renew_at_;
    status.rebind_at = rebind_at_;
    status.expires_at = expires_at_;
  }
  return status;
}

void Client::digest(Digest& digest) const {
  digest.add(static_cast<std::uint64_t>(state_));
  digest.add(xid_);
  digest.add(informed_);
  digest.add(link_up_);
  digest.add(attempts_);
  digest.add(failures_);
  digest.add(lease_.prefix.address.bytes());
  digest.add(lease_.prefix.length);
  digest.add(lease_.server.bytes());
  for (const IpAddress& router : lease_.routers) digest.add(router.bytes());
  for (const IpAddress& server : lease_.dns_servers) digest.add(server.bytes());
  digest.add(lease_.mtu);
}

}  // namespace linnet::dhcp
