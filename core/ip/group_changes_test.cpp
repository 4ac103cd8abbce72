// SPDX-License-Identifier: Apache-2.0
// RFC 3376 5.1 and RFC 3810 6.1: what routers are told of a change, how often, and in how many messages.
#include "core/ip/test_groups.hpp"

namespace linnet::ip::test {
namespace {

class GroupChanges : public testing::TestWithParam<bool> {
 protected:
  Listener host{GetParam()};
  const bool v4 = GetParam();
  void settled(const Filter& filter) {
    EXPECT_EQ(host.set(filter), GroupError::none);
    host.run_for(second * 30);
  }
};
INSTANTIATE_TEST_SUITE_P(BothFamilies, GroupChanges, testing::Bool(), family_name);

/// a - b.
std::vector<std::uint8_t> without(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  std::vector<std::uint8_t> rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
  return rest;
}

/// The table of RFC 3376 5.1 and RFC 3810 6.1.
std::string difference(const Filter& from, const Filter& to) {
  if (from.mode != to.mode)
    return "5:" + text(to.mode == FilterMode::include ? "TO_IN" : "TO_EX", to.sources);
  auto allow = without(to.sources, from.sources);
  auto block = without(from.sources, to.sources);
  if (to.mode == FilterMode::exclude) std::swap(allow, block);
  std::string both;
  if (!allow.empty()) both = "5:" + text("ALLOW", allow);
  if (!block.empty()) both += (both.empty() ? "5:" : " 5:") + text("BLOCK", block);
  return both;
}

TEST_P(GroupChanges, RFC3376_5_1_and_RFC3810_6_1_all_changes_of_state) {
  const std::vector<Filter> filters = all_filters(3);
  for (const Filter& from : filters) {
    for (const Filter& to : filters) {
      Listener one(v4);
      ASSERT_EQ(one.set(from), GroupError::none);
      one.run_for(second * 10);
      ASSERT_EQ(one.set(to), GroupError::none);
      const std::string record = difference(from, to);
      const std::vector<Sent> sent = one.run_for(second * 10);
      ASSERT_EQ(sent.size(), record.empty() ? 0u : 2u) << record;
      for (const Sent& s : sent) EXPECT_EQ(s.text, record);
      EXPECT_TRUE(one.groups.next_deadline().is_never());
    }
  }
}

TEST_P(GroupChanges, RFC3376_5_1_at_once_and_again_within_a_second) {
  for (const std::uint8_t robustness : {1, 2, 3, 7}) {
    Listener one(v4);
    one.query({.robustness = robustness});
    const Instant start = one.now;
    EXPECT_EQ(one.join(), GroupError::none);
    EXPECT_EQ(one.groups.next_deadline(), start);
    const std::vector<Sent> sent = one.run_for(second * 9);
    // The general query was sooner or later answered as well.
    std::vector<Instant> changes;
    for (const Sent& s : sent) {
      if (s.text == "5:TO_EX()") changes.push_back(s.at);
    }
    ASSERT_EQ(changes.size(), robustness);
    EXPECT_EQ(changes[0], start);
    for (std::size_t i = 1; i < changes.size(); ++i) {
      EXPECT_GT(changes[i], changes[i - 1]);
      EXPECT_LE(changes[i] - changes[i - 1], second);
    }
  }
}

TEST_P(GroupChanges, RFC3376_4_1_6_a_QRV_of_zero_is_the_default) {
  host.query({.robustness = 7});
  host.query({.robustness = 0});
  EXPECT_EQ(host.join(), GroupError::none);
  Texts texts = host.texts_for(second * 9);
  EXPECT_EQ(std::count(texts.begin(), texts.end(), "5:TO_EX()"), 2);
}

TEST_P(GroupChanges, RFC3376_5_1_a_further_change_of_sources_is_merged_and_starts_anew) {
  settled(include({1}));
  EXPECT_EQ(host.set(include({1, 2})), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"5:ALLOW(2)"});
  EXPECT_EQ(host.set(include({2, 3})), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"5:ALLOW(2 3) 5:BLOCK(1)"}) << "2 is owed one more";
  EXPECT_EQ(host.texts_for(second * 5), Texts{"5:ALLOW(3) 5:BLOCK(1)"});
}

TEST_P(GroupChanges, RFC3376_5_1_a_source_that_comes_and_goes_is_told_as_it_is_now) {
  settled(exclude({1}));
  EXPECT_EQ(host.set(exclude({1, 2})), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"5:BLOCK(2)"});
  EXPECT_EQ(host.set(exclude({1})), GroupError::none);
  EXPECT_EQ(host.texts_for(second * 5), (Texts{"5:ALLOW(2)", "5:ALLOW(2)"}));
}

