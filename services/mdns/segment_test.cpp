// SPDX-License-Identifier: Apache-2.0
// Several hosts on one segment that loses, delays and splits, in virtual time: once it is quiet again, every
// name is one host's alone, and everybody finds everybody.
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <set>

#include "services/mdns/machine.hpp"
#include "services/mdns/test_message.hpp"

namespace linnet::mdns {
namespace {

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

constexpr Config config{.hosts = 1, .services = 2, .queries = 24, .lookups = 10, .cache_records = 128};

struct Member {
  explicit Member(std::uint8_t number, std::uint8_t seed)
      : random(Random::Seed{number, seed, 1}),
        memory(Machine::memory_needed(config) + Arena::alignment),
        arena(memory),
        machine(config, arena, random, std::uint8_t{0}),
        address(IpAddress::v4(192, 0, 2, number)) {}

  std::string name() const {
    return std::string(std::as_const(machine).responder().host(host)->label.text()) + ".local";
  }
  std::string instance() const {
    return std::string(std::as_const(machine).responder().service(service)->label.text());
  }
  /// Both names are its own; whether they have been told often enough is another matter.
  bool has_names() const {
    const Responder& responder = std::as_const(machine).responder();
    return responder.host(host)->claim.ours() && responder.service(service)->claim.ours();
  }
  bool settled() const {
    const Responder& responder = std::as_const(machine).responder();
    return responder.host(host)->claim.state == ClaimState::established &&
           responder.service(service)->claim.state == ClaimState::established;
  }

  Random random;
  std::vector<std::uint8_t> memory;
  Arena arena;
  Machine machine;
  IpAddress address;
  HostHandle host;
  ServiceHandle service;
  QueryHandle query;
  bool up = false;
  int side = 0;  // of the split segment
};

class Segment {
 public:
  Segment(std::size_t count, unsigned seed) : dice_(seed) {
    for (std::size_t i = 0; i < count; ++i) {
      members.push_back(
          std::make_unique<Member>(static_cast<std::uint8_t>(i + 1), static_cast<std::uint8_t>(seed)));
      Member& member = *members.back();
      member.host = *member.machine.responder().add_host("host", now);
      EXPECT_TRUE(member.machine.responder().set_addresses(member.host, std::span(&member.address, 1), now));
      member.service =
          *member.machine.responder().add_service({.instance = "Web", .type = "_http._tcp", .port = 80}, now);
      member.query = *member.machine.querier().query(*service_type("_http._tcp"), type::ptr, now);
    }
  }
  void start(Member& member) {
    member.up = true;
    member.machine.start(now);
  }
  void run_for(Duration duration) {
    const Instant end = now + duration;
    for (int turns = 0; turns < 1000000; ++turns) {
      deliver();
      Instant next = end;
      for (const auto& member : members) {
        while (const auto message = member->machine.next_message(now)) transmit(*member, *message);
        next = earlier(next, member->machine.next_deadline());
      }
      if (!flying_.empty()) next = earlier(next, flying_.begin()->first);
      if (next >= end) break;
      now = std::max(now, next);
    }
    now = end;
  }
  unsigned roll(unsigned below) { return static_cast<unsigned>(dice_() % below); }

  /// One thing that goes wrong.
  void disturb() {
    Member& member = *members[roll(static_cast<unsigned>(members.size()))];
    switch (roll(6)) {
      case 0:
        member.up = false;
        member.machine.halt();
        break;
      case 1:
        start(member);
        break;
      case 2: {
        const IpAddress wished = IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(100 + roll(100)));
        for (const auto& other : members) {
          if (other->address == wished) return;
        }
        member.address = wished;
        EXPECT_TRUE(
            member.machine.responder().set_addresses(member.host, std::span(&member.address, 1), now));
        break;
      }
      case 3:
        for (const auto& one : members) one->side = static_cast<int>(roll(2));
        break;
      case 4:
        loss = roll(50);
        break;
      default:
        if (member.up) member.machine.stop(now);
        break;
    }
  }
  void heal() {
    loss = 0;
    for (const auto& member : members) {
      member->side = 0;
      start(*member);
    }
  }

