// SPDX-License-Identifier: Apache-2.0
// RFC 7413 4.2.2: a server's connection between the SYN that made it and the end of the handshake is one like
// any other.
#include "core/tcp/test_fast_open.hpp"

namespace linnet::tcp::test {
namespace {

TEST(FastOpenEarly, RFC7413_4_2_what_a_SYN_must_bring_to_make_a_connection) {
  struct Row {
    const char* what;
    bool cookie;
    std::string data;
    bool connection;
  };
  for (const Row& row :
       {Row{"neither cookie nor data: nothing is to be had early", false, "", false},
        Row{"a byte, where none needs a cookie", false, "x", true},
        Row{"a cookie alone: the answer may be early", true, "", true}, Row{"both", true, "x", true}}) {
    SCOPED_TRACE(row.what);
    FastOpenHarness h(row.cookie ? FastOpen::server : FastOpen::server | FastOpen::server_without_cookie);
    const auto listener = h.serve();
    h.inject(h.syn(row.cookie ? std::optional(h.right()) : std::nullopt, row.data));
    EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + row.data.size());
    const auto c = h.tcp.accept(listener);
    ASSERT_EQ(c.has_value(), row.connection);
    if (c) {
      EXPECT_EQ(h.tcp.status(*c)->syn_data, !row.data.empty());
    }
  }
}

TEST(FastOpenEarly, RFC6528_3_the_initial_number_is_one_of_the_four_tuple) {
  FastOpenHarness h;
  h.serve();
  std::vector<std::uint32_t> numbers;
  for (const std::uint16_t port : {1001, 1002, 1003}) {
    h.inject(h.syn(h.right(), "GET", port));
    numbers.push_back(h.expect_sent().seq);
  }
  EXPECT_NE(numbers[0], numbers[1]);
  EXPECT_NE(numbers[1], numbers[2]);
  EXPECT_NE(numbers[0], numbers[2]);
}

TEST(FastOpenEarly, RFC9293_3_8_6_2_1_the_window_of_the_SYN_is_not_filled_by_crumbs) {
  FastOpenHarness h;
  const auto listener = h.serve();
  Wire syn = h.syn(h.right(), "GET");
  syn.window = 1500;
  h.inject(syn);
  h.discard_sent();
  h.write(h.tcp.accept(listener).value(), std::string(3000, 'x'));
  EXPECT_EQ(h.expect_sent().data.size(), 1000u);
  h.expect_silence();  // 500 are left, which is no segment, and not half of what was ever offered
}

TEST(FastOpenEarly, RFC6298_3_the_handshake_is_measured_if_its_SYN_ACK_went_once) {
  for (const bool again : {false, true}) {
    FastOpenHarness h;
    const auto [c, iss] = h.accept_early();
    if (again) h.advance(ms(1100));
    h.discard_sent();
    h.advance(ms(100));
    h.inject({.seq = h.peer_nxt + 3, .ack = iss + 1, .flags = Flags::ack});
    EXPECT_EQ(h.state(c), State::established);
    EXPECT_EQ(h.tcp.status(c)->smoothed_rtt, again ? Duration() : ms(100));
  }
}

TEST(FastOpenEarly, RFC5482_the_users_timeout_counts_from_the_SYN) {
  FastOpenHarness h;
  const auto listener = h.listen(server_port, 8, {.fast_open_queue = 4, .user_timeout = ms(1500)});
  h.inject(h.syn(h.right(), "GET"));
  h.discard_sent();
  const auto c = h.tcp.accept(listener).value();
  h.advance(ms(1400));
  EXPECT_TRUE(h.expect_sent().has(Flags::syn)) << "there is time for one more";
  EXPECT_EQ(h.state(c), State::syn_received);
  h.advance(ms(200));
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
}

TEST(FastOpenEarly, RFC7413_4_2_2_the_SYN_ACK_acknowledges_the_data_and_nothing_else_does) {
  FastOpenHarness h;
  const auto [c, iss] = h.accept_early();
  h.expect_silence();
  h.inject({.seq = h.peer_nxt + 3, .ack = iss + 1, .flags = Flags::ack});
  EXPECT_EQ(h.state(c), State::established);
  h.expect_silence();  // an ACK without data needs none
  h.advance(Duration::seconds(1));
  h.expect_silence();
}

TEST(FastOpenEarly, RFC9293_MUST_58_every_second_segment_is_counted_from_the_SYN_ACK_on) {
  HarnessOptions options = fast_open_options(FastOpen::server);
  options.tcp.quick_acks = 0;
  FastOpenHarness h(options);
  h.serve();
  h.inject(h.syn(h.right(), std::string(1000, 'x')));
  const std::uint32_t ack = h.expect_sent().seq + 1;
  std::uint32_t seq = h.peer_nxt + 1000;
  for (const std::size_t size : {1000, 999, 1}) {
    h.expect_silence();  // two full segments are not there yet
    h.inject({.seq = seq, .ack = ack, .flags = Flags::ack, .data = std::string(size, 'x')});
    seq += static_cast<std::uint32_t>(size);
  }
  EXPECT_EQ(h.expect_sent().ack, seq);
}

TEST(FastOpenEarly, RFC7323_4_3_the_timestamp_behind_the_data_of_the_SYN_is_the_next_to_be_echoed) {
  FastOpenHarness h;
  const auto listener = h.serve();
  OptionsWriter writer;
  writer.syn({.maximum_segment_size = 1000, .timestamp = {{.value = 77}}, .fast_open = h.right()},
             OptionOrder::compact);
  Wire syn = h.syn({}, "GET");
  syn.options.assign(writer.finish().begin(), writer.finish().end());
  h.inject(syn);
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.parsed.timestamp_echo, 77u);
  const auto c = h.tcp.accept(listener).value();
  h.inject({.seq = h.peer_nxt + 3,
            .ack = reply.seq + 1,
            .flags = Flags::ack,
            .options = timestamp_option(88, reply.parsed.timestamp_value)});
  h.write(c, "answer");
  EXPECT_EQ(h.expect_sent().parsed.timestamp_echo, 88u);
}

