// SPDX-License-Identifier: Apache-2.0
// What the owner may change, what he is told when he may not, and what is said of it (RFC 6762 8.4, 10.1).
#include "services/mdns/test_machine.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

class MdnsChanges : public MdnsMachine {
 protected:
  Responder& responder() { return machine->responder(); }
  ServiceHandle web() { return make_service({.instance = "Web", .type = "_http._tcp", .port = 80}); }
  /// How often this was said with a TTL of zero, and nothing else but goodbyes was.
  std::size_t goodbyes(std::string_view name, std::uint16_t type) const {
    std::size_t count = 0;
    for (const Sent& message : sent) {
      for (const SentRecord& record : message.records) {
        EXPECT_EQ(record.ttl, 0u) << record.name;
        count += record.name == name && record.type == type ? 1 : 0;
      }
    }
    return count;
  }
};

struct Refused {
  const char* name;
  ServiceOptions options;
  Error error;
};

TEST_F(MdnsChanges, a_service_is_refused_with_its_reason) {
  Config two;
  two.hosts = 2;
  make(two);
  make_host();
  const HostHandle gone = *responder().add_host("gone", now);
  ASSERT_TRUE(responder().remove_host(gone, now));
  web();
  const std::string too_long(64, 'x');
  const Buffer long_txt(257, 0);
  const Buffer cut{5, 'a'};
  const std::array<std::string_view, 1> no_label = {""};
  const std::array<std::string_view, 3> too_many = {"_a", "_b", "_c"};
  const Refused rows[] = {
      {"no type", {.instance = "A", .type = "http", .port = 1}, Error::bad_name},
      {"no label", {.instance = too_long, .type = "_http._tcp", .port = 1}, Error::bad_name},
      {"no port", {.instance = "A", .type = "_http._tcp", .port = 0}, Error::bad_value},
      {"more than there is room for",
       {.instance = "A", .type = "_http._tcp", .port = 1, .txt = long_txt},
       Error::bad_value},
      {"no row of strings", {.instance = "A", .type = "_http._tcp", .port = 1, .txt = cut}, Error::bad_value},
      {"a subtype without a label",
       {.instance = "A", .type = "_http._tcp", .port = 1, .subtypes = no_label},
       Error::bad_name},
      {"more subtypes than there is room for",
       {.instance = "A", .type = "_http._tcp", .port = 1, .subtypes = too_many},
       Error::no_memory},
      {"a host that is no more",
       {.instance = "A", .type = "_http._tcp", .port = 1, .host = gone},
       Error::closed},
      {"one that is there already", {.instance = "wEB", .type = "_HTTP._tcp", .port = 1}, Error::exists},
  };
  const Digest::Value before = digest();
  for (const Refused& row : rows) {
    const auto added = responder().add_service(row.options, now);
    ASSERT_FALSE(added) << row.name;
    EXPECT_EQ(added.error(), row.error) << row.name;
  }
  EXPECT_TRUE(digest() == before);
  EXPECT_TRUE(responder().add_service({.instance = "Web", .type = "_ipp._tcp", .port = 1}, now))
      << "of another type it is another";
  EXPECT_TRUE(responder().add_service({.type = "_http._tcp", .port = 1}, now)) << "called like the host";
  EXPECT_EQ(responder().add_service({.instance = "Host", .type = "_http._tcp", .port = 1}, now).error(),
            Error::exists);
  EXPECT_TRUE(responder().add_service({.instance = "C", .type = "_http._tcp", .port = 1}, now));
  EXPECT_EQ(responder().add_service({.instance = "D", .type = "_http._tcp", .port = 1}, now).error(),
            Error::no_memory);
}

TEST_F(MdnsChanges, a_service_called_like_the_host_needs_one) {
  machine->start(now);
  EXPECT_EQ(responder().add_service({.type = "_http._tcp", .port = 1}, now).error(), Error::bad_name);
}

TEST_F(MdnsChanges, a_host_is_refused_with_its_reason) {
  EXPECT_EQ(responder().add_host("a.b", now).error(), Error::bad_name);
  make_host();
  EXPECT_EQ(responder().add_host("HOST", now).error(), Error::exists);
  EXPECT_EQ(responder().add_host("other", now).error(), Error::no_memory);
  EXPECT_EQ(responder().set_host_name(host, "", now).error(), Error::bad_name);
}

