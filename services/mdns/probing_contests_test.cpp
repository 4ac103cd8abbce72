// SPDX-License-Identifier: Apache-2.0
// Contests about names: whose data come later, which records count, and names that are too many or too long
// for a message (RFC 6762 8, 9).
#include "services/mdns/test_machine.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

class MdnsContests : public MdnsMachine {
 protected:
  void until_probing(ServiceHandle service) { run_until(machine->responder().service(service)->claim.due); }
  void until_probing() { run_until(machine->responder().host(host)->claim.due); }
};

TEST_F(MdnsContests, RFC6762_8_2_of_data_that_begin_alike_the_longer_come_later) {
  const Buffer ours{3, 'k', '=', 'v', 1, 'x'};
  struct Row {
    const char* name;
    Buffer theirs;
    bool we_go_on;
  };
  const Row rows[] = {
      {"shorter", {3, 'k', '=', 'v'}, true},
      {"longer", {3, 'k', '=', 'v', 1, 'x', 1, 'y'}, false},
      {"the same, and the port decides", ours, false},
      {"none that can be read", {9, 'k'}, true},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    make({});
    make_host();
    const auto service = machine->responder().add_service(
        {.instance = "Web", .type = "_http._tcp", .port = 80, .txt = ours}, now);
    until_probing(*service);
    ASSERT_EQ(state_of(*service), ClaimState::probing);
    hear(query_message()
             .ask("Web._http._tcp.local", 255)
             .record(labels("Web._http._tcp.local"), type::txt, 4500, row.theirs)
             .count(8)
             .record(labels("Web._http._tcp.local"), type::srv, 120, srv_data("host.local", 81))
             .count(8));
    EXPECT_EQ(state_of(*service), row.we_go_on ? ClaimState::probing : ClaimState::waiting);
  }
}

