// SPDX-License-Identifier: Apache-2.0
// What happens to data, either way, when the pool has hardly a block left (docs/decisions.md, "Memory").
#include "core/tcp/test_fast_open.hpp"

namespace linnet::tcp::test {
namespace {

constexpr BlockPoolConfig few{.small_size = 1664, .small_count = 32, .large_size = 0, .large_count = 0};

/// Blocks that somebody else holds.
struct Held {
  explicit Held(Harness& h) : pool(h.pool) {}
  /// Until only so many are left.
  void leave(std::uint32_t free) {
    while (pool.small_free() > free) blocks.push_back(pool.allocate(1));
  }
  BlockPool& pool;
  std::vector<Block> blocks;
};

TEST(WithoutMemory, RFC9293_3_10_2_SEND_waits_for_a_block_and_is_told_of_it) {
  Harness h({.blocks = few});
  const auto c = h.accept();
  h.tcp.set_tag(c, 5);
  const auto other = h.tcp.connect({}, {Harness::peer_address, 99}, {}, h.now);
  ASSERT_TRUE(other.ok());
  h.tcp.set_tag(*other, 6);
  while (h.tcp.take_changed()) continue;
  Held held(h);
  while (h.pool.sendable_small() > 0) held.leave(h.pool.small_free() - 1);
  const std::array<std::uint8_t, 3> some = {1, 2, 3};
  EXPECT_EQ(h.tcp.send(c, some, {}, h.now).error(), Error::would_block);
  EXPECT_GT(h.tcp.send_room(c), 0u) << "it is not the send buffer";
  EXPECT_FALSE(h.tcp.readiness(c).writable);
  h.poll();
  EXPECT_FALSE(h.tcp.take_changed().has_value()) << "nothing has changed yet";
  while (h.pool.sendable_small() == 0) held.blocks.pop_back();
  h.poll();
  EXPECT_EQ(h.tcp.take_changed(), 5u);
  EXPECT_FALSE(h.tcp.take_changed().has_value()) << "who did not wait is not told";
  EXPECT_TRUE(h.tcp.readiness(c).writable);
  EXPECT_EQ(h.write(c, "abc"), 3u);
}

TEST(WithoutMemory,
     RFC9293_MUST_37_data_that_finds_no_memory_closes_the_window_instead_of_being_retransmitted_for_ever) {
  Harness h({.blocks = few});
  const auto c = h.accept();
  Held held(h);
  held.leave(h.pool.small_reserve() + 1);  // one for the packet that comes
  const std::string data(1000, 'x');
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = data});
  EXPECT_EQ(h.drops.last(), Drop::tcp_memory);
  const Wire closed = h.expect_sent();
  EXPECT_EQ(closed.ack, h.peer_nxt);
  EXPECT_EQ(closed.window, 0);
  held.blocks.clear();
  h.inject(
      {.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "x"});  // a window probe (3.8.6.1)
  const Wire open = h.expect_sent();
  EXPECT_GT(open.window, 1000);
  h.inject(
      {.seq = open.ack, .ack = h.our_nxt, .flags = Flags::ack, .data = data.substr(open.ack - h.peer_nxt)});
  EXPECT_EQ(h.read(c), data);
}

TEST(WithoutMemory, what_fits_behind_the_last_bytes_is_taken_without_a_block) {
  Harness h({.blocks = few});
  const auto c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "abc"});
  h.discard_sent();
  Held held(h);
  held.leave(h.pool.small_reserve() + 1);
  h.inject({.seq = h.peer_nxt + 3, .ack = h.our_nxt, .flags = Flags::ack, .data = "def"});
  EXPECT_EQ(h.pool.small_free(), h.pool.small_reserve() + 1) << "the packet's block went back";
  const Wire answer = h.expect_sent();
  EXPECT_EQ(answer.ack, h.peer_nxt + 6);
  EXPECT_GT(answer.window, 0) << "it has found its place";
  EXPECT_EQ(h.drops.of(Drop::tcp_memory), 0u);
  EXPECT_EQ(h.tcp.status(c)->bytes_in, 6u);
  EXPECT_EQ(h.read(c), "abcdef");
}

