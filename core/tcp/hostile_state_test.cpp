// SPDX-License-Identifier: Apache-2.0
// Rows C17 to C19 of docs/hostile-packets.csv: peers that waste, that guess, and that break the state
// machine.
#include <random>
#include <set>

#include "core/tcp/test_lost_address.hpp"

namespace linnet::tcp::test {
namespace {

#if defined(LINNET_SANITIZED)
constexpr int burst = 20000;
#else
constexpr int burst = 200000;
#endif

std::string pattern(std::size_t size) {
  std::string text(size, 0);
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 26);
  return text;
}

std::vector<std::uint8_t> sack_option(std::span<const SackBlock> blocks) {
  OptionsWriter writer;
  writer.sack(blocks);
  const Bytes bytes = writer.finish();
  return {bytes.begin(), bytes.end()};
}

HarnessOptions large_buffers() {
  HarnessOptions options;
  options.blocks = {.small_size = 1664, .small_count = 512};
  options.tcp.send_buffer = 131072;
  options.tcp.initial_window = 255;
  options.tcp.transmissions = 64;
  return options;
}

TEST(TcpHostile, C17_01_C17_02_every_other_segment_of_48_bytes_sacked) {
  Harness h(large_buffers());
  const auto c = h.accept(syn_options(48, 7, true), {}, 65535);
  const std::string text = pattern(65536);
  ASSERT_EQ(h.write(c, text), text.size());
  std::vector<bool> there(text.size(), false);
  std::uint32_t una = h.our_nxt;
  std::size_t replies = 0;
  std::size_t frames = 0;
  // What a receiver says that has lost every other segment: of each it gets, one more range.
  for (unsigned turn = 0; turn < 20000 && una - h.our_nxt < text.size(); ++turn) {
    std::vector<Wire> got;
    while (auto wire = h.sent()) got.push_back(*wire);
    frames += got.size();
    if (got.empty()) {
      h.advance(Duration::milliseconds(100));
      continue;
    }
    for (const Wire& wire : got) {
      const std::uint32_t at = wire.seq - h.our_nxt;
      const bool first_time =
          std::none_of(there.begin() + at, there.begin() + at + static_cast<std::ptrdiff_t>(wire.data.size()),
                       [](bool b) { return b; });
      if (first_time && turn < 2 && wire.seq / 48 % 2 == 0) continue;  // lost
      ASSERT_EQ(wire.data, text.substr(at, wire.data.size()));
      std::fill_n(there.begin() + at, wire.data.size(), true);
      while (una - h.our_nxt < there.size() && there[una - h.our_nxt]) ++una;
      const bool beyond = wire.seq > una;
      const SackBlock block{SequenceNumber(wire.seq),
                            SequenceNumber(wire.seq + static_cast<std::uint32_t>(wire.data.size()))};
      ++replies;
      h.inject({.seq = h.peer_nxt,
                .ack = una,
                .flags = Flags::ack,
                .window = 65535 >> 7,
                .options = beyond ? sack_option(std::span(&block, 1)) : std::vector<std::uint8_t>{}});
      ASSERT_LE(h.link.frames.size(), 600u) << "what one acknowledgment lets out is bounded";
    }
  }
  EXPECT_EQ(una - h.our_nxt, text.size());
  EXPECT_GT(replies, 1000u);
  EXPECT_LE(frames, 65536u / 48 * 3);
  EXPECT_EQ(h.tcp.status(c)->send_queue, 0u);
  EXPECT_TRUE(h.pool.full());
  h.tcp.abort(c, h.now);
  EXPECT_EQ(h.digest(), h.fresh);
}

/// Bytes on the link that 60,000 bytes of payload take.
std::size_t cost_with(std::uint16_t mss) {
  Harness h;
  const auto c = h.accept(syn_options(mss));
  const std::string text = pattern(60000);
  std::size_t written = 0;
  std::size_t cost = 0;
  std::uint32_t expected = h.our_nxt;
  for (unsigned turn = 0; turn < 20000 && expected - h.our_nxt < text.size(); ++turn) {
    written += h.write(c, std::string_view(text).substr(written));
    h.poll();
    bool any = false;
    while (auto wire = h.sent()) {
      any = true;
      cost += 40 + wire->data.size();
      if (wire->seq == expected) expected += static_cast<std::uint32_t>(wire->data.size());
    }
    if (any) {
      h.inject({.seq = h.peer_nxt, .ack = expected, .flags = Flags::ack});
    } else {
      h.advance(Duration::milliseconds(50));
    }
  }
  EXPECT_EQ(expected - h.our_nxt, text.size()) << mss;
  return cost;
}

TEST(TcpHostile, C17_03_a_tiny_segment_size_costs_no_more_than_twice) {
  const std::size_t usual = cost_with(536);
  for (const std::uint16_t mss : {1, 2, 7, 20, 47, 48, 64, 88}) EXPECT_LE(cost_with(mss), usual * 2) << mss;
}

TEST(TcpHostile, C17_07_an_acknowledgment_for_every_byte_grows_the_window_by_bytes) {
  HarnessOptions options;
  options.tcp.initial_window = 4;  // all of it is in use
  Harness h(options);
  const auto c = h.accept();
  const std::string text = pattern(5840);
  ASSERT_EQ(h.write(c, text), text.size());
  h.discard_sent();
  const std::uint32_t before = h.tcp.status(c)->congestion_window;
  for (std::uint32_t i = 1; i <= 1460; ++i)
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + i, .flags = Flags::ack});
  EXPECT_LE(h.tcp.status(c)->congestion_window, before + 2 * 1460) << "RFC 3465: L = 2";
  // Of bytes that were never sent: nothing grows, and it is told.
  const std::uint32_t grown = h.tcp.status(c)->congestion_window;
  h.discard_sent();
  for (std::uint32_t i = 0; i < 100; ++i)
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 10000 + i, .flags = Flags::ack});
  EXPECT_EQ(h.tcp.status(c)->congestion_window, grown);
  EXPECT_EQ(h.drops.of(Drop::tcp_bad_ack), 100u);
  EXPECT_LE(h.link.frames.size(), 10u) << "RFC 5961 7";
}

