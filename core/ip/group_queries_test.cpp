// SPDX-License-Identifier: Apache-2.0
// RFC 3376 5.2 and RFC 3810 6.2: how queries of the newest versions are answered; hostile-packet rows C13.
#include "core/ip/test_groups.hpp"

namespace linnet::ip::test {
namespace {

class GroupQueries : public testing::TestWithParam<bool> {
 protected:
  Listener host{GetParam()};
  const bool v4 = GetParam();
  void settled(const Filter& filter, std::uint8_t n = 5) {
    EXPECT_EQ(host.set(filter, n), GroupError::none);
    host.run_for(second * 30);
  }
};
INSTANTIATE_TEST_SUITE_P(BothFamilies, GroupQueries, testing::Bool(), family_name);

TEST_P(GroupQueries, RFC3376_5_2_a_general_query_is_answered_once_for_all_groups_within_its_time) {
  settled(include({1, 2}), 5);
  settled(exclude({3}), 6);
  settled(exclude(), 7);
  std::vector<Duration> delays;
  for (int i = 0; i < 100; ++i) {
    const Instant start = host.now;
    host.query({.delay = 5000});
    const std::vector<Sent> sent = host.run_for(second * 20);
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].text, "5:IS_IN(1 2) 6:IS_EX(3) 7:IS_EX()");
    delays.push_back(sent[0].at - start);
  }
  const auto [least, most] = std::minmax_element(delays.begin(), delays.end());
  EXPECT_GT(*least, Duration());
  EXPECT_LT(*least, second) << "at random";
  EXPECT_LE(*most, second * 5);
  EXPECT_GT(*most, second * 4);
}

TEST_P(GroupQueries, RFC3376_5_2_the_table_of_answers) {
  const std::vector<Filter> states = all_filters(3);
  for (const Filter& state : states) {
    for (const Filter& about : all_filters(4)) {
      if (about.mode == FilterMode::exclude) continue;
      Listener one(v4);
      ASSERT_EQ(one.set(state), GroupError::none);
      one.run_for(second * 9);
      one.query({.about = 5, .sources = about.sources});
      Texts expected;
      const bool joined = state.mode == FilterMode::exclude || !state.sources.empty();
      if (about.sources.empty() && joined) {
        const bool includes = state.mode == FilterMode::include;
        expected = {"5:" + text(includes ? "IS_IN" : "IS_EX", state.sources)};
      } else {
        // A*B of INCLUDE (A), B-A of EXCLUDE (A): of those asked about, what is wanted.
        std::vector<std::uint8_t> wanted;
        for (const std::uint8_t n : about.sources) {
          if (state.permits(n)) wanted.push_back(n);
        }
        if (!wanted.empty()) expected = {"5:" + text("IS_IN", wanted)};
      }
      ASSERT_EQ(one.texts_for(second * 20), expected);
      EXPECT_TRUE(one.groups.next_deadline().is_never());
    }
  }
}

TEST_P(GroupQueries, RFC3376_5_2_rule_1_a_general_answer_that_comes_sooner_is_enough) {
  settled(exclude());
  host.query({.delay = 100});
  const Instant pending = host.groups.next_deadline();
  for (int i = 0; i < 20; ++i) {
    host.query({.delay = 10000});
    host.query({.about = 5, .delay = 10000});
    host.query({.about = 5, .sources = {1}, .delay = 10000});
  }
  EXPECT_LE(host.groups.next_deadline(), pending);
  const std::vector<Sent> sent = host.run_for(second * 20);
  EXPECT_LE(sent.size(), 2u);  // a delay drawn may be shorter still, once
  EXPECT_EQ(sent.back().text, "5:IS_EX()");
}

TEST_P(GroupQueries, RFC3376_5_2_rule_2_a_sooner_general_answer_replaces_the_pending_one) {
  settled(exclude());
  host.query({.delay = 10000});
  host.query({.delay = 100});
  const std::vector<Sent> sent = host.run_for(second * 20);
  EXPECT_EQ(sent.size(), 1u);
}

TEST_P(GroupQueries, RFC3376_5_2_rule_3_only_the_group_that_is_asked_about) {
  settled(exclude(), 5);
  settled(exclude(), 6);
  host.query({.about = 6});
  EXPECT_EQ(host.texts_for(second * 20), Texts{"6:IS_EX()"});
  host.query({.about = 9});
  EXPECT_TRUE(host.texts_for(second * 20).empty()) << "no member";
}