TEST_P(GroupChanges, RFC3376_5_1_changes_before_a_report_is_out_need_one_only) {
  EXPECT_EQ(host.set(include({1})), GroupError::none);
  EXPECT_EQ(host.set(include({1, 2})), GroupError::none);
  EXPECT_EQ(host.texts_for(second * 5), (Texts{"5:ALLOW(1 2)", "5:ALLOW(1 2)"}));
}

TEST_P(GroupChanges, RFC3376_5_1_after_a_filter_mode_change_reports_are_of_that_kind) {
  host.query({.robustness = 3});
  host.run_for(second * 20);
  settled(include({1}));
  EXPECT_EQ(host.set(exclude({2})), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"5:TO_EX(2)"});
  EXPECT_EQ(host.set(exclude({2, 3})), GroupError::none);
  // Two more of the mode, which name the source as well; then the source is owed one more.
  EXPECT_EQ(host.texts_for(second * 9), (Texts{"5:TO_EX(2 3)", "5:TO_EX(2 3)", "5:BLOCK(3)"}));
  EXPECT_TRUE(host.groups.next_deadline().is_never());
}

TEST_P(GroupChanges, RFC3376_5_1_a_filter_mode_change_supersedes_pending_sources) {
  settled(include({1}));
  EXPECT_EQ(host.set(include({1, 2})), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"5:ALLOW(2)"});
  EXPECT_EQ(host.set(exclude()), GroupError::none);
  EXPECT_EQ(host.set(include({3})), GroupError::none);
  EXPECT_EQ(host.texts_for(second * 9), (Texts{"5:TO_IN(3)", "5:TO_IN(3)"}));
}

TEST_P(GroupChanges, RFC3376_5_1_sockets_that_change_nothing_of_the_interface_say_nothing) {
  settled(exclude());
  EXPECT_EQ(host.set(include({1, 2}), 5, 1), GroupError::none);
  EXPECT_EQ(host.set(exclude({1}), 5, 2), GroupError::none);
  EXPECT_EQ(host.leave(5, 2), GroupError::none);
  EXPECT_TRUE(host.texts_for(second * 9).empty());
}