/// Two stacks, each the other's peer. What one sends the other gets, or it is lost.
struct Pair {
  Harness a;
  std::unique_ptr<Harness> b = std::make_unique<Harness>();
  ConnectionHandle at_a;
  ConnectionHandle at_b;

  static Wire turned(const Wire& wire) {
    Wire other = wire;
    other.local_port = wire.remote_port;
    other.remote_port = wire.local_port;
    return other;
  }
  /// Passes what was sent until nothing comes any more, or `most` segments went; yields how many.
  unsigned exchange(unsigned most = 1000) {
    unsigned count = 0;
    for (bool any = true; any && count < most;) {
      any = false;
      for (auto& [from, to] : {std::pair{&a, b.get()}, std::pair{b.get(), &a}}) {
        while (auto wire = from->sent()) {
          any = true;
          ++count;
          to->inject(turned(*wire));
        }
      }
    }
    return count;
  }
  /// `our_port` 0: any; `listening`: b goes on to.
  void open(std::uint16_t our_port = 0, bool listening = false) {
    const auto listener = b->listen(80);
    const ListenerHandle bound =
        our_port == 0 ? ListenerHandle{} : *a.tcp.bind({IpAddress::any_v4(), our_port}, false);
    const auto c = a.tcp.connect(bound, {Harness::peer_address, 80}, {}, a.now);
    ASSERT_TRUE(c.ok());
    at_a = *c;
    exchange();
    const auto accepted = b->tcp.accept(listener);
    ASSERT_TRUE(accepted.has_value());
    at_b = *accepted;
    if (!listening) b->tcp.close(listener, b->now);
    ASSERT_EQ(a.state(at_a), State::established);
  }
  void advance(Duration step) {
    a.advance(step);
    b->advance(step);
  }
  void restart_b() {
    const Instant now = b->now;
    HarnessOptions options;
    options.seed = 99;
    options.start = now;
    b = std::make_unique<Harness>(options);
  }
};

TEST(TcpHostile, C17_08_two_stacks_that_disagree_fall_silent) {
  Pair pair;
  pair.open();
  // Somebody gave each of them text in the other's name: now each one's numbers are old to the other.
  for (auto& [h, c] : {std::pair{&pair.a, pair.at_a}, std::pair{pair.b.get(), pair.at_b}}) {
    const auto status = h->tcp.status(c);
    Wire forged{.flags = Flags::ack,
                .data = pattern(1000),
                .local_port = status->local.port,
                .remote_port = status->remote.port};
    // Their numbers, from what they say themselves.
    ASSERT_EQ(h->write(c, "x"), 1u);
    const Wire said = h->expect_sent();
    forged.seq = said.ack;
    forged.ack = said.seq + 1;
    forged.options = said.parsed.has_timestamp
                         ? timestamp_option(said.parsed.timestamp_echo, said.parsed.timestamp_value)
                         : std::vector<std::uint8_t>{};
    h->inject(forged);
  }
  unsigned total = 0;
  for (int second = 0; second < 60; ++second) {
    total += pair.exchange();
    pair.advance(Duration::seconds(1));
  }
  EXPECT_LE(total, 400u) << "ten in five seconds each, at most";
  EXPECT_LE(pair.exchange(), 20u);
}

