// SPDX-License-Identifier: Apache-2.0
// Napt: the table of port translation (RFC 3022, with the behaviour of RFC 4787, RFC 5382 and RFC 5508). A
// mapping gives an inside endpoint one outside endpoint, whomever it speaks with (RFC 4787 REQ-1); a session
// is a conversation by it, and what lets packets in: for UDP and echo from any port of the address that was
// spoken to (REQ-8), for TCP from the peer itself. Port maps are mappings that stay, and let everybody in.
#pragma once

#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
#include "core/base/drop.hpp"
#include "core/base/hash_table.hpp"
#include "core/base/intrusive_list.hpp"
#include "core/base/object_pool.hpp"
#include "core/base/random.hpp"
#include "core/base/time.hpp"
#include "core/ip/config.hpp"
#include "core/ip/napt_packet.hpp"

namespace linnet::ip {

struct NaptInside;
struct NaptOutside;
struct NaptQueue;

struct NaptMapping : HashNode<NaptMapping, NaptInside>, HashNode<NaptMapping, NaptOutside> {
  std::uint8_t protocol = 0;
  bool fixed = false;  ///< a port map
  std::uint16_t sessions = 0;
  NaptEndpoint inside;
  NaptEndpoint outside;
};

/// How long a session may be idle, and which of them go first when there is no room.
enum class NaptIdle : std::uint8_t {
  echo,             ///< 60 s (RFC 5508 REQ-2)
  tcp_transitory,   ///< 4 min (RFC 5382 REQ-5): opening, closing, or reset
  udp_unanswered,   ///< 5 min (RFC 4787 REQ-5)
  udp,              ///< the same; does not go for others
  tcp_established,  ///< 2 h 4 min (RFC 5382 REQ-5)
};

struct NaptSession : HashNode<NaptSession, NaptInside>,
                     HashNode<NaptSession, NaptOutside>,
                     ListNode<NaptQueue> {
  NaptMapping* mapping = nullptr;
  NaptEndpoint remote;  ///< of UDP and echo with port 0: any
  NaptIdle idle = NaptIdle::tcp_transitory;
  std::uint8_t seen = 0;  ///< of TCP: what has passed, see napt.cpp
  Instant used;
};

struct PortMap {
  std::uint8_t protocol = 0;  ///< TCP or UDP
  NaptEndpoint outside;       ///< an address of ours
  NaptEndpoint inside;
};

class Napt {
 public:
  static constexpr std::size_t mappings(const Config& config) {
    return std::size_t{config.napt_entries} + config.port_maps;
  }
  static constexpr std::size_t memory_needed(const Config& config) {
    return ObjectPool<NaptSession>::memory_needed(config.napt_entries) +
           ObjectPool<NaptMapping>::memory_needed(mappings(config)) +
           2 * HashTable<NaptSession, NaptInside>::memory_needed(config.napt_entries) +
           2 * HashTable<NaptMapping, NaptInside>::memory_needed(mappings(config));
  }
  Napt(const Config& config, Arena& arena, Random& random);
  Napt(const Napt&) = delete;
  Napt& operator=(const Napt&) = delete;

  /// `to`: what stands in place of the packet's source, or destination. `reason`: the packet has to be
  /// dropped.
  struct Translation {
    bool found = false;  ///< of `inbound`: false is no translation's packet, but perhaps ours
    Drop reason = Drop::none;
    NaptEndpoint to{};
  };
  /// For a packet from inside that leaves by `outside_address`. Makes a session where there is none yet.
  Translation outbound(const NaptFlow& flow, std::uint32_t outside_address, Instant now);
  /// For a packet to an address of ours.
  Translation inbound(const NaptFlow& flow, Instant now);
  /// True when that is the outside endpoint of some mapping.
  bool is_outside(std::uint8_t protocol, const NaptEndpoint& endpoint) const {
    return find_outside(protocol, endpoint) != nullptr;
  }
  /// The inside endpoint of the session of which a packet that went out is; nothing when there is none any
  /// more.
  std::optional<NaptEndpoint> inside_of(const NaptFlow& sent) const;

  /// False: no room, not TCP or UDP, a zero port, or the outside port is taken. One that is there already is
  /// replaced.
  bool add_port_map(const PortMap& map);
  bool remove_port_map(std::uint8_t protocol, std::uint16_t outside_port);
  template <typename Visit>
  void for_each_port_map(Visit&& visit) const {
    mappings_.for_each([&](const NaptMapping& m) {
      if (m.fixed) visit(PortMap{m.protocol, m.outside, m.inside});
    });
  }

  /// Ends sessions that have been idle for too long.
  void expire(Instant now);
  Instant next_deadline() const;
  /// Ends all sessions, or those by one outside address that went away.
  void forget();
  void forget(std::uint32_t outside_address);
  std::size_t sessions() const { return sessions_.used(); }
  std::size_t capacity() const { return sessions_.capacity(); }
  void digest(Digest& digest) const;

 private:
  using Queue = IntrusiveList<NaptSession, NaptQueue>;

  NaptMapping* find_outside(std::uint8_t protocol, const NaptEndpoint& outside) const;
  NaptMapping* find_inside(std::uint8_t protocol, const NaptEndpoint& inside,
                           std::uint32_t outside_address) const;
  NaptSession* session_inside(std::uint8_t protocol, const NaptEndpoint& inside,
                              const NaptEndpoint& remote) const;
  NaptSession* session_outside(std::uint8_t protocol, const NaptEndpoint& outside,
                               const NaptEndpoint& remote) const;
  NaptMapping* open_mapping(std::uint8_t protocol, const NaptEndpoint& inside, std::uint32_t outside_address);
  NaptSession* open_session(NaptMapping& mapping, const NaptEndpoint& remote);
  NaptSession* session_to(const NaptFlow& flow, std::uint32_t outside_address);
  void insert(NaptMapping& mapping);
  void remove(NaptMapping& mapping);
  std::uint16_t choose_port(std::uint8_t protocol, const NaptEndpoint& inside, std::uint32_t outside_address);
  bool make_room();
  void end(NaptSession& session);
  template <typename Goes>
  void end_all(Goes&& goes);
  void remove_fixed(NaptMapping& mapping);
  void touch(NaptSession& session, const NaptFlow& flow, bool outbound, Instant now);
  Queue& queue(NaptIdle idle) { return queues_[static_cast<std::size_t>(idle)]; }
  std::uint32_t hash(std::uint8_t protocol, const NaptEndpoint& a, const NaptEndpoint& b = {}) const;

  Random& random_;
  SipKey key_;
  std::uint16_t first_port_;
  std::uint16_t last_port_;
  ObjectPool<NaptSession> sessions_;
  ObjectPool<NaptMapping> mappings_;
  HashTable<NaptSession, NaptInside> sessions_inside_;
  HashTable<NaptSession, NaptOutside> sessions_outside_;
  HashTable<NaptMapping, NaptInside> mappings_inside_;
  HashTable<NaptMapping, NaptOutside> mappings_outside_;
  std::array<Queue, 5> queues_;  // by NaptIdle; the longest idle in front
  std::size_t fixed_ = 0;
  std::size_t most_fixed_;
};

}  // namespace linnet::ip
