// SPDX-License-Identifier: Apache-2.0
// An Ethernet on a device that a test plays the wire of. Frames come in blocks of a pool of their own whose
// bytes behind the frame are poisoned, so that the address sanitizer sees the first byte read too far.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "core/ethernet/ethernet.hpp"

#if defined(LINNET_SANITIZED)
#include <sanitizer/asan_interface.h>
#endif

namespace linnet::ethernet::test {

using Buffer = std::vector<std::uint8_t>;

class RecordingDevice final : public Device {
 public:
  std::size_t receive(BlockPool&, std::span<Packet>) override { return 0; }
  Transmit transmit(const Frame& frame) override {
    if (busy > 0) {
      --busy;
      return Transmit::busy;
    }
    if (out.size() >= room) return Transmit::busy;
    if (gone) return Transmit::gone;
    last_checksum = frame.checksum;
    last_segment_size = frame.segment_size;
    Buffer bytes(frame.size());
    frame.gather(bytes.data());
    out.push_back(std::move(bytes));
    return Transmit::taken;
  }
  std::uint16_t mtu() const override { return link_mtu; }
  MacAddress mac() const override { return {{2, 0, 0, 0, 0, 1}}; }
  Capabilities capabilities() const override { return offers; }
  bool link_up() const override { return up; }
  void flush() override { ++flushes; }

  Buffer take() {
    if (out.empty()) return {};
    Buffer bytes = std::move(out.front());
    out.pop_front();
    return bytes;
  }

  std::deque<Buffer> out;
  ChecksumOffload last_checksum;
  std::uint16_t last_segment_size = 0;
  Capabilities offers;
  std::uint16_t link_mtu = 1500;
  int busy = 0;                        ///< so many frames find no room
  std::size_t room = ~std::size_t{0};  ///< frames that `out` has room for
  bool gone = false;
  bool up = true;
  int flushes = 0;
};

/// Makes packets of exactly their bytes.
class Wire {
 public:
  Wire()
      : memory_(BlockPool::memory_needed(config) + Arena::alignment),
        arena_(memory_),
        pool_(arena_, config) {}
  ~Wire() { EXPECT_TRUE(pool_.full()) << "a received block was lost"; }

  Packet packet(const Buffer& bytes, std::uint8_t interface = 0) {
    Block block = pool_.allocate(bytes.size());
    EXPECT_TRUE(block);
    unpoison(block.data(), block.capacity());
    copy_bytes(block.data(), bytes);
    poison(block.data() + bytes.size(), block.capacity() - bytes.size());
    Packet packet(std::move(block), 0, static_cast<std::uint32_t>(bytes.size()));
    packet.info.interface = interface;
    return packet;
  }
  bool full() const { return pool_.full(); }

