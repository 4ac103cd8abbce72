// SPDX-License-Identifier: Apache-2.0
// The oracles for hostile frames (docs/hostile-packets.md): a stack on an Ethernet of which the test is
// everybody else.
#pragma once

#include <functional>
#include <list>
#include <utility>

#include "core/ip/test_host.hpp"
#include "core/stack.hpp"

namespace linnet::test {

using ethernet::test::Buffer;
using ethernet::test::our_address;
using ethernet::test::our_mac;
using ethernet::test::peer;
using ethernet::test::peer_mac;

/// O8: packets in blocks that are exactly as large as the packet, each with memory of its own.
class ExactWire {
 public:
  ~ExactWire() {
    reap();
    EXPECT_TRUE(pools_.empty()) << "a received block was lost";
  }
  Packet packet(Bytes bytes, std::uint8_t interface) {
    reap();
    One& one = pools_.emplace_back(static_cast<std::uint32_t>(bytes.size()));
    Block block = one.pool.allocate(bytes.size());
    EXPECT_TRUE(block);
    copy_bytes(block.data(), bytes);
    one.poison_behind(block);
    Packet packet(std::move(block), 0, static_cast<std::uint32_t>(bytes.size()));
    packet.info.interface = interface;
    return packet;
  }
  /// Received packets that the stack still holds.
  std::size_t held() {
    reap();
    return pools_.size();
  }

 private:
  struct One {
    explicit One(std::uint32_t size)
        : config{.small_size = size, .small_count = 1},
          memory(BlockPool::memory_needed(config) + Arena::alignment),
          arena(memory),
          pool(arena, config) {}
    ~One() { unpoison(); }
    void poison_behind(const Block& block) {
      behind = block.data() + block.capacity();
#if defined(LINNET_SANITIZED)
      __asan_poison_memory_region(behind, static_cast<std::size_t>(memory.data() + memory.size() - behind));
#endif
    }
    void unpoison() const {
#if defined(LINNET_SANITIZED)
      __asan_unpoison_memory_region(memory.data(), memory.size());
#endif
    }
    BlockPoolConfig config;
    Buffer memory;
    Arena arena;
    BlockPool pool;
    const std::uint8_t* behind = nullptr;
  };
  void reap() {
    pools_.remove_if([](const One& one) { return one.pool.full(); });
  }
  std::list<One> pools_;
};

/// What came of one frame.
struct Outcome {
  Drop reason = Drop::none;  ///< of the last drop
  std::uint64_t drops = 0;
  bool changed = false;  ///< the digest
  std::vector<Buffer> sent;
  unsigned polls = 0;  ///< until nothing was due any more
  std::size_t bytes_sent() const {
    std::size_t total = 0;
    for (const Buffer& frame : sent) total += frame.size();
    return total;
  }
};

/// The stack that is attacked. Interface 1 has our_address/24; `peer` has been resolved.
class Victim {
 public:
  static constexpr std::uint8_t interface = 1;
  static constexpr std::uint8_t stale = 0xa5;  ///< O7: what blocks hold that nobody has filled
  static constexpr unsigned most_polls = 8;    ///< O2
  static constexpr std::size_t most_frames = 16;

  static constexpr Config default_config() {
    Config config;
    config.blocks = {.small_size = 1664, .small_count = 96, .large_size = 66048, .large_count = 2};
    config.udp.sockets = 16;
    config.udp.queue_datagrams = 32;
    return config;
  }
  explicit Victim(const Config& config = default_config(),
                  Instant start = Instant::from_microseconds(1000000))
      : memory_(Stack::memory_needed(config), stale), now(start), stack(config, memory_, Random::Seed{1}) {
    EXPECT_TRUE(stack.ok());
    EXPECT_EQ(stack.add_interface(device), interface);
    EXPECT_TRUE(stack.ip().add_address(interface, {our_address, 24}, false, now));
    run_for(Duration::seconds(5));
    learn(peer, peer_mac);
  }
  ~Victim() { stack.ethernet().forget_neighbours(ethernet::Ethernet::every_interface); }

