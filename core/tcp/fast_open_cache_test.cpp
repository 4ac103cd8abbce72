// SPDX-License-Identifier: Apache-2.0
// RFC 7413 4.1.3 and 4.1.3.1: what a client remembers of a server, and what each answer to its SYN teaches.
#include "core/tcp/test_fast_open.hpp"

namespace linnet::tcp::test {
namespace {

const FastOpenCookie known = cookie_of("12345678");

struct Client : FastOpenHarness {
  using FastOpenHarness::FastOpenHarness;
  const FastOpenEntry* entry() { return tcp.fast_open_cache().find(peer_address); }
  ConnectionHandle open_with(const Options& user, const std::vector<std::string>& parts) {
    peer_port = server_port;
    std::vector<Bytes> spans;
    for (const std::string& part : parts)
      spans.emplace_back(reinterpret_cast<const std::uint8_t*>(part.data()), part.size());
    const auto c = tcp.connect({}, {peer_address, server_port}, user, now, spans);
    EXPECT_TRUE(c.ok());
    return *c;
  }
  /// A connection with data on the SYN, which takes so much time to be lost and is forgotten then.
  void lose(std::string_view data) {
    const auto c = open(data);
    EXPECT_EQ(expect_syn().data, data);
    advance(ms(1100));
    tcp.abort(c, now);
    discard_sent();
  }
};

constexpr Options without_cookie{.fast_open = true, .fast_open_without_cookie = true};

TEST(FastOpenCache, RFC7413_4_1_3_an_entry_for_another_server_knows_nothing_of_the_one_before) {
  std::vector<std::uint8_t> memory(4096);
  Arena arena(memory);
  FastOpenCache cache(arena, 1);
  FastOpenEntry& first = *cache.obtain(IpAddress::v4(10, 0, 1, 1));
  first.cookie = known;
  first.losses = 3;
  const FastOpenEntry& second = *cache.obtain(IpAddress::v4(10, 0, 1, 2));
  EXPECT_EQ(second.cookie.size, 0);
  EXPECT_EQ(second.losses, 0);
}

TEST(FastOpenCache, RFC7413_4_2_1_the_data_on_a_SYN_fits_what_path_server_and_user_take) {
  struct Row {
    const char* what;
    std::uint16_t mtu;
    std::uint16_t user;
    std::uint32_t buffer;
    std::size_t size;
  };
  // 40 bytes of headers, and as many that middleboxes may add as options.
  for (const Row& row : {Row{"the path", 1500, 0, 0, 1420}, Row{"a path for headers and a byte", 81, 0, 0, 1},
                         Row{"a path for headers", 80, 0, 0, 0}, Row{"a path for less", 79, 0, 0, 0},
                         Row{"the user", 1500, 540, 0, 500}, Row{"a user who wants no data", 1500, 39, 0, 0},
                         Row{"the send buffer", 1500, 0, 300, 300}}) {
    SCOPED_TRACE(row.what);
    HarnessOptions options = fast_open_options(FastOpen::client);
    options.mtu = row.mtu;
    Client h(options);
    Options user = without_cookie;
    user.maximum_segment_size = row.user;
    user.send_buffer = row.buffer;
    const auto c = h.open_with(user, {std::string(2000, 'x')});
    EXPECT_EQ(h.expect_syn().data.size(), row.size);
    EXPECT_EQ(h.tcp.status(c)->send_queue, row.size);
  }
}

TEST(FastOpenCache, RFC7413_4_2_1_data_in_pieces_travels_as_one) {
  Client h;
  const auto c = h.open_with(without_cookie, {"abc", "", "def"});
  EXPECT_EQ(h.expect_syn().data, "abcdef");
  h.tcp.abort(c, h.now);
  h.open_with(without_cookie, {std::string(800, 'a'), std::string(800, 'b'), std::string(800, 'c')});
  EXPECT_EQ(h.expect_syn().data, std::string(800, 'a') + std::string(620, 'b'));
}

TEST(FastOpenCache, RFC7413_4_2_2_data_on_a_SYN_counts_as_sent_and_as_taken_if_all_of_it_was) {
  for (const std::string data : {"", "x", "data"}) {
    const auto size = static_cast<std::uint32_t>(data.size());
    for (std::uint32_t taken = 0; taken <= size; ++taken) {
      Client h;
      h.learn(known);
      const auto c = h.open(data);
      h.expect_syn();
      EXPECT_EQ(h.tcp.status(c)->bytes_out, size);
      EXPECT_EQ(h.tcp.status(c)->data_segments_out, size > 0 ? 1u : 0u);
      h.answer(h.our_nxt + taken);
      EXPECT_EQ(h.tcp.status(c)->syn_data, size > 0 && taken == size) << data << taken;
      EXPECT_EQ(h.tcp.status(c)->bytes_acknowledged, taken);
    }
  }
}

TEST(FastOpenCache, RFC7413_4_1_3_what_an_answer_teaches) {
  struct Row {
    const char* what;
    std::string before;  // the cookie that is known
    Options user;
    std::string data;
    bool lost;            // the first SYN: what is answered is bare
    std::uint32_t taken;  // of the data
    std::optional<FastOpenCookie> answer;
    std::string after;  // the cookie then; "-": there is no entry
    std::uint8_t tried = 0;
    std::uint8_t losses = 0;
  };
  const Options usual{.fast_open = true};
  const FastOpenCookie other = cookie_of("abcdefgh");
  for (const Row& row :
       {Row{"a cookie that was asked for", "", usual, "", false, 0, known, "12345678"},
        Row{"none, though asked for: the experimental option is next", "", usual, "", false, 0, {}, "", 1},
        Row{"one of no length is none", "", usual, "", false, 0, FastOpenCookie{}, "", 1},
        Row{"none to a SYN that did not ask any more", "", usual, "", true, 0, {}, "-"},
        Row{"none, and the known one is still good", "12345678", usual, "", false, 0, {}, "12345678"},
        Row{"data was taken", "12345678", usual, "data", false, 4, {}, "12345678"},
        Row{"no data was taken, and another cookie given", "12345678", usual, "data", false, 0, other,
            "abcdefgh"},
        Row{"data was lost", "12345678", usual, "data", true, 0, {}, "12345678", 0, 1},
        Row{"no data, and nothing was asked", "", without_cookie, "", false, 0, {}, "-"},
        Row{"data that was not taken, and nothing was asked", "", without_cookie, "data", false, 0, {}, "-"},
        Row{"a byte was taken without a cookie", "", without_cookie, "x", false, 1, {}, ""}}) {
    SCOPED_TRACE(row.what);
    Client h;
    if (!row.before.empty()) h.learn(cookie_of(row.before));
    const auto c = h.open_with(row.user, {row.data});
    EXPECT_EQ(h.expect_syn().data, row.data);
    if (row.lost) h.advance(ms(1100));
    h.answer(h.our_nxt + row.taken, row.answer);
    EXPECT_EQ(h.state(c), State::established);
    const FastOpenEntry* entry = h.entry();
    ASSERT_EQ(entry != nullptr, row.after != "-");
    if (entry == nullptr) continue;
    EXPECT_EQ(entry->cookie, cookie_of(row.after));
    EXPECT_EQ(entry->try_experimental, row.tried);
    EXPECT_EQ(entry->losses, row.losses);
    if (!row.lost) {
      EXPECT_EQ(entry->maximum_segment_size, 1000) << "what it announced";
    }
  }
}

TEST(FastOpenCache, a_server_that_knows_neither_option_is_asked_by_the_experimental_one_once) {
  Client h;
  for (const int time : {0, 1, 2, 3, 4}) {
    const auto c = h.open("");
    EXPECT_EQ(h.expect_syn().parsed.fast_open->experimental, time == 1) << time;
    h.answer(h.our_nxt);
    h.tcp.abort(c, h.now);
    h.discard_sent();
  }
  EXPECT_EQ(h.entry()->try_experimental, 2);
}

TEST(FastOpenCache, RFC7413_4_1_3_1_each_loss_in_a_row_doubles_the_back_off_and_success_ends_the_row) {
  struct Row {
    const char* what;
    std::uint32_t taken;
    std::optional<FastOpenCookie> answer;
    bool ends;
  };
  for (const Row& row : {Row{"data was taken", 4, {}, true}, Row{"one byte was", 1, {}, true},
                         Row{"a cookie came", 0, known, true}, Row{"none of both", 0, {}, false}}) {
    SCOPED_TRACE(row.what);
    Client h;
    h.learn(known);
    const Endpoint server{Harness::peer_address, server_port};
    for (int i = 0; i < 11; ++i) {
      const Instant lost = h.now + Duration::seconds(1);
      h.lose("data");
      const Instant again = lost + Duration::seconds(120 << std::min(i, 8));
      EXPECT_FALSE(h.tcp.fast_open_ready(server, {.fast_open = true}, again - ms(10))) << i;
      EXPECT_TRUE(h.tcp.fast_open_ready(server, {.fast_open = true}, h.entry()->disabled_until)) << i;
      EXPECT_TRUE(h.tcp.fast_open_ready(server, {.fast_open = true}, again + ms(10))) << i;
      h.now = again + ms(10);
    }
    const auto c = h.open("data");
    h.expect_syn();
    h.answer(h.our_nxt + row.taken, row.answer);
    h.tcp.abort(c, h.now);
    h.discard_sent();
    EXPECT_EQ(h.entry()->losses == 0, row.ends);
  }
}

TEST(FastOpenCache, RFC7413_4_1_3_1_a_server_that_gives_no_cookie_does_not_end_the_row_of_losses) {
  Client h;
  const auto lost = h.open_with(without_cookie, {"data"});
  h.expect_syn();
  h.advance(ms(1100));
  h.tcp.abort(lost, h.now);
  h.discard_sent();
  h.advance(Duration::seconds(200));
  EXPECT_EQ(h.entry()->losses, 1);
  h.open("");
  h.expect_syn();
  h.answer(h.our_nxt);
  EXPECT_EQ(h.entry()->try_experimental, 1);
  EXPECT_EQ(h.entry()->losses, 1);
}

}  // namespace
}  // namespace linnet::tcp::test
