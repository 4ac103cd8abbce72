// SPDX-License-Identifier: Apache-2.0
// What is sent in each state (RFC 8415 18.2.1 to 18.2.8).
#include "services/dhcpv6/machine.hpp"

namespace linnet::dhcpv6 {

namespace {

// 18.2.1, 18.2.2, 18.2.4: SOL_MAX_RT always; what else is of interest.
constexpr std::array<std::uint16_t, 5> wanted = {
    option::dns_servers, option::domain_list, option::sntp_servers, option::ntp_server, option::sol_max_rt};
// 18.2.6: INF_MAX_RT and the Information Refresh Time always. 21.23: in no other message.
constexpr std::array<std::uint16_t, 6> wanted_stateless = {
    option::dns_servers, option::domain_list, option::sntp_servers, option::information_refresh_time,
    option::ntp_server,  option::inf_max_rt};

MessageType type_of(State state) {
  switch (state) {
    case State::soliciting:
      return MessageType::solicit;
    case State::requesting:
      return MessageType::request;
    case State::confirming:
      return MessageType::confirm;
    case State::renewing:
      return MessageType::renew;
    case State::rebinding:
      return MessageType::rebind;
    case State::declining:
      return MessageType::decline;
    case State::releasing:
      return MessageType::release;
    default:
      return MessageType::information_request;
  }
}

}  // namespace

Bytes Machine::transmit(Instant now) {
  if (state_ == State::requesting && !offers_.empty()) server_ = offers_.best().server;
  MessageWriter writer(buffer_, type_of(state_), xid_);
  writer.bytes(option::client_id, duid_.bytes());
  writer.u16(option::elapsed_time, retransmission_.elapsed_time(now));
  write_options(writer);
  rate_limit_.sent(now);
  due_ = earlier(retransmission_.sent(parameters(), now, random_), fails_at());
  ++counters_.sent;
  return writer.finish();
}

void Machine::write_options(MessageWriter& writer) const {
  const bool to_one_server = state_ == State::requesting || state_ == State::renewing ||
                             state_ == State::declining || state_ == State::releasing;
  if (to_one_server) writer.bytes(option::server_id, server_.bytes());
  if (state_ == State::informing) return writer.option_request(wanted_stateless);

  List<IpAddress, maximum_addresses> addresses;
  if (state_ == State::declining || state_ == State::releasing) {
    addresses = given_up_;
  } else if (state_ == State::requesting && !offers_.empty()) {
    addresses = offers_.best().addresses;
  } else {
    for (const Address& address : addresses_) addresses.add(address.address);
  }
  writer.ia_na(config_.iaid, {addresses.begin(), addresses.size()});
  if (state_ == State::soliciting && config_.rapid_commit) writer.bytes(option::rapid_commit, {});
  const bool configures = state_ == State::soliciting || state_ == State::requesting ||
                          state_ == State::renewing || state_ == State::rebinding;
  if (configures) writer.option_request(wanted);
}

}  // namespace linnet::dhcpv6
