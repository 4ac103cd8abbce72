// SPDX-License-Identifier: Apache-2.0
// What a client sends: RFC 2131 Table 5, and 4.1 for where to.
#include "services/dhcp/client.hpp"

#include <algorithm>

namespace linnet::dhcp {

RequestHeader Client::header(Instant now) const {
  const std::int64_t elapsed = std::clamp<std::int64_t>((now - began_).as_seconds(), 0, 65535);
  return {.xid = xid_,
          .secs = static_cast<std::uint16_t>(elapsed),
          .broadcast = config_.broadcast,
          .ciaddr = IpAddress::any_v4(),
          .mac = stack_.ethernet().link(interface_).mac};
}

/// RFC 2131 4.2: the same in every message. RFC 2132 9.14: by default type and MAC address.
void Client::add_client_id(MessageWriter& writer) const {
  if (!config_.send_client_id) return;
  if (client_id_size_ != 0) return writer.bytes(option::client_id, Bytes(client_id_).first(client_id_size_));
  std::array<std::uint8_t, 7> id{hardware_ethernet};
  const MacAddress& mac = stack_.ethernet().link(interface_).mac;
  std::copy(mac.bytes.begin(), mac.bytes.end(), id.begin() + 1);
  writer.bytes(option::client_id, id);
}

/// RFC 2131 4.4.1: the same in DHCPDISCOVER and DHCPREQUEST. 4.4.3: without what belongs to a lease in
/// DHCPINFORM.
void Client::add_parameters(MessageWriter& writer, Asked asked_for) const {
  if (!host_name_.empty()) writer.bytes(option::host_name, host_name_.bytes());
  if (!vendor_class_.empty()) writer.bytes(option::vendor_class, vendor_class_.bytes());
  writer.u16(option::maximum_message_size, static_cast<std::uint16_t>(buffer_.size()));
  constexpr std::array<std::uint8_t, 13> list = {
      option::classless_routes, option::subnet_mask,   option::router,        option::dns_servers,
      option::host_name,        option::domain_name,   option::domain_search, option::interface_mtu,
      option::ntp_servers,      option::lease_time,    option::renewal_time,  option::rebinding_time,
      option::ipv6_only};
  // RFC 3442: 121 stands in front of 3, or is not asked for. RFC 8925 3.2: 108 only by who would obey it.
  BoundedList<std::uint8_t, list.size() + decltype(config_.requested_options)::capacity> asked;
  for (const std::uint8_t code : list) {
    const bool of_lease = code == option::lease_time || code == option::renewal_time ||
                          code == option::rebinding_time || code == option::ipv6_only;
    const bool wanted = of_lease && asked_for == Asked::parameters ? false
                        : code == option::classless_routes         ? config_.classless_routes
                        : code == option::ipv6_only                ? config_.ipv6_only
                                                                   : true;
    if (wanted) asked.add(code);
  }
  for (const std::uint8_t code : config_.requested_options) {
    if (std::find(asked.begin(), asked.end(), code) == asked.end()) asked.add(code);
  }
  writer.bytes(option::parameter_request_list, {asked.begin(), asked.size()});
  added_options_.write_to(writer);
}

void Client::send_discover(Instant now) {
  const RequestHeader values = header(now);
  secs_ = values.secs;
  MessageWriter writer(buffer_, values, MessageType::discover);
  add_client_id(writer);
  add_parameters(writer);
  if (config_.rapid_commit) writer.bytes(option::rapid_commit, {});
  transmit(writer, IpAddress::broadcast_v4(), IpAddress::any_v4(), now);
}

/// RFC 2131 4.3.2 and Table 4: what a DHCPREQUEST holds tells the server which of four it is.
void Client::send_request(Instant now) {
  const bool extending = state_ == State::renewing || state_ == State::rebinding;
  RequestHeader values = header(now);
  if (state_ == State::requesting) values.secs = secs_;
  if (extending) values.ciaddr = lease_.prefix.address;
  // A client with an address can take unicast answers.
  if (extending) values.broadcast = false;

  MessageWriter writer(buffer_, values, MessageType::request);
  add_client_id(writer);
  if (state_ == State::requesting) {
    writer.address(option::server_id, lease_.server);
    writer.address(option::requested_address, lease_.prefix.address);
  } else if (state_ == State::rebooting) {
    writer.address(option::requested_address, requested_);
  }
  add_parameters(writer);
  const IpAddress from = extending ? lease_.prefix.address : IpAddress::any_v4();
  transmit(writer, state_ == State::renewing ? lease_.server : IpAddress::broadcast_v4(), from, now);
}

/// RFC 2131 4.4.4: DHCPDECLINE is broadcast; Table 5: ciaddr zero, no parameters asked for.
void Client::send_decline(const Lease& lease, Instant now) {
  xid_ = stack_.random().next32();
  RequestHeader values = header(now);
  values.secs = 0;
  values.broadcast = false;
  MessageWriter writer(buffer_, values, MessageType::decline);
  add_client_id(writer);
  writer.address(option::requested_address, lease.prefix.address);
  writer.address(option::server_id, lease.server);
  transmit(writer, IpAddress::broadcast_v4(), IpAddress::any_v4(), now);
  xid_ = 0;  // nobody answers it
}

/// RFC 2131 4.4.4 and 4.4.6: DHCPRELEASE is unicast, once.
void Client::send_release(Instant now) {
  xid_ = stack_.random().next32();
  RequestHeader values = header(now);
  values.secs = 0;
  values.broadcast = false;
  values.ciaddr = lease_.prefix.address;
  MessageWriter writer(buffer_, values, MessageType::release);
  add_client_id(writer);
  writer.address(option::server_id, lease_.server);
  transmit(writer, lease_.server, lease_.prefix.address, now);
  xid_ = 0;
}

/// A message that cannot be sent is as good as lost: the next one comes by the same timer.
void Client::transmit(MessageWriter& writer, const IpAddress& to, const IpAddress& from, Instant now) {
  const Bytes message = writer.finish();
  if (message.empty()) return;
  udp::SendOptions options;
  options.source_unspecified = from.is_unspecified();
  options.source = from;
  const Endpoint server{to, server_port};
  if (stack_.udp().send(socket_, {&message, 1}, &server, options, now)) ++counters_.sent;
}

}  // namespace linnet::dhcp
