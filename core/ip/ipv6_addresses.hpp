// SPDX-License-Identifier: Apache-2.0
// Ipv6Addresses: the own IPv6 addresses from duplicate address detection to the end of their lifetimes (RFC
// 4862 5.4 and 5.5, RFC 7527, RFC 4429). It sends nothing itself, but says for which address its owner has
// to.
#pragma once

#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
#include "core/base/random.hpp"
#include "core/base/time.hpp"
#include "core/ip/config.hpp"
#include "core/ip/interface_identifier.hpp"

namespace linnet::ip {

/// RFC 4862 2: what may be done with an address.
enum class Ipv6AddressState : std::uint8_t {
  absent,
  tentative,  ///< being looked for on the link; only an optimistic one is used meanwhile (RFC 4429)
  preferred,
  deprecated,  ///< only for what has begun with it (5.5.4)
  duplicate,   ///< somebody else has it: not used
};

enum class AddressOrigin : std::uint8_t {
  configured,  ///< by the owner of the stack
  link_local,  ///< RFC 4862 5.3
  stable,      ///< SLAAC with a stable identifier (RFC 7217)
  temporary,   ///< SLAAC with a temporary one (RFC 8981)
  dhcpv6,      ///< RFC 8415
  translator,  ///< of the translator to IPv4 alone (RFC 6877): no source of anything else
};

/// How long an address may be used, from the message that says so on; Duration::max() is for ever.
struct Lifetimes {
  Duration preferred = Duration::max();
  Duration valid = Duration::max();
};

struct Ipv6Address {
  using Nonce = std::array<std::uint8_t, 6>;

  IpAddress address;
  std::uint8_t prefix_length = 0;
  std::uint8_t interface = 0;
  Ipv6AddressState state = Ipv6AddressState::absent;
  AddressOrigin origin = AddressOrigin::configured;
  bool optimistic = false;          ///< used although it is tentative (RFC 4429)
  bool asked = false;               ///< `nonce` was sent
  bool looped = false;              ///< a solicitation of our own came back (RFC 7527 4.1)
  std::uint8_t left = 0;            ///< solicitations still to be sent
  std::uint8_t dad_counter = 0;     ///< RFC 7217 5: of its identifier
  Nonce nonce{};                    ///< of the last solicitation (RFC 7527 4.2)
  Instant next = Instant::never();  ///< the next step of duplicate address detection
  Instant created;
  Instant preferred_until = Instant::never();
  Instant valid_until = Instant::never();
  Instant preferred_limit = Instant::never();  ///< of a temporary one: no advertisement makes it last longer
  bool succeeded = false;                      ///< its successor has been made (RFC 8981 3.5)

  Lifetimes lifetimes_left(Instant now) const;
  /// When its successor is to be made, if it is a temporary one that has none.
  Instant regenerate_at(Duration advance) const {
    const bool waits = state != Ipv6AddressState::absent && origin == AddressOrigin::temporary && !succeeded;
    return waits && !preferred_until.is_never() ? preferred_until - advance : Instant::never();
  }
  /// True when that is its address; without a zone, whichever its interface is.
  bool is_at(const IpAddress& other) const {
    return address.bytes() == other.bytes() && (other.zone() == 0 || other.zone() == interface + 1);
  }
  bool settled() const { return state == Ipv6AddressState::preferred || state == Ipv6AddressState::deprecated; }
  /// RFC 4429 3.3: an optimistic one from its first solicitation on, or while it is looked for anew.
  bool usable() const { return settled() || (state == Ipv6AddressState::tentative && optimistic && asked); }
};

class Ipv6Addresses {
 public:
  /// RFC 4861 10: the first solicitation waits up to so long, so that a power failure ends without a storm.
  static constexpr Duration maximum_delay = Duration::seconds(1);
  static constexpr std::uint8_t maximum_multicast_solicit = 3;
  /// RFC 4862 5.5.3 (e): what an unauthenticated advertisement can shorten a lifetime to.
  static constexpr Duration two_hours = Duration::seconds(7200);

  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Ipv6Address>(config.addresses_v6);
  }
  Ipv6Addresses(const Config& config, Arena& arena, Random& random);

