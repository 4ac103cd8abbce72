// SPDX-License-Identifier: Apache-2.0
// Buffers that grow by measured need, between two stacks in virtual time.
#include <gtest/gtest.h>

#include <deque>

#include "tests/test_transfer.hpp"

namespace linnet::test {
namespace {

constexpr IpAddress left_address = IpAddress::v4(10, 0, 0, 1);
constexpr IpAddress right_address = IpAddress::v4(10, 0, 0, 2);

struct Layout {
  Config left = Config::linux_host();
  Config right = Config::linux_host();
  Duration rtt = Duration::milliseconds(100);
  Impairments faults{};
  std::uint32_t frames_under_way = 10000;
};

/// The left host sends to the right one.
class TwoHosts {
 public:
  explicit TwoHosts(Layout setup) : world_(Instant::from_microseconds(5000000)) {
    sender_ = &world_.add_host(setup.left, 1);
    receiver_ = &world_.add_host(setup.right, 2);
    setup.faults.delay = Duration::microseconds(setup.rtt.as_microseconds() / 2);
    sim::LinkConfig link{.wire = {}, .to_right = setup.faults, .to_left = {}, .seed = 7,
                         .frames_under_way = setup.frames_under_way};
    link.to_left.delay = setup.faults.delay;
    link.wire.queue_length = setup.frames_under_way;
    link_ = &world_.add_link(link, *sender_, *receiver_);
    sender_->stack().ip().add_address(link_->left_interface(), {left_address, 24}, false, world_.now());
    receiver_->stack().ip().add_address(link_->right_interface(), {right_address, 24}, false, world_.now());
    pass(Duration::seconds(10));
  }
  void pass(Duration time) { ASSERT_NE(world_.run_until(world_.now() + time), sim::World::End::spins); }

  /// `stays`: neither side ends the connection.
  void open(std::uint64_t bytes, const tcp::Options& sending = {}, const tcp::Options& receiving = {},
            Duration pauses = {}, bool stays = false) {
    const auto stream = static_cast<std::uint64_t>(sides.size());
    SideConfig client{.to_send = bytes, .stream = stream, .peer_stream = stream + 1, .largest_write = 8192,
                      .ending = Ending::after_eof};
    SideConfig server{.to_send = 0, .stream = stream + 1, .peer_stream = stream, .peer_sends = bytes,
                      .largest_read = 8192, .ending = Ending::after_eof};
    if (!stays) client.ending = Ending::shutdown;
    server.pause_percent = pauses > Duration() ? 20 : 0;
    server.longest_pause = pauses;
    const auto port = static_cast<std::uint16_t>(1000 + stream);
    Side& reader = sides.emplace_back(*receiver_, server, stream + 100);
    Side& writer = sides.emplace_back(*sender_, client, stream + 200);
    reader.listen(port, receiving, 4);
    writer.connect({right_address, port}, sending, world_.now());
    world_.add_program(reader);
    world_.add_program(writer);
  }
  /// Runs until all have sent everything; keeps the largest that was seen.
  void transfer(Duration most) {
    const Instant began = world_.now();
    const auto end = world_.run(began + most, [&] {
      bool over = true;
      for (const Side& side : sides) {
        if (side.failed()) return true;
        over = over && (side.done() || side.all_moved());
      }
      receiver_->tcp().for_each_connection([&](const tcp::Status& s) {
        largest.receive_window = std::max(largest.receive_window, s.receive_window);
        largest.receive_buffer = std::max(largest.receive_buffer, s.receive_buffer);
      });
      sender_->tcp().for_each_connection([&](const tcp::Status& s) {
        largest.send_buffer = std::max(largest.send_buffer, s.send_buffer);
        largest.send_queue = std::max(largest.send_queue, s.send_queue - s.unsent);
      });
      const BlockPool& pool = receiver_->stack().pool();
      least_free = std::min(least_free, pool.small_free());
      return over;
    });
    took = world_.now() - began;
    EXPECT_EQ(end, sim::World::End::done);
    for (const Side& side : sides) EXPECT_FALSE(side.failed()) << side.problem();
  }
  sim::Host& sender() { return *sender_; }
  sim::Host& receiver() { return *receiver_; }

  std::deque<Side> sides;
  tcp::Status largest;  // `send_queue`: of what was under way
  std::uint32_t least_free = 0xffffffffu;
  Duration took{};

