// SPDX-License-Identifier: Apache-2.0
// The states, and what becomes due in them.
#include "services/dhcpv6/machine.hpp"

namespace linnet::dhcpv6 {

std::string_view state_text(State state) {
  constexpr std::array<std::string_view, 11> texts = {"stopped",   "soliciting", "requesting", "bound",
                                                      "renewing",  "rebinding",  "confirming", "declining",
                                                      "releasing", "informing",  "informed"};
  return texts[static_cast<std::size_t>(state)];
}

Machine::Machine(const Config& config, const MacAddress& mac, Random& random)
    : config_(config), duid_(Duid::from(config.duid).value_or(Duid::link_layer(mac))), random_(random) {
  config_.duid = {};  // the owner's bytes, which may be gone soon
  if (config_.iaid == 0) config_.iaid = load32(mac.bytes.data() + 2);
}

void Machine::start(Mode mode, Instant now) {
  if (running() && state_ != State::releasing && mode == mode_) return;
  if (!addresses_.empty()) drop_lease();
  given_up_.clear();
  mode_ = mode;
  failures_ = 0;
  link_up_ = true;
  begin_discovery(now);
}

void Machine::stop(Instant now, bool release) {
  if (!running() || (release && state_ == State::releasing)) return;
  given_up_.clear();
  for (const Address& address : addresses_) given_up_.add(address.address);
  // RFC 8415 18.2.7: stops using them before the Release is sent.
  drop_lease();
  if (!release || !link_up_ || given_up_.empty()) return enter_stopped();
  begin(State::releasing, now);
}

void Machine::enter_stopped() {
  state_ = State::stopped;
  failures_ = 0;
  xid_ = 0;
  due_ = refresh_at_ = Instant::never();
  offers_.clear();
  given_up_.clear();
  server_ = Duid();
  link_up_ = true;
  not_on_link_ = false;
}

void Machine::link_changed(bool up, Instant now) {
  if (!running() || up == link_up_) return;
  link_up_ = up;
  if (!up) {
    // Nobody is there to be told, and what is to be released is no longer used.
    if (state_ == State::releasing) enter_stopped();
    return;
  }
  expire(now);
  failures_ = 0;
  to_confirm_ = !addresses_.empty();
  if (state_ == State::declining) return begin(state_, now);
  // RFC 8415 18.2.12
  if (to_confirm_) return begin(State::confirming, now, parameter::cnf_max_delay);
  begin_discovery(now);
}

/// Every exchange has a transaction ID of its own (16.1), and its first message may have to wait a little, so
/// that not all clients speak at once when the power is back.
void Machine::begin(State state, Instant now, Duration most_delay) {
  state_ = state;
  not_on_link_ = false;
  retransmission_.begin();
  const std::uint32_t last = xid_;
  do {
    xid_ = random_.next32() & 0xffffffu;
  } while (xid_ == 0 || xid_ == last);
  due_ = now + random_.between(Duration(), most_delay);
}

void Machine::begin_discovery(Instant now) {
  offers_.clear();
  refresh_at_ = Instant::never();
  if (mode_ == Mode::stateless) return begin(State::informing, now, parameter::inf_max_delay);
  sol_max_rt_.begin();
  inf_max_rt_.begin();
  begin(State::soliciting, now, parameter::sol_max_delay);
}

/// Servers that refuse, and leases that do not last, must not be asked for as fast as they come (14.1): each
/// time they are waited for twice as long, up to SOL_MAX_RT or 4096 s.
void Machine::discover_after_failure(Instant now) {
  const bool lasted = !held_since_.is_never() && now - held_since_ >= config_.minimum_renewal_gap;
  if (lasted) failures_ = 0;
  drop_lease();
  begin_discovery(now);
  if (failures_ != 0) {
    const std::int64_t seconds = std::int64_t{1} << std::min<std::uint8_t>(failures_ - 1, 12);
    due_ = due_ + std::min(Duration::seconds(seconds), sol_max_rt_.value());
  }
  if (failures_ < 0xff) ++failures_;
}

void Machine::enter_bound(Instant now) {
  state_ = State::bound;
  to_confirm_ = false;
  offers_.clear();
  due_ = std::max(earlier(renew_at_, rebind_at_), now);
}

Bytes Machine::next_message(Instant now) {
  expire(now);
  // Some steps only lead to the next: a Renew that fails at T2 is a Rebind to be sent. Nothing fails that has
  // just begun, so that there are few of them.
  while (running() && link_up_ && now >= due_) {
    if (step(now)) return transmit(now);
  }
  return {};
}

Instant Machine::next_deadline() const {
  Instant deadline = link_up_ ? due_ : Instant::never();
  for (const Address& address : addresses_) deadline = earlier(deadline, address.valid_until);
  return deadline;
}

/// What is due; true when the state's message is to be sent now.
bool Machine::step(Instant now) {
  if (state_ == State::bound) {
    extend(now);
  } else if (state_ == State::informed) {
    begin(State::informing, now, parameter::inf_max_delay);
  } else if (state_ == State::soliciting && !offers_.empty()) {
    begin(State::requesting, now);  // the first RT has elapsed (18.2.1)
  } else if (exchange_failed(now)) {
    return false;
  }
  due_ = std::max(due_, rate_limit_.allowed());
  return now >= due_;
}

/// At T1 the server is asked, at T2 all of them (18.2.4, 18.2.5).
void Machine::extend(Instant now) { begin(now >= rebind_at_ ? State::rebinding : State::renewing, now); }

/// MRD as an instant, where there is one. That of a Rebind is the end of the last address: `expire`.
Instant Machine::fails_at() const {
  if (state_ == State::renewing) return rebind_at_;
  if (state_ == State::confirming && retransmission_.begun()) {
    return retransmission_.first_sent() + parameter::cnf_max_rd;
  }
  return Instant::never();
}

/// RFC 8415 18.2.1 to 18.2.8: the parameters of each exchange.
RetransmissionParameters Machine::parameters() const {
  using namespace parameter;
  switch (state_) {
    case State::soliciting:
      return {.irt = sol_timeout, .mrt = sol_max_rt_.value(), .first_longer = true};
    case State::requesting:
      return {.irt = req_timeout, .mrt = req_max_rt, .mrc = req_max_rc};
    case State::confirming:
      return {.irt = cnf_timeout, .mrt = cnf_max_rt};
    case State::renewing:
      return {.irt = ren_timeout, .mrt = ren_max_rt};
    case State::rebinding:
      return {.irt = reb_timeout, .mrt = reb_max_rt};
    case State::declining:
      return {.irt = dec_timeout, .mrc = dec_max_rc};
    case State::releasing:
      return {.irt = rel_timeout, .mrc = rel_max_rc};
    default:
      return {.irt = inf_timeout, .mrt = inf_max_rt_.value()};
  }
}

/// True when the exchange has come to an end, and another state was entered.
bool Machine::exchange_failed(Instant now) {
  // 18.2.10.3: what one server says counts only when no other has said yes meanwhile.
  const bool refused = state_ == State::confirming && not_on_link_;
  if (!refused && now < fails_at() && !retransmission_.exhausted(parameters())) return false;
  switch (state_) {
    case State::requesting:
      ask_next_server(now);
      break;
    case State::renewing:
      begin(State::rebinding, now);
      break;
    case State::confirming:  // 18.2.3: continues to use the leases
      if (refused) {
        discover_after_failure(now);
      } else {
        enter_bound(now);
      }
      break;
    case State::declining:
      end_decline(now);
      break;
    default:  // only a Release is left that may fail
      enter_stopped();
  }
  return true;
}

/// 18.2.2, 18.2.10.1: another of those that advertised, or all over again.
void Machine::ask_next_server(Instant now) {
  if (!offers_.empty()) offers_.remove_best();
  if (offers_.empty()) return discover_after_failure(now);
  begin(State::requesting, now);
}

/// 18.2.8: however the exchange ended, the addresses that nobody else has stay in use.
void Machine::end_decline(Instant now) {
  given_up_.clear();
  if (addresses_.empty()) return discover_after_failure(now);
  if (to_confirm_) return begin(State::confirming, now, parameter::cnf_max_delay);
  enter_bound(now);
}

Status Machine::status() const {
  Status status = counters_;
  status.state = state_;
  status.mode = mode_;
  status.addresses = {addresses_.begin(), addresses_.size()};
  if (informed_) status.information = &information_;
  if (!addresses_.empty()) {
    status.renew_at = renew_at_;
    status.rebind_at = rebind_at_;
  }
  status.refresh_at = refresh_at_;
  return status;
}

void Machine::digest(Digest& digest) const {
  digest.add(static_cast<std::uint64_t>(state_));
  digest.add(xid_);
  digest.add(link_up_);
  digest.add(to_confirm_);
  digest.add(not_on_link_);
  digest.add(failures_);
  digest.add(static_cast<std::uint64_t>(sol_max_rt_.value().as_microseconds()));
  digest.add(static_cast<std::uint64_t>(inf_max_rt_.value().as_microseconds()));
  digest.add(offers_.size());
  digest.add(server_.bytes());
  for (const Address& address : addresses_) {
    digest.add(address.address.bytes());
    digest.add(static_cast<std::uint64_t>(address.preferred_until.as_microseconds()));
    digest.add(static_cast<std::uint64_t>(address.valid_until.as_microseconds()));
  }
  for (const IpAddress& address : given_up_) digest.add(address.bytes());
  digest.add(informed_);
  for (const IpAddress& server : information_.dns_servers) digest.add(server.bytes());
}

}  // namespace linnet::dhcpv6
