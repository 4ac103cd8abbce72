// SPDX-License-Identifier: Apache-2.0
// Groups at their edges: no room, no such interface, and rows that nobody asks about (RFC 3376 5, RFC 3810
// 6).
#include "core/ip/test_groups.hpp"

namespace linnet::ip::test {
namespace {

class GroupEdges : public testing::TestWithParam<bool> {
 protected:
  const bool v4 = GetParam();
};
INSTANTIATE_TEST_SUITE_P(BothFamilies, GroupEdges, testing::Bool(), family_name);

TEST_P(GroupEdges, what_no_request_can_be) {
  Listener host(v4);
  const IpAddress everybody = IpAddress::broadcast_v4();
  const IpAddress bad[] = {everybody, group(v4, 9), source(!v4, 1),
                           v4 ? IpAddress::any_v4() : IpAddress::any_v6()};
  for (const IpAddress& from : bad) {
    EXPECT_EQ(host.groups.set({socket, 0, group(v4, 5)}, {FilterMode::include, {&from, 1}}, host.now),
              GroupError::bad_source);
    EXPECT_EQ(host.groups.change_source({socket, 0, group(v4, 5)}, SourceChange::join, from, host.now),
              GroupError::bad_source);
  }
  EXPECT_EQ(host.groups.join_own(9, group(v4, 5), host.now), GroupError::no_interface);
  EXPECT_EQ(host.groups.join_own(0, source(v4, 5), host.now), GroupError::not_a_group);
  EXPECT_FALSE(host.groups.filter_of({socket, 0, group(v4, 5)}));
}

TEST_P(GroupEdges, tables_without_room) {
  Config config;
  config.group_requests = 0;
  Listener no_requests(v4, config);
  EXPECT_EQ(no_requests.set(include({1})), GroupError::no_request_room);
  EXPECT_EQ(no_requests.groups.join_own(0, group(v4, 5), no_requests.now), GroupError::none)
      << "the stack itself asks for none";
  config = {};
  config.groups = 0;
  Listener no_groups(v4, config);
  EXPECT_EQ(no_groups.join(), GroupError::no_group_room);
  EXPECT_EQ(no_groups.groups.join_own(0, group(v4, 5), no_groups.now), GroupError::no_group_room);
}

TEST(GroupEdgesOfOneFamily, without_memory_there_is_no_group_and_no_harm) {
  const Config config;
  std::vector<std::uint8_t> memory(Groups::memory_needed(config) - 1);
  Arena arena{MutableBytes(memory)};
  Random random{Random::Seed{1}};
  Groups groups(config, arena, random);
  EXPECT_TRUE(arena.exhausted());
  EXPECT_EQ(groups.set({1, 0, group(true, 5)}, {FilterMode::include, {}}, Instant()), GroupError::none)
      << "leaving always works";
}

TEST_P(GroupEdges, own_memberships_are_counted_up_to_a_byte) {
  Listener host(v4);
  for (int i = 0; i < 255; ++i)
    ASSERT_EQ(host.groups.join_own(0, group(v4, 5), host.now), GroupError::none) << i;
  EXPECT_EQ(host.groups.join_own(0, group(v4, 5), host.now), GroupError::no_group_room);
  for (int i = 0; i < 255; ++i) {
    EXPECT_TRUE(host.wants(1)) << i;
    host.groups.leave_own(0, group(v4, 5), host.now);
  }
  EXPECT_FALSE(host.wants(1));
}

TEST_P(GroupEdges, leaving_what_only_sockets_have_joined_changes_nothing) {
  Listener host(v4);
  EXPECT_EQ(host.join(), GroupError::none);
  host.run_for(second * 30);
  const auto before = host.digest();
  host.groups.leave_own(0, group(v4, 5), host.now);
  host.groups.leave_own(0, group(v4, 6), host.now);
  EXPECT_TRUE(host.digest() == before);
  EXPECT_TRUE(host.wants(1));
}

TEST_P(GroupEdges, what_concerns_no_interface_changes_nothing) {
  Listener host(v4);
  EXPECT_EQ(host.join(), GroupError::none);
  host.run_for(second * 30);
  const auto before = host.digest();
  host.groups.set_link(9, true, host.now);
  host.groups.set_link(0, true, host.now);  // as it is
  host.groups.report_again(9, v4, host.now);
  const Buffer query = query_bytes(v4, {});
  const auto receive_at = [&](std::uint8_t interface) {
    return v4 ? host.groups.receive_igmp(interface, query,
                                         {source(v4, 99), IpAddress::v4(224, 0, 0, 1), 1, true}, host.now)
              : host.groups.receive_mld(interface, query, {test6::address("fe80::1"), 1, true}, host.now);
  };
  EXPECT_EQ(receive_at(9), Drop::none);
  EXPECT_EQ(receive_at(1), Drop::none) << "of a link that is down";
  EXPECT_TRUE(host.digest() == before);
  EXPECT_EQ(host.texts_for(second * 30), Texts{});
}

TEST_P(GroupEdges, the_same_group_on_two_links_is_two) {
  Listener host(v4);
  host.groups.set_link(1, true, host.now);
  EXPECT_EQ(host.join(), GroupError::none);
  EXPECT_EQ(host.groups.set({socket, 1, group(v4, 5)}, {FilterMode::exclude, {}}, host.now),
            GroupError::none);
  host.run_for(second * 30);
  host.query({});
  EXPECT_EQ(host.texts_for(second * 30), Texts{"5:IS_EX()"}) << "only where it was asked";
  host.query({.about = 5});
  EXPECT_EQ(host.texts_for(second * 30), Texts{"5:IS_EX()"});
  host.groups.report_again(1, v4, host.now);
  EXPECT_EQ(host.texts_for(second * 30), (Texts{"5:TO_EX()", "5:TO_EX()"}));
  EXPECT_EQ(host.leave(), GroupError::none);
  EXPECT_FALSE(host.wants(1));
  EXPECT_TRUE(host.groups.wants(1, group(v4, 5), source(v4, 1)));
}

TEST_P(GroupEdges, RFC3376_5_1_what_was_left_is_not_reported_again_nor_is_it_an_answer) {
  Listener host(v4);
  EXPECT_EQ(host.join(), GroupError::none);
  EXPECT_EQ(host.join(6), GroupError::none);
  host.run_for(second * 30);
  EXPECT_EQ(host.leave(), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"5:TO_IN()"});  // and once more within a second
  host.query({.delay = 1});
  host.query({.about = 5, .delay = 1});
  host.groups.report_again(0, v4, host.now);
  const Texts texts = host.texts_for(second * 30);
  EXPECT_EQ(std::count(texts.begin(), texts.end(), "5:IS_EX()"), 0);
  EXPECT_EQ(std::count(texts.begin(), texts.end(), "5:TO_EX()"), 0);
  EXPECT_EQ(std::count(texts.begin(), texts.end(), "6:TO_EX()"), 2) << "who is there is told again";
}

TEST_P(GroupEdges, RFC2236_3_what_was_left_answers_no_older_query_and_hears_no_report) {
  Listener host(v4);
  EXPECT_EQ(host.join(), GroupError::none);
  host.run_for(second * 30);
  host.query({.version = HostMode::older});
  host.run_for(second * 30);
  EXPECT_EQ(host.leave(), GroupError::none);  // what it tells is due, and not out yet
  host.hear_report();
  host.query({.version = HostMode::older, .delay = 100});
  EXPECT_EQ(host.texts_for(second * 30), Texts{"5:leave"});
}

TEST(GroupEdgesOfOneFamily, RFC2236_3_what_was_due_to_version_1_may_be_left_before_it_is_written) {
  Listener host(true);
  host.query({.version = HostMode::igmp_v1});
  host.run_for(second * 30);
  EXPECT_EQ(host.join(), GroupError::none);
  const auto due = host.groups.next_due(host.now);
  ASSERT_TRUE(due);
  EXPECT_EQ(host.leave(), GroupError::none);
  Buffer room(64);
  EXPECT_EQ(host.groups.write(*due, room, host.now), 0u) << "nobody was told of it";
  EXPECT_EQ(host.texts_for(second * 30), Texts{});
}

TEST_P(GroupEdges, an_older_message_without_room_is_none) {
  Listener host(v4);
  host.query({.version = HostMode::older});
  host.run_for(second * 30);
  EXPECT_EQ(host.join(), GroupError::none);
  const auto due = host.groups.next_due(host.now);
  ASSERT_TRUE(due);
  Buffer room(7);
  EXPECT_EQ(host.groups.write(*due, room, host.now), 0u);
}

TEST_P(GroupEdges, RFC3376_5_1_what_is_told_again_of_a_list_that_excludes_is_its_mode) {
  Listener host(v4);
  EXPECT_EQ(host.set(exclude({1, 2})), GroupError::none);
  EXPECT_EQ(host.set(include({3}), 6), GroupError::none);
  host.run_for(second * 30);
  host.groups.report_again(0, v4, host.now);
  std::string all;
  for (const std::string& text : host.texts_for(second * 30)) all += text + ' ';
  for (const std::string record : {"5:TO_EX(1 2) ", "6:ALLOW(3) "}) {
    std::size_t times = 0;
    for (std::size_t at = all.find(record); at != std::string::npos; at = all.find(record, at + 1)) ++times;
    EXPECT_EQ(times, 2u) << all;
  }
}

TEST_P(GroupEdges, malformed_reports_of_others_are_told) {
  Listener host(v4);
  EXPECT_EQ(host.receive({}), v4 ? Drop::igmp_malformed : Drop::mld_malformed);
  Buffer report = v4 ? Buffer{igmp::report_v2, 0, 0, 0, 192, 0, 2, 1} : Buffer(24);
  if (v4) igmp::finish(report);
  if (!v4) report[0] = icmpv6::listener_report;
  EXPECT_EQ(host.receive(report), v4 ? Drop::igmp_malformed : Drop::mld_malformed) << "about no group";
}

TEST_P(GroupEdges, the_digest_tells_all_that_a_host_has_to_say) {
  Listener host(v4);
  std::vector<Digest::Value> seen{host.digest()};
  const auto is_new = [&] {
    const auto now = host.digest();
    const bool is = std::none_of(seen.begin(), seen.end(), [&](const auto& v) { return v == now; });
    seen.push_back(now);
    return is;
  };
  EXPECT_EQ(host.set(include({1})), GroupError::none);
  EXPECT_TRUE(is_new()) << "a source, and what is to be told";
  host.run_for(second * 30);
  EXPECT_TRUE(is_new()) << "told";
  EXPECT_EQ(host.set(include({1, 2})), GroupError::none);
  EXPECT_TRUE(is_new());
  host.run_for(second * 30);
  EXPECT_TRUE(is_new());
  host.query({.about = 5, .sources = {1}});
  EXPECT_TRUE(is_new()) << "a source was asked for";
}

TEST_P(GroupEdges, a_group_that_was_left_gives_its_place_away_only_where_no_other_is_free) {
  Listener host(v4);
  EXPECT_EQ(host.join(), GroupError::none);
  host.run_for(second * 30);
  EXPECT_EQ(host.leave(), GroupError::none);
  EXPECT_EQ(host.collect(), Texts{"5:TO_IN()"});
  EXPECT_EQ(host.join(6), GroupError::none);
  const Texts texts = host.texts_for(second * 30);
  std::string all;
  for (const std::string& text : texts) all += text + ' ';
  EXPECT_NE(all.find("5:TO_IN()"), std::string::npos) << "RFC 3376 5.1: told once more: " << all;
}

TEST_P(GroupEdges, who_takes_the_place_of_a_group_that_was_left_has_nothing_of_it) {
  Config config;
  config.groups = 1;
  Listener host(v4, config);
  EXPECT_EQ(host.set(include({1, 2})), GroupError::none);
  host.run_for(second * 30);
  EXPECT_EQ(host.leave(), GroupError::none);  // BLOCK(1 2) is due, twice
  EXPECT_EQ(host.set(include({3}), 6), GroupError::none);
  EXPECT_EQ(host.texts_for(second * 30), (Texts{"6:ALLOW(3)", "6:ALLOW(3)"}));
  // And in an older version: whom another's report spared its own leaving, the next one is not.
  host.query({.version = HostMode::older});
  host.run_for(second * 30);
  host.hear_report(6);
  EXPECT_EQ(host.leave(6), GroupError::none);
  EXPECT_EQ(host.join(7), GroupError::none);
  host.run_for(second * 30);
  EXPECT_EQ(host.leave(7), GroupError::none);
  EXPECT_EQ(host.texts_for(second * 30), Texts{"7:leave"});
}

TEST_P(GroupEdges, RFC3376_5_and_RFC3810_6_groups_of_all_hosts_take_no_place) {
  Config config;
  config.groups = 0;
  Listener host(v4, config);
  const IpAddress all = v4 ? all_systems : all_nodes_link;
  for (const std::uint8_t zone : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}}) {
    const IpAddress address = v4 ? all : all.with_zone(zone);
    EXPECT_EQ(host.groups.join_own(0, address, host.now), GroupError::none) << int{zone};
    EXPECT_EQ(host.groups.set({zone, 0, address}, {FilterMode::exclude, {}}, host.now), GroupError::none)
        << int{zone};
    EXPECT_TRUE(host.groups.allows({zone, 0, address}, source(v4, 1)));
  }
}