 private:
  sim::World world_;
  sim::Host* sender_ = nullptr;
  sim::Host* receiver_ = nullptr;
  sim::Link* link_ = nullptr;
};

void expect_largest(std::int64_t rtt, bool timestamps) {
  Layout setup;
  setup.rtt = Duration::milliseconds(rtt);
  setup.left.tcp.timestamps = timestamps;
  TwoHosts hosts(setup);
  hosts.open(40000000);
  hosts.transfer(Duration::seconds(60));
  EXPECT_EQ(hosts.largest.receive_buffer, setup.right.tcp.maximum_receive_buffer);
  EXPECT_GE(hosts.largest.receive_window, setup.right.tcp.maximum_receive_buffer - 10000);
  EXPECT_EQ(hosts.largest.send_buffer, setup.left.tcp.maximum_send_buffer);
  EXPECT_GT(hosts.largest.send_queue, setup.left.tcp.maximum_send_buffer * 9 / 10) << "under way at once";
  std::printf("RTT %lld ms, timestamps %d: 40 MB in %.2f s, %u bytes under way, window %u\n",
              static_cast<long long>(rtt), timestamps, static_cast<double>(hosts.took.as_microseconds()) / 1e6,
              hosts.largest.send_queue, hosts.largest.receive_window);
  // Slow start takes ten round trips to 4 MB, and from there on each one brings as much.
  EXPECT_LT(hosts.took.as_microseconds(), rtt * 1000 * 26);
}

TEST(BufferTuning, one_flow_reaches_the_largest_window_at_100_ms) { expect_largest(100, true); }
TEST(BufferTuningHeavy, one_flow_reaches_the_largest_window_at_300_ms) { expect_largest(300, true); }
TEST(BufferTuningHeavy, one_flow_reaches_the_largest_window_without_timestamps) { expect_largest(100, false); }

TEST(BufferTuning, a_size_that_the_user_set_stays) {
  TwoHosts hosts({});
  hosts.open(3000000, {.send_buffer = 50000}, {.receive_buffer = 40000});
  hosts.transfer(Duration::seconds(60));
  EXPECT_EQ(hosts.largest.receive_buffer, 40000u);
  EXPECT_LT(hosts.largest.receive_window, 40000u + 128u) << "rounded up to the window's unit (RFC 7323 2.2)";
  EXPECT_EQ(hosts.largest.send_buffer, 50000u);
}

TEST(BufferTuning, a_path_of_little_bandwidth_gets_a_small_window) {
  Layout setup;
  setup.rtt = Duration::milliseconds(20);
  setup.faults.rate = 1000000;  // bytes a second: 20 kB are under way
  setup.faults.queue = 40;
  TwoHosts hosts(setup);
  hosts.open(5000000);
  hosts.transfer(Duration::seconds(120));
  std::printf("5 MB at 1 MB/s: %.2f s, window %u\n", static_cast<double>(hosts.took.as_microseconds()) / 1e6,
              hosts.largest.receive_buffer);
  // Path and queue hold 80 kB; when a gap fills, the reader takes those of two round trips in one, and that looks like slow
  // start: twice of it, twice again for the sender to grow into.
  EXPECT_LE(hosts.largest.receive_buffer, 2u * 4u * 80000u);
}

TEST(BufferTuning, fifty_idle_connections_hold_no_memory) {
  TwoHosts hosts({});
  for (int i = 0; i < 50; ++i) hosts.open(300000, {}, {}, {}, true);
  hosts.transfer(Duration::seconds(60));
  hosts.pass(Duration::seconds(2));
  TwoHosts idle({});
  for (int i = 0; i < 50; ++i) idle.open(0, {}, {}, {}, true);
  idle.pass(Duration::seconds(5));
  for (TwoHosts* h : {&hosts, &idle}) {
    EXPECT_TRUE(h->sender().stack().pool().full());
    EXPECT_TRUE(h->receiver().stack().pool().full());
    unsigned open = 0;
    h->receiver().tcp().for_each_connection([&](const tcp::Status& s) {
      open += s.state == tcp::State::established ? 1 : 0;
    });
    EXPECT_EQ(open, 50u);
  }
}

TEST(BufferTuning, many_connections_share_a_small_pool) {
  for (const bool pauses : {false, true}) {
    Layout setup;
    setup.rtt = Duration::milliseconds(10);
    setup.right.blocks = setup.left.blocks = {.small_size = 2048, .small_count = 700};
    setup.faults.loss = 10000;
    setup.faults.reorder = 100000;
    setup.faults.reorder_delay = Duration::milliseconds(5);
    TwoHosts hosts(setup);
    for (int i = 0; i < 24; ++i) {
      hosts.open(200000, {}, {}, pauses ? Duration::milliseconds(400) : Duration());
    }
    hosts.transfer(Duration::seconds(1200));
    std::printf("24 connections, 700 blocks, pauses %d: %.1f s, least free %u\n", pauses,
                static_cast<double>(hosts.took.as_microseconds()) / 1e6, hosts.least_free);
    EXPECT_GT(hosts.least_free, 0u);
    hosts.pass(Duration::seconds(200));
    EXPECT_TRUE(hosts.sender().stack().pool().full());
    EXPECT_TRUE(hosts.receiver().stack().pool().full());
  }
}

TEST(BufferTuning, what_an_idle_connection_grew_by_goes_to_others) {
  for (const bool stays : {true, false}) {
    Layout setup;
    setup.rtt = Duration::milliseconds(50);
    // Room for one window of 1 MB and little more.
    setup.right.blocks = {.small_size = 2048, .small_count = 1500};
    setup.right.tcp.maximum_receive_buffer = 1048576;
    TwoHosts hosts(setup);
    hosts.open(8000000, {}, {}, {}, stays);
    hosts.transfer(Duration::seconds(60));
    const std::uint32_t alone = hosts.largest.receive_buffer;
    EXPECT_GT(alone, 700000u);
    hosts.pass(Duration::seconds(10));
    hosts.largest = {};
    hosts.open(8000000);
    hosts.transfer(Duration::seconds(60));
    EXPECT_EQ(hosts.largest.receive_buffer, alone) << stays;
  }
}

}  // namespace
}  // namespace linnet::test