TEST_F(MdnsChanges, stale_handles_change_nothing) {
  make_host();
  const ServiceHandle service = web();
  ASSERT_TRUE(responder().remove_service(service, now));
  ASSERT_TRUE(responder().remove_host(host, now));
  run_for(Duration::seconds(2));
  const HostHandle old_host = host;
  make_host("host");
  const ServiceHandle next = web();
  EXPECT_EQ(old_host.index, host.index) << "the place is taken again";
  EXPECT_EQ(service.index, next.index);
  const Digest::Value before = digest();
  for (const HostHandle stale : {old_host, HostHandle{}}) {
    EXPECT_EQ(responder().host(stale), nullptr);
    EXPECT_EQ(responder().set_host_name(stale, "x", now).error(), Error::closed);
    EXPECT_EQ(responder().set_addresses(stale, {}, now).error(), Error::closed);
    EXPECT_EQ(responder().remove_host(stale, now).error(), Error::closed);
  }
  for (const ServiceHandle stale : {service, ServiceHandle{}}) {
    EXPECT_EQ(responder().service(stale), nullptr);
    EXPECT_EQ(responder().set_instance(stale, "x", now).error(), Error::closed);
    EXPECT_EQ(responder().set_txt(stale, {}, now).error(), Error::closed);
    EXPECT_EQ(responder().set_port(stale, 1, now).error(), Error::closed);
    EXPECT_EQ(responder().add_subtype(stale, "_x", now).error(), Error::closed);
    EXPECT_EQ(responder().remove_service(stale, now).error(), Error::closed);
  }
  EXPECT_TRUE(digest() == before);
}

TEST_F(MdnsChanges, values_that_a_service_cannot_have_are_refused) {
  make_host();
  const ServiceHandle service = web();
  const Digest::Value before = digest();
  EXPECT_EQ(responder().set_txt(service, Buffer(257, 0), now).error(), Error::bad_value) << "too long";
  EXPECT_EQ(responder().set_txt(service, Buffer{2, 'a'}, now).error(), Error::bad_value) << "cut";
  EXPECT_EQ(responder().set_port(service, 0, now).error(), Error::bad_value);
  EXPECT_EQ(responder().set_instance(service, "", now).error(), Error::bad_name);
  EXPECT_EQ(responder().set_instance(service, std::string(64, 'x'), now).error(), Error::bad_name);
  EXPECT_TRUE(digest() == before);
}

TEST_F(MdnsChanges, of_two_wishes_for_a_name_the_later_one_counts_but_not_after_the_end) {
  make_host();
  const ServiceHandle service = web();
  ASSERT_TRUE(responder().set_instance(service, "One", now));
  ASSERT_TRUE(responder().set_instance(service, "Two", now));
  ASSERT_TRUE(responder().set_host_name(host, "one", now));
  ASSERT_TRUE(responder().set_host_name(host, "two", now));
  run_for(Duration::seconds(5));
  EXPECT_EQ(label_of(service), "Two");
  EXPECT_EQ(label_of(host), "two");
  ASSERT_TRUE(responder().remove_service(service, now));
  EXPECT_EQ(responder().set_instance(service, "Three", now).error(), Error::closed);
  ASSERT_TRUE(responder().remove_host(host, now));
  EXPECT_EQ(responder().set_host_name(host, "three", now).error(), Error::closed);
  EXPECT_TRUE(responder().set_addresses(host, std::vector{other_v4}, now)) << "it is there until it is said";
  sent.clear();
  run_for(Duration::seconds(5));
  EXPECT_EQ(goodbyes("two.local", type::a), 1u);
  EXPECT_EQ(goodbyes("50.2.0.192.in-addr.arpa", type::ptr), 1u);
  EXPECT_EQ(goodbyes("Two._http._tcp.local", type::srv), 1u);
  EXPECT_EQ(responder().host(host), nullptr);
  EXPECT_EQ(responder().service(service), nullptr);
}

TEST_F(MdnsChanges, RFC6762_10_1_goodbyes_that_are_owed_are_said_whatever_comes_before_they_are) {
  struct Row {
    const char* name;
    std::function<void()> then;
  };
  ServiceHandle service;
  const Row rows[] = {
      {"nothing", [] {}},
      {"the service is removed", [&] { EXPECT_TRUE(responder().remove_service(service, now)); }},
      {"the host is removed", [&] { EXPECT_TRUE(responder().remove_host(host, now)); }},
      {"all stops", [&] { machine->stop(now); }},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    make({});
    make_host();
    service = web();
    ASSERT_TRUE(responder().set_addresses(host, {}, now));
    EXPECT_EQ(state_of(host), ClaimState::idle);
    EXPECT_EQ(state_of(service), ClaimState::idle) << "nobody can reach it";
    row.then();
    run_for(Duration::seconds(5));
    EXPECT_EQ(goodbyes("host.local", type::a), 1u);
    EXPECT_EQ(goodbyes("host.local", type::aaaa), 1u);
    EXPECT_EQ(goodbyes("_http._tcp.local", type::ptr), 1u);
    EXPECT_EQ(goodbyes("Web._http._tcp.local", type::srv), 1u);
    EXPECT_EQ(goodbyes("_services._dns-sd._udp.local", type::ptr), 1u);
    EXPECT_TRUE(machine->next_deadline().is_never());
  }
}