TEST_P(GroupEdges, RFC2236_3_another_filter_takes_nothing_from_the_reports_of_who_has_joined) {
  Listener host(v4);
  host.query({.version = HostMode::older});
  host.run_for(second * 30);
  EXPECT_EQ(host.join(), GroupError::none);
  EXPECT_EQ(host.set(include({1})), GroupError::none);
  EXPECT_EQ(host.texts_for(second * 30), (Texts{"5:older", "5:older"})) << "once more within ten seconds";
}

TEST_P(GroupEdges, a_request_begins_with_no_source_of_the_one_before_it) {
  Config config;
  config.group_requests = 1;
  Listener host(v4, config);
  EXPECT_EQ(host.set(include({1, 2, 3, 4, 5, 6, 7, 8, 9})), GroupError::no_source_room);
  EXPECT_EQ(host.set(include({1})), GroupError::none);
  EXPECT_EQ(host.leave(), GroupError::none);
  EXPECT_EQ(host.set(include({2}), 5, 8), GroupError::none);
  EXPECT_EQ(host.groups.filter_of({8, 0, group(v4, 5)})->sources.size(), 1u);
  EXPECT_FALSE(host.groups.allows({8, 0, group(v4, 5)}, source(v4, 1)));
  EXPECT_EQ(host.set(exclude({3}), 5, 8), GroupError::none);
  EXPECT_EQ(host.groups.filter_of({8, 0, group(v4, 5)})->sources.size(), 1u) << "nor of the filter before";
}

