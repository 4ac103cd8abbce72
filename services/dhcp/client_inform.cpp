// SPDX-License-Identifier: Apache-2.0
// A host whose address is its owner's asks for the rest (RFC 2131 3.4, 4.4.3).
#include "services/dhcp/client.hpp"

namespace linnet::dhcp {

bool Client::inform(Instant now) {
  if (running()) return true;
  if (!open_socket()) return false;
  own_ = own_prefix();
  enter_informing(now);
  return true;
}

/// The owner's address; nothing while there is none, or it is still being looked for on the link.
std::optional<Prefix> Client::own_prefix() const {
  for (const ip::AddressView& view : stack_.ip().addresses()) {
    if (view.interface == interface_ && view.usable()) return view.prefix;
  }
  return std::nullopt;
}

/// Another address may be of another network, where other parameters hold.
void Client::watch_own_address(Instant now) {
  if (!informs()) return;
  const std::optional<Prefix> own = own_prefix();
  if (own == own_) return;
  own_ = own;
  forget_information();
  enter_informing(now);
}

/// What was told before stays in force meanwhile: the link may be the same one.
void Client::enter_informing(Instant now) {
  state_ = State::informing;
  attempts_ = 0;
  began_ = now;
  xid_ = stack_.random().next32();
  due_ = link_up_ && own_ ? now : Instant::never();
}

/// RFC 2131 4.4.3: whom nobody answers within 60 seconds or four tries does without.
void Client::inform_again(Instant now) {
  if (attempts_ >= config_.request_attempts) {
    state_ = State::uninformed;
    due_ = Instant::never();
    return;
  }
  send_inform(now);
  due_ = now + back_off(attempts_++);
}

/// RFC 2131 Table 5: ciaddr tells where the answer is to go. By broadcast: no server is known.
void Client::send_inform(Instant now) {
  RequestHeader values = header(now);
  values.broadcast = false;
  values.ciaddr = own_->address;
  MessageWriter writer(buffer_, values, MessageType::inform);
  add_client_id(writer);
  add_parameters(writer, Asked::parameters);
  transmit(writer, IpAddress::broadcast_v4(), own_->address, now);
}

/// RFC 2131 4.4.3: from any server. yiaddr, which servers have to leave alone (4.3.5), does not count.
void Client::handle_inform_ack(const Message& message, Instant now) {
  if (!own_ || (!message.ciaddr().is_unspecified() && message.ciaddr() != own_->address)) return;
  const std::optional<Lease> told = read_information(message, config_, link_mtu(), *own_);
  if (!told) return;
  ++counters_.received;
  keep_options(message);
  withdraw_parameters();
  lease_ = *told;
  apply_parameters();
  informed_ = true;
  bound_since_ = now;
  ++counters_.version;
  state_ = State::informed;
  attempts_ = 0;
  due_ = Instant::never();
}

void Client::forget_information() {
  if (!informed_) return;
  withdraw_parameters();
  informed_ = false;
  ++counters_.version;
}

}  // namespace linnet::dhcp
