// SPDX-License-Identifier: Apache-2.0
// NeighbourCache: who on the link has which link address, and how sure we are. Its states are those of
// neighbour unreachability detection (RFC 4861 7.3.2), with which ARP entries age as well (RFC 1122 2.3.2.1);
// it sends nothing itself, but says whom its owner has to ask.
#pragma once

#include <optional>

#include "core/base/block.hpp"
#include "core/base/digest.hpp"
#include "core/base/drop.hpp"
#include "core/base/hash_table.hpp"
#include "core/base/intrusive_list.hpp"
#include "core/base/object_pool.hpp"
#include "core/base/random.hpp"
#include "core/device/frame.hpp"
#include "core/device/packet.hpp"
#include "core/ethernet/address_conflict.hpp"
#include "core/ethernet/advertisement_flags.hpp"
#include "core/ethernet/config.hpp"
#include "core/ethernet/link.hpp"

namespace linnet::ethernet {

enum class NeighbourState : std::uint8_t {
  incomplete,  ///< being asked for; packets wait
  reachable,   ///< known, and confirmed less than reachable_time ago when last looked at
  stale,       ///< known, not confirmed lately
  probe,       ///< known, in use, being verified
  failed,      ///< did not answer; packets to it fail at once for failed_time
};

/// One row of the neighbour cache, for status pages and tests.
struct NeighbourView {
  IpAddress address;
  MacAddress mac;
  std::uint8_t interface = 0;
  NeighbourState state = NeighbourState::incomplete;
  Instant updated;  ///< last confirmed
};

struct NeighbourTag;

struct Neighbour : HashNode<Neighbour, NeighbourTag>, ListNode<NeighbourTag> {
  IpAddress address;
  MacAddress mac;
  std::uint8_t interface = 0;
  NeighbourState state = NeighbourState::incomplete;
  bool router = false;          ///< RFC 4861 5.1: IsRouter
  std::uint8_t asked = 0;       ///< requests sent since it got into its state
  std::uint16_t queued = 0;     ///< packets that wait
  BlockHeader* first = nullptr; ///< the oldest of them
  BlockHeader* last = nullptr;
  Instant confirmed;            ///< when the neighbour last proved that it has `mac`
  Instant used = long_ago;      ///< last packet to it
  Instant asked_at = long_ago;  ///< last request for it
  Instant deadline;             ///< of the list that it is in

  /// Its `mac` means something.
  bool resolved() const { return state != NeighbourState::incomplete && state != NeighbourState::failed; }

  static constexpr Instant long_ago =
      Instant::from_microseconds(std::numeric_limits<std::int64_t>::min() / 2);
};

/// What a link's routers can change (RFC 4861 6.3.2).
struct NeighbourTimes {
  Duration reachable_time = Duration::seconds(30);  ///< confirmed that long
  Duration request_interval = Duration::seconds(1);  ///< RFC 1122 2.3.2.1, RFC 4861 RetransTimer
};

class NeighbourCache {
 public:
  static constexpr std::uint8_t maximum_requests =
      3;  ///< RFC 4861 10: MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT
  static constexpr Duration first_probe_delay = Duration::seconds(5); ///< RFC 4861 10: DELAY_FIRST_PROBE_TIME

  static constexpr std::size_t memory_needed(const Config& config, std::uint16_t entries) {
    return ObjectPool<Neighbour>::memory_needed(entries) +
           HashTable<Neighbour, NeighbourTag>::memory_needed(entries) +
           Arena::bytes_for<NeighbourTimes>(config.links) + Arena::bytes_for<Instant>(asked_before_size(entries));
  }
  NeighbourCache(const Config& config, std::uint16_t entries, Arena& arena, BlockPool& pool, Random& random,
                 DropCounters& drops);
  ~NeighbourCache();
  NeighbourCache(const NeighbourCache&) = delete;
  NeighbourCache& operator=(const NeighbourCache&) = delete;

