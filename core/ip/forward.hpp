// SPDX-License-Identifier: Apache-2.0
// What a router does to the packets of others, beside knowing where they go (RFC 1812 5, RFC 8200).
#pragma once

#include "core/base/drop.hpp"
#include "core/device/frame.hpp"
#include "core/device/packet.hpp"
#include "core/ip/ipv6_wire.hpp"
#include "core/ip/wire.hpp"

namespace linnet::ip {

/// Why a packet of others does not go on, and what its source is owed: `error.pointer` is the ICMP message's
/// second word, whichever the family.
struct Refusal {
  Drop reason = Drop::none;
  std::optional<OwedError> error{};
};

/// RFC 1812 5.3.1: takes one hop off, and corrects the header's checksum by as much (RFC 1624). At least two
/// must be left.
void take_hop_v4(MutableBytes packet);
/// RFC 8200 3.
void take_hop_v6(MutableBytes packet);

/// Gives an IPv4 packet another identification.
void renumber_v4(MutableBytes packet, std::uint16_t identification);

/// Whether an ICMP error may be sent about a packet that came by a link (RFC 1812 4.3.2.7).
bool may_report_v4(const Ipv4Header& header, Bytes packet, const ReceiveInfo& info);

/// Writes the header of a fragment behind the first: `header` without the options that are not copied (RFC
/// 791 3.1). Yields its length, at most that of `header`. `to` must hold Ipv4Header::maximum_size bytes.
std::size_t write_later_header(std::uint8_t* to, Bytes header);

/// Says how long a fragment is and where it belongs, in a header of its datagram, and corrects the checksum.
void finish_fragment_header(MutableBytes header, std::uint16_t total_length, std::uint16_t fragment);

/// Where the transport's header of a packet begins, and which it is: no_next_header where that cannot be
/// told.
struct TransportPlace {
  std::size_t offset = 0;
  std::uint8_t protocol = protocol::no_next_header;
};
TransportPlace transport_of_v4(const Ipv4Header& header);

/// How large the packets are that a device coalesced into one, or the packet itself when it is one.
std::size_t packet_size(const Packet& packet, const TransportPlace& place);

/// A packet of others as a frame that points at it. One whose transport checksum a device vouched for may
/// lack it, and one that the device coalesced is many: their headers are copied into the frame, for the next
/// device to do the same
/// (`device_does_it`: it takes checksums). False: coalesced, but of no kind that can be cut again.
bool make_transit_frame(Frame& frame, Packet& packet, const TransportPlace& place, bool device_does_it);

}  // namespace linnet::ip
