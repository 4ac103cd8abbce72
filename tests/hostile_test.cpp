// SPDX-License-Identifier: Apache-2.0
// Generators of hostile frames and the oracles that hold for each (docs/hostile-packets.md): G1 truncation,
// G3 lengths, G4 lists of options, G5 two live stacks, G6 every frame in every state.
#include <array>
#include <deque>
#include <random>
#include <set>

#include "tests/test_hostile.hpp"

namespace linnet::test {
namespace {

#if defined(LINNET_SANITIZED)
constexpr std::size_t stride = 7;  // every seventh only: these builds are slow
#else
constexpr std::size_t stride = 1;
#endif

/// What a generator brought about.
struct Tally {
  std::size_t frames = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(Drop::count_)> reasons{};
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
};

/// Frames that are dropped although they are of a conversation that goes on: what they did is part of its
/// state.
bool may_change_something(Drop reason) {
  switch (reason) {
    case Drop::fragment_overlap:  // its datagram is given up
    case Drop::fragment_limit:
    case Drop::no_block:
    case Drop::neighbour_queue_full:
    case Drop::arp_bad_sender:   // somebody has our address: defended, or lost
    case Drop::arp_unsolicited:  // the neighbour is asked
    case Drop::icmp_quote:
    case Drop::tcp_after_close:
    case Drop::tcp_memory:
    case Drop::udp_queue_full:
      return true;
    default:
      return false;
  }
}

/// One that ends a datagram takes what was collected with it, whatever becomes of the whole.
bool is_fragment(const Buffer& frame) {
  return frame.size() >= 34 && load16(frame.data() + 12) == ethernet::ethertype::ipv4 &&
         (load16(frame.data() + 20) & 0x3fff) != 0;
}

/// Delivers one frame; all oracles.
void deliver(Target& target, const Buffer& frame, Tally& tally, const std::string& what) {
  if (::testing::Test::HasFailure()) return;  // one with its trace says enough
  SCOPED_TRACE(what);
  if (tally.frames++ % 64 == 0) target.make_stale();
  const Outcome outcome = target.deliver(frame);
  tally.bytes_in += std::max<std::size_t>(frame.size(), 60);
  tally.bytes_out += outcome.bytes_sent();
  if (outcome.drops > 0) ++tally.reasons[static_cast<std::size_t>(outcome.reason)];
  if (outcome.drops > 0 && outcome.sent.empty() && !may_change_something(outcome.reason) &&
      !is_fragment(frame)) {
    EXPECT_FALSE(outcome.changed) << "O4: " << drop_text(outcome.reason);
  }
  // O6: nobody who has shown nothing gets more than an ICMP header beyond what he sent.
  if (outcome.drops > 0) {
    EXPECT_LE(outcome.bytes_sent(), std::max<std::size_t>(frame.size(), 60) + 28)
        << "O6: " << drop_text(outcome.reason);
  }
  if (tally.frames % 8 == 0) {
    target.read_all();
    target.now = target.now + Duration::milliseconds(5);
  }
}

/// Calls `use(target, golden)` for each golden frame with a target of its own, in each of the states.
template <typename Use>
void for_each_golden(std::initializer_list<unsigned> states, Use&& use) {
  for (const unsigned state : states) {
    const std::size_t count = Target(state).golden().size();
    for (std::size_t i = 0; i < count; ++i) {
      Target target(state);
      const Golden golden = target.golden()[i];
      SCOPED_TRACE(golden.name + " in " + Target::state_name(state));
      use(target, golden);
      target.finish();
      if (::testing::Test::HasFailure()) return;
    }
  }
}

constexpr auto established =
    static_cast<unsigned>(tcp::State::established);  // the resolver waits, the client is stopped
constexpr auto listening =
    static_cast<unsigned>(tcp::State::listen);  // the resolver waits, the client selects

Tally truncate(std::size_t step) {
  Tally tally;
  for_each_golden({established, listening}, [&](Target& target, const Golden& golden) {
    for (std::size_t size = 0; size <= golden.frame.size(); size += size < 100 ? 1 : step * 3) {
      Buffer cut(golden.frame.begin(), golden.frame.begin() + static_cast<std::ptrdiff_t>(size));
      deliver(target, cut, tally, golden.name + " cut at " + std::to_string(size));
      if (cut.size() < 34) continue;
      store16(cut.data() + 16, static_cast<std::uint16_t>(cut.size() - 14));
      fix_checksums(cut);
      deliver(target, cut, tally, golden.name + " made to end at " + std::to_string(size));
    }
  });
  return tally;
}

std::set<std::uint32_t> boundaries(std::uint32_t value, std::uint32_t most) {
  const std::uint32_t top = most / 2 + 1;
  std::set<std::uint32_t> values;
  for (const std::uint32_t v : {0u, 1u, value - 1, value + 1, most / 2, most, most - 1, value | top})
    values.insert(v & most);
  return values;
}

Tally lengths(std::size_t step) {
  Tally tally;
  for_each_golden({established, listening}, [&](Target& target, const Golden& golden) {
    const std::vector<LengthField> fields = length_fields(golden.frame);
    std::size_t turn = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      for (const std::uint32_t first : boundaries(fields[i].get(golden.frame), fields[i].mask)) {
        Buffer frame = golden.frame;
        fields[i].set(frame, first);
        deliver(target, frame, tally, golden.name + " with a length and without checksum");
        fix_checksums(frame);
        deliver(target, frame, tally, golden.name + " with a length");
        for (std::size_t k = i + 1; k < fields.size(); ++k) {  // outer against inner
          for (const std::uint32_t second : boundaries(fields[k].get(golden.frame), fields[k].mask)) {
            if (turn++ % (step * 5) != 0) continue;
            Buffer both = golden.frame;
            fields[i].set(both, first);
            fields[k].set(both, second);
            fix_checksums(both);
            deliver(target, both, tally, golden.name + " with two lengths");
          }
        }
      }
    }
  });
  return tally;
}

/// The lists that G4 makes of one kind of option, for `room` bytes.
std::vector<Buffer> lists_of(std::uint8_t kind, std::size_t room, std::uint8_t nothing) {
  std::vector<Buffer> lists;
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, std::size_t{2}, room, room + 1, std::size_t{255}}) {
    Buffer list(room, nothing);
    list[0] = kind;
    list[1] = static_cast<std::uint8_t>(length);
    lists.push_back(list);
  }
  Buffer cut(room, nothing);
  cut[room - 1] = kind;
  lists.push_back(cut);
  Buffer again;
  while (again.size() + 2 <= room) again.insert(again.end(), {kind, 2});
  again.resize(room, nothing);
  lists.push_back(again);
  return lists;
}

