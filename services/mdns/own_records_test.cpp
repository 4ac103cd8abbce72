// SPDX-License-Identifier: Apache-2.0
// What records there are of hosts and services, what is in them, and what a digest tells apart.
#include <functional>

#include "services/mdns/test_machine.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

class MdnsOwnRecords : public MdnsMachine {
 protected:
  Responder& responder() { return machine->responder(); }
  const OwnRecords& records() { return machine->responder().records(); }
  Buffer data_of(std::string_view name, std::uint16_t type) {
    const auto answers = answers_to(query_message().ask(name, type));
    const SentRecord* record = answers.empty() ? nullptr : answers[0].find(name, type);
    return record != nullptr ? record->data : Buffer{};
  }
};

TEST_F(MdnsOwnRecords, RFC2782_priority_weight_and_port_of_a_service_are_told_and_a_port_that_changes) {
  make_host();
  const ServiceHandle service = make_service(
      {.instance = "Web", .type = "_http._tcp", .port = 80, .priority = 0x0102, .weight = 0x0304});
  const std::string_view name = "Web._http._tcp.local";
  const auto values = [&] {
    Buffer data = data_of(name, type::srv);
    data.resize(6);  // the name behind them is compressed
    return data;
  };
  EXPECT_EQ(values(), (Buffer{1, 2, 3, 4, 0, 80}));
  ASSERT_TRUE(responder().set_port(service, 8080, now));
  run_for(Duration::seconds(5));
  EXPECT_EQ(values(), (Buffer{1, 2, 3, 4, 8080 >> 8, 8080 & 255}));
}

TEST_F(MdnsOwnRecords, RFC6763_6_1_each_service_has_its_own_strings_and_one_empty_string_where_it_has_none) {
  make_host();
  const Buffer one{3, 'a', '=', '1'};
  const Buffer two{3, 'b', '=', '2'};
  const Buffer empty{0};
  make_service({.instance = "One", .type = "_http._tcp", .port = 80, .txt = one});
  make_service({.instance = "Two", .type = "_http._tcp", .port = 81, .txt = two});
  make_service({.instance = "None", .type = "_http._tcp", .port = 82});
  make_service({.instance = "Empty", .type = "_http._tcp", .port = 83, .txt = empty});
  EXPECT_EQ(data_of("One._http._tcp.local", type::txt), one);
  EXPECT_EQ(data_of("Two._http._tcp.local", type::txt), two);
  EXPECT_EQ(data_of("None._http._tcp.local", type::txt), empty);
  EXPECT_EQ(data_of("Empty._http._tcp.local", type::txt), empty);
}

TEST_F(MdnsOwnRecords, each_of_two_hosts_has_its_own_addresses) {
  make({.hosts = 2, .addresses = 2});
  make_host();
  const HostHandle printer = *responder().add_host("printer", now);
  ASSERT_TRUE(responder().set_addresses(printer, std::vector{other_v4, other_v6}, now));
  run_for(Duration::seconds(20));
  EXPECT_EQ(data_of("host.local", type::a), a_data(own_v4));
  EXPECT_EQ(data_of("host.local", type::aaaa), a_data(own_v6));
  EXPECT_EQ(data_of("printer.local", type::a), a_data(other_v4));
  EXPECT_EQ(data_of("printer.local", type::aaaa), a_data(other_v6));
}

TEST_F(MdnsOwnRecords, RFC6763_9_every_type_of_several_is_told) {
  make_host();
  make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
  make_service({.instance = "Print", .type = "_ipp._tcp", .port = 631});
  make_service({.instance = "Other", .type = "_http._tcp", .port = 81});
  const auto types = answers_to(query_message().ask("_services._dns-sd._udp.local", type::ptr));
  ASSERT_EQ(types.size(), 1u);
  std::vector<std::string> told;
  for (const SentRecord& record : types[0].records) {
    if (record.section == Section::answer) told.push_back(record.target);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"_http._tcp.local", "_ipp._tcp.local"}));
}

TEST_F(MdnsOwnRecords, numbers_and_keys_are_each_others_and_owners_follow_each_other) {
  make({.hosts = 2, .addresses = 3, .services = 2, .subtypes = 2});
  for (std::size_t i = 0; i < OwnRecords::count(config); ++i) {
    const RecordKey key = records().key(i);
    EXPECT_EQ(records().number(key), i);
    const std::size_t first = records().first_of(key.of_host(), key.owner);
    EXPECT_GE(i, first);
    EXPECT_LT(i, first + records().count_of(key.of_host()));
  }
}

