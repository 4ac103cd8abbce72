// SPDX-License-Identifier: Apache-2.0
// What no honest asker sends (C22), and what is left of the answers then.
#include "services/mdns/test_answers.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

TEST_F(MdnsAnswers, C22_15_askers_with_endless_known_answers_take_bounded_state_and_get_their_answer) {
  const Instant asked = now;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    hear(query_message().ask(type_name, type::ptr).truncated(),
         {.source = {IpAddress::v4(0x0a000000u + i), 5353}});
  }
  run_for(Duration::seconds(2));
  ASSERT_GE(sent.size(), 1u);
  EXPECT_LE(sent.size(), 2u);
  EXPECT_GE(sent[0].at - asked, ms(400));
  EXPECT_LE(sent[0].at - asked, ms(500));
  run_for(Duration::seconds(5));
  sent.clear();
  // One who never comes to an end.
  const Instant begun = now;
  hear(query_message().ask(type_name, type::ptr).truncated());
  for (int i = 0; i < 50 && sent.empty(); ++i) {
    run_for(ms(100));
    hear(query_message().truncated());
  }
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_LE(sent[0].at - begun, ms(2600));
}

TEST_F(MdnsAnswers, C22_03_who_is_not_on_the_link_is_not_answered_alone) {
  const Digest::Value before = digest();
  const Arrival off{.source = {IpAddress::v4(203, 0, 113, 9), 5353}, .multicast = false, .on_link = false};
  EXPECT_TRUE(answers_to(query_message().ask("host.local", type::a), off).empty());
  EXPECT_EQ(machine->status().dropped(Drop::off_link), 1u);
  const Arrival legacy{.source = {IpAddress::v4(203, 0, 113, 9), 40000}, .multicast = true, .on_link = false};
  EXPECT_TRUE(answers_to(query_message().ask("host.local", type::a), legacy).empty());
  EXPECT_TRUE(digest() == before);
  // RFC 6762 11: what came to the group is of this link, whatever its source says; all hear the answer.
  const Arrival group{.source = {IpAddress::v4(203, 0, 113, 9), 5353}, .multicast = true, .on_link = false};
  const auto answers = answers_to(query_message().ask("host.local", type::a, unicast_in), group);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers[0].to);
}

TEST_F(MdnsAnswers, C22_08_a_service_that_goes_while_its_answer_waits_is_said_goodbye_to) {
  struct Row {
    const char* name;
    ServerMessage question;
    int most;  // milliseconds that the answer waits
  };
  const Row rows[] = {
      {"to all", query_message().ask(type_name, type::ptr), 120},
      {"to who asks alone", query_message().ask(type_name, type::ptr, flush_in), 120},
      {"while known answers are to come", query_message().ask(type_name, type::ptr).flags(0x0200), 500},
  };
  const auto is_of_it = [](const SentRecord& record) {
    return record.name.starts_with("Web.") || record.target.starts_with("Web.");
  };
  for (const Row& row : rows) {
    int answered = 0;
    for (int wait = 0; wait <= row.most + 1; ++wait) {
      SCOPED_TRACE(std::string(row.name) + ", after " + std::to_string(wait) + " ms");
      hear(row.question);
      run_for(ms(wait));
      answered += sent.empty() ? 0 : 1;
      sent.clear();
      EXPECT_TRUE(machine->responder().remove_service(service, now));
      run_for(ms(wait % 3));
      // In every other round another is in its place while the answer would be due.
      ServiceHandle other;
      if (wait % 2 == 0) {
        other =
            *machine->responder().add_service({.instance = "Other", .type = "_http._tcp", .port = 81}, now);
        EXPECT_EQ(other.index, service.index);
      }
      run_for(ms(600));
      int goodbyes = 0;
      for (const Sent& message : sent) {
        for (const SentRecord& record : message.records) {
          EXPECT_TRUE(!is_of_it(record) || record.ttl == 0) << record.name;
        }
        if (message.find("Web._http._tcp.local", type::srv) != nullptr) ++goodbyes;
      }
      EXPECT_EQ(goodbyes, 1);
      EXPECT_EQ(machine->responder().service(service), nullptr);
      EXPECT_EQ(machine->responder().remove_service(other, now).ok(), wait % 2 == 0);
      run_for(ms(10));
      service = make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
    }
    EXPECT_GT(answered, 0) << row.name << ": in the last round at least it was told before";
    EXPECT_LE(answered, row.most) << row.name;
  }
}

TEST_F(MdnsAnswers, C22_13_what_is_no_message_of_multicast_dns_is_ignored) {
  const auto claim =
      response_message().record(labels("host.local"), type::a, 120, a_data(other_v4), flush_in).count(6);
  struct Row {
    Drop reason;
    ServerMessage message;
    std::uint16_t port;
  };
  const Row rows[] = {
      {Drop::source_port, claim, 5354},
      {Drop::opcode, ServerMessage(claim).flags(0x8400 | 0x2800), 5353},
      {Drop::rcode, ServerMessage(claim).flags(0x8403), 5353},
      {Drop::opcode, query_message().ask("host.local", 1).flags(0x1000), 5353},
      {Drop::rcode, query_message().ask("host.local", 1).flags(0x0001), 5353},
  };
  const Digest::Value before = digest();
  for (const Row& row : rows) {
    const std::uint32_t count = machine->status().dropped(row.reason);
    EXPECT_FALSE(hear(row.message, {.source = {other_v4, row.port}}));
    EXPECT_EQ(machine->status().dropped(row.reason), count + 1);
  }
  run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
  EXPECT_TRUE(digest() == before);
}

