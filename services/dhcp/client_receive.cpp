// SPDX-License-Identifier: Apache-2.0
// What messages do, state by state (RFC 2131 4.4.1, 4.4.2, 4.4.5).
#include "services/dhcp/client.hpp"

#include <algorithm>

namespace linnet::dhcp {

/// Reads a bounded number of datagrams; true when there may be more.
bool Client::receive(Instant now) {
  for (std::size_t i = 0; i < datagrams_per_poll; ++i) {
    const auto received = stack_.udp().receive(socket_, buffer_, false);
    if (!received) return false;  // nothing there: a socket that is not connected has no errors
    if (received->datagram_size > received->size) {  // more than option 57 allowed
      ++counters_.ignored;
      continue;
    }
    handle(buffer_.first(received->size), now);
  }
  return stack_.udp().readable(socket_);
}

void Client::handle(Bytes datagram, Instant now) {
  const std::optional<Message> message = Message::parse(datagram);
  const std::uint32_t understood = counters_.received;
  if (message && is_for_us(*message)) {
    switch (message->type()) {
      case MessageType::offer:
        handle_offer(*message, now);
        break;
      case MessageType::ack:
        handle_ack(*message, now);
        break;
      case MessageType::nak:
        handle_nak(*message, now);
        break;
      default:  // what clients send, and FORCERENEW (RFC 3203), which nobody may act on without
                // authentication
        break;
    }
  }
  if (counters_.received == understood) ++counters_.ignored;
}

/// RFC 2131 4.1 and 4.4.1: an answer to our last message. Whether one is waited for, the state says.
bool Client::is_for_us(const Message& message) const {
  const MacAddress& mac = stack_.ethernet().link(interface_).mac;
  return message.op() == Op::reply && message.hardware_type() == hardware_ethernet &&
         message.hardware_length() == mac.bytes.size() && message.mac() == mac && message.xid() == xid_;
}

void Client::handle_offer(const Message& message, Instant now) {
  // RFC 2131 Table 3: ciaddr is zero in a DHCPOFFER.
  if (state_ != State::selecting || !message.ciaddr().is_unspecified()) return;
  const std::optional<Lease> lease = read_lease(message, config_, link_mtu(), stack_.random());
  if (!lease) return;  // DHCPDISCOVER goes on
  ++counters_.received;
  if (prefers_ipv6_only(message, now)) return;
  lease_ = *lease;
  state_ = State::requesting;
  attempts_ = 0;
  requested_at_ = now;
  request_again(now);
}

/// RFC 8925 3.2: who can do without IPv4 where that is preferred asks for no address, for as long as the option says.
bool Client::prefers_ipv6_only(const Message& message, Instant now) {
  if (!config_.ipv6_only) return false;
  const std::optional<std::uint32_t> seconds = message.u32(option::ipv6_only);
  if (!seconds) return false;
  enter_init(std::max(Duration::seconds(*seconds), config_.least_ipv6_only_wait), now);
  return true;
}

/// The server that was asked; when everybody was, anybody.
bool Client::from_right_server(const Message& message) const {
  const std::optional<IpAddress> server = message.address(option::server_id);
  if (!server) return false;  // RFC 2131 Table 3: MUST
  if (state_ == State::requesting || state_ == State::renewing) return *server == lease_.server;
  return state_ == State::rebooting || state_ == State::rebinding;
}

void Client::handle_ack(const Message& message, Instant now) {
  if (state_ == State::informing) return handle_inform_ack(message, now);
  if (state_ == State::selecting) return handle_rapid_ack(message, now);
  if (from_right_server(message) && take_lease(message, now)) check_address(now);
}

/// RFC 4039 3.1: only where it was asked for, and said so. The lease counts from the first DHCPDISCOVER.
void Client::handle_rapid_ack(const Message& message, Instant now) {
  if (!config_.rapid_commit || !message.option(option::rapid_commit, {})) return;
  if (prefers_ipv6_only(message, now)) return;
  requested_at_ = began_;
  lease_.prefix.address = message.yiaddr();
  if (take_lease(message, now)) return check_address(now);
  forget_lease();
}

/// True when the address is a new one, to be looked for on the link. Apart from handle_ack: a lease is large, and should
/// not lie on the stack while the check sends.
[[gnu::noinline]] bool Client::take_lease(const Message& message, Instant now) {
  const std::optional<Lease> lease = read_lease(message, config_, link_mtu(), stack_.random());
  if (!lease) return false;
  const IpAddress& address = lease->prefix.address;
  // RFC 2131 Table 3: ciaddr is zero or what the DHCPREQUEST said; either way it is no other client's.
  if (!message.ciaddr().is_unspecified() && message.ciaddr() != address) return false;
  const IpAddress& wanted = state_ == State::rebooting ? requested_ : lease_.prefix.address;
  if (address != wanted || requested_at_ + lease->duration <= now) return false;
  ++counters_.received;
  keep_options(message);

  // RFC 2131 4.4.1: the lease counts from the sending of the DHCPREQUEST. Renewed, the request has just one
  // xid.
  renew_at_ = requested_at_ + lease->renewal;
  rebind_at_ = requested_at_ + lease->rebinding;
  expires_at_ = requested_at_ + lease->duration;
  if (lease->duration == Duration::max()) renew_at_ = rebind_at_ = expires_at_ = Instant::never();
  if (!holds_address()) {
    lease_ = *lease;
    return true;
  }
  replace(*lease, now);
  failures_ = 0;
  enter_bound(now);
  return false;
}

void Client::keep_options(const Message& message) {
  kept_options_.clear();
  for (const std::uint8_t code : config_.requested_options) {
    std::array<std::uint8_t, 255> scratch;
    if (const std::optional<Bytes> value = message.option(code, scratch)) kept_options_.set(code, *value);
  }
}

void Client::handle_nak(const Message& message, Instant now) {
  if (!from_right_server(message)) return;
  ++counters_.received;
  ++counters_.refusals;
  enter_init_after_failure(now);
}

}  // namespace linnet::dhcp