Tally options(std::size_t step) {
  Tally tally;
  for (const unsigned state : {established, listening}) {
    Target target(state);
    for (unsigned kind = 0; kind < 256; kind += static_cast<unsigned>(step)) {
      const auto k = static_cast<std::uint8_t>(kind);
      for (const std::size_t room : {std::size_t{4}, std::size_t{40}}) {
        for (const Buffer& list : lists_of(k, room, 1)) {
          const std::string what = "option " + std::to_string(kind);
          const auto in_frame = [](const Buffer& packet) {
            return ethernet::test::ethernet_frame(our_mac, peer_mac, ethernet::ethertype::ipv4, packet);
          };
          deliver(target,
                  in_frame(ip::test::ipv4_packet({.protocol = 1, .options = list},
                                                 ip::test::icmp_message(8, 0, 1, {}))),
                  tally, "IPv4 " + what);
          const bool open = state == established;
          deliver(target,
                  in_frame(transport_packet(6, tcp_bytes({.source_port = static_cast<std::uint16_t>(
                                                              open ? target.peer_port : 2000 + kind),
                                                          .seq = target.peer_nxt,
                                                          .ack = target.our_nxt - 100,
                                                          .flags = static_cast<std::uint8_t>(open ? 16 : 2),
                                                          .options = list}))),
                  tally, "TCP " + what);
        }
      }
      if (kind % 32 == 0) target.run_for(Duration::seconds(70));  // handshakes end
    }
    target.finish();
  }
  // DHCP: of a client that waits for an offer. The frame of an offer, its options made anew.
  Target target(listening);
  Buffer offer;
  for (const Golden& golden : target.golden()) {
    if (golden.name == "DHCP 2") offer = golden.frame;
  }
  const std::size_t begin = 14 + 28 + 240;
  for (unsigned code = 0; code < 256; code += static_cast<unsigned>(step)) {
    for (const std::size_t room : {std::size_t{4}, std::size_t{80}, std::size_t{255}}) {
      for (const Buffer& list : lists_of(static_cast<std::uint8_t>(code), room, 0)) {
        for (const bool ended : {false, true}) {
          Buffer frame(offer.begin(), offer.begin() + begin);
          frame.insert(frame.end(), {53, 1, 2});
          frame.insert(frame.end(), list.begin(), list.end());
          if (ended) frame.push_back(255);
          store16(frame.data() + 16, static_cast<std::uint16_t>(frame.size() - 14));
          store16(frame.data() + 38, static_cast<std::uint16_t>(frame.size() - 34));
          fix_checksums(frame);
          deliver(target, frame, tally, "DHCP option " + std::to_string(code));
        }
      }
    }
  }
  target.finish();
  return tally;
}