/// Found by fuzzing: such a source was written as four bytes, and the report was shorter than it said.
TEST(GroupQueriesOfIpv6, C13_03_sources_that_look_like_mapped_addresses_are_answered_whole) {
  Listener host(false);
  EXPECT_EQ(host.set(exclude()), GroupError::none);
  host.run_for(second * 30);
  Buffer query = query_bytes(false, {.about = 5, .sources = {1, 2}});
  const auto mapped = IpAddress::v4(192, 0, 2, 1).bytes();
  std::copy(mapped.begin(), mapped.end(), query.end() - 16);
  EXPECT_EQ(host.receive(query), Drop::none);
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:IS_IN(1 1)"});
}

TEST_P(GroupQueries, RFC3376_5_2_rule_4_a_query_about_the_group_clears_the_sources) {
  settled(exclude());
  host.query({.about = 5, .sources = {1}});
  host.query({.about = 5});
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:IS_EX()"});
  host.query({.about = 5});
  host.query({.about = 5, .sources = {1}});
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:IS_EX()"});
}

TEST_P(GroupQueries, RFC3376_5_2_rule_5_sources_of_several_queries_are_answered_together_and_soon) {
  settled(exclude({2}));
  host.query({.about = 5, .sources = {1, 2}, .delay = 10000});
  const Instant asked = host.now;
  host.query({.about = 5, .sources = {3}, .delay = 100});
  const std::vector<Sent> sent = host.run_for(second * 20);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].text, "5:IS_IN(1 3)");
  EXPECT_LE(sent[0].at - asked, Duration::milliseconds(100));
  host.query({.about = 5, .sources = {4}});
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:IS_IN(4)"}) << "those before are forgotten";
}

TEST_P(GroupQueries, RFC3376_9_1_more_sources_than_can_be_remembered_are_answered_by_the_whole) {
  settled(exclude({1}));
  host.query({.about = 5, .sources = {2, 3, 4, 5, 6, 7, 8}});
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:IS_IN(2 3 4 5 6 7 8)"});
  host.query({.about = 5, .sources = {2, 3, 4, 5, 6, 7, 8, 9}});
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:IS_EX(1)"});
  host.query({.about = 5, .sources = {2, 3, 4, 5, 6, 7, 8}});
  EXPECT_EQ(host.set(include({11, 12})), GroupError::none) << "a change needs the room";
  EXPECT_EQ(host.collect(), Texts{"5:TO_IN(11 12)"});
  const Texts texts = host.texts_for(second * 20);
  EXPECT_EQ(std::count(texts.begin(), texts.end(), "5:IS_IN(11 12)"), 1)
      << "some of what was asked is forgotten";
}

TEST_P(GroupQueries, RFC3376_5_2_who_has_left_meanwhile_answers_nothing) {
  settled(exclude());
  host.query({.about = 5});
  host.query({});
  EXPECT_EQ(host.leave(), GroupError::none);
  EXPECT_EQ(host.texts_for(second * 20), (Texts{"5:TO_IN()", "5:TO_IN()"}));
}

TEST_P(GroupQueries, RFC3376_5_2_a_change_does_not_wait_for_an_answer_nor_the_other_way_round) {
  settled(include({1}));
  host.query({.about = 5});
  EXPECT_EQ(host.set(include({1, 2})), GroupError::none);
  Texts texts = host.texts_for(second * 20);
  EXPECT_EQ(texts[0], "5:ALLOW(2)");
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(texts, (Texts{"5:ALLOW(2)", "5:ALLOW(2)", "5:IS_IN(1 2)"}));
}

