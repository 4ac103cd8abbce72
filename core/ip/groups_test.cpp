// SPDX-License-Identifier: Apache-2.0
// RFC 3376 2 and 3, RFC 3810 3 and 4, RFC 3678: who listens to what.
#include "core/ip/groups.hpp"

#include "core/ip/test_groups.hpp"

namespace linnet::ip::test {
namespace {

using Error = GroupError;

class GroupSockets : public testing::TestWithParam<bool> {
 protected:
  Listener host{GetParam()};
  const bool v4 = GetParam();
  Membership who(std::uint8_t n = 5, std::uint32_t owner = socket) const { return {owner, 0, group(v4, n)}; }
};
INSTANTIATE_TEST_SUITE_P(BothFamilies, GroupSockets, testing::Bool(), family_name);

TEST_P(GroupSockets, RFC3376_3_1_a_socket_gets_what_its_own_filter_permits) {
  EXPECT_FALSE(host.wants(1));
  EXPECT_EQ(host.set(include({1}), 5, 1), Error::none);
  EXPECT_EQ(host.set(exclude({1, 2}), 5, 2), Error::none);
  EXPECT_TRUE(host.wants(1)) << "of the one";
  EXPECT_FALSE(host.wants(2));
  EXPECT_TRUE(host.wants(3)) << "of the other";
  EXPECT_TRUE(host.groups.allows(who(5, 1), source(v4, 1)));
  EXPECT_FALSE(host.groups.allows(who(5, 1), source(v4, 3)));
  EXPECT_FALSE(host.groups.allows(who(5, 2), source(v4, 1)));
  EXPECT_TRUE(host.groups.allows(who(5, 2), source(v4, 3)));
  EXPECT_FALSE(host.groups.allows(who(5, 3), source(v4, 1))) << "no member";
  EXPECT_FALSE(host.groups.allows(who(6, 1), source(v4, 1))) << "of another group";
  EXPECT_FALSE(host.groups.wants(1, group(v4, 5), source(v4, 3))) << "on another interface";
}

TEST_P(GroupSockets, RFC3376_5_and_RFC3810_6_groups_of_all_hosts_are_wanted_and_never_reported) {
  const auto all = v4 ? std::vector{IpAddress::v4(224, 0, 0, 1)}
                      : std::vector{test6::address("ff02::1"), test6::address("ff01::1")};
  for (const IpAddress& address : all) {
    EXPECT_TRUE(host.groups.wants(0, address, source(v4, 1)));
    EXPECT_TRUE(host.groups.wants(0, address.with_zone(1), source(v4, 1)));
    EXPECT_EQ(host.groups.join_own(0, address, host.now), Error::none);
    EXPECT_TRUE(host.groups.allows({socket, 0, address}, source(v4, 1)));
    EXPECT_EQ(host.groups.set({socket, 0, address}, {FilterMode::exclude, {}}, host.now), Error::none);
    host.query({});
  }
  EXPECT_TRUE(host.texts_for(second * 100).empty());
}

TEST_P(GroupSockets, zones_do_not_count) {
  const IpAddress zoned = group(v4, 5).with_zone(1);
  EXPECT_EQ(host.groups.set({socket, 0, zoned}, {FilterMode::exclude, {}}, host.now), Error::none);
  EXPECT_TRUE(host.wants(1));
  EXPECT_TRUE(host.groups.wants(0, zoned, source(v4, 1).with_zone(1)));
  EXPECT_TRUE(host.groups.filter_of(who()));
  EXPECT_EQ(host.leave(), Error::none);
  EXPECT_FALSE(host.wants(1));
}

TEST_P(GroupSockets, what_is_refused_changes_nothing) {
  const auto before = host.digest();
  const auto set = [&](std::uint8_t interface, const IpAddress& address, const IpAddress& from) {
    return host.groups.set({socket, interface, address}, {FilterMode::exclude, {&from, 1}}, host.now);
  };
  const IpAddress good = source(v4, 1);
  EXPECT_EQ(set(2, group(v4, 5), good), Error::no_interface);
  EXPECT_EQ(set(0, good, good), Error::not_a_group);
  EXPECT_EQ(set(0, group(v4, 5), group(v4, 6)), Error::bad_source);
  EXPECT_EQ(set(0, group(v4, 5), source(!v4, 1)), Error::bad_source);
  EXPECT_EQ(set(0, group(v4, 5), v4 ? IpAddress::any_v4() : IpAddress{}), Error::bad_source);
  EXPECT_EQ(host.set(include({1, 2, 3, 4, 5, 6, 7, 8, 9})), Error::no_source_room);
  EXPECT_EQ(host.groups.join_own(0, good, host.now), Error::not_a_group);
  EXPECT_EQ(host.digest(), before);
  EXPECT_TRUE(host.texts_for(second).empty());
}

TEST_P(GroupSockets, RFC3678_4_1_source_lists_change_one_by_one) {
  const auto change = [&](SourceChange what, std::uint8_t n) {
    return host.groups.change_source(who(), what, source(v4, n), host.now);
  };
  using enum SourceChange;
  EXPECT_EQ(change(SourceChange::leave, 1), Error::not_listed);
  EXPECT_EQ(change(block, 1), Error::wrong_mode) << "no member";
  EXPECT_EQ(change(SourceChange::join, 1), Error::none);
  EXPECT_EQ(change(SourceChange::join, 1), Error::already_listed);
  EXPECT_EQ(change(block, 2), Error::wrong_mode);
  EXPECT_EQ(change(SourceChange::join, 2), Error::none);
  EXPECT_TRUE(host.wants(1) && host.wants(2) && !host.wants(3));
  EXPECT_EQ(change(SourceChange::leave, 1), Error::none);
  EXPECT_EQ(change(SourceChange::leave, 2), Error::none);
  EXPECT_FALSE(host.groups.filter_of(who())) << "the last source was the membership";
  EXPECT_EQ(host.join(), Error::none);
  EXPECT_EQ(change(SourceChange::join, 1), Error::wrong_mode);
  EXPECT_EQ(change(unblock, 1), Error::not_listed);
  for (std::uint8_t n = 1; n <= 8; ++n) EXPECT_EQ(change(block, n), Error::none);
  EXPECT_EQ(change(block, 1), Error::already_listed);
  EXPECT_EQ(change(block, 9), Error::no_source_room);
  EXPECT_EQ(change(unblock, 1), Error::none);
  EXPECT_TRUE(host.wants(1) && !host.wants(2) && host.wants(9));
}

TEST_P(GroupSockets, a_filter_can_be_set_from_what_filter_of_yields) {
  EXPECT_EQ(host.set(include({1, 2, 3})), Error::none);
  const SourceFilter present = *host.groups.filter_of(who());
  EXPECT_EQ(host.groups.set(who(), {FilterMode::exclude, present.sources.subspan(1)}, host.now), Error::none);
  EXPECT_TRUE(host.wants(1) && !host.wants(2) && !host.wants(3));
}

TEST_P(GroupSockets, the_tables_are_bounded_and_leaving_always_works) {
  Config config;
  config.groups = 2;
  config.group_requests = 3;
  Listener small(v4, config);
  const auto fresh = small.digest();
  EXPECT_EQ(small.join(1), Error::none);
  EXPECT_EQ(small.join(2), Error::none);
  EXPECT_EQ(small.join(3), Error::no_group_room);
  EXPECT_EQ(small.join(2, 8), Error::none);
  EXPECT_EQ(small.join(1, 8), Error::no_request_room);
  EXPECT_EQ(small.groups.join_own(0, group(v4, 3), small.now), Error::no_group_room);
  EXPECT_EQ(small.leave(1), Error::none);
  EXPECT_EQ(small.join(3), Error::none) << "the reports of what was left are given up";
  small.groups.leave_all(socket, small.now);
  EXPECT_FALSE(small.wants(1, 3));
  EXPECT_TRUE(small.wants(1, 2)) << "another's";
  small.groups.leave_all(8, small.now);
  small.run_for(second * 100);
  EXPECT_EQ(small.digest(), fresh);
  EXPECT_TRUE(small.groups.next_deadline().is_never());
}

TEST_P(GroupSockets, RFC4862_5_4_2_own_memberships_are_counted) {
  const IpAddress address = group(v4, 5);
  const auto fresh = host.digest();
  EXPECT_EQ(host.groups.join_own(0, address, host.now), Error::none);
  EXPECT_EQ(host.groups.join_own(0, address, host.now), Error::none);
  EXPECT_EQ(host.set(include({1})), Error::none);
  host.run_for(second * 10);
  host.groups.leave_own(0, address, host.now);
  EXPECT_TRUE(host.wants(2));
  host.groups.leave_own(0, address, host.now);
  EXPECT_TRUE(host.wants(1) && !host.wants(2)) << "the socket's remains";
  host.groups.leave_own(0, address, host.now);
  EXPECT_EQ(host.leave(), Error::none);
  host.run_for(second * 10);
  EXPECT_EQ(host.digest(), fresh);
}

TEST_P(GroupSockets, more_sources_than_an_interface_can_hold_make_it_take_all_and_sockets_filter) {
  EXPECT_EQ(host.set(include({1, 2, 3, 4, 5}), 5, 1), Error::none);
  EXPECT_EQ(host.set(include({6, 7, 8, 9}), 5, 2), Error::none);
  for (std::uint8_t n = 1; n <= 9; ++n) EXPECT_TRUE(host.wants(n));
  EXPECT_EQ(host.collect().back(), "5:TO_EX()");
  EXPECT_FALSE(host.groups.allows(who(5, 2), source(v4, 1)));
  host.run_for(second * 10);
  EXPECT_EQ(host.leave(5, 1), Error::none);
  EXPECT_EQ(host.collect(), Texts{"5:TO_IN(6 7 8 9)"});
}

/// Sockets change their minds at random; interface and routers have to follow.
TEST_P(GroupSockets, RFC3376_3_2_random_changes_of_three_sockets) {
  for (std::uint8_t seed = 0; seed < 8; ++seed) {
    Listener random(v4);
    Random dice(Random::Seed{seed});
    const std::vector<Filter> filters = all_filters(4);
    std::array<Filter, 3> sockets;
    for (int step = 0; step < 200; ++step) {
      const std::uint32_t which = dice.below(3);
      sockets[which] = filters[dice.below(static_cast<std::uint32_t>(filters.size()))];
      ASSERT_EQ(random.set(sockets[which], 5, which), Error::none);
      for (std::uint8_t n = 1; n <= 5; ++n)
        ASSERT_EQ(random.wants(n),
                  std::any_of(sockets.begin(), sockets.end(), [&](const Filter& f) { return f.permits(n); }));
      random.run_for(Duration::milliseconds(dice.below(1500)));
    }
    random.run_for(second * 10);
    random.query({});
    Filter interface;
    for (const Filter& f : sockets) interface.mode = std::max(interface.mode, f.mode);
    for (std::uint8_t n = 1; n <= 5; ++n) {
      if (random.wants(n) == (interface.mode == FilterMode::include)) interface.sources.push_back(n);
    }
    const bool includes = interface.mode == FilterMode::include;
    const Texts answer = random.texts_for(second * 10);
    if (includes && interface.sources.empty()) {
      EXPECT_TRUE(answer.empty());
    } else {
      EXPECT_EQ(answer, Texts{"5:" + text(includes ? "IS_IN" : "IS_EX", interface.sources)});
    }
  }
}

}  // namespace
}  // namespace linnet::ip::test
