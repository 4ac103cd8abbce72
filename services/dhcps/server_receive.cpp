// SPDX-License-Identifier: Apache-2.0
// What messages do: RFC 2131 4.3.
#include "services/dhcps/server.hpp"

namespace linnet::dhcps {

using dhcp::MessageType;
namespace option = dhcp::option;

/// Reads a bounded number of datagrams; true when there may be more.
bool Server::receive(Instant now) {
  for (std::size_t i = 0; i < datagrams_per_poll; ++i) {
    const auto received = stack_.udp().receive(socket_, buffer_, false);
    if (!received) return false;  // nothing there: a socket that is not connected has no errors
    if (received->datagram_size > received->size) {
      ++status_.ignored;
      continue;
    }
    handle(buffer_.first(received->size), now);
  }
  return stack_.udp().readable(socket_);
}

void Server::handle(Bytes datagram, Instant now) {
  const std::optional<dhcp::Message> message = dhcp::Message::parse(datagram);
  const std::optional<Prefix> own = own_prefix();
  const bool ethernet = message && message->hardware_type() == dhcp::hardware_ethernet &&
                        message->hardware_length() == 6 && !message->mac().is_multicast() &&
                        !message->mac().is_zero();
  if (!ethernet || message->op() != dhcp::Op::request || !own || !pool_in(*own)) {
    ++status_.ignored;
    return;
  }
  // RFC 3046 is not spoken, and there is one pool: what a relay brings must be of its subnet.
  if (!message->giaddr().is_unspecified() && !own->contains(message->giaddr())) {
    ++status_.ignored;
    return;
  }
  std::array<std::uint8_t, 255> scratch;
  const std::optional<Bytes> id = message->option(option::client_id, scratch);
  const Request request{.message = *message,
                        .client = id && id->size() >= 2 ? ClientKey::of(*id) : ClientKey::of(message->mac()),
                        .requested = message->address(option::requested_address),
                        .server = message->address(option::server_id),
                        .subnet = *own};
  ++status_.received;
  switch (message->type()) {
    case MessageType::discover:
      return handle_discover(request, now);
    case MessageType::request:
      return handle_request(request, now);
    case MessageType::decline:
      return handle_decline(request, now);
    case MessageType::release:
      return handle_release(request, now);
    case MessageType::inform:
      // RFC 2131 4.3.5: parameters only, to the address that the client has.
      if (on_subnet(request, message->ciaddr())) return send_ack(request, nullptr, message->ciaddr(), now);
      break;
    default:
      break;
  }
  ignore();
}

/// It was counted as a message that means something.
void Server::ignore() {
  --status_.received;
  ++status_.ignored;
}

bool Server::on_subnet(const Request& request, const IpAddress& address) const {
  return !address.is_unspecified() && request.subnet.contains(address) && address != request.subnet.address;
}

/// RFC 2131 4.3.1: the address that it has or had, else what it asks for, else any.
void Server::handle_discover(const Request& request, Instant now) {
  const dhcp::Message& message = request.message;
  Lease* lease = leases_.find(request.client, message.mac());
  // Somebody else may have got it meanwhile, unseen: it is looked for again, unless it is in force.
  if (lease == nullptr) {
    std::optional<IpAddress> wanted = request.requested;
    if (wanted && !on_subnet(request, *wanted)) wanted.reset();
    // Our own address may lie within the pool.
    const Lease* own = leases_.find(request.subnet.address);
    if (own == nullptr && leases_.in_pool(request.subnet.address)) {
      static_cast<void>(leases_.fix(stack_.ethernet().link(interface_).mac, request.subnet.address));
    }
    lease = leases_.assign(request.client, message.mac(), wanted);
  }
  if (lease == nullptr) {
    ++status_.full;
    return;
  }
  lease->xid = message.xid();
  lease->flags = message.flags();
  lease->giaddr = message.giaddr();
  lease->mac = message.mac();
  lease->client = request.client;
  if (lease->state == LeaseState::probing) return;  // the answer comes when it is known
  if (lease->state == LeaseState::bound || lease->state == LeaseState::offered ||
      config_.probe_time <= Duration() || !lease->giaddr.is_unspecified()) {
    return send_offer(*lease, now);
  }
  probe(*lease, now);
}

/// RFC 2131 4.3.2: which of four it is shows in what it holds (Table 4).
void Server::handle_request(const Request& request, Instant now) {
  const dhcp::Message& message = request.message;
  Lease* lease = leases_.find(request.client, message.mac());
  if (request.server) return handle_selecting(request, lease, now);
  if (request.requested && message.ciaddr().is_unspecified()) {  // INIT-REBOOT
    return handle_known(request, lease, *request.requested, now);
  }
  if (!request.requested && !message.ciaddr().is_unspecified()) {  // RENEWING, REBINDING
    return handle_known(request, lease, message.ciaddr(), now);
  }
  ignore();
}

void Server::handle_selecting(const Request& request, Lease* lease, Instant now) {
  if (*request.server != request.subnet.address) {
    // Another server's offer was taken: ours may go to somebody else.
    if (lease != nullptr && lease->state == LeaseState::offered) lease->state = LeaseState::free;
    return ignore();
  }
  if (!request.requested) return send_nak(request, now);
  // Also when the offer was kept no longer, and nobody got the address meanwhile.
  const bool ours =
      lease != nullptr && lease->address == *request.requested && lease->state != LeaseState::probing;
  // "'ciaddr' MUST be zero": what is in it all the same is no address that the client has.
  ours ? grant(request, *lease, IpAddress::any_v4(), now) : send_nak(request, now);
}

/// A client that says that it has `address`.
void Server::handle_known(const Request& request, Lease* lease, const IpAddress& address, Instant now) {
  // "If the network is wrong, DHCPNAK", whoever it is.
  if (!on_subnet(request, address)) return send_nak(request, now);
  if (lease != nullptr && lease->address == address && lease->state != LeaseState::probing) {
    return grant(request, *lease, request.message.ciaddr(), now);
  }
  // "If the DHCP server has no record of this client, then it MUST remain silent": who is the only one need
  // not.
  if (lease != nullptr || config_.authoritative) send_nak(request, now);
}

void Server::grant(const Request& request, Lease& lease, const IpAddress& ciaddr, Instant now) {
  const bool fresh = lease.state != LeaseState::bound;
  lease.state = LeaseState::bound;
  lease.until = now + config_.lease_time;
  lease.mac = request.message.mac();
  take_name(request, lease);
  send_ack(request, &lease, ciaddr, now);
  if (fresh) tell(NewsKind::granted, lease);
}

void Server::take_name(const Request& request, Lease& lease) {
  std::array<std::uint8_t, 64> scratch;
  const std::optional<Bytes> value = request.message.option(option::host_name, scratch);
  if (!value) return;
  std::string_view text(reinterpret_cast<const char*>(value->data()), value->size());
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);  // RFC 2132 2
  if (dhcp::is_host_name(text)) lease.host_name.assign(text);
}

/// RFC 2131 4.3.3: the address is somebody's, whom we do not know.
void Server::handle_decline(const Request& request, Instant now) {
  Lease* lease = leases_.find(request.client, request.message.mac());
  const bool ours = request.server && *request.server == request.subnet.address && lease != nullptr &&
                    request.requested && lease->address == *request.requested;
  if (!ours) return ignore();
  ++status_.conflicts;
  tell(NewsKind::declined, *lease);
  leases_.declined(*lease, now + config_.declined_time);
}

/// RFC 2131 4.3.4: free, and kept for the client as long as nobody else needs it.
void Server::handle_release(const Request& request, Instant now) {
  Lease* lease = leases_.find(request.client, request.message.mac());
  const bool ours = lease != nullptr && lease->address == request.message.ciaddr() &&
                    lease->state == LeaseState::bound &&
                    (!request.server || *request.server == request.subnet.address);
  if (!ours) return ignore();
  lease->state = LeaseState::free;
  lease->until = now;
  tell(NewsKind::released, *lease);
}

}  // namespace linnet::dhcps
