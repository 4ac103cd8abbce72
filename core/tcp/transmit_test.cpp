// SPDX-License-Identifier: Apache-2.0
// What is counted of segments that leave, and what becomes of those that cannot.
#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

TEST(Transmit, each_segment_of_a_frame_counts) {
  HarnessOptions options = without_probes();
  options.link.segmentation = 65000;
  options.link.transmit_checksum = true;
  options.blocks = {.small_size = 1664, .small_count = 64, .large_size = 66048, .large_count = 4};
  struct Case {
    std::uint32_t bytes;
    std::uint32_t segments;
  };
  for (const Case& each : {Case{1, 1}, Case{1000, 1}, Case{1001, 2}, Case{9000, 9}}) {
    SCOPED_TRACE(each.bytes);
    Sender s(options);
    const Status before = s.status();
    s.write(s.c, std::string(each.bytes, 'x'));
    EXPECT_EQ(s.status().segments_out - before.segments_out, each.segments);
    EXPECT_EQ(s.status().data_segments_out - before.data_segments_out, each.segments);
    const std::uint64_t out = s.status().segments_out;
    s.inject({.seq = s.peer_nxt, .ack = s.our_nxt + each.bytes, .flags = Flags::ack, .data = "abc"});
    EXPECT_EQ(s.status().segments_out, out + 1);  // an acknowledgment is one, but carries no data
    EXPECT_EQ(s.status().data_segments_out - before.data_segments_out, each.segments);
  }
}

TEST(Transmit, RFC9293_MUST_58_less_than_two_full_segments_may_wait) {
  Harness h({.tcp = {.quick_acks = 0}});
  const ConnectionHandle c = h.accept();
  const auto arrives = [&](std::size_t bytes) {
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = std::string(bytes, 'x')});
    h.peer_nxt += static_cast<std::uint32_t>(bytes);
    h.read(c);
  };
  arrives(1000);
  h.advance(ms(500));
  h.discard_sent();
  arrives(1000);
  arrives(999);
  h.expect_silence();
  arrives(1);
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt);
}

TEST(Transmit, RFC1122_4_2_3_9_what_has_no_way_is_a_soft_error) {
  Harness h;
  const ConnectionHandle c = h.accept();
  h.link.up = false;
  h.advance(ms(10));
  h.write(c, "abc");
  EXPECT_EQ(h.state(c), State::established);
  EXPECT_EQ(h.tcp.take_soft_error(c), Error::host_unreachable);
}

/// Blocks so small that a frame cannot point at all of a segment.
TEST(Transmit, many_pieces_make_whole_segments_in_the_right_order) {
  Harness h({.tcp = {.send_buffer = 20000, .initial_window = 30},
             .blocks = {.small_size = 64, .small_count = 1024},
             .link = {.link = LinkType::ip, .transmit_checksum = true, .segmentation = 65000}});
  const ConnectionHandle c = h.accept(syn_options(100), {.no_delay = true});
  std::string text;
  while (text.size() < 2000) text += std::to_string(text.size()) + ' ';
  const std::size_t taken = h.write(c, text);
  std::string seen;
  while (const auto wire = h.sent()) {
    const std::size_t whole = wire->data.size() / 100 * 100;
    EXPECT_TRUE(wire->data.size() == whole || seen.size() + wire->data.size() == taken) << wire->data.size();
    seen += wire->data;
  }
  EXPECT_EQ(seen, text.substr(0, seen.size()));
  EXPECT_GE(seen.size(), 1000u);
}

}  // namespace
}  // namespace linnet::tcp::test
