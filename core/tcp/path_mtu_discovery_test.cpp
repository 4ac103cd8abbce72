// SPDX-License-Identifier: Apache-2.0
// RFC 4821: a path that swallows large packets. What routers say of it: path_mtu_discovery_told_test.
#include <map>
#include <set>

#include "core/tcp/test_path_mtu.hpp"

namespace linnet::tcp::test {
namespace {

/// The peer at the end of a path that swallows what is too large for it. It acknowledges everything, with SACK blocks.
class Path {
 public:
  Path(Harness& harness, std::size_t takes) : h(harness), largest(takes) {}

  /// Everything that was sent arrives or not; a round trip later the answers do.
  void turn() {
    std::vector<Wire> segments;
    while (auto wire = h.sent()) segments.push_back(*wire);
    const Instant sent = h.now;
    h.advance(round_trip);
    for (const Wire& wire : segments) {
      const std::size_t size = 40 + wire.options.size() + wire.data.size();
      if (wire.data.empty()) continue;
      sizes[size] += 1;
      last_size = size;
      const std::uint32_t at = wire.seq - h.our_nxt;
      if (size > largest) {
        swallowed.push_back({sent, size, at});
        continue;
      }
      if (lost.erase(at) != 0) continue;
      EXPECT_TRUE(wire.data == pattern(wire.data.size(), at));
      take(at, at + static_cast<std::uint32_t>(wire.data.size()));
    }
  }
  void take(std::uint32_t left, std::uint32_t right) {
    for (auto i = held.begin(); i != held.end();) {
      const bool apart = i->second < left || i->first > right;
      if (!apart) {
        left = std::min(left, i->first);
        right = std::max(right, i->second);
      }
      i = apart ? std::next(i) : held.erase(i);
    }
    if (left > arrived) held[left] = right;
    if (left <= arrived) arrived = std::max(arrived, right);
    OptionsWriter options;
    const std::array block{SackBlock{SequenceNumber(h.our_nxt + left), SequenceNumber(h.our_nxt + right)}};
    if (left > arrived && sack) options.sack(block);
    const Bytes bytes = options.finish();
    Wire answer = h.ack_of(h.our_nxt + arrived);
    answer.options.assign(bytes.begin(), bytes.end());
    h.inject(answer);
  }
  /// Writes `bytes` more, as much at a time as the buffer takes, and lets time pass until they have arrived.
  void transfer(ConnectionHandle c, std::size_t bytes, Duration most) {
    const std::size_t goal = written + bytes;
    const Instant end = h.now + most;
    while (arrived < goal && h.now < end) {
      while (written < goal) {
        const std::size_t count = h.write(c, pattern(std::min<std::size_t>(goal - written, 20000), written));
        written += count;
        if (count == 0) break;
      }
      turn();
    }
    EXPECT_EQ(arrived, goal);
  }
  /// For so long, a burst of 40,000 bytes each second.
  void bursts(ConnectionHandle c, Duration duration) {
    for (const Instant end = h.now + duration; h.now < end;) {
      const Instant begin = h.now;
      transfer(c, 40000, Duration::seconds(20));
      h.advance(begin + Duration::seconds(1) - h.now);
    }
  }

