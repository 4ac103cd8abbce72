// SPDX-License-Identifier: Apache-2.0
// Looking for the holder of an address, and the answers: RFC 2131 Table 3, and 4.1 for where to.
#include "services/dhcps/server.hpp"

namespace linnet::dhcps {

using dhcp::MessageType;
using dhcp::MessageWriter;
namespace option = dhcp::option;

namespace {
constexpr Duration probe_step = Duration::milliseconds(50);
}  // namespace

/// RFC 2131 2.2 and 3.1 (2): "the server SHOULD probe the reused address", by an ICMP echo. The question of ARP before it
/// tells already; who has been silent, or had the address before, must not count, so it is asked anew.
void Server::probe(Lease& lease, Instant now) {
  lease.state = LeaseState::probing;
  lease.until = now + config_.probe_time;
  stack_.ethernet().forget_neighbour(interface_, lease.address);
  Frame frame;
  ip::IcmpHeader::write(frame.prepend(ip::IcmpHeader::size), ip::icmp::echo, 0, stack_.random().next32());
  frame.checksum = {.header_from_end = ip::IcmpHeader::size, .field = 2};
  const ip::SendInfo info{
      .destination = lease.address, .protocol = ip::protocol::icmp, .interface = interface_};
  static_cast<void>(stack_.ip().send(frame, info, now));
}

/// Offers what nobody was found to have; yields when to look again.
Instant Server::watch_probes(Instant now) {
  Instant next = Instant::never();
  for (Lease& lease : leases_.all()) {
    if (lease.state != LeaseState::probing) continue;
    if (somebody_has(lease)) {
      // The client's next DHCPDISCOVER gets another one.
      ++status_.conflicts;
      tell(NewsKind::declined, lease);
      leases_.declined(lease, now + config_.declined_time);
    } else if (now >= lease.until) {
      send_offer(lease, now);
    } else {
      next = earlier(next, earlier(lease.until, now + probe_step));
    }
  }
  return next;
}

/// Somebody else, that is: the client itself may have kept it. `probe` has forgotten what was known before:
/// whoever released the address was heard of a moment ago.
bool Server::somebody_has(const Lease& lease) const {
  bool found = false;
  stack_.ethernet().for_each_neighbour([&](const ethernet::NeighbourView& view) {
    found = found || (view.interface == interface_ && view.address == lease.address && !view.mac.is_zero() &&
                      view.mac != lease.mac);
  });
  return found;
}

void Server::send_offer(Lease& lease, Instant now) {
  const std::optional<Prefix> own = own_prefix();
  if (!own) return;
  if (lease.state != LeaseState::bound) {
    lease.state = LeaseState::offered;
    lease.until = now + config_.offer_time;
  }
  const dhcp::ReplyHeader header{.xid = lease.xid,
                                 .flags = lease.flags,
                                 .yiaddr = lease.address,
                                 .giaddr = lease.giaddr,
                                 .mac = lease.mac};
  MessageWriter writer(buffer_.first(answer_size), header, MessageType::offer);
  add_options(writer, *own, true);
  if (transmit(writer, own->address, lease.giaddr, IpAddress::any_v4(), now)) ++status_.offers;
}

/// `lease` null: to DHCPINFORM, without an address and its times, and directly, also through a relay (RFC
/// 2131 4.3.5). `ciaddr`: the address that the client uses, if it does.
void Server::send_ack(const Request& request, const Lease* lease, const IpAddress& ciaddr, Instant now) {
  const dhcp::Message& message = request.message;
  const dhcp::ReplyHeader header{.xid = message.xid(),
                                 .flags = message.flags(),
                                 .ciaddr = ciaddr,
                                 .yiaddr = lease != nullptr ? lease->address : IpAddress::any_v4(),
                                 .giaddr = message.giaddr(),
                                 .mac = message.mac()};
  // The request is in the same buffer: nothing of it is needed any more.
  MessageWriter writer(buffer_.first(answer_size), header, MessageType::ack);
  add_options(writer, request.subnet, lease != nullptr);
  const IpAddress relay = lease != nullptr ? header.giaddr : IpAddress::any_v4();
  if (transmit(writer, request.subnet.address, relay, ciaddr, now)) ++status_.acks;
}

/// RFC 2131 4.3.2: broadcast; through a relay with the broadcast bit, since the client's address may be wrong
/// there.
void Server::send_nak(const Request& request, Instant now) {
  const dhcp::Message& message = request.message;
  const bool relayed = !message.giaddr().is_unspecified();
  const dhcp::ReplyHeader header{
      .xid = message.xid(),
      .flags = relayed ? static_cast<std::uint16_t>(message.flags() | dhcp::flag_broadcast) : message.flags(),
      .giaddr = message.giaddr(),
      .mac = message.mac()};
  MessageWriter writer(buffer_.first(answer_size), header, MessageType::nak);
  writer.address(option::server_id, request.subnet.address);
  if (transmit(writer, request.subnet.address, header.giaddr, IpAddress::any_v4(), now)) ++status_.naks;
}

void Server::add_options(MessageWriter& writer, const Prefix& own, bool times) const {
  writer.address(option::server_id, own.address);
  if (times) {
    const auto seconds = static_cast<std::uint32_t>(config_.lease_time.as_seconds());
    writer.u32(option::lease_time, seconds);
    writer.u32(option::renewal_time, seconds / 2);
    writer.u32(option::rebinding_time, seconds - seconds / 8);
  }
  writer.u32(option::subnet_mask, mask_of_prefix_length(own.length));
  if (config_.offer_router) {
    writer.address(option::router, config_.router.is_unspecified() ? own.address : config_.router);
  }
  if (!config_.dns_servers.empty()) {
    std::array<std::uint8_t, 12> servers;
    std::size_t size = 0;
    for (const IpAddress& server : config_.dns_servers) {
      copy_bytes(servers.data() + size, server.v4_bytes());
      size += 4;
    }
    writer.bytes(option::dns_servers, Bytes(servers).first(size));
  }
  if (!domain_name_.empty()) writer.bytes(option::domain_name, domain_name_.bytes());
  if (config_.mtu >= 68) writer.u16(option::interface_mtu, config_.mtu);
  options_.write_to(writer);
}

/// RFC 2131 4.1: to the relay; else to the address that the client uses; else to everybody, whatever the
/// broadcast bit says: ARP cannot find an address that is not in use yet.
bool Server::transmit(MessageWriter& writer, const IpAddress& own, const IpAddress& giaddr,
                      const IpAddress& ciaddr, Instant now) {
  const Bytes message = writer.finish();
  if (message.empty()) return false;
  udp::SendOptions options;
  options.source = own;
  Endpoint to{IpAddress::broadcast_v4(), dhcp::client_port};
  if (!giaddr.is_unspecified()) {
    to = {giaddr, dhcp::server_port};
  } else if (!ciaddr.is_unspecified()) {
    to.address = ciaddr;
  }
  return stack_.udp().send(socket_, {&message, 1}, &to, options, now).ok();
}

}  // namespace linnet::dhcps