TEST_F(MdnsOwnRecords, there_is_no_record_of_what_is_not_there_or_on_its_way_out) {
  make_host();
  const ServiceHandle web = make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
  const RecordKey srv{Kind::srv, web.index, 0};
  EXPECT_TRUE(records().exists(srv));
  EXPECT_FALSE(records().exists({Kind::srv, static_cast<std::uint16_t>(web.index + 1), 0})) << "not used";
  EXPECT_FALSE(records().exists({Kind::subtype, web.index, 0})) << "it has none";
  ASSERT_TRUE(responder().remove_service(web, now));
  EXPECT_FALSE(records().exists(srv)) << "its goodbyes are owed still";
}

TEST_F(MdnsOwnRecords, what_a_pointer_points_to_is_told_by_the_first_label_of_its_data) {
  make_host();
  const ServiceHandle web = make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
  const RecordKey pointer{Kind::pointer, web.index, 0};
  const RecordKey subtype{Kind::subtype, web.index, 0};
  for (const RecordKey& key : {pointer, subtype}) {
    EXPECT_TRUE(records().may_point_to(key, labels("wEB._http._tcp.local")));
    EXPECT_FALSE(records().may_point_to(key, labels("Wec._http._tcp.local")));
    EXPECT_FALSE(records().may_point_to(key, labels("Webs._http._tcp.local")));
  }
  EXPECT_TRUE(records().may_point_to({Kind::srv, web.index, 0}, labels("x"))) << "perhaps";
}

TEST_F(MdnsOwnRecords, a_handle_beyond_the_last_place_is_nobodys) {
  make_host("host", {own_v6});
  const ServiceHandle web = make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
  HostHandle no_host = host;
  no_host.index = config.hosts;
  no_host.generation = web.generation;
  EXPECT_EQ(responder().host(no_host), nullptr);
  ServiceHandle no_service = web;
  no_service.index = config.services;
  EXPECT_EQ(responder().service(no_service), nullptr);
}

/// Two hosts and two services by themselves, whose parts are set one by one.
class MdnsRecordsDigest : public ::testing::Test {
 protected:
  MdnsRecordsDigest() {
    memory.assign(OwnRecords::memory_needed(config) + Arena::alignment, 0);
    Arena arena(memory);
    records = std::make_unique<OwnRecords>(config, arena);
  }
  Digest::Value digest() const {
    Digest d;
    records->digest(d);
    return d.value();
  }
  Config config{.hosts = 2, .addresses = 1, .services = 2, .subtypes = 1, .txt_size = 8};
  std::vector<std::uint8_t> memory;
  std::unique_ptr<OwnRecords> records;
};

TEST_F(MdnsRecordsDigest, is_of_names_and_claims_and_addresses_and_strings) {
  const auto hosts = records->hosts();
  const auto services = records->services();
  struct Row {
    const char* name;
    std::function<void()> change;
  };
  const Row rows[] = {
      {"a host", [&] { hosts[0].used = true; }},
      {"its label", [&] { hosts[0].label = *Label::from("x"); }},
      {"its claim", [&] { hosts[0].claim.state = ClaimState::probing; }},
      {"what is left of its probes", [&] { hosts[0].claim.left = 2; }},
      {"its number", [&] { hosts[0].claim.number = 3; }},
      {"its address", [&] { hosts[0].addresses[0] = {.address = own_v4, .live = true}; }},
      {"another", [&] { hosts[0].addresses[0].address = own_v6; }},
      {"none", [&] { hosts[0].addresses[0].live = false; }},
      {"a service", [&] { services[0].used = true; }},
      {"its label", [&] { services[0].label = *Label::from("y"); }},
      {"its claim", [&] { services[0].claim.state = ClaimState::probing; }},
      {"its number", [&] { services[0].claim.number = 3; }},
      {"its strings", [&] { services[0].txt_length = 2; }},
      {"what they say", [&] { services[0].txt[1] = 'x'; }},
  };
  Digest::Value last = digest();
  for (const Row& row : rows) {
    row.change();
    EXPECT_FALSE(digest() == last) << row.name;
    last = digest();
  }
  // What is not told of any more is not in it.
  hosts[0].addresses[0].address = other_v4;
  EXPECT_TRUE(digest() == last);
}

TEST_F(MdnsRecordsDigest, is_of_the_place_as_well) {
  records->hosts()[0].used = true;
  const Digest::Value first = digest();
  std::swap(records->hosts()[0].used, records->hosts()[1].used);
  EXPECT_FALSE(digest() == first);
  records->services()[0].used = true;
  const Digest::Value of_service = digest();
  std::swap(records->services()[0].used, records->services()[1].used);
  EXPECT_FALSE(digest() == of_service);
}

}  // namespace
}  // namespace linnet::mdns
