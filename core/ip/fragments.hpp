// SPDX-License-Identifier: Apache-2.0
// Reassembly of datagrams of both families (RFC 791 3.2, RFC 815, RFC 8200 4.5).
#pragma once

#include <optional>

#include "core/base/block.hpp"
#include "core/base/digest.hpp"
#include "core/base/drop.hpp"
#include "core/device/packet.hpp"
#include "core/ip/config.hpp"
#include "core/ip/holes.hpp"
#include "core/ip/ipv6_wire.hpp"
#include "core/ip/wire.hpp"

namespace linnet::ip {

/// RFC 791 3.2, RFC 8200 4.5: fragments belong together when these agree; the interface keeps links apart (C06-11).
struct FragmentKey {
  IpAddress source{};
  IpAddress destination{};
  std::uint32_t identification = 0;
  std::uint8_t protocol = 0;  ///< of IPv4; IPv6 has it from the first fragment
  std::uint8_t interface = 0;

  bool operator==(const FragmentKey&) const = default;
};

/// A datagram being reassembled: its block holds room for the first fragment's header, then the payload.
struct Reassembly {
  FragmentKey key;
  bool used = false;
  bool discarded = false;         ///< fragments overlapped: the rest of it is thrown away until the timeout
  bool congestion_experienced = false;  ///< RFC 3168 5.3: one marked fragment marks the datagram
  std::uint8_t header_length = 0; ///< of the first fragment; 0: it has not come
  Holes holes;
  BlockHeader* block = nullptr;   ///< owned
  ReceiveInfo info;               ///< of the first fragment
  Instant expires;
};

class Fragments {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Reassembly>(config.reassemblies);
  }
  Fragments(const Config& config, Arena& arena, BlockPool& pool, DropCounters& drops);
  ~Fragments();
  Fragments(const Fragments&) = delete;
  Fragments& operator=(const Fragments&) = delete;

  /// Takes a fragment, from its IP header on. When it completes its datagram, that comes back, as if it had
  /// come in one piece.
  std::optional<Packet> receive(Packet fragment, const Ipv4Header& header, Instant now);
  /// The same for IPv6. The extension headers in front of the fragment header have had their effect with each
  /// fragment, and are no part of what comes back. Lengths that call for an ICMPv6 error (RFC 8200 4.5) are looked for by
  /// the caller.
  std::optional<Packet> receive(Packet fragment, const Ipv6Header& header, const ExtensionHeaders& extensions,
                                Instant now);

  /// The next datagram whose time is up, or nothing: call until nothing. What there is of its beginning, from
  /// the IP header on, for the ICMP message (RFC 1122 3.3.2); an empty packet when its first fragment has not
  /// come.
  std::optional<Packet> expire(Instant now);
  Instant next_deadline() const;
  /// The interface's link or address went away: what was half here is forgotten.
  void forget(std::uint8_t interface);
  std::size_t count() const { return used_; }
  void digest(Digest& digest) const;

 private:
  /// A fragment, whatever its family.
  struct Piece {
    FragmentKey key;
    std::uint32_t offset = 0;
    bool more = false;
    bool marked = false;   ///< RFC 3168: congestion experienced
    Bytes header;          ///< what the datagram will begin with
    Bytes payload;
    ReceiveInfo info;
  };
  Reassembly* insert(const Piece& piece, Instant now);
  Packet take(Reassembly& r);
  Reassembly* find(const FragmentKey& key);
  Reassembly* open(const FragmentKey& key, Instant now);
  Reassembly* make_room(const FragmentKey& key);
  void close(Reassembly& r);
  void discard(Reassembly& r);

  std::span<Reassembly> table_;
  BlockPool& pool_;
  DropCounters& drops_;
  Duration timeout_;
  std::size_t used_ = 0;
};

}  // namespace linnet::ip
