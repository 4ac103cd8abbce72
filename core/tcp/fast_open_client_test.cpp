// SPDX-License-Identifier: Apache-2.0
// RFC 7413: the client, what it remembers of servers, and the option.
#include "core/tcp/test_fast_open.hpp"

namespace linnet::tcp::test {
namespace {

TEST(FastOpenClient, RFC7413_4_1_3_asks_for_a_cookie_then_uses_it) {
  for (const bool experimental : {false, true}) {
    FastOpenHarness h;
    const auto first = h.open("data");
    const Wire request = h.expect_syn();
    EXPECT_EQ(request.parsed.fast_open, FastOpenCookie{});
    EXPECT_TRUE(request.data.empty());
    EXPECT_EQ(h.tcp.status(first)->send_queue, 0u);  // nothing taken: it is for send
    h.answer(h.our_nxt, cookie_of("cookie", experimental));
    EXPECT_EQ(h.state(first), State::established);
    h.tcp.abort(first, h.now);
    h.discard_sent();

    const auto second = h.open("data");
    const Wire syn = h.expect_syn();
    EXPECT_EQ(syn.parsed.fast_open, cookie_of("cookie", experimental));
    EXPECT_EQ(syn.data, "data");
    h.answer(h.our_nxt + 4);
    EXPECT_EQ(h.state(second), State::established);
    EXPECT_TRUE(h.tcp.status(second)->syn_data);
    EXPECT_EQ(h.tcp.status(second)->send_queue, 0u);
    h.discard_sent();
    h.write(second, "more");
    EXPECT_EQ(h.expect_sent().seq, h.our_nxt + 4);
  }
}

TEST(FastOpenClient, RFC7413_4_2_1_data_on_the_syn_is_bounded_by_the_servers_segment_size) {
  FastOpenHarness h;
  h.learn(cookie_of("12345678"));
  const auto c = h.open(std::string(5000, 'x'));
  EXPECT_EQ(h.expect_syn().data.size(), 960u);  // 1000 less room for options
  EXPECT_EQ(h.tcp.status(c)->send_queue, 960u);
}

TEST(FastOpenClient, RFC7413_4_2_2_data_that_was_not_taken_is_sent_again_at_once) {
  FastOpenHarness h;
  h.learn(cookie_of("12345678"));
  const auto c = h.open("data");
  h.expect_syn();
  h.answer(h.our_nxt, cookie_of("abcdefgh"));
  const Wire again = h.expect_sent();
  EXPECT_EQ(again.data, "data");
  EXPECT_EQ(again.seq, h.our_nxt);
  EXPECT_FALSE(h.tcp.status(c)->syn_data);
  h.inject(h.ack_of(h.our_nxt + 4));
  EXPECT_EQ(h.tcp.status(c)->send_queue, 0u);
  EXPECT_TRUE(h.tcp.fast_open_ready({Harness::peer_address, 1}, {.fast_open = true}, h.now));
}

TEST(FastOpenClient, a_part_that_was_taken_is_not_sent_again) {
  FastOpenHarness h;
  h.learn(cookie_of("12345678"));
  h.open("abcdef");
  h.expect_syn();
  h.answer(h.our_nxt + 2);
  const Wire again = h.expect_sent();
  EXPECT_EQ(again.data, "cdef");
  EXPECT_EQ(again.seq, h.our_nxt + 2);
}

TEST(FastOpenClient, RFC7413_4_1_3_1_a_lost_syn_is_repeated_bare_and_disables_for_a_while) {
  FastOpenHarness h;
  h.learn(cookie_of("12345678"));
  const auto c = h.open("data");
  h.expect_syn();
  h.advance(Duration::milliseconds(1100));
  const Wire bare = h.expect_sent();
  EXPECT_EQ(bare.flags, Flags::syn);
  EXPECT_EQ(bare.seq, h.our_iss);
  EXPECT_TRUE(bare.data.empty());
  EXPECT_FALSE(bare.parsed.fast_open.has_value());
  h.answer(h.our_nxt);
  EXPECT_EQ(h.expect_sent().data, "data");
  EXPECT_EQ(h.state(c), State::established);
  const Endpoint server{Harness::peer_address, server_port};
  EXPECT_FALSE(h.tcp.fast_open_ready(server, {.fast_open = true}, h.now));
  EXPECT_TRUE(h.tcp.fast_open_ready(server, {.fast_open = true}, h.now + Duration::seconds(121)));
}

TEST(FastOpenClient, RFC7413_4_1_3_1_with_a_back_off_of_zero_a_loss_is_not_remembered) {
  HarnessOptions options = fast_open_options(FastOpen::client);
  options.tcp.fast_open_back_off = Duration();
  FastOpenHarness h(options);
  h.learn(cookie_of("12345678"));
  h.open("data");
  h.expect_syn();
  h.advance(Duration::milliseconds(1100));
  EXPECT_TRUE(h.expect_sent().data.empty());
  EXPECT_TRUE(h.tcp.fast_open_ready({Harness::peer_address, server_port}, {.fast_open = true}, h.now));
}

TEST(FastOpenClient, a_server_without_option_34_is_asked_by_the_experimental_one) {
  FastOpenHarness h;
  h.tcp.abort(h.open(""), h.now);
  h.expect_syn();
  const auto first = h.open("");
  EXPECT_FALSE(h.expect_syn().parsed.fast_open->experimental);
  h.answer(h.our_nxt);
  h.tcp.abort(first, h.now);
  h.discard_sent();
  h.open("");
  EXPECT_TRUE(h.expect_syn().parsed.fast_open->experimental);
}

TEST(FastOpenClient, without_cookie_mode_sends_data_to_anybody) {
  FastOpenHarness h(FastOpen::client | FastOpen::client_without_cookie);
  h.open("data");
  const Wire syn = h.expect_syn();
  EXPECT_EQ(syn.data, "data");
  EXPECT_FALSE(syn.parsed.fast_open.has_value());
}

TEST(FastOpenClient, nobody_who_did_not_ask_has_the_option) {
  FastOpenHarness h;
  h.learn(cookie_of("12345678"));
  ASSERT_TRUE(h.tcp.connect({}, {Harness::peer_address, server_port}, {}, h.now).ok());
  EXPECT_FALSE(h.expect_syn().parsed.fast_open.has_value());
}

TEST(FastOpenClient, the_cache_forgets_whom_it_met_longest_ago) {
  std::vector<std::uint8_t> memory(4096);
  Arena arena(memory);
  FastOpenCache cache(arena, 2);
  const auto server = [](std::uint8_t n) { return IpAddress::v4(10, 0, 1, n); };
  cache.obtain(server(1))->cookie = cookie_of("aaaa");
  cache.obtain(server(2));
  EXPECT_EQ(cache.obtain(server(1))->cookie, cookie_of("aaaa"));
  EXPECT_EQ(cache.obtain(server(3))->cookie.size, 0);
  EXPECT_EQ(cache.find(server(2)), nullptr);
  EXPECT_NE(cache.find(server(1)), nullptr);
}

TEST(FastOpenWire, RFC7413_4_1_1_lengths) {
  for (int length = 0; length <= 18; ++length) {
    std::vector<std::uint8_t> area{34, static_cast<std::uint8_t>(length + 2)};
    area.resize(static_cast<std::size_t>(length) + 2, 7);
    const auto options = SegmentOptions::parse(area, true);
    ASSERT_TRUE(options.has_value());
    const bool possible = length == 0 || (length >= 4 && length <= 16 && length % 2 == 0);
    EXPECT_EQ(options->fast_open.has_value(), possible) << length;
    EXPECT_FALSE(SegmentOptions::parse(area, false)->fast_open.has_value());  // SYN only
  }
}

TEST(FastOpenClient, RFC7413_4_1_3_a_cookie_that_nobody_asked_for_or_of_no_length_is_nobodys) {
  for (const bool asked : {false, true}) {
    FastOpenHarness h;
    h.peer_port = server_port;
    const std::string text = "data";
    const Bytes bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    const Options user{.fast_open = true, .fast_open_without_cookie = !asked};
    ASSERT_TRUE(h.tcp.connect({}, {Harness::peer_address, server_port}, user, h.now, {&bytes, 1}).ok());
    const Wire syn = h.expect_syn();
    EXPECT_EQ(syn.data, asked ? "" : "data");
    h.answer(h.our_nxt + static_cast<std::uint32_t>(syn.data.size()), asked ? FastOpenCookie{} : cookie_of("12345678"));
    h.discard_sent();
    EXPECT_FALSE(h.tcp.fast_open_ready({Harness::peer_address, server_port}, {.fast_open = true}, h.now));
  }
}

TEST(FastOpenClient, RFC7413_4_2_2_data_on_a_SYN_that_crosses_the_servers) {
  struct Row {
    const char* what;
    std::uint32_t taken;
    std::string again;
  };
  for (const Row& row : {Row{"none was taken", 0, "data"}, Row{"a part was", 3, "a"}, Row{"all of it", 4, ""}}) {
    SCOPED_TRACE(row.what);
    FastOpenHarness h;
    h.learn(cookie_of("12345678"));
    const auto c = h.open("data");
    EXPECT_EQ(h.expect_syn().data, "data");
    h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_with({})});
    EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack);
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + row.taken, .flags = Flags::ack});
    EXPECT_EQ(h.state(c), State::established);
    const bool all = row.taken == 4;
    EXPECT_EQ(h.tcp.status(c)->measured.state, all ? CongestionState::open : CongestionState::loss);
    std::string again;
    for (int i = 0; i < 20; ++i) {
      while (const auto wire = h.sent()) {
        if (wire->data.empty()) continue;
        EXPECT_EQ(wire->seq, h.our_nxt + row.taken);
        again = wire->data;
      }
      h.advance(Duration::milliseconds(200));
    }
    EXPECT_EQ(again, row.again);
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 4, .flags = Flags::ack});
    EXPECT_EQ(h.tcp.status(c)->send_queue, 0u);
    h.advance(Duration::seconds(10));
    h.discard_sent();
    EXPECT_EQ(h.state(c), State::established);
  }
}

}  // namespace
}  // namespace linnet::tcp::test