  /// The neighbour asks for us, so that it is known.
  void learn(const IpAddress& address, const MacAddress& mac) {
    stack.receive(wire.packet(ethernet::test::arp_frame(our_mac, {.operation = ethernet::ArpPacket::request,
                                                                  .sender_mac = mac,
                                                                  .sender = address,
                                                                  .target = our_address}),
                              interface),
                  now);
    device.out.clear();
  }
  /// Delivers a frame at a time when nothing else is due, and checks what holds for each: O2, O3, O5, O7.
  Outcome deliver(Bytes frame) {
    do {
      settle();
    } while (answer_arp());
    const Digest::Value before = digest();
    const std::uint64_t dropped = stack.drops().total();
    const std::uint32_t small = stack.pool().small_free();
    const std::uint32_t large = stack.pool().large_free();
    const std::size_t held = wire.held();
    stack.receive(wire.packet(frame, interface), now);
    Outcome outcome;
    outcome.polls = settle();
    outcome.sent.assign(device.out.begin(), device.out.end());
    device.out.clear();
    outcome.drops = stack.drops().total() - dropped;
    if (outcome.drops > 0) outcome.reason = stack.drops().last();
    outcome.changed = !(digest() == before);
    EXPECT_LE(outcome.polls, most_polls) << "O2: work that does not end";
    EXPECT_LE(outcome.sent.size(), most_frames) << "O2: frames for one frame";
    EXPECT_LE(outcome.drops, 2u) << "O5: counted more often than once for it and once for what it displaced";
    if (!outcome.changed) {
      EXPECT_EQ(stack.pool().small_free(), small) << "O3";
      EXPECT_EQ(stack.pool().large_free(), large) << "O3";
      EXPECT_EQ(wire.held(), held) << "O3";
    }
    for (const Buffer& sent : outcome.sent) EXPECT_FALSE(holds_stale_bytes(sent)) << "O7";
    return outcome;
  }
  /// A frame that must be dropped as if it had never come, with nothing said: all oracles.
  Drop reject(Bytes frame) {
    const Outcome outcome = deliver(frame);
    EXPECT_EQ(outcome.drops, 1u) << "O5";
    EXPECT_FALSE(outcome.changed) << "O4";
    EXPECT_TRUE(outcome.sent.empty()) << "O6";
    return outcome.reason;
  }
  /// A frame in a block of the stack's own, as a device brings it; false when there is none.
  bool deliver_pooled(Bytes frame) {
    Block block = stack.pool().allocate(frame.size());
    if (!block) return false;
    copy_bytes(block.data(), frame);
    Packet packet(std::move(block), 0, static_cast<std::uint32_t>(frame.size()));
    packet.info.interface = interface;
    stack.receive(std::move(packet), now);
    settle();
    return true;
  }
  Outcome deliver_ip(const Buffer& packet) {
    return deliver(ethernet::test::ethernet_frame(our_mac, peer_mac, ethernet::ethertype::ipv4, packet));
  }
  Drop reject_ip(const Buffer& packet) {
    return reject(ethernet::test::ethernet_frame(our_mac, peer_mac, ethernet::ethertype::ipv4, packet));
  }
  /// Polls until nothing is due now; yields how often.
  unsigned settle() {
    unsigned polls = 0;
    while (poll() <= now && polls < 1000) ++polls;
    return polls;
  }
  Instant poll() {
    const Instant served = service ? service(now) : Instant::never();
    return earlier(served, stack.poll(now));  // what the service sent goes out as well
  }
  Digest::Value digest() const {
    if (!more_state) return stack.digest();
    Digest all;
    all.add(stack.digest().high);
    all.add(stack.digest().low);
    more_state(all);
    return all.value();
  }
  void run_for(Duration duration) {
    const Instant end = now + duration;
    for (unsigned turns = 0;; ++turns) {
      ASSERT_LT(turns, 100000u) << "a deadline that does not move";
      const Instant next = poll();
      if (answer_arp()) continue;
      if (next > end) break;
      now = std::max(next, now);
    }
    now = end;
    device.out.clear();
  }
  /// The stations answer questions for their link addresses; what else the stack sent is thrown away.
  bool answer_arp() {
    bool answered = false;
    while (!device.out.empty()) {
      const Buffer frame = device.take();
      const auto question = ethernet::ArpPacket::parse(Bytes(frame).subspan(14));
      if (load16(frame.data() + 12) != ethernet::ethertype::arp || !question) continue;
      const IpAddress asked = question->target();
      if (std::find(stations.begin(), stations.end(), asked) == stations.end()) continue;
      stack.receive(wire.packet(ethernet::test::arp_frame(our_mac, {.operation = ethernet::ArpPacket::reply,
                                                                    .sender_mac = peer_mac,
                                                                    .sender = asked,
                                                                    .target_mac = our_mac,
                                                                    .target = our_address}),
                                interface),
                    now);
      answered = true;
    }
    return answered;
  }
  /// O7: fills the blocks that are free with what must not be seen again.
  void make_stale() {
    std::vector<Block> all;
    while (Block block = stack.pool().allocate_large()) all.push_back(std::move(block));
    while (Block block = stack.pool().allocate(1)) all.push_back(std::move(block));
    for (Block& block : all) std::memset(block.data(), stale, block.capacity());
    // Back in the order in which they were taken.
    while (!all.empty()) all.pop_back();
  }
  static bool holds_stale_bytes(const Buffer& frame) {
    const Buffer run(8, stale);
    return std::search(frame.begin(), frame.end(), run.begin(), run.end()) != frame.end();
  }