Tally every_state(const Config& config = Target::default_config()) {
  Tally tally;
  for (unsigned state = 0; state < Target::states; ++state) {
    // The resolver and the client have other states beside the same one of TCP's elsewhere: 3, 4 and 11 have
    // no common factor, so that what matters, each frame in each state of its own protocol, is there.
    const std::size_t count = Target(state, config).golden().size();
    for (std::size_t i = 0; i < count; ++i) {
      Target target(state, config);
      const Golden golden = target.golden()[i];
      SCOPED_TRACE(golden.name + " in " + Target::state_name(state));
      // Twice: what was taken once must not do harm when it comes again.
      for (int turn = 0; turn < 2; ++turn) deliver(target, golden.frame, tally, golden.name);
      target.finish();
      if (::testing::Test::HasFailure()) return tally;
    }
    // And all of them, one after the other, in one stack.
    Target target(state, config);
    for (const Golden& golden : target.golden())
      deliver(target, golden.frame, tally, golden.name + " among all");
    target.finish();
  }
  return tally;
}

TEST(Hostile, G1_every_truncation_with_and_without_right_checksums) {
  EXPECT_GT(truncate(stride).frames, 20000u / stride);
}

TEST(Hostile, G3_lengths_at_their_boundaries_and_against_each_other) {
  EXPECT_GT(lengths(stride).frames, 30000u / stride);
}

TEST(Hostile, G4_lists_of_options) { EXPECT_GT(options(stride).frames, 20000u / stride); }

TEST(Hostile, G6_each_golden_packet_in_each_state) { EXPECT_GT(every_state().frames, 3000u); }

TEST(Hostile, generators_meet_every_reason_to_drop_a_frame) {
  std::array<std::uint64_t, static_cast<std::size_t>(Drop::count_)> reasons{};
  // Few of everything: full queues are met, too.
  Config small = Target::default_config();
  small.udp.queue_datagrams = 2;
  small.tcp.syn_records = 1;
  for (const Tally& tally : {truncate(40), lengths(60), options(16), every_state(), every_state(small)}) {
    for (std::size_t i = 0; i < reasons.size(); ++i) reasons[i] += tally.reasons[i];
  }
  // Not of a frame that comes in: what becomes of our own, and what only a lack of memory or a raw socket
  // brings about; and those of IPv6, of which the stack knows no more than its wire formats so far.
  const std::set<Drop> others = {Drop::none,
                                 Drop::neighbour_failed,
                                 Drop::neighbour_queue_full,
                                 Drop::ip_no_route,
                                 Drop::ip_ttl,
                                 Drop::ip_too_big,
                                 Drop::fragment_timeout,
                                 Drop::fragment_limit,
                                 Drop::icmp_rate_limit,
                                 Drop::ipv6_jumbo,
                                 Drop::ipv6_extension,
                                 Drop::ipv6_option,
                                 Drop::nd_hop_limit,
                                 Drop::nd_malformed,
                                 Drop::mld_malformed,
                                 Drop::igmp_malformed,
                                 Drop::igmp_checksum,
                                 Drop::igmp_type,
                                 Drop::tcp_memory,
                                 Drop::no_block,
                                 Drop::device_busy,
                                 Drop::device_gone,
                                 Drop::raw_queue_full,
                                 // The stack here is no router.
                                 Drop::ip_not_forwarded,
                                 Drop::ip_reverse_path,
                                 Drop::napt_protocol,
                                 Drop::napt_filtered,
                                 Drop::napt_full};
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (!others.contains(static_cast<Drop>(i))) {
      EXPECT_GT(reasons[i], 0u) << drop_text(static_cast<Drop>(i));
    }
  }
}

