// SPDX-License-Identifier: Apache-2.0
// RFC 3376 7.2 and RFC 3810 8.2: a host among queriers and members of older versions (RFC 1112, RFC 2236, RFC
// 2710).
#include "core/ip/test_groups.hpp"

namespace linnet::ip::test {
namespace {

const QueryFields older{.version = HostMode::older};
const QueryFields oldest{.version = HostMode::igmp_v1};

class GroupVersions : public testing::TestWithParam<bool> {
 protected:
  Listener host{GetParam()};
  const bool v4 = GetParam();
  void settled(const Filter& filter, std::uint8_t n = 5) {
    EXPECT_EQ(host.set(filter, n), GroupError::none);
    host.run_for(second * 30);
  }
};
INSTANTIATE_TEST_SUITE_P(BothFamilies, GroupVersions, testing::Bool(), family_name);

TEST_P(GroupVersions, RFC3376_7_2_1_an_older_general_query_is_answered_group_by_group_in_its_version) {
  settled(include({1}), 5);
  settled(exclude(), 6);
  const Instant start = host.now;
  host.query(older);
  const std::vector<Sent> sent = host.run_for(second * 20);
  ASSERT_EQ(sent.size(), 2u);
  Texts texts{sent[0].text, sent[1].text};
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(texts, (Texts{"5:older", "6:older"}));
  EXPECT_NE(sent[0].at, sent[1].at) << "a timer for each";
  EXPECT_LE(sent[1].at - start, second * 10);
}

TEST_P(GroupVersions, RFC3376_7_2_1_the_mode_ends_with_the_querier_present_timer) {
  settled(exclude());
  host.query({.robustness = 3, .interval = 20});
  host.run_for(second * 30);
  host.query(older);
  host.run_for(second * 69);  // 3 * 20 + 10: RFC 3376 8.12
  host.query({.about = 5});
  EXPECT_EQ(host.collect(), Texts{}) << "its answer, of the old kind, comes at random";
  host.run_for(second);
  EXPECT_EQ(host.leave(), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"5:TO_IN()"}) << "the newest again";
}

TEST_P(GroupVersions, RFC3376_8_12_without_a_query_of_the_newest_the_default_is_260_seconds) {
  settled(exclude());
  host.query(older);
  host.run_for(second * 259);
  EXPECT_EQ(host.set(exclude(), 6), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"6:older"});
  host.run_for(second);
  EXPECT_EQ(host.set(exclude(), 7), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"7:TO_EX()"});
}

TEST_P(GroupVersions, RFC3376_7_2_1_an_older_query_about_a_group_changes_no_mode) {
  settled(exclude());
  host.query({.version = HostMode::older, .about = 5});
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:IS_EX()"});
}

TEST_P(GroupVersions, RFC3376_7_2_1_a_change_of_mode_cancels_what_is_pending) {
  EXPECT_EQ(host.set(include({1})), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"5:ALLOW(1)"});
  host.query({});
  host.query({.about = 5, .sources = {1}});
  host.query(older);
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:older"}) << "the answer to the last one";
}

TEST_P(GroupVersions, RFC3376_7_2_1_and_so_does_its_end) {
  host.query(older);
  host.run_for(second * 260 - millisecond);
  EXPECT_EQ(host.join(), GroupError::none);
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:older"})
      << "repeated neither in this version nor in the newest";
  EXPECT_TRUE(host.groups.next_deadline().is_never());
}

TEST_P(GroupVersions, RFC2236_3_joining_is_reported_at_once_and_again_within_ten_seconds) {
  host.query(older);
  const Instant start = host.now;
  EXPECT_EQ(host.set(include({1})), GroupError::none);
  const std::vector<Sent> sent = host.run_for(second * 30);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].at, start);
  EXPECT_LE(sent[1].at - start, second * 10);
  for (const Sent& s : sent) EXPECT_EQ(s.text, "5:older");
  EXPECT_EQ(host.set(exclude({1})), GroupError::none);
  EXPECT_EQ(host.set(exclude({1, 2})), GroupError::none);
  EXPECT_TRUE(host.texts_for(second * 20).empty()) << "sources are nothing to that version";
  EXPECT_EQ(host.leave(), GroupError::none);
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:leave"});
}

TEST_P(GroupVersions, RFC2236_3_another_report_suppresses_ours_and_the_leave) {
  settled(exclude());
  host.query(older);
  host.hear_report();
  EXPECT_TRUE(host.texts_for(second * 20).empty());
  EXPECT_EQ(host.leave(), GroupError::none);
  EXPECT_TRUE(host.texts_for(second * 20).empty()) << "somebody else was the last to report";
}

