// SPDX-License-Identifier: Apache-2.0
// What a receiver says in SACK options: which ranges it holds (RFC 2018 4), and what came twice (RFC 2883 4).
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

using Blocks = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

std::string pattern(std::size_t from, std::size_t to) {
  std::string text;
  for (std::size_t i = from; i < to; ++i) text += static_cast<char>('a' + i % 23);
  return text;
}

/// One connection whose numbers are those of the RFC's examples: the peer's first byte is `first`.
class Receiver {
 public:
  explicit Receiver(std::uint32_t first, const HarnessOptions& options = receiver_options(), bool timestamps = false)
      : h(options), first_(first), timestamps_(timestamps) {
    connection = h.accept(syn_options(1460, -1, true, timestamps));
  }
  static HarnessOptions receiver_options() {
    HarnessOptions options;
    options.tcp.receive_buffer = 20000;
    options.blocks = {.small_size = 4096, .small_count = 200};
    options.mtu = 4000;  // for the examples' segments of 1,500 bytes and more
    return options;
  }
  /// The segment with the bytes [from, to), without its acknowledgment.
  void deliver(std::uint32_t from, std::uint32_t to) { h.deliver(segment(from, to)); }
  /// The segment arrives; what it was answered.
  Blocks arrives(std::uint32_t from, std::uint32_t to, std::uint32_t ack) {
    h.inject(segment(from, to));
    return answer(ack);
  }
  Blocks answer(std::uint32_t ack) {
    const Wire wire = h.expect_sent();
    EXPECT_EQ(wire.ack - h.peer_nxt + first_, ack);
    EXPECT_TRUE(wire.data.empty());
    return blocks_of(wire);
  }
  Blocks blocks_of(const Wire& wire) const {
    Blocks blocks;
    for (std::size_t i = 0; i < wire.parsed.sack_count; ++i) {
      blocks.emplace_back(wire.parsed.sack[i].left.value() - h.peer_nxt + first_,
                          wire.parsed.sack[i].right.value() - h.peer_nxt + first_);
    }
    return blocks;
  }
  std::string read() { return h.read(connection); }

  Harness h;
  ConnectionHandle connection;

 private:
  Wire segment(std::uint32_t from, std::uint32_t to) {
    return {.seq = h.peer_nxt + from - first_,
            .ack = h.our_nxt,
            .flags = Flags::ack,
            .data = pattern(from, to),
            .options = timestamps_ ? timestamp_option(++clock_, 0) : std::vector<std::uint8_t>{}};
  }
  std::uint32_t first_;
  std::uint32_t clock_ = 2000;
  bool timestamps_;
};

TEST(DuplicateSack, RFC2883_4_1_1_a_duplicate_segment) {
  Receiver r(3000);
  EXPECT_EQ(r.arrives(3000, 3500, 3500), Blocks{});
  EXPECT_EQ(r.arrives(3500, 4000, 4000), Blocks{});
  EXPECT_EQ(r.arrives(3000, 3500, 4000), (Blocks{{3000, 3500}}));
  EXPECT_EQ(r.arrives(4000, 4500, 4500), Blocks{}) << "each duplicate is reported once";
  EXPECT_TRUE(r.read() == pattern(3000, 4500));
}

TEST(DuplicateSack, RFC2883_4_1_2_an_out_of_order_segment_and_a_duplicate) {
  Receiver r(3000);
  r.arrives(3000, 3500, 3500);
  r.arrives(3500, 4000, 4000);
  EXPECT_EQ(r.arrives(4500, 5000, 4000), (Blocks{{4500, 5000}}));
  EXPECT_EQ(r.arrives(3000, 3500, 4000), (Blocks{{3000, 3500}, {4500, 5000}}));
}

TEST(DuplicateSack, RFC2883_4_1_3_a_duplicate_of_an_out_of_order_segment) {
  Receiver r(3500);
  r.arrives(3500, 4000, 4000);
  EXPECT_EQ(r.arrives(4500, 5000, 4000), (Blocks{{4500, 5000}}));
  EXPECT_EQ(r.arrives(5000, 5500, 4000), (Blocks{{4500, 5500}}));
  EXPECT_EQ(r.arrives(5000, 5500, 4000), (Blocks{{5000, 5500}, {4500, 5500}}));
}

TEST(DuplicateSack, RFC2883_4_2_1_a_single_duplicate_subsegment) {
  Receiver r(500);
  r.arrives(500, 1000, 1000);
  EXPECT_EQ(r.arrives(2000, 2500, 1000), (Blocks{{2000, 2500}}));
  EXPECT_EQ(r.arrives(1000, 1500, 1500), (Blocks{{2000, 2500}}));
  EXPECT_EQ(r.arrives(1000, 2000, 2500), (Blocks{{1000, 1500}}));
  EXPECT_TRUE(r.read() == pattern(500, 2500));
}