TEST(Hostile, C25_02_each_golden_packet_and_its_bad_kin_hundreds_of_times) {
  Tally tally;
  constexpr std::size_t times = 400 / stride;
  const std::size_t count = Target(established).golden().size();
  for (std::size_t i = 0; i < count && !HasFailure(); ++i) {
    Target target(established);
    const Golden golden = target.golden()[i];
    for (std::size_t turn = 0; turn < times; ++turn) {
      Buffer frame = golden.frame;
      if (turn % 4 == 1)
        frame[24 % frame.size()] = static_cast<std::uint8_t>(frame[24 % frame.size()] ^ 1);  // IP's checksum
      if (turn % 4 == 2) frame.back() = static_cast<std::uint8_t>(frame.back() ^ 1);
      if (turn % 4 == 3) frame.resize(frame.size() - 1);
      deliver(target, frame, tally, golden.name);
      ASSERT_LE(target.wire.held(), 64u);
    }
    target.finish();
  }
  EXPECT_GE(tally.frames, count * times);
}

TEST(Hostile, C25_03_every_golden_packet_at_every_number_of_free_blocks) {
  Tally tally;
  for (std::uint32_t free = 0; free <= 4; ++free) {
    for (unsigned state = 0; state < Target::states && !HasFailure(); ++state) {
      Target target(state);
      {
        std::vector<Block> held;
        while (target.stack.pool().large_free() > free / 4)
          held.push_back(target.stack.pool().allocate_large());
        while (target.stack.pool().small_free() > free) held.push_back(target.stack.pool().allocate(1));
        for (const Golden& golden : target.golden()) {
          if (tally.frames++ % stride != 0) continue;
          target.deliver(golden.frame);
          // What we want to send to somebody new, and to ourselves.
          const Buffer body(900, 'x');
          const Bytes pieces[] = {body};
          const auto socket = *target.stack.udp().open();
          for (const IpAddress& to : {IpAddress::v4(192, 0, 2, 99), our_address}) {
            const Endpoint end{to, 9};
            const auto sent = target.stack.udp().send(socket, pieces, &end, {}, target.now);
            EXPECT_TRUE(sent || sent.error() == udp::Error::no_memory ||
                        sent.error() == udp::Error::unreachable || sent.error() == udp::Error::would_block)
                << " after " << golden.name << " in " << Target::state_name(state);
          }
          target.stack.udp().close(socket);
          target.settle();
          target.device.out.clear();
        }
      }
      target.finish();
    }
  }
}

TEST(Hostile, C25_06_random_packets_get_no_more_than_they_cost) {
  // From those who have shown nothing: no connection, no question of ours. Some are there to take what is
  // sent.
  Target target(listening);
  for (std::uint8_t i = 3; i < 7; ++i) {
    target.stations.push_back(IpAddress::v4(192, 0, 2, i));
    target.learn(target.stations.back(), peer_mac);
  }
  std::mt19937 random(25);
  std::vector<Golden> golden = target.golden();
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
  std::size_t handshakes = 0;
  for (std::size_t i = 0; i < 50000 / stride; ++i) {
    Buffer frame = golden[random() % golden.size()].frame;
    if (load16(frame.data() + 12) == ethernet::ethertype::ipv4 && frame.size() >= 34) {
      store32(frame.data() + 26, 0xc0000200u + 3 + random() % (random() % 8 == 0 ? 200 : 4));
      for (unsigned n = random() % 3; n > 0; --n)
        frame[14 + random() % (frame.size() - 14)] = static_cast<std::uint8_t>(random());
      if (random() % 8 != 0) fix_checksums(frame);
      const bool is_syn = frame.size() >= 54 && frame[23] == 6 && (frame[47] & 0x12) == 2;
      handshakes += is_syn ? 1 : 0;
    }
    const Outcome outcome = target.deliver(frame);
    bytes_in += std::max<std::size_t>(frame.size(), 60);
    for (const Buffer& sent : outcome.sent) bytes_out += std::max<std::size_t>(sent.size(), 60);
    ASSERT_LE(outcome.bytes_sent(), std::max<std::size_t>(frame.size(), 60) + 28 + 60)
        << "and a question for a neighbour";
    if (i % 4 == 0) {
      target.read_all();
      target.now = target.now + Duration::milliseconds(random() % 20);
    }
    if (HasFailure()) break;
  }
  EXPECT_GT(handshakes, 100u) << "their SYN-ACKs and those that were sent again are counted";
  EXPECT_LE(bytes_out, bytes_in);
}