TEST_F(MdnsAnswers, C22_01_and_C22_02_short_messages_of_every_length) {
  const Digest::Value before = digest();
  for (std::size_t size = 0; size < 12; ++size) {
    Buffer bytes(size);
    const Buffer start{0x0a, 0xba, 0x10, 0x00};
    std::copy_n(start.begin(), std::min<std::size_t>(4, size), bytes.begin());
    for (int i = 0; i < 1000; ++i) EXPECT_FALSE(machine->receive(bytes, {.source = {other_v4, 5353}}, now));
  }
  EXPECT_EQ(machine->status().dropped(Drop::too_short), 12000u);
  run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
  EXPECT_TRUE(digest() == before);
}

TEST_F(MdnsAnswers, every_truncation_of_a_message_is_dropped_whole) {
  const Buffer whole = query_message()
                           .ask("host.local", type::a)
                           .ask(type_name, type::ptr)
                           .record(labels(type_name), type::ptr, 4500, labels("X._http._tcp.local"))
                           .count(6)
                           .finish();
  const Digest::Value before = digest();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Buffer part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(machine->receive(part, {.source = {other_v4, 5353}}, now)) << size;
  }
  EXPECT_TRUE(digest() == before);
}

TEST_F(MdnsAnswers, C22_05_labels_of_any_bytes_are_labels) {
  for (int c = 0; c < 256; ++c) {
    Buffer name{63};
    name.insert(name.end(), 63, static_cast<std::uint8_t>(c));
    const Buffer zone = labels("local");
    name.insert(name.end(), zone.begin(), zone.end());
    ServerMessage question = query_message();
    question.append(name).u16(type::any).u16(1).count(4);
    EXPECT_TRUE(hear(question));
    hear(response_message().record(name, type::ptr, 120, name).count(6));
    // And the text of it is the way back.
    std::size_t at = 0;
    const auto read = Name::read(name, at, dns::Letters::as_written);
    ASSERT_TRUE(read);
    const auto again = name_from_text(NameText(*read).view());
    ASSERT_TRUE(again);
    EXPECT_TRUE(*again == *read) << c;
  }
}

TEST_F(MdnsAnswers, C22_04_names_up_to_the_longest_go_in_and_come_out) {
  for (std::size_t size = 1; size <= 1000; ++size) {
    Buffer name;
    for (std::size_t left = size; left > 0;) {
      const std::size_t label = std::min<std::size_t>(left, 63);
      name.push_back(static_cast<std::uint8_t>(label));
      name.insert(name.end(), label, 'x');
      left -= label;
    }
    name.push_back(0);
    ServerMessage question = query_message(9);
    question.append(name).u16(type::any).u16(1).count(4);
    EXPECT_EQ(hear(question, {.source = {other_v4, 40000}}), name.size() <= 255);
    run_for(ms(10));
  }
  // The longest instance of the longest type, asked for by a legacy asker, who gets it all three times.
  const std::string longest(63, 'n');
  make_service({.instance = longest, .type = "_abcdefghijklmno._tcp", .port = 1});
  const auto answers = answers_to(query_message(9).ask(longest + "._abcdefghijklmno._tcp.local", type::any),
                                  {.source = {other_v4, 40000}});
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].count(Section::answer), 2u);
}

TEST_F(MdnsAnswers, C22_06_empty_data_and_roots_are_survived) {
  hear(response_message()
           .record(labels(instance), type::txt, 120, {})
           .count(6)
           .record(labels(instance), type::txt, 120, {0, 0, 0})
           .count(6)
           .record(labels(type_name), type::ptr, 120, {0})
           .count(6)
           .record(labels(instance), type::srv, 120, {0, 0, 0, 0, 0, 1, 0})
           .count(6)
           .record({0}, type::any, 120, {})
           .count(6));
  run_for(Duration::seconds(30));
  EXPECT_EQ(state_of(service), ClaimState::established);
  const auto query = machine->querier().query(*name_from_text("x.local"), type::any, now);
  ASSERT_TRUE(query);
  hear(response_message()
           .record(labels("x.local"), type::txt, 120, {5, 'a'})
           .count(6)  // a string that is not all there
           .record(labels("x.local"), type::srv, 120, {0, 0, 0})
           .count(6)
           .record(labels("x.local"), type::a, 120, {1, 2, 3})
           .count(6));
  EXPECT_EQ(known(*query), 0u);
  hear(response_message().record(labels("x.local"), type::txt, 120, {}).count(6));
  EXPECT_EQ(known(*query), 1u) << "RFC 6763 6.1: nothing is like one empty string";
  answers_to(query_message().ask("", type::any));
  answers_to(query_message().ask(instance, type::any));
}

}  // namespace
}  // namespace linnet::mdns