TEST(WithoutMemory, RFC2018_8_what_fills_a_gap_takes_the_place_of_what_lies_furthest_behind_it) {
  Harness h({.blocks = few});
  const auto c = h.accept(syn_options(1460, -1, true));
  const std::string first(1000, 'a');
  const std::string second(1000, 'b');
  h.inject({.seq = h.peer_nxt + 1000, .ack = h.our_nxt, .flags = Flags::ack, .data = second});
  EXPECT_EQ(h.expect_sent().parsed.sack_count, 1);
  Held held(h);
  held.leave(h.pool.small_reserve() + 1);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = first});
  const Wire taken = h.expect_sent();
  EXPECT_EQ(taken.ack, h.peer_nxt + 1000) << "the gap is filled";
  EXPECT_EQ(taken.parsed.sack_count, 0) << "and the rest must come again";
  EXPECT_EQ(h.read(c), first);
  held.blocks.clear();
  h.inject({.seq = h.peer_nxt + 1000, .ack = h.our_nxt, .flags = Flags::ack, .data = second});
  EXPECT_EQ(h.read(c), second);
}

TEST(WithoutMemory, C25_05_out_of_order_data_takes_none_of_the_last_blocks) {
  Harness h({.blocks = few});
  h.accept(syn_options(1460, -1, true));
  Held held(h);
  while (h.pool.promisable_small() > 1) held.leave(h.pool.small_free() - 1);
  h.inject({.seq = h.peer_nxt + 1000, .ack = h.our_nxt, .flags = Flags::ack, .data = std::string(1000, 'b')});
  EXPECT_EQ(h.drops.last(), Drop::tcp_memory);
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.ack, h.peer_nxt) << "MUST acknowledge at once (RFC 5681 4.2)";
  EXPECT_EQ(reply.parsed.sack_count, 0);
}

TEST(WithoutMemory, RFC6093_4_an_urgent_byte_is_taken_out_all_the_same) {
  Harness h({.blocks = few});
  const auto c = h.accept(syn_options(1460), {.urgent_inline = false});
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "abc"});
  Held held(h);
  held.leave(h.pool.small_reserve() + 1);
  h.inject({.seq = h.peer_nxt + 3, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .data = "dXe", .urgent = 2});
  const auto urgent = h.tcp.receive_urgent(c);
  ASSERT_TRUE(urgent.ok());
  EXPECT_EQ(*urgent, 'X');
  EXPECT_EQ(h.read(c, 4), "abcd");
  EXPECT_EQ(h.read(c), "e");
}

TEST(WithoutMemory, RFC2018_8_what_fits_only_in_part_is_whole_when_the_furthest_has_given_its_block) {
  Harness h({.blocks = few});
  const auto c = h.accept(syn_options(1460, -1, true));
  std::string data;
  for (int i = 0; i < 3000; ++i) data += static_cast<char>('a' + i % 23);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = data.substr(0, 1000)});
  h.inject({.seq = h.peer_nxt + 2400, .ack = h.our_nxt, .flags = Flags::ack, .data = data.substr(2400, 600)});
  h.discard_sent();
  Held held(h);
  held.leave(h.pool.small_reserve() + 1);
  h.inject({.seq = h.peer_nxt + 1000, .ack = h.our_nxt, .flags = Flags::ack, .data = data.substr(1000, 1400)});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 2400);
  EXPECT_EQ(h.tcp.status(c)->bytes_in, 2400u);
  EXPECT_EQ(h.read(c), data.substr(0, 2400));
}

TEST(WithoutMemory, RFC7413_4_2_2_data_of_a_SYN_that_finds_no_memory_is_not_said_to_be_taken) {
  HarnessOptions options = fast_open_options(FastOpen::server);
  options.blocks = few;
  FastOpenHarness h(options);
  const auto listener = h.serve();
  Held held(h);
  held.leave(h.pool.small_reserve() + 1);
  h.inject(h.syn(h.right(), "GET"));
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.flags, Flags::syn | Flags::ack);
  EXPECT_EQ(reply.ack, h.peer_nxt) << "the SYN alone: the client sends the data again";
  EXPECT_EQ(reply.window, 0);
  h.expect_silence();  // the SYN-ACK has said it all
  const auto c = h.tcp.accept(listener).value();
  EXPECT_FALSE(h.tcp.status(c)->syn_data);
  held.blocks.clear();
  const Wire again{.seq = h.peer_nxt, .ack = reply.seq + 1, .flags = Flags::ack, .data = "GET"};
  h.inject(again);  // a window probe, by now
  EXPECT_GT(h.expect_sent().window, 3);
  h.inject(again);
  EXPECT_EQ(h.read(c), "GET");
}

}  // namespace
}  // namespace linnet::tcp::test