/// Two stacks, each the other's neighbour, on a wire that changes what passes.
struct Link {
  struct End final : Device {
    std::size_t receive(BlockPool& pool, std::span<Packet> batch) override {
      std::size_t count = 0;
      for (; count < batch.size() && !in.empty(); ++count) {
        Block block = pool.allocate(in.front().size());
        if (!block) break;
        copy_bytes(block.data(), in.front());
        batch[count] = Packet(std::move(block), 0, static_cast<std::uint32_t>(in.front().size()));
        in.pop_front();
      }
      return count;
    }
    Transmit transmit(const Frame& frame) override {
      Buffer bytes(frame.size());
      frame.gather(bytes.data());
      out.push_back(std::move(bytes));
      return Transmit::taken;
    }
    std::uint16_t mtu() const override { return 1500; }
    MacAddress mac() const override { return address; }
    Capabilities capabilities() const override { return {}; }
    MacAddress address;
    std::deque<Buffer> in;
    std::deque<Buffer> out;
  };
  struct Side {
    explicit Side(std::uint8_t number)
        : memory(Stack::memory_needed(Victim::default_config())),
          stack(Victim::default_config(), memory, Random::Seed{number}),
          address(IpAddress::v4(192, 0, 2, number)) {
      end.address = MacAddress{{2, 0, 0, 0, 0, number}};
      EXPECT_EQ(stack.add_interface(end), 1);
      EXPECT_TRUE(stack.ip().add_address(1, {address, 24}, false, Instant::from_microseconds(1)));
    }
    Buffer memory;
    End end;
    Stack stack;
    IpAddress address;
  };
  Side a{1}, b{2};
  Instant now = Instant::from_microseconds(1);
  std::mt19937 random{5};
  bool mutating = true;
  std::size_t passed = 0;
  std::size_t mutated = 0;

  Buffer mutate(Buffer frame) {
    const auto fields = length_fields(frame);
    for (unsigned n = 1 + random() % 3; n > 0; --n) {
      switch (random() % 5) {
        case 0:
          frame[random() % frame.size()] = static_cast<std::uint8_t>(random());
          break;
        case 1:
          frame[random() % frame.size()] = random() % 2 == 0 ? 0 : 0xff;
          break;
        case 2:
          if (fields.empty()) break;
          {
            const LengthField& field = fields[random() % fields.size()];
            if (field.offset + field.size <= frame.size())
              field.set(frame, static_cast<std::uint32_t>(random()));
          }
          break;
        case 3:
          frame.resize(1 + random() % frame.size());
          break;
        default:  // another flag, or another number near the right one
          if (frame.size() >= 54 && frame[23] == 6) {
            frame[random() % 2 == 0 ? 47 : 41] = static_cast<std::uint8_t>(random());
          }
          break;
      }
    }
    if (random() % 4 != 0) fix_checksums(frame);
    return frame;
  }
  void pass(Side& from, Side& to) {
    while (!from.end.out.empty()) {
      Buffer frame = std::move(from.end.out.front());
      from.end.out.pop_front();
      ++passed;
      if (mutating && random() % 4 == 0) {
        ++mutated;
        to.end.in.push_back(mutate(frame));
        if (random() % 2 == 0) continue;  // instead of the right one, or before it
      }
      to.end.in.push_back(std::move(frame));
    }
  }
  void run_for(Duration duration) {
    const Instant end = now + duration;
    for (unsigned turns = 0;; ++turns) {
      ASSERT_LT(turns, 200000u) << "O2";
      const Instant next = earlier(a.stack.poll(now), b.stack.poll(now));
      pass(a, b);
      pass(b, a);
      if (!a.end.in.empty() || !b.end.in.empty()) continue;
      if (next > end) break;
      now = std::max(next, now);
    }
    now = end;
  }
};

