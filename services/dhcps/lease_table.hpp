// SPDX-License-Identifier: Apache-2.0
// LeaseTable: which client has which address of the pool, until when (RFC 2131 2.1).
#pragma once

#include <array>
#include <optional>

#include "core/base/arena.hpp"
#include "services/dhcp/text.hpp"
#include "services/dhcp/wire.hpp"
#include "services/dhcps/config.hpp"

namespace linnet::dhcps {

/// Who a client is: its client identifier if it sent one, else its hardware address (RFC 2131 2.1, 4.2).
struct ClientKey {
  static constexpr std::size_t capacity = 32;
  std::array<std::uint8_t, capacity> bytes{};
  std::uint8_t size = 0;

  /// Longer identifiers are cut: clients whose first 32 bytes are the same are the same client.
  static ClientKey of(Bytes client_id);
  static ClientKey of(const MacAddress& mac);
  bool operator==(const ClientKey&) const = default;
};

enum class LeaseState : std::uint8_t {
  free,     ///< of this client once: it gets it again as long as nobody else needs it
  probing,  ///< being looked for on the link, then offered
  offered,
  bound,
  declined,  ///< somebody else has the address
};

struct Lease {
  LeaseState state = LeaseState::free;
  IpAddress address;  ///< unspecified: an empty row
  MacAddress mac;
  ClientKey client;
  dhcp::Text<63> host_name;  ///< option 12, empty when it is none
  bool fixed = false;        ///< a static entry: that client's for ever
  Instant until;             ///< of the state; of a free one, since when
  std::uint32_t xid = 0;     ///< while probing and offered: what to answer
  std::uint16_t flags = 0;
  IpAddress giaddr = IpAddress::any_v4();
};

/// Bounded; expired rows make room. Looks through all rows.
class LeaseTable {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Lease>(config.leases);
  }
  LeaseTable(const Config& config, Arena& arena)
      : config_(config), leases_(arena.make_array<Lease>(config.leases)) {}

  Lease* find(const ClientKey& client, const MacAddress& mac);
  Lease* find(const IpAddress& address);
  bool in_pool(const IpAddress& address) const {
    return address.is_v4() && config_.first <= address && address <= config_.last;
  }
  /// The row of a client without one, with an address (RFC 2131 4.3.1): `wanted` if that is free, else one
  /// never given, else the one that is free for the longest. Null when all are taken.
  Lease* assign(const ClientKey& client, const MacAddress& mac, const std::optional<IpAddress>& wanted);
  /// Always that address for that client. False: no room, or the address is somebody's.
  bool fix(const MacAddress& mac, const IpAddress& address);
  /// Another address for a client whose own turned out to be in use.
  void declined(Lease& lease, Instant until);
  /// Ends what is over; yields when the next one is. visit(Lease&) for each bound one that ended.
  template <typename Visit>
  Instant expire(Instant now, Visit&& ended) {
    Instant next = Instant::never();
    for (Lease& lease : leases_) {
      const bool timed = lease.state == LeaseState::offered || lease.state == LeaseState::bound ||
                         lease.state == LeaseState::declined;
      if (timed && lease.until <= now) {
        const bool was_bound = lease.state == LeaseState::bound;
        lease.state = LeaseState::free;
        if (was_bound) ended(lease);
      } else if (timed) {
        next = earlier(next, lease.until);
      }
    }
    return next;
  }
  std::span<Lease> all() { return leases_; }
  std::span<const Lease> all() const { return leases_; }

  // persistence.cpp

  /// The bound leases as bytes for restore(); what does not fit is left out. Yields the bytes used.
  std::size_t save(MutableBytes bytes, Instant now) const;
  static constexpr std::size_t save_size(const Config& config) {
    return 1 + config.leases * std::size_t{4 + 6 + 4 + 1 + ClientKey::capacity + 1 + 63};
  }
  /// `away`: how long ago they were saved. False, and nothing is taken, when the bytes make no sense.
  bool restore(Bytes bytes, Duration away, Instant now);

 private:
  Lease* row_for(const IpAddress& address);
  Lease* oldest_free();
  std::optional<IpAddress> never_given() const;

  Config config_;
  std::span<Lease> leases_;
};

}  // namespace linnet::dhcps