  struct Wanted {
    IpAddress address;  ///< no multicast address, not unspecified
    std::uint8_t prefix_length = 64;
    std::uint8_t interface = 0;
    AddressOrigin origin = AddressOrigin::configured;
    Lifetimes lifetimes{};
    std::uint8_t dad_counter = 0;
    bool detect = true;  ///< false: usable at once, as on loopback (RFC 4862 5.4)
  };
  /// Begins to detect duplicates; one that is there already begins anew. Null: no room.
  Ipv6Address* add(const Wanted& wanted, Instant now);
  bool remove(std::uint8_t interface, const IpAddress& address);
  void remove_interface(std::uint8_t interface);
  /// The link is up (again): every address is looked for once more (RFC 4862 5.4), duplicates included. What was usable
  /// before stays so meanwhile, as an optimistic address (RFC 4429): connections outlive a link that was down for a moment.
  void detect_all(std::uint8_t interface, Instant now);

  Ipv6Address* find(std::uint8_t interface, const IpAddress& address);
  const Ipv6Address* find(std::uint8_t interface, const IpAddress& address) const;

  enum class Claim : std::uint8_t {
    nothing,    ///< no tentative address of ours
    looped,     ///< our own solicitation, come back
    duplicate,  ///< the address is another's
  };
  /// A neighbour advertisement for `address`, or a solicitation for it from the unspecified address, came
  /// (RFC 4862 5.4.3, 5.4.4). `nonce`: that of a solicitation, or null.
  Claim claimed(std::uint8_t interface, const IpAddress& address, const Ipv6Address::Nonce* nonce);

  /// Takes lifetimes over that a router advertised: the two-hour rule (RFC 4862 5.5.3 (e)).
  void advertised(Ipv6Address& own, const Lifetimes& lifetimes, Instant now);
  /// Takes lifetimes over as they are: from DHCPv6, or from the owner.
  void set_lifetimes(Ipv6Address& own, const Lifetimes& lifetimes, Instant now);

  /// The next address for which a solicitation with its `nonce` has to be sent now, from the unspecified
  /// address; or null. Call until null. `retransmit_time(interface)`: RetransTimer. What is due beside is done on the
  /// way: detection ends, lifetimes end.
  template <typename RetransmitTime>
  Ipv6Address* next_due(Instant now, RetransmitTime&& retransmit_time) {
    if (deadline_ > now) return nullptr;
    Ipv6Address* due = nullptr;
    for (Ipv6Address& own : table_) {
      if (own.state == Ipv6AddressState::absent) continue;
      age(own, now);
      if (own.next > now || !solicit(own, now, retransmit_time(own.interface))) continue;
      due = &own;
      break;
    }
    look_ahead();
    return due;
  }
  /// What became of that solicitation. Not sent: RFC 4862 5.4.2, what was not probed is not to be used; it is due
  /// again then, or (never) when the link comes up.
  void solicited(Ipv6Address& own, bool sent, Instant again);
  Instant next_deadline() const { return deadline_; }

  std::span<const Ipv6Address> all() const { return table_; }  ///< absent ones between them
  /// Moves whenever one comes, goes, or changes its state.
  std::uint32_t version() const { return version_; }
  void digest(Digest& digest) const;

 private:
  void begin(Ipv6Address& own, Instant now);
  void change(Ipv6Address& own, Ipv6AddressState state);
  void drop(Ipv6Address& own);
  bool solicit(Ipv6Address& own, Instant now, Duration retransmit_time);
  void age(Ipv6Address& own, Instant now);
  void look_ahead();

  Random& random_;
  std::span<Ipv6Address> table_;
  std::uint8_t transmits_;
  bool optimistic_;
  Instant deadline_ = Instant::never();
  std::uint32_t version_ = 0;
};

}  // namespace linnet::ip