  struct Swallowed {
    Instant at;
    std::size_t size;
    std::uint32_t seq;
  };
  Harness& h;
  std::size_t largest;
  Duration round_trip = Duration::milliseconds(10);
  bool sack = true;
  std::set<std::uint32_t> lost;  // what is lost once, by where it begins
  std::map<std::size_t, unsigned> sizes;
  std::size_t last_size = 0;
  std::vector<Swallowed> swallowed;
  std::map<std::uint32_t, std::uint32_t> held;  // beyond a gap, from and to
  std::uint32_t arrived = 0;
  std::size_t written = 0;
};

TEST(PathMtuDiscovery, RFC4821_7_7_a_full_stop_with_segments_of_full_size_brings_smaller_ones) {
  Harness h(sender(PathMtuProbing::on_black_hole));
  const auto c = h.accept(syn_options(1460, -1, true));
  Path path(h, 1300);
  const Instant begin = h.now;
  path.transfer(c, 1460, Duration::seconds(20));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1024 - 40);
  EXPECT_EQ(path.sizes[1500] - path.swallowed.size(), 0u);
  unsigned whole = 0;
  for (const auto& s : path.swallowed) whole += s.size == 1500 && s.seq == 0 ? 1 : 0;
  EXPECT_EQ(whole, 4u + 1) << "sent, a tail loss probe, and three retransmissions: R1";
  EXPECT_LE(h.now - begin, Duration::seconds(4));
  path.transfer(c, 100000, Duration::seconds(5));
  EXPECT_GT(path.sizes[1024], 90u);
}

TEST(PathMtuDiscovery, RFC4821_7_7_successive_full_stops_halve_down_to_the_least) {
  for (const std::size_t largest : {600, 300}) {
    Harness h(sender(PathMtuProbing::on_black_hole));
    const auto c = h.accept(syn_options(1460, -1, true));
    Path path(h, largest);
    h.write(c, pattern(3000));
    path.written = 3000;
    for (int i = 0; i < 3000; ++i) path.turn();
    EXPECT_EQ(path.sizes[1024], 1u);
    EXPECT_EQ(h.tcp.status(c)->segment_size, 552 - 40);
    EXPECT_EQ(path.arrived, largest == 600 ? 3000u : 0u);
  }
}

TEST(PathMtuDiscovery, RFC4821_7_7_shorter_segments_that_time_out_say_nothing_of_size) {
  Harness h(sender(PathMtuProbing::on_black_hole));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(1459));
  h.advance(Duration::seconds(30));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1460);
  EXPECT_GT(h.tcp.status(c)->retransmissions, 5u);
}

TEST(PathMtuDiscovery, RFC4821_7_7_after_an_outage_the_size_is_soon_what_it_was) {
  for (const int seconds : {2, 5, 40}) {
    Harness h(sender(PathMtuProbing::on_black_hole));
    const auto c = h.accept(syn_options(1460, -1, true));
    Path path(h, 1500);
    path.transfer(c, 60000, Duration::seconds(5));
    path.written += h.write(c, pattern(60000, path.written));
    for (const Instant end = h.now + Duration::seconds(seconds); h.now < end; h.advance(Duration::milliseconds(10))) {
      h.discard_sent();
    }
    EXPECT_EQ(h.tcp.status(c)->segment_size, seconds == 2 ? 1460 : seconds == 5 ? 984 : 512);
    const auto flows = [&] {
      const std::uint32_t before = path.arrived;
      path.turn();
      return path.arrived > before;
    };
    while (!flows()) ASSERT_LT(h.now, Instant::from_microseconds(200000000));
    path.bursts(c, Duration::seconds(8));
    EXPECT_EQ(h.tcp.status(c)->segment_size, 1460) << seconds;
    EXPECT_EQ(path.last_size, 1500u - 1460 + 40000 % 1460);
    EXPECT_TRUE(path.swallowed.empty());
  }
}

TEST(PathMtuDiscovery, RFC4821_7_5_an_outage_that_a_probe_meets_says_nothing_of_its_size) {
  Harness h(sender(PathMtuProbing::always));
  const auto c = h.accept(syn_options(1460, -1, true));
  Path path(h, 1500);
  path.written += h.write(c, pattern(20000));
  EXPECT_EQ(h.expect_sent().data.size(), 1460u);
  h.discard_sent();
  h.advance(Duration::seconds(1));
  path.transfer(c, 1000, Duration::seconds(5));
  path.bursts(c, Duration::seconds(8));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1460);
}

TEST(PathMtuDiscovery, RFC4821_7_6_3_a_probe_whose_loss_a_timeout_shows_is_a_failure_at_five_times_the_price) {
  Harness h(sender(PathMtuProbing::always));
  const auto c = h.accept(syn_options(1460, -1, true));
  Path path(h, 1300);
  h.write(c, pattern(1460 + 3 * 984));
  path.written = 1460 + 3 * 984;
  h.expect_sent();
  const Wire behind = h.expect_sent();
  h.discard_sent();
  OptionsWriter sack;
  const std::array block{SackBlock{SequenceNumber(behind.seq), SequenceNumber(behind.seq + 984)}};
  sack.sack(block);
  // The only word of it comes, and all that is sent in answer is lost.
  const Bytes bytes = sack.finish();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .options = {bytes.begin(), bytes.end()}});
  h.discard_sent();
  const Instant begin = h.now;
  h.advance(Duration::milliseconds(300));
  h.discard_sent();
  while (path.sizes[1262] == 0) {
    ASSERT_LT(h.now, begin + Duration::seconds(10));
    path.transfer(c, 10000, Duration::seconds(1));
  }
  EXPECT_EQ(path.sizes[1500], 0u) << "it failed: the next one is half way between";
  EXPECT_GE(h.now - begin, Duration::milliseconds(1100)) << "five times the timeout of 200 ms";
  EXPECT_LE(h.now - begin, Duration::milliseconds(1600));
}

