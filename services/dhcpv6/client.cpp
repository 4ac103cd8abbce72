// SPDX-License-Identifier: Apache-2.0
#include "services/dhcpv6/client.hpp"

namespace linnet::dhcpv6 {

namespace {

Config zoned(Config config, std::uint8_t interface) {
  config.zone = static_cast<std::uint8_t>(interface + 1);
  return config;
}

template <typename Items>
bool contains(const Items& items, const IpAddress& address) {
  for (const auto& item : items) {
    if constexpr (requires { item.address; }) {
      if (item.address == address) return true;
    } else {
      if (item == address) return true;
    }
  }
  return false;
}

Duration left(Instant until, Instant now) { return until.is_never() ? Duration::max() : until - now; }

}  // namespace

Client::Client(Stack& stack, std::uint8_t interface, const Config& config, Arena& arena)
    : stack_(stack),
      interface_(interface),
      machine_(zoned(config, interface), stack.ethernet().link(interface).mac, stack.random()),
      buffer_(arena.make_array<std::uint8_t>(buffer_size)) {}

bool Client::start(Mode mode, Instant now) {
  if (buffer_.empty()) return false;
  if (!open_) {
    const auto socket = stack_.udp().open();
    if (!socket) return false;
    udp::Options& options = *stack_.udp().options(*socket);
    options.interface = interface_;
    options.v6_only = true;
    // Several interfaces have a client each, all at port 546.
    if (!stack_.udp().bind(*socket, {IpAddress::any_v6(), client_port}, true)) {
      stack_.udp().close(*socket);
      return false;
    }
    socket_ = *socket;
    open_ = true;
  }
  machine_.start(mode, now);
  machine_.link_changed(ready_, now);  // as `poll` has seen it last
  return true;
}

void Client::stop(Instant now, bool release) {
  machine_.stop(now, release);
  install(now);  // RFC 8415 18.2.7: no address is in use when the Release is sent
  if (!running()) poll(now);
}

Instant Client::poll(Instant now) {
  if (!open_) return Instant::never();
  watch_link(now);
  const bool more = receive(now);
  watch_duplicates(now);
  for (;;) {
    const Bytes message = machine_.next_message(now);
    install(now);
    if (message.empty()) break;
    send(message, now);
  }
  if (!running()) {
    stack_.udp().close(socket_);
    open_ = ready_ = false;
    return Instant::never();
  }
  if (more) return now;
  const Instant deadline = machine_.next_deadline();
  return ready_ ? deadline : earlier(deadline, now + check_interval);
}

/// RFC 8415 13, 17.1: messages come from a link-local address, so without one there is no link.
bool Client::ready() const {
  if (!stack_.ethernet().link(interface_).up) return false;
  for (const ip::Ipv6Address& own : stack_.ip().neighbour_discovery().addresses().all()) {
    if (own.interface == interface_ && own.address.is_link_local() && own.usable()) return true;
  }
  return false;
}

void Client::watch_link(Instant now) {
  const bool is_ready = ready();
  if (is_ready == ready_) return;
  ready_ = is_ready;
  machine_.link_changed(is_ready, now);
  if (!is_ready) return;
  // IPv6 may have been off meanwhile, and with it all addresses.
  for (std::size_t i = installed_.size(); i-- > 0;) {
    if (find(installed_[i]) == nullptr) installed_.remove(i);
  }
  version_ = ~machine_.status().version;  // so that `install` looks
}

/// RFC 8415 18.2.10.1, 18.2.8: what duplicate address detection said of our addresses.
void Client::watch_duplicates(Instant now) {
  const List<IpAddress, maximum_addresses> installed = installed_;
  for (const IpAddress& address : installed) {
    const ip::Ipv6Address* own = find(address);
    if (own != nullptr && own->state == ip::Ipv6AddressState::duplicate) machine_.declined(address, now);
  }
}

/// As it was leased: its owner may have configured the same one meanwhile.
const ip::Ipv6Address* Client::find(const IpAddress& address) const {
  for (const ip::Ipv6Address& own : stack_.ip().neighbour_discovery().addresses().all()) {
    const bool leased = own.state != ip::Ipv6AddressState::absent && own.origin == ip::AddressOrigin::dhcpv6;
    if (leased && own.interface == interface_ && own.address == address) return &own;
  }
  return nullptr;
}

/// Reads a bounded number of datagrams; true when there may be more.
bool Client::receive(Instant now) {
  for (std::size_t i = 0; i < datagrams_per_poll; ++i) {
    const auto received = stack_.udp().receive(socket_, buffer_, false);
    if (!received) return false;  // nothing there: a socket that is not connected has no errors
    // One that was cut has an option that reaches past its end, and is counted so.
    machine_.receive(Bytes(buffer_).first(received->size), received->source.address, now);
  }
  return stack_.udp().readable(socket_);
}

/// A message that cannot be sent is as good as lost: the next one comes by the same timer.
void Client::send(Bytes message, Instant now) {
  const Endpoint servers{all_servers(static_cast<std::uint8_t>(interface_ + 1)), server_port};
  static_cast<void>(stack_.udp().send(socket_, {&message, 1}, &servers, {}, now));
}

/// RFC 8415 18.2.10.1: with 128 bits, and duplicates are looked for. An address that the stack has already,
/// of whatever origin, is left to who brought it.
void Client::install(Instant now) {
  const Status status = machine_.status();
  if (status.version == version_) return;
  version_ = status.version;
  for (std::size_t i = installed_.size(); i-- > 0;) {
    if (contains(status.addresses, installed_[i])) continue;
    stack_.ip().remove_address(interface_, installed_[i]);
    installed_.remove(i);
  }
  for (const Address& address : status.addresses) {
    const ip::Lifetimes lifetimes{left(address.preferred_until, now), left(address.valid_until, now)};
    if (!stack_.ip().lease_address(interface_, address.address, lifetimes, now)) continue;
    if (!contains(installed_, address.address)) installed_.add(address.address);
  }
}

}  // namespace linnet::dhcpv6