TEST_P(GroupChanges, more_changes_than_can_be_remembered_are_told_as_a_whole) {
  settled(include({1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(host.set(include({11, 12, 13})), GroupError::none);
  EXPECT_EQ(host.texts_for(second * 9), (Texts{"5:TO_IN(11 12 13)", "5:TO_IN(11 12 13)"}));
  settled(exclude({1, 2, 3, 4, 5}));
  EXPECT_EQ(host.set(exclude({6, 7, 8, 9})), GroupError::none);
  EXPECT_EQ(host.texts_for(second * 9), (Texts{"5:TO_EX(6 7 8 9)", "5:TO_EX(6 7 8 9)"}));
  settled(include({1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(host.set(include({2, 3, 4, 5, 6, 7, 8, 9})), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"5:TO_IN(2 3 4 5 6 7 8 9)"});
}

TEST_P(GroupChanges, several_groups_share_a_message) {
  for (const std::uint8_t n : {1, 2, 3}) EXPECT_EQ(host.join(n), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"1:TO_EX() 2:TO_EX() 3:TO_EX()"});
}

TEST_P(GroupChanges, RFC3376_4_2_16_records_that_do_not_fit_go_into_more_messages) {
  host.mtu = 8 + 2 * membership::Record::size(v4);
  for (const std::uint8_t n : {1, 2, 3, 4, 5}) EXPECT_EQ(host.join(n), GroupError::none);
  EXPECT_EQ(host.collect(), (Texts{"1:TO_EX() 2:TO_EX()", "3:TO_EX() 4:TO_EX()", "5:TO_EX()"}));
}

TEST_P(GroupChanges, RFC3376_4_2_16_sources_that_do_not_fit) {
  const std::size_t each = membership::address_size(v4);
  host.mtu = 8 + membership::Record::size(v4) + 3 * each;
  EXPECT_EQ(host.join(4), GroupError::none);
  EXPECT_EQ(host.set(include({1, 2, 3, 4, 5, 6, 7})), GroupError::none);
  EXPECT_EQ(host.collect(), (Texts{"4:TO_EX()", "5:ALLOW(1 2 3)", "5:ALLOW(4 5 6)", "5:ALLOW(7)"}));
  host.run_for(second * 9);
  EXPECT_EQ(host.set(include({1, 8})), GroupError::none);
  EXPECT_EQ(host.texts_for(second * 9).size(), 6u) << "1 source allowed, 6 blocked; twice";
  EXPECT_EQ(host.set(exclude({1, 2, 3, 4, 5})), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"5:TO_EX(1 2 3)"}) << "what does not fit of EXCLUDE is not reported";
  host.run_for(second * 9);
  EXPECT_EQ(host.set(include({1, 2, 3, 4, 5})), GroupError::none);
  EXPECT_EQ(host.collect(), (Texts{"5:TO_IN(1 2 3)", "5:TO_IN(4 5)"}));
  host.run_for(second * 9);
  host.query({});
  EXPECT_EQ(host.texts_for(second * 10), (Texts{"4:IS_EX()", "5:IS_IN(1 2 3)", "5:IS_IN(4 5)"}));
}

TEST_P(GroupChanges, room_for_nothing_is_no_endless_work) {
  for (std::size_t size = 0; size < 64; ++size) {
    Listener one(v4);
    one.mtu = size;
    EXPECT_EQ(one.set(include({1, 2, 3})), GroupError::none);
    EXPECT_EQ(one.join(6), GroupError::none);
    one.run_for(second * 9);
    one.query({});
    one.query({.version = HostMode::older});
    one.run_for(second * 9);
  }
}

TEST_P(GroupChanges, every_link_up_is_reported_and_none_that_is_down) {
  Listener one(v4, {}, false);
  const auto fresh = one.digest();
  EXPECT_EQ(one.set(include({1})), GroupError::none);
  EXPECT_EQ(one.join(6), GroupError::none);
  one.query({});
  EXPECT_TRUE(one.texts_for(second * 20).empty());
  EXPECT_TRUE(one.wants(1));
  one.groups.set_link(0, true, one.now);
  const Texts both(2, "5:ALLOW(1) 6:TO_EX()");
  EXPECT_EQ(one.collect(), Texts{"5:ALLOW(1) 6:TO_EX()"});
  one.groups.set_link(0, true, one.now);
  EXPECT_TRUE(one.collect().empty()) << "it was up";
  one.run_for(second * 9);
  EXPECT_EQ(one.leave(6), GroupError::none);
  one.groups.set_link(0, false, one.now);
  EXPECT_TRUE(one.texts_for(second * 20).empty()) << "what is pending is given up";
  EXPECT_TRUE(one.groups.next_deadline().is_never());
  one.groups.set_link(0, true, one.now);
  EXPECT_EQ(one.collect(), Texts{"5:ALLOW(1)"});
  one.groups.set_link(0, false, one.now);
  EXPECT_EQ(one.leave(), GroupError::none);
  EXPECT_EQ(one.digest(), fresh);
}

TEST_P(GroupChanges, RFC3590_4_all_is_reported_again_when_there_is_an_address) {
  settled(include({1}));
  host.groups.report_again(0, !v4, host.now);
  EXPECT_TRUE(host.collect().empty()) << "the other family's";
  host.groups.report_again(0, v4, host.now);
  EXPECT_EQ(host.texts_for(second * 9), (Texts{"5:ALLOW(1)", "5:ALLOW(1)"}));
}

TEST(GroupScopes, RFC3810_6_and_RFC3376_5_which_groups_are_reported) {
  struct Row {
    const char* group;
    bool reported;
  };
  for (const Row& row :
       {Row{"224.0.0.251", true}, Row{"239.255.255.250", true}, Row{"ff02::fb", true},
        Row{"ff02::1:ff00:1", true}, Row{"ff12::1", true}, Row{"ff05::1", true}, Row{"ff0e::1", true},
        Row{"ff01::fb", false}, Row{"ff00::1", false}, Row{"ff11::1", false}, Row{"ff02::1", false}}) {
    const IpAddress address = test6::address(row.group);
    Listener host(address.is_v4());
    EXPECT_EQ(host.groups.set({socket, 0, address}, {FilterMode::exclude, {}}, host.now), GroupError::none);
    EXPECT_TRUE(host.groups.wants(0, address, source(address.is_v4(), 1)));
    EXPECT_EQ(host.texts_for(second * 9).size(), row.reported ? 2u : 0u) << row.group;
    host.query({});
    EXPECT_EQ(host.texts_for(second * 10).size(), row.reported ? 1u : 0u) << row.group;
    host.groups.leave_all(socket, host.now);
    EXPECT_EQ(host.texts_for(second * 9).size(), row.reported ? 2u : 0u) << row.group;
  }
}

}  // namespace
}  // namespace linnet::ip::test
