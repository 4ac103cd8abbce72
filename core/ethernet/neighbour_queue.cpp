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
  bool transit = false;
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
                        .transit = packet.transit,
                        .checksum = packet.checksum};
  std::memcpy(block.data(), &waiting, sizeof waiting);
  packet.gather(block.data() + sizeof waiting);
  block.header()->end = static_cast<std::uint32_t>(sizeof waiting + packet.size());
  append(n, std::move(block));
  return Send::queued;
}

void NeighbourCache::append(Neighbour& n, Block waiting) {
  BlockHeader* header = waiting.release();
  (n.last == nullptr ? n.first : n.last->next) = header;
  n.last = header;
  ++n.queued;
  ++queued_;
}

void NeighbourCache::drop_orphans(std::uint8_t interface, const IpAddress& source) {
  if (queued_ == 0) return;
  entries_.for_each([&](Neighbour& n) {
    for (unsigned left = n.interface == interface ? n.queued : 0u; left > 0; --left) {
      Block waiting = take_first(n);
      const Bytes packet(waiting.data() + sizeof(Waiting), waiting.header()->end - sizeof(Waiting));
      if (IpAddress::v6(packet.subspan<8, 16>()).bytes() != source.bytes()) {  // RFC 8200 3
        append(n, std::move(waiting));
      } else {
        drops_.add(Drop::ip_no_route);
      }
    }
  });
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
    if (waiting.type == ethertype::ipv4 && !waiting.transit && packet.size() >= 20 && !is_release(packet) &&
        !addresses.may_send_from(IpAddress::v4(packet.subspan<12, 4>()))) {
      drops_.add(Drop::ip_no_route);  // its source was taken away while it waited
      continue;
    }
    Frame frame;
    copy_bytes(frame.prepend(waiting.header_size), packet.first(waiting.header_size));  // it came out of a frame
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

Block NeighbourCache::take_first(Neighbour& n) {
  BlockHeader* header = n.first;
  n.first = std::exchange(header->next, nullptr);
  if (n.first == nullptr) n.last = nullptr;
  --n.queued;
  --queued_;
  return Block(header);
}

void NeighbourCache::drop_oldest(Neighbour& n, Drop reason) {
  take_first(n);
  drops_.add(reason);
}

/// The neighbour does not answer. What others sent is kept for whoever tells them.
void NeighbourCache::fail_oldest(Neighbour& n) {
  const std::uint8_t interface = n.interface;
  Block block = take_first(n);
  drops_.add(Drop::neighbour_failed);
  Waiting waiting;
  std::memcpy(&waiting, block.data(), sizeof waiting);
  if (!waiting.transit || undelivered_count_ >= config_.queued_packets) return;
  BlockHeader* header = block.release();
  header->begin = interface;  // nobody else needs the field meanwhile
  header->next = undelivered_;
  undelivered_ = header;
  ++undelivered_count_;
}

std::optional<Packet> NeighbourCache::take_undelivered() {
  if (undelivered_ == nullptr) return std::nullopt;
  BlockHeader* header = undelivered_;
  undelivered_ = std::exchange(header->next, nullptr);
  --undelivered_count_;
  Waiting waiting;
  std::memcpy(&waiting, header->data(), sizeof waiting);
  Packet packet(Block(header), sizeof waiting, header->end);
  packet.info.interface = static_cast<std::uint8_t>(header->begin);
  packet.info.ethertype = waiting.type;
  return packet;
}

}  // namespace linnet::ethernet
