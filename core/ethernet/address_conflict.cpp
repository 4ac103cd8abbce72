// SPDX-License-Identifier: Apache-2.0
#include "core/ethernet/address_conflict.hpp"

#include <algorithm>

#include "core/ethernet/arp.hpp"

namespace linnet::ethernet {
namespace {

unsigned common_bits(std::uint32_t a, std::uint32_t b) {
  return static_cast<unsigned>(std::countl_zero(a ^ b));
}

}  // namespace

AddressConflict::AddressConflict(const Config& config, Arena& arena, Random& random)
    : random_(random),
      table_(arena.make_array<OwnAddress>(config.addresses)),
      history_(arena.make_array<LinkHistory>(config.links)) {}

OwnAddress* AddressConflict::find(std::uint8_t interface, const IpAddress& address) {
  for (OwnAddress& own : table_) {
    if (own.state != AddressState::absent && own.interface == interface && own.prefix.address == address)
      return &own;
  }
  return nullptr;
}

AddressState AddressConflict::state(std::uint8_t interface, const IpAddress& address) const {
  for (const OwnAddress& own : table_) {
    if (own.interface == interface && own.prefix.address == address) return own.state;
  }
  return AddressState::absent;
}

bool AddressConflict::add(const Link& link, const Prefix& prefix, bool probe, Instant now) {
  OwnAddress* own = find(link.interface, prefix.address);
  for (OwnAddress& free : table_) {
    if (own != nullptr) break;
    if (free.state == AddressState::absent) own = &free;
  }
  if (own == nullptr) return false;
  *own = {.prefix = prefix, .interface = link.interface};
  if (!link.framed()) {
    change(*own, AddressState::usable);
    return true;
  }
  change(*own, probe ? AddressState::probing : AddressState::usable);
  own->next = probe ? first_probe_at(history_[link.interface], now) : now;
  deadline_ = earlier(deadline_, own->next);
  return true;
}

Instant AddressConflict::first_probe_at(const LinkHistory& history, Instant now) {
  const Instant at = std::max(now + random_.between({}, probe_wait), history.may_probe);
  // RFC 5227 2.1.1: after ten conflicts, slowly.
  return history.conflicts >= max_conflicts ? at + rate_limit_interval : at;
}

void AddressConflict::remove(std::uint8_t interface, const IpAddress& address) {
  OwnAddress* own = find(interface, address);
  if (own == nullptr) return;
  *own = {};
  ++version_;
}

void AddressConflict::change(OwnAddress& own, AddressState state) {
  own.state = state;
  own.sent = 0;
  own.next = Instant::never();
  ++version_;
}

void AddressConflict::announce_all(std::uint8_t interface, Instant now) {
  for (OwnAddress& own : table_) {
    if (own.state != AddressState::usable || own.interface != interface) continue;
    own.sent = 0;
    own.next = now;
    deadline_ = earlier(deadline_, now);
  }
}

bool AddressConflict::may_send_from(const IpAddress& address) const {
  if (address.is_unspecified()) return true;
  for (const OwnAddress& own : table_) {
    if (own.state == AddressState::usable && own.prefix.address == address) return true;
  }
  return false;
}

std::optional<IpAddress> AddressConflict::source_for(std::uint8_t interface, const IpAddress& target) const {
  std::optional<IpAddress> best;
  unsigned best_bits = 0;
  for (const OwnAddress& own : table_) {
    if (own.state != AddressState::usable || own.interface != interface) continue;
    const unsigned bits = common_bits(own.prefix.address.v4_value(), target.v4_value());
    if (best && bits <= best_bits) continue;
    best = own.prefix.address;
    best_bits = bits;
  }
  return best;
}

bool AddressConflict::on_link(std::uint8_t interface, const IpAddress& address) const {
  for (const OwnAddress& own : table_) {
    if (own.state == AddressState::absent || own.interface != interface) continue;
    // An address of 32 bits says nothing about who else is there.
    if (own.prefix.length == 32 || own.prefix.contains(address)) return true;
  }
  return false;
}

bool AddressConflict::is_broadcast(std::uint8_t interface, const IpAddress& address) const {
  for (const OwnAddress& own : table_) {
    if (own.state == AddressState::absent || own.interface != interface || own.prefix.length > 30) continue;
    const std::uint32_t host_bits = ~mask_of_prefix_length(own.prefix.length);
    if (address.v4_value() == (own.prefix.address.v4_value() | host_bits)) return true;
  }
  return false;
}

bool AddressConflict::receive(const Link& link, const ArpPacket& packet, Instant now) {
  OwnAddress* own = find(link.interface, packet.sender());
  if (own == nullptr && packet.operation() == ArpPacket::request && packet.sender().is_unspecified()) {
    own = find(link.interface, packet.target());
    // RFC 5227 2.1.1: two hosts probe for one address. Once it is ours, a probe is just a question.
    if (own != nullptr && own->state != AddressState::probing) return false;
  }
  if (own == nullptr || own->state == AddressState::conflict) return false;  // lost: it is another's now
  conflict(link, *own, now);
  return true;
}

void AddressConflict::conflict(const Link& link, OwnAddress& own, Instant now) {
  // RFC 5227 2.4 (b): defend once; who insists within ten seconds gets it.
  if (own.state == AddressState::usable && (!own.was_defended || now - own.defended >= defend_interval)) {
    own.was_defended = true;
    own.defended = now;
    const IpAddress& address = own.prefix.address;
    send_arp(link, MacAddress::broadcast(), {.sender_mac = link.mac, .sender = address, .target = address});
    return;
  }
  std::uint8_t& count = history_[link.interface].conflicts;
  if (count < max_conflicts) ++count;
  change(own, AddressState::conflict);
}

Instant AddressConflict::poll(std::span<const Link> links, Instant now) {
  if (now < deadline_) return deadline_;
  deadline_ = Instant::never();
  for (OwnAddress& own : table_) {
    if (own.state == AddressState::absent) continue;
    if (own.next <= now) step(links[own.interface], own, now);
    deadline_ = earlier(deadline_, own.next);
  }
  return deadline_;
}

/// Sends the next probe or announcement (RFC 5227 2.1.1, 2.3).
void AddressConflict::step(const Link& link, OwnAddress& own, Instant now) {
  const IpAddress& address = own.prefix.address;
  if (own.state == AddressState::probing && own.sent == probe_num) change(own, AddressState::usable);
  const bool probing = own.state == AddressState::probing;
  ArpPacket::Values values{.sender_mac = link.mac, .target = address};
  if (!probing) values.sender = address;
  send_arp(link, MacAddress::broadcast(), values);
  ++own.sent;
  if (probing) {
    history_[link.interface].may_probe = now + probe_min;
    own.next = now + (own.sent < probe_num ? random_.between(probe_min, probe_max) : announce_wait);
  } else {
    own.next = own.sent < announce_num ? now + announce_interval : Instant::never();
  }
}

void AddressConflict::digest(Digest& digest) const {
  for (const OwnAddress& own : table_) {
    if (own.state == AddressState::absent) continue;
    digest.add(own.prefix.address.bytes());
    digest.add(own.prefix.length);
    digest.add(own.interface);
    digest.add(static_cast<std::uint64_t>(own.state));
    digest.add(own.sent);  // when it was defended is a time, and left out like all of them
  }
}

}  // namespace linnet::ethernet