TEST(TcpHostile, C17_09_no_connection_outlives_a_peer_that_is_gone) {
  for (int from = static_cast<int>(State::syn_sent); from <= static_cast<int>(State::time_wait); ++from) {
    const auto state = static_cast<State>(from);
    Harness h;
    ConnectionHandle c;
    ListenerHandle listener;
    if (state == State::syn_sent) {
      c = h.connect();
    } else if (state == State::syn_received) {
      listener = h.listen(80);
      h.inject({.seq = h.peer_iss, .flags = Flags::syn});
    } else {
      Options user;
      user.keepalive = state == State::established;
      c = h.accept(syn_options(1460), user);
      const bool ours_first = state == State::fin_wait_1 || state == State::fin_wait_2 ||
                              state == State::closing || state == State::time_wait;
      if (ours_first) {
        ASSERT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
      }
      if (state == State::fin_wait_2 || state == State::time_wait) {
        h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::ack});
      }
      if (state == State::close_wait || state == State::last_ack || state == State::closing ||
          state == State::time_wait) {
        h.inject({.seq = h.peer_nxt,
                  .ack = state == State::time_wait ? h.our_nxt + 1 : h.our_nxt,
                  .flags = Flags::fin | Flags::ack});
      }
      if (state == State::last_ack) {
        ASSERT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
      }
    }
    if (c) {
      ASSERT_EQ(state_text(h.state(c)), state_text(state));
    }
    // The user closes what is not established, and is told of the end of what is.
    if (c && state != State::established && state != State::syn_sent) h.tcp.close(c, h.now);
    h.advance(Duration::seconds(24 * 3600));
    if (state == State::established || state == State::syn_sent) {
      EXPECT_EQ(h.state(c), State::closed) << state_text(state);
      EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
      h.tcp.close(c, h.now);
    }
    if (listener) {
      EXPECT_EQ(h.tcp.status(listener)->handshakes, 0);
      h.tcp.close(listener, h.now);
    }
    h.discard_sent();
    EXPECT_EQ(h.digest(), h.fresh) << state_text(state);
    EXPECT_TRUE(h.pool.full());
  }
}

TEST(TcpHostile, C17_09_an_orphan_whose_text_nobody_acknowledges_ends) {
  Harness h;
  const auto c = h.accept();
  ASSERT_EQ(h.write(c, pattern(4000)), 4000u);
  h.tcp.close(c, h.now);
  h.advance(Duration::seconds(24 * 3600));
  h.discard_sent();
  EXPECT_EQ(h.digest(), h.fresh);
  EXPECT_TRUE(h.pool.full());
}

TEST(TcpHostile, C17_10_a_window_taken_back_by_any_number_of_bytes) {
  for (const std::uint16_t left : {0, 1, 2, 100, 1459, 1460, 1461, 2919, 2920, 5839}) {
    Harness h;
    const auto c = h.accept();
    ASSERT_EQ(h.write(c, pattern(5840)), 5840u);
    h.discard_sent();
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = left});
    h.discard_sent();
    std::size_t bytes = 0;
    for (int second = 0; second < 60; ++second) {
      h.advance(Duration::seconds(1));
      while (auto wire = h.sent()) {
        bytes += wire->data.size();
        // MUST-34: nothing new beyond the edge; what was sent already may come again.
        EXPECT_LE(wire->seq + wire->data.size() - h.our_nxt, 5840u) << left;
        h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = left});
      }
    }
    EXPECT_LE(bytes, 60u * 2920) << "no storm, left " << left;
    EXPECT_EQ(h.state(c), State::established) << left;
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 5840, .flags = Flags::ack});
    EXPECT_EQ(h.tcp.status(c)->send_queue, 0u);
  }
}

TEST(TcpHostile, C18_02_a_restart_brings_other_sequence_numbers) {
  std::set<std::uint32_t> seen;
  for (std::uint8_t seed = 1; seed < 100; ++seed) {
    HarnessOptions options;
    options.seed = seed;
    Harness h(options);
    h.listen(80);
    h.inject({.seq = h.peer_iss, .flags = Flags::syn});
    seen.insert(h.expect_sent().seq >> 8);
  }
  EXPECT_EQ(seen.size(), 99u) << "the same peer at the same time, each time another";
}