TEST_P(GroupEdges, the_digest_tells_who_asked_for_which_group_and_who_the_querier_is) {
  const auto with = [&](std::uint8_t of_1, std::uint8_t of_2) {
    Listener host(v4);
    for (const std::uint8_t n : {5, 6}) EXPECT_EQ(host.join(n), GroupError::none);
    EXPECT_EQ(host.join(of_1, 1), GroupError::none);
    EXPECT_EQ(host.join(of_2, 2), GroupError::none);
    host.run_for(second * 30);
    return host.digest();
  };
  EXPECT_EQ(with(5, 6), with(5, 6));
  EXPECT_NE(with(5, 6), with(6, 5));
  Listener host(v4);
  const auto before = host.digest();
  host.query({.version = HostMode::older});
  EXPECT_NE(host.digest(), before) << "an older version";
  Listener patient(v4);
  patient.query({.robustness = 5});
  EXPECT_NE(patient.digest(), before) << "another robustness";
}

// --- the state of one group, alone ---

struct OneGroup {
  std::array<GroupSource, 2> room{};
  InterfaceGroup row{};
  OneGroup() {
    row.sources = room;
    row.group = group(true, 5);
  }
  void change(FilterMode mode, const std::vector<std::uint8_t>& sources, std::uint8_t robustness) {
    row.begin_change();
    for (const std::uint8_t n : sources) row.list(source(true, n));
    row.end_change(mode, robustness);
  }
  Digest::Value digest() const {
    Digest digest;
    row.digest(digest);
    return digest.value();
  }
};

