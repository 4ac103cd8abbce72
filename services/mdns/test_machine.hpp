// SPDX-License-Identifier: Apache-2.0
// A machine on a link whose other hosts are a test's script, in virtual time.
#pragma once

#include <memory>

#include "services/mdns/machine.hpp"
#include "services/mdns/test_message.hpp"

namespace linnet::mdns::test {

inline constexpr IpAddress own_v4 = IpAddress::v4(192, 0, 2, 50);
inline constexpr IpAddress other_v4 = IpAddress::v4(192, 0, 2, 77);
inline const IpAddress own_v6 = *IpAddress::parse("fe80::50");
inline const IpAddress other_v6 = *IpAddress::parse("fe80::77");

class MdnsMachine : public ::testing::Test {
 protected:
  MdnsMachine() { make({}); }
  void make(const Config& with, std::uint8_t seed = 1) {
    config = with;
    random = std::make_unique<Random>(Random::Seed{seed, 1});
    memory.assign(Machine::memory_needed(config) + Arena::alignment, 0);
    Arena arena(memory);
    machine = std::make_unique<Machine>(config, arena, *random, std::uint8_t{2});
    EXPECT_FALSE(arena.exhausted());
    sent.clear();
  }
  /// A host of that name, started, with its addresses.
  void begin_host(std::string_view name = "host", std::vector<IpAddress> addresses = {own_v4, own_v6}) {
    machine->start(now);
    host = *machine->responder().add_host(name, now);
    EXPECT_TRUE(machine->responder().set_addresses(host, addresses, now));
  }
  /// The same, with the name its own and nothing more to be sent.
  void make_host(std::string_view name = "host", std::vector<IpAddress> addresses = {own_v4, own_v6}) {
    begin_host(name, std::move(addresses));
    run_for(Duration::seconds(20));
    EXPECT_EQ(state_of(host), ClaimState::established);
    sent.clear();
  }
  ServiceHandle make_service(const ServiceOptions& options) {
    const auto service = machine->responder().add_service(options, now);
    EXPECT_TRUE(service);
    run_for(Duration::seconds(20));
    sent.clear();
    return service ? *service : ServiceHandle{};
  }
  ClaimState state_of(HostHandle handle) const { return machine->responder().host(handle)->claim.state; }
  ClaimState state_of(ServiceHandle handle) const {
    return machine->responder().service(handle)->claim.state;
  }
  std::string label_of(HostHandle handle) const {
    return std::string(machine->responder().host(handle)->label.text());
  }
  std::string label_of(ServiceHandle handle) const {
    return std::string(machine->responder().service(handle)->label.text());
  }

  /// Lets things happen, the end included.
  void run_until(Instant until) {
    for (int turns = 0; turns < 100000; ++turns) {
      int messages = 0;
      while (const auto message = machine->next_message(now)) {
        ASSERT_LT(++messages, 1000) << "messages without an end";
        sent.push_back(take_apart(message->message, now, message->to));
        EXPECT_LE(message->message.size(), config.message_size);
      }
      const Instant next = machine->next_deadline();
      if (next > until) break;
      ASSERT_GT(next, now) << "the clock does not move";
      now = next;
    }
    now = until;
  }
  void run_for(Duration duration) { run_until(now + duration); }
  bool hear(const ServerMessage& message, Arrival arrival = {.source = {other_v4, 5353}}) {
    return machine->receive(message.finish(), arrival, now);
  }
  /// What is sent in answer, within two seconds.
  std::vector<Sent> answers_to(const ServerMessage& message, Arrival arrival = {.source = {other_v4, 5353}}) {
    sent.clear();
    hear(message, arrival);
    run_for(Duration::seconds(2));
    return std::exchange(sent, {});
  }
  Digest::Value digest() const {
    Digest d;
    machine->digest(d);
    return d.value();
  }
  std::size_t known(QueryHandle query) const {
    std::size_t count = 0;
    machine->for_each_answer(query, now, [&](const RecordView&) { ++count; });
    return count;
  }

  Config config;
  Instant now = Instant::from_microseconds(1000000000);
  std::unique_ptr<Random> random;
  std::vector<std::uint8_t> memory;
  std::unique_ptr<Machine> machine;
  HostHandle host;
  std::vector<Sent> sent;
};

}  // namespace linnet::mdns::test
