// SPDX-License-Identifier: Apache-2.0
// How names become a host's own (RFC 6762 8 to 10).
#include "services/mdns/test_machine.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

class MdnsProbing : public MdnsMachine {};

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

TEST_F(MdnsProbing, RFC6762_8_1_three_probes_250_ms_apart_with_the_records_as_authority) {
  const Instant begun = now;
  begin_host();
  run_for(ms(1000));
  ASSERT_GE(sent.size(), 3u);
  EXPECT_LE(sent[0].at - begun, ms(250));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(sent[i].is_response());
    EXPECT_FALSE(sent[i].to);
    ASSERT_EQ(sent[i].questions.size(), 1u);
    EXPECT_EQ(sent[i].questions[0].name, "host.local");
    EXPECT_EQ(sent[i].questions[0].type, 255) << "any type";
    EXPECT_TRUE(sent[i].questions[0].unicast) << "QU";
    EXPECT_EQ(sent[i].count(Section::authority), 2u);
    EXPECT_FALSE(sent[i].records[0].flush) << "RFC 6762 10.2: not in probes";
    EXPECT_EQ(sent[i].at - sent[0].at, ms(250) * static_cast<std::int64_t>(i));
  }
}

TEST_F(MdnsProbing, RFC6762_8_1_the_first_probe_waits_by_chance) {
  std::vector<std::int64_t> waits;
  for (std::uint8_t seed = 1; seed <= 16; ++seed) {
    make({}, seed);
    const Instant begun = now;
    begin_host();
    run_for(ms(300));
    ASSERT_FALSE(sent.empty());
    waits.push_back((sent[0].at - begun).as_milliseconds());
    EXPECT_LE(waits.back(), 250);
    machine->halt();
  }
  std::sort(waits.begin(), waits.end());
  EXPECT_GT(waits.back() - waits.front(), 100);
}

TEST_F(MdnsProbing, RFC6762_8_3_two_announcements_a_second_apart_unasked) {
  begin_host();
  run_for(ms(5000));
  ASSERT_EQ(sent.size(), 5u);
  EXPECT_EQ(sent[3].at - sent[2].at, ms(250)) << "after the third probe";
  EXPECT_EQ(sent[4].at - sent[3].at, ms(1000));
  for (std::size_t i = 3; i < 5; ++i) {
    EXPECT_EQ(sent[i].flags, 0x8400) << "RFC 6762 18.4: authoritative";
    EXPECT_EQ(sent[i].id, 0) << "RFC 6762 18.1";
    EXPECT_TRUE(sent[i].questions.empty()) << "RFC 6762 6: no question in a response";
    EXPECT_EQ(sent[i].records.size(), 4u);
    for (const auto& [name, type] : std::vector<std::pair<std::string, std::uint16_t>>{
             {"host.local", type::a}, {"host.local", type::aaaa}, {"50.2.0.192.in-addr.arpa", type::ptr}}) {
      const SentRecord* record = sent[i].find(name, type);
      ASSERT_NE(record, nullptr) << name;
      EXPECT_TRUE(record->flush) << "RFC 6762 10.2: unique";
      EXPECT_EQ(record->ttl, 120u) << "RFC 6762 10";
    }
  }
  EXPECT_EQ(state_of(host), ClaimState::established);
}

TEST_F(MdnsProbing, RFC6762_8_nothing_is_claimed_without_a_link_or_an_address) {
  host = *machine->responder().add_host("host", now);
  run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
  machine->start(now);
  run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
  EXPECT_TRUE(machine->responder().set_addresses(host, std::vector{own_v4}, now));
  run_for(Duration::seconds(5));
  EXPECT_EQ(sent.size(), 5u);
}

TEST_F(MdnsProbing, RFC6762_8_1_questions_are_not_answered_while_probing) {
  begin_host();
  run_for(ms(400));
  sent.clear();
  hear(query_message().ask("host.local", type::a));
  run_for(ms(100));
  for (const Sent& message : sent) EXPECT_FALSE(message.is_response());
}

struct Conflict {
  const char* name;
  int at_ms;  // after the first probe; below zero: before it
  std::uint16_t type;
  IpAddress address;
  std::uint32_t ttl;
  const char* becomes;
};

