// SPDX-License-Identifier: Apache-2.0
// Settings that only some have on: FINs acknowledged late, losses found by count, keep-alives of a
// connection's own; and what can be listed.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

std::vector<std::uint8_t> sacked(std::uint32_t left, std::uint32_t right) {
  OptionsWriter writer;
  const SackBlock block{SequenceNumber(left), SequenceNumber(right)};
  writer.sack({&block, 1});
  const Bytes bytes = writer.finish();
  return {bytes.begin(), bytes.end()};
}

TEST(Settings, RFC1122_4_2_3_2_a_FIN_behind_data_may_be_acknowledged_with_the_answer) {
  struct Row {
    const char* what;
    bool late;
    bool data;
    bool shut;  // we have closed before
    bool waits;
  };
  for (const Row& row :
       {Row{"as the RFC's text has it", false, true, false, false}, Row{"late", true, true, false, true},
        Row{"nobody answers a connection that said nothing", true, false, false, false},
        Row{"nothing can be answered any more", true, true, true, false}}) {
    SCOPED_TRACE(row.what);
    Harness h({.tcp = {.late_fin_acknowledgment = row.late}});
    const auto c = h.accept();
    if (row.shut) {
      EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
      h.our_nxt += 1;
    }
    if (row.data) {
      h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "question"});
      h.peer_nxt += 8;
    }
    h.discard_sent();
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::fin});
    if (!row.waits) {
      EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 1);
      continue;
    }
    h.expect_silence();
    h.advance(h.tcp.config().delayed_ack);  // MUST-40: below half a second
    EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 1);
    EXPECT_EQ(h.write(c, "answer"), 6u);
    EXPECT_EQ(h.expect_sent().data, "answer");
  }
}

TEST(Settings, RFC6675_4_without_RACK_three_segments_SACKed_behind_it_show_a_loss) {
  Harness h({.tcp = {.send_buffer = 20000, .rack = {.enabled = false}, .tail_loss_probe = false}});
  const auto c = h.accept(syn_options(1000, -1, true));
  EXPECT_EQ(h.write(c, std::string(6000, 'x')), 6000u);
  h.discard_sent();
  for (const std::uint32_t segments : {1u, 2u}) {
    h.inject({.seq = h.peer_nxt,
              .ack = h.our_nxt,
              .flags = Flags::ack,
              .options = sacked(h.our_nxt + 2000, h.our_nxt + 2000 + 1000 * segments)});
    h.expect_silence();
  }
  h.inject({.seq = h.peer_nxt,
            .ack = h.our_nxt,
            .flags = Flags::ack,
            .options = sacked(h.our_nxt + 2000, h.our_nxt + 5000)});
  EXPECT_EQ(h.tcp.status(c)->measured.state, CongestionState::recovery);
  const Wire again = h.expect_sent();
  EXPECT_EQ(again.seq, h.our_nxt);
  EXPECT_EQ(again.data.size(), 1000u);
  h.advance(Duration::milliseconds(150));
  while (const auto wire = h.sent())
    EXPECT_LT(wire->seq, h.our_nxt + 2000) << "the last one may only be late";
}

TEST(Settings, RFC9293_MUST_26_keep_alives_at_the_connections_own_interval) {
  Harness h;
  const auto c = h.accept();
  Options options = *h.tcp.options(c);
  options.keepalive = true;
  options.keepalive_idle = Duration::seconds(10);
  options.keepalive_interval = Duration::seconds(3);
  options.keepalive_count = 2;
  h.tcp.set_options(c, options, h.now);
  h.advance(Duration::milliseconds(9900));
  h.expect_silence();
  h.advance(Duration::milliseconds(200));
  EXPECT_EQ(h.expect_sent().seq, h.our_nxt - 1);
  h.advance(Duration::seconds(3));
  EXPECT_EQ(h.expect_sent().seq, h.our_nxt - 1);
  h.advance(Duration::seconds(3));
  EXPECT_TRUE(h.expect_sent().has(Flags::rst));
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
}

TEST(Settings, RFC9293_3_10_6_listeners_connections_and_records_are_listed) {
  Harness h;
  const auto bound = h.tcp.bind({Harness::our_address, 81}, false);
  ASSERT_TRUE(bound.ok());
  const Digest::Value before = h.digest();
  ASSERT_TRUE(h.tcp.listen(*bound, 3, {}).ok());
  EXPECT_NE(h.digest(), before) << "a listener is more than a name";
  std::vector<std::pair<std::uint16_t, bool>> listeners;
  h.tcp.for_each_listener(
      [&](const ListenerStatus& l) { listeners.emplace_back(l.local.port, l.listening); });
  EXPECT_EQ(listeners, (std::vector<std::pair<std::uint16_t, bool>>{{81, true}}));
  const auto c = h.accept();
  ASSERT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::fin | Flags::ack});
  h.discard_sent();
  ASSERT_EQ(h.state(c), State::time_wait);
  const Readiness ready = h.tcp.readiness(c);
  EXPECT_TRUE(ready.writable && ready.peer_closed && ready.hangup) << "every call returns at once";
  EXPECT_FALSE(ready.error);
  h.tcp.close(c, h.now);
  std::vector<State> states;
  h.tcp.for_each_connection([&](const Status& s) {
    states.push_back(s.state);
    EXPECT_TRUE(s.orphan);
    EXPECT_EQ(s.remote.port, h.peer_port);
  });
  EXPECT_EQ(states, std::vector<State>{State::time_wait});
}

TEST(Settings, RFC9293_3_10_3_a_peek_leaves_the_bytes_where_they_are) {
  Harness h;
  const auto c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "abcdef"});
  std::array<std::uint8_t, 4> to{};
  const auto peeked = h.tcp.receive(c, to, true, h.now, 1);
  ASSERT_TRUE(peeked.ok());
  EXPECT_EQ(std::string(to.begin(), to.begin() + static_cast<std::ptrdiff_t>(*peeked)), "bcde");
  EXPECT_EQ(h.tcp.receive(c, to, true, h.now, 6).error(), Error::would_block) << "behind what is there";
  EXPECT_EQ(h.read(c), "abcdef");
}

TEST(Settings, the_order_of_bsd_has_no_place_for_what_is_not_offered) {
  OptionsWriter writer;
  writer.syn({.maximum_segment_size = 1460}, OptionOrder::bsd);
  const Bytes bytes = writer.finish();
  EXPECT_EQ(std::vector<std::uint8_t>(bytes.begin(), bytes.end()),
            (std::vector<std::uint8_t>{2, 4, 5, 0xb4}));
}

}  // namespace
}  // namespace linnet::tcp::test