TEST(DuplicateSack, RFC2883_4_2_2_two_duplicate_subsegments_below_the_acknowledgment) {
  Receiver r(500);
  r.arrives(500, 1000, 1000);
  EXPECT_EQ(r.arrives(3000, 3500, 1000), (Blocks{{3000, 3500}}));
  EXPECT_EQ(r.arrives(1000, 1500, 1500), (Blocks{{3000, 3500}}));
  EXPECT_EQ(r.arrives(2000, 2500, 1500), (Blocks{{2000, 2500}, {3000, 3500}}));
  EXPECT_EQ(r.arrives(1000, 2500, 2500), (Blocks{{1000, 1500}, {3000, 3500}}));
  EXPECT_TRUE(r.read() == pattern(500, 2500));
}

TEST(DuplicateSack, RFC2883_4_2_3_two_duplicate_subsegments_above_the_acknowledgment) {
  Receiver r(500);
  r.arrives(500, 1000, 1000);
  EXPECT_EQ(r.arrives(3500, 4000, 1000), (Blocks{{3500, 4000}}));
  EXPECT_EQ(r.arrives(1500, 2000, 1000), (Blocks{{1500, 2000}, {3500, 4000}}));
  EXPECT_EQ(r.arrives(2500, 3000, 1000), (Blocks{{2500, 3000}, {1500, 2000}, {3500, 4000}}));  // erratum 365
  EXPECT_EQ(r.arrives(1500, 3000, 1000), (Blocks{{1500, 2000}, {1500, 3000}, {3500, 4000}}));
  EXPECT_EQ(r.arrives(1000, 1500, 3000), (Blocks{{3500, 4000}}));
  EXPECT_TRUE(r.read() == pattern(500, 3000));
}

TEST(DuplicateSack, RFC2883_4_duplicates_inside_what_one_segment_fills) {
  Receiver r(1000);
  r.arrives(2000, 2500, 1000);
  r.arrives(2500, 3000, 1000);
  EXPECT_EQ(r.arrives(1000, 3500, 3500), (Blocks{{2000, 3000}})) << "contiguous, though two segments brought it";
  EXPECT_TRUE(r.read() == pattern(1000, 3500));
}

TEST(DuplicateSack, RFC2883_4_2_each_duplicate_of_a_batch_is_reported_once) {
  Receiver r(1000);
  for (std::uint32_t at = 1000; at < 5000; at += 500) r.arrives(at, at + 500, at + 500);
  r.deliver(1000, 1500);
  r.deliver(1500, 2000);  // contiguous with the one before
  r.deliver(3000, 3500);
  r.deliver(3000, 3500);
  r.h.poll();
  EXPECT_EQ(r.answer(5000), (Blocks{{1000, 2000}}));
  EXPECT_EQ(r.answer(5000), (Blocks{{3000, 3500}}));
  EXPECT_EQ(r.answer(5000), (Blocks{{3000, 3500}}));
  r.h.expect_silence();
}

TEST(DuplicateSack, RFC2883_4_4_the_block_that_holds_a_duplicate_comes_second_whatever_came_after_it) {
  Receiver r(1000);
  r.arrives(1000, 1200, 1200);
  r.arrives(2000, 2500, 1200);
  r.deliver(2100, 2200);
  r.deliver(3000, 3500);
  r.deliver(4000, 4500);
  r.h.poll();
  EXPECT_EQ(r.answer(1200), (Blocks{{2100, 2200}, {2000, 2500}, {4000, 4500}, {3000, 3500}}));
}

TEST(DuplicateSack, a_number_that_never_came_is_no_duplicate) {
  Receiver r(1000);
  r.arrives(1000, 1200, 1200);
  EXPECT_EQ(r.arrives(500, 1100, 1200), (Blocks{{1000, 1100}})) << "before the SYN there was nothing";
  EXPECT_EQ(r.arrives(500, 900, 1200), Blocks{});
}

TEST(DuplicateSack, a_busy_device_keeps_the_report) {
  Receiver r(1000);
  r.arrives(1000, 1500, 1500);
  r.h.link.busy = true;
  r.deliver(1000, 1500);
  r.h.poll();
  r.h.expect_silence();
  r.h.link.busy = false;
  r.h.advance(Duration::milliseconds(1));
  EXPECT_EQ(r.answer(1500), (Blocks{{1000, 1500}}));
}

TEST(DuplicateSack, may_be_switched_off) {
  HarnessOptions options = Receiver::receiver_options();
  options.tcp.duplicate_sack = false;
  Receiver r(3000, options);
  r.arrives(3000, 3500, 3500);
  r.arrives(4000, 4500, 3500);
  EXPECT_EQ(r.arrives(3000, 3500, 3500), (Blocks{{4000, 4500}}));
  EXPECT_EQ(r.arrives(4000, 4500, 3500), (Blocks{{4000, 4500}}));
}