TEST_P(GroupQueries, C13_01_all_response_codes_robustness_and_intervals) {
  settled(exclude());
  for (unsigned code = 0; code < 256; ++code) {
    for (const std::uint8_t interval : {0, 1, 0x7f, 0x80, 0xff}) {
      Buffer message = query_bytes(v4, {.robustness = 0, .interval = interval});
      message[v4 ? 1 : 4] = static_cast<std::uint8_t>(code);
      if (v4) igmp::finish(message);
      const Instant start = host.now;
      ASSERT_EQ(host.receive(message), Drop::none);
      const Duration most = Duration::milliseconds(
          v4 ? igmp::maximum_response_time(static_cast<std::uint8_t>(code))
             : mld::maximum_response_delay(static_cast<std::uint16_t>(code << 8 | (10000 & 0xff))));
      const std::vector<Sent> sent = host.run_for(second * 10000);
      ASSERT_EQ(sent.size(), 1u) << code;
      EXPECT_LE(sent[0].at - start, std::max(most, millisecond * 10));
    }
  }
}

TEST_P(GroupQueries, C13_01_a_flood_of_queries_without_delay_has_few_answers) {
  settled(exclude());
  std::size_t answers = 0;
  for (int i = 0; i < 10000; ++i) {  // 100 milliseconds
    host.query({.delay = 0});
    host.query({.about = 5, .delay = 0});
    answers += host.run_for(Duration::microseconds(10)).size();
  }
  EXPECT_GT(answers, 0u);
  EXPECT_LT(answers, 1000u) << "of 20,000 queries";
}

TEST_P(GroupQueries, C13_02_a_query_before_there_is_any_group) {
  const auto fresh = host.digest();
  host.query({.about = 5});
  host.query({.about = 5, .sources = {1, 2}});
  host.query({});
  host.query({.version = HostMode::older, .about = 5});
  EXPECT_TRUE(host.texts_for(second * 20).empty());
  EXPECT_EQ(host.digest(), fresh);
}

TEST_P(GroupQueries, C13_03_every_truncation_is_dropped_and_changes_nothing) {
  settled(exclude());
  const auto before = host.digest();
  const Buffer whole = query_bytes(v4, {.about = 5, .sources = {1, 2, 3}});
  const std::size_t header = v4 ? 12 : 28;
  for (std::size_t size = header; size < whole.size(); ++size) {
    Buffer cut = test6::prefix_of(whole, size);
    if (v4) igmp::finish(cut);
    EXPECT_EQ(host.receive(cut), v4 ? Drop::igmp_malformed : Drop::mld_malformed) << size;
  }
  EXPECT_EQ(host.receive({}), v4 ? Drop::igmp_malformed : Drop::mld_malformed);
  EXPECT_EQ(host.digest(), before);
  EXPECT_TRUE(host.groups.next_deadline().is_never());
}

TEST_P(GroupQueries, C13_06_what_comes_from_off_the_link_is_dropped) {
  settled(exclude());
  const Buffer message = query_bytes(v4, {});
  const Drop malformed = v4 ? Drop::igmp_malformed : Drop::mld_malformed;
  for (const std::uint8_t ttl : {0, 2, 64, 255}) {
    const Drop why =
        v4 ? host.groups.receive_igmp(0, message, {source(v4, 9), all_systems, ttl, true}, host.now)
           : host.groups.receive_mld(0, message, {test6::address("fe80::1"), ttl, true}, host.now);
    EXPECT_EQ(why, malformed);
  }
  EXPECT_TRUE(host.groups.next_deadline().is_never());
}

TEST_P(GroupQueries, RFC3376_4_messages_for_routers_are_ignored) {
  settled(exclude());
  const auto before = host.digest();
  std::array<std::uint8_t, 24> room;
  for (const std::uint8_t type : {igmp::leave_group, igmp::report_v3, std::uint8_t{0x13}, std::uint8_t{0}}) {
    Writer writer(room);
    igmp::Report::write(writer, type, group(true, 5));
    igmp::finish(writer.written());
    EXPECT_EQ(
        host.groups.receive_igmp(0, writer.written(), {source(true, 9), group(true, 5), 1, true}, host.now),
        Drop::igmp_type);
  }
  for (const std::uint8_t type : {icmpv6::listener_done, icmpv6::listener_report_v2}) {
    Writer writer(room);
    mld::ReportV1::write(writer, type, group(false, 5));
    EXPECT_EQ(host.groups.receive_mld(0, writer.written(), {test6::address("fe80::2"), 1, true}, host.now),
              Drop::icmp_type);
  }
  EXPECT_EQ(host.digest(), before);
}

}  // namespace
}  // namespace linnet::ip::test
