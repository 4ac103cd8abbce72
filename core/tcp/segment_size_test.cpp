// SPDX-License-Identifier: Apache-2.0
// How large a segment may be (RFC 9293 3.7.1, RFC 6691), and what becomes of it when the path changes.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

TEST(SegmentSize, RFC9293_MUST_15_no_MSS_option_is_536_and_a_tiny_one_at_least_what_Linux_sends) {
  struct Row {
    std::vector<std::uint8_t> options;
    std::uint16_t size;
  };
  for (const Row& row : {Row{{}, 536}, Row{syn_options(1), 48}, Row{syn_options(48), 48},
                         Row{syn_options(49), 49}, Row{syn_options(49, -1, false, true), 48},
                         Row{syn_options(60, -1, false, true), 48}, Row{syn_options(61, -1, false, true), 49},
                         Row{syn_options(1459), 1459}, Row{syn_options(1461), 1460}}) {
    Harness h;
    const auto c = h.accept(row.options);
    EXPECT_EQ(h.tcp.status(c)->segment_size, row.size);
  }
}

TEST(SegmentSize, the_user_may_wish_for_smaller_ones) {
  for (const std::uint16_t wish : {1000, 1459, 1460, 1461}) {
    Harness h;
    const auto c = h.accept(syn_options(1460), {.maximum_segment_size = wish});
    EXPECT_EQ(h.tcp.status(c)->segment_size, std::min<std::uint16_t>(wish, 1460));
    EXPECT_EQ(h.tcp.status(c)->announced_segment_size, std::min<std::uint16_t>(wish, 1460));
  }
}

TEST(SegmentSize, RFC6691_2_what_is_announced_is_the_MTU_less_fixed_headers) {
  for (const std::uint16_t mtu : {40, 41, 576, 1500, 9000}) {
    Harness h({.mtu = mtu});
    const auto c = h.tcp.connect({}, {Harness::peer_address, 4321}, {}, h.now);
    ASSERT_TRUE(c.ok());
    const auto status = h.tcp.status(*c);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->announced_segment_size, mtu > 40 ? std::min(mtu - 40, 1460) : 536) << mtu;
  }
}

TEST(SegmentSize, RFC1191_6_4_with_nothing_outstanding_a_smaller_path_is_no_loss) {
  Harness h;
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, std::string(1460, 'x'));
  h.inject(h.ack_of(h.our_nxt + 1460));
  h.discard_sent();
  h.ip.path_mtu_update(Harness::peer_address, 1000, h.now);
  h.write(c, std::string(2000, 'x'));
  EXPECT_EQ(h.expect_sent().data.size(), 960u);
  EXPECT_EQ(h.tcp.status(c)->measured.state, CongestionState::open);
  EXPECT_EQ(h.tcp.status(c)->retransmissions, 0u);
}

TEST(SegmentSize, C19_a_connection_whose_address_is_lost_ends_as_soon_as_it_has_something_to_send) {
  Harness h;
  const auto c = h.accept();
  ASSERT_TRUE(h.ip.remove_address(h.interface, Harness::our_address));
  h.write(c, "more");
  h.advance(Duration::milliseconds(1));
  EXPECT_EQ(h.state(c), State::closed);
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
}

}  // namespace
}  // namespace linnet::tcp::test