TEST(Sack, RFC2018_4_at_most_four_blocks_the_latest_first) {
  Receiver r(0);
  for (std::uint32_t i = 1; i < 5; ++i) r.arrives(i * 1000, i * 1000 + 100, 0);
  EXPECT_EQ(r.arrives(5000, 5100, 0), (Blocks{{5000, 5100}, {4000, 4100}, {3000, 3100}, {2000, 2100}}));
  EXPECT_EQ(r.arrives(1100, 1200, 0), (Blocks{{1000, 1200}, {5000, 5100}, {4000, 4100}, {3000, 3100}}));
  EXPECT_EQ(r.arrives(1100, 1200, 0), (Blocks{{1100, 1200}, {1000, 1200}, {5000, 5100}, {4000, 4100}}));
}

TEST(Sack, RFC2018_3_at_most_three_blocks_beside_timestamps) {
  Receiver r(0, Receiver::receiver_options(), true);
  for (std::uint32_t i = 1; i < 5; ++i) r.arrives(i * 1000, i * 1000 + 100, 0);
  EXPECT_EQ(r.arrives(5000, 5100, 0), (Blocks{{5000, 5100}, {4000, 4100}, {3000, 3100}}));
  EXPECT_EQ(r.arrives(5000, 5100, 0), (Blocks{{5000, 5100}, {5000, 5100}, {4000, 4100}}));
}

TEST(Sack, RFC2018_8_what_is_discarded_is_not_told) {
  HarnessOptions options = Receiver::receiver_options();
  options.tcp.reassembly_blocks = 3;
  Receiver r(0, options);
  for (std::uint32_t i = 1; i < 4; ++i) r.arrives(i * 1000, i * 1000 + 100, 0);
  // There is no room behind the last one: the sender is told what is held, and sends it again.
  EXPECT_EQ(r.arrives(4000, 4100, 0), (Blocks{{3000, 3100}, {2000, 2100}, {1000, 1100}}));
  // Before it there is, at the cost of the last one.
  EXPECT_EQ(r.arrives(1500, 1600, 0), (Blocks{{1500, 1600}, {2000, 2100}, {1000, 1100}}));
  r.arrives(0, 1000, 1100);
  r.arrives(1100, 1500, 1600);
  r.arrives(1600, 2000, 2100);
  EXPECT_EQ(r.arrives(2100, 4000, 4000), Blocks{}) << "neither of the discarded ones was there";
  r.arrives(4000, 4100, 4100);
  EXPECT_TRUE(r.read() == pattern(0, 4100));
}

TEST(Sack, RFC2018_4_data_carries_the_blocks_in_place_of_payload) {
  for (const bool timestamps : {false, true}) {
    Receiver r(0, Receiver::receiver_options(), timestamps);
    const std::uint32_t full = timestamps ? 1448 : 1460;
    r.arrives(1000, 1100, 0);
    r.arrives(3000, 3100, 0);
    ASSERT_EQ(r.h.write(r.connection, pattern(0, 3000)), 3000u);
    std::string sent;
    while (auto wire = r.h.sent()) {
      EXPECT_EQ(r.blocks_of(*wire), (Blocks{{3000, 3100}, {1000, 1100}}));
      EXPECT_LE(wire->data.size(), full - 20);
      EXPECT_EQ(wire->has(Flags::psh), sent.size() + wire->data.size() == 3000);
      sent += wire->data;
    }
    EXPECT_TRUE(sent == pattern(0, 3000));
    r.arrives(0, 1000, 1100);
    r.arrives(1100, 3000, 3100);
    r.h.write(r.connection, pattern(3000, 4460));
    EXPECT_EQ(r.h.expect_sent().data.size(), full) << "and with the gap goes what it cost";
  }
}

TEST(Sack, RFC2018_4_super_segments_are_cut_with_room_for_the_blocks) {
  HarnessOptions options = Receiver::receiver_options();
  options.link.segmentation = 64000;
  options.link.transmit_checksum = true;
  options.tcp.send_buffer = 60000;
  Receiver r(0, options, true);
  r.arrives(1000, 1100, 0);
  r.h.write(r.connection, pattern(0, 14480));
  std::string sent;
  while (auto wire = r.h.sent()) {
    EXPECT_EQ(wire->parsed.sack_count, 1);
    EXPECT_TRUE(r.h.last_segment_size == 1448 - 12 || wire->data.size() <= 1448 - 12) << wire->data.size();
    EXPECT_EQ(wire->options.size(), 24u);
    sent += wire->data;
  }
  EXPECT_TRUE(sent == pattern(0, 14480));
}

}  // namespace
}  // namespace linnet::tcp::test