TEST(PathMtuDiscovery, RFC4821_7_3_the_search_finds_what_the_path_takes_a_probe_at_a_time) {
  for (const bool largest_first : {true, false}) {
    for (const std::size_t largest : {1492, 1300, 1100, 1024, 800}) {
      HarnessOptions options = sender(PathMtuProbing::on_black_hole);
      options.tcp.largest_probe_first = largest_first;
      Harness h(options);
      const auto c = h.accept(syn_options(1460, -1, true));
      Path path(h, largest);
      path.transfer(c, 3000, Duration::seconds(60));
      EXPECT_EQ(h.tcp.status(c)->segment_size, largest >= 1024 ? 984 : 512);
      const std::size_t before = path.swallowed.size();
      path.bursts(c, Duration::seconds(30));
      const std::size_t found = h.tcp.status(c)->segment_size + 40u;
      EXPECT_LE(found, largest);
      EXPECT_GE(found + 32, largest);
      EXPECT_LE(path.swallowed.size() - before, 6u);
      for (std::size_t i = before + 1; i < path.swallowed.size(); ++i) {
        EXPECT_LT(path.swallowed[i].size, path.swallowed[i - 1].size);
        EXPECT_GE(path.swallowed[i].at - path.swallowed[i - 1].at, Duration::milliseconds(200));
      }
    }
  }
}

TEST(PathMtuDiscovery, RFC8899_5_1_2_larger_ones_are_tried_again_only_after_PMTU_RAISE_TIMER) {
  Harness h(sender(PathMtuProbing::on_black_hole));
  const auto c = h.accept(syn_options(1460, -1, true));
  Path path(h, 1300);
  path.transfer(c, 3000, Duration::seconds(60));
  path.bursts(c, Duration::seconds(30));
  const std::size_t probes = path.swallowed.size();
  const std::uint16_t found = h.tcp.status(c)->segment_size;
  path.largest = 1500;
  path.bursts(c, Duration::seconds(560));
  EXPECT_EQ(h.tcp.status(c)->segment_size, found);
  EXPECT_EQ(path.swallowed.size(), probes);
  path.bursts(c, Duration::seconds(50));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1460);
}

TEST(PathMtuDiscovery, RFC4821_7_6_2_a_lost_probe_is_no_congestion) {
  Harness h(sender(PathMtuProbing::always));
  const auto c = h.accept(syn_options(1460, -1, true));
  Path path(h, 1300);
  const std::uint32_t window = h.tcp.status(c)->congestion_window;
  path.transfer(c, 60000, Duration::seconds(5));
  ASSERT_EQ(path.swallowed.size(), 1u);
  EXPECT_EQ(path.swallowed[0].size, 1500u);
  EXPECT_EQ(path.swallowed[0].seq, 0u) << "it goes first, with data behind it";
  EXPECT_GE(h.tcp.status(c)->congestion_window, window);
  EXPECT_EQ(h.tcp.status(c)->slow_start_threshold, Congestion::unlimited);
  EXPECT_EQ(h.tcp.status(c)->retransmissions, 2u) << "the probe's bytes, in two segments";
  EXPECT_EQ(h.tcp.status(c)->segment_size, 984);
}