TEST_F(MdnsProbing, RFC6762_8_1_and_9_a_conflicting_response_while_probing_is_the_end_of_the_name) {
  const Conflict rows[] = {
      {"another address", 10, type::a, other_v4, 120, "host-2"},
      {"after the third probe, too", 740, type::a, other_v4, 120, "host-2"},
      {"a type that we have no record of is a claim on the name all the same", 10, type::txt, other_v4, 120,
       "host-2"},
      {"the very same data is no conflict", 10, type::a, own_v4, 120, "host"},
      {"a goodbye is no claim", 10, type::a, other_v4, 0, "host"},
      {"before the first probe there is nothing to give up", -1, type::a, other_v4, 120, "host"},
  };
  for (const Conflict& row : rows) {
    SCOPED_TRACE(row.name);
    make({});
    begin_host();
    if (row.at_ms >= 0) {
      run_until(machine->responder().host(host)->claim.due);
      run_for(ms(row.at_ms));
    }
    const Buffer data = row.type == type::txt ? Buffer{0} : a_data(row.address);
    hear(response_message().record(labels("Host.local"), row.type, row.ttl, data, flush_in).count(6));
    run_for(Duration::seconds(10));
    EXPECT_EQ(label_of(host), row.becomes);
    EXPECT_EQ(state_of(host), ClaimState::established);
  }
}

TEST_F(MdnsProbing, RFC6762_9_a_conflict_about_what_is_ours_means_probing_again) {
  make_host();
  hear(response_message().record(labels("host.local"), type::a, 120, a_data(other_v4), flush_in).count(6));
  EXPECT_EQ(state_of(host), ClaimState::waiting);
  EXPECT_EQ(label_of(host), "host") << "nobody has defended it yet";
  run_for(Duration::seconds(5));
  EXPECT_EQ(label_of(host), "host");
  EXPECT_EQ(state_of(host), ClaimState::established);
  ASSERT_GE(sent.size(), 5u);
  EXPECT_FALSE(sent[0].is_response());
}

TEST_F(MdnsProbing, RFC6762_9_an_established_name_is_lost_when_another_defends_it) {
  make_host();
  const auto theirs =
      response_message().record(labels("host.local"), type::a, 120, a_data(other_v4), flush_in).count(6);
  hear(theirs);
  run_for(ms(300));
  hear(theirs);
  run_for(Duration::seconds(5));
  EXPECT_EQ(label_of(host), "host-2");
}

TEST_F(MdnsProbing, RFC6762_9_another_type_of_an_established_name_is_no_conflict) {
  make_host();
  hear(response_message().record(labels("host.local"), type::txt, 120, {0}).count(6));
  EXPECT_EQ(state_of(host), ClaimState::established);
}

TEST_F(MdnsProbing, RFC6762_2_cooperating_responders_with_the_same_data_do_not_conflict) {
  make_host();
  hear(response_message().record(labels("HOST.local"), type::a, 120, a_data(own_v4), flush_in).count(6));
  EXPECT_EQ(state_of(host), ClaimState::established);
}

struct TieBreak {
  const char* name;
  std::vector<std::pair<std::uint16_t, Buffer>> theirs;
  bool we_go_on;
};