TEST(TcpHostile, C18_06_one_connections_challenges_tell_nothing_of_anothers) {
  Harness h;
  const auto listener = h.listen(80);
  for (const std::uint16_t port : {1001, 1002}) {
    h.inject({.seq = h.peer_iss, .flags = Flags::syn, .remote_port = port});
    const Wire reply = h.expect_sent();
    h.inject({.seq = h.peer_iss + 1, .ack = reply.seq + 1, .flags = Flags::ack, .remote_port = port});
    ASSERT_TRUE(h.tcp.accept(listener).has_value());
  }
  for (int i = 0; i < 500; ++i) h.inject({.seq = h.peer_iss + 50, .flags = Flags::rst, .remote_port = 1001});
  EXPECT_EQ(h.link.frames.size(), 10u);
  h.discard_sent();
  for (int i = 0; i < 500; ++i) h.inject({.seq = h.peer_iss + 50, .flags = Flags::rst, .remote_port = 1002});
  EXPECT_EQ(h.link.frames.size(), 10u);
}

TEST(TcpHostile, C18_10_time_wait_is_not_cut_short) {
  Harness h;
  const auto c = h.accept();
  ASSERT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::fin | Flags::ack});
  ASSERT_EQ(h.state(c), State::time_wait);
  h.tcp.close(c, h.now);
  h.discard_sent();
  const auto before = h.digest();
  h.inject({.seq = h.peer_nxt + 1, .ack = h.our_nxt + 1, .flags = Flags::rst});
  h.inject({.seq = h.peer_nxt + 1, .flags = Flags::rst});
  h.expect_silence();
  EXPECT_EQ(h.digest(), before);
  // Old data and an old acknowledgment are answered, and restart nothing.
  h.advance(Duration::seconds(50));
  h.inject({.seq = h.peer_nxt - 10, .ack = h.our_nxt, .flags = Flags::ack, .data = "old"});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 1);
  h.inject({.seq = h.peer_nxt - 10, .ack = h.our_nxt - 5, .flags = Flags::ack});
  EXPECT_EQ(h.expect_sent().flags, Flags::ack);
  h.advance(Duration::seconds(11));
  EXPECT_EQ(h.digest(), h.fresh) << "2 MSL after it began";
}

TEST(TcpHostile, C19_03_every_flag_with_text_in_syn_sent) {
  for (unsigned flags = 0; flags < 64; ++flags) {
    for (const std::uint32_t ack : {0u, 1u}) {
      Harness h;
      const auto c = h.connect();
      h.inject({.seq = h.peer_iss,
                .ack = h.our_iss + ack,
                .flags = static_cast<std::uint8_t>(flags),
                .data = "text",
                .urgent = 3});
      const State state = h.state(c);
      const bool good = ack == 1 && (flags & Flags::ack) != 0;
      if ((flags & Flags::rst) != 0) {
        EXPECT_EQ(state, good ? State::closed : State::syn_sent) << flags;
      } else if (good && (flags & Flags::syn) != 0) {
        EXPECT_EQ(state, (flags & Flags::fin) != 0 ? State::close_wait : State::established) << flags;
        EXPECT_EQ(h.read(c).substr(0, 2), "te");
      } else {
        EXPECT_TRUE(state == State::syn_sent || state == State::syn_received) << flags;
      }
      h.tcp.abort(c, h.now);
      EXPECT_TRUE(h.pool.full());
      EXPECT_EQ(h.digest(), h.fresh);
    }
  }
}

TEST(TcpHostile, C19_07_smaller_segments_while_text_waits_at_every_number_of_free_blocks) {
  for (std::uint32_t free = 0; free <= 12; ++free) {
    Harness h;
    const auto c = h.accept();
    ASSERT_EQ(h.write(c, pattern(5840)), 5840u);
    {
      std::vector<Block> held;
      while (h.pool.small_free() > free) held.push_back(h.pool.allocate(1));
      h.discard_sent();
      h.ip.path_mtu_update(Harness::peer_address, 600, h.now);
      h.advance(Duration::seconds(2));
    }
    std::string got(5840, '?');
    for (unsigned turn = 0; turn < 200 && got.find('?') != std::string::npos; ++turn) {
      while (auto wire = h.sent()) {
        EXPECT_LE(wire->data.size(), 560u);
        got.replace(wire->seq - h.our_nxt, wire->data.size(), wire->data);
        const auto there = static_cast<std::uint32_t>(std::min(got.find('?'), got.size()));
        h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + there, .flags = Flags::ack});
      }
      h.advance(Duration::milliseconds(500));
    }
    EXPECT_EQ(got, pattern(5840)) << free;
    h.tcp.abort(c, h.now);
    EXPECT_TRUE(h.pool.full());
  }
}

