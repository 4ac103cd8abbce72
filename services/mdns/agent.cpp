// SPDX-License-Identifier: Apache-2.0
#include "services/mdns/agent.hpp"

namespace linnet::mdns {

Agent::Agent(Stack& stack, std::uint8_t interface, const Config& config, Arena& arena)
    : stack_(stack),
      interface_(interface),
      machine_(config, arena, stack.random(), static_cast<std::uint8_t>(interface + 1)),
      buffer_(arena.make_array<std::uint8_t>(buffer_size)) {
  if (arena.exhausted()) buffer_ = {};
}

bool Agent::start(std::string_view host_name, Instant now) {
  if (buffer_.empty() || open_) return false;
  const auto socket = stack_.udp().open();
  if (!socket) return false;
  udp::Options& options = *stack_.udp().options(*socket);
  options.interface = interface_;
  options.ttl = options.multicast_ttl = hop_limit;
  options.multicast_loop = false;
  // RFC 6762 15: others on this host may have the port as well.
  if (!stack_.udp().bind(*socket, {IpAddress::any_v6(), port}, true)) {
    stack_.udp().close(*socket);
    return false;
  }
  socket_ = *socket;
  if (!host_name.empty()) {
    const auto host = machine_.responder().add_host(host_name, now);
    if (!host) {
      stack_.udp().close(socket_);
      return false;
    }
    host_ = *host;
  }
  open_ = true;
  left_ = false;
  up_ = joined_v4_ = joined_v6_ = false;
  generation_ = stack_.ip().generation() - 1;  // joins the groups, too
  watch_link(now);
  return true;
}

bool Agent::set_host_name(std::string_view host_name, Instant now) {
  if (!open_) return false;
  if (host_) return machine_.responder().set_host_name(host_, host_name, now).ok();
  const auto host = machine_.responder().add_host(host_name, now);
  if (!host) return false;
  host_ = *host;
  generation_ = stack_.ip().generation() - 1;
  watch_addresses(now);
  return true;
}

void Agent::leave(Instant now) {
  if (!open_) return;
  machine_.stop(now);
  left_ = true;
}

void Agent::stop(Instant now) {
  if (!open_) return;
  machine_.stop(now);
  send_due(~std::size_t{0}, now);
  resume_at_ = {};
  machine_.halt();
  static_cast<void>(machine_.responder().remove_host(host_, now));
  host_ = {};
  stack_.ip().groups().leave_all(udp::Udp::owner_of(socket_), now);
  stack_.udp().close(socket_);
  open_ = false;
}

/// Where IPv6 is not spoken nobody is told of its groups.
bool Agent::speaks_ipv6() const {
  for (const ip::Ipv6Address& address : stack_.ip().neighbour_discovery().addresses().all()) {
    if (address.interface == interface_ && address.state != ip::Ipv6AddressState::absent) return true;
  }
  return false;
}

/// Without room for a membership there is none in that family; it is tried again when something has changed.
void Agent::join(Instant now) {
  const auto join_one = [&](const IpAddress& group, bool& joined) {
    if (joined) return;
    const ip::Membership who{.owner = udp::Udp::owner_of(socket_), .interface = interface_, .group = group};
    joined = stack_.ip().groups().set(who, {.mode = ip::FilterMode::exclude, .sources = {}}, now) ==
             ip::GroupError::none;
  };
  join_one(group_v4, joined_v4_);
  if (speaks_ipv6()) join_one(group_v6(0), joined_v6_);
}

/// RFC 6762 8: a link that comes up may be another one. Memberships are reported anew by IP itself.
void Agent::watch_link(Instant now) {
  const bool up = stack_.ethernet().link(interface_).up;
  if (up != up_) {
    up_ = up;
    if (up) {
      machine_.start(now);
    } else {
      machine_.halt();
    }
  }
  watch_addresses(now);
}

/// RFC 6762 8.4: addresses come and go.
void Agent::watch_addresses(Instant now) {
  if (generation_ == stack_.ip().generation()) return;
  generation_ = stack_.ip().generation();
  join(now);
  if (!host_) return;
  std::array<IpAddress, most_addresses> own{};
  std::size_t count = 0;
  const auto add = [&](const IpAddress& address) {
    if (count < own.size()) own[count++] = address.with_zone(0);
  };
  for (const ip::AddressView& view : stack_.ip().addresses()) {
    if (view.interface == interface_ && view.usable()) add(view.prefix.address);
  }
  for (const ip::Ipv6Address& address : stack_.ip().neighbour_discovery().addresses().all()) {
    // One that is tentative may turn out to be another's.
    const bool lasting = address.origin != ip::AddressOrigin::temporary && address.origin != ip::AddressOrigin::translator;
    if (address.settled() && address.interface == interface_ && lasting) add(address.address);
  }
  static_cast<void>(machine_.responder().set_addresses(host_, std::span(own).first(count), now));
}

Instant Agent::poll(Instant now) {
  if (!open_) return Instant::never();
  watch_link(now);
  const bool more = receive(now);
  if (now >= resume_at_) send_due(messages_at_once, now);
  if (more) return now;
  return now < resume_at_ ? resume_at_ : machine_.next_deadline();
}

/// RFC 6762 11: whether the way to it leads through no router.
bool Agent::is_neighbour(const IpAddress& address) const {
  if (address.is_v6() && address.is_link_local()) return true;
  const auto path = stack_.ip().path(address, {}, interface_);
  return path && path->next_hop.bytes() == address.bytes();
}

/// Reads a bounded number of datagrams; true when there may be more.
bool Agent::receive(Instant now) {
  for (std::size_t i = 0; i < datagrams_per_poll; ++i) {
    const auto received = stack_.udp().receive(socket_, buffer_, false);
    if (!received) return false;  // nothing there: a socket that is not connected has no errors
    // What another interface of this host said on the same link is no news, and no conflict.
    if (stack_.ip().is_own(received->source.address)) {
      machine_.drop_own();
      continue;
    }
    const Arrival arrival{.source = received->source,
                          .multicast = received->destination.address.is_multicast(),
                          .on_link = is_neighbour(received->source.address)};
    machine_.receive(Bytes(buffer_).first(received->size), arrival, now);
  }
  return stack_.udp().readable(socket_);
}

void Agent::send_due(std::size_t most, Instant now) {
  for (std::size_t count = 0; count < most; ++count) {
    const std::optional<Outgoing> message = machine_.next_message(now);
    if (!message) return;
    if (message->to) {
      send(message->message, *message->to, now);
      continue;
    }
    // RFC 6762 20: on both of the links that a wire is. Who has no address of a family is not heard there.
    send(message->message, {group_v4, port}, now);
    send(message->message, {group_v6(static_cast<std::uint8_t>(interface_ + 1)), port}, now);
  }
  resume_at_ = now + pause;
}

/// A message that cannot be sent is as good as lost: questions are asked again, announcements made twice.
void Agent::send(Bytes message, const Endpoint& to, Instant now) {
  udp::SendOptions options;
  options.interface = interface_;
  static_cast<void>(stack_.udp().send(socket_, {&message, 1}, &to, options, now));
}

}  // namespace linnet::mdns
