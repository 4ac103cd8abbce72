// SPDX-License-Identifier: Apache-2.0
// The packets that wait for a neighbour's link address (RFC 1122 2.3.2.2).
#include "core/ethernet/neighbour_cache.hpp"

namespace linnet::ethernet {
namespace {

/// Stands in front of a waiting packet in its block: what the frame said beside its bytes.
struct Waiting {
  std::uint16_t type = 0;
  std::uint16_t header_size = 0;
  std::uint16_t segment_size = 0;
  ChecksumOffload checksum;
};

/// RFC 2131 4.4.6: a DHCPRELEASE is the last packet of its address.
bool is_release(Bytes packet) {
  const std::size_t header = std::size_t{packet[0] & 0x0fu} * 4;
  constexpr std::uint8_t udp = 17;
  constexpr std::uint16_t dhcp_client = 68;
  return packet[9] == udp && packet.size() >= header + 2 && load16(packet.data() + header) == dhcp_client;
}

}  // namespace

Send NeighbourCache::enqueue(Neighbour& n, const Frame& packet, std::uint16_t type) {
  if (!make_queue_room(n)) return Send::no_memory;
  Block block = pool_.allocate(sizeof(Waiting) + packet.size());
  if (!block) return Send::no_memory;
  const Waiting waiting{.type = type,
                        .header_size = static_cast<std::uint16_t>(packet.header().size()),
                        .segment_size = packet.segment_size,
                        .checksum = packet.checksum};
  std::memcpy(block.data(), &waiting, sizeof waiting);
  packet.gather(block.data() + sizeof waiting);
  block.header()->end = static_cast<std::uint32_t>(sizeof waiting + packet.size());
  append(n, std::move(block));
  return Send::queued;
}

/// RFC 1122 2.3.2.2: the latest packet is the one to keep.
bool NeighbourCache::make_queue_room(Neighbour& n) {
  if (n.queued > 0 && (n.queued >= config_.queued_per_neighbour || queued_ >= config_.queued_packets)) {
    drop_oldest(n, Drop::neighbour_queue_full);
  }
  if (queued_ < config_.queued_packets) return n.queued < config_.queued_per_neighbour;
  for (Neighbour* other = asking_.front(); other != nullptr; other = asking_.next(*other)) {
    if (other->queued == 0) continue;
    drop_oldest(*other, Drop::neighbour_queue_full);
    return true;
  }
  return false;
}

void NeighbourCache::send_queued(Neighbour& n, const Link& link, const AddressConflict& addresses) {
  while (n.queued > 0) {
    const Block block = take_first(n);
    Waiting waiting;
    std::memcpy(&waiting, block.data(), sizeof waiting);
    const Bytes packet(block.data() + sizeof waiting, block.header()->end - sizeof waiting);
    if (waiting.type == ethertype::ipv4 && packet.size() >= 20 && !is_release(packet) &&
        !addresses.may_send_from(IpAddress::v4(packet.subspan<12, 4>()))) {
      drops_.add(Drop::ip_no_route);  // its source was taken away while it waited
      continue;
    }
    Frame frame;
    std::uint8_t* header = frame.prepend(waiting.header_size);
    if (header == nullptr) continue;  // never: it came out of a frame
    copy_bytes(header, packet.first(waiting.header_size));
    frame.add_payload(packet.subspan(waiting.header_size));
    frame.checksum = waiting.checksum;
    frame.segment_size = waiting.segment_size;
    Send result = transmit(link, frame, n.mac, waiting.type);
    if (result == Send::busy) {
      link.device->flush();  // the sender was told "queued", so that nobody would try again
      result = transmit(link, frame, n.mac, waiting.type);
    }
    if (result != Send::sent) drops_.add(result == Send::busy ? Drop::device_busy : Drop::device_gone);
  }
}

void NeighbourCache::drop_from(std::uint8_t interface, const IpAddress& source) {
  constexpr std::size_t at = sizeof(Waiting) + 8;  // RFC 8200 3
  for (Neighbour* n = asking_.front(); n != nullptr; n = asking_.next(*n)) {
    if (n->interface != interface) continue;
    for (std::uint32_t left = n->queued; left > 0; --left) {
      Block block = take_first(*n);
      if (std::memcmp(block.data() + at, source.bytes().data(), source.bytes().size()) == 0) {
        drops_.add(Drop::ip_no_route);
      } else {
        append(*n, std::move(block));
      }
    }
  }
}

void NeighbourCache::append(Neighbour& n, Block block) {
  BlockHeader* header = block.release();
  (n.last == nullptr ? n.first : n.last->next) = header;
  n.last = header;
  ++n.queued;
  ++queued_;
}

Block NeighbourCache::take_first(Neighbour& n) {
  BlockHeader* header = n.first;
  n.first = header->next;
  if (n.first == nullptr) n.last = nullptr;
  header->next = nullptr;
  --n.queued;
  --queued_;
  return Block(header);
}

void NeighbourCache::drop_oldest(Neighbour& n, Drop reason) {
  take_first(n);
  if (reason != Drop::none) drops_.add(reason);
}

}  // namespace linnet::ethernet
