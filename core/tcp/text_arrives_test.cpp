// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.7.4 from the first step to the eighth, where memory, batches and other clauses meet the
// segment's text; and what the calls say of it.
#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

constexpr BlockPoolConfig with_large{
    .small_size = 1664, .small_count = 64, .large_size = 66048, .large_count = 4};

std::string text(std::size_t size) { return std::string(size, 'x'); }

TEST(TextArrives, a_coalesced_packet_counts_as_the_segments_it_stands_for) {
  Harness h({.blocks = with_large});
  const auto c = h.accept();
  for (int i = 0; i < 17; ++i) {  // the quick acknowledgments of the start
    h.inject({.seq = h.peer_nxt++, .ack = h.our_nxt, .flags = Flags::ack, .data = "x"});
    h.read(c);
  }
  h.discard_sent();
  const std::uint64_t before = h.tcp.status(c)->segments_in;
  h.coalesced = 700;
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = text(1500)});
  EXPECT_EQ(h.tcp.status(c)->segments_in, before + 3);
  EXPECT_EQ(h.tcp.status(c)->receive_segment_size, 700);
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 1500) << "MUST-58 is about segments: at once";
}

TEST(TextArrives, RFC7323_5_3_old_segments_without_text_are_answered_so_often_only) {
  Harness h;
  h.accept(syn_options(1460, -1, false, true));
  unsigned answers = 0;
  for (int i = 0; i < 30; ++i) {
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .options = timestamp_option(1, 0)});
    while (h.sent()) ++answers;
  }
  EXPECT_EQ(answers, 10u);
  EXPECT_EQ(h.drops.of(Drop::tcp_paws), 30u);
}

TEST(TextArrives, RFC9293_3_10_7_4_a_FIN_beyond_the_window_is_not_seen) {
  HarnessOptions options;
  options.tcp.receive_buffer = 1000;
  Harness h(options);
  const auto c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::fin, .data = text(1001)});
  EXPECT_EQ(h.state(c), State::established);
  EXPECT_EQ(h.read(c).size(), 1000u);
  h.inject({.seq = h.peer_nxt + 1000, .ack = h.our_nxt, .flags = Flags::ack | Flags::fin, .data = "y"});
  EXPECT_EQ(h.state(c), State::close_wait);
  EXPECT_EQ(h.read(c), "y");
}

TEST(TextArrives, C25_05_large_blocks_out_of_order_take_none_of_the_last) {
  for (const bool held : {false, true}) {
    Harness h({.blocks = with_large});
    const auto c = h.accept(syn_options(1460, -1, true));
    Block one;
    if (held) one = h.pool.allocate(60000);
    h.coalesced = 1460;
    h.inject({.seq = h.peer_nxt + 100, .ack = h.our_nxt, .flags = Flags::ack, .data = text(3000)});
    EXPECT_EQ(h.expect_sent().parsed.sack_count, held ? 0 : 1);
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = text(100)});
    EXPECT_EQ(h.read(c).size(), held ? 100u : 3100u);
  }
}

TEST(TextArrives, the_last_large_block_is_not_kept_but_copied) {
  for (const bool room : {true, false}) {
    Harness h({.blocks = with_large});
    const auto c = h.accept();
    std::vector<Block> held;
    for (int i = 0; i < 3; ++i) held.push_back(h.pool.allocate(60000));
    while (!room && h.pool.small_free() > h.pool.small_reserve() + 1) held.push_back(h.pool.allocate(1));
    h.coalesced = 1460;
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = text(3000)});
    EXPECT_EQ(h.pool.large_free(), 1u) << "for the next packet";
    const Wire reply = h.expect_sent();
    if (room) {
      EXPECT_EQ(reply.ack, h.peer_nxt + 3000);
      EXPECT_EQ(h.read(c), text(3000));
    } else {
      EXPECT_LT(reply.ack, h.peer_nxt + 3000);
      EXPECT_EQ(reply.window, 0) << "MUST-37: the peer asks until there is room";
      EXPECT_EQ(h.drops.last(), Drop::tcp_memory);
    }
  }
}

