// SPDX-License-Identifier: Apache-2.0
// What a received message does (RFC 8415 16, 18.2.9, 18.2.10).
#include "services/dhcpv6/machine.hpp"

namespace linnet::dhcpv6 {

bool Machine::receive(Bytes message, const IpAddress& server, Instant now) {
  expire(now);
  const std::optional<Drop> drop = handle(message, server, now);
  if (drop) {
    ++counters_.drops[static_cast<std::size_t>(*drop)];
  } else {
    ++counters_.received;
  }
  return !drop;
}

std::optional<Drop> Machine::handle(Bytes bytes, const IpAddress& server, Instant now) {
  if (!server.is_v6() || server.is_unspecified() || server.is_multicast()) return Drop::source;
  const auto message = Message::parse(bytes);
  if (!message) return message.error();
  if (const std::optional<Drop> invalid = validate(*message)) return invalid;
  take_maximum_rts(*message);
  return message->type() == MessageType::advertise ? handle_advertise(*message, now)
                                                   : handle_reply(*message, now);
}

/// RFC 8415 16.2 to 16.14.
std::optional<Drop> Machine::validate(const Message& message) const {
  const MessageType type = message.type();
  if (type == MessageType::reconfigure) return Drop::reconfigure;
  if (type != MessageType::advertise && type != MessageType::reply) return Drop::message_type;
  if (!in_exchange() || !retransmission_.begun()) return Drop::unexpected;
  if (type == MessageType::advertise && state_ != State::soliciting) return Drop::unexpected;
  if (message.transaction_id() != xid_) return Drop::transaction_id;
  if (!message.has(option::server_id)) return Drop::server_id;
  // Every message of ours has a client identifier, so every answer must.
  const std::optional<Bytes> client = message.option(option::client_id);
  if (!client || !duid_.is(*client)) return Drop::client_id;
  return std::nullopt;
}

/// 18.2.9, 18.2.10: even of a message that says no.
void Machine::take_maximum_rts(const Message& message) {
  const bool advertise = message.type() == MessageType::advertise;
  const auto take = [advertise](MaximumRt& maximum, std::optional<std::uint32_t> seconds) {
    if (!seconds) return;
    advertise ? maximum.advertised(*seconds) : maximum.replied(*seconds);
  };
  take(sol_max_rt_, message.u32(option::sol_max_rt));
  take(inf_max_rt_, message.u32(option::inf_max_rt));
}

std::optional<Drop> Machine::handle_advertise(const Message& message, Instant now) {
  if (message.status() != StatusCode::success) return Drop::status;
  const std::optional<Grant> grant = read_grant(message, config_.iaid);
  // 18.2.9: ignored, and the timer goes on.
  if (!grant || grant->usable(config_) == 0) return Drop::no_addresses;
  Offer offer;
  offer.server = Duid::from(*message.option(option::server_id)).value_or(Duid());
  offer.preference = message.preference();
  for (const GrantedAddress& granted : grant->addresses) {
    if (granted.valid >= config_.minimum_valid_lifetime) offer.addresses.add(granted.address);
  }
  offers_.add(offer);
  // 18.2.1: collected during the first RT; later, or with a preference of 255, the first one is taken.
  if (offer.preference == 255 || !retransmission_.in_first()) begin(State::requesting, now);
  return std::nullopt;
}

std::optional<Drop> Machine::handle_reply(const Message& message, Instant now) {
  const bool to_one_server = state_ == State::requesting || state_ == State::renewing ||
                             state_ == State::declining || state_ == State::releasing;
  if (to_one_server && !server_.is(*message.option(option::server_id))) return Drop::wrong_server;
  switch (state_) {
    case State::soliciting:
      return handle_rapid_reply(message, now);
    case State::requesting:
      return handle_request_reply(message, now);
    case State::renewing:
    case State::rebinding:
      return handle_extension_reply(message, now);
    case State::confirming:
      return handle_confirm_reply(message, now);
    case State::informing:
      return handle_information_reply(message, now);
    case State::declining:  // 18.2.10.2: completed, whatever the status
      end_decline(now);
      return std::nullopt;
    default:
      enter_stopped();
      return std::nullopt;
  }
}

std::optional<Drop> Machine::handle_rapid_reply(const Message& message, Instant now) {
  if (!config_.rapid_commit || !message.has(option::rapid_commit)) return Drop::no_rapid_commit;
  if (message.status() != StatusCode::success) return Drop::status;
  const std::optional<Grant> grant = read_grant(message, config_.iaid);
  if (!grant || grant->usable(config_) == 0) return Drop::no_addresses;
  accept(message, *grant, now);
  return std::nullopt;
}

std::optional<Drop> Machine::handle_request_reply(const Message& message, Instant now) {
  const StatusCode status = message.status();
  // 18.2.10: asked again, at the pace of the retransmissions and as long as they last. UseMulticast means
  // nothing to a client that never does otherwise.
  if (status == StatusCode::unspec_fail || status == StatusCode::use_multicast) return Drop::status;
  const std::optional<Grant> grant = read_grant(message, config_.iaid);
  // 18.2.10.1: NotOnLink, NoAddrsAvail, or nothing that could be used: another server, or all over again.
  if (status != StatusCode::success || !grant || grant->usable(config_) == 0) {
    ask_next_server(now);
  } else {
    accept(message, *grant, now);
  }
  return std::nullopt;
}

std::optional<Drop> Machine::handle_extension_reply(const Message& message, Instant now) {
  if (message.status() != StatusCode::success) return Drop::status;
  const std::optional<Grant> grant = read_grant(message, config_.iaid);
  // 18.2.10.1: "as if the Reply message had not been received".
  if (!grant) return Drop::no_addresses;
  if (grant->status == StatusCode::no_binding) {
    // There are no offers left: this server is asked for the addresses in use.
    server_ = Duid::from(*message.option(option::server_id)).value_or(Duid());
    begin(State::requesting, now);
    return std::nullopt;
  }
  if (grant->status != StatusCode::success) return Drop::status;
  if (grant->addresses.empty()) return Drop::no_addresses;
  accept(message, *grant, now);
  return std::nullopt;
}

std::optional<Drop> Machine::handle_confirm_reply(const Message& message, Instant now) {
  switch (message.status()) {
    case StatusCode::success:
      enter_bound(now);
      return std::nullopt;
    case StatusCode::not_on_link:
      not_on_link_ = true;
      return std::nullopt;
    default:
      return Drop::status;
  }
}

std::optional<Drop> Machine::handle_information_reply(const Message& message, Instant now) {
  if (message.status() != StatusCode::success) return Drop::status;
  set_information(message);
  const std::uint32_t seconds =
      message.u32(option::information_refresh_time)
          .value_or(static_cast<std::uint32_t>(parameter::irt_default.as_seconds()));
  // 21.23: infinity is no refresh, and 600 s the least.
  refresh_at_ = seconds == infinity ? Instant::never()
                                    : now + std::max(Duration::seconds(seconds), parameter::irt_minimum);
  state_ = State::informed;
  due_ = refresh_at_;
  return std::nullopt;
}

}  // namespace linnet::dhcpv6