TEST(GroupEdgesOfOneFamily, RFC3376_5_2_who_is_not_listed_any_more_leaves_room_for_who_is_asked_about) {
  OneGroup one;
  one.change(FilterMode::include, {1, 2}, 0);
  one.change(FilterMode::include, {1}, 0);
  const Buffer query = query_bytes(true, {.about = 5, .sources = {1, 3}});
  Drop reason = Drop::none;
  const auto parsed = igmp::Query::parse(query, {source(true, 99), group(true, 5), 1, true}, reason);
  ASSERT_TRUE(parsed);
  one.row.queried(parsed->sources, Instant::from_microseconds(5));
  EXPECT_TRUE(one.row.specific) << "there was room for it";
  EXPECT_EQ(one.row.count(membership::RecordType::is_include), 1u);
}

TEST(GroupEdgesOfOneFamily, whatever_a_group_is_its_digest_tells_it) {
  std::vector<Digest::Value> seen;
  const auto is_new = [&](const auto& make) {
    OneGroup one;
    one.room[0].address = source(true, 1);
    one.room[0].left = 1;  // remembered, whatever else it is
    make(one);
    const Digest::Value value = one.digest();
    const bool is = std::none_of(seen.begin(), seen.end(), [&](const auto& v) { return v == value; });
    seen.push_back(value);
    return is;
  };
  EXPECT_TRUE(is_new([](OneGroup&) {}));
  EXPECT_FALSE(is_new([](OneGroup&) {})) << "the same is the same";
  EXPECT_TRUE(is_new([](OneGroup& one) { one.row.group = group(true, 6); }));
  EXPECT_TRUE(is_new([](OneGroup& one) { one.row.interface = 1; }));
  EXPECT_TRUE(is_new([](OneGroup& one) { one.row.own = 1; }));
  EXPECT_TRUE(is_new([](OneGroup& one) { one.row.mode_left = 1; }));
  EXPECT_TRUE(is_new([](OneGroup& one) { one.row.mode = FilterMode::exclude; }));
  EXPECT_TRUE(is_new([](OneGroup& one) { one.row.last_reporter = false; }));
  EXPECT_TRUE(is_new([](OneGroup& one) { one.row.specific = true; }));
  EXPECT_TRUE(is_new([](OneGroup& one) { one.room[0].address = source(true, 2); }));
  EXPECT_TRUE(is_new([](OneGroup& one) { one.room[0].left = 2; }));
  EXPECT_TRUE(is_new([](OneGroup& one) { one.room[0].listed = true; }));
  EXPECT_TRUE(is_new([](OneGroup& one) { one.room[0].queried = true; }));
  EXPECT_TRUE(is_new([](OneGroup& one) { one.room[0].listed = one.room[0].queried = true; }));
}

// --- groups of IPv6 that are never reported ---

TEST(GroupEdgesOfOneFamily, RFC3810_6_groups_of_the_node_alone_are_never_told) {
  for (const HostMode mode : {HostMode::newest, HostMode::older}) {
    Listener host(false);
    const IpAddress narrow = well_known_group(1, 5);
    EXPECT_EQ(host.groups.set({socket, 0, narrow}, {FilterMode::exclude, {}}, host.now), GroupError::none);
    EXPECT_TRUE(host.groups.wants(0, narrow, source(false, 1)));
    host.query({.version = mode, .delay = 100});
    Buffer about = query_bytes(false, {.version = mode, .about = 5, .delay = 100});
    copy_bytes(about.data() + 8, narrow.bytes());
    static_cast<void>(host.receive(about));
    host.groups.report_again(0, false, host.now);
    EXPECT_EQ(host.texts_for(second * 30), Texts{});
    EXPECT_EQ(host.groups.set({socket, 0, narrow}, {}, host.now), GroupError::none);
    EXPECT_EQ(host.texts_for(second * 30), Texts{});
  }
}

}  // namespace
}  // namespace linnet::ip::test
