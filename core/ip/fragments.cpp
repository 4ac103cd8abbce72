// SPDX-License-Identifier: Apache-2.0
#include "core/ip/fragments.hpp"

#include "core/base/digest_sum.hpp"

namespace linnet::ip {
namespace {

constexpr std::uint8_t ecn_mask = 0x03;  // RFC 3168 5

constexpr bool congestion_experienced(std::uint8_t traffic_class) { return (traffic_class & ecn_mask) == ecn_mask; }

}  // namespace

Fragments::Fragments(const Config& config, Arena& arena, BlockPool& pool, DropCounters& drops)
    : table_(arena.make_array<Reassembly>(config.reassemblies)),
      pool_(pool),
      drops_(drops),
      timeout_(config.reassembly_timeout) {}

Fragments::~Fragments() {
  for (Reassembly& r : table_) close(r);
}

std::optional<Packet> Fragments::receive(Packet fragment, const Ipv4Header& header, Instant now) {
  const Bytes bytes = fragment.bytes();
  Reassembly* whole = insert({.key = {.source = IpAddress::v4(header.source()),
                                      .destination = IpAddress::v4(header.destination()),
                                      .identification = header.identification(),
                                      .protocol = header.protocol(),
                                      .interface = fragment.info.interface},
                              .offset = header.fragment_offset(),
                              .more = header.more(),
                              .marked = congestion_experienced(header.traffic_class()),
                              .header = bytes.first(header.length()),
                              .payload = bytes.subspan(header.length()),
                              .info = fragment.info},
                             now);
  if (whole == nullptr) return std::nullopt;
  const bool mark = whole->congestion_experienced;
  const std::uint8_t length = whole->header_length;
  Packet packet = take(*whole);
  std::uint8_t* to = packet.mutable_bytes().data();
  store16(to + 2, static_cast<std::uint16_t>(packet.size()));
  store16(to + 6, 0);
  if (mark && (to[1] & ecn_mask) != 0) to[1] |= ecn_mask;
  store16(to + 10, 0);
  store16(to + 10, static_cast<std::uint16_t>(~checksum_sum({to, length})));
  return packet;
}

std::optional<Packet> Fragments::receive(Packet fragment, const Ipv6Header& header, const ExtensionHeaders& extensions,
                                         Instant now) {
  const FragmentHeader& part = *extensions.fragment;
  const FragmentKey key{.source = header.source(),
                        .destination = header.destination(),
                        .identification = part.identification(),
                        .interface = fragment.info.interface};
  const bool marked = congestion_experienced(header.traffic_class());
  const Bytes bytes = fragment.bytes();
  // With the fragment header, since an error quotes the fragment as it came; what stood between them is done with.
  std::array<std::uint8_t, Ipv6Header::size + FragmentHeader::size> headers;
  copy_bytes(headers.data(), bytes.first<Ipv6Header::size>());
  copy_bytes(headers.data() + Ipv6Header::size, bytes.subspan(extensions.fragment_position, FragmentHeader::size));
  headers[6] = protocol::fragment;
  store16(headers.data() + 4, static_cast<std::uint16_t>(bytes.size() - extensions.fragment_position));
  Reassembly* whole = insert({.key = key,
                              .offset = part.offset(),
                              .more = part.more(),
                              .marked = marked,
                              .header = headers,
                              .payload = bytes.subspan(extensions.fragment_position + FragmentHeader::size),
                              .info = fragment.info},
                             now);
  if (whole == nullptr) return std::nullopt;
  const bool mark = whole->congestion_experienced;
  Packet packet = take(*whole);
  std::uint8_t* to = packet.mutable_bytes().data();
  to[6] = to[Ipv6Header::size];  // RFC 8200 4.5: what the first fragment's header says is next
  std::memmove(to + FragmentHeader::size, to, Ipv6Header::size);
  packet.consume(FragmentHeader::size);
  to += FragmentHeader::size;
  store16(to + 4, static_cast<std::uint16_t>(packet.size() - Ipv6Header::size));
  if (mark && (to[1] & (ecn_mask << 4)) != 0) to[1] |= ecn_mask << 4;
  return packet;
}

/// Yields the datagram when the piece completes it.
Reassembly* Fragments::insert(const Piece& piece, Instant now) {
  const auto fail = [&](Drop reason) {
    drops_.add(reason);
    return nullptr;
  };
  // RFC 791 3.1: the whole, header included, has 65,535 bytes at most; RFC 8200 3: without it.
  const std::size_t most = piece.key.source.is_v4() ? 0xffff - piece.header.size() : 0xffff;
  const std::size_t size = piece.payload.size();
  if (piece.offset + size > most || size == 0 || (piece.more && size % 8 != 0)) return fail(Drop::fragment_size);
  Reassembly* r = find(piece.key);
  if (r != nullptr && r->discarded) return fail(Drop::fragment_overlap);
  const bool opened = r == nullptr;
  if (opened) r = open(piece.key, now);
  if (r == nullptr) return fail(Drop::no_block);

  bool duplicate = false;
  const Drop reason = r->holes.insert(*r->block, piece.payload, piece.offset, !piece.more, duplicate);
  if (reason == Drop::fragment_overlap || reason == Drop::fragment_limit) discard(*r);
  if (reason != Drop::none && opened) close(*r);
  if (reason != Drop::none) return fail(reason);
  if (duplicate) return fail(Drop::fragment_overlap);
  if (piece.marked) r->congestion_experienced = true;
  if (piece.offset == 0) {
    r->header_length = static_cast<std::uint8_t>(piece.header.size());
    r->info = piece.info;
    copy_bytes(r->block->data() + Holes::header_room - piece.header.size(), piece.header);
  }
  if (!r->holes.complete()) return nullptr;
  if (piece.key.source.is_v4() && r->header_length + r->holes.end() > 0xffff) {
    close(*r);
    return fail(Drop::fragment_size);
  }
  return r;
}

/// Takes a datagram out, from its header to the first hole: nothing when its first fragment has not come.
/// What the device vouched for was the fragments.
Packet Fragments::take(Reassembly& r) {
  Packet packet(Block(std::exchange(r.block, nullptr)), Holes::header_room - r.header_length,
                Holes::header_room + r.holes.leading());
  packet.info = r.info;
  packet.info.checksum_verified = false;
  packet.info.segment_size = 0;
  packet.info.reassembled = true;
  close(r);
  return packet;
}

Reassembly* Fragments::find(const FragmentKey& key) {
  for (Reassembly& r : table_) {
    if (r.used && r.key == key) return &r;
  }
  return nullptr;
}

Reassembly* Fragments::open(const FragmentKey& key, Instant now) {
  Reassembly* r = nullptr;
  for (Reassembly& candidate : table_) {
    if (!candidate.used) r = &candidate;
  }
  if (r == nullptr) r = make_room(key);
  if (r == nullptr) return nullptr;
  // How long the datagram is only its last fragment tells: a large block if there are any.
  Block block = pool_.allocate_large();
  if (!block && pool_.plenty()) block = pool_.allocate(pool_.small_size());
  if (!block) return nullptr;
  r->key = key;
  r->used = true;
  ++used_;
  r->expires = now + timeout_;
  r->block = block.release();
  r->holes.begin(*r->block);
  return r;
}

/// The oldest goes; of the new one's own source if that has half of the table, so that one sender of endless
/// fragments hurts itself first (C06-04).
Reassembly* Fragments::make_room(const FragmentKey& key) {
  Reassembly* oldest = nullptr;
  Reassembly* oldest_of_source = nullptr;
  std::size_t of_source = 0;
  for (Reassembly& r : table_) {
    if (oldest == nullptr || r.expires < oldest->expires) oldest = &r;
    if (r.key.source != key.source) continue;
    ++of_source;
    if (oldest_of_source == nullptr || r.expires < oldest_of_source->expires) oldest_of_source = &r;
  }
  Reassembly* victim = of_source * 2 >= table_.size() ? oldest_of_source : oldest;
  if (victim == nullptr) return nullptr;
  if (!victim->discarded) drops_.add(Drop::fragment_limit);
  close(*victim);
  return victim;
}

void Fragments::close(Reassembly& r) {
  Block give_back(std::exchange(r.block, nullptr));
  if (r.used) --used_;
  r = Reassembly{};
}

/// RFC 5722 3, which we follow for IPv4 as well: no fragment of that datagram is trusted any more.
void Fragments::discard(Reassembly& r) {
  Block give_back(std::exchange(r.block, nullptr));
  r.discarded = true;
}

std::optional<Packet> Fragments::expire(Instant now) {
  if (used_ == 0) return std::nullopt;  // asked in every poll
  for (Reassembly& r : table_) {
    if (!r.used || r.expires > now) continue;
    if (r.discarded) {
      close(r);
      continue;
    }
    drops_.add(Drop::fragment_timeout);
    return take(r);
  }
  return std::nullopt;
}

Instant Fragments::next_deadline() const {
  Instant deadline = Instant::never();
  if (used_ == 0) return deadline;
  for (const Reassembly& r : table_) {
    if (r.used) deadline = earlier(deadline, r.expires);
  }
  return deadline;
}

void Fragments::forget(std::uint8_t interface) {
  for (Reassembly& r : table_) {
    if (!r.used || r.key.interface != interface) continue;
    if (!r.discarded) drops_.add(Drop::fragment_timeout);
    close(r);
  }
}

void Fragments::digest(Digest& digest) const {
  DigestSum all;
  for (const Reassembly& r : table_) {
    if (!r.used) continue;
    Digest entry;
    entry.add(r.key.source.bytes());
    entry.add(r.key.destination.bytes());
    entry.add((std::uint64_t{r.key.identification} << 16) | (std::uint64_t{r.key.protocol} << 8) |
              r.key.interface);
    entry.add(std::uint64_t{r.discarded});
    entry.add(r.header_length);
    r.holes.digest(entry);
    all.add(entry);
  }
  all.add_to(digest);
}

}  // namespace linnet::ip
