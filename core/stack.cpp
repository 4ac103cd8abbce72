// SPDX-License-Identifier: Apache-2.0
#include "core/stack.hpp"

#include <algorithm>

namespace linnet {

Stack::Stack(const Config& config, MutableBytes memory, const Random::Seed& seed)
    : config_(config),
      arena_(memory),
      random_(seed),
      pool_(arena_, config.blocks),
      loopback_(arena_, pool_, config.loopback),
      ethernet_(config.ethernet, arena_, pool_, random_, drops_),
      ip_(config.ip, arena_, pool_, random_, ethernet_, drops_),
      raw_(config.ip, arena_, ip_, drops_),
      udp_(config.udp, arena_, random_, ip_, drops_),
      tcp_(config.tcp, arena_, pool_, random_, ip_, drops_) {
  if (arena_.exhausted() || seed == Random::Seed{} || !add_interface(loopback_)) return;
  ok_ = ip_.add_address(loopback_interface, {IpAddress::loopback_v4(), 8}, false, {});
  // Not where it is configured away: no IPv6 addresses, or a loopback MTU below IPv6's least (RFC 8200 5).
  static_cast<void>(ip_.enable_ipv6(loopback_interface, {}));
}

std::optional<std::uint8_t> Stack::add_interface(Device& device, const InterfaceOptions& options) {
  if (ethernet_.links().size() == config_.ip.interfaces) return std::nullopt;
  const auto interface = ethernet_.add_link(device, options.vlan);
  if (interface) ip_.add_interface(*interface);
  return interface;
}

void Stack::receive(Packet frame, Instant now) {
  std::optional<Packet> packet = ethernet_.receive(std::move(frame), now);  // ARP ends here
  if (!packet) return;
  std::optional<ip::Datagram> datagram =
      ip_.receive(std::move(*packet), now);  // echo, half a datagram end here
  if (!datagram) return;
  if (datagram->error != ip::ErrorKind::none) return receive_error(*datagram, now);
  switch (datagram->protocol) {
    case ip::protocol::tcp: return tcp_.receive(std::move(*datagram), now);
    case ip::protocol::udp:
      if (udp_.receive(*datagram, now)) return;
      ip_.transport_unreachable(*datagram, now);
      return drops_.add(Drop::udp_no_port);
    default:
      if (raw_.receive(*datagram, now)) return;
      // Each family has an ICMP of its own; the other's is any unknown protocol (C03-07).
      if (datagram->protocol == (datagram->source.is_v4() ? ip::protocol::icmp : ip::protocol::icmpv6)) {
        return drops_.add(Drop::icmp_type);
      }
      ip_.protocol_unreachable(*datagram, now);
      return drops_.add(Drop::ip_protocol);
  }
}

/// An ICMP message, to whoever sent what it is about.
void Stack::receive_error(ip::Datagram& datagram, Instant now) {
  switch (datagram.protocol) {
    case ip::protocol::tcp: return tcp_.error(datagram, now);
    case ip::protocol::udp: return udp_.error(datagram, now);
    default:
      if (datagram.error == ip::ErrorKind::fragmentation_needed && !datagram.source.is_v4()) {
        ip_.path_mtu_update(datagram.destination, datagram.mtu, now);  // RFC 8201 4: no router splits for us
      }
      if (!raw_.receive(datagram, now)) drops_.add(Drop::icmp_quote);
  }
}

bool Stack::receive_batch(Device& device, std::uint8_t interface, Instant now) {
  const std::size_t count = device.receive(pool_, batch_);
  for (Packet& packet : std::span(batch_).first(count)) {
    packet.info.interface = interface;
    const std::uint64_t dropped = drops_.total();
    receive(std::move(packet), now);
    if (drops_.total() != dropped) device.dropped(drops_.last());
  }
  return count == batch_.size();
}

Instant Stack::poll(Instant now) {
  bool more = false;
  const auto links = ethernet_.links();
  // Interfaces that are VLANs of one device share its frames: each device once, by the first of them.
  const auto first_of_device = [&](const ethernet::Link& link) {
    return std::none_of(
        links.begin(), links.begin() + link.interface,
        [&](const ethernet::Link& earlier_link) { return earlier_link.device == link.device; });
  };
  for (const ethernet::Link& link : links) {
    if (first_of_device(link)) more = receive_batch(*link.device, link.interface, now) || more;
  }
  ethernet_.poll(now);
  Instant deadline = ip_.poll(now);
  deadline = earlier(deadline, tcp_.poll(now));
  // Asked last: what the others have just sent may wait for a neighbour's answer.
  deadline = earlier(deadline, ethernet_.next_deadline());
  for (const ethernet::Link& link : links) {
    if (first_of_device(link)) link.device->flush();
  }
  // What went to ourselves is there to be received already.
  return more || loopback_.waiting() > 0 ? now : deadline;
}

Digest::Value Stack::digest() const {
  Digest digest;
  ethernet_.digest(digest);
  ip_.digest(digest);
  raw_.digest(digest);
  udp_.digest(digest);
  tcp_.digest(digest);
  return digest.value();
}

}  // namespace linnet
