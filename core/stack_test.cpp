// SPDX-License-Identifier: Apache-2.0
// The stack put together: memory, interfaces, dispatch, batches, the digest, and hostile frames by the
// thousand.
#include "core/stack.hpp"

#include <deque>
#include <random>
#include <vector>

#include "core/ip/test_host.hpp"

namespace linnet::test {
namespace {

using ethernet::test::ethernet_frame;
using ip::test::icmp_message;
using ip::test::ipv4_packet;
using ip::test::our_address;
using ip::test::our_mac;
using ip::test::pattern;
using ip::test::peer;
using ip::test::peer_mac;
using ip::test::reference_checksum;
using Frames = std::deque<std::vector<std::uint8_t>>;

class QueueDevice final : public Device {
 public:
  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override {
    std::size_t count = 0;
    for (; count < batch.size() && !in.empty(); ++count) {
      Block block = pool.allocate(in.front().size());
      if (!block) break;
      copy_bytes(block.data(), in.front());
      batch[count] = Packet(std::move(block), 0, static_cast<std::uint32_t>(in.front().size()));
      in.pop_front();
    }
    largest_batch = std::max(largest_batch, count);
    return count;
  }
  Transmit transmit(const Frame& frame) override {
    std::vector<std::uint8_t> bytes(frame.size());
    frame.gather(bytes.data());
    out.push_back(std::move(bytes));
    return Transmit::taken;
  }
  std::uint16_t mtu() const override { return 1500; }
  MacAddress mac() const override { return our_mac; }
  Capabilities capabilities() const override { return {}; }
  void dropped(Drop reason) override { reasons.push_back(reason); }
  void flush() override { ++flushes; }