TEST(PathMtuDiscovery, RFC4821_4_any_other_loss_is_congestion_and_7_6_4_the_same_size_is_tried_again) {
  for (const std::uint32_t beside : {1460u + 984, 1460u + 3 * 984}) {
    Harness h(sender(PathMtuProbing::always));
    const auto c = h.accept(syn_options(1460, -1, true));
    Path path(h, 1300);
    path.lost.insert(beside);
    path.transfer(c, 60000, Duration::seconds(5));
    EXPECT_TRUE(path.lost.empty());
    EXPECT_LT(h.tcp.status(c)->slow_start_threshold, 60000u);
    ASSERT_EQ(path.swallowed.size(), 2u);
    EXPECT_EQ(path.swallowed[0].size, path.swallowed[1].size);
    EXPECT_LE(path.swallowed[1].at - path.swallowed[0].at, Duration::milliseconds(100));
  }
}

TEST(PathMtuDiscovery, RFC4821_4_a_lost_retransmission_of_a_probe_is_congestion) {
  Harness h(sender(PathMtuProbing::always));
  const auto c = h.accept(syn_options(1460, -1, true));
  Path path(h, 1300);
  path.lost.insert(0);  // the probe itself is swallowed: this is its first repair
  path.transfer(c, 60000, Duration::seconds(5));
  EXPECT_TRUE(path.lost.empty());
  EXPECT_LT(h.tcp.status(c)->slow_start_threshold, 60000u);
}

TEST(PathMtuDiscovery, RFC4821_4_without_SACK_a_lost_probe_is_taken_as_congestion) {
  Harness h(sender(PathMtuProbing::always));
  const auto c = h.accept(syn_options(1460));
  Path path(h, 1300);
  path.sack = false;
  path.transfer(c, 60000, Duration::seconds(5));
  EXPECT_LT(h.tcp.status(c)->slow_start_threshold, 60000u);
  path.bursts(c, Duration::seconds(30));
  EXPECT_GE(h.tcp.status(c)->segment_size + 40 + 32, 1300);
  EXPECT_LE(path.swallowed.size(), 4u);
}

TEST(PathMtuDiscovery, RFC4821_7_6_2_the_next_probe_waits_a_round_trip_for_each_packet_of_the_window) {
  Harness h(sender(PathMtuProbing::always));
  const auto c = h.accept(syn_options(1460, -1, true));
  Path path(h, 1050);
  path.round_trip = Duration::milliseconds(100);
  for (int i = 0; i < 30; ++i) path.transfer(c, 10, Duration::seconds(1));  // the handshake took no time at all
  while (path.swallowed.size() < 2) {
    ASSERT_LT(h.now, Instant::from_microseconds(90000000));
    path.written += h.write(c, pattern(20000, path.written));
    path.turn();
  }
  EXPECT_EQ(h.tcp.status(c)->slow_start_threshold, Congestion::unlimited);
  EXPECT_GE(path.swallowed[1].at - path.swallowed[0].at, path.round_trip * 10);
  EXPECT_LE(path.swallowed[1].at - path.swallowed[0].at, path.round_trip * 25);
}

TEST(PathMtuDiscovery, RFC4821_7_4_a_probe_needs_three_segments_behind_it) {
  Harness h(sender(PathMtuProbing::always));
  const auto c = h.accept(syn_options(1460, -1, true));
  Path path(h, 1500);
  path.transfer(c, 1460 + 3 * 984 - 1, Duration::seconds(5));
  EXPECT_EQ(path.sizes[1500], 0u);
  path.transfer(c, 1460 + 3 * 984, Duration::seconds(5));
  EXPECT_EQ(path.sizes[1500], 1u);
}

TEST(PathMtuDiscovery, RFC4821_7_4_a_full_window_drains_for_a_probe) {
  HarnessOptions options = sender(PathMtuProbing::always);
  options.tcp.base_path_mtu = 552;
  Harness h(options);
  const auto c = h.accept(syn_options(1460, -1, true), {.no_delay = true});
  // Each less than a probe and what must follow it.
  for (const std::size_t size : {2000, 2000, 1000}) h.write(c, pattern(size));
  EXPECT_EQ(h.tcp.status(c)->congestion_window, 5120u);
  h.discard_sent();
  h.write(c, pattern(20000));
  h.expect_silence();
  h.inject(h.ack_of(h.our_nxt + 512));
  h.expect_silence();  // room for two segments, which is none for the probe
  h.inject(h.ack_of(h.our_nxt + 1024));
  EXPECT_EQ(h.expect_sent().data.size(), 1460u);
}