  std::vector<std::unique_ptr<Member>> members;
  Instant now = Instant::from_microseconds(1000000000);
  unsigned loss = 0;  // per cent
  std::size_t messages = 0;

 private:
  struct Flight {
    Member* from;
    Member* to;
    dns::test::Buffer bytes;
    bool multicast;
  };
  void transmit(Member& from, const Outgoing& message) {
    ++messages;
    if (!from.up) return;
    for (const auto& to : members) {
      if (to.get() == &from || (message.to && message.to->address != to->address)) continue;
      if (to->side != from.side || roll(100) < loss) continue;
      flying_.emplace(now + Duration::microseconds(50 + roll(2000)),
                      Flight{&from, to.get(), {message.message.begin(), message.message.end()}, !message.to});
    }
  }
  void deliver() {
    while (!flying_.empty() && flying_.begin()->first <= now) {
      const Flight flight = std::move(flying_.begin()->second);
      flying_.erase(flying_.begin());
      if (flight.to->up) {
        flight.to->machine.receive(
            flight.bytes, {.source = {flight.from->address, port}, .multicast = flight.multicast}, now);
      }
    }
  }

  std::mt19937 dice_;
  std::multimap<Instant, Flight> flying_;
};

/// Each is sure of its names, and no two have the same.
bool in_order(const Segment& segment) {
  std::set<std::string> names;
  std::set<std::string> instances;
  for (const auto& member : segment.members) {
    if (!member->has_names() || !names.insert(member->name()).second) return false;
    if (!instances.insert(member->instance()).second) return false;
  }
  return true;
}

/// Every name, resolved by everybody; false: not yet.
bool all_resolved(Segment& segment, std::vector<std::vector<LookupHandle>>& lookups) {
  for (std::size_t asker = 0; asker < segment.members.size(); ++asker) {
    for (std::size_t i = 0; i < segment.members.size(); ++i) {
      const auto result = segment.members[asker]->machine.result(lookups[asker][i]);
      if (!result) return false;
      EXPECT_EQ(result->addresses()[0], segment.members[i]->address);
    }
  }
  return true;
}

/// How long it takes until all names are unique, and everybody has resolved every name; at most `patience`.
Duration time_to_order(Segment& segment, Duration patience) {
  const Instant begun = segment.now;
  while (!in_order(segment) && segment.now - begun < patience) segment.run_for(ms(50));
  std::vector<std::vector<LookupHandle>> lookups(segment.members.size());
  for (std::size_t asker = 0; asker < segment.members.size(); ++asker) {
    for (const auto& member : segment.members) {
      lookups[asker].push_back(*segment.members[asker]->machine.lookup(*name_from_text(member->name()),
                                                                       dns::Families::v4, segment.now));
    }
  }
  while (!all_resolved(segment, lookups) && segment.now - begun < patience) segment.run_for(ms(50));
  for (std::size_t asker = 0; asker < segment.members.size(); ++asker) {
    for (const LookupHandle lookup : lookups[asker]) segment.members[asker]->machine.release(lookup);
  }
  return segment.now - begun;
}

void expect_order(Segment& segment) {
  std::set<std::string> names;
  std::set<std::string> instances;
  for (const auto& member : segment.members) {
    EXPECT_TRUE(member->settled()) << member->name();
    EXPECT_TRUE(names.insert(member->name()).second) << member->name() << " twice";
    EXPECT_TRUE(instances.insert(member->instance()).second) << member->instance() << " twice";
  }
  for (const auto& asker : segment.members) {
    std::vector<LookupHandle> lookups;
    for (const auto& member : segment.members) {
      lookups.push_back(
          *asker->machine.lookup(*name_from_text(member->name()), dns::Families::v4, segment.now));
    }
    segment.run_for(Duration::seconds(6));
    for (std::size_t i = 0; i < lookups.size(); ++i) {
      const Member& member = *segment.members[i];
      const auto result = asker->machine.result(lookups[i]);
      ASSERT_TRUE(result) << asker->name() << " looks for " << member.name();
      ASSERT_EQ(result->addresses().size(), 1u) << asker->name() << " looks for " << member.name();
      EXPECT_EQ(result->addresses()[0], member.address);
      asker->machine.release(lookups[i]);
    }
    std::set<std::string> found;
    std::as_const(asker->machine).for_each_answer(asker->query, segment.now, [&](const RecordView& view) {
      std::size_t at = 0;
      const auto name = Name::read(view.data, at, dns::Letters::as_written);
      if (name)
        found.insert(std::string(reinterpret_cast<const char*>(name->first_label().data()),
                                 name->first_label().size()));
    });
    for (const std::string& instance : instances)
      EXPECT_TRUE(found.contains(instance)) << asker->name() << " misses " << instance;
  }
}

TEST(MdnsSegment, RFC6762_8_hosts_of_one_name_that_start_together_get_names_of_their_own) {
  for (std::size_t count = 2; count <= 8; count += 2) {
    SCOPED_TRACE(count);
    Segment segment(count, static_cast<unsigned>(count));
    for (const auto& member : segment.members) segment.start(*member);
    segment.run_for(Duration::seconds(60));
    expect_order(segment);
  }
}

TEST(MdnsSegment, once_chaos_is_over_all_names_are_unique_and_everybody_finds_everybody) {
  const char* wished = std::getenv("LINNET_MDNS_SEEDS");  // more of them than every run needs
  const unsigned seeds = wished != nullptr ? static_cast<unsigned>(std::atoi(wished)) : 24;
  Duration longest;
  unsigned late = 0;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    Segment segment(2 + seed % 7, seed);
    for (const auto& member : segment.members) segment.start(*member);
    for (int i = 0; i < 60; ++i) {
      segment.run_for(ms(segment.roll(3000)));
      segment.disturb();
    }
    segment.heal();
    const Duration taken = time_to_order(segment, Duration::seconds(30));
    longest = std::max(longest, taken);
    if (taken > Duration::seconds(5)) ++late;
    segment.run_for(Duration::seconds(120));
    expect_order(segment);
    if (::testing::Test::HasFailure()) return;
  }
  RecordProperty("longest_ms", static_cast<int>(longest.as_milliseconds()));
  RecordProperty("late", static_cast<int>(late));
  // All of them start again at once with the names that they had: each round of the conflicts takes a second
  // (RFC 6762 8.1). Those who lose a name together do not try the same next one, so there are few (Rivals).
  EXPECT_LE(longest, Duration::seconds(5)) << late << " took more than five seconds";
}