TEST(TextArrives, POSIX_shutdown_what_nobody_reads_needs_no_memory) {
  Harness h({.blocks = {.small_size = 1664, .small_count = 32}});
  const auto c = h.accept();
  EXPECT_TRUE(h.tcp.shutdown_receive(c).ok());
  std::vector<Block> held;
  while (h.pool.small_free() > h.pool.small_reserve() + 1) held.push_back(h.pool.allocate(1));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = text(1000)});
  h.advance(Duration::milliseconds(100));
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 1000);
  EXPECT_EQ(h.tcp.receive(c, {}, false, h.now).value(), 0u);
}

TEST(TextArrives, RFC2883_4_contiguous_duplicates_of_a_batch_are_one_report) {
  Harness h;
  h.accept(syn_options(1460, -1, true));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = text(300)});
  h.discard_sent();
  h.deliver({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = text(100)});
  h.deliver({.seq = h.peer_nxt + 100, .ack = h.our_nxt, .flags = Flags::ack, .data = text(100)});
  h.poll();
  const Wire report = h.expect_sent();
  ASSERT_EQ(report.parsed.sack_count, 1);
  EXPECT_EQ(report.parsed.sack[0].left.value(), h.peer_nxt);
  EXPECT_EQ(report.parsed.sack[0].right.value(), h.peer_nxt + 200);
  h.expect_silence();
}

TEST(TextArrives, RFC2883_4_duplicates_apart_of_a_batch_are_told_as_far_as_a_busy_device_lets_them) {
  Harness h;
  h.accept(syn_options(1460, -1, true));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = text(300)});
  h.discard_sent();
  h.link.busy = true;
  h.deliver({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = text(50)});
  h.deliver({.seq = h.peer_nxt + 200, .ack = h.our_nxt, .flags = Flags::ack, .data = text(50)});
  h.link.busy = false;
  h.poll();
  const Wire report = h.expect_sent();
  ASSERT_EQ(report.parsed.sack_count, 1);
  EXPECT_EQ(report.parsed.sack[0].left.value(), h.peer_nxt + 200);
  EXPECT_EQ(report.parsed.sack[0].right.value(), h.peer_nxt + 250);
}

TEST(TextArrives,
     RFC1122_4_2_3_2_a_FIN_with_a_second_full_segment_is_acknowledged_at_once_however_late_others_are) {
  Harness h({.tcp = {.late_fin_acknowledgment = true, .quick_acks = 0}});
  h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = text(1460)});
  h.inject(
      {.seq = h.peer_nxt + 1460, .ack = h.our_nxt, .flags = Flags::ack | Flags::fin, .data = text(1460)});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 2921);
}

TEST(TextArrives, RFC9293_3_10_7_4_an_ACK_whose_text_lies_beyond_the_window_ends_no_handshake) {
  Harness h;
  const auto listener = h.listen(80);
  h.inject({.seq = h.peer_iss, .flags = Flags::syn});
  const Wire reply = h.expect_sent();
  h.inject({.seq = h.peer_nxt + reply.window, .ack = reply.seq + 1, .flags = Flags::ack, .data = "x"});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt);
  EXPECT_FALSE(h.tcp.acceptable(listener));
  EXPECT_FALSE(h.tcp.accept(listener).has_value());
  h.advance(Duration::seconds(2));
  EXPECT_TRUE(h.expect_sent().has(Flags::syn)) << "it goes on";
  h.inject({.seq = h.peer_nxt, .ack = reply.seq + 1, .flags = Flags::ack | Flags::rst});
  EXPECT_EQ(h.tcp.status(listener)->waiting, 0);
  h.tcp.close(listener, h.now);
  h.discard_sent();
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(TextArrives, RFC6093_the_urgent_pointer_holds_until_it_is_acknowledged_and_names_64_KiB_at_most) {
  HarnessOptions options;
  options.tcp.send_buffer = 100000;
  Harness h(options);
  const auto c = h.accept();
  EXPECT_EQ(h.write(c, text(70000), {.urgent = true}), 70000u);
  const Wire first = h.expect_sent();
  EXPECT_FALSE(first.has(Flags::urg)) << "too far";
  Wire last = first;
  while (const auto wire = h.sent()) last = *wire;
  EXPECT_TRUE(last.has(Flags::urg));
  EXPECT_EQ(last.seq + last.urgent, h.our_nxt + 70000);
  EXPECT_EQ(h.write(c, text(10)), 10u);
  // All but the end is acknowledged: urgent still.
  std::uint32_t at = h.our_nxt;
  bool urgent_behind = false;
  while (at < h.our_nxt + 70010) {
    at = std::min(at + 1460, h.our_nxt + static_cast<std::uint32_t>(h.tcp.status(c)->bytes_out));
    h.inject(h.ack_of(at));
    while (const auto wire = h.sent()) {
      if (wire->has(Flags::urg)) {
        EXPECT_EQ(wire->seq + wire->urgent, h.our_nxt + 70000);
      }
      urgent_behind = urgent_behind || (wire->has(Flags::urg) && wire->seq >= h.our_nxt + 70000);
    }
  }
  EXPECT_FALSE(urgent_behind);
  EXPECT_EQ(h.write(c, "abc"), 3u);
  EXPECT_FALSE(h.expect_sent().has(Flags::urg));
}