TEST_F(MdnsProbing, RFC6762_8_2_simultaneous_probes_are_decided_by_the_order_of_their_records) {
  const auto a = [](std::uint8_t last) {
    return std::pair<std::uint16_t, Buffer>{type::a, {192, 0, 2, last}};
  };
  const std::pair<std::uint16_t, Buffer> ours_v6{type::aaaa, a_data(own_v6)};
  const TieBreak rows[] = {
      {"theirs is later", {a(51)}, false},
      {"theirs is earlier", {a(49)}, true},
      {"the type counts before the data", {{type::txt, {0}}}, false},
      {"bytes have no sign", {{type::a, {200, 0, 2, 50}}}, false},
      {"the same records are no contest", {a(50), ours_v6}, true},
      {"in whatever order they come", {ours_v6, a(50)}, true},
      {"who runs out of records first comes first", {a(50)}, true},
      {"and who has more comes later", {a(50), ours_v6, {type::srv, srv_data("x.local", 1)}}, false},
      {"the first that differs decides", {a(49), {type::aaaa, a_data(other_v6)}}, true},
      {"records of another name do not count", {}, true},
  };
  for (const TieBreak& row : rows) {
    SCOPED_TRACE(row.name);
    make({});
    begin_host();
    run_until(machine->responder().host(host)->claim.due);
    ServerMessage probe = query_message().ask("host.local", 255, unicast_in);
    for (const auto& [type, data] : row.theirs) probe.record(labels("host.local"), type, 120, data).count(8);
    if (row.theirs.empty()) probe.record(labels("x.local"), type::a, 120, a_data(other_v4)).count(8);
    sent.clear();
    hear(probe);
    const Instant heard = now;
    run_for(ms(999));
    EXPECT_EQ(label_of(host), "host") << "nobody is renamed by it";
    if (row.we_go_on) {
      EXPECT_EQ(state_of(host), ClaimState::announcing);
    } else {
      EXPECT_TRUE(sent.empty());
      run_for(ms(1));
      ASSERT_FALSE(sent.empty());
      EXPECT_EQ(sent[0].at - heard, Duration::seconds(1)) << "the loser waits a second";
      EXPECT_FALSE(sent[0].is_response());
    }
  }
}

TEST_F(MdnsProbing, RFC6762_9_a_label_is_shortened_for_its_number_and_counts_on) {
  const std::string longest(63, 'x');
  make_host(longest);
  const auto theirs = [&](const std::string& label) {
    return response_message()
        .record(labels(label + ".local"), type::a, 120, a_data(other_v4), flush_in)
        .count(6);
  };
  for (const char* expected : {"-2", "-3"}) {
    hear(theirs(label_of(host)));
    run_for(ms(300));
    hear(theirs(label_of(host)));
    run_for(Duration::seconds(20));
    EXPECT_EQ(label_of(host), longest.substr(0, 61) + expected);
  }
}

TEST_F(MdnsProbing, RFC6762_8_1_a_host_and_its_service_are_probed_for_in_one_message) {
  begin_host();
  ASSERT_TRUE(machine->responder().add_service({.instance = "Web", .type = "_http._tcp", .port = 80}, now));
  run_for(ms(1000));
  ASSERT_EQ(sent.size(), 4u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(sent[i].questions.size(), 2u);
    EXPECT_EQ(sent[i].count(Section::authority), 4u);
  }
}

TEST_F(MdnsProbing, RFC6763_D_an_instance_gets_a_number_in_parentheses) {
  make_host();
  const ServiceHandle service = make_service({.instance = "My Disk.1", .type = "_http._tcp", .port = 80});
  EXPECT_EQ(state_of(service), ClaimState::established);
  Buffer name{9};
  for (const char c : std::string_view("My Disk.1")) name.push_back(static_cast<std::uint8_t>(c));
  const Buffer rest = labels("_http._tcp.local");
  name.insert(name.end(), rest.begin(), rest.end());
  const auto theirs =
      response_message().record(name, type::srv, 120, srv_data("other.local", 80), flush_in).count(6);
  hear(theirs);
  run_for(ms(300));
  hear(theirs);
  run_for(Duration::seconds(5));
  EXPECT_EQ(label_of(service), "My Disk.1 (2)");
  EXPECT_EQ(label_of(host), "host") << "the host's name is its own still";
  EXPECT_EQ(state_of(host), ClaimState::established);
}

TEST_F(MdnsProbing, RFC6762_9_services_follow_their_host_to_its_new_name) {
  make_host();
  make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
  const auto theirs =
      response_message().record(labels("host.local"), type::a, 120, a_data(other_v4), flush_in).count(6);
  hear(theirs);
  run_for(ms(300));
  hear(theirs);
  sent.clear();
  run_for(Duration::seconds(5));
  EXPECT_EQ(label_of(host), "host-2");
  ASSERT_FALSE(sent.empty());
  const SentRecord* srv = sent.back().find("Web._http._tcp.local", type::srv);
  ASSERT_NE(srv, nullptr) << "announced anew";
  EXPECT_EQ(srv->target, "host-2.local");
}

