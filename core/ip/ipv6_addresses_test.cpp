// SPDX-License-Identifier: Apache-2.0
// RFC 4862 5.4 and 5.5, RFC 7527, RFC 4429: what becomes of an own address.
#include "core/ip/ipv6_addresses.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/ip/test_ipv6.hpp"

namespace linnet::ip::test {
namespace {

using State = Ipv6AddressState;
using Claim = Ipv6Addresses::Claim;
constexpr Duration second = Duration::seconds(1);
constexpr auto retransmit_time = [](std::uint8_t) { return second; };

using test6::address;
const IpAddress ours = address("2001:db8::1");

struct Table {
  explicit Table(const Config& c = {})
      : memory(Ipv6Addresses::memory_needed(c) + Arena::alignment), arena(memory), addresses(c, arena, random) {
    EXPECT_FALSE(arena.exhausted());
  }
  Ipv6Address* add(Lifetimes lifetimes = {}, bool detect = true) {
    return addresses.add({.address = ours, .lifetimes = lifetimes, .detect = detect}, now);
  }
  State state() const {
    const Ipv6Address* own = addresses.find(0, ours);
    return own != nullptr ? own->state : State::absent;
  }
  /// True: a solicitation was due, and is out, or the device had no room.
  bool solicit(bool room = true) {
    Ipv6Address* own = addresses.next_due(now, retransmit_time);
    if (own != nullptr) addresses.solicited(*own, room, now + Duration::milliseconds(10));
    return own != nullptr;
  }
  /// Lets the time pass, deadline by deadline; yields when solicitations were sent.
  std::vector<Instant> run_for(Duration duration) {
    std::vector<Instant> sent;
    const Instant end = now + duration;
    for (int turns = 0; turns < 1000; ++turns) {
      while (solicit()) sent.push_back(now);
      EXPECT_GT(addresses.next_deadline(), now) << "a deadline that does not move";
      if (addresses.next_deadline() > end) break;
      now = addresses.next_deadline();
    }
    now = end;
    return sent;
  }
  /// Until the next solicitation is out.
  void run_to_solicitation() {
    while (!solicit()) {
      ASSERT_FALSE(addresses.next_deadline().is_never());
      now = addresses.next_deadline();
    }
  }
  std::vector<std::uint8_t> memory;
  Arena arena;
  Random random{Random::Seed{1, 2, 3}};
  Instant now = Instant::from_microseconds(1000000);
  Ipv6Addresses addresses;
};

TEST(Ipv6Addresses, RFC4862_5_4_2_one_solicitation_after_a_random_delay_then_preferred) {
  Table t;
  const Instant start = t.now;
  t.add();
  EXPECT_EQ(t.state(), State::tentative);
  EXPECT_FALSE(t.addresses.find(0, ours)->usable());
  t.run_to_solicitation();
  EXPECT_LE(t.now - start, second);
  EXPECT_EQ(t.state(), State::tentative);
  EXPECT_TRUE(t.run_for(second).empty());
  EXPECT_EQ(t.state(), State::preferred);
  EXPECT_TRUE(t.addresses.find(0, ours)->usable());
  EXPECT_TRUE(t.addresses.next_deadline().is_never());
}

TEST(Ipv6Addresses, RFC4862_5_1_DupAddrDetectTransmits) {
  Config config;
  config.duplicate_detection_transmits = 3;
  Table t(config);
  t.add();
  const std::vector<Instant> sent = t.run_for(Duration::seconds(10));
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[1] - sent[0], second);
  EXPECT_EQ(sent[2] - sent[1], second);
  config.duplicate_detection_transmits = 0;
  Table none(config);
  none.add();
  EXPECT_EQ(none.state(), State::preferred);
}

TEST(Ipv6Addresses, RFC4862_5_4_2_what_the_device_had_no_room_for_was_not_probed) {
  Config config;
  config.optimistic_detection = true;
  Table t(config);
  t.add();
  for (int i = 0; i < 300; ++i) {
    t.now = t.addresses.next_deadline();
    EXPECT_TRUE(t.solicit(false));
    EXPECT_GT(t.addresses.next_deadline(), t.now);
    EXPECT_FALSE(t.addresses.find(0, ours)->usable());
  }
  EXPECT_EQ(t.state(), State::tentative);
  EXPECT_EQ(t.run_for(Duration::seconds(5)).size(), 1u);
  EXPECT_EQ(t.state(), State::preferred);
}

TEST(Ipv6Addresses, RFC4862_5_4_no_detection_where_it_makes_no_sense) {
  Table t;
  t.add({}, false);
  EXPECT_EQ(t.state(), State::preferred);
  EXPECT_TRUE(t.run_for(second).empty());
}

TEST(Ipv6Addresses, RFC4862_5_4_3_and_5_4_4_whoever_claims_a_tentative_address_gets_it) {
  for (const bool before_it_was_asked_for : {true, false}) {
    Table t;
    t.add();
    if (!before_it_was_asked_for) t.run_to_solicitation();
    const std::uint32_t version = t.addresses.version();
    EXPECT_EQ(t.addresses.claimed(0, ours, nullptr), Claim::duplicate);
    EXPECT_EQ(t.state(), State::duplicate);
    EXPECT_NE(t.addresses.version(), version);
    EXPECT_TRUE(t.run_for(Duration::seconds(100)).empty());
    EXPECT_EQ(t.state(), State::duplicate);
    EXPECT_FALSE(t.addresses.find(0, ours)->usable());
  }
}

TEST(Ipv6Addresses, RFC4862_5_4_claims_of_other_addresses_are_nothing_and_so_are_late_ones) {
  Table t;
  t.add();
  EXPECT_EQ(t.addresses.claimed(0, address("2001:db8::2"), nullptr), Claim::nothing);
  EXPECT_EQ(t.addresses.claimed(1, ours, nullptr), Claim::nothing) << "another link";
  t.run_for(Duration::seconds(5));
  EXPECT_EQ(t.addresses.claimed(0, ours, nullptr), Claim::nothing) << "it is ours by now";
  EXPECT_EQ(t.state(), State::preferred);
}

TEST(Ipv6Addresses, RFC7527_4_1_an_echo_of_our_own_solicitation_is_no_duplicate_and_is_looked_into) {
  Table t;
  t.add();
  t.run_to_solicitation();
  const Ipv6Address::Nonce nonce = t.addresses.find(0, ours)->nonce;
  EXPECT_EQ(t.addresses.claimed(0, ours, &nonce), Claim::looped);
  EXPECT_EQ(t.state(), State::tentative);
  EXPECT_EQ(t.run_for(Duration::seconds(10)).size(), 3u) << "MAX_MULTICAST_SOLICIT more";
  EXPECT_EQ(t.state(), State::preferred);
}

TEST(Ipv6Addresses, RFC7527_4_1_while_echoes_come_it_goes_on) {
  Table t;
  t.add();
  for (int i = 0; i < 20; ++i) {
    t.run_to_solicitation();
    const Ipv6Address::Nonce nonce = t.addresses.find(0, ours)->nonce;
    EXPECT_EQ(t.addresses.claimed(0, ours, &nonce), Claim::looped);
  }
  EXPECT_EQ(t.state(), State::tentative);
}

TEST(Ipv6Addresses, RFC7527_4_2_another_nonce_is_another_node) {
  Table t;
  t.add();
  const Ipv6Address::Nonce zero{};
  EXPECT_EQ(t.addresses.claimed(0, ours, &zero), Claim::duplicate) << "nothing was sent that could come back";
  t.add();
  t.run_to_solicitation();
  Ipv6Address::Nonce nonce = t.addresses.find(0, ours)->nonce;
  nonce[0] ^= 1;
  EXPECT_EQ(t.addresses.claimed(0, ours, &nonce), Claim::duplicate);
}

TEST(Ipv6Addresses, RFC4429_an_optimistic_address_is_used_until_somebody_claims_it) {
  Config config;
  config.optimistic_detection = true;
  Table t(config);
  t.add();
  EXPECT_EQ(t.state(), State::tentative);
  EXPECT_FALSE(t.addresses.find(0, ours)->usable()) << "3.3: not before its first solicitation";
  const std::uint32_t version = t.addresses.version();
  t.run_to_solicitation();
  EXPECT_EQ(t.state(), State::tentative);
  EXPECT_TRUE(t.addresses.find(0, ours)->usable());
  EXPECT_NE(t.addresses.version(), version);
  t.addresses.claimed(0, ours, nullptr);
  EXPECT_FALSE(t.addresses.find(0, ours)->usable());
}

TEST(Ipv6Addresses, RFC4862_5_5_4_deprecated_then_gone) {
  Table t;
  t.add({.preferred = Duration::seconds(100), .valid = Duration::seconds(200)});
  t.run_for(Duration::seconds(99));
  EXPECT_EQ(t.state(), State::preferred);
  t.run_for(second);
  EXPECT_EQ(t.state(), State::deprecated);
  EXPECT_TRUE(t.addresses.find(0, ours)->usable());
  t.run_for(Duration::seconds(99));
  EXPECT_EQ(t.state(), State::deprecated);
  t.run_for(second);
  EXPECT_EQ(t.state(), State::absent);
  EXPECT_TRUE(t.addresses.next_deadline().is_never());
}

TEST(Ipv6Addresses, RFC4862_5_5_3_e_the_two_hour_rule) {
  struct Row {
    std::int64_t remaining, advertised, then;
    const char* why;
  };
  for (const Row& row : {Row{3600, 7201, 7201, "1: more than two hours"},
                         Row{3600, 3601, 3601, "1: more than what is left"},
                         Row{3600, 60, 3600, "2: two hours or less are left: ignored"},
                         Row{7200, 0, 7200, "2"},
                         Row{86400, 60, 7200, "3: shortened to two hours, not further"},
                         Row{86400, 0, 7200, "3"},
                         Row{86400, 10000, 10000, "1"}}) {
    Table t;
    Ipv6Address* own = t.add({.preferred = Duration::seconds(30), .valid = Duration::seconds(row.remaining)}, false);
    t.addresses.advertised(*own, {.preferred = Duration::seconds(50), .valid = Duration::seconds(row.advertised)}, t.now);
    EXPECT_EQ(own->valid_until - t.now, Duration::seconds(row.then)) << row.why;
    EXPECT_EQ(own->preferred_until - t.now, Duration::seconds(50)) << "the preferred lifetime is always taken";
  }
}

TEST(Ipv6Addresses, RFC4862_5_5_3_e_for_ever_is_more_than_two_hours) {
  Table t;
  Ipv6Address* own = t.add({.valid = Duration::seconds(60)}, false);
  t.addresses.advertised(*own, {}, t.now);
  EXPECT_TRUE(own->valid_until.is_never());
  t.addresses.advertised(*own, {.preferred = Duration(), .valid = Duration()}, t.now);
  EXPECT_EQ(own->valid_until - t.now, Duration::seconds(7200));
  EXPECT_EQ(t.state(), State::deprecated) << "renumbering: a preferred lifetime of zero";
}

TEST(Ipv6Addresses, a_deprecated_address_is_preferred_again_when_its_lifetime_is_longer) {
  Table t;
  Ipv6Address* own = t.add({.preferred = second, .valid = Duration::seconds(100)}, false);
  t.run_for(Duration::seconds(2));
  EXPECT_EQ(t.state(), State::deprecated);
  t.addresses.set_lifetimes(*own, {.preferred = second, .valid = Duration::seconds(100)}, t.now);
  EXPECT_EQ(t.state(), State::preferred);
}

TEST(Ipv6Addresses, RFC4862_5_4_when_the_link_comes_back_all_are_looked_for) {
  Table t;
  t.add();
  t.addresses.claimed(0, ours, nullptr);
  t.addresses.add({.address = address("fe80::1"), .interface = 1}, t.now);
  t.run_for(Duration::seconds(5));
  t.addresses.detect_all(0, t.now);
  EXPECT_EQ(t.state(), State::tentative) << "on this network nobody else may have it";
  EXPECT_EQ(t.addresses.find(1, address("fe80::1"))->state, State::preferred) << "another link";
}

TEST(Ipv6Addresses, the_table_is_bounded_and_what_is_no_host_is_refused) {
  Config config;
  config.addresses_v6 = 2;
  Table t(config);
  const auto add = [&](const char* text) { return t.addresses.add({.address = address(text)}, t.now); };
  for (const char* text : {"::", "ff02::1", "192.0.2.1"}) EXPECT_EQ(add(text), nullptr) << text;
  EXPECT_NE(add("2001:db8::1"), nullptr);
  EXPECT_NE(add("2001:db8::2"), nullptr);
  EXPECT_EQ(add("2001:db8::3"), nullptr);
  EXPECT_NE(add("2001:db8::2"), nullptr) << "begins anew";
  EXPECT_TRUE(t.addresses.remove(0, ours));
  EXPECT_FALSE(t.addresses.remove(0, ours));
  EXPECT_NE(add("2001:db8::3"), nullptr);
  EXPECT_TRUE(t.addresses.remove(0, address("2001:db8::2")));
  EXPECT_NE(t.addresses.add({.address = ours, .interface = 1}, t.now), nullptr) << "of another link";
  t.addresses.remove_interface(0);
  EXPECT_FALSE(t.addresses.next_deadline().is_never());
  t.addresses.remove_interface(1);
  EXPECT_TRUE(t.addresses.next_deadline().is_never());
  Digest digest, fresh;
  t.addresses.digest(digest);
  EXPECT_EQ(digest.value(), fresh.value());
}

TEST(Ipv6Addresses, RFC4862_5_1_without_transmits_nothing_is_looked_for_when_the_link_comes_back) {
  Config config;
  config.duplicate_detection_transmits = 0;
  Table t(config);
  t.addresses.add({.address = ours}, t.now);
  t.addresses.detect_all(0, t.now);
  EXPECT_EQ(t.addresses.find(0, ours)->state, State::preferred);
}

}  // namespace
}  // namespace linnet::ip::test
