// SPDX-License-Identifier: Apache-2.0
// A host with hundreds of services of one type, and one who browses for them.
#include <map>

#include "services/mdns/test_machine.hpp"

namespace linnet::mdns::test {
namespace {

constexpr std::size_t most = 300;  // more than one byte counts
constexpr std::string_view type_name = "_many._tcp.local";

class MdnsManyServices : public MdnsMachine {
 protected:
  MdnsManyServices() {
    make({.services = most, .subtypes = 0, .txt_size = 8});
    begin_host();
    for (std::size_t i = 0; i < most; ++i) {
      const std::string name = "S" + std::to_string(i);
      const auto added =
          machine->responder().add_service({.instance = name, .type = "_many._tcp", .port = 1}, now);
      EXPECT_TRUE(added);
      if (added) services.push_back(*added);
    }
    run_for(Duration::seconds(20));
    const Config large{.cache_records = 4 * most};
    other_memory.assign(Machine::memory_needed(large) + Arena::alignment, 0);
    Arena arena(other_memory);
    browser = std::make_unique<Machine>(large, arena, *random, std::uint8_t{2});
    browser->start(now);
    sent.clear();
  }
  /// Both go on, and hear each other at once.
  void both_for(Duration duration) {
    const Instant until = now + duration;
    for (int turns = 0; turns < 100000; ++turns) {
      while (const auto message = browser->next_message(now)) {
        if (const auto asked = take_apart(message->message, now, message->to); !asked.questions.empty())
          ++asked_;
        machine->receive(message->message, {.source = {other_v4, 5353}}, now);
      }
      while (const auto message = machine->next_message(now)) {
        sent.push_back(take_apart(message->message, now, message->to));
        browser->receive(message->message, {.source = {own_v4, 5353}, .multicast = !message->to.has_value()},
                         now);
      }
      const Instant next = earlier(machine->next_deadline(), browser->next_deadline());
      if (next > until) break;
      now = std::max(now, next);
    }
    now = until;
  }
  std::size_t found(QueryHandle query) const {
    std::size_t count = 0;
    browser->for_each_answer(query, now, [&](const RecordView&) { ++count; });
    return count;
  }
  /// How often each instance was told, with this TTL.
  std::map<std::string, int> told(std::uint32_t ttl) const {
    std::map<std::string, int> times;
    for (const Sent& message : sent) {
      for (const SentRecord& record : message.records) {
        if (record.type == type::ptr && record.name == type_name && record.ttl == ttl) ++times[record.target];
      }
    }
    return times;
  }

  std::vector<ServiceHandle> services;
  std::vector<std::uint8_t> other_memory;
  std::unique_ptr<Machine> browser;
  int asked_ = 0;
};

TEST_F(MdnsManyServices, all_are_found_and_none_is_told_twice_RFC6762_7_2) {
  for (const ServiceHandle service : services) ASSERT_EQ(state_of(service), ClaimState::established);
  const auto query = browser->querier().query(*name_from_text(type_name), type::ptr, now);
  ASSERT_TRUE(query);
  both_for(Duration::milliseconds(900));
  EXPECT_EQ(asked_, 1);
  EXPECT_EQ(found(*query), most);
  const auto first = told(4500);
  EXPECT_EQ(first.size(), most);
  for (const auto& [name, times] : first) EXPECT_EQ(times, 1) << name;
  sent.clear();
  both_for(Duration::seconds(10));
  EXPECT_GE(asked_, 3);
  EXPECT_EQ(sent.size(), 0u) << "the known answers of one question come in many messages";
}

TEST_F(MdnsManyServices, each_is_changed_and_goes_by_itself) {
  const auto query = browser->querier().query(*name_from_text(type_name), type::ptr, now);
  both_for(Duration::seconds(5));
  sent.clear();
  ASSERT_TRUE(machine->responder().set_port(services[270], 99, now));
  ASSERT_TRUE(machine->responder().remove_service(services[299], now));
  both_for(Duration::seconds(5));
  EXPECT_EQ(told(0), (std::map<std::string, int>{{"S299._many._tcp.local", 1}}));
  EXPECT_EQ(found(*query), most - 1);
  for (const Sent& message : sent) {
    EXPECT_FALSE(message.find("S269._many._tcp.local", type::srv))
        << "of its neighbour there is nothing to be said";
  }
  ASSERT_FALSE(sent.empty());
  EXPECT_TRUE(sent.front().find("S270._many._tcp.local", type::srv));
  sent.clear();
  machine->stop(now);
  both_for(Duration::seconds(2));
  EXPECT_EQ(told(0).size(), most - 1) << "goodbyes of all";
  EXPECT_EQ(found(*query), 0u);
}

}  // namespace
}  // namespace linnet::mdns::test