 private:
  Buffer memory_;

 public:
  std::function<Instant(Instant)> service;  ///< polled beside the stack
  std::function<void(Digest&)> more_state;  ///< what of it is part of the digest
  std::vector<IpAddress> stations{peer};    ///< that answer ARP, all with the peer's link address
  ExactWire wire;
  ethernet::test::RecordingDevice device;
  Instant now;
  Stack stack;
};

/// A TCP segment or UDP datagram from `source` to `destination` with its checksum right, in an IPv4 packet.
inline Buffer transport_packet(std::uint8_t protocol, Buffer bytes, const IpAddress& source = peer,
                               const IpAddress& destination = our_address) {
  const std::size_t field = protocol == ip::protocol::tcp ? 16 : 6;
  if (bytes.size() >= field + 2) {
    store16(bytes.data() + field, 0);
    const std::uint32_t pseudo = ip::test::pseudo_sum(source, destination, protocol, bytes.size());
    store16(bytes.data() + field, ip::test::reference_checksum(bytes, pseudo));
  }
  return ip::test::ipv4_packet({.source = source, .destination = destination, .protocol = protocol}, bytes);
}

inline Buffer udp_bytes(std::uint16_t from, std::uint16_t to, const Buffer& payload) {
  Buffer bytes(8);
  store16(bytes.data(), from);
  store16(bytes.data() + 2, to);
  store16(bytes.data() + 4, static_cast<std::uint16_t>(8 + payload.size()));
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

struct SegmentSpec {
  std::uint16_t source_port = 4321;
  std::uint16_t destination_port = 80;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 65535;
  std::uint16_t urgent = 0;
  Buffer options{};
  Buffer payload{};
};

inline Buffer tcp_bytes(const SegmentSpec& s) {
  Buffer bytes(20);
  store16(bytes.data(), s.source_port);
  store16(bytes.data() + 2, s.destination_port);
  store32(bytes.data() + 4, s.seq);
  store32(bytes.data() + 8, s.ack);
  bytes[12] = static_cast<std::uint8_t>((20 + s.options.size()) / 4 << 4);
  bytes[13] = s.flags;
  store16(bytes.data() + 14, s.window);
  store16(bytes.data() + 18, s.urgent);
  bytes.insert(bytes.end(), s.options.begin(), s.options.end());
  bytes.insert(bytes.end(), s.payload.begin(), s.payload.end());
  return bytes;
}

}  // namespace linnet::test