TEST(TextArrives, RFC9293_MUST_30_no_urgent_pointer_behind_the_urgent_byte) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.no_delay = true});
  EXPECT_EQ(h.write(c, "a", {.urgent = true}), 1u);
  EXPECT_TRUE(h.expect_sent().has(Flags::urg));
  EXPECT_EQ(h.write(c, "b"), 1u);
  EXPECT_FALSE(h.expect_sent().has(Flags::urg));
}

TEST(TextArrives, RFC6093_an_urgent_byte_taken_out_is_there_when_the_mark_was_passed) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.urgent_inline = false});
  h.inject(
      {.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .data = "aXb", .urgent = 2});
  EXPECT_EQ(h.read(c), "a");
  EXPECT_EQ(h.read(c), "b");
  EXPECT_TRUE(h.tcp.readiness(c).urgent);
  EXPECT_EQ(h.tcp.receive_urgent(c).value(), 'X');
  EXPECT_FALSE(h.tcp.readiness(c).urgent);
}

TEST(TextArrives, SO_RCVLOWAT_more_than_the_window_holds_is_as_much_as_it_holds) {
  HarnessOptions options;
  options.tcp.receive_buffer = 2000;
  Harness h(options);
  const auto c = h.accept(syn_options(1460), {.receive_low_water = 100000});
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = text(100)});
  EXPECT_FALSE(h.tcp.readiness(c).readable);
  h.inject({.seq = h.peer_nxt + 100, .ack = h.our_nxt, .flags = Flags::ack, .data = text(1400)});
  EXPECT_TRUE(h.tcp.readiness(c).readable);
}

TEST(TextArrives, RFC9293_3_6_a_FIN_goes_again_apart_from_data_that_fills_a_segment) {
  HarnessOptions options = sender_options();
  options.tcp.tail_loss_probe = false;
  Sender h(options);
  h.send(1);
  h.advance(Duration::milliseconds(10));
  EXPECT_TRUE(h.tcp.shutdown_send(h.c, h.now).ok());
  h.discard_sent();
  h.advance(Duration::milliseconds(310));
  const Wire data = h.expect_sent();
  EXPECT_EQ(data.data.size(), mss);
  EXPECT_FALSE(data.has(Flags::fin));
  h.inject(h.ack_of(h.place(1)));
  EXPECT_EQ(h.tcp.status(h.c)->state, State::fin_wait_1);
  const Wire fin = h.expect_sent();
  EXPECT_TRUE(fin.has(Flags::fin));
  EXPECT_TRUE(fin.data.empty());
}

TEST(TextArrives, RFC9293_3_5_a_simultaneous_open_echoes_the_peers_timestamp) {
  Harness h;
  h.connect();
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1000, -1, false, true, 777)});
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.flags, Flags::syn | Flags::ack);
  EXPECT_EQ(reply.parsed.timestamp_echo, 777u);
}

TEST(TextArrives, RFC9293_3_10_5_ABORT_in_TIME_WAIT_sends_nothing) {
  Harness h;
  const auto c = h.accept();
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::fin | Flags::ack});
  EXPECT_EQ(h.state(c), State::time_wait);
  h.tcp.set_quick_ack(c, true, h.now);
  h.discard_sent();
  h.tcp.abort(c, h.now);
  h.expect_silence();
}