 private:
  static constexpr BlockPoolConfig config{
      .small_size = 9216, .small_count = 256, .large_size = 0, .large_count = 0};
#if defined(LINNET_SANITIZED)
  static void poison(const std::uint8_t* p, std::size_t n) { __asan_poison_memory_region(p, n); }
  static void unpoison(const std::uint8_t* p, std::size_t n) { __asan_unpoison_memory_region(p, n); }
#else
  static void poison(const std::uint8_t*, std::size_t) {}
  static void unpoison(const std::uint8_t*, std::size_t) {}
#endif
  struct Unpoisoned : Buffer {
    using Buffer::Buffer;
    ~Unpoisoned() { unpoison(data(), size()); }
  };
  Unpoisoned memory_;
  Arena arena_;
  BlockPool pool_;
};

constexpr MacAddress our_mac{{2, 0, 0, 0, 0, 1}};
constexpr MacAddress peer_mac{{2, 0, 0, 0, 0, 2}};
constexpr MacAddress other_mac{{2, 0, 0, 0, 0, 3}};
constexpr IpAddress our_address = IpAddress::v4(192, 0, 2, 1);
constexpr IpAddress peer = IpAddress::v4(192, 0, 2, 2);

inline Buffer ethernet_frame(const MacAddress& to, const MacAddress& from, std::uint16_t type,
                             const Buffer& payload) {
  Buffer frame(EthernetHeader::size);
  EthernetHeader::write(frame.data(), to, from, type);
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

inline Buffer arp_frame(const MacAddress& to, const ArpPacket::Values& values) {
  Buffer arp(ArpPacket::size);
  ArpPacket::write(arp.data(), values);
  return ethernet_frame(to, values.sender_mac, ethertype::arp, arp);
}

/// Everything that an Ethernet needs.
struct Station {
  explicit Station(const Config& c = {}, const Capabilities& offers = {}, bool with_address = true)
      : config(c),
        memory(Ethernet::memory_needed(c) + BlockPool::memory_needed(blocks) + Arena::alignment),
        arena(memory),
        random(Random::Seed{1, 2, 3}),
        pool(arena, blocks),
        ethernet(config, arena, pool, random, drops) {
    EXPECT_FALSE(arena.exhausted());
    device.offers = offers;
    EXPECT_EQ(ethernet.add_link(device), 0);
    if (with_address) {
      EXPECT_TRUE(ethernet.add_address(0, {our_address, 24}, false, now));
      run_for(Duration::seconds(10));
      device.out.clear();
    }
  }
  ~Station() {
    ethernet.forget_neighbours(Ethernet::every_interface);
    EXPECT_TRUE(pool.full()) << "a queued block was lost";
  }

  /// What came of a frame: the reason it was dropped for, or none.
  Drop inject(const Buffer& frame, std::uint8_t interface = 0) {
    const std::uint64_t before = drops.total();
    passed = ethernet.receive(wire.packet(frame, interface), now);
    if (drops.total() == before) return Drop::none;
    EXPECT_EQ(drops.total(), before + 1) << "counted twice";
    return drops.last();
  }
  /// What came of the peer's ARP reply.
  Drop peer_answers() {
    return inject(arp_frame(our_mac, {.operation = ArpPacket::reply,
                                      .sender_mac = peer_mac,
                                      .sender = peer,
                                      .target_mac = our_mac,
                                      .target = our_address}));
  }
  Send send(const IpAddress& to, const Buffer& payload = {0x45, 1, 2, 3}, std::uint8_t interface = 0) {
    Frame frame;
    frame.add_payload(payload);
    const Send result = ethernet.send(frame, interface, to, ethertype::ipv4, now);
    EXPECT_EQ(frame.size(), payload.size()) << "the frame must be as it was";
    return result;
  }
  /// Lets the time pass, stopping at each deadline.
  void run_for(Duration duration) {
    const Instant end = now + duration;
    for (int turns = 0; turns < 100000; ++turns) {
      const Instant next = ethernet.poll(now);
      if (next > end) break;
      EXPECT_GT(next, now) << "a deadline that does not move";
      now = next;
    }
    now = end;
  }
  Digest::Value digest() const {
    Digest d;
    ethernet.digest(d);
    return d.value();
  }
  /// Makes `address` a reachable neighbour.
  void resolve(const IpAddress& address, const MacAddress& mac) {
    send(address);
    inject(arp_frame(our_mac, {.operation = ArpPacket::reply, .sender_mac = mac, .sender = address,
                               .target_mac = our_mac, .target = our_address}));
    device.out.clear();
  }
  std::optional<NeighbourView> neighbour(const IpAddress& address) const {
    std::optional<NeighbourView> found;
    ethernet.for_each_neighbour([&](const NeighbourView& n) {
      if (n.address == address) found = n;
    });
    return found;
  }
  static constexpr BlockPoolConfig blocks{
      .small_size = 1664, .small_count = 16, .large_size = 0, .large_count = 0};

  Wire wire;
  Config config;
  Buffer memory;
  Arena arena;
  Random random;
  DropCounters drops;
  BlockPool pool;
  RecordingDevice device;
  Instant now = Instant::from_microseconds(1000000);
  std::optional<Packet> passed;
  Ethernet ethernet;
};

/// The ARP packet in a frame, which must be one.
inline ArpPacket arp_in(const Buffer& frame) {
  const auto packet = ArpPacket::parse(Bytes(frame).subspan(frame.size() < 14 ? frame.size() : 14));
  EXPECT_TRUE(packet.has_value());
  if (!packet) throw std::runtime_error("no ARP packet");
  return *packet;
}

inline MacAddress destination_of(const Buffer& frame) { return EthernetHeader::parse(frame)->destination(); }

}  // namespace linnet::ethernet::test