TEST_F(MdnsProbing, C22_10_after_fifteen_conflicts_in_ten_seconds_each_attempt_waits_five) {
  begin_host();
  std::size_t probes = 0;
  for (int i = 0; i < 6000; ++i) {  // a minute of conflicts, a hundred a second
    hear(response_message()
             .record(labels(label_of(host) + ".local"), type::a, 120, a_data(other_v4), flush_in)
             .count(6));
    sent.clear();
    run_for(ms(10));
    probes += sent.size();
  }
  EXPECT_LE(machine->status().conflicts, 15u + 60 / 5 + 1);
  EXPECT_GE(machine->status().conflicts, 20u);
  EXPECT_LE(probes, 40u);
  EXPECT_LE(label_of(host).size(), 8u);
  run_for(Duration::seconds(30));
  EXPECT_EQ(state_of(host), ClaimState::established) << "once it is over";
}

TEST_F(MdnsProbing, RFC6762_8_everything_is_probed_anew_when_the_link_comes_back) {
  make_host();
  machine->halt();
  run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(state_of(host), ClaimState::idle);
  machine->start(now);
  run_for(Duration::seconds(5));
  ASSERT_EQ(sent.size(), 5u);
  EXPECT_FALSE(sent[0].is_response());
  EXPECT_TRUE(sent[4].is_response());
}

TEST_F(MdnsProbing, RFC6762_8_4_a_changed_address_is_announced_and_the_old_one_said_goodbye_to) {
  make_host();
  const IpAddress later = IpAddress::v4(192, 0, 2, 51);
  EXPECT_TRUE(machine->responder().set_addresses(host, std::vector{later, own_v6}, now));
  run_for(Duration::seconds(5));
  ASSERT_GE(sent.size(), 2u);
  std::vector<std::pair<Buffer, std::uint32_t>> told;
  for (const Sent& message : sent) {
    EXPECT_TRUE(message.is_response()) << "nothing to probe for";
    for (const SentRecord& record : message.records) {
      if (record.name == "host.local" && record.type == type::a) told.emplace_back(record.data, record.ttl);
    }
  }
  EXPECT_EQ(std::count(told.begin(), told.end(), std::pair(a_data(own_v4), std::uint32_t{0})), 1);
  EXPECT_EQ(std::count(told.begin(), told.end(), std::pair(a_data(later), std::uint32_t{120})), 2);
  EXPECT_EQ(told.size(), 3u);
  const auto now_said = answers_to(query_message().ask("host.local", type::a));
  ASSERT_EQ(now_said.size(), 1u);
  EXPECT_EQ(now_said[0].find("host.local", type::a)->data, a_data(later));
}

TEST_F(MdnsProbing, RFC6762_10_1_what_is_renamed_and_removed_at_once_says_goodbye_under_its_old_name) {
  make_host();
  const ServiceHandle web = make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
  ASSERT_TRUE(machine->responder().set_instance(web, "Site", now));
  ASSERT_TRUE(machine->responder().remove_service(web, now));
  run_for(Duration::seconds(5));
  ASSERT_EQ(sent.size(), 1u);
  const SentRecord* pointer = sent[0].find("_http._tcp.local", type::ptr);
  ASSERT_NE(pointer, nullptr);
  EXPECT_EQ(pointer->ttl, 0u);
  EXPECT_NE(sent[0].find("Web._http._tcp.local", type::srv), nullptr);
}

TEST_F(MdnsProbing, RFC6763_7_1_a_subtype_that_is_added_later_is_announced) {
  make_host();
  const ServiceHandle web = make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
  ASSERT_TRUE(machine->responder().add_subtype(web, "_x", now));
  EXPECT_EQ(machine->responder().add_subtype(web, "", now).error(), Error::bad_name);
  ASSERT_TRUE(machine->responder().add_subtype(web, "_y", now));
  EXPECT_EQ(machine->responder().add_subtype(web, "_z", now).error(), Error::no_memory);
  EXPECT_EQ(machine->responder().add_subtype({}, "_x", now).error(), Error::closed);
  run_for(Duration::seconds(5));
  ASSERT_FALSE(sent.empty());
  EXPECT_NE(sent.back().find("_x._sub._http._tcp.local", type::ptr), nullptr);
  EXPECT_NE(sent.back().find("_y._sub._http._tcp.local", type::ptr), nullptr);
}