TEST(PathMtuDiscovery, RFC4821_7_2_where_it_is_always_on_it_begins_small_and_grows) {
  for (const bool timestamps : {false, true}) {
    Harness h(sender(PathMtuProbing::always));
    const auto c = h.accept(syn_options(1460, -1, true, timestamps));
    const std::uint16_t options = timestamps ? 12 : 0;
    EXPECT_EQ(h.tcp.status(c)->segment_size, 984 - options);
    h.write(c, pattern(8000));
    EXPECT_EQ(h.link.frames[0][6], 0x40) << "RFC 4821 4: do not fragment";
    EXPECT_EQ(h.link.frames[1][6], 0x40);
    const Wire probe = h.expect_sent();
    EXPECT_EQ(probe.data.size(), 1460u - options);
    EXPECT_EQ(h.expect_sent().data.size(), 984u - options);
    const std::uint32_t window = h.tcp.status(c)->congestion_window;
    Wire answer = h.ack_of(h.our_nxt + 1460 - options);
    if (timestamps) answer.options = timestamp_option(1002, probe.parsed.timestamp_value);
    h.inject(answer);
    EXPECT_EQ(h.tcp.status(c)->segment_size, 1460 - options);
    EXPECT_LE(h.tcp.status(c)->congestion_window, window + 1460) << "RFC 4821 4: not more bytes";
  }
}

TEST(PathMtuDiscovery, RFC4821_7_2_a_path_that_is_known_to_be_small_is_used_as_it_is) {
  HarnessOptions options = sender(PathMtuProbing::always);
  options.mtu = 640;
  options.tcp.base_path_mtu = 552;
  Harness h(options);
  const auto c = h.accept(syn_options(1460, -1, true));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 600);
}

TEST(PathMtuDiscovery, RFC4821_may_be_switched_off) {
  Harness h(sender(PathMtuProbing::off));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(30000));
  h.advance(Duration::seconds(30));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1460);
  EXPECT_GT(h.tcp.status(c)->retransmissions, 5u);
}

TEST(PathMtuDiscovery, RFC4821_7_2_a_path_below_the_base_needs_no_search) {
  HarnessOptions options = sender(PathMtuProbing::always);
  options.mtu = 600;
  Harness h(options);
  const auto c = h.accept(syn_options(1460, -1, true));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 560);
}

TEST(PathMtuDiscovery, RFC4821_7_4_no_probe_when_its_loss_could_not_be_told_apart) {
  struct Row {
    const char* what;
    std::uint16_t window;
    bool gap;
  };
  for (const Row& row : {Row{"a window that leaves no room for what must follow", 3000, false},
                         Row{"a gap of the peer's, which SACK blocks tell of in every segment", 65535, true}}) {
    SCOPED_TRACE(row.what);
    Harness h(sender(PathMtuProbing::always));
    const auto c = h.accept(syn_options(1460, -1, true), {}, row.window);
    if (row.gap) {
      h.inject({.seq = h.peer_nxt + 100, .ack = h.our_nxt, .flags = Flags::ack, .window = row.window, .data = "x"});
      h.discard_sent();
    }
    h.write(c, pattern(8000));
    while (const auto wire = h.sent()) EXPECT_LE(wire->data.size(), 984u);
  }
}

TEST(PathMtuDiscovery, RFC4821_7_4_the_peers_window_drains_for_a_probe_too) {
  HarnessOptions options = sender(PathMtuProbing::always);
  options.tcp.base_path_mtu = 552;
  Harness h(options);
  const auto c = h.accept(syn_options(1460, -1, true), {.no_delay = true}, 4200);
  for (const std::size_t size : {2000, 1000}) h.write(c, pattern(size));
  h.discard_sent();
  h.write(c, pattern(20000));
  h.expect_silence();
  Wire ack = h.ack_of(h.our_nxt + 3000);
  ack.window = 4200;
  h.inject(ack);
  EXPECT_EQ(h.expect_sent().data.size(), 1460u);
}

TEST(PathMtuDiscovery, a_probe_that_a_busy_device_did_not_take_goes_later) {
  Harness h(sender(PathMtuProbing::always));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.link.busy = true;
  h.write(c, pattern(8000));
  h.link.busy = false;
  h.poll();
  EXPECT_EQ(h.expect_sent().data.size(), 1460u);
}