  Frames in;
  Frames out;
  std::vector<Drop> reasons;
  std::size_t largest_batch = 0;
  int flushes = 0;
};

struct Machine {
  explicit Machine(const Config& config = Config::device())
      : memory(Stack::memory_needed(config)), stack(config, memory, Random::Seed{1}) {
    EXPECT_TRUE(stack.ok());
    EXPECT_EQ(stack.add_interface(device), 1);
    EXPECT_TRUE(stack.ip().add_address(1, {our_address, 24}, false, now));
    run_for(Duration::seconds(5));
    device.out.clear();
  }
  void run_for(Duration duration) {
    const Instant end = now + duration;
    for (int turns = 0; turns < 100000; ++turns) {
      const Instant next = stack.poll(now);
      if (next > end) break;
      now = next;
    }
    now = end;
  }
  void inject(const std::vector<std::uint8_t>& packet) {
    device.in.push_back(ethernet_frame(our_mac, peer_mac, ethernet::ethertype::ipv4, packet));
  }
  void resolve_peer() {
    device.in.push_back(ethernet::test::arp_frame(
        our_mac,
        {.operation = 1, .sender_mac = peer_mac, .sender = peer, .target_mac = {}, .target = our_address}));
    stack.poll(now);
    device.out.clear();
  }
  Instant now = Instant::from_microseconds(1000000);
  QueueDevice device;
  std::vector<std::uint8_t> memory;
  Stack stack;
};

TEST(Stack, memory_needed_is_enough_and_less_is_told) {
  for (const Config& config : {Config::device(), Config::linux_host()}) {
    const std::size_t needed = Stack::memory_needed(config);
    std::vector<std::uint8_t> memory(needed + 1);
    EXPECT_TRUE(Stack(config, MutableBytes(memory).first(needed), Random::Seed{1}).ok());
    EXPECT_TRUE(Stack(config, MutableBytes(memory).subspan(1), Random::Seed{1}).ok())
        << "whatever its alignment";
    EXPECT_FALSE(Stack(config, MutableBytes(memory).first(needed - 32), Random::Seed{1}).ok());
    EXPECT_FALSE(Stack(config, MutableBytes(memory).first(needed / 2), Random::Seed{1}).ok());
    EXPECT_FALSE(Stack(config, {}, Random::Seed{1}).ok());
    EXPECT_FALSE(Stack(config, MutableBytes(memory).first(needed), Random::Seed{}).ok()) << "no entropy";
  }
  static_assert(Stack::memory_needed(Config::device()) < 160 * 1024, "an ESP32 has 320 KiB");
}

/// Less, and whatever follows a lost segment in a full window is dropped: the peer sends it all twice (RFC
/// 9293 SHLD-31).
constexpr bool a_full_window_can_wait_for_its_first_segment(const tcp::Config& c) {
  return std::uint32_t{c.reassembly_blocks} * c.maximum_segment_size >= c.receive_buffer;
}
static_assert(a_full_window_can_wait_for_its_first_segment(Config::device().tcp));
static_assert(a_full_window_can_wait_for_its_first_segment(Config::linux_host().tcp));

TEST(Stack, interfaces_are_bounded_and_may_come_while_running) {
  Machine machine;
  QueueDevice another;
  EXPECT_FALSE(machine.stack.add_interface(another)) << "loopback and one more";
  Config config;
  config.ethernet.links = config.ip.interfaces = 4;
  Machine larger(config);
  EXPECT_EQ(larger.stack.add_interface(another), 2);
  EXPECT_EQ(larger.stack.add_interface(another, {.vlan = 7}), 3);
  ASSERT_TRUE(larger.stack.ip().add_address(2, {IpAddress::v4(10, 0, 0, 1), 8}, false, larger.now));
  another.in.push_back(ethernet_frame(our_mac, peer_mac, ethernet::ethertype::vlan, {0, 9, 8, 0, 0x45}));
  larger.stack.poll(larger.now);
  EXPECT_EQ(larger.stack.drops().last(), Drop::vlan_not_member);
  EXPECT_EQ(another.reasons, std::vector{Drop::vlan_not_member})
      << "received once, though two interfaces share it";
  EXPECT_EQ(another.out.size(), 1u) << "the announcement";
}

TEST(Stack, answers_ping) {
  Machine machine;
  machine.resolve_peer();
  machine.inject(ipv4_packet({.protocol = 1}, icmp_message(8, 0, 1, pattern(56))));
  machine.stack.poll(machine.now);
  ASSERT_EQ(machine.device.out.size(), 1u);
  EXPECT_EQ(machine.device.out.front().size(), 14u + 84);
  EXPECT_TRUE(machine.device.reasons.empty());
  EXPECT_GE(machine.device.flushes, 1);
}

TEST(Stack, what_nobody_wants_is_counted_once_reported_to_the_device_and_to_the_sender) {
  Machine machine;
  machine.resolve_peer();
  std::vector<std::uint8_t> udp(8);
  store16(udp.data(), 5000);
  store16(udp.data() + 2, 9999);
  store16(udp.data() + 4, 8);
  const std::tuple<std::uint8_t, std::vector<std::uint8_t>, Drop, std::size_t> cases[] = {
      {17, udp, Drop::udp_no_port, 1},
      {253, pattern(20), Drop::ip_protocol, 1},
      {4, ipv4_packet({.protocol = 17}, udp), Drop::ip_protocol, 1},   // C05-01: no tunnels
      {41, pattern(40), Drop::ip_protocol, 1},                        // C05-03
      {58, icmp_message(128, 0, 1, {}), Drop::ip_protocol, 1},        // C03-07: ICMPv6 has no business here
      {1, icmp_message(128, 0, 1, {}), Drop::icmp_type, 0},           // C03-07: nor have its types
      {1, icmp_message(13, 0, 1, pattern(12)), Drop::icmp_type, 0},   // C10-06
      {1, icmp_message(0, 0, 1, {}), Drop::icmp_type, 0}};            // a reply to no ping of ours
  for (const auto& [protocol, payload, reason, answers] : cases) {
    const auto before = machine.stack.digest();
    const std::uint64_t total = machine.stack.drops().total();
    machine.inject(ipv4_packet({.protocol = protocol}, payload));
    machine.stack.poll(machine.now);
    EXPECT_EQ(machine.stack.drops().total(), total + 1);
    EXPECT_EQ(machine.stack.drops().last(), reason) << int{protocol};
    EXPECT_EQ(machine.device.reasons, std::vector{reason});
    EXPECT_EQ(machine.device.out.size(), answers) << int{protocol};
    EXPECT_TRUE(machine.stack.digest() == before || answers > 0) << "sending only makes a neighbour used";
    machine.device.reasons.clear();
    machine.device.out.clear();
    machine.run_for(Duration::seconds(2));
    machine.device.out.clear();
  }
}

TEST(Stack, C05_02_nested_tunnels_are_one_unknown_protocol) {
  Machine machine;
  std::vector<std::uint8_t> packet = pattern(8);
  for (int depth = 0; depth < 64; ++depth) packet = ipv4_packet({.protocol = 4}, packet);
  machine.inject(packet);
  machine.stack.poll(machine.now);
  EXPECT_EQ(machine.stack.drops().of(Drop::ip_protocol), 1u);
}

TEST(Stack, udp_to_ourselves_and_its_port_unreachable) {
  Machine machine;
  auto& udp = machine.stack.udp();
  const auto server = *udp.open();
  const auto client = *udp.open();
  const Endpoint local{IpAddress::loopback_v4(), 7};
  ASSERT_TRUE(udp.bind(server, local, false));
  ASSERT_TRUE(udp.connect(client, local, machine.now));
  const auto body = pattern(1000);
  const Bytes pieces[] = {body};
  ASSERT_TRUE(udp.send(client, pieces, nullptr, {}, machine.now));
  machine.stack.poll(machine.now);
  std::vector<std::uint8_t> got(2000);
  const auto received = udp.receive(server, got, false);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->size, 1000u);
  EXPECT_EQ(received->source, udp.local(client));
  udp.close(server);
  ASSERT_TRUE(udp.send(client, pieces, nullptr, {}, machine.now));
  EXPECT_EQ(machine.stack.poll(machine.now), machine.now) << "the answer waits to be received";
  machine.stack.poll(machine.now);
  EXPECT_EQ(udp.take_error(client), udp::Error::connection_refused);
  udp.close(client);
  EXPECT_TRUE(machine.stack.pool().full());
  EXPECT_TRUE(machine.device.out.empty());
}

TEST(Stack, C26_04_an_echo_among_ourselves_takes_no_stack) {
  Machine machine;
  auto& udp = machine.stack.udp();
  const auto a = *udp.open();
  ASSERT_TRUE(udp.bind(a, {IpAddress::loopback_v4(), 7}, false));
  const std::vector<std::uint8_t> body(1);
  const Bytes pieces[] = {body};
  const Endpoint self{IpAddress::loopback_v4(), 7};
  std::vector<std::uint8_t> got(1);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(udp.send(a, pieces, &self, {}, machine.now));
    machine.stack.poll(machine.now);
    ASSERT_TRUE(udp.receive(a, got, false));
  }
}