  Neighbour* find(std::uint8_t interface, const IpAddress& address) {
    Neighbour*& recent = recent_[recent_index(interface, address)];
    if (recent != nullptr && recent->interface == interface && recent->address == address) return recent;
    Neighbour* found = find_hashed(interface, address);
    if (found != nullptr) recent = found;
    return found;
  }
  /// True when packets may go to its `mac` without more ado.
  bool fresh(const Neighbour& neighbour, Instant now) const {
    return neighbour.state == NeighbourState::reachable &&
           now - neighbour.confirmed < times_[neighbour.interface].reachable_time;
  }
  /// A packet is about to use a neighbour that is not fresh: true when it may go to its `mac`. A stale one
  /// gets verified after a while, unless somebody confirms it first (RFC 4861 7.3.3).
  bool use(Neighbour& neighbour, Instant now);

  void set_times(std::uint8_t interface, const NeighbourTimes& times) { times_[interface] = times; }

  /// A new incomplete entry, which is to be asked for when its deadline has come: now, unless it may have been asked for
  /// already. Or null: the table is full of neighbours in use. Takes the place of failed, idle and incomplete ones, never
  /// of one that is reachable or was sent to within reachable_time (C02-05).
  Neighbour* create(std::uint8_t interface, const IpAddress& address, Instant now);
  /// Counts a request that the caller sends now.
  void count_request(Neighbour& neighbour, Instant now);
  void remove(Neighbour& neighbour, Drop reason);
  /// Forgets everything about an interface, or about all with any_interface (0xff).
  void forget(std::uint8_t interface);

  /// Copies a packet into the entry's queue; the oldest makes room.
  Send enqueue(Neighbour& neighbour, const Frame& packet, std::uint16_t type);
  /// Sends what waits; only when `mac` is known.
  void send_queued(Neighbour& neighbour, const Link& link, const AddressConflict& addresses);
  /// Drops what waits, for whomever, with that source: an IPv6 address that was taken away.
  void drop_orphans(std::uint8_t interface, const IpAddress& source);

  /// A packet that was forwarded for others (Frame::transit) to a neighbour that turned out not to answer, for the ICMP
  /// error that is owed; `info` has the interface and the ethertype. Counted already. Call until nothing.
  std::optional<Packet> take_undelivered();

  enum class Learned : std::uint8_t {
    nothing,   ///< no news, or news that nobody asked for
    resolved,  ///< `mac` is known or known again: send what waits
    doubted,   ///< somebody else claims the address: ask the one we know
  };
  /// An answer to a request: creates nothing, and replaces a known link address never (C02-03).
  Learned learn_answer(Neighbour* neighbour, const MacAddress& mac, Instant now);
  /// The sender address of some other message. `create_entry`: the sender is about to hear from us.
  Learned learn_sender(std::uint8_t interface, const IpAddress& address, const MacAddress& mac,
                       bool create_entry, Instant now);
  /// A neighbour advertisement (RFC 4861 7.2.5); `mac`: its target link-layer address, or null when it has none. Creates
  /// nothing. `doubted`: one in use has another link address now, which is to be asked at once (C11-14).
  Learned learn_advertisement(Neighbour* neighbour, const MacAddress* mac, AdvertisementFlags flags, Instant now);
  /// The source link-layer address of a solicitation, an advertisement of a router, or a redirect (RFC 4861 6.3.4, 7.2.3,
  /// 8.3). Creates a stale entry when there is room for one that nobody has used.
  Learned learn_source(std::uint8_t interface, const IpAddress& address, const MacAddress& mac, Instant now);
  /// RFC 4861 6.3.4: it sent a router advertisement.
  void mark_router(Neighbour& neighbour) {
    if (!neighbour.router) ++version_;
    neighbour.router = true;
  }
  /// Advice from a transport that its packets arrive (RFC 4861 7.3.1).
  void confirm(Neighbour& neighbour, Instant now);

