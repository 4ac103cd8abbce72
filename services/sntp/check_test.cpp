// SPDX-License-Identifier: Apache-2.0
// What an answer and a broadcast are worth, field by field (RFC 4330 5, RFC 5905 A.5.1).
#include "services/sntp/check.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace linnet::sntp {
namespace {

constexpr Timestamp cookie = 0x0123456789abcdef;
constexpr Timestamp second = Timestamp{1} << 32;
constexpr Timestamp time = Timestamp{0xee000000} << 32;

struct Row {
  const char* name;
  std::function<void(Message&)> change;
  Verdict verdict;
};

Message good(PacketMode mode) {
  return {.mode = mode,
          .stratum = 2,
          .root_delay = 0x8000,
          .root_dispersion = 0x4000,
          .reference = time - 10 * second,
          .origin = cookie,
          .receive = time,
          .transmit = time};
}

const Row of_every_message[] = {
    {"as it should be", [](Message&) {}, Verdict::time},
    {"version 1", [](Message& m) { m.version = 1; }, Verdict::time},
    {"version 0", [](Message& m) { m.version = 0; }, Verdict::ignored},
    {"version 5", [](Message& m) { m.version = 5; }, Verdict::ignored},
    {"of a client", [](Message& m) { m.mode = PacketMode::client; }, Verdict::ignored},
    {"stratum 15", [](Message& m) { m.stratum = 15; }, Verdict::time},
    {"stratum 16", [](Message& m) { m.stratum = 16; }, Verdict::unsynchronised},
    {"leap 3", [](Message& m) { m.leap = Leap::unsynchronised; }, Verdict::unsynchronised},
    {"without a time", [](Message& m) { m.transmit = 0; }, Verdict::ignored},
    {"root delay of 1 s", [](Message& m) { m.root_delay = 0x10000; }, Verdict::time},
    {"above it", [](Message& m) { m.root_delay = 0x10001; }, Verdict::ignored},
    {"root dispersion of 1 s", [](Message& m) { m.root_dispersion = 0x10000; }, Verdict::time},
    {"above it", [](Message& m) { m.root_dispersion = 0x10001; }, Verdict::ignored},
    {"never set", [](Message& m) { m.reference = 0; }, Verdict::time},
    {"set as it answered", [](Message& m) { m.reference = m.transmit; }, Verdict::time},
    {"set after that", [](Message& m) { m.reference = m.transmit + second; }, Verdict::ignored},
};

const Row of_answers[] = {
    {"another's origin", [](Message& m) { ++m.origin; }, Verdict::ignored},
    {"a broadcast", [](Message& m) { m.mode = PacketMode::broadcast; }, Verdict::ignored},
    {"never received", [](Message& m) { m.receive = 0; }, Verdict::ignored},
    // 2036-02-07 06:28:16 UTC has the timestamp 0, which means that there is none.
    {"never received, a second into the next era",
     [](Message& m) { m.reference = 0, m.receive = 0, m.transmit = second; }, Verdict::ignored},
    {"received there", [](Message& m) { m.reference = 0, m.receive = 1, m.transmit = second; },
     Verdict::time},
    {"left before it came", [](Message& m) { m.receive += second; }, Verdict::ignored},
    {"kept for 6 s", [](Message& m) { m.receive -= 6 * second; }, Verdict::time},
    {"kept for 7 s", [](Message& m) { m.receive -= 7 * second; }, Verdict::ignored},
    {"a kiss that nobody knows", [](Message& m) { m.stratum = 0; }, Verdict::unsynchronised},
    {"RATE",
     [](Message& m) {
       m.stratum = 0;
       m.reference_id = kiss::rate;
     },
     Verdict::rate},
    {"DENY",
     [](Message& m) {
       m.stratum = 0;
       m.reference_id = kiss::deny;
     },
     Verdict::denied},
    {"RSTR",
     [](Message& m) {
       m.stratum = 0;
       m.reference_id = kiss::rstr;
     },
     Verdict::denied},
    {"the address that spells RATE", [](Message& m) { m.reference_id = kiss::rate; }, Verdict::time},
};

const Row of_broadcasts[] = {
    {"an answer", [](Message& m) { m.mode = PacketMode::server; }, Verdict::ignored},
    {"a kiss", [](Message& m) { m.stratum = 0; }, Verdict::ignored},
    {"nobody's origin", [](Message& m) { m.origin = m.receive = 0; }, Verdict::time},
};

TEST(SntpCheck, RFC4330_5_and_RFC5905_A_5_1_what_an_answer_is_worth) {
  for (const auto& rows : {std::span<const Row>(of_every_message), std::span<const Row>(of_answers)}) {
    for (const Row& row : rows) {
      Message message = good(PacketMode::server);
      row.change(message);
      EXPECT_EQ(judge_answer(message, cookie, {}), row.verdict) << row.name;
    }
  }
}

TEST(SntpCheck, RFC4330_5_what_a_broadcast_is_worth) {
  for (const auto& rows : {std::span<const Row>(of_every_message), std::span<const Row>(of_broadcasts)}) {
    for (const Row& row : rows) {
      Message message = good(PacketMode::broadcast);
      row.change(message);
      EXPECT_EQ(judge_broadcast(message, {}), row.verdict) << row.name;
    }
  }
}

TEST(SntpCheck, who_asked_nothing_gets_no_answer) {
  Message message = good(PacketMode::server);
  message.origin = 0;
  EXPECT_EQ(judge_answer(message, 0, {}), Verdict::ignored);
}

TEST(SntpCheck, RFC5905_A_1_1_half_the_delay_and_the_dispersion_together_are_bounded) {
  Config config;
  config.maximum_distance = Duration::milliseconds(500);
  Message message = good(PacketMode::server);  // 500 ms, 250 ms
  EXPECT_EQ(judge_answer(message, cookie, config), Verdict::time);
  ++message.root_dispersion;
  EXPECT_EQ(judge_answer(message, cookie, config), Verdict::ignored);
}

}  // namespace
}  // namespace linnet::sntp