TEST(Stack, a_full_batch_means_poll_again_at_once) {
  Config config;
  config.blocks.small_count = 64;
  Machine machine(config);
  for (int i = 0; i < 40; ++i) machine.device.in.push_back({1, 2, 3});
  EXPECT_EQ(machine.stack.poll(machine.now), machine.now);
  EXPECT_EQ(machine.device.in.size(), 8u);
  EXPECT_GT(machine.stack.poll(machine.now), machine.now);
  EXPECT_TRUE(machine.device.in.empty());
  EXPECT_EQ(machine.stack.drops().of(Drop::l2_short), 40u);
  EXPECT_EQ(machine.device.largest_batch, Stack::batch_size);
}

TEST(Stack, an_idle_stack_has_no_deadline) {
  Machine machine;
  machine.run_for(Duration::seconds(60));
  EXPECT_TRUE(machine.stack.poll(machine.now).is_never());
}

TEST(Stack, RFC1122_2_3_2_1_what_a_poll_sends_is_asked_for_again_in_a_second) {
  // A SYN is sent again by TCP's timer, inside of a poll, and its neighbour has to be looked for anew: the deadline that
  // this very poll yields must be that of the next ARP request.
  Machine m;
  ASSERT_TRUE(m.stack.tcp().connect({}, {peer, 80}, {}, m.now));
  const auto requests = [&m] {
    std::size_t count = 0;
    for (const auto& frame : m.device.out) count += frame.size() >= 42 && frame[12] == 8 && frame[13] == 6 && frame[21] == 1 ? 1 : 0;
    m.device.out.clear();
    return count;
  };
  const Instant end = m.now + Duration::seconds(60);
  std::size_t asked = requests();
  for (Instant next = m.stack.poll(m.now);; next = m.stack.poll(m.now)) {
    const std::size_t now_asked = requests();
    if (now_asked > 0) {
      EXPECT_LE(next, m.now + Duration::seconds(1)) << "after " << asked << " requests";
    }
    asked += now_asked;
    if (next > end) break;
    m.now = next;
  }
  EXPECT_GE(asked, 9u);
}