TEST(PathMtuDiscovery, RFC4821_7_4_behind_a_FIN_there_is_nothing_to_probe_with) {
  Harness h(sender(PathMtuProbing::always));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, "abc");
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.discard_sent();
  h.inject(h.ack_of(h.our_nxt + 3));
  h.expect_silence();
  EXPECT_EQ(h.state(c), State::fin_wait_1);
}

TEST(PathMtuDiscovery, RFC4821_7_3_a_path_that_grew_is_a_new_range_to_search) {
  Harness h(sender(PathMtuProbing::always));
  h.ip.path_mtu_update(Harness::peer_address, 1300, h.now);
  const Instant end = h.now + told_lifetime;
  h.advance(Duration::seconds(500));
  const auto c = h.accept(syn_options(1460, -1, true));
  Path path(h, 1200);
  path.bursts(c, Duration::seconds(30));
  const std::uint16_t found = h.tcp.status(c)->segment_size;
  EXPECT_GE(found + 40 + 32, 1200);
  const std::size_t probes = path.swallowed.size();
  path.largest = 1500;
  // Something else changes: that is no reason to try anything.
  ASSERT_TRUE(h.ip.add_address(h.interface, {IpAddress::v4(10, 0, 0, 9), 24}, false, h.now));
  path.bursts(c, end - h.now - Duration::seconds(2));
  EXPECT_EQ(h.tcp.status(c)->segment_size, found);
  path.bursts(c, Duration::seconds(10));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1460);
  EXPECT_EQ(path.swallowed.size(), probes);
}

TEST(PathMtuDiscovery, RFC4821_7_2_up_to_1024_bytes_a_known_path_is_where_the_search_begins) {
  struct Row {
    std::uint16_t mtu;
    std::uint16_t size;
  };
  for (const Row& row : {Row{551, 511}, Row{552, 512}, Row{553, 513}, Row{1024, 984}, Row{1025, 512}}) {
    HarnessOptions options = sender(PathMtuProbing::always);
    options.mtu = row.mtu;
    options.tcp.base_path_mtu = 552;
    Harness h(options);
    const auto c = h.accept(syn_options(1460, -1, true));
    EXPECT_EQ(h.tcp.status(c)->segment_size, row.size) << row.mtu;
  }
}

TEST(PathMtuDiscovery, RFC4821_7_7_a_full_stop_is_the_third_unanswered_retransmission) {
  Harness h(sender(PathMtuProbing::on_black_hole));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(1460));
  for (int timeouts = 1; timeouts <= 4; ++timeouts) {
    while (h.tcp.status(c)->timeouts < timeouts) h.advance(Duration::milliseconds(10));
    EXPECT_EQ(h.tcp.status(c)->segment_size, timeouts < 4 ? 1460 : 984) << timeouts;
  }
}

TEST(PathMtuDiscovery, RFC4821_7_7_without_SACK_a_full_stop_of_one_segment_is_one_as_well) {
  Harness h(sender(PathMtuProbing::on_black_hole));
  const auto c = h.accept();
  Path path(h, 1300);
  path.sack = false;
  path.transfer(c, 20000, Duration::seconds(60));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 984);
}

TEST(PathMtuDiscovery, RFC4821_7_4_a_probe_after_a_pause_begins_with_the_window_of_a_pause) {
  HarnessOptions options = sender(PathMtuProbing::always);
  options.tcp.hystart = false;
  Harness h(options);
  const auto c = h.accept(syn_options(1460, -1, true));
  Path path(h, 1500);
  path.transfer(c, 4000, Duration::seconds(5));  // too little for a probe
  const std::uint32_t first = h.tcp.status(c)->congestion_window;
  for (int i = 0; i < 20; ++i) path.transfer(c, 3900, Duration::seconds(5));
  EXPECT_EQ(path.sizes[1500], 0u);
  h.advance(Duration::seconds(60));
  h.write(c, pattern(8000, path.written));
  EXPECT_EQ(h.expect_sent().data.size(), 1460u);
  EXPECT_LE(h.tcp.status(c)->congestion_window, std::max(first, 10u * 984));
}

}  // namespace
}  // namespace linnet::tcp::test