TEST_P(GroupVersions, RFC2236_3_who_reported_last_leaves_aloud) {
  settled(exclude());
  host.query(older);
  host.hear_report();
  host.query(older);
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:older"});
  EXPECT_EQ(host.leave(), GroupError::none);
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:leave"});
}

TEST_P(GroupVersions, RFC2236_3_reports_about_other_groups_suppress_nothing) {
  settled(exclude());
  host.query(older);
  host.hear_report(6);
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:older"});
}

TEST_P(GroupVersions, RFC3376_7_2_2_older_members_suppress_nothing_of_the_newest) {
  settled(exclude());
  host.query({});
  host.hear_report();
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:IS_EX()"});
}

TEST_P(GroupVersions, RFC2236_3_a_timer_is_set_anew_only_to_be_sooner) {
  settled(exclude());
  host.query({.version = HostMode::older, .delay = 1000});
  const Instant pending = host.groups.next_deadline();
  host.query({.version = HostMode::older, .about = 5, .delay = 10000});
  EXPECT_EQ(host.groups.next_deadline(), pending);
  host.query({.version = HostMode::older, .about = 5, .delay = 100});
  EXPECT_LE(host.groups.next_deadline() - host.now, Duration::milliseconds(100));
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:older"});
}

TEST_P(GroupVersions, RFC2236_3_only_the_group_that_is_asked_about) {
  settled(exclude(), 5);
  settled(exclude(), 6);
  host.query(older);
  host.run_for(second * 20);
  host.query({.version = HostMode::older, .about = 6});
  EXPECT_EQ(host.texts_for(second * 20), Texts{"6:older"});
}

TEST_P(GroupVersions, RFC3376_7_2_1_queries_of_the_newest_are_answered_in_the_older_mode) {
  settled(exclude());
  host.query(older);
  host.run_for(second * 20);
  host.query({});
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:older"});
  host.query({.about = 5, .sources = {1}});
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:older"});
}

TEST_P(GroupVersions, every_link_starts_with_the_newest) {
  settled(exclude());
  host.query(older);
  host.groups.report_again(0, v4, host.now);
  EXPECT_EQ(host.collect(), Texts{"5:older"});
  host.groups.set_link(0, false, host.now);
  host.groups.set_link(0, true, host.now);
  EXPECT_EQ(host.collect(), Texts{"5:TO_EX()"});
}

TEST(GroupVersionsOfIgmp, RFC3376_7_2_1_the_oldest_querier_decides) {
  Listener host;
  EXPECT_EQ(host.join(), GroupError::none);
  host.run_for(second * 30);
  host.query(oldest);
  const Instant start = host.now;
  const std::vector<Sent> sent = host.run_for(second * 20);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].text, "5:v1");
  EXPECT_LE(sent[0].at - start, second * 10);
  host.query(older);
  EXPECT_EQ(host.texts_for(second * 20), Texts{"5:v1"});
  EXPECT_EQ(host.leave(), GroupError::none);
  EXPECT_TRUE(host.texts_for(second * 20).empty()) << "version 1 knows no leaving";
  host.run_for(second * 210);  // 270 after the first query, 250 after the second
  EXPECT_EQ(host.join(), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"5:older"}) << "the other timer runs still";
  host.run_for(second * 20);
  EXPECT_EQ(host.leave(), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"5:TO_IN()"});
}

TEST(GroupVersionsOfIgmp, RFC2236_5_reports_of_version_1_suppress_as_well) {
  Listener host;
  EXPECT_EQ(host.join(), GroupError::none);
  host.run_for(second * 30);
  host.query(oldest);
  host.hear_report(5, igmp::report_v1);
  EXPECT_TRUE(host.texts_for(second * 20).empty());
}

TEST(GroupVersionsOfIgmp, the_families_do_not_mix) {
  Listener host;
  EXPECT_EQ(host.join(), GroupError::none);
  const Buffer message = query_bytes(false, older);
  EXPECT_EQ(host.groups.receive_mld(0, message, {test6::address("fe80::1"), 1, true}, host.now), Drop::none);
  EXPECT_EQ(host.texts_for(second * 20), (Texts{"5:TO_EX()", "5:TO_EX()"}));
}

}  // namespace
}  // namespace linnet::ip::test
