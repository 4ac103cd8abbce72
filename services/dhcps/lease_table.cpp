// SPDX-License-Identifier: Apache-2.0
#include "services/dhcps/lease_table.hpp"

#include <algorithm>

namespace linnet::dhcps {

ClientKey ClientKey::of(Bytes client_id) {
  ClientKey key;
  const Bytes part = client_id.first(std::min(client_id.size(), capacity));
  copy_bytes(key.bytes.data(), part);
  key.size = static_cast<std::uint8_t>(part.size());
  return key;
}

/// As most clients write it, so that one with and one without the option are the same.
ClientKey ClientKey::of(const MacAddress& mac) {
  ClientKey key;
  key.bytes[0] = dhcp::hardware_ethernet;
  copy_bytes(key.bytes.data() + 1, mac.bytes);
  key.size = static_cast<std::uint8_t>(1 + mac.bytes.size());
  return key;
}

Lease* LeaseTable::find(const ClientKey& client, const MacAddress& mac) {
  Lease* found = nullptr;
  for (Lease& lease : leases_) {
    if (lease.address.is_unspecified() || lease.state == LeaseState::declined) continue;
    if (lease.fixed && lease.mac == mac) return &lease;  // before one that it got when it had no entry
    if (!lease.fixed && lease.client == client) found = &lease;
  }
  return found;
}

Lease* LeaseTable::find(const IpAddress& address) {
  for (Lease& lease : leases_) {
    if (!lease.address.is_unspecified() && lease.address == address) return &lease;
  }
  return nullptr;
}

Lease* LeaseTable::assign(const ClientKey& client, const MacAddress& mac,
                          const std::optional<IpAddress>& wanted) {
  std::optional<IpAddress> address;
  if (wanted && in_pool(*wanted)) {
    const Lease* holder = find(*wanted);
    if (holder == nullptr || (holder->state == LeaseState::free && !holder->fixed)) address = wanted;
  }
  if (!address) address = never_given();
  Lease* lease = nullptr;
  if (address) {
    lease = row_for(*address);
  } else if ((lease = oldest_free()) != nullptr) {
    address = lease->address;
  }
  if (lease == nullptr) return nullptr;
  *lease = Lease();
  lease->address = *address;
  lease->mac = mac;
  lease->client = client;
  return lease;
}

bool LeaseTable::fix(const MacAddress& mac, const IpAddress& address) {
  Lease* holder = find(address);
  if (holder != nullptr && holder->mac == mac) {
    holder->fixed = true;
    return true;
  }
  if (holder != nullptr && (holder->fixed || holder->state != LeaseState::free)) return false;
  Lease* lease = row_for(address);
  if (lease == nullptr) return false;
  *lease = Lease();
  lease->address = address;
  lease->mac = mac;
  lease->client = ClientKey::of(mac);
  lease->fixed = true;
  return true;
}

void LeaseTable::declined(Lease& lease, Instant until) {
  lease.state = LeaseState::declined;
  lease.until = until;
}

/// The row that has the address, or an empty one, or that of whoever is gone for the longest.
Lease* LeaseTable::row_for(const IpAddress& address) {
  if (Lease* lease = find(address)) return lease;
  for (Lease& lease : leases_) {
    if (lease.address.is_unspecified()) return &lease;
  }
  return oldest_free();
}

/// Of the pool: an address beside it is a static entry's.
Lease* LeaseTable::oldest_free() {
  Lease* oldest = nullptr;
  for (Lease& lease : leases_) {
    if (lease.address.is_unspecified() || lease.state != LeaseState::free || lease.fixed) continue;
    if (oldest == nullptr || lease.until < oldest->until) oldest = &lease;
  }
  return oldest;
}

/// Ends: among one more address than there are rows, one has none.
std::optional<IpAddress> LeaseTable::never_given() const {
  const std::uint32_t last = config_.last.v4_value();
  for (std::uint32_t value = config_.first.v4_value(); value <= last; ++value) {
    const IpAddress address = IpAddress::v4(value);
    const bool given = std::any_of(leases_.begin(), leases_.end(),
                                   [&](const Lease& lease) { return lease.address == address; });
    if (!given) return address;
    if (value == 0xffffffffu) break;
  }
  return std::nullopt;
}

}  // namespace linnet::dhcps