TEST_F(MdnsChanges, RFC6762_10_1_what_is_on_its_way_out_is_said_goodbye_to_and_not_answered) {
  make_host();
  const ServiceHandle service = web();
  ASSERT_TRUE(responder().remove_service(service, now));
  hear(query_message().ask("Web._http._tcp.local", type::srv));
  EXPECT_TRUE(responder().add_service({.instance = "Web", .type = "_http._tcp", .port = 81}, now))
      << "its name is free for another";
  ASSERT_TRUE(responder().remove_host(host, now));
  hear(query_message().ask("host.local", type::a));
  run_for(Duration::seconds(2));
  EXPECT_EQ(goodbyes("Web._http._tcp.local", type::srv), 1u);
  EXPECT_EQ(goodbyes("host.local", type::a), 1u);
  EXPECT_EQ(goodbyes("50.2.0.192.in-addr.arpa", type::ptr), 1u);
}

TEST_F(MdnsChanges, RFC6762_10_1_the_goodbye_of_an_address_is_said_though_its_name_is_contested) {
  make_host();
  ASSERT_TRUE(responder().set_addresses(host, std::vector{own_v6}, now));
  hear(response_message().record(labels("host.local"), type::aaaa, 120, a_data(other_v6), flush_in).count(6));
  EXPECT_EQ(state_of(host), ClaimState::waiting);
  run_for({});
  EXPECT_EQ(goodbyes("host.local", type::a), 1u);
}

TEST_F(MdnsChanges, only_services_of_a_host_go_with_it_and_with_its_addresses) {
  Config two;
  two.hosts = 2;
  make(two);
  make_host();
  const HostHandle printer = *responder().add_host("printer", now);
  ASSERT_TRUE(responder().set_addresses(printer, std::vector{other_v4}, now));
  const ServiceHandle own = web();
  const ServiceHandle other =
      make_service({.instance = "Old", .type = "_ipp._tcp", .port = 631, .host = printer});
  ASSERT_TRUE(responder().set_addresses(printer, {}, now));
  EXPECT_EQ(state_of(own), ClaimState::established);
  EXPECT_EQ(state_of(other), ClaimState::idle);
  ASSERT_TRUE(responder().set_addresses(printer, std::vector{other_v4}, now));
  run_for(Duration::seconds(5));
  EXPECT_EQ(state_of(other), ClaimState::established);
  ASSERT_TRUE(responder().remove_host(printer, now));
  run_for(Duration::seconds(5));
  EXPECT_EQ(state_of(own), ClaimState::established);
  EXPECT_EQ(responder().service(other), nullptr);
}

TEST_F(MdnsChanges, a_service_waits_for_its_host_and_for_its_address) {
  machine->start(now);
  const ServiceHandle service = web();
  EXPECT_EQ(state_of(service), ClaimState::idle) << "no host";
  host = *responder().add_host("host", now);
  const ServiceHandle later = make_service({.instance = "Later", .type = "_http._tcp", .port = 81});
  EXPECT_EQ(state_of(later), ClaimState::idle) << "no address";
  ASSERT_TRUE(responder().set_addresses(host, std::vector{own_v6}, now));
  run_for(Duration::seconds(5));
  EXPECT_EQ(state_of(service), ClaimState::established);
  EXPECT_EQ(state_of(later), ClaimState::established);
}

TEST_F(MdnsChanges, what_is_on_its_way_out_does_not_come_back_with_the_address) {
  make_host();
  const ServiceHandle service = web();
  ASSERT_TRUE(responder().set_addresses(host, {}, now));
  ASSERT_TRUE(responder().remove_service(service, now));
  ASSERT_TRUE(responder().set_addresses(host, std::vector{other_v4}, now));
  run_for(Duration::seconds(5));
  EXPECT_EQ(responder().service(service), nullptr);
  EXPECT_EQ(state_of(host), ClaimState::established);
  EXPECT_TRUE(answers_to(query_message().ask("_http._tcp.local", type::ptr)).empty());
}

TEST_F(MdnsChanges, RFC6762_8_4_an_address_that_comes_back_at_once_is_not_said_goodbye_to) {
  make_host();
  ASSERT_TRUE(responder().set_addresses(host, std::vector{own_v6}, now));
  ASSERT_TRUE(responder().set_addresses(host, std::vector{own_v6, own_v4}, now));
  run_for(Duration::seconds(5));
  ASSERT_FALSE(sent.empty());
  for (const Sent& message : sent) {
    for (const SentRecord& record : message.records) EXPECT_NE(record.ttl, 0u) << record.name;
  }
  EXPECT_EQ(sent.back().find("host.local", type::a)->data, a_data(own_v4));
}