TEST(Stack, the_same_inputs_give_the_same_bytes) {
  const auto run = [](std::uint8_t seed) {
    const Config config = Config::device();
    std::vector<std::uint8_t> memory(Stack::memory_needed(config));
    Stack stack(config, memory, Random::Seed{seed});
    QueueDevice device;
    const Instant now = Instant::from_microseconds(5);
    stack.add_interface(device);
    stack.ip().add_address(1, {our_address, 24}, false, now);
    const auto socket = *stack.udp().open();
    const Endpoint everybody{IpAddress::broadcast_v4(), 9};
    stack.udp().options(socket)->broadcast = true;
    const std::vector<std::uint8_t> body = pattern(5000);
    const Bytes pieces[] = {body};
    EXPECT_TRUE(stack.udp().send(socket, pieces, &everybody, {}, now));
    return device.out;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2)) << "port and identification";
}

TEST(Stack, the_digest_of_two_fresh_stacks_is_the_same_whatever_their_seed) {
  const Config config = Config::device();
  std::vector<std::uint8_t> one(Stack::memory_needed(config)), two(one.size());
  EXPECT_TRUE(Stack(config, one, Random::Seed{1}).digest() == Stack(config, two, Random::Seed{2}).digest());
}

TEST(Stack, C06_08_every_number_of_free_blocks) {
  for (std::uint32_t free = 0; free <= 12; ++free) {
    Machine machine;
    machine.resolve_peer();
    const auto socket = *machine.stack.udp().open();
    ASSERT_TRUE(machine.stack.udp().bind(socket, {IpAddress::any_v4(), 7}, false));
    {
      std::vector<Block> held;
      while (machine.stack.pool().small_free() > free) held.push_back(machine.stack.pool().allocate(1));
      for (int round = 0; round < 3; ++round) {
        std::vector<std::uint8_t> ping = icmp_message(8, 0, 1, pattern(1400));
        const std::vector<std::uint8_t> first(ping.begin(), ping.begin() + 800);
        const std::vector<std::uint8_t> second(ping.begin() + 800, ping.end());
        const auto id = static_cast<std::uint16_t>(round);
        machine.inject(ipv4_packet({.protocol = 1, .identification = id, .more = true}, first));
        machine.inject(ipv4_packet({.protocol = 1, .identification = id, .offset = 800}, second));
        const std::vector<std::uint8_t> body = pattern(3000);
        const Bytes pieces[] = {body};
        for (const std::uint8_t host : {2, 3, 4}) {  // one known, two to be resolved
          const Endpoint to{IpAddress::v4(192, 0, 2, host), 9};
          const auto sent = machine.stack.udp().send(socket, pieces, &to, {}, machine.now);
          EXPECT_TRUE(sent || sent.error() == udp::Error::no_memory);
        }
        const Endpoint self{our_address, 7};
        (void)machine.stack.udp().send(socket, pieces, &self, {}, machine.now);
        for (int turn = 0; turn < 8; ++turn) machine.stack.poll(machine.now);
        machine.run_for(Duration::milliseconds(1));
        machine.device.in.clear();
      }
    }
    machine.stack.udp().close(socket);
    machine.run_for(Duration::seconds(100));
    EXPECT_TRUE(machine.stack.pool().full()) << free;
  }
}

/// Generator G5: golden frames with bits flipped, fields set to their edges, cut short, and lengths made
/// right again.
std::vector<std::uint8_t> mutate(std::vector<std::uint8_t> frame, std::mt19937& random) {
  const auto any = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  for (std::size_t n = any(4); n > 0; --n) {
    const std::size_t at = any(frame.size());
    switch (any(4)) {
      case 0: frame[at] = static_cast<std::uint8_t>(frame[at] ^ (1u << any(8))); break;
      case 1: frame[at] = static_cast<std::uint8_t>(random()); break;
      case 2: frame[at] = any(2) == 0 ? 0 : 0xff; break;
      default: frame.resize(1 + any(frame.size())); break;
    }
  }
  const bool ipv4 = frame.size() >= 34 && load16(frame.data() + 12) == 0x0800;
  if (!ipv4 || any(4) == 0) return frame;
  std::uint8_t* ip = frame.data() + 14;
  const std::size_t size = frame.size() - 14;
  const std::size_t header = std::clamp<std::size_t>((ip[0] & 15u) * 4, 20, size);
  if (any(2) == 0) store16(ip + 2, static_cast<std::uint16_t>(size));
  if (ip[9] == 1 && size >= header + 4) {
    store16(ip + header + 2, 0);
    store16(ip + header + 2, reference_checksum({ip + header, size - header}));
  }
  if (ip[9] == 17 && size >= header + 8) store16(ip + header + 6, 0);
  store16(ip + 10, 0);
  store16(ip + 10, reference_checksum({ip, header}));
  return frame;
}