TEST(FastOpenEarly, RFC9293_3_8_6_the_window_of_the_SYN_ACK_is_as_large_as_without_data) {
  const auto window = [](const std::string& data) {
    HarnessOptions options = fast_open_options(FastOpen::server);
    options.tcp.first_window = 10000;  // half of the buffer
    FastOpenHarness h(options);
    h.serve();
    h.inject(h.syn(h.right(), data));
    const Wire reply = h.expect_sent();
    EXPECT_EQ(reply.ack, h.peer_nxt + data.size());
    return reply.window;
  };
  const std::uint16_t without = window("");
  EXPECT_EQ(without, 10000);
  EXPECT_EQ(window("GET"), without);
}

TEST(FastOpenEarly, RFC9293_3_8_6_data_of_the_SYN_takes_its_room_where_the_buffer_is_small) {
  HarnessOptions options = fast_open_options(FastOpen::server);
  options.tcp.receive_buffer = 2000;
  FastOpenHarness h(options);
  h.serve();
  h.inject(h.syn(h.right(), std::string(900, 'x')));
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.ack, h.peer_nxt + 900);
  EXPECT_EQ(reply.window, 1100);
}

TEST(FastOpenEarly, RFC7413_5_1_a_connection_counts_as_pending_until_its_handshake_is_over_and_once) {
  FastOpenHarness h;
  const auto listener = h.serve(1);
  for (const std::uint16_t port : {1001, 1002, 1003}) {
    SCOPED_TRACE(port);
    h.inject(h.syn(h.right(), "GET", port));
    const Wire reply = h.expect_sent();
    EXPECT_EQ(reply.ack, h.peer_nxt + 3) << "there is room for one";
    h.inject(h.syn(h.right(), "GET", 2000));
    EXPECT_EQ(h.expect_sent().ack, h.peer_nxt) << "and for no more";
    h.inject({.seq = h.peer_nxt, .ack = 0, .flags = Flags::rst, .remote_port = 2000});
    h.inject({.seq = h.peer_nxt + 3, .ack = reply.seq + 1, .flags = Flags::ack, .remote_port = port});
    const auto c = h.tcp.accept(listener).value();
    EXPECT_EQ(h.state(c), State::established);
    h.tcp.abort(c, h.now);
    h.discard_sent();
  }
}

TEST(FastOpenEarly,
     RFC9293_3_10_7_4_an_ACK_of_nothing_or_of_what_was_never_sent_is_reset_and_brings_nothing) {
  for (const std::uint32_t acknowledged : {0, 2}) {
    FastOpenHarness h;
    const auto [c, iss] = h.accept_early();
    EXPECT_EQ(h.read(c), "GET");
    h.inject({.seq = h.peer_nxt + 3, .ack = iss + acknowledged, .flags = Flags::ack, .data = "more"});
    const Wire reset = h.expect_sent();
    EXPECT_EQ(reset.flags, Flags::rst);
    EXPECT_EQ(reset.seq, iss + acknowledged);
    EXPECT_EQ(h.drops.of(Drop::tcp_bad_ack), 1u);
    EXPECT_EQ(h.state(c), State::syn_received);
    EXPECT_EQ(h.read(c), "");
  }
}

TEST(FastOpenEarly, RFC6298_5_what_was_sent_early_has_a_whole_timeout_from_the_end_of_the_handshake) {
  HarnessOptions options = fast_open_options(FastOpen::server);
  options.tcp.tail_loss_probe = false;
  FastOpenHarness h(options);
  const auto [c, iss] = h.accept_early();
  h.write(c, "x");
  h.discard_sent();
  h.advance(ms(100));
  h.inject({.seq = h.peer_nxt + 3, .ack = iss + 1, .flags = Flags::ack});
  h.advance(ms(295));  // of the round trip, and 200 ms
  h.expect_silence();
  h.advance(ms(10));
  EXPECT_EQ(h.expect_sent().data, "x");
}

}  // namespace
}  // namespace linnet::tcp::test