TEST(TcpHostile, C19_08_bursts_of_syn_rst_and_ack_leave_nothing) {
  Harness h;
  const auto listener = h.listen(80, 4);
  std::mt19937 random(8);
  std::array<Wire, 16> last{};
  unsigned accepted = 0;
  for (int i = 0; i < burst; ++i) {
    const std::uint16_t port = static_cast<std::uint16_t>(1000 + random() % last.size());
    Wire& known = last[port - 1000u];
    Wire wire{.seq = static_cast<std::uint32_t>(known.ack + random() % 3 - 1),
              .ack = static_cast<std::uint32_t>(known.seq + random() % 3),
              .flags = static_cast<std::uint8_t>(
                  std::array<unsigned, 6>{Flags::syn, Flags::ack, Flags::rst, Flags::syn,
                                          Flags::fin | Flags::ack, Flags::syn | Flags::ack}[random() % 6]),
              .remote_port = port};
    if (random() % 8 == 0) wire.flags = static_cast<std::uint8_t>(random() % 64);
    if (random() % 4 == 0) wire.data = "x";
    h.inject(wire);
    while (auto sent = h.sent()) last[sent->remote_port - 1000u] = *sent;
    if (random() % 16 == 0) {
      if (const auto c = h.tcp.accept(listener)) {
        ++accepted;
        random() % 2 == 0 ? h.tcp.close(*c, h.now) : h.tcp.abort(*c, h.now);
      }
    }
    h.now = h.now + Duration::milliseconds(random() % 8);
    ASSERT_LE(h.tcp.status(listener)->waiting, 4);
  }
  EXPECT_GT(accepted, 50u);
  while (const auto c = h.tcp.accept(listener)) h.tcp.close(*c, h.now);
  h.advance(Duration::seconds(3600));
  h.discard_sent();
  EXPECT_EQ(h.tcp.status(listener)->waiting, 0);
  EXPECT_EQ(h.tcp.status(listener)->handshakes, 0);
  h.tcp.close(listener, h.now);
  EXPECT_EQ(h.digest(), h.fresh);
  EXPECT_TRUE(h.pool.full());
}

TEST(TcpHostile, C19_10_a_peer_that_lost_its_memory_is_found_out_in_a_round_trip) {
  Pair pair;
  pair.open();
  pair.restart_b();
  ASSERT_EQ(pair.a.write(pair.at_a, "hello"), 5u);
  EXPECT_EQ(pair.exchange(), 2u) << "the text and the reset";
  EXPECT_EQ(pair.a.state(pair.at_a), State::closed);
  EXPECT_EQ(pair.a.tcp.take_error(pair.at_a), Error::reset);
}

TEST(TcpHostile, C19_10_who_comes_again_after_a_restart_gets_through) {
  Pair pair;
  pair.open(5555, true);
  // It is the one that opened that restarts: its SYN meets the half-open connection.
  const std::uint16_t port = 5555;
  Harness& server = *pair.b;
  HarnessOptions options;
  options.seed = 77;
  options.start = pair.a.now + Duration::seconds(10);
  Harness again(options);
  server.now = options.start;
  const auto bound = *again.tcp.bind({IpAddress::any_v4(), port}, false);
  const auto c = again.tcp.connect(bound, {Harness::peer_address, 80}, {}, again.now);
  ASSERT_TRUE(c.ok());
  const auto pass = [](Harness& from, Harness& to) {
    while (auto wire = from.sent()) to.inject(Pair::turned(*wire));
  };
  for (int turn = 0; turn < 10; ++turn) {
    pass(again, server);
    pass(server, again);
    again.advance(Duration::milliseconds(500));
    server.advance(Duration::milliseconds(500));
  }
  EXPECT_EQ(again.state(*c), State::established)
      << "challenge ACK, reset, and the SYN again (RFC 9293 3.5.1)";
  EXPECT_EQ(server.state(pair.at_b), State::closed);
  EXPECT_EQ(server.tcp.take_error(pair.at_b), Error::reset);
}

TEST(TcpHostile, C19_12_a_connection_whose_address_is_gone_sends_nothing_and_ends) {
  for (const bool sending : {false, true}) {
    Harness h;
    expect_silent_end(h, sending, [&h] {
      h.discard_sent();
      ASSERT_TRUE(h.ip.remove_address(h.interface, Harness::our_address));
      h.poll();
    });
  }
}

}  // namespace
}  // namespace linnet::tcp::test