TEST_F(MdnsChanges, addresses_beyond_those_that_there_is_room_for_are_left_out) {
  Config small;
  small.addresses = 2;
  make(small);
  const IpAddress third = IpAddress::v4(192, 0, 2, 60);
  begin_host("host", {own_v4, own_v6, third});
  run_for(Duration::seconds(20));
  const auto answers = answers_to(query_message().ask("host.local", type::any));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].count(Section::answer), 2u);
  // A place is free when its goodbye is said.
  ASSERT_TRUE(responder().set_addresses(host, std::vector{own_v6, third}, now));
  run_for(Duration::seconds(2));
  ASSERT_TRUE(responder().set_addresses(host, std::vector{own_v6, third}, now));
  run_for(Duration::seconds(5));
  const auto later = answers_to(query_message().ask("host.local", type::a));
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0].find("host.local", type::a)->data, a_data(third));
}

TEST_F(MdnsChanges, RFC6763_9_a_type_is_said_goodbye_to_with_the_last_of_its_services) {
  make_host();
  const ServiceHandle one = web();
  const ServiceHandle two = make_service({.instance = "Two", .type = "_http._tcp", .port = 81});
  make_service({.instance = "Print", .type = "_ipp._tcp", .port = 631});
  ASSERT_TRUE(responder().remove_service(one, now));
  ASSERT_TRUE(responder().remove_service(two, now));
  run_for(Duration::seconds(2));
  EXPECT_EQ(goodbyes("_services._dns-sd._udp.local", type::ptr), 1u) << "both at once";
  const auto three = responder().add_service({.instance = "Three", .type = "_http._tcp", .port = 82}, now);
  run_for(Duration::seconds(20));
  const auto four = responder().add_service({.instance = "Four", .type = "_http._tcp", .port = 83}, now);
  ASSERT_TRUE(four);
  sent.clear();
  ASSERT_TRUE(responder().remove_service(*three, now));
  run_for({});
  EXPECT_EQ(goodbyes("_services._dns-sd._udp.local", type::ptr), 1u) << "the other is not known to be ours";
}

TEST_F(MdnsChanges, RFC6763_9_a_type_of_two_services_is_told_once) {
  make_host();
  web();
  make_service({.instance = "Two", .type = "_http._tcp", .port = 81});
  const auto types = answers_to(query_message().ask("_services._dns-sd._udp.local", type::ptr));
  ASSERT_EQ(types.size(), 1u);
  EXPECT_EQ(types[0].count(Section::answer), 1u);
}

TEST_F(MdnsChanges, RFC6762_10_1_goodbyes_are_said_once) {
  make_host();
  const ServiceHandle service = web();
  ASSERT_TRUE(responder().set_addresses(host, {}, now));
  run_for(Duration::seconds(5));
  EXPECT_EQ(goodbyes("Web._http._tcp.local", type::srv), 1u);
  sent.clear();
  ASSERT_TRUE(responder().remove_service(service, now));
  ASSERT_TRUE(responder().remove_host(host, now));
  run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
}

TEST_F(MdnsChanges, RFC6763_9_when_all_stops_a_type_of_two_services_is_said_goodbye_to) {
  make_host();
  web();
  make_service({.instance = "Two", .type = "_http._tcp", .port = 81});
  machine->stop(now);
  EXPECT_TRUE(responder().add_service({.instance = "Three", .type = "_ipp._tcp", .port = 631}, now));
  ASSERT_TRUE(responder().set_addresses(host, std::vector{own_v4, own_v6, other_v4}, now));
  run_for(Duration::seconds(5));
  EXPECT_EQ(goodbyes("_services._dns-sd._udp.local", type::ptr), 1u);
  EXPECT_EQ(goodbyes("Web._http._tcp.local", type::srv), 1u);
  EXPECT_EQ(goodbyes("Two._http._tcp.local", type::srv), 1u);
  EXPECT_TRUE(machine->next_deadline().is_never()) << "what is new waits for the next start";
}

TEST_F(MdnsChanges, RFC6762_9_a_name_that_was_given_up_counts_from_the_beginning_when_it_is_wanted_again) {
  make_host();
  for (int turn = 0; turn < 2; ++turn) {
    const ServiceHandle service = web();
    const auto taken =
        response_message()
            .record(labels("Web._http._tcp.local"), type::srv, 120, srv_data("x.local", 1), flush_in)
            .count(6);
    hear(taken);  // of what is ours: it is probed for
    run_for(Duration::milliseconds(300));
    hear(taken);
    run_for(Duration::seconds(20));
    EXPECT_EQ(label_of(service), "Web (2)") << turn;
    ASSERT_TRUE(responder().remove_service(service, now));
    run_for(Duration::seconds(5));
  }
}

}  // namespace
}  // namespace linnet::mdns