TEST(Hostile, G5_two_live_stacks_on_a_wire_that_changes_frames) {
  Link link;
  const auto listener = *link.b.stack.tcp().bind({IpAddress::any_v4(), 80}, false);
  ASSERT_TRUE(link.b.stack.tcp().listen(listener, 8, {}).ok());
  const auto echo = *link.b.stack.udp().open();
  ASSERT_TRUE(link.b.stack.udp().bind(echo, {IpAddress::any_v4(), 7}, false));
  std::vector<tcp::ConnectionHandle> clients;
  std::vector<tcp::ConnectionHandle> servers;
  Buffer buffer(4096, 'x');
  std::size_t echoed = 0;
  const std::size_t rounds = 20000 / stride;
  for (std::size_t round = 0; round < rounds && !HasFailure(); ++round) {
    if (clients.size() < 4) {
      const auto c = link.a.stack.tcp().connect({}, {link.b.address, 80}, {}, link.now);
      if (c.ok()) clients.push_back(*c);
    }
    if (const auto c = link.b.stack.tcp().accept(listener)) servers.push_back(*c);
    for (const auto c : clients)
      static_cast<void>(link.a.stack.tcp().send(c, Bytes(buffer).first(700), {}, link.now).ok());
    for (const auto c : servers) {
      const auto n = link.b.stack.tcp().receive(c, buffer, false, link.now);
      if (n.ok() && *n > 0) {
        echoed += *n;
        static_cast<void>(link.b.stack.tcp().send(c, Bytes(buffer).first(*n), {}, link.now).ok());
      }
    }
    for (const auto c : clients)
      static_cast<void>(link.a.stack.tcp().receive(c, buffer, false, link.now).ok());
    const auto socket = *link.a.stack.udp().open();
    const Bytes pieces[] = {Bytes(buffer).first(link.random() % 3000)};
    const Endpoint to{link.b.address, static_cast<std::uint16_t>(link.random() % 2 == 0 ? 7 : 9)};
    static_cast<void>(link.a.stack.udp().send(socket, pieces, &to, {}, link.now).ok());
    link.a.stack.udp().close(socket);
    while (link.b.stack.udp().receive(echo, buffer, false)) continue;
    link.run_for(Duration::milliseconds(link.random() % 60));
    if (link.random() % 20 == 0 && !clients.empty()) {
      link.a.stack.tcp().close(clients.back(), link.now);
      clients.pop_back();
    }
    if (link.random() % 40 == 0) {
      for (const auto c : servers) link.b.stack.tcp().close(c, link.now);
      servers.clear();
    }
  }
  EXPECT_GT(link.mutated, 10000u / stride);
  EXPECT_GT(echoed, 100000u / stride) << "in spite of it all";
  // Nothing is left of it, and both still talk.
  link.mutating = false;
  for (const auto c : clients) link.a.stack.tcp().abort(c, link.now);
  for (const auto c : servers) link.b.stack.tcp().abort(c, link.now);
  while (const auto c = link.b.stack.tcp().accept(listener)) link.b.stack.tcp().abort(*c, link.now);
  link.run_for(Duration::seconds(1000));
  while (const auto c = link.b.stack.tcp().accept(listener)) link.b.stack.tcp().abort(*c, link.now);
  while (link.b.stack.udp().receive(echo, buffer, false)) continue;
  const auto c = link.a.stack.tcp().connect({}, {link.b.address, 80}, {}, link.now);
  ASSERT_TRUE(c.ok());
  link.run_for(Duration::seconds(10));
  EXPECT_EQ(link.a.stack.tcp().status(*c)->state, tcp::State::established);
  link.a.stack.tcp().abort(*c, link.now);
  link.run_for(Duration::seconds(1));
  while (const auto waiting = link.b.stack.tcp().accept(listener))
    link.b.stack.tcp().abort(*waiting, link.now);
  link.b.stack.tcp().close(listener, link.now);
  for (Link::Side* side : {&link.a, &link.b}) {
    side->stack.ethernet().forget_neighbours(ethernet::Ethernet::every_interface);
    EXPECT_TRUE(side->stack.pool().full());
  }
}

}  // namespace
}  // namespace linnet::test