TEST_F(MdnsProbing, RFC6762_10_1_what_stops_says_goodbye_to_all_that_it_announced) {
  make_host();
  make_service({.instance = "Web",
                .type = "_http._tcp",
                .port = 80,
                .subtypes = std::array<std::string_view, 1>{"_x"}});
  machine->stop(now);
  run_for(Duration::seconds(5));
  ASSERT_EQ(sent.size(), 1u);
  for (const SentRecord& record : sent[0].records) EXPECT_EQ(record.ttl, 0u);
  for (const auto& [name, type] :
       std::vector<std::pair<std::string, std::uint16_t>>{{"host.local", type::a},
                                                          {"host.local", type::aaaa},
                                                          {"_http._tcp.local", type::ptr},
                                                          {"_x._sub._http._tcp.local", type::ptr},
                                                          {"Web._http._tcp.local", type::srv},
                                                          {"Web._http._tcp.local", type::txt},
                                                          {"_services._dns-sd._udp.local", type::ptr}}) {
    EXPECT_NE(sent[0].find(name, type), nullptr) << name;
  }
  EXPECT_TRUE(answers_to(query_message().ask("host.local", type::a)).empty());
  EXPECT_TRUE(machine->next_deadline().is_never());
}

TEST_F(MdnsProbing, RFC6762_10_1_a_service_that_goes_says_goodbye_and_its_type_stays_while_others_have_it) {
  make_host();
  const ServiceHandle one = make_service({.instance = "One", .type = "_http._tcp", .port = 80});
  const ServiceHandle two = make_service({.instance = "Two", .type = "_http._tcp", .port = 81});
  EXPECT_TRUE(machine->responder().remove_service(one, now));
  run_for(Duration::seconds(2));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].records.size(), 3u);
  EXPECT_EQ(sent[0].find("_http._tcp.local", type::ptr)->target, "One._http._tcp.local");
  EXPECT_EQ(machine->responder().service(one), nullptr);
  EXPECT_EQ(machine->responder().remove_service(one, now).error(), Error::closed);
  const auto types = answers_to(query_message().ask("_services._dns-sd._udp.local", type::ptr));
  ASSERT_EQ(types.size(), 1u);
  EXPECT_EQ(types[0].records[0].target, "_http._tcp.local");
  EXPECT_TRUE(machine->responder().remove_service(two, now));
  run_for(Duration::seconds(2));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_NE(sent[0].find("_services._dns-sd._udp.local", type::ptr), nullptr);
}

TEST_F(MdnsProbing, RFC6762_8_4_changed_data_is_announced_twice_not_oftener_than_once_a_second) {
  make_host();
  const ServiceHandle service = make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
  std::array<std::uint8_t, 8> txt{};
  for (std::uint8_t i = 0; i < 20; ++i) {
    TxtWriter writer(txt);
    EXPECT_TRUE(writer.add("n", Bytes(&i, 1)));
    EXPECT_TRUE(machine->responder().set_txt(service, writer.finish(), now));
    run_for(ms(100));
  }
  run_for(Duration::seconds(5));
  EXPECT_GE(sent.size(), 3u);
  for (std::size_t i = 1; i < sent.size(); ++i) EXPECT_GE(sent[i].at - sent[i - 1].at, Duration::seconds(1));
  EXPECT_EQ(sent.back().find("Web._http._tcp.local", type::txt)->data, (Buffer{3, 'n', '=', 19}));
}

TEST_F(MdnsProbing, a_new_name_by_wish_takes_the_old_one_back_first) {
  make_host();
  make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
  EXPECT_TRUE(machine->responder().set_host_name(host, "other", now));
  run_for(Duration::seconds(10));
  EXPECT_EQ(label_of(host), "other");
  ASSERT_GE(sent.size(), 6u);
  EXPECT_EQ(sent[0].find("host.local", type::a)->ttl, 0u);
  EXPECT_EQ(sent.back().find("Web._http._tcp.local", type::srv)->target, "other.local");
  EXPECT_EQ(machine->responder().set_host_name(host, "a.b", now).error(), Error::bad_name);
}

}  // namespace
}  // namespace linnet::mdns