TEST(MdnsSegment, RFC6762_9_two_halves_that_meet_again_notice_once_somebody_asks) {
  Segment segment(4, 5);
  for (std::size_t i = 0; i < 4; ++i) segment.members[i]->side = i < 2 ? 0 : 1;
  for (const auto& member : segment.members) segment.start(*member);
  segment.run_for(Duration::seconds(60));
  for (const auto& member : segment.members) member->side = 0;
  const auto lookup =
      segment.members[0]->machine.lookup(*name_from_text("host-2.local"), dns::Families::v4, segment.now);
  const auto other =
      segment.members[1]->machine.lookup(*name_from_text("host.local"), dns::Families::v4, segment.now);
  const auto third = segment.members[0]->machine.querier().query(*name_from_text("Web._http._tcp.local"),
                                                                 type::any, segment.now);
  const auto fourth = segment.members[0]->machine.querier().query(*name_from_text("Web (2)._http._tcp.local"),
                                                                  type::any, segment.now);
  segment.run_for(Duration::seconds(60));
  segment.members[0]->machine.release(*lookup);
  segment.members[1]->machine.release(*other);
  EXPECT_TRUE(third && fourth);
  expect_order(segment);
}

TEST(MdnsSegment, a_quiet_segment_is_quiet) {
  Segment segment(8, 3);
  for (const auto& member : segment.members) segment.start(*member);
  segment.run_for(Duration::seconds(4000));
  const std::size_t before = segment.messages;
  segment.run_for(Duration::seconds(3600));
  EXPECT_LT(segment.messages - before, 200u) << "an hour of eight hosts that browse";
}

}  // namespace
}  // namespace linnet::mdns