TEST(TextArrives, RFC9293_3_6_FIN_WAIT_2_of_who_closes_then_lasts_a_minute) {
  Harness h;
  const auto c = h.accept();
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.inject(h.ack_of(h.our_nxt + 1));
  EXPECT_EQ(h.state(c), State::fin_wait_2);
  h.tcp.close(c, h.now);
  h.advance(Duration::seconds(59));
  EXPECT_NE(h.digest(), h.fresh);
  h.advance(Duration::seconds(2));
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(TextArrives, RFC9293_3_9_1_1_two_addresses_listen_on_one_port) {
  Harness h;
  const IpAddress second = IpAddress::v4(10, 0, 0, 7);
  EXPECT_TRUE(h.ip.add_address(h.interface, {second, 24}, false, h.now));
  for (const IpAddress& address : {Harness::our_address, second}) {
    const auto listener = h.tcp.bind({address, 80}, true);
    ASSERT_TRUE(listener.ok());
    EXPECT_TRUE(h.tcp.listen(*listener, 1, {}).ok());
  }
}

TEST(TextArrives, RFC3493_5_3_a_listener_for_IPv6_only_is_none_for_IPv4) {
  for (const bool only : {false, true}) {
    Harness h;
    const auto listener = h.tcp.bind({IpAddress::any_v6(), 80}, false, {.v6_only = only});
    ASSERT_TRUE(listener.ok());
    EXPECT_TRUE(h.tcp.listen(*listener, 1, {.v6_only = only}).ok());
    h.inject({.seq = h.peer_iss, .flags = Flags::syn});
    EXPECT_EQ(h.expect_sent().has(Flags::rst), only);
  }
}

TEST(TextArrives, RFC9293_3_9_1_1_a_port_with_several_connections_is_taken) {
  Harness h;
  const auto listener = h.listen(80);
  for (const std::uint16_t port : {1001, 1002, 1003}) {
    h.inject({.seq = 100, .flags = Flags::syn, .remote_port = port});
    const Wire reply = h.expect_sent();
    h.inject({.seq = 101, .ack = reply.seq + 1, .flags = Flags::ack, .remote_port = port});
    const auto c = h.tcp.accept(listener).value();
    if (port == 1003) continue;
    EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
    h.inject({.seq = 101, .ack = reply.seq + 2, .flags = Flags::ack | Flags::fin, .remote_port = port});
    h.discard_sent();
    EXPECT_EQ(h.state(c), State::time_wait);
  }
  h.tcp.close(listener, h.now);
  EXPECT_EQ(h.tcp.bind({IpAddress::any_v4(), 80}, false).error(), Error::address_in_use);
  EXPECT_TRUE(h.tcp.bind({IpAddress::any_v4(), 80}, true).ok());
}

TEST(TextArrives, RFC6691_options_that_leave_no_room_leave_48_bytes) {
  Harness h;
  const auto c = h.accept(syn_options(5, -1, false, true));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 48);
}

TEST(TextArrives, whole_segments_of_what_a_frame_can_point_at) {
  HarnessOptions options;
  options.link.segmentation = 65000;
  options.link.transmit_checksum = true;
  options.blocks = {.small_size = 64, .small_count = 1024};
  options.tcp.send_buffer = 20000;
  Harness h(options);
  const auto c = h.accept(syn_options(100));
  const std::size_t taken = h.write(c, text(5000));
  EXPECT_GT(taken, 1000u);
  const Wire first = h.expect_sent();
  EXPECT_GT(first.data.size(), 100u);
  EXPECT_EQ(first.data.size() % 100, 0u);
}

TEST(TextArrives, RFC9438_5_another_congestion_control_may_be_chosen_while_it_runs) {
  for (const bool hystart : {true, false}) {
    HarnessOptions options = sender_options();
    options.tcp.hystart = hystart;
    options.tcp.rack.enabled = false;
    Sender h(options);
    h.tcp.set_options(h.c, {.congestion = CongestionControl::reno}, h.now);
    h.send(10);
    h.acknowledge(0, {{1, 4}});
    EXPECT_EQ(h.status().slow_start_threshold, 5 * mss) << "half, not 0.7";
  }
}

TEST(TextArrives, a_route_that_changes_leaves_what_was_sent_alone) {
  Harness h;
  const auto c = h.accept();
  EXPECT_EQ(h.write(c, text(3000)), 3000u);
  h.discard_sent();
  EXPECT_TRUE(h.ip.add_address(h.interface, {IpAddress::v4(10, 0, 0, 9), 24}, false, h.now));
  EXPECT_EQ(h.write(c, text(1460)), 1460u);
  EXPECT_EQ(h.expect_sent().seq, h.our_nxt + 3000);
  EXPECT_EQ(h.tcp.status(c)->retransmissions, 0u);
}

}  // namespace
}  // namespace linnet::tcp::test