TEST_F(MdnsContests, RFC6762_8_2_what_of_a_probe_counts) {
  struct Row {
    const char* name;
    std::uint16_t record_class;
    std::size_t section;
    bool counts;
  };
  const Row rows[] = {
      {"what is to be the asker's", 1, 8, true},
      {"not of another class", 3, 8, false},
      {"not what he knows", 1, 6, false},
      {"nor what he adds", 1, 10, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    make({});
    begin_host("host", {own_v4});
    until_probing();
    // Something else that he probes for, so that it is a probe.
    ServerMessage probe = query_message().ask("host.local", 255);
    const auto add = [&](std::string_view name, std::uint16_t record_class, std::size_t section) {
      probe.record(labels(name), type::a, 120, a_data(other_v4), record_class).count(section);
    };
    if (row.section == 6) add("host.local", row.record_class, 6);
    add("other.local", 1, 8);
    if (row.section != 6) add("host.local", row.record_class, row.section);
    hear(probe);
    EXPECT_EQ(state_of(host), row.counts ? ClaimState::waiting : ClaimState::probing);
  }
}

TEST_F(MdnsContests, RFC6762_8_2_the_same_records_are_no_contest_however_many_they_are) {
  make({.addresses = 20});
  std::vector<IpAddress> addresses;
  for (std::uint8_t i = 1; i <= 20; ++i) addresses.push_back(IpAddress::v4(192, 0, 2, i));
  begin_host("host", addresses);
  until_probing();
  ServerMessage probe = query_message().ask("host.local", 255);
  for (const IpAddress& address : addresses) {
    probe.record(labels("host.local"), type::a, 120, a_data(address)).count(8);
  }
  hear(probe);
  EXPECT_EQ(state_of(host), ClaimState::probing);
}

TEST_F(MdnsContests, RFC6762_10_2_what_another_said_of_our_name_is_flushed_a_second_after_his_probe) {
  make_host("host", {own_v4});
  const auto probe = [&](const IpAddress& wanted) {
    hear(query_message()
             .ask("host.local", type::any, flush_in)
             .record(labels("host.local"), type::a, 120, a_data(wanted))
             .count(8));
  };
  const auto told = [&] {
    std::vector<Instant> times;
    for (const Sent& message : sent) {
      const SentRecord* record = message.find("host.local", type::a);
      if (message.is_response() && !message.to && record != nullptr) times.push_back(message.at);
    }
    return times;
  };
  const Instant begun = now;
  probe(other_v4);
  run_for(ms(10000));
  ASSERT_FALSE(sent.empty());
  EXPECT_TRUE(sent[0].to) << "RFC 6762 8.1: to the prober, at once";
  ASSERT_EQ(told().size(), 1u) << "and to all, once";
  EXPECT_GT(told()[0] - begun, ms(1000)) << "what was heard within a second is not flushed (10.2)";
  EXPECT_LT(told()[0] - begun, ms(1500));
  EXPECT_TRUE(sent.back().find("host.local", type::a)->flush);
  EXPECT_EQ(state_of(host), ClaimState::established);

  sent.clear();
  probe(own_v4);
  run_for(ms(10000));
  EXPECT_TRUE(told().empty()) << "who says the same has said nothing else";

  // Another who comes in between has said his a moment ago; more of them do not make it more often.
  sent.clear();
  for (int i = 0; i < 40; ++i) {
    probe(i % 2 == 0 ? other_v4 : IpAddress::v4(192, 0, 2, 78));
    run_for(ms(250));
  }
  run_for(ms(10000));
  const std::vector<Instant> times = told();
  EXPECT_GE(times.size(), 8u);
  EXPECT_LE(times.size(), 12u);
  for (std::size_t i = 1; i < times.size(); ++i) EXPECT_GE(times[i] - times[i - 1], ms(1000));
}

TEST_F(MdnsContests, RFC6762_9_what_is_said_of_a_name_that_is_ours_and_no_conflict) {
  make_host("host", {own_v4, other_v4});
  const ServiceHandle service = make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
  const auto say = [&](std::string_view name, std::uint16_t type, const Buffer& data,
                       std::uint16_t in = flush_in) {
    hear(response_message().record(labels(name), type, 120, data, in).count(6));
    EXPECT_EQ(state_of(host), ClaimState::established) << name;
    EXPECT_EQ(state_of(service), ClaimState::established) << name;
  };
  say("host.local", type::a, a_data(IpAddress::v4(192, 0, 2, 99)), 3);
  say("host.local", type::a, a_data(own_v4));
  say("host.local", type::a, a_data(other_v4));
  say("Web._ipp._tcp.local", type::srv, srv_data("other.local", 631));
  say("Web.local", type::a, a_data(IpAddress::v4(192, 0, 2, 99)));
}

TEST_F(MdnsContests, RFC6762_8_1_names_whose_questions_do_not_fit_are_probed_for_in_several_messages) {
  constexpr std::uint16_t count = 40;
  make({.services = count});
  begin_host("host", {own_v4});
  std::vector<ServiceHandle> services;
  for (int i = 0; i < count; ++i) {
    // Of this length 23 questions fit, and some of the records: it is seen all the same that it is not all.
    const std::string name = i + 1 < count ? std::string(53, 'n') + std::to_string(10 + i) : "S";
    services.push_back(
        *machine->responder().add_service({.instance = name, .type = "_http._tcp", .port = 80}, now));
  }
  run_for(ms(5000));
  for (const ServiceHandle service : services) EXPECT_EQ(state_of(service), ClaimState::established);
  std::size_t questions = 0;
  for (const Sent& message : sent) {
    // 8.2: what is wanted goes with each question, an address of the host and two records of a service.
    std::size_t wanted = 0;
    for (const SentQuestion& question : message.questions) wanted += question.name == "host.local" ? 1 : 2;
    EXPECT_EQ(message.count(Section::authority), wanted);
    questions += message.questions.size();
  }
  EXPECT_EQ(questions, 3u * (count + 1));
}

TEST_F(MdnsContests, RFC6762_8_1_of_more_addresses_than_a_message_holds_a_probe_has_those_that_fit) {
  make({.addresses = 80});
  std::vector<IpAddress> addresses;
  std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
  for (std::uint8_t i = 1; i <= 80; ++i) {
    bytes[15] = i;
    addresses.push_back(IpAddress::v6(bytes));
  }
  begin_host("host", addresses);
  run_for(ms(5000));
  EXPECT_EQ(state_of(host), ClaimState::established);
  ASSERT_GE(sent.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(sent[i].questions.size(), 1u);
    EXPECT_GT(sent[i].count(Section::authority), 40u);
    EXPECT_LT(sent[i].count(Section::authority), 80u);
  }
}

}  // namespace
}  // namespace linnet::mdns