  /// The next neighbour that has to be asked now, or null: by unicast when `state` is probe, else by
  /// broadcast or multicast. Call until null. What failed or aged is dealt with on the way.
  Neighbour* next_due(Instant now);
  Instant next_deadline() const;
  /// Moves when a neighbour turned out not to answer, or one that routes was found or lost: another router may be
  /// the better one now (RFC 4861 6.3.6).
  std::uint32_t version() const { return version_; }

  template <typename Visit>
  void for_each(Visit&& visit) const {
    entries_.for_each([&](const Neighbour& n) {
      visit(NeighbourView{n.address, n.mac, n.interface, n.state, n.confirmed});
    });
  }
  std::size_t size() const { return entries_.used(); }
  void digest(Digest& digest) const;

 private:
  static constexpr std::size_t recent_size = 16;
  /// So many times the entries: what is asked for in a second, at most, beside what the entries remember.
  static constexpr std::size_t asked_before_size(std::uint16_t entries) { return std::size_t{entries} * 8; }
  using List = IntrusiveList<Neighbour, NeighbourTag>;

  static std::size_t recent_index(std::uint8_t interface, const IpAddress& address) {
    return (address.bytes()[15] ^ interface) % recent_size;
  }
  Neighbour* find_hashed(std::uint8_t interface, const IpAddress& address) const;
  Instant& asked_before(std::uint8_t interface, const IpAddress& address) {
    return asked_before_[(address.bytes()[15] ^ interface) % asked_before_.size()];
  }
  std::uint32_t hash(std::uint8_t interface, const IpAddress& address) const;
  bool in_use(const Neighbour& neighbour, Instant now) const {
    return fresh(neighbour, now) || now - times_[neighbour.interface].reachable_time < neighbour.used;
  }
  Neighbour* allocate(std::uint8_t interface, const IpAddress& address);
  bool make_room(bool of_incomplete, Instant now);
  void enter(Neighbour& neighbour, NeighbourState state, List& list, Instant deadline);
  void settle(Neighbour& neighbour, NeighbourState state, Instant now);
  Duration request_interval(const Neighbour& neighbour) const { return times_[neighbour.interface].request_interval; }
  bool ask_again(Neighbour& neighbour, Instant now);
  std::optional<Learned> learn_if_unknown(Neighbour* neighbour, std::uint8_t interface, const IpAddress& address,
                                          const MacAddress& mac, bool create_entry, Instant now);
  Learned doubt(Neighbour& neighbour, Instant now);
  Learned probe_now(Neighbour& neighbour, std::uint8_t asked, Instant now);
  Learned moved(Neighbour& neighbour, const MacAddress& mac, Instant now);
  void sweep(Instant now);
  bool make_queue_room(Neighbour& neighbour);
  void drop_oldest(Neighbour& neighbour, Drop reason);
  void fail_oldest(Neighbour& neighbour);
  Block take_first(Neighbour& neighbour);
  void append(Neighbour& neighbour, Block waiting);

  Config config_;
  BlockPool& pool_;
  DropCounters& drops_;
  SipKey key_;
  std::span<NeighbourTimes> times_;  // by interface
  /// When entries that are gone were asked for last, by the address's last byte: of a flood's targets there are more than
  /// entries, and who shares a place waits with the others, so that RFC 1122 2.3.2.1 holds for all of them.
  std::span<Instant> asked_before_;
  ObjectPool<Neighbour> entries_;
  HashTable<Neighbour, NeighbourTag> table_;
  std::array<Neighbour*, recent_size>
      recent_{};  ///< by the address's last byte: spares the hash for those in use
  // Each list is in order of deadlines.
  List asking_;   ///< incomplete, and probe once asked
  List delayed_;  ///< probe before the first request
  List failed_;
  List quiet_;    ///< reachable and stale: no deadline; the longest there stand in front
  Instant sweep_at_ = Instant::never();
  std::uint32_t queued_ = 0;
  BlockHeader* undelivered_ = nullptr;
  std::uint32_t undelivered_count_ = 0;
  std::uint32_t version_ = 0;
};

}  // namespace linnet::ethernet