TEST(Stack, G5_mutated_frames_lose_no_block_and_are_counted_at_most_once) {
  Config config;
  config.blocks = {.small_size = 1664, .small_count = 64, .large_size = 66048, .large_count = 2};
  Machine machine(config);
  std::vector<std::uint8_t> udp = pattern(60);
  store16(udp.data() + 2, 7);
  store16(udp.data() + 4, 60);
  store16(udp.data() + 6, 0);
  std::vector<std::uint8_t> syn(20);
  store16(syn.data() + 2, 80);
  syn[12] = 0x50;
  syn[13] = 2;
  const auto quoted = ipv4_packet({.source = our_address, .destination = peer, .protocol = 17}, udp);
  std::vector<std::vector<std::uint8_t>> golden;
  for (const auto& packet :
       {ipv4_packet({.protocol = 17}, udp),
        ipv4_packet({.protocol = 17, .options = {7, 7, 4, 0, 0, 0, 0, 1}}, udp),
        ipv4_packet({.protocol = 1}, icmp_message(8, 0, 1, pattern(40))),
        ipv4_packet({.protocol = 1}, icmp_message(3, 3, 0, quoted)),
        ipv4_packet({.protocol = 1}, icmp_message(3, 4, 900, quoted)), ipv4_packet({.protocol = 6}, syn),
        ipv4_packet({.protocol = 17, .more = true}, pattern(64)),
        ipv4_packet({.protocol = 17, .offset = 64}, pattern(33)),
        ipv4_packet({.protocol = 17, .more = true, .offset = 32}, pattern(64))}) {
    golden.push_back(ethernet_frame(our_mac, peer_mac, 0x0800, packet));
  }
  golden.push_back(ethernet_frame(our_mac, peer_mac, 0x8100, {0, 0, 8, 6, 0, 1}));
  for (const std::uint16_t operation : {1, 2}) {
    golden.push_back(ethernet::test::arp_frame(our_mac, {operation, peer_mac, peer, our_mac, our_address}));
    golden.push_back(
        ethernet::test::arp_frame(our_mac, {operation, peer_mac, our_address, our_mac, our_address}));
  }
  const auto socket = *machine.stack.udp().open();
  ASSERT_TRUE(machine.stack.udp().bind(socket, {IpAddress::any_v4(), 7}, false));
  const auto raw = *machine.stack.raw().open(1);
  std::mt19937 random(20240611);
  std::vector<std::uint8_t> to(70000);
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  for (int i = 0; i < 100000; ++i) {
    const std::uint64_t before = machine.stack.drops().total();
    auto frame = mutate(golden[random() % golden.size()], random);
    bytes_in += std::max<std::size_t>(frame.size(), 60);
    machine.device.in.push_back(std::move(frame));
    machine.stack.poll(machine.now);
    ASSERT_LE(machine.stack.drops().total(), before + 2) << "one for the frame, one for what it displaced";
    for (const auto& sent : machine.device.out) bytes_out += std::max<std::size_t>(sent.size(), 60);
    machine.device.out.clear();
    machine.device.reasons.clear();
    while (machine.stack.udp().receive(socket, to, false)) continue;
    while (machine.stack.raw().receive(raw, to, false)) continue;
    machine.now = machine.now + Duration::milliseconds(random() % 20);
  }
  EXPECT_LT(bytes_out, bytes_in * 3 / 2) << "no amplifier";
  machine.stack.udp().close(socket);
  machine.stack.raw().close(raw);
  machine.run_for(Duration::seconds(300));
  machine.stack.ethernet().forget_neighbours(ethernet::Ethernet::every_interface);
  EXPECT_TRUE(machine.stack.pool().full());
}

}  // namespace
}  // namespace linnet::test
